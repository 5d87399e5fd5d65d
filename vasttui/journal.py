"""The one SQLite file: intents to rent and to destroy, the host book, the ledger, what is remembered.

Every write is committed, and on the disk, before its method returns. Times are epoch
seconds, money US dollars.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from vasttui.errors import StorageError

HostVerdict = Literal["allow", "block"]

TIMEOUT = 5.0
"""Seconds that another program's write is waited for."""

# Append only: a journal that is in use has run the earlier ones.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE intents (
            id INTEGER PRIMARY KEY, label TEXT NOT NULL UNIQUE, offer_id INTEGER NOT NULL, spec TEXT NOT NULL,
            dph REAL, at REAL NOT NULL,
            state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'rented', 'failed', 'left')),
            instance_id INTEGER, detail TEXT NOT NULL DEFAULT '', settled_at REAL)""",
        "CREATE INDEX intents_by_state ON intents (state)",
        "CREATE TABLE destroys (instance_id INTEGER PRIMARY KEY, asked_at REAL NOT NULL, gone_at REAL)",
        """CREATE TABLE hosts (
            host_id INTEGER PRIMARY KEY, verdict TEXT CHECK (verdict IN ('allow', 'block')),
            note TEXT NOT NULL, at REAL NOT NULL)""",
        "CREATE TABLE memory (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
        """CREATE TABLE ledger (
            instance_id INTEGER PRIMARY KEY, label TEXT, gpu TEXT, dph REAL, first_seen REAL NOT NULL,
            offer_id INTEGER)""",
        """CREATE TABLE bills (
            instance_id INTEGER NOT NULL, day TEXT NOT NULL, usd REAL NOT NULL,
            PRIMARY KEY (instance_id, day)) WITHOUT ROWID""",
    ),
)


@dataclass(frozen=True, slots=True)
class Intent:
    """A rent that was about to be requested.

    Attributes:
        dph: the offer's price when it was chosen, $/h.
        state: "open" until settled, then "rented", "failed" or "left" (refused, an instance stayed behind).
    """

    intent_id: int
    label: str
    offer_id: int
    spec: str
    dph: float | None
    at: float
    state: str
    instance_id: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class HostNote:
    """What the user thinks of a host; `verdict` None is a note only."""

    host_id: int
    verdict: HostVerdict | None
    note: str
    at: float


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """An instance that was ours, also after it is gone; `spent` in $."""

    instance_id: int
    label: str | None
    gpu: str | None
    dph: float | None
    first_seen: float
    offer_id: int | None
    spent: float


class Journal:
    """Opens or creates the journal. Every fault is a StorageError that names the file.

    Usable from several threads and by several processes at once.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self._clock = clock
        self._lock = threading.Lock()
        with self._faults():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # sqlite would create it by the umask, and its -wal and -shm take over this file's mode.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=TIMEOUT)
        try:
            self._set_up()
        except BaseException:
            self._db.close()
            raise

    def _set_up(self) -> None:
        with self._faults():
            self._write_ahead()
            self._db.execute("PRAGMA synchronous = FULL")
        with self._writing() as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version > len(MIGRATIONS):
                raise StorageError(f"{self.path}: written by a newer vasttui", hint="Update vasttui.")
            for statements in MIGRATIONS[version:]:
                for statement in statements:
                    db.execute(statement)
            db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    def _write_ahead(self) -> None:
        """Switch to WAL. Where another program does so at this moment sqlite refuses at once, its timeout unused."""
        give_up = time.monotonic() + TIMEOUT
        while True:
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() > give_up:
                    raise
                time.sleep(0.01)
            else:
                return

    def close(self) -> None:
        """Close the file; a second time does nothing."""
        with self._lock:
            self._db.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Renting

    def begin_rent(self, label: str, offer_id: int, spec_json: str, dph: float | None) -> int:
        """Commit the intent to rent; `label` must be new. Returns the intent's id."""
        try:
            return self._write(
                "INSERT INTO intents (label, offer_id, spec, dph, at) VALUES (?, ?, ?, ?, ?)",
                (label, offer_id, spec_json, dph, self._clock()),
            )
        except StorageError as error:
            if isinstance(error.__cause__, sqlite3.IntegrityError):
                raise StorageError(f"{self.path}: the label {label!r} was used by an earlier rent") from error
            raise

    def settle(self, intent_id: int, state: str, instance_id: int | None = None, detail: str = "") -> None:
        """What became of an intent: "rented", "failed" or "left".

        Settling again overwrites: a listing may know better than an answer did.
        """
        with self._writing() as db:
            done = db.execute(
                "UPDATE intents SET state = ?, instance_id = ?, detail = ?, settled_at = ? WHERE id = ?",
                (state, instance_id, detail, self._clock(), intent_id),
            )
            if done.rowcount != 1:
                raise StorageError(f"{self.path}: there is no intent {intent_id}")

    def unsettled(self) -> tuple[Intent, ...]:
        """Intents of which nobody knows yet whether they rented something, oldest first."""
        columns = "id, label, offer_id, spec, dph, at, state, instance_id, detail"
        rows = self._read(f"SELECT {columns} FROM intents WHERE state = 'open' ORDER BY id")
        return tuple(Intent(*row) for row in rows)

    def rented_instances(self) -> frozenset[int]:
        """Instances that our rents made, also what refused ones left behind, present or gone."""
        rows = self._read("SELECT instance_id FROM intents WHERE instance_id IS NOT NULL")
        return frozenset(row[0] for row in rows)

    # Destroying

    def note_destroy(self, instance_id: int, when: float) -> None:
        """Commit the intent to destroy; it stands until `seen_gone` or `drop_destroy`."""
        self._write(
            "INSERT INTO destroys VALUES (?, ?, NULL) ON CONFLICT DO UPDATE SET gone_at = NULL,"
            " asked_at = CASE WHEN gone_at IS NULL THEN asked_at ELSE excluded.asked_at END",
            (instance_id, when),
        )

    def pending_destroys(self) -> tuple[int, ...]:
        """Instances to be destroyed that were not seen to be gone, oldest first."""
        rows = self._read("SELECT instance_id FROM destroys WHERE gone_at IS NULL ORDER BY asked_at")
        return tuple(row[0] for row in rows)

    def seen_gone(self, instance_id: int) -> None:
        """The instance is no longer there."""
        self._write("UPDATE destroys SET gone_at = ? WHERE instance_id = ?", (self._clock(), instance_id))

    def drop_destroy(self, instance_id: int) -> None:
        """Take the intent back: the destroy was refused."""
        self._write("DELETE FROM destroys WHERE instance_id = ? AND gone_at IS NULL", (instance_id,))

    # Host book

    def set_host(self, host_id: int, verdict: str | None, note: str | None = None) -> None:
        """Set a host to "allow", "block" or neither; a note of None keeps the present one."""
        self._write(
            "INSERT INTO hosts VALUES (?1, ?2, COALESCE(?3, ''), ?4) ON CONFLICT DO UPDATE"
            " SET verdict = ?2, note = COALESCE(?3, note), at = ?4",
            (host_id, verdict, note, self._clock()),
        )

    def forget_host(self, host_id: int) -> None:
        """Remove the host's line; unknown hosts are no error."""
        self._write("DELETE FROM hosts WHERE host_id = ?", (host_id,))

    def hosts(self) -> tuple[HostNote, ...]:
        """All lines of the host book by host id."""
        rows = self._read("SELECT host_id, verdict, note, at FROM hosts ORDER BY host_id")
        return tuple(HostNote(*row) for row in rows)

    # Memory

    def remember(self, key: str, value: Any) -> None:
        """Keep a JSON-able value under a key."""
        self._write("INSERT OR REPLACE INTO memory VALUES (?, ?)", (key, json.dumps(value)))

    def recall(self, key: str) -> Any | None:
        """The value kept under the key; None when there is none or it cannot be read."""
        rows = self._read("SELECT value FROM memory WHERE key = ?", (key,))
        try:
            return json.loads(rows[0][0]) if rows else None
        except ValueError:
            return None

    # Ledger

    def record_instance(
        self,
        instance_id: int,
        label: str | None,
        gpu: str | None,
        dph: float | None,
        first_seen: float,
        offer_id: int | None = None,
    ) -> None:
        """Enter an instance; entering it again fills what was unknown and follows its label and price."""
        self._write(
            "INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " label = COALESCE(excluded.label, label), gpu = COALESCE(excluded.gpu, gpu),"
            " dph = COALESCE(excluded.dph, dph), first_seen = MIN(first_seen, excluded.first_seen),"
            " offer_id = COALESCE(offer_id, excluded.offer_id)",
            (instance_id, label, gpu, dph, first_seen, offer_id),
        )

    def bill(self, instance_id: int, usd: float, when: float) -> None:
        """Add to what the instance has cost, on the day (UTC) of `when`."""
        self.bill_many({instance_id: usd}, when)

    def bill_many(self, usd: Mapping[int, float], when: float) -> None:
        """Add to what several instances have cost, in one commit."""
        day = datetime.fromtimestamp(when, UTC).date().isoformat()
        with self._writing() as db:
            db.executemany(
                "INSERT INTO bills VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET usd = usd + excluded.usd",
                [(instance_id, day, amount) for instance_id, amount in usd.items()],
            )

    def spent_by_instance(self) -> dict[int, float]:
        """What was billed so far, $, by instance."""
        return dict(self._read("SELECT instance_id, SUM(usd) FROM bills GROUP BY instance_id"))

    def spent_by_day(self) -> dict[str, float]:
        """What was billed so far, $, by UTC day "YYYY-MM-DD", oldest first."""
        return dict(self._read("SELECT day, SUM(usd) FROM bills GROUP BY day ORDER BY day"))

    def ledger(self) -> tuple[LedgerRow, ...]:
        """All instances ever entered, oldest first."""
        rows = self._read(
            "SELECT l.instance_id, label, gpu, dph, first_seen, offer_id, COALESCE(SUM(usd), 0.0)"
            " FROM ledger l LEFT JOIN bills b ON b.instance_id = l.instance_id"
            " GROUP BY l.instance_id ORDER BY first_seen"
        )
        return tuple(LedgerRow(*row) for row in rows)

    # SQLite

    def _write(self, statement: str, values: tuple[object, ...]) -> int:
        with self._writing() as db:
            return db.execute(statement, values).lastrowid or 0

    def _read(self, statement: str, values: tuple[object, ...] = ()) -> list[Any]:
        with self._lock, self._faults():
            return self._db.execute(statement, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._faults():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorname", "") in ("SQLITE_NOTADB", "SQLITE_CORRUPT"):
                hint = (
                    "Move the file away; a new journal is made. Check the instances list for boxes of yours."
                )
                raise StorageError(f"{self.path}: is damaged or no journal", hint=hint) from error
            raise StorageError(f"{self.path}: {error}", hint="Check free space and rights.") from error
        except sqlite3.Error as error:
            raise StorageError(f"{self.path}: {error}") from error
        except OSError as error:
            reason = error.strerror or str(error)
            raise StorageError(f"{self.path}: {reason}", hint="Check free space and rights.") from error
