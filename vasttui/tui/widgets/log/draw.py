"""What is drawn of a log beside its lines: the scrollbar, the count of unseen lines, and words where lines are not."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from vasttui.tui.format import cells, count, cut
from vasttui.tui.widgets.log.paint import GUTTER, LogLook
from vasttui.tui.widgets.log.rail import Tick


def blank(look: LogLook, text: str = "") -> Strip:
    """A row without a line, with dim words."""
    words = Segment(" " * GUTTER + text, look.base + look.palette.style("dim"))
    return Strip([words] if text else []).adjust_cell_length(look.width, look.base)


def with_pill(strip: Strip, unseen: int, look: LogLook) -> Strip:
    """The last row with the count of lines that came meanwhile at its end."""
    text = cut(f" {look.glyphs['down']} {count(unseen)} new ", look.width)
    pen = look.base + look.palette.style("selection") + look.palette.style("text bold")
    return Strip([*strip.crop(0, look.width - cells(text)), Segment(text, pen)], look.width)


def with_selection(strip: Strip, start: int, end: int, style: Style) -> Strip:
    """A row of which the characters from `start` to `end` are selected."""
    text = strip.text
    first, last = cells(text[:start]), cells(text[:end])
    inner = [Segment(part, (own or Style.null()) + style) for part, own, _ in strip.crop(first, last)]
    return Strip([*strip.crop(0, first), *inner, *strip.crop(last)], strip.cell_length)


def with_tick(strip: Strip, tick: Tick, look: LogLook) -> Strip:
    """A row with its cell of the scrollbar."""
    pen = look.base + look.palette.style(tick.token)
    thumb = look.palette.style("faint").color
    if tick.thumb and thumb is not None:
        pen += Style(bgcolor=thumb)
    # Without colours the ground of the thumb is not seen.
    glyph = look.glyphs[tick.glyph] if tick.glyph else look.glyphs["thumb"] if tick.thumb else " "
    if tick.thumb and not tick.glyph:
        pen += look.palette.style("faint")
    return Strip([*strip, Segment(glyph, pen)], look.width + 1)
