"""What a job says of itself in one row: glyph, bar and words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vasttui.jobs.lifecycle import JobPhase, Outcome
from vasttui.snapshot import JobView
from vasttui.tui.format import age
from vasttui.tui.glyphs import GlyphSet
from vasttui.tui.palette import Piece
from vasttui.tui.panes.jobs.boxes import longest, phase_piece
from vasttui.tui.widgets.table_model import Content

_PHASES: Final[Mapping[str, Piece]] = {
    JobPhase.QUEUED: ("waiting", "dim"),
    JobPhase.SEARCHING: ("creating", "busy"),
    JobPhase.RENTING: ("creating", "busy"),
    JobPhase.UNCONFIRMED: ("unknown", "look"),
    JobPhase.CREATING: ("creating", "busy"),
    JobPhase.LOADING: ("loading", "busy"),
    JobPhase.STARTING: ("loading", "busy"),
    JobPhase.CONNECTING: ("loading", "busy"),
    JobPhase.WORKING: ("job", "good"),
    JobPhase.COLLECTING: ("down", "busy"),
    JobPhase.CLEANING: ("rebooting", "busy"),
}
_OUTCOMES: Final[Mapping[str, Piece]] = {
    Outcome.SUCCEEDED: ("done", "good"),
    Outcome.FAILED: ("failed", "bad"),
    Outcome.TIMED_OUT: ("failed", "bad"),
    Outcome.CANCELLED: ("stopped", "dim"),
    Outcome.SKIPPED: ("waiting", "dim"),
}
_WORDS: Final[Mapping[str, str]] = {
    JobPhase.SEARCHING: "looks for an offer",
    JobPhase.LOADING: "loads its image",
    JobPhase.STARTING: "container starts",
    JobPhase.CLEANING: "gives its box up",
    JobPhase.COLLECTING: "fetches results",
    JobPhase.UNCONFIRMED: "rental unconfirmed",
}
_WISHES: Final[Mapping[str, str]] = {
    "cancel": "is to be cancelled",
    "retry": "is to be tried again",
    "elsewhere": "is to go elsewhere",
}
QUIET: Final = 120.0
"""Seconds without a sign of life that are told."""


def state_of(view: JobView) -> Piece:
    """Key of its glyph, and its tone."""
    return _OUTCOMES.get(view.job.outcome) or _PHASES.get(view.job.phase, ("unknown", "look"))


def work_glyph(view: JobView, glyphs: GlyphSet) -> Piece:
    """Its state as a glyph."""
    key, tone = state_of(view)
    return (glyphs[key], tone)


def fraction(view: JobView) -> float | None:
    """How far it is, 0..1; None where no bar stands for it. Only a success is whole."""
    job = view.job
    if job.outcome == Outcome.SUCCEEDED:
        return 1.0
    if job.phase == JobPhase.COLLECTING:
        return view.collected
    if job.outcome or job.phase == JobPhase.WORKING:
        return view.progress.fraction if view.progress is not None else None
    return None


def work_bar(view: JobView, width: int, glyphs: GlyphSet) -> Content:
    """The progress line."""
    tone = {"good": "good", "bad": "bad"}.get(state_of(view)[1], "dim") if view.job.outcome else "mark"
    if view.job.phase == JobPhase.WORKING and view.progress is not None and view.progress.scope == "side":
        tone = "dim"
    done, track = glyphs.progress(fraction(view), width)
    return ((done, tone), (track, "track"))


def is_working(view: JobView) -> bool:
    """Whether its bar stands for work that goes on."""
    return view.job.phase == JobPhase.WORKING and not view.job.outcome


def work_words(view: JobView, width: int, now: float) -> Piece:
    """What it does, why it waits or how it ended, in that many cells."""
    job = view.job
    if job.outcome:
        return _ended(view, width)
    if job.wish:
        return (longest((_WISHES.get(job.wish, job.wish),), job.wish, width), "look")
    if job.phase == JobPhase.QUEUED:
        return _queued(view, width, now)
    if job.phase == JobPhase.WORKING:
        return _working(view, width, now)
    word, since = _WORDS.get(job.phase, job.phase), age(now - job.since)
    tone = "look" if job.phase == JobPhase.UNCONFIRMED else "busy"
    waits = f"{word}: {view.waiting}" if view.waiting else ""
    return (longest((waits, f"{word} {since}", word), job.phase, width), tone)


def _queued(view: JobView, width: int, now: float) -> Piece:
    job = view.job
    failed = f"{job.failure}, " if job.failure else ""
    if job.not_before > now:
        again = f"again in {age(job.not_before - now)}"
        return (longest((f"{failed}{again}", again), job.failure or "queued", width), "look" if job.failure else "dim")
    if job.failure:
        return (longest((f"again after {job.failure}",), job.failure, width), "look")
    return (longest((f"queued: {view.waiting}" if view.waiting else "",), "queued", width), "dim")


def _working(view: JobView, width: int, now: float) -> Piece:
    if view.quiet is not None and view.quiet >= QUIET:
        old = age(view.quiet)
        return (longest((f"no sign of life for {old}", f"quiet for {old}"), "quiet", width), "look")
    if view.progress is None:
        return (longest((f"works {age(now - view.job.since)}, no bar yet", "no bar yet"), "works", width), "dim")
    return phase_piece(view.progress, width, now)


def _ended(view: JobView, width: int) -> Piece:
    job = view.job
    tone = state_of(view)[1]
    if job.outcome == Outcome.SUCCEEDED:
        after = "" if job.phase == JobPhase.DONE else ", gives its box up"
        said = f": {job.reason}" if job.reason else ""
        return (longest((f"done{after}{said}", f"done{after}"), "done", width), tone)
    kind = job.failure if job.outcome == Outcome.FAILED and job.failure else job.outcome
    said = f"{kind}: {job.reason}" if job.reason not in ("", kind) else ""
    return (longest((said, kind), kind, width), tone)
