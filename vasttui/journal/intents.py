"""Intents: what is committed before a request that spends or destroys is sent."""

from __future__ import annotations

from dataclasses import replace

from vasttui.errors import StorageError
from vasttui.journal.batches import put_job
from vasttui.journal.database import Database
from vasttui.journal.records import Intent, Job

_INTENTS = "SELECT id, label, offer_id, spec, dph, at, state, instance_id, detail, job_id FROM intents"
_LAST = "SELECT COALESCE(MAX(id), 0) FROM intents"


class OvertakenError(Exception):
    """Another rent was begun since the caller looked: what it checked may not hold any more."""


class Intents(Database):
    """Rents and destroys."""

    def begin_rent(
        self,
        label: str,
        offer_id: int,
        spec_json: str,
        dph: float | None,
        *,
        job: Job | None = None,
        after: int | None = None,
    ) -> int:
        """Commit the intent to rent; `label` must be new. Returns the intent's id.

        Args:
            job: whose attempt it is. Its row, with this label, and an event of its phase are in the same commit.
            after: `last_intent` as the caller saw it; None when that does not matter.

        Raises:
            OvertakenError: there is a newer intent than `after`; nothing is written.
        """
        now = self._clock()
        try:
            with self._writing() as db:
                if after is not None and db.execute(_LAST).fetchone()[0] != after:
                    raise OvertakenError
                done = db.execute(
                    "INSERT INTO intents (label, offer_id, spec, dph, at, job_id) VALUES (?, ?, ?, ?, ?, ?)",
                    (label, offer_id, spec_json, dph, now, job.job_id if job else ""),
                )
                if job is not None:
                    put_job(db, replace(job, label=label), now, job.phase, f"offer {offer_id}")
                return done.lastrowid or 0
        except StorageError as error:
            if getattr(error.__cause__, "sqlite_errorname", "") == "SQLITE_CONSTRAINT_UNIQUE":
                raise StorageError(f"{self.path}: the label {label!r} was used by an earlier rent") from error
            raise

    def last_intent(self) -> int:
        """The number of the newest intent, 0 when there is none."""
        last: int = self._read(_LAST)[0][0]
        return last

    def fresh_intents(self, since: float) -> tuple[Intent, ...]:
        """Intents whose instances a listing that was asked for at `since` may lack: open, or settled later."""
        rows = self._read(
            f"{_INTENTS} WHERE state = 'open' OR (state IN ('rented', 'left') AND settled_at >= ?) ORDER BY id",
            (since,),
        )
        return tuple(Intent(*row) for row in rows)

    def intent_of(self, instance_id: int) -> Intent | None:
        """The intent that an instance was rented by, None when it was not rented by this program."""
        rows = self._read(f"{_INTENTS} WHERE instance_id = ?", (instance_id,))
        return Intent(*rows[0]) if rows else None

    def settle(self, intent_id: int, state: str, instance_id: int | None = None, detail: str = "") -> None:
        """What became of an intent: "rented", "failed" or "left".

        Settling again overwrites, for a listing may know better than an answer did; but what is known to have rented
        something never failed.
        """
        with self._writing() as db:
            row = db.execute("SELECT instance_id FROM intents WHERE id = ?", (intent_id,)).fetchone()
            if row is None:
                raise StorageError(f"{self.path}: there is no intent {intent_id}")
            if row[0] is not None and instance_id is None:
                return
            db.execute(
                "UPDATE intents SET state = ?, instance_id = ?, detail = ?, settled_at = ? WHERE id = ?",
                (state, instance_id, detail, self._clock(), intent_id),
            )
            if instance_id is not None:
                # It costs from now on, whether a listing ever shows it or not.
                db.execute(
                    "INSERT OR IGNORE INTO ledger (instance_id, label, dph, first_seen, offer_id)"
                    " SELECT instance_id, label, dph, at, offer_id FROM intents WHERE id = ?",
                    (intent_id,),
                )

    def intent(self, label: str) -> Intent | None:
        """The intent with that label, None when there is none."""
        rows = self._read(f"{_INTENTS} WHERE label = ?", (label,))
        return Intent(*rows[0]) if rows else None

    def intents_of(self, job_id: str) -> tuple[Intent, ...]:
        """The intents of a job's attempts, oldest first."""
        rows = self._read(f"{_INTENTS} WHERE job_id = ? AND job_id != '' ORDER BY id", (job_id,))
        return tuple(Intent(*row) for row in rows)

    def unsettled(self) -> tuple[Intent, ...]:
        """Intents of which nobody knows yet whether they rented something, oldest first."""
        return tuple(Intent(*row) for row in self._read(f"{_INTENTS} WHERE state = 'open' ORDER BY id"))

    def owners(self) -> dict[int, str]:
        """Instance -> the job that it was rented for, "" by hand; also what refused rents left behind."""
        return dict(self._read("SELECT instance_id, job_id FROM intents WHERE instance_id IS NOT NULL"))

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
