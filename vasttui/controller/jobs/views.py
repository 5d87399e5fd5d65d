"""What the screen shows of batches, and whose each box is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from vasttui.controller.jobs.board import batch_view
from vasttui.controller.jobs.records import Records
from vasttui.controller.jobs.runner import Runner
from vasttui.controller.jobs.switches import Switches
from vasttui.controller.rentals import Rentals
from vasttui.jobs.lifecycle import JobPhase
from vasttui.jobs.rental import plain_label
from vasttui.journal.records import Job
from vasttui.snapshot import BatchView, Box, JobView, Snapshot


class Views:
    """Makes them; those of batches that are closed are kept."""

    def __init__(self, records: Records, rentals: Rentals, switches: Switches, runner: Runner) -> None:
        self._records = records
        self._rentals = rentals
        self._switches = switches
        self._runner = runner
        self._closed: dict[int, BatchView] = {}

    def claimed(self, boxes: Iterable[Box]) -> Iterable[Box]:
        """The boxes with their job and their dead man's switch; what nobody claims is an orphan."""
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

    def batches(self, picture: Snapshot) -> tuple[BatchView, ...]:
        """The batches, the newest first."""
        boxes = {box.id: box for box in picture.boxes.value or ()}
        costs = self._runner.boxes.cost_by_job()
        views = []
        for batch in self._records.batches.values():
            spent = self._runner.boxes.spent(batch.batch_id)
            closed = self._closed.get(batch.batch_id)
            if closed is not None and closed.batch == batch and closed.spent == spent:
                views.append(closed)
                continue
            jobs = [self._job_view(job, boxes, costs, picture.now) for job in self._records.of(batch.batch_id)]
            waits = self._runner.waits.get(batch.batch_id, "")
            waits = self._records.unreadable.get(batch.batch_id, "read-only mode" if picture.read_only else waits)
            views.append(batch_view(batch, jobs, spent, waits))
            if batch.closed:
                self._closed[batch.batch_id] = views[-1]
        return tuple(views)

    def _job_view(self, job: Job, boxes: Mapping[int, Box], costs: Mapping[str, float], now: float) -> JobView:
        box = boxes.get(job.instance_id) if job.instance_id is not None else None
        at_work = job.phase in (JobPhase.WORKING, JobPhase.COLLECTING)
        attempt = self._records.attempt(job)
        cost = self._runner.boxes.cost(job)
        spent = None if cost is None else job.spent + cost
        if job.batch_id not in self._records.unreadable and not self._records.spec(job.batch_id).reuse:
            # Its boxes served it alone: what they cost is exact, and is settled by what Vast.ai charges.
            spent = costs.get(job.job_id, spent)
        return JobView(
            job=job,
            waiting=attempt.waiting if job.phase != JobPhase.DONE else "",
            spent=spent,
            progress=box.progress if box and at_work else None,
            quiet=now - attempt.last_sign if at_work and attempt.last_sign is not None else None,
            collected=attempt.collected,
        )
