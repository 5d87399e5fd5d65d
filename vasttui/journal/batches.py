"""Batches, their jobs, what happened to them, and the leases of boxes."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from typing import Any

from vasttui.errors import StorageError
from vasttui.journal.database import Database, one_line
from vasttui.journal.records import Batch, Job, JobEvent, Lease

_JOB = tuple(field.name for field in fields(Job))
_BATCH = ", ".join(field.name for field in fields(Batch))
_BORN = ("job_id", "batch_id", "number", "input", "name", "created")
# A wish comes from other programs too, so the row's writer must not touch it.
_CHANGES = ", ".join(f"{name} = :{name}" for name in _JOB if name not in (*_BORN, "wish"))
_JOBS = f"SELECT {', '.join(f'j.{name}' for name in _JOB)} FROM jobs j"
_EVENTS = (
    "SELECT e.event_id, j.job_id, e.at, e.event, e.detail, e.instance_id"
    " FROM job_events e JOIN jobs j ON j.id = e.job"
)


def put_job(db: sqlite3.Connection, job: Job, now: float, event: str, detail: str) -> None:
    """Write a job's row but for its wish, and an event unless that is "". Raises StorageError for an unknown job."""
    row = asdict(job) | {"reason": one_line(job.reason)}
    if db.execute(f"UPDATE jobs SET {_CHANGES} WHERE job_id = :job_id", row).rowcount != 1:
        raise StorageError(f"the journal has no job {job.job_id!r}")
    if event:
        db.execute(
            "INSERT INTO job_events (job, at, event, detail, instance_id)"
            " SELECT id, ?, ?, ?, ? FROM jobs WHERE job_id = ?",
            (now, event, one_line(detail), job.instance_id, job.job_id),
        )


