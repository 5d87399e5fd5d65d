"""The lines above the jobs: one for each open batch, who drives, and what the cursor's row says. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vasttui.jobs.lifecycle import JobPhase, Outcome
from vasttui.logs.clean import mask_secrets
from vasttui.snapshot import BatchView, Snapshot
from vasttui.tui.format import age, duration, money
from vasttui.tui.glyphs import GlyphSet
from vasttui.tui.panes.jobs.boxes import summary
from vasttui.tui.panes.jobs.rows import FAILED, JobRow, failed, running
from vasttui.tui.panes.sheet import Line, Part

MOST = 3
"""Batches that have a line."""


def head_lines(snapshot: Snapshot, chosen: BatchView | None, glyphs: GlyphSet) -> tuple[Line, ...]:
    """All lines: the batches, why the chosen one waits, who drives."""
    if chosen is None:
        return driver_lines(snapshot)
    several = len(snapshot.batches) > 1
    lines = [
        batch_line(batch, glyphs, chosen=several and batch.id == chosen.id)
        for batch in in_line(snapshot.batches, chosen)
    ]
    if chosen.waiting and chosen.waiting != "paused":
        lines.append((((f"{glyphs['look']} no further job begins: {chosen.waiting}", "look"),),))
    return (*lines, *driver_lines(snapshot))


def driver_lines(snapshot: Snapshot) -> tuple[Line, ...]:
    """Who drives the jobs, when it is not this program."""
    if not snapshot.driver:
        return ()
    return ((((f"{snapshot.driver} drives the jobs: this one watches", "look"),),),)


def in_line(batches: Sequence[BatchView], chosen: BatchView) -> list[BatchView]:
    """The batches that have a line: the chosen one and as many open ones as there is room for, the newest first."""
    others = [batch for batch in batches if not batch.batch.closed and batch.id != chosen.id][: MOST - 1]
    wanted = {chosen.id, *(batch.id for batch in others)}
    return [batch for batch in batches if batch.id in wanted]


def batch_line(batch: BatchView, glyphs: GlyphSet, *, chosen: bool) -> Line:
    """One batch: name, counts, money, time."""
    mark = glyphs["job"] + " " if chosen else ""
    tone = "dim" if batch.batch.closed else "text"
    total, done = len(batch.jobs), batch.ended(Outcome.SUCCEEDED)
    return (
        ((mark, "mark"), (batch.batch.name, f"{tone} bold"), (f" #{batch.id}", "dim")),
        (("paused", "look"),) if batch.batch.paused else (),
        ((f"{done}/{total}", "good" if done else "text"), (" done", "dim")),
        _count(failed(batch), "failed", "bad"),
        _count(running(batch), "running", "text"),
        _money(batch),
        ((("ETA ", "dim"), (duration(batch.eta), "text"))) if batch.eta else (),
        _count(batch.count(JobPhase.QUEUED), "queued", "text"),
        _count(batch.ended(Outcome.CANCELLED), "cancelled", "dim"),
        _count(batch.ended(Outcome.SKIPPED), "skipped", "dim"),
    )


def _count(value: int, word: str, tone: str) -> Part:
    return ((str(value), tone), (f" {word}", "bad" if tone == "bad" else "dim")) if value else ()


def _money(batch: BatchView) -> Part:
    spent = money(batch.spent, sign=True, missing="$?")
    limit = batch.batch.budget
    if batch.batch.closed or (batch.expected is None and limit is None):
        return ((spent, "money"),)
    if batch.expected is None:
        return ((spent, "money"), (f" of at most {money(limit, sign=True)}", "dim"))
    return ((spent, "money"), (f" of ~{money(batch.expected, sign=True)}", "dim"))


def row_line(row: JobRow | None, now: float) -> Line:
    """The line about the row under the cursor: how it ended, its result, or the job's figures."""
    if row is None:
        return ()
    job = row.view.job if row.view is not None else None
    if job is not None and (job.result or job.outcome or (job.failure and job.phase != JobPhase.WORKING)):
        result: Part = (("result ", "dim"), (mask_secrets(job.result), "good")) if job.result else ()
        tone = "bad" if job.outcome in FAILED else "look"
        before: Part = () if job.outcome else (("last try  ", "dim"),)
        kind = job.failure or job.outcome
        reason = "" if job.reason == kind else mask_secrets(job.reason)
        why: Part = (*before, (f"{kind}  ", tone), (reason, "dim"))
        told: Part = why if job.reason else ()
        return (told, result) if job.outcome in FAILED else (result, told)
    sign = row.box.sign if row.box is not None and row.view is None else None
    if sign is not None:
        tone = {"failed": "bad", "finished": "good"}.get(sign.kind, "dim")
        return (((f"{age(now - sign.seen_at)} ago  ", "dim"), (mask_secrets(sign.line), tone)),)
    progress = row.view.progress if row.view is not None else row.box.progress if row.box is not None else None
    if progress is None:
        return ()
    note: Part = ((progress.note, "look"),) if progress.note else ()
    return (*(((f"{name} ", "dim"), (value, "text")) for name, value in progress.metrics), note)


def edge(rows: Iterable[JobRow], batch: BatchView | None, batches: Sequence[BatchView]) -> str:
    """For the lower edge: which of several batches this is, else what the instances' logs look like."""
    if batch is None:
        return summary(row.box for row in rows if row.box is not None)
    if len(batches) < 2:
        return ""
    place = [other.id for other in batches].index(batch.id) + 1
    return f"batch {place} of {len(batches)}  [ ]"
