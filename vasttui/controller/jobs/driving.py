"""Driving the jobs: whose turn it is, when, and what Vast.ai charged for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from functools import cached_property

from vasttui.api.models import Instance, Rows
from vasttui.controller.ceilings import Ceilings
from vasttui.controller.jobs.budget import IDLE, in_a_day
from vasttui.controller.jobs.records import Records
from vasttui.controller.jobs.runner import Runner
from vasttui.controller.jobs.surroundings import Surroundings
from vasttui.controller.jobs.switches import Switches
from vasttui.controller.ledger import fetch_charges
from vasttui.controller.plans import Plans
from vasttui.controller.poll import Poll
from vasttui.controller.watch import Watch
from vasttui.errors import StorageError
from vasttui.jobs.lifecycle import JobPhase
from vasttui.journal.driver import DriverLock
from vasttui.journal.records import Job, Lease
from vasttui.snapshot import Box, Level

TURN_EVERY = 1.0
"""Seconds between two turns when nothing happens."""

LEAST = 0.1
"""Seconds between two turns at least."""

CHARGES_EVERY = 900.0
"""Seconds between two looks at what Vast.ai charged."""

CHARGES_AFTER = 10.0
"""Seconds after an instance is gone at which that is looked at too."""


class JobDriver(Watch):
    """Drives the jobs of a state folder. One program does, the others watch and take over."""

    _driving = False

    @cached_property
    def _plans(self) -> Plans:
        return Plans(self.config, self._journal)

    @cached_property
    def _ceilings(self) -> Ceilings:
        return Ceilings(
            self.config,
            self._journal,
            self._rentals,
            hourly=self._fleet.hourly,
            leases=lambda: self._switches.leases,
            at_work=self._at_work,
            unreadable=lambda: self._boxes.part.value.skipped if self._boxes.part.value else 0,
            clock=self.clock,
        )

    async def _recent_listing(self) -> None:
        """See to a listing by which ceilings can be held. Raises the VastError that it failed with."""
        await self.first_listing()
        before, failures = self._rentals.listed_at, self._boxes.part.failures
        if not self._ceilings.sees:
            self._boxes.soon()
            while self._rentals.listed_at == before:
                if self._boxes.part.error is not None and self._boxes.part.failures > failures:
                    raise self._boxes.part.error
                await self.next_change()

    def _at_work(self) -> tuple[frozenset[int], float]:
        """The boxes that jobs have, and $ that the jobs at work may cost in the next 24 hours."""
        now, ids, dollars = self.clock(), set(), 0.0
        for job in self._records.open():
            if job.instance_id is not None:
                ids.add(job.instance_id)
            if job.phase not in IDLE and job.hourly is not None and job.began is not None:
                dollars += in_a_day(self._records.spec(job.batch_id), job.hourly, max(0.0, now - job.began))
        return frozenset(ids), dollars

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
            ceilings=self._ceilings,
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
                    self._reread_book()
                    self._changed()
            except StorageError as error:
                self._events.add(Level.BAD, f"jobs: {error.message}")
            await self._nap()

    async def _turn(self) -> None:
        if self._journal.changed_elsewhere():
            self._records.look_for_news()
            self._rentals.reload()
            self._switches.reload()
            self._reread_book()
        self._hear_wishes()
        await self._runner.turn()
        self._changed()

    def _reread_book(self) -> None:
        """Another program may have blocked a host: its offers are neither shown nor rented from now on."""
        if self._hosts.reload():
            self._cut_again()

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
        """Boxes that were rented by hand with a lease get their entry, whichever program rented them."""
        for instance_id in self._rentals.present - self._switches.leases.keys():
            promise = self._rentals.promise(instance_id)
            if promise.lease is None or self._rentals.owners.get(instance_id):
                continue
            intent = self._journal.intent_of(instance_id)
            until = (intent.at if intent is not None else self.clock()) + promise.lease
            self._switches.granted(Lease(instance_id, "", promise.lease, until, promise.lease_end, fixed=True))

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
