"""Drives the jobs: asks for each one what is next, writes it to the journal, and does it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from vasttui.controller.jobs.attempt import Attempt
from vasttui.controller.jobs.boxes import BEFORE_A_BOX, Boxes, end_overdue
from vasttui.controller.jobs.gate import Gate
from vasttui.controller.jobs.listening import Listening
from vasttui.controller.jobs.offers import Offers
from vasttui.controller.jobs.records import Records
from vasttui.controller.jobs.renting import Renting
from vasttui.controller.jobs.surroundings import Surroundings
from vasttui.controller.jobs.switches import Switches
from vasttui.controller.jobs.work import Work, result_folder
from vasttui.errors import StorageError, VastError
from vasttui.instances.phases import Phase
from vasttui.jobs.lifecycle import (
    Again,
    Close,
    Collect,
    Enter,
    Finish,
    JobPhase,
    Known,
    Outcome,
    Release,
    RentBox,
    Search,
    StartWork,
    Step,
    TakeBox,
    Wait,
    next_step,
)
from vasttui.jobs.spec import JobSpec
from vasttui.journal.records import HostFault, Job
from vasttui.logs.rows import LogName
from vasttui.snapshot import Level

BOOTING = frozenset({JobPhase.CREATING, JobPhase.LOADING, JobPhase.STARTING, JobPhase.CONNECTING})

STEPS_AT_ONCE = 6
"""Steps of one job that follow on each other without waiting for anything."""

ASLEEP = 60.0
"""Seconds without a turn, or of the last listing, after which what is known is old."""

URGENT = 20.0
"""Seconds without a line after which the box is asked whether its work has ended."""


class Runner:
    """One turn of the machinery: `turn` takes each open job as far as it goes now."""

    def __init__(self, around: Surroundings, records: Records, switches: Switches, wake: Callable[[], None]) -> None:
        self._around = around
        self._records = records
        self._switches = switches
        self._offers = Offers(around.config, around.hosts, around.client, around.spawn, wake, around.clock)
        self._work = Work(around)
        self._renting = Renting(around, records, self._offers, switches)
        self.waits: dict[int, str] = {}
        """Why no further job of a batch may begin, however few run, by batch."""
        self.boxes = Boxes(around, records, switches, self.waits)
        self._series: dict[str, Mapping[str, Sequence[float]]] = {}
        self._listening = Listening(around, self.boxes, switches)
        self.gate = Gate(around, records, self._offers, self.boxes, self.waits)
        self._turned_at = self._awake_since = -ASLEEP
        self._seen_at = self.listed_at = 0.0
        """When the last listing, and the last whole one, was asked for."""

    def listed(self, asked_at: float, present: frozenset[int], *, whole: bool) -> None:
        """There is a new listing; in one with unreadable rows (not `whole`) what is missing is not gone."""
        self._seen_at = asked_at
        if whole:
            self.listed_at = asked_at
            self._switches.forget(present, asked_at)
            self.boxes.listed(present)

    async def turn(self) -> None:
        """Take every open job as far as it goes now."""
        now = self._around.clock()
        if now - self._turned_at > ASLEEP:
            self._wake_up(now)
        self._turned_at = now
        self.boxes.refresh()
        self._visit()
        pace = self._around.config.pace
        if now - self._seen_at > max(ASLEEP, 6 * pace.instances, 3 * pace.instances_idle):
            return  # Nothing is concluded from an old picture.
        self.gate.forget()
        for job in self._records.open():
            if job.phase in BEFORE_A_BOX and not job.wish and self._cannot_begin(job):
                continue
            await self._advance(job)
            await asyncio.sleep(0)
        self.boxes.tidy()
        self._close_batches()

    def _wake_up(self, now: float) -> None:
        """This program begins, or slept: nobody drove, and for boxes that boot that time does not count."""
        for job in self._records.open():
            if job.phase in BOOTING:
                self._records.attempt(job).asleep += now - max(job.since, self._turned_at)
        self._awake_since = now

    # One job

    def _cannot_begin(self, job: Job) -> bool:
        """Whether it waits like all others of its batch, which is known already."""
        why = self.gate.why_it_waits(job)
        attempt = self._records.attempt(job)
        attempt.waiting = why
        return bool(why) and job.phase == JobPhase.QUEUED

    async def _advance(self, job: Job) -> None:
        attempt = self._records.attempt(job)
        try:
            spec = self._records.spec(job.batch_id)
            if job.wish == "elsewhere" and job.phase in BEFORE_A_BOX:
                job = self._records.clear_wish(job)
            job = self._renting.adopt(job, spec)
            await self._listening.listen(job, spec, attempt, self._seen_at)
            if job.phase == JobPhase.SEARCHING:
                self._offers.look(job.batch_id, spec)
            if self._listening.must_look_first(job, attempt, self._awake_since):
                attempt.waiting = "looking how far it is"
                return
            for _ in range(STEPS_AT_ONCE):
                step = next_step(self._as_if_awake(job), spec, self._known(job, spec, self._records.attempt(job)))
                after = self._perform(job, spec, step)
                if after is job:
                    return
                job = after
                self.gate.forget(job.batch_id)
        except VastError as error:
            # A full disk, say: nothing is begun that cannot be written down; it is tried again.
            attempt = self._records.attempt(self._records.jobs[job.job_id])
            if attempt.waiting != error.message:
                self._around.events.add(Level.BAD, f"{job.job_id}: {error.message}", job.instance_id)
            attempt.waiting = error.message

    def _as_if_awake(self, job: Job) -> Job:
        """The job, the time in which nobody drove not counted against what only a driver can do."""
        if job.phase != JobPhase.COLLECTING:
            return job
        return replace(job, since=max(job.since, self._awake_since))

    def _known(self, job: Job, spec: JobSpec, attempt: Attempt) -> Known:
        now = self._around.clock()
        box = self.boxes.get(job.instance_id)
        reader = attempt.reader
        offer, why_none = (None, "")
        if job.phase == JobPhase.SEARCHING:
            offer, why_none = self._offers.known(job.batch_id, spec, self.boxes.avoided(attempt))
        asked_at = max(attempt.asked_at, job.began or 0.0)
        return Known(
            now=now,
            waits=self.gate.why_it_waits(job) if job.phase in BEFORE_A_BOX else "",
            idle_box=self.boxes.idle(job.batch_id) is not None,
            offer=offer,
            offer_reason=why_none,
            rent=self._renting.state(job, attempt),
            listed=self.listed_at > asked_at,
            box=box.phase if box else None,
            box_text=box.status if box else "",
            box_for=now - box.phase_since if box else None,
            paused=attempt.outbid_for(now, outbid=box is not None and box.phase is Phase.OUTBID) + attempt.asleep,
            quiet=self._listening.quiet(job, attempt),
            started=attempt.started or (reader is not None and reader.started),
            start_error=attempt.start_error,
            ended=reader.ended if reader else None,
            collecting=attempt.collecting,
            collect_reason=attempt.collect_reason,
            spent=self.boxes.cost(job),
            box_released=self.boxes.released(job, attempt, self.listed_at),
        )

    def _perform(self, job: Job, spec: JobSpec, step: Step) -> Job:
        """Do a step. Returns the job as it is then: the same one when there is nothing more to do now."""
        match step:
            case Enter(phase=phase, note=note):
                return self._enter(job, phase, note)
            case Search() if job.phase != JobPhase.SEARCHING:
                return self._enter(job, JobPhase.SEARCHING)
            case RentBox():
                if why := self.gate.why_not(job, spec) or ("waits to be rented" if self._renting.crowded else ""):
                    self._records.attempt(job).waiting = why
                    return job
                avoid = self.boxes.avoided(self._records.attempt(job))
                return self._renting.rent(job, spec, avoid, after=self.gate.checked_by)
            case TakeBox():
                return self.boxes.take(job)
            case Finish():
                return self._finish(job, spec, step)
            case Again():
                return self._again(job, step)
            case Close():
                return self._close(job)
            case Collect() if job.phase != JobPhase.COLLECTING:
                return self._enter(job, JobPhase.COLLECTING)
        self._do(job, spec, step)
        return job

    def _do(self, job: Job, spec: JobSpec, step: Step) -> None:
        """The steps that leave the job as it is; all of them may come again with the next turn."""
        attempt = self._records.attempt(job)
        box = self.boxes.get(job.instance_id)
        match step:
            case Wait(why=why) if not attempt.busy:
                attempt.waiting = why
            case StartWork() if box is not None:
                self._work.start(job, spec, attempt, box)
            case Collect() if box is not None:
                self._work.collect(job, spec, attempt, box)
            case Release(end=end, reuse=reuse):
                self.boxes.release(job, attempt, end, reuse=reuse)

    def _enter(self, job: Job, phase: JobPhase, note: str = "") -> Job:
        now = self._around.clock()
        self._records.attempt(job).waiting = ""
        if job.phase == JobPhase.WORKING and phase in (JobPhase.CREATING, JobPhase.LOADING):
            self._records.attempt(job).came_down()
        worked = now if phase is JobPhase.WORKING and job.worked is None else job.worked
        return self._records.save(replace(job, phase=phase, since=now, worked=worked), phase, note)

    def _finish(self, job: Job, spec: JobSpec, step: Finish) -> Job:
        now = self._around.clock()
        attempt = self._records.attempt(job)
        attempt.give_up()
        self.series(job)
        result = attempt.reader.result if attempt.reader else ""
        if attempt.collecting == "done":
            result = str(result_folder(job, spec))
        cost = self.boxes.cost(job) or 0.0
        done = replace(
            job, phase=JobPhase.CLEANING, since=now, ended=now, outcome=step.outcome, failure=step.failure or "",
            reason=step.reason, exit_code=step.exit_code, result=result or job.result, spent=job.spent + cost,
        )  # fmt: skip
        done = self._records.save(done, step.outcome, step.reason)
        if done.wish:
            done = self._records.clear_wish(done)
        level = Level.GOOD if step.outcome in (Outcome.SUCCEEDED, Outcome.SKIPPED) else Level.LOOK
        said = f"{job.job_id} {step.outcome}" + (f": {step.reason}" if step.reason else "")
        self._around.events.add(level, said, job.instance_id)
        return done

    def _again(self, job: Job, step: Again) -> Job:
        """Give the attempt up and queue the job again; its box is doomed before the job lets go of it."""
        now = self._around.clock()
        attempt = self._records.attempt(job)
        attempt.give_up()
        if step.elsewhere and job.machine_id is not None:
            attempt.avoid.add(job.machine_id)
        if step.blame:
            self.boxes.blame(HostFault(job.host_id, job.machine_id, now, step.failure, step.reason, job.job_id))
        cost = self.boxes.cost(job) or 0.0
        if job.instance_id is not None:
            self.boxes.give_up(job.instance_id)
        again = replace(
            job, phase=JobPhase.QUEUED, since=now, instance_id=None, label="", offer_id=None, host_id=None,
            machine_id=None, hourly=None, began=None, worked=None, failure=step.failure, reason=step.reason,
            tries=job.tries if step.counts else max(0, job.tries - 1), spent=job.spent + cost,
            not_before=now + step.delay,
        )  # fmt: skip
        said = f"{step.failure}: {step.reason}" if step.reason else str(step.failure)
        again = self._records.save(again, "again", said)
        self._records.renew(again)
        if again.wish == "elsewhere":
            again = self._records.clear_wish(again)
        self._around.events.add(Level.LOOK, f"{job.job_id} is queued again: {said}", job.instance_id)
        return again

    def _close(self, job: Job) -> Job:
        done = self._records.save(replace(job, phase=JobPhase.DONE, since=self._around.clock()), JobPhase.DONE)
        self._records.renew(done)
        return done

    def series(self, job: Job) -> Mapping[str, Sequence[float]]:
        """Metrics of a job's work over time; after its end those of the end."""
        if job.phase in (JobPhase.WORKING, JobPhase.COLLECTING) and job.instance_id is not None:
            log = self._around.shelf.known(LogName(job.instance_id))
            if log is not None:
                self._series[job.job_id] = log.series
        return self._series.get(job.job_id, {})

    def _visit(self) -> None:
        """Extend the leases; ask the boxes whose log is silent whether their work goes on."""
        now = self._around.clock()
        urgent = set()
        for job in self._records.open():
            attempt = self._records.attempt(job)
            silent = attempt.last_sign is None or now - attempt.last_sign > URGENT
            if job.phase == JobPhase.WORKING and job.instance_id is not None and silent:
                urgent.add(job.instance_id)
        self._switches.visit(self.boxes.all, frozenset(urgent))
        end_overdue(self.boxes, self._switches, self._around.events)

    def _close_batches(self) -> None:
        for batch_id, batch in self._records.batches.items():
            done = all(job.phase == JobPhase.DONE and not job.wish for job in self._records.of(batch_id))
            if not batch.closed and batch_id not in self._records.unreadable and done and not self.boxes.pool(batch_id):
                with suppress(StorageError):
                    self._records.close(batch_id)
