"""What can be asked of jobs: plan a batch, start it, and change its course."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from vasttui.controller.jobs.driving import JobDriver
from vasttui.controller.jobs.planning import plan_batch
from vasttui.controller.jobs.views import Views
from vasttui.errors import NotFound, StorageError, UsageError
from vasttui.jobs.lifecycle import JobPhase
from vasttui.jobs.rental import unique_label
from vasttui.jobs.spec import BatchRequest, to_json
from vasttui.journal.records import JobEvent
from vasttui.snapshot import BatchPlan, Level, Snapshot

WISHES = ("cancel", "retry", "elsewhere")


class JobDesk(JobDriver):
    """Batches in, the picture of them out."""

    @cached_property
    def _views(self) -> Views:
        return Views(self._records, self._rentals, self._switches, self._runner)

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
        if wish == "retry":
            self._journal.set_batch(job.batch_id, closed=False)
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

    def _writable(self) -> None:
        if self._read_only:
            raise UsageError("read-only mode: nothing that spends, changes or destroys")

    def picture(self) -> Snapshot:
        """The picture as of now, with the batches and whose each box is."""
        picture = super().picture()
        boxes = picture.boxes.value
        if boxes is not None:
            picture = replace(picture, boxes=replace(picture.boxes, value=tuple(self._views.claimed(boxes))))
        orphans = sum(box.orphan for box in picture.boxes.value or ())
        alarms = (*picture.alarms, f"{orphans} orphan{'s' if orphans > 1 else ''}") if orphans else picture.alarms
        return replace(picture, alarms=alarms, batches=self._views.batches(picture), driver=self._driver())

    def _driver(self) -> str:
        """Who drives the jobs in place of this program, "" for nobody."""
        try:
            return "" if self.drives else self._lock.holder()
        except StorageError as error:
            return f"nobody ({error.message})"
