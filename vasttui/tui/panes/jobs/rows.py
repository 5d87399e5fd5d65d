"""Which rows the pane has: the jobs of one batch, then the instances that no job has. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vasttui.jobs.lifecycle import JobPhase, Outcome
from vasttui.snapshot import BatchView, Box, JobView, Snapshot
from vasttui.tui.panes.box_columns import name_of
from vasttui.tui.panes.jobs.boxes import job_boxes

FAILED = frozenset({Outcome.FAILED, Outcome.TIMED_OUT})


@dataclass(frozen=True, slots=True)
class JobRow:
    """A row.

    Attributes:
        view: the job, None for an instance without one.
        box: its instance, None while there is none in the listing.
    """

    key: str
    view: JobView | None = None
    box: Box | None = None

    @property
    def name(self) -> str:
        """How a person calls it."""
        if self.view is not None:
            return job_name(self.view)
        return name_of(self.box) if self.box is not None else ""

    @property
    def spent(self) -> float | None:
        """$ so far, None when unknown."""
        return self.view.spent if self.view is not None else self.box.spent if self.box is not None else None

    @property
    def host_id(self) -> int | None:
        """The host that it runs on, or ran on last."""
        if self.view is not None:
            return self.view.job.host_id
        return self.box.instance.host_id if self.box is not None else None


def job_name(view: JobView) -> str:
    """A job as a person calls it: the name of its input, else its id."""
    return view.job.name or view.job.input or view.id


def box_key(instance_id: int) -> str:
    """The key of an instance's own row."""
    return f"box {instance_id}"


def job_rows(snapshot: Snapshot, batch: BatchView | None) -> list[JobRow]:
    """The jobs of the batch by number, then what other instances run; O(jobs + instances)."""
    boxes = snapshot.boxes.value or ()
    by_id = {box.id: box for box in boxes}
    jobs = batch.jobs if batch is not None else ()
    rows = [JobRow(view.id, view, by_id.get(view.job.instance_id or 0)) for view in jobs]
    claimed = {
        view.job.instance_id for other in snapshot.batches for view in other.jobs if view.job.phase != JobPhase.DONE
    }
    return rows + [
        JobRow(box_key(box.id), box=box) for box in job_boxes(boxes) if box.id not in claimed and not box.job_id
    ]


def chosen_batch(batches: Sequence[BatchView], wanted: int | None) -> BatchView | None:
    """The batch that was asked for, else the newest open one, else the newest; None without any."""
    named = next((batch for batch in batches if batch.id == wanted), None)
    return named or next((batch for batch in batches if not batch.batch.closed), batches[0] if batches else None)


def beside(batches: Sequence[BatchView], batch: BatchView, step: int) -> BatchView:
    """The batch so many places further down the list, where it ends the last one."""
    places = [other.id for other in batches]
    return batches[max(0, min(len(batches) - 1, places.index(batch.id) + step))]


def failed(batch: BatchView) -> int:
    """Jobs that ended without success, those that were cancelled not among them."""
    return sum(view.job.outcome in FAILED for view in batch.jobs)


def running(batch: BatchView) -> int:
    """Jobs that are under way: begun, and without an end."""
    return sum(view.job.phase != JobPhase.QUEUED and not view.job.outcome for view in batch.jobs)
