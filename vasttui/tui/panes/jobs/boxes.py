"""What an instance works at and how far it is, read from its log alone. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from vasttui.jobs.progress import Progress
from vasttui.snapshot import Box
from vasttui.tui.format import age, cells, clean, duration, known, number
from vasttui.tui.glyphs import GlyphSet
from vasttui.tui.palette import Piece
from vasttui.tui.panes.box_columns import phase_word
from vasttui.tui.widgets.table_model import Content

RATE: Final = 12
"""Cells of a rate: four for the figure, five for its unit."""

STILL: Final = 120.0
"""Seconds without a move after which a bar says how long it stands."""


def job_boxes(boxes: Iterable[Box]) -> list[Box]:
    """The instances that run something, come up, or whose log showed a job."""
    return [box for box in boxes if box.phase.up or box.phase.booting or box.progress or box.sign]


def moving(box: Box) -> bool:
    """Whether its bar stands for work that goes on: the container runs and no line said that it ended."""
    ended = box.sign is not None and box.sign.kind != "serving"
    return box.phase.up and box.progress is not None and not ended


def job_glyph(box: Box, glyphs: GlyphSet) -> Piece:
    """Its state: looks failed, looks finished, at work, waiting, or the instance's own."""
    if box.sign is not None and box.sign.kind == "failed":
        return (glyphs["failed"], "bad")
    if box.sign is not None and box.sign.kind == "finished":
        return (glyphs["done"], "good")
    if not box.phase.up:
        return (glyphs[box.phase.glyph], phase_word(box)[1])
    if box.progress is not None or box.sign is not None:
        return (glyphs["job"], "good")
    return (glyphs["waiting"], "dim")


def bar(box: Box, width: int, glyphs: GlyphSet) -> Content:
    """The progress line."""
    fraction = box.progress.fraction if box.progress else None
    done, track = glyphs.progress(fraction, width)
    return ((done, bar_tone(box)), (track, "track"))


def bar_tone(box: Box) -> str:
    """Colour of the bar: that of its end, if its log shows one."""
    if box.sign is not None and box.sign.kind == "failed":
        return "bad"
    if box.sign is not None and box.sign.kind == "finished":
        return "good"
    if not box.phase.up or (box.progress is not None and box.progress.scope == "side"):
        return "dim"
    return "mark"


def doing(box: Box, width: int, now: float) -> Piece:
    """What it does in words: how its end looks and how long ago that was, its phase, or what is waited for."""
    if box.sign is not None and box.sign.kind != "serving":
        tone = "bad" if box.sign.kind == "failed" else "good"
        old = age(now - box.sign.seen_at)
        said = f"looks {box.sign.kind}"
        return (
            longest((f"{said}: {box.sign.reason}, {old} ago", f"{said} {old} ago", f"{said} {old}"), said, width),
            tone,
        )
    if not box.phase.up:
        word, tone = phase_word(box)
        return (word, tone)
    if box.sign is not None:
        return (longest((f"serves: {box.sign.reason}",), "serves", width), "text")
    if box.progress is None:
        return (longest(("no progress in its log yet",), "no bar yet", width), "dim")
    return phase_piece(box.progress, width, now)


def phase_piece(progress: Progress, width: int, now: float) -> Piece:
    """What the bar stands for and its figures, or how long it has stood still."""
    phase = progress.phase or ("epoch" if progress.scope == "epoch" else "working")
    still = now - progress.seen_at
    if still >= STILL:
        return (longest((f"{phase}, no change for {age(still)}", f"still for {age(still)}"), phase, width), "look")
    amount = _amount(progress)
    return (longest((f"{phase}  {amount}" if amount else phase,), phase, width), "dim")


def _amount(progress: Progress) -> str:
    if progress.done is None or progress.total is None or not progress.total:
        return ""
    return f"{number(progress.done)}/{number(progress.total)}"


def longest(texts: Iterable[str], least: str, width: int) -> str:
    """The first text that fits, else `least`."""
    return next((text for text in texts if text and cells(clean(text)) <= width), least)


def rate_text(progress: Progress | None) -> str:
    """`3.1 it/s`, `286 frame/s`, and `14.2 s/it` where one takes longer than a second; "" when unknown."""
    if progress is None or progress.rate is None or not known(progress.rate) or progress.rate <= 0:
        return ""
    unit = clean(progress.unit)[:5] or "it"
    quick = progress.rate >= 1
    value = progress.rate if quick else 1 / progress.rate
    figure = number(value, 0 if value >= 100 else 1, width=4)
    return f"{figure} {unit}/s" if quick else f"{figure} s/{unit}"


def summary(boxes: Iterable[Box]) -> str:
    """For the lower edge: how many look finished and failed, and the longest that is left."""
    jobs = list(boxes)
    finished = sum(box.sign is not None and box.sign.kind == "finished" for box in jobs)
    failed = sum(box.sign is not None and box.sign.kind == "failed" for box in jobs)
    left = [box.progress.eta for box in jobs if moving(box) and box.progress and known(box.progress.eta)]
    parts = (
        f"look finished {finished}" if finished else "",
        f"look failed {failed}" if failed else "",
        f"ETA {duration(max(eta for eta in left if eta is not None))}" if left else "",
    )
    return "   ".join(filter(None, parts))
