"""The open batches and their jobs in memory; every change is in the journal before anything is done because of it."""

from __future__ import annotations

from dataclasses import replace

from vasttui.controller.jobs.attempt import Attempt
from vasttui.errors import StorageError
from vasttui.jobs.lifecycle import JobPhase
from vasttui.jobs.spec import JobSpec, from_json
from vasttui.journal import Journal
from vasttui.journal.records import Batch, Job


class Records:
    """Batches, jobs, specifications, and what is known of each job's present attempt."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.batches: dict[int, Batch] = {}
        """The open ones and the latest of the others, the newest first."""
        self.jobs: dict[str, Job] = {}
        """Those of these batches."""
        self._order: dict[int, tuple[str, ...]] = {}
        self.unreadable: dict[int, str] = {}
        """Batches whose specification cannot be read, and why: nothing is done for them."""
        self._specs: dict[int, JobSpec] = {}
        self._attempts: dict[str, Attempt] = {}

    def reload(self) -> None:
        """Read all from the journal."""
        self.batches = {batch.batch_id: batch for batch in self._journal.batches()}
        self.jobs = {}
        self._order = {}
        for batch_id in self.batches:
            self._add(batch_id)

    def _add(self, batch_id: int) -> None:
        jobs = {job.job_id: job for job in self._journal.jobs(batch_id)}
        try:
            self._specs[batch_id] = from_json(self.batches[batch_id].spec)
        except StorageError as error:
            self.unreadable[batch_id] = error.message
        self.jobs |= jobs
        self._order[batch_id] = tuple(jobs)

    def look_for_news(self) -> bool:
        """Take over what another program wrote: new batches, pauses, wishes. Whether there was anything."""
        batches = {batch.batch_id: batch for batch in self._journal.batches()}
        new = batches.keys() - self.batches.keys()
        changed = batches != self.batches
        self.batches = batches
        for batch_id in new:
            self._add(batch_id)
        self.jobs = {job_id: job for job_id, job in self.jobs.items() if job.batch_id in batches}
        wishes = self._journal.wishes()
        for job in [job for job in self.jobs.values() if job.wish != wishes.get(job.job_id, "")]:
            self.jobs[job.job_id] = replace(job, wish=wishes.get(job.job_id, ""))
            changed = True
        return changed

    def spec(self, batch_id: int) -> JobSpec:
        """The specification of a batch that is not among the `unreadable`."""
        return self._specs[batch_id]

    def of(self, batch_id: int) -> list[Job]:
        """The jobs of a batch by number."""
        return [self.jobs[job_id] for job_id in self._order.get(batch_id, ())]

    def open(self) -> list[Job]:
        """Jobs of open batches that are not done, the oldest batch first."""
        batches = sorted(batch_id for batch_id in self.batches if self.is_open(batch_id))
        return [job for batch_id in batches for job in self.of(batch_id) if job.phase != JobPhase.DONE]

    def is_open(self, batch_id: int) -> bool:
        """Whether a batch is to be driven."""
        batch = self.batches.get(batch_id)
        return batch is not None and not batch.closed and batch_id not in self.unreadable

    def attempt(self, job: Job) -> Attempt:
        """What is known of a job's present attempt; a new one starts from nothing."""
        attempt = self._attempts.get(job.job_id)
        if attempt is None or attempt.run_id != job.run_id:
            avoid = attempt.avoid if attempt else set()
            if attempt is not None:
                attempt.give_up()
            attempt = self._attempts[job.job_id] = Attempt(job.run_id, avoid=avoid)
        return attempt

    def renew(self, job: Job) -> None:
        """The present attempt is over; the next one may bear the same number."""
        attempt = self._attempts.pop(job.job_id, None)
        self.attempt(job).avoid = attempt.avoid if attempt else set()

    def save(self, job: Job, event: str = "", detail: str = "") -> Job:
        """Commit a job as it is from now on, and what happened."""
        self._journal.save_job(job, event, detail)
        self.jobs[job.job_id] = job
        return job

    def close(self, batch_id: int, *, closed: bool = True) -> None:
        """All of a batch is done, or there is something to do again."""
        self._journal.set_batch(batch_id, closed=closed)
        self.batches[batch_id] = replace(self.batches[batch_id], closed=closed)

    def clear_wish(self, job: Job) -> Job:
        """The wish was heard."""
        self._journal.clear_wish(job.job_id, job.wish)
        self.jobs[job.job_id] = replace(job, wish="")
        return self.jobs[job.job_id]
