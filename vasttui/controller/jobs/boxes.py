"""The boxes that jobs have: whose they are, what they cost, and how they are given up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from vasttui.controller.events import EventLog
from vasttui.controller.jobs.attempt import Attempt
from vasttui.controller.jobs.records import Records
from vasttui.controller.jobs.surroundings import Surroundings
from vasttui.controller.jobs.switches import Switches
from vasttui.errors import VastError
from vasttui.instances.phases import Phase
from vasttui.jobs.lifecycle import JobPhase
from vasttui.jobs.spec import End
from vasttui.journal.records import HostFault, Job
from vasttui.snapshot import Box, Level

ASK_AGAIN = 30.0
"""Seconds after which a stop or a refused destroy is sent again."""

FAULTS_COUNT = 24 * 3600.0
"""Seconds for which a machine that failed us is not rented again for a job."""

BEFORE_A_BOX = frozenset({JobPhase.QUEUED, JobPhase.SEARCHING})
DOWN = frozenset({Phase.STOPPED, Phase.EXITED, Phase.OUTBID})
SERVES = frozenset({Phase.READY, Phase.RUNNING})


class Boxes:
    """Takes, hands on and gives up.

    Args:
        waits: why no further job of a batch may begin, by batch.
    """

    def __init__(
        self, around: Surroundings, records: Records, switches: Switches, waits: Mapping[int, str]
    ) -> None:
        self._around = around
        self._records = records
        self._switches = switches
        self._waits = waits
        self._left = around.journal.left_boxes()
        self._pool: dict[int, int] = {}
        self._asked: dict[int, float] = {}
        self.all: Mapping[int, Box] = {}
        """All instances of the last listing, by id."""
        faults = around.journal.host_faults(around.clock() - FAULTS_COUNT)
        self.faulty: set[int] = {fault.machine_id for fault in faults if fault.machine_id is not None}
        """Machines that failed us lately."""

    def refresh(self) -> None:
        """A new turn begins."""
        self.all = self._around.boxes()

    def get(self, instance_id: int | None) -> Box | None:
        """The box, None when the last listing lacks it."""
        return self.all.get(instance_id) if instance_id is not None else None

    # What they cost

    def cost(self, job: Job) -> float | None:
        """$ of the present attempt so far; None when unknown. What is counted in `job.spent` is not in it."""
        if job.began is None or job.phase in (JobPhase.CLEANING, JobPhase.DONE):
            return 0.0
        # A box without a label of this attempt's served another job before: only the time since counts.
        known = self._around.spent(job.instance_id) if job.instance_id is not None and job.label else None
        if known is not None:
            return known
        if job.hourly is None:
            return None
        return job.hourly * max(0.0, self._around.clock() - job.began) / 3600 if job.instance_id is not None else 0.0

    def spent(self, batch_id: int) -> float:
        """$ that all boxes of a batch have cost so far."""
        owners = self._around.rentals.owners.items()
        mine = {job.job_id for job in self._records.of(batch_id)}
        costs = [self._around.spent(instance_id) for instance_id, job_id in owners if job_id in mine]
        return sum(cost for cost in costs if cost is not None)

    def cost_by_job(self) -> dict[str, float]:
        """$ that the boxes have cost which were rented for each job, where that is known."""
        costs: dict[str, float] = {}
        for instance_id, job_id in self._around.rentals.owners.items():
            cost = self._around.spent(instance_id) if job_id else None
            if cost is not None:
                costs[job_id] = costs.get(job_id, 0.0) + cost
        return costs

    # Machines that failed

    def avoided(self, attempt: Attempt) -> set[int]:
        """Machines that a job is not to be sent to."""
        return self.faulty | attempt.avoid

    def blame(self, fault: HostFault) -> None:
        """A host is at fault: into the host book, and nothing is rented there for a while."""
        self._around.journal.note_host_fault(fault)
        self._around.hosts.reload()
        if fault.machine_id is not None:
            self.faulty.add(fault.machine_id)

    # Handing on

    def pool(self, batch_id: int) -> list[int]:
        """Boxes that wait for the next input of a batch."""
        return [instance_id for instance_id, owner in self._pool.items() if owner == batch_id]

    def idle(self, batch_id: int) -> int | None:
        """One that answers; None without one."""
        return next((i for i in self.pool(batch_id) if i in self.all and self.all[i].phase is Phase.READY), None)

    def take(self, job: Job) -> Job:
        """Begin an attempt on a box that is there."""
        instance_id = self.idle(job.batch_id)
        if instance_id is None:
            return job
        row = self.all[instance_id].instance
        now = self._around.clock()
        taken = replace(
            job, phase=JobPhase.CONNECTING, since=now, began=now, worked=None, tries=job.tries + 1, runs=job.runs + 1,
            instance_id=instance_id, host_id=row.host_id, machine_id=row.machine_id, hourly=row.dph_total,
        )  # fmt: skip
        lease = self._switches.leases.get(instance_id)
        if lease is not None:
            self._switches.granted(replace(lease, job_id=job.job_id))
        taken = self._records.save(taken, "reuse", f"instance {instance_id}")
        del self._pool[instance_id]
        return taken

    def restore(self) -> None:
        """Take over what the program that drove before has written.

        Boxes whose job is done wait for the next input, if their batch hands boxes on.
        """
        self._left = self._around.journal.left_boxes()
        for lease in self._switches.leases.values():
            job = self._records.jobs.get(lease.job_id)
            if job is None or job.phase != JobPhase.DONE or self._around.rentals.is_doomed(lease.instance_id):
                continue
            if not self._records.is_open(job.batch_id):
                continue
            if self._records.spec(job.batch_id).reuse and self.is_left_over(lease.instance_id):
                self._pool[lease.instance_id] = job.batch_id

    def tidy(self) -> None:
        """Give up the waiting boxes that no input will come for, and what jobs let go and is still there."""
        open_jobs = self._records.open()
        wanted = {job.batch_id for job in open_jobs if job.phase in BEFORE_A_BOX and not self._halted(job.batch_id)}
        for instance_id, batch_id in list(self._pool.items()):
            box = self.get(instance_id)
            if batch_id not in wanted or (box is not None and box.phase not in SERVES):
                del self._pool[instance_id]
                self.give_up(instance_id)
        claimed = {job.instance_id for job in open_jobs} | self._pool.keys()
        awaited = {job.label for job in open_jobs}
        for instance_id, box in self.all.items():
            if instance_id in claimed or box.instance.label in awaited or not self.is_left_over(instance_id):
                continue
            owner = self._records.jobs.get(self._around.rentals.owners[instance_id])
            if owner is not None and self._records.is_open(owner.batch_id):
                self.give_up(instance_id)

    def _halted(self, batch_id: int) -> bool:
        """Whether no further job of a batch may begin, however few run: a box that waits for one only costs."""
        return bool(self._waits.get(batch_id))

    def is_left_over(self, instance_id: int) -> bool:
        """Whether a box was rented for a job, and no job left it on purpose; ask for those that no open job has."""
        return bool(self._around.rentals.owners.get(instance_id)) and instance_id not in self._left

    # Giving up

    def release(self, job: Job, attempt: Attempt, end: End, *, reuse: bool) -> None:
        """Do with a job's box what its specification says; called again until it is seen to be so."""
        box = self.get(job.instance_id)
        wanted = any(o.phase in BEFORE_A_BOX for o in self._records.of(job.batch_id))
        wanted = wanted and not self._halted(job.batch_id)
        if job.instance_id is None:
            attempt.released = True
        elif end == "keep":
            self._leave(job.instance_id, end)
            attempt.released = True
        elif reuse and wanted and box is not None and box.phase in SERVES:
            self._pool[job.instance_id] = job.batch_id
            attempt.released = True
        elif end == "stop":
            self._leave(job.instance_id, end)
            self.ask_for_end(job.instance_id, stop=True)
        else:
            self.give_up(job.instance_id)

    def _leave(self, instance_id: int, how: End) -> None:
        if self._left.get(instance_id) != how:
            self._around.journal.leave_box(instance_id, how)
            self._left[instance_id] = how

    def released(self, job: Job, attempt: Attempt, listed_at: float) -> bool:
        """Whether a job that is over has nothing to do with its box any more."""
        if job.instance_id is None or attempt.released:
            return True
        box = self.get(job.instance_id)
        if box is None:
            return listed_at > job.since or self._around.rentals.is_gone(job.instance_id)
        return job.instance_id in self._asked and box.phase in DOWN and not self.is_doomed(job.instance_id)

    def is_doomed(self, instance_id: int) -> bool:
        """Whether it is being destroyed."""
        return self._around.rentals.is_doomed(instance_id)

    def give_up(self, instance_id: int) -> None:
        """Destroy a box: the wish is in the journal when this returns, and is repeated until it has come true."""
        if not self.is_doomed(instance_id) and not self._around.rentals.is_gone(instance_id):
            self.ask_for_end(instance_id, stop=False)

    def ask_for_end(self, instance_id: int, *, stop: bool) -> bool:
        """Ask for its end, at most every `ASK_AGAIN` seconds. Whether it was asked for now."""
        now = self._around.clock()
        if now - self._asked.get(instance_id, -ASK_AGAIN) < ASK_AGAIN:
            return False
        self._asked[instance_id] = now
        if not stop:
            self._around.rentals.doom(instance_id)
        self._around.spawn(self._ask(instance_id, stop=stop))
        return True

    async def _ask(self, instance_id: int, *, stop: bool) -> None:
        try:
            if stop:
                await self._around.stop(instance_id)
            else:
                await self._around.rentals.destroy(instance_id)
        except VastError as error:
            word = "stop" if stop else "destroy"
            self._around.events.add(Level.BAD, f"{word} failed: {error.message}", instance_id)

    def listed(self, present: frozenset[int]) -> None:
        """These are all instances there are."""
        for gone in self._pool.keys() - present:
            del self._pool[gone]


def end_overdue(boxes: Boxes, switches: Switches, events: EventLog) -> None:
    """End the boxes whose leases have ended and whose own switches did not do it. What is stopped stays."""
    for lease in switches.overdue(boxes.all):
        if boxes.all[lease.instance_id].phase in DOWN or boxes.is_doomed(lease.instance_id):
            continue
        stop = lease.end == "stop"
        if boxes.ask_for_end(lease.instance_id, stop=stop):
            said = f"its lease has ended and its own switch did not act: {'stopping' if stop else 'destroying'} it"
            events.add(Level.LOOK, said, lease.instance_id)
