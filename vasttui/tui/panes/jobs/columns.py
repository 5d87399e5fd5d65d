"""The columns of the jobs; a row is a job, or an instance that no job has. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from vasttui.jobs.progress import Progress
from vasttui.tui.format import duration, money, percent
from vasttui.tui.glyphs import GlyphSet
from vasttui.tui.palette import Piece
from vasttui.tui.panes.jobs.boxes import RATE, bar, doing, job_glyph, moving, rate_text
from vasttui.tui.panes.jobs.rows import JobRow
from vasttui.tui.panes.jobs.work import fraction, is_working, work_bar, work_glyph, work_words
from vasttui.tui.widgets.table_model import Column, Content

MEANINGS: Final[Mapping[str, str]] = {
    "state": "The state as a glyph.",
    "job": "Name of the job, or the label of the instance.",
    "progress": "How far it is, as a line.",
    "percent": "How far it is.",
    "doing": "What it is doing, by its log.",
    "rate": "How fast it goes on.",
    "eta": "How long it still takes at this rate.",
    "cost": "What it has cost so far, $.",
    "host": "Number of the host that it runs on.",
    "tries": "How often it was begun.",
}


def job_columns(glyphs: GlyphSet, now: Callable[[], float], *, jobs: bool = False) -> tuple[Column[JobRow], ...]:
    """The columns; `now` gives epoch seconds for ages, `jobs` adds what only a job of ours has."""
    return (
        Column(key="state", title="", width=1, cell=lambda r: (glyph_of(r, glyphs),)),
        Column(
            key="job",
            title="JOB",
            width=10,
            flex=2,
            max_width=28,
            cell=lambda r: r.name,
            sort_key=lambda r: r.name.lower(),
        ),
        Column(
            key="progress",
            title="PROGRESS",
            width=8,
            flex=3,
            max_width=36,
            draw=lambda r, width: bar_of(r, width, glyphs),
            sort_key=fraction_of,
            descending=True,
        ),
        *_words(now),
        *_figures(),
        *(_places() if jobs else ()),
    )


def _words(now: Callable[[], float]) -> tuple[Column[JobRow], ...]:
    return (
        Column(
            key="percent",
            title="",
            width=4,
            align="right",
            style=lambda r: "dim" if (bar := shown(r)) and bar.scope == "side" else "text",
            cell=lambda r: percent(fraction_of(r)),
        ),
        Column(
            key="doing",
            title="DOING",
            width=12,
            flex=3,
            max_width=44,
            draw=lambda r, width: (words_of(r, width, now()),),
            sort_key=lambda r: r.view.job.phase if r.view else "",
        ),
    )


def _figures() -> tuple[Column[JobRow], ...]:
    return (
        Column(
            key="rate",
            title="RATE",
            width=RATE,
            align="right",
            priority=9,
            cell=lambda r: rate_text(moved(r)),
            sort_key=lambda r: p.rate if (p := moved(r)) else None,
            descending=True,
        ),
        Column(
            key="eta",
            title="ETA",
            width=7,
            align="right",
            priority=2,
            cell=lambda r: duration(p.eta) if (p := moved(r)) else "",
            sort_key=lambda r: p.eta if (p := moved(r)) else None,
        ),
        Column(
            key="cost",
            title="COST $",
            width=6,
            align="right",
            style="money",
            priority=8,
            cell=lambda r: money(r.spent),
            sort_key=lambda r: r.spent,
            descending=True,
        ),
    )


def _places() -> tuple[Column[JobRow], ...]:
    return (
        Column(
            key="host",
            title="HOST",
            width=6,
            align="right",
            style="dim",
            priority=10,
            cell=lambda r: "" if r.host_id is None else str(r.host_id),
            sort_key=lambda r: r.host_id,
        ),
        Column(
            key="tries",
            title="TRIES",
            width=5,
            align="right",
            style=lambda r: "look" if r.view and r.view.job.tries > 1 else "dim",
            priority=7,
            cell=lambda r: str(r.view.job.tries) if r.view and r.view.job.tries else "",
            sort_key=lambda r: r.view.job.tries if r.view else None,
            descending=True,
        ),
    )


def glyph_of(row: JobRow, glyphs: GlyphSet) -> Piece:
    """The glyph of its state."""
    if row.view is not None:
        return work_glyph(row.view, glyphs)
    return job_glyph(row.box, glyphs) if row.box is not None else (glyphs["unknown"], "dim")


def bar_of(row: JobRow, width: int, glyphs: GlyphSet) -> Content:
    """Its progress line."""
    if row.view is not None:
        return work_bar(row.view, width, glyphs)
    return bar(row.box, width, glyphs) if row.box is not None else ""


def fraction_of(row: JobRow) -> float | None:
    """How far it is, 0..1, None when unknown."""
    if row.view is not None:
        return fraction(row.view)
    return row.box.progress.fraction if row.box is not None and row.box.progress is not None else None


def words_of(row: JobRow, width: int, now: float) -> Piece:
    """What it does, in words."""
    if row.view is not None:
        return work_words(row.view, width, now)
    return doing(row.box, width, now) if row.box is not None else ("", "dim")


def shown(row: JobRow) -> Progress | None:
    """The progress that its row draws, None without."""
    if row.view is not None:
        return row.view.progress if is_working(row.view) else None
    return row.box.progress if row.box is not None else None


def moved(row: JobRow) -> Progress | None:
    """The progress of work that goes on, None where nothing does."""
    if row.view is None and (row.box is None or not moving(row.box)):
        return None
    return shown(row)
