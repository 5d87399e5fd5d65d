"""The picture of the batches: what each job costs, how far it is, and when all will be done. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from vasttui.controller.jobs.budget import IDLE
from vasttui.jobs.lifecycle import JobPhase, Outcome
from vasttui.journal.records import Batch
from vasttui.snapshot import BatchView, JobView

ENDED = (JobPhase.CLEANING, JobPhase.DONE)


def batch_view(batch: Batch, jobs: Sequence[JobView], spent: float | None, waiting: str) -> BatchView:
    """The view of a batch, with what can be foretold of it."""
    return BatchView(
        batch=batch,
        jobs=tuple(jobs),
        spent=spent,
        expected=expected_cost(jobs, spent),
        eta=time_left(jobs, batch.max_parallel),
        waiting=waiting if any(view.job.phase in (JobPhase.QUEUED, JobPhase.SEARCHING) for view in jobs) else "",
    )


def expected_cost(jobs: Sequence[JobView], spent: float | None) -> float | None:
    """$ in all: what is spent, and for each job that is left the mean of those that succeeded."""
    costs = [view.spent for view in jobs if view.job.outcome == Outcome.SUCCEEDED and view.spent is not None]
    left = [view for view in jobs if view.job.phase not in ENDED]
    if spent is None or (left and not costs):
        return spent if not left else None
    mean = sum(costs) / len(costs) if costs else 0.0
    return spent + sum(max(0.0, mean - (view.spent or 0.0)) for view in left)


def time_left(jobs: Sequence[JobView], parallel: int) -> float | None:
    """Seconds until the last job has ended; None while no job of the batch tells how long one takes."""
    left = [view for view in jobs if view.job.phase not in ENDED]
    if not left:
        return 0.0
    bars = [view.progress for view in left if view.progress is not None and view.progress.scope == "job"]
    running = [bar.eta for bar in bars if bar.eta is not None]
    took = [
        view.job.ended - view.job.began
        for view in jobs
        if view.job.outcome == Outcome.SUCCEEDED and view.job.ended is not None and view.job.began is not None
    ]
    queued = sum(view.job.phase in IDLE for view in left)
    if queued and not took:
        return None
    if not queued:
        return max(running) if len(running) == len(left) else None
    mean = sum(took) / len(took)
    rest = sum(running) + mean * (len(left) - queued - len(running)) / 2 + mean * queued
    return rest / max(1, min(parallel, len(left)))
