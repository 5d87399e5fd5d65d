"""May the next job of a batch begin? Its places, its money, and what it needs of this computer."""

from __future__ import annotations

import os

from vasttui.controller.ceilings import Standing
from vasttui.controller.jobs.boxes import Boxes
from vasttui.controller.jobs.budget import IDLE, Account, account, in_a_day, why_it_waits
from vasttui.controller.jobs.offers import Offers, price_of
from vasttui.controller.jobs.records import Records
from vasttui.controller.jobs.surroundings import Surroundings
from vasttui.errors import UsageError
from vasttui.jobs.lifecycle import JobPhase
from vasttui.jobs.spec import JobSpec, resolved_env
from vasttui.journal.records import Job


class Gate:
    """Answers for each job that waits; what holds for a whole batch is found out once in a turn.

    Args:
        waits: where it notes why no further job of a batch may begin, however few run.
    """

    def __init__(
        self, around: Surroundings, records: Records, offers: Offers, boxes: Boxes, waits: dict[int, str]
    ) -> None:
        self.opened = True
        """Whether jobs are begun at all; else only those at work are seen to their end."""
        self._around = around
        self._records = records
        self._offers = offers
        self._boxes = boxes
        self._waits = waits
        self._tallies: dict[int, tuple[int, Account, float | None]] = {}
        self._standing: Standing | None = None

    def forget(self, batch_id: int | None = None) -> None:
        """Something has changed in a batch, or (None) a new turn begins."""
        self._standing = None
        if batch_id is None:
            self._tallies.clear()
        else:
            self._tallies.pop(batch_id, None)

    def why_it_waits(self, job: Job) -> str:
        """Why a job that has no box may not begin now; "" when it may."""
        running, money, price = self._tally(job.batch_id)
        batch = self._records.batches[job.batch_id]
        why = why_it_waits(batch, money) or self._lacks(job.batch_id)
        if not self.opened:
            why = "no job is begun now"
        self._waits[job.batch_id] = why
        if not why and self._boxes.idle(job.batch_id) is None:
            why = self._ceiling(self._records.spec(job.batch_id), price)
        others = running - (job.phase == JobPhase.SEARCHING)
        return why or (f"{others} of {batch.max_parallel} run" if others >= batch.max_parallel else "")

    def why_not(self, job: Job, spec: JobSpec) -> str:
        """Why the offer that would be rented is too dear for the budget: it may be another one than the best."""
        offer = self._offers.pick(job.batch_id, spec, self._boxes.avoided(self._records.attempt(job)))
        price = price_of(offer, spec, self._around.config) if offer else None
        if price is None:
            return "searching"
        self._standing = None
        money = self._money(job.batch_id, spec, price)
        return why_it_waits(self._records.batches[job.batch_id], money) or self._ceiling(spec, price)

    @property
    def checked_by(self) -> int | None:
        """The newest intent that the last answer went by; None where no ceiling is set."""
        return self._standing.intent if self._standing is not None else None

    def _ceiling(self, spec: JobSpec, price: float | None) -> str:
        """Why no box may be rented by the ceilings of all rentals together; "" when one may, by what is known."""
        if not self._around.ceilings.set:
            return ""
        if self._standing is None:
            self._standing = self._around.ceilings.look()
        return self._around.ceilings.why_not(self._standing, 0.0 if price is None else in_a_day(spec, price))

    def _tally(self, batch_id: int) -> tuple[int, Account, float | None]:
        """How many jobs of a batch run, its money, and what its next box would cost, $/h."""
        if batch_id not in self._tallies:
            spec, jobs = self._records.spec(batch_id), self._records.of(batch_id)
            offer = self._offers.pick(batch_id, spec, self._boxes.faulty)
            price = price_of(offer, spec, self._around.config) if offer else spec.rent.max_price
            running = sum(job.phase not in IDLE for job in jobs)
            self._tallies[batch_id] = running, self._money(batch_id, spec, price), price
        return self._tallies[batch_id]

    def _money(self, batch_id: int, spec: JobSpec, price: float | None) -> Account:
        spent = self._boxes.spent(batch_id)
        return account(self._records.of(batch_id), spec, spent, price, self._around.clock())

    def _lacks(self, batch_id: int) -> str:
        """What the environment of this program lacks to begin a job of a batch."""
        try:
            resolved_env(self._records.spec(batch_id), os.environ)
        except UsageError as error:
            return f"{error.message}; it must be set where vasttui drives the jobs"
        return ""
