"""A progress line with its percent, as pieces for a table cell. Pure."""

from __future__ import annotations

from vasttui.tui.format import percent
from vasttui.tui.glyphs import GlyphSet
from vasttui.tui.palette import Piece

PERCENT_WIDTH = 4


def progress_pieces(
    fraction: float | None, width: int, glyphs: GlyphSet, tone: str = "good", *, percents: bool = True
) -> tuple[Piece, ...]:
    """`━━━╸─── 42%` in `width` cells: the line in the tone, its track faint; unknown is the bare track.

    The percent is left out when the line would be shorter than three cells.
    """
    percents = percents and width >= PERCENT_WIDTH + 4
    done, track = glyphs.progress(fraction, width - PERCENT_WIDTH - 1 if percents else width)
    line: tuple[Piece, ...] = ((done, tone), (track, "track"))
    return (*line, (" " + percent(fraction).rjust(PERCENT_WIDTH), tone)) if percents else line
