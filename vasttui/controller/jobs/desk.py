"""The controller's part that runs jobs: batches in, the picture of them out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import cached_property

from vasttui.api.models import Instance, Rows
from vasttui.controller.jobs.board import batch_view
from vasttui.controller.jobs.planning import plan_batch
from vasttui.controller.jobs.records import Records
from vasttui.controller.jobs.runner import Runner
from vasttui.controller.jobs.surroundings import Surroundings
from vasttui.controller.jobs.switches import Switches
from vasttui.controller.ledger import fetch_charges
from vasttui.controller.plans import Plans
from vasttui.controller.poll import Poll
from vasttui.controller.watch import Watch
from vasttui.errors import NotFound, StorageError, UsageError
from vasttui.jobs.lifecycle import JobPhase
from vasttui.jobs.rental import plain_label, unique_label
from vasttui.jobs.spec import BatchRequest, to_json
from vasttui.journal.driver import DriverLock
from vasttui.journal.records import Job, JobEvent, Lease
from vasttui.snapshot import BatchPlan, BatchView, Box, JobView, Level, Snapshot

TURN_EVERY = 1.0
"""Seconds between two turns when nothing happens."""

LEAST = 0.1
"""Seconds between two turns at least."""

CHARGES_EVERY = 900.0
"""Seconds between two looks at what Vast.ai charged."""

CHARGES_AFTER = 10.0
"""Seconds after an instance is gone at which that is looked at too."""

WISHES = ("cancel", "retry", "elsewhere")


class JobDesk(Watch):
    """Batches, and what can be asked of jobs. One program on a state folder drives, the others watch."""

    _leases_granted = 0
    _driving = False

    @cached_property
    def _plans(self) -> Plans:
        return Plans(self.config, self._journal)

    @cached_property
    def _records(self) -> Records:
        records = Records(self._journal)
        records.reload()
        return records

    @cached_property
    def _lock(self) -> DriverLock:
        return DriverLock(self.config.paths.state_dir / "driver.lock")

    @cached_property
    def _wake(self) -> asyncio.Event:
        return asyncio.Event()

    @cached_property
    def _charges(self) -> Poll[None]:
        return Poll(self._fetch_charges, self._charges_interval, self._changed, self.clock)

    @cached_property
    def _switches(self) -> Switches:
        return Switches(
            self._journal, self._reach.join, lambda: self._client.base_url, self._spawn, self._woken, self.clock
        )

    @cached_property
    def _runner(self) -> Runner:
        around = Surroundings(
            config=self.config,
            journal=self._journal,
            events=self._events,
            rentals=self._rentals,
            hosts=self._hosts,
            plans=self._plans,
            shelf=self._shelf,
            client=lambda: self._client,
            boxes=self._present,
            spent=self._fleet.spent,
            join=self._reach.join,
            stop=self._stop_for_job,
            spawn=self._spawn,
            changed=self._woken,
            clock=self.clock,
        )
        self._rentals.alone = lambda: self.drives or not self._lock.holder()
        return Runner(around, self._records, self._switches, self._woken)

    def _present(self) -> Mapping[int, Box]:
        return {box.id: box for box in self._reach.dress(self._fleet.boxes(self.clock()))}

    async def _stop_for_job(self, instance_id: int) -> None:
        await self._client.stop(instance_id)
        self._fleet.user_stopped(instance_id, True)
        self._boxes.soon()

    def _woken(self) -> None:
        self._wake.set()
        self._changed()

    # Driving

    @property
    def drives(self) -> bool:
        """Whether this program drives the jobs of its state folder."""
        return self._lock.held

    def drive_jobs(self, *, begin: bool = True) -> None:
        """Drive the jobs from now on; while another vasttui does, watch, and take over when it ends.

        Without `begin` no job is begun: those at work are seen to their end, and wishes are done.
        """
        self._runner.gate.opened = begin
        if not self._driving:
            self._driving = True
            self._spawn(self._drive())

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """As `Watch.running`; the jobs are another program's to drive when it is left."""
        try:
            async with super().running():
                yield
        finally:
            self._lock.release()

    async def _drive(self) -> None:
        await self.connected()
        self._spawn(self._charges.run())
        while self._boxes.part.at is None:
            await self.next_change()
        while True:
            try:
                if self._read_only:
                    self._lock.release()
                elif not self.drives and self._lock.try_take():
                    self._take_over()
                if self.drives:
                    await self._turn()
                elif self._journal.changed_elsewhere():
                    self._records.reload()
                    self._switches.reload()
                    self._rentals.reload()
                    self._changed()
            except StorageError as error:
                self._events.add(Level.BAD, f"jobs: {error.message}")
            await self._nap()

    async def _turn(self) -> None:
        if self._journal.changed_elsewhere():
            self._records.look_for_news()
            self._rentals.reload()
            self._switches.reload()
        self._hear_wishes()
        await self._runner.turn()
        self._changed()

    async def _nap(self) -> None:
        await asyncio.sleep(LEAST)
        with suppress(TimeoutError):
            async with asyncio.timeout(TURN_EVERY):
                await self._wake.wait()
        self._wake.clear()

    def _take_over(self) -> None:
        """Read how far everything is: it may have been another program that drove until now."""
        self._records.reload()
        self._switches.reload()
        self._rentals.reload()
        self._runner.boxes.restore()
        self._boxes.soon()

    async def _fetch_boxes(self) -> Rows[Instance]:
        asked_at = self.clock()
        before = self._boxes.part.value
        rows = await super()._fetch_boxes()
        if before is not None and {row.id for row in before.items} - {row.id for row in rows.items}:
            asyncio.get_running_loop().call_later(CHARGES_AFTER, self._charges.soon)
        self._grant_leases()
        if self.drives:
            self._runner.listed(asked_at, frozenset(row.id for row in rows.items), whole=not rows.skipped)
        self._wake.set()
        return rows

    async def _fetch_charges(self) -> None:
        now = self.clock()
        since = self._fleet.ledger.unsettled_since(now)
        if since is not None:
            self._fleet.ledger.settle(await fetch_charges(self._client, since, now))

    def _boxes_interval(self) -> float | None:
        # Jobs at work are looked after whatever the screen shows, and also while it rests.
        if self._driving and self.drives and self._records.open():
            return self.config.pace.instances
        return super()._boxes_interval()

    def _charges_interval(self) -> float | None:
        return None if self._paused else CHARGES_EVERY

    def _grant_leases(self) -> None:
        """Boxes that were rented by hand with a lease get their entry, also where a listing confirmed them."""
        for rented in self._rentals.rented[self._leases_granted :]:
            intent = self._journal.intent(rented.label)
            seconds = json.loads(intent.spec).get("lease") if intent is not None and not intent.job_id else None
            if seconds:
                until = self.clock() + seconds
                self._switches.granted(Lease(rented.instance_id, "", seconds, until, "destroy", fixed=True))
        self._leases_granted = len(self._rentals.rented)

    # What is asked of it

    async def plan_batch(self, request: BatchRequest) -> BatchPlan:
        """What a batch would do; spends nothing.

        Raises:
            ConfigError: every mistake of the file.
            UsageError: nothing to run, or inputs that cannot be had.
            VastError: the search failed.
        """
        credit = self._account.part.value.credit if self._account.part.value else None
        return await plan_batch(request, self.config, self._journal, self._hosts, self._client, credit)

    async def start_batch(self, plan: BatchPlan) -> int:
        """Queue the jobs of a plan; the batch's number. Raises UsageError and StorageError."""
        self._writable()
        if not plan.inputs:
            raise UsageError(f"{plan.spec.name}: there are no inputs")
        token = unique_label("").lstrip("~")[:4]
        ids = [f"{plan.spec.name}-{token}-{item.index:03d}" for item in plan.inputs]
        batch_id = self._journal.add_batch(
            plan.spec.name,
            to_json(plan.spec),
            [(item.value, item.name, item.skip) for item in plan.inputs],
            budget=plan.spec.budget,
            max_parallel=plan.spec.max_parallel,
            job_ids=ids,
        )
        self._records.look_for_news()
        self._events.add(Level.INFO, f"batch {batch_id}: {len(ids)} jobs of {plan.spec.name} are queued")
        self._woken()
        return batch_id

    async def command_job(self, job_id: str, wish: str) -> None:
        """Ask for "cancel", "retry" or "elsewhere". Raises NotFound and UsageError."""
        self._writable()
        job = self._journal.job(job_id)
        if job is None:
            raise NotFound(f"there is no job {job_id!r}", hint="vasttui jobs lists them.")
        if wish not in WISHES:
            raise UsageError(f"{wish!r} is none of {', '.join(WISHES)}")
        if (wish == "retry") != (job.phase == JobPhase.DONE):
            state = "has ended" if job.phase == JobPhase.DONE else f"is {job.phase}"
            raise UsageError(f"{job_id} {state}: it cannot be asked to {wish}")
        self._journal.wish(job_id, wish)
        self._records.look_for_news()
        self._woken()

    async def pause_batch(self, batch_id: int, on: bool) -> None:
        """Begin no further job of a batch, or go on. Raises UsageError and StorageError."""
        self._writable()
        self._journal.set_batch(batch_id, paused=on)
        self._records.look_for_news()
        self._woken()

    async def settle_costs(self) -> None:
        """Ask once more what Vast.ai charged, for a program that ends now. Raises VastError."""
        await self._fetch_charges()

    async def job_events(self, job_id: str) -> Sequence[JobEvent]:
        """What happened to a job, oldest first."""
        return self._journal.job_events(job_id)

    async def job_series(self, job_id: str) -> Mapping[str, Sequence[float]]:
        """Metrics of its present work over time, oldest first."""
        job = self._records.jobs.get(job_id)
        return self._runner.series(job) if job is not None else {}

    async def extend_lease(self, instance_id: int, seconds: float) -> None:
        """Let a box live for so many more seconds from now. Raises SshError when the box cannot be told."""
        self._writable()
        await self._switches.extend(self._instance(instance_id), seconds)
        self._events.add(Level.INFO, f"its lease ends in {seconds / 3600:.1f} h", instance_id)

    def _hear_wishes(self) -> None:
        """A job that has ended and is wished for again is queued anew."""
        for job in [job for job in self._records.jobs.values() if job.wish and job.phase == JobPhase.DONE]:
            if job.wish == "retry":
                self._retry(job)
            self._records.clear_wish(self._records.jobs[job.job_id])

    def _retry(self, job: Job) -> None:
        now = self.clock()
        again = Job(
            job.job_id, job.batch_id, job.number, job.input, job.name, JobPhase.QUEUED, now, job.created,
            runs=job.runs, spent=job.spent, wish=job.wish,
        )  # fmt: skip
        self._records.close(job.batch_id, closed=False)
        self._records.renew(self._records.save(again, "retry", "asked for"))

    def _writable(self) -> None:
        if self._read_only:
            raise UsageError("read-only mode: nothing that spends, changes or destroys")

    # The picture

    def picture(self) -> Snapshot:
        """The picture as of now, with the batches and whose each box is."""
        picture = super().picture()
        boxes = picture.boxes.value
        if boxes is not None:
            picture = replace(picture, boxes=replace(picture.boxes, value=tuple(self._claimed(boxes))))
        orphans = sum(box.orphan for box in picture.boxes.value or ())
        alarms = (*picture.alarms, f"{orphans} orphan{'s' if orphans > 1 else ''}") if orphans else picture.alarms
        holder = "" if self.drives else self._lock.holder()
        return replace(picture, alarms=alarms, batches=self._views(picture), driver=holder)

    def _claimed(self, boxes: Iterable[Box]) -> Iterable[Box]:
        jobs = [job for job in self._records.jobs.values() if job.phase != JobPhase.DONE]
        owners = {job.instance_id: job.job_id for job in jobs if job.instance_id is not None}
        awaited = {job.label for job in jobs} | {view.label for view in self._rentals.unconfirmed}
        for box in boxes:
            orphan = box.id not in owners and box.instance.label not in awaited and self._is_orphan(box)
            yield replace(box, switch=self._switches.state(box.id), job_id=owners.get(box.id, ""), orphan=orphan)

    def _is_orphan(self, box: Box) -> bool:
        """Whether a box that no open job has bears our label, and nobody wanted it to stay."""
        label = box.instance.label or ""
        if plain_label(label) == label or box.command == "destroying":
            return False
        if box.id not in self._rentals.owners:
            return True
        return self._runner.boxes.is_left_over(box.id)

    def _views(self, picture: Snapshot) -> tuple[BatchView, ...]:
        boxes = {box.id: box for box in picture.boxes.value or ()}
        views = []
        for batch in self._records.batches.values():
            jobs = [self._job_view(job, boxes, picture.now) for job in self._records.of(batch.batch_id)]
            waits = self._runner.waits.get(batch.batch_id, "")
            waits = self._records.unreadable.get(batch.batch_id, "read-only mode" if self._read_only else waits)
            spent = self._runner.boxes.spent(batch.batch_id)
            views.append(batch_view(batch, jobs, spent, waits))
        return tuple(views)

    def _job_view(self, job: Job, boxes: Mapping[int, Box], now: float) -> JobView:
        box = boxes.get(job.instance_id) if job.instance_id is not None else None
        at_work = job.phase in (JobPhase.WORKING, JobPhase.COLLECTING)
        attempt = self._records.attempt(job)
        cost = self._runner.boxes.cost(job)
        return JobView(
            job=job,
            waiting=attempt.waiting if job.phase != JobPhase.DONE else "",
            spent=None if cost is None else job.spent + cost,
            progress=box.progress if box and at_work else None,
            quiet=now - attempt.last_sign if at_work and attempt.last_sign is not None else None,
            collected=attempt.collected,
        )