class Batches(Database):
    """One program drives the jobs and writes their rows; others may add batches, pause them and leave wishes."""

    def add_batch(
        self,
        name: str,
        spec_json: str,
        inputs: Sequence[tuple[str, str, str]],
        *,
        budget: float | None,
        max_parallel: int,
        job_ids: Sequence[str],
    ) -> int:
        """Queue a job for each input, all in one commit; returns the batch's number.

        Args:
            inputs: value, name, and why it is skipped or ""; a skipped one is done from the start.
            job_ids: one for each input.
        """
        now = self._clock()
        with self._writing() as db:
            done = db.execute(
                "INSERT INTO batches (name, spec, created, budget, max_parallel) VALUES (?, ?, ?, ?, ?)",
                (name, spec_json, now, budget, max_parallel),
            )
            batch_id = done.lastrowid or 0
            db.executemany(
                "INSERT INTO jobs (job_id, batch_id, number, input, name, phase, since, created, outcome, reason,"
                " ended) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (job_id, batch_id, number, value, short, "done" if skip else "queued", now, now,
                     "skipped" if skip else "", one_line(skip), now if skip else None)
                    for number, (job_id, (value, short, skip)) in enumerate(zip(job_ids, inputs, strict=True), 1)
                ],
            )  # fmt: skip
        return batch_id

    def batches(self, *, limit: int = 20) -> tuple[Batch, ...]:
        """All open batches and the latest closed ones up to `limit` batches together, the newest first."""
        rows = self._read(
            f"SELECT {_BATCH} FROM batches WHERE NOT closed"
            " OR batch_id IN (SELECT batch_id FROM batches ORDER BY batch_id DESC LIMIT ?) ORDER BY batch_id DESC",
            (limit,),
        )
        return tuple(map(_batch, rows))

    def batch(self, batch_id: int) -> Batch | None:
        """The batch of that number, None when there is none."""
        rows = self._read(f"SELECT {_BATCH} FROM batches WHERE batch_id = ?", (batch_id,))
        return _batch(rows[0]) if rows else None

    def set_batch(
        self,
        batch_id: int,
        *,
        paused: bool | None = None,
        closed: bool | None = None,
        budget: float | None = None,
        max_parallel: int | None = None,
    ) -> None:
        """Change what is given of a batch; None leaves it. Raises StorageError when there is no such batch."""
        with self._writing() as db:
            done = db.execute(
                "UPDATE batches SET paused = COALESCE(?, paused), closed = COALESCE(?, closed),"
                " budget = COALESCE(?, budget), max_parallel = COALESCE(?, max_parallel) WHERE batch_id = ?",
                (paused, closed, budget, max_parallel, batch_id),
            )
            if done.rowcount != 1:
                raise StorageError(f"{self.path}: there is no batch {batch_id}")

    def jobs(self, batch_id: int) -> tuple[Job, ...]:
        """The jobs of a batch by number."""
        return tuple(Job(*row) for row in self._read(f"{_JOBS} WHERE batch_id = ? ORDER BY number", (batch_id,)))

    def open_jobs(self) -> tuple[Job, ...]:
        """All jobs of the batches that are not closed, the oldest batch first."""
        rows = self._read(f"{_JOBS} JOIN batches b USING (batch_id) WHERE NOT b.closed ORDER BY batch_id, number")
        return tuple(Job(*row) for row in rows)

    def job(self, job_id: str) -> Job | None:
        """The job of that id, None when there is none."""
        rows = self._read(f"{_JOBS} WHERE job_id = ?", (job_id,))
        return Job(*rows[0]) if rows else None

    def save_job(self, job: Job, event: str = "", detail: str = "") -> None:
        """Write a job's row, all but its wish, and what happened unless that is "", in one commit.

        The driver alone calls this. Raises StorageError when there is no such job.
        """
        with self._writing() as db:
            put_job(db, job, self._clock(), event, detail)

    def wish(self, job_id: str, wish: str) -> bool:
        """Leave a wish for the driver: "cancel", "retry" or "elsewhere". False when there is no such job.

        A later wish takes the place of an earlier one.
        """
        with self._writing() as db:
            return db.execute("UPDATE jobs SET wish = ? WHERE job_id = ?", (wish, job_id)).rowcount == 1

    def wishes(self) -> dict[str, str]:
        """The wishes that are not done yet, by job, those for jobs of closed batches too."""
        return dict(self._read("SELECT job_id, wish FROM jobs WHERE wish != '' ORDER BY id"))

    def clear_wish(self, job_id: str, seen: str = "") -> None:
        """Take a wish off: that which was `seen`, so that a newer one stands; "" whichever it is."""
        self._write("UPDATE jobs SET wish = '' WHERE job_id = ?1 AND ?2 IN ('', wish)", (job_id, seen))

    def job_events(self, job_id: str) -> tuple[JobEvent, ...]:
        """What happened to a job, oldest first."""
        rows = self._read(f"{_EVENTS} WHERE j.job_id = ? ORDER BY event_id", (job_id,))
        return tuple(JobEvent(*row) for row in rows)

    def events_after(self, event_id: int, batch_id: int | None = None) -> tuple[JobEvent, ...]:
        """What happened after that event, of one batch or of all, oldest first."""
        rows = self._read(
            f"{_EVENTS} WHERE e.event_id > ?1 AND (?2 IS NULL OR j.batch_id = ?2) ORDER BY e.event_id",
            (event_id, batch_id),
        )
        return tuple(JobEvent(*row) for row in rows)

    def done_inputs(self, batch_name: str) -> frozenset[str]:
        """Inputs that succeeded in any batch of that name."""
        rows = self._read(
            "SELECT DISTINCT j.input FROM jobs j JOIN batches b USING (batch_id)"
            " WHERE b.name = ? AND j.outcome = 'succeeded'",
            (batch_name,),
        )
        return frozenset(row[0] for row in rows)

    # Boxes that outlive their job

    def leave_box(self, instance_id: int, how: str) -> None:
        """A job that is over leaves its box on purpose: "stop" or "keep"."""
        self._write("INSERT OR REPLACE INTO left_boxes VALUES (?, ?)", (instance_id, how))

    def left_boxes(self) -> dict[int, str]:
        """The boxes that jobs left on purpose, there or gone by now."""
        return dict(self._read("SELECT instance_id, how FROM left_boxes"))

    # Leases

    def set_lease(self, lease: Lease) -> None:
        """Enter a box's lease, or change it."""
        self._write(
            "INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?, ?, ?)",
            (lease.instance_id, lease.job_id, lease.seconds, lease.until, lease.end, lease.fixed),
        )

    def leases(self) -> tuple[Lease, ...]:
        """All leases by instance."""
        rows = self._read("SELECT * FROM leases ORDER BY instance_id")
        return tuple(replace(Lease(*row), fixed=bool(row[5])) for row in rows)

    def drop_lease(self, instance_id: int) -> None:
        """Remove the lease of a box; none is no error."""
        self._write("DELETE FROM leases WHERE instance_id = ?", (instance_id,))


def _batch(row: Sequence[Any]) -> Batch:
    return replace(Batch(*row), paused=bool(row[6]), closed=bool(row[7]))
