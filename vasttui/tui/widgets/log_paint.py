"""How the lines of a log look: time, text with its own colours or that of its level, search hits, marks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from rich.errors import StyleSyntaxError
from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.strip import Strip

from vasttui.logs.buffer import LogLine
from vasttui.logs.clean import StyledLine, clean_line
from vasttui.tui.format import clock
from vasttui.tui.glyphs import GlyphSet
from vasttui.tui.palette import Palette
from vasttui.tui.widgets.log_model import level_token, wrapped

CACHED_LINES: Final = 2000
TIME_WIDTH: Final = 10
GUTTER: Final = 1
MAX_HITS_PER_LINE: Final = 200

_CLEANED: LRUCache[tuple[int, str], StyledLine] = LRUCache(CACHED_LINES)
_NULL: Final = Style.null()

Span = tuple[int, int, Style]


def cleaned(line: LogLine) -> StyledLine:
    """The line fit for a screen; the last ones are remembered."""
    name = (line.seq, line.text)
    styled = _CLEANED.get(name)
    if styled is None:
        styled = _CLEANED[name] = clean_line(line.text)
    return styled


@dataclass(frozen=True)
class LogLook:
    """Everything that decides how a line looks, apart from the line.

    Attributes:
        width: cells of the view.
        shift: cells by which unwrapped text is moved to the left.
    """

    palette: Palette
    glyphs: GlyphSet
    base: Style
    width: int
    wrap: bool
    times: bool
    shift: int = 0
    search: re.Pattern[str] | None = None

    @property
    def text_width(self) -> int:
        """Cells for the text of a line."""
        return max(1, self.width - self.indent)

    @property
    def indent(self) -> int:
        """Cells before the text."""
        return GUTTER + (TIME_WIDTH if self.times else 0)


class LogPainter:
    """Draws lines into strips in one look, and remembers the last ones."""

    def __init__(self, look: LogLook) -> None:
        self.look = look
        self._strips: LRUCache[tuple[int, float, str, bool], list[Strip]] = LRUCache(CACHED_LINES)

    def height(self, line: LogLine) -> int:
        """Rows that the line takes."""
        return len(wrapped(self._text(line), self.look.text_width)) if self.look.wrap else 1

    def strips(self, line: LogLine, *, current: bool = False) -> list[Strip]:
        """The rows of a line; `current` is the line of the current hit."""
        name = (line.seq, line.received, line.text, current)
        strips = self._strips.get(name)
        if strips is None:
            strips = self._strips[name] = self._draw(line, current)
        return strips

    def _text(self, line: LogLine) -> str:
        text = cleaned(line).text
        if line.kind in {"gap", "note"}:
            rule = self.look.glyphs["rule"] * 2
            return f"{rule} {text} {rule}"
        return text

    def _draw(self, line: LogLine, current: bool) -> list[Strip]:
        look, text = self.look, self._text(line)
        under = look.base + look.palette.style("selection" if current else "")
        spans = self._spans(line, text, current)
        pen = under + look.palette.style(self._token(line, text))
        rows = wrapped(text, look.text_width) if look.wrap else [(0, len(text))]
        strips = []
        for number, (start, end) in enumerate(rows):
            body = Strip(styled_segments(text, start, end, pen, spans))
            if look.shift and not look.wrap:
                body = body.crop(look.shift)
            head = [Segment(" ", look.base), *self._time(line, number, under)]
            strip = Strip([*head, *body.crop(0, look.text_width)])
            strips.append(strip.adjust_cell_length(look.width, under))
        return strips

    def _time(self, line: LogLine, row: int, under: Style) -> list[Segment]:
        if not self.look.times:
            return []
        text = clock(line.received) if row == 0 and line.kind in {"line", "live"} else ""
        return [Segment(text.ljust(TIME_WIDTH), under + self.look.palette.style("log-time"))]

    def _token(self, line: LogLine, text: str) -> str:
        if line.kind == "gap":
            return "log-gap"
        if line.kind == "note":
            return "dim"
        if line.kind == "live":
            return "log-live"
        return "text" if cleaned(line).spans else level_token(text)

    def _spans(self, line: LogLine, text: str, current: bool) -> list[Span]:
        spans: list[Span] = []
        if line.kind in {"line", "live"}:
            spans += [(start, end, _own_style(style)) for start, end, style in cleaned(line).spans]
        if self.look.search is not None:
            style = self.look.palette.style
            mark = style("text") + style("hit-current bold" if current else "hit")
            for count, match in enumerate(self.look.search.finditer(text)):
                if count >= MAX_HITS_PER_LINE:
                    break
                if match.end() > match.start():
                    spans.append((match.start(), match.end(), mark))
        return spans


def _own_style(text: str) -> Style:
    try:
        return Style.parse(text)
    except StyleSyntaxError:
        return _NULL


def styled_segments(text: str, start: int, end: int, pen: Style, spans: list[Span]) -> list[Segment]:
    """Characters `start` to `end` as segments; later spans lie over earlier ones."""
    touching = [span for span in spans if span[0] < end and span[1] > start]
    if not touching:
        return [Segment(text[start:end], pen)] if end > start else []
    edges = {start, end}
    for first, last, _ in touching:
        edges |= {max(start, first), min(end, last)}
    marks = sorted(edges)
    segments = []
    for a, b in pairwise(marks):
        style = pen
        for first, last, over in touching:
            if first <= a and b <= last:
                style = style + over
        segments.append(Segment(text[a:b], style))
    return segments
