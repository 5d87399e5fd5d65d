"""The questions about jobs and batches: one sentence each, with what it costs or loses. Pure."""

from __future__ import annotations

from vasttui.jobs.lifecycle import JobPhase
from vasttui.snapshot import BatchView, JobView
from vasttui.tui.dialogs.confirm import Question
from vasttui.tui.format import duration, money, percent, plural


def _name(view: JobView) -> str:
    return view.job.name or view.job.input or view.id


def _lost(view: JobView, now: float) -> str:
    """What is thrown away with its box, as a sentence; "" while there is nothing."""
    job = view.job
    if job.began is None or job.instance_id is None:
        return ""
    fraction = view.progress.fraction if view.progress is not None else None
    parts = [f"{duration(now - job.began)} of its box"]
    if view.spent is not None:
        parts.append(f"{money(view.spent, sign=True)} spent")
    if fraction is not None:
        parts.append(f"work at {percent(fraction)}")
    return f" Lost: {', '.join(parts)}; its box is given up with what is on it."


def cancel_question(view: JobView, now: float) -> Question:
    """Cancel: the job ends as cancelled, its box is given up."""
    name = _name(view)
    text = f"Cancel {name}: it ends here and is not tried again.{_lost(view, now)}"
    return Question(f"Cancel {name}", text, "End the job", danger=True)


def retry_question(view: JobView, now: float) -> Question:
    """Retry: spends again."""
    name, so_far = _name(view), money(view.spent, sign=True)
    spent = f" {so_far} went into it so far." if so_far else ""
    how = view.job.failure or view.job.outcome
    ago = f", {duration(now - view.job.ended)} ago" if view.job.ended is not None else ""
    text = f"Retry {name}: it ended ({how}{ago}) and is queued anew; a box is rented for it again.{spent}"
    return Question(f"Retry {name}", text, "Retry", danger=True)


def elsewhere_question(view: JobView, now: float) -> Question:
    """Elsewhere: this attempt is thrown away."""
    name, host = _name(view), view.job.host_id
    place = f" than host {host}" if host is not None else ""
    text = f"Move {name}: it is queued anew for another host{place}.{_lost(view, now)}"
    return Question(f"Move {name} elsewhere", text, "Move", danger=True)


def resume_question(batch: BatchView) -> Question:
    """Going on: rents for the jobs that wait."""
    waiting = batch.count(JobPhase.QUEUED)
    left = None if batch.batch.budget is None or batch.spent is None else batch.batch.budget - batch.spent
    money_left = f" Its budget leaves {money(max(0.0, left), sign=True)}." if left is not None else ""
    text = (
        f"Go on with {batch.batch.name}: {plural(waiting, 'job')} in the queue, "
        f"{batch.batch.max_parallel} at a time; boxes are rented for them.{money_left}"
    )
    return Question("Go on with the queue", text, "Go on", danger=True)
