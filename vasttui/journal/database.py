"""The SQLite file: opened, migrated, written in commits; its faults by meaning."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from vasttui.errors import StorageError
from vasttui.journal.schema import MIGRATIONS

TIMEOUT = 5.0
"""Seconds that another program's write is waited for."""

TEXT_LIMIT = 600
"""Characters that are kept of a reason or of an event's detail."""


class Database:
    """Opens or creates the file. Every fault is a StorageError that names it.

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
        self._version = self._data_version()

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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def changed_elsewhere(self) -> bool:
        """Whether another program, or another journal on this file, has written since this was last asked."""
        before, self._version = self._version, self._data_version()
        return self._version != before

    def _data_version(self) -> int:
        version: int = self._read("PRAGMA data_version")[0][0]
        return version

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
                hint = "Move the file away; a new journal is made. Check the instances list for boxes of yours."
                raise StorageError(f"{self.path}: is damaged or no journal", hint=hint) from error
            raise StorageError(f"{self.path}: {error}", hint="Check free space and rights.") from error
        except sqlite3.Error as error:
            raise StorageError(f"{self.path}: {error}") from error
        except UnicodeEncodeError as error:
            shown = str(error.object).encode(errors="replace").decode()[:60]
            raise StorageError(f"{self.path}: {shown!r} is not UTF-8 text and cannot be kept") from error
        except OSError as error:
            reason = error.strerror or str(error)
            raise StorageError(f"{self.path}: {reason}", hint="Check free space and rights.") from error


def one_line(text: str) -> str:
    """A stranger's words as a reason or a detail is kept: one short line that any file can hold."""
    return " ".join(text.encode(errors="replace").decode().split())[:TEXT_LIMIT]
