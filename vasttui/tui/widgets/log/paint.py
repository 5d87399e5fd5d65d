"""How the lines of a log look: mark, time, name, and text with its own colours or those of its words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Final

from rich.errors import StyleSyntaxError
from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.strip import Strip

from vasttui.logs.clean import HIDDEN, StyledLine
from vasttui.logs.highlight import highlight
from vasttui.logs.patterns import Pattern
from vasttui.logs.rows import Kind, LogLine, Severity
from vasttui.tui.format import cells, clean, fit
from vasttui.tui.glyphs import ASCII, GlyphSet
from vasttui.tui.palette import Palette
from vasttui.tui.widgets.log.text import TIME_WIDTHS, Times, copied, shown, time_text, wrapped

CACHED_LINES: Final = 2000
GUTTER: Final = 1
GAP: Final = 2
HANG: Final = 2
LONGEST_NAME: Final = 16

ORIGINS: Final = ("busy", "money", "good", "accent", "log-string", "log-path")
"""Colours of the names where several logs stand in one stream."""

WORDS: Final[Mapping[str, str]] = {
    "number": "log-number",
    "duration": "log-number",
    "time": "log-time",
    "path": "log-path",
    "url": "log-path underline",
    "ip": "log-number",
    "id": "dim",
    "key": "dim",
    "string": "log-string",
    "constant": "log-number",
    "error": "log-error bold",
    "warning": "log-warn bold",
    "info": "good",
    "debug": "log-debug",
}
"""The style of each token of `highlight`."""

_KINDS: Final = {Kind.GAP: "log-gap", Kind.NOTE: "dim", Kind.LIVE: "log-live"}
_LEVELS: Final = {Severity.ERROR: "log-error", Severity.WARNING: "log-warn", Severity.DEBUG: "log-debug"}
_NULL: Final = Style.null()

Span = tuple[int, int, Style]
Layer = Sequence[Span]
"""Spans in order that do not overlap."""


@dataclass(frozen=True)
class LogLook:
    """Everything that decides how a line looks, apart from the line and its place.

    Attributes:
        width: cells of a row.
        shift: cells by which unwrapped text is moved to the left.
        names: names of the origins, when rows of several logs stand in one stream.
    """

    palette: Palette
    glyphs: GlyphSet
    base: Style
    width: int
    wrap: bool = False
    times: Times = Times.OFF
    shift: int = 0
    search: Pattern | None = None
    raw_json: bool = False
    unmasked: bool = False
    names: Mapping[int, str] | None = None

    @property
    def time_width(self) -> int:
        """Cells for the time, with the gap after it."""
        width = TIME_WIDTHS[self.times]
        return width + GAP if width else 0

    @property
    def name_width(self) -> int:
        """Cells for the name of the origin, with the gap after it."""
        longest = max((cells(clean(name)) for name in (self.names or {}).values()), default=0)
        return min(longest, LONGEST_NAME) + GAP if longest else 0

    @property
    def indent(self) -> int:
        """Cells before the text."""
        return GUTTER + self.time_width + self.name_width

    @property
    def text_width(self) -> int:
        """Cells for the text of a line."""
        return max(1, self.width - self.indent)


@dataclass(frozen=True, slots=True)
class Setting:
    """What is special about a line where it stands.

    Attributes:
        tail: dim words after the text, about the rows that are folded into it.
        ground: token of the colour under it.
        marked: the user marked it.
        day: what is told in place of its time, because it is the first of that day in sight.
    """

    tail: str = ""
    ground: str = ""
    marked: bool = False
    day: str = ""


class LogPainter:
    """Draws lines into strips in one look, and remembers the last ones."""

    def __init__(self, look: LogLook) -> None:
        self.look = look
        self._time_width, self._name_width = look.time_width, look.name_width
        self._text_width = look.text_width
        self._strips: LRUCache[tuple[int, float, str, str, Setting], list[Strip]] = LRUCache(CACHED_LINES)

    def forget(self) -> None:
        """Draw every line anew from now on: the numbers mean other lines."""
        self._strips.clear()

    def strips(self, line: LogLine, setting: Setting, now: float) -> list[Strip]:
        """The rows of a line; `now` is for relative times."""
        has_time = self._time_width and line.kind in {Kind.LINE, Kind.LIVE}
        time = time_text(line.received, self.look.times, now) if has_time and not setting.day else setting.day
        # Finished rows never change, so their number is enough.
        name = (line.seq, line.received, line.text if line.kind is Kind.LIVE else "", time, setting)
        strips = self._strips.get(name)
        if strips is None:
            strips = self._strips[name] = self._draw(line, setting, time)
        return strips

    def text(self, line: LogLine) -> str:
        """The text as it is shown."""
        return self._styled(line).text

    def copied(self, line: LogLine, text: str) -> str:
        """The line as it is shown, with the name of its origin, but with its whole `text`."""
        whole = self._marked(line, copied(line, text, raw_json=self.look.raw_json, unmasked=self.look.unmasked))
        name, _ = self._name(line.origin)
        return f"{name}  {whole}" if name else whole

    def index(self, line: LogLine, row: int, x: int) -> int:
        """Which character of the text stands at character `x` of the line's row `row`, the head included."""
        text, x = self.text(line), max(0, x - self.look.indent)
        if not self.look.wrap:
            return min(len(text), x + self.look.shift)
        rows = self._rows(text)
        start, end = rows[min(row, len(rows) - 1)]
        return min(end, start + max(0, x - (self._hang if row else 0)))

    # Drawing

    def _draw(self, line: LogLine, setting: Setting, time: str) -> list[Strip]:
        look, styled = self.look, self._styled(line)
        under = look.base + look.palette.style(setting.ground)
        pen = under + look.palette.style(self._token(line, styled))
        text = styled.text + setting.tail
        layers = self._layers(line, styled, setting)
        if look.wrap:
            bodies: list[Sequence[Segment]] = [
                [Segment(" " * (self._hang if number else 0), under), *layered(text, start, end, pen, layers)]
                for number, (start, end) in enumerate(self._rows(text))
            ]
        else:
            bodies = [self._cut(styled.text, setting.tail, pen, under, layers)]
        strips = []
        for number, body in enumerate(bodies):
            segments = [*self._head(line, setting, time if number == 0 else "", number, under), *body]
            strips.append(_filled(segments, look.width, under))
        return strips

    def _head(self, line: LogLine, setting: Setting, time: str, row: int, under: Style) -> list[Segment]:
        style, mark = self.look.palette.style, self.look.glyphs["mark"]
        head = [Segment(mark if setting.marked and row == 0 else " ", under + style("mark"))]
        if self._time_width:
            head.append(Segment(time.rjust(self._time_width - GAP).ljust(self._time_width), under + style("log-time")))
        if self._name_width:
            name, token = self._name(line.origin) if row == 0 else ("", "")
            head.append(Segment(fit(name, self._name_width - GAP) + " " * GAP, under + style(token)))
        return head

    def _name(self, origin: int) -> tuple[str, str]:
        names = self.look.names or {}
        if origin not in names:
            return "", ""
        return clean(names[origin]), ORIGINS[sorted(names).index(origin) % len(ORIGINS)]

    def _cut(self, text: str, tail: str, pen: Style, under: Style, layers: Sequence[Layer]) -> Sequence[Segment]:
        """The part of an unwrapped line that is in sight; a faint mark where it goes on at the right."""
        look = self.look
        shift, width = look.shift, self._text_width
        if cells(text) - shift + cells(tail) <= width:
            whole = layered(text + tail, 0, len(text + tail), pen, layers)
            return list(Strip(whole).crop(shift)) if shift else whole
        room = max(0, width - cells(tail))
        if text.isascii():
            strip = Strip(layered(text, shift, shift + room, pen, layers))
        else:
            strip = Strip(layered(text, 0, len(text), pen, layers)).crop(shift, shift + room)
        if cells(text) - shift > room:
            more = Segment(look.glyphs["beyond"], under + look.palette.style("faint"))
            strip = Strip([*strip.crop(0, max(0, room - 1)), more])
        body = strip.adjust_cell_length(room, under)
        return [*body, Segment(tail, under + look.palette.style("dim"))]

    @property
    def _hang(self) -> int:
        return min(HANG, self._text_width // 8)

    def _rows(self, text: str) -> list[tuple[int, int]]:
        return wrapped(text, self._text_width, self._hang)

    def _styled(self, line: LogLine) -> StyledLine:
        styled = shown(line, raw_json=self.look.raw_json, unmasked=self.look.unmasked)
        if line.kind in {Kind.GAP, Kind.NOTE}:
            return StyledLine(self._marked(line, styled.text))
        return ascii_signs(styled) if self.look.glyphs.ascii_only else styled

    def _marked(self, line: LogLine, text: str) -> str:
        """A mark of ours between rules, so that it is not taken for a line."""
        rule = self.look.glyphs["rule"] * 2 if line.kind in {Kind.GAP, Kind.NOTE} else ""
        return f"{rule} {text} {rule}" if rule else text

    def _token(self, line: LogLine, styled: StyledLine) -> str:
        return _KINDS.get(line.kind) or ("text" if styled.spans else _LEVELS.get(line.severity, "text"))

    def _layers(self, line: LogLine, styled: StyledLine, setting: Setting) -> list[Layer]:
        style = self.look.palette.style
        layers: list[Layer] = []
        if styled.spans:
            layers.append([(start, end, _own_style(name)) for start, end, name in styled.spans])
        elif line.kind is Kind.LINE and line.severity not in _LEVELS:
            layers.append([(start, end, style(WORDS[token])) for start, end, token in highlight(styled.text)])
        if setting.tail:
            layers.append([(len(styled.text), len(styled.text + setting.tail), style("dim"))])
        if self.look.search is not None and line.kind in {Kind.LINE, Kind.LIVE}:
            mark = style("text") + style("hit-current bold" if setting.ground else "hit")
            layers.append([(start, end, mark) for start, end in self.look.search.spans(styled.text)])
        return [layer for layer in layers if layer]


def ascii_signs(styled: StyledLine) -> StyledLine:
    """With ASCII for the signs that are ours: what stands for a secret, and for the rest of a line that is cut."""
    text = styled.text.replace(HIDDEN, ASCII["mask"] * len(HIDDEN))
    return replace(styled, text=text[:-1] + ASCII["ellipsis"] if styled.cut else text)


def _filled(segments: Sequence[Segment], width: int, under: Style) -> Strip:
    """A strip of just that width. Made at once: Textual's own steps would make a strip each."""
    joined = list(Segment.simplify(segments))
    length = sum(cells(segment.text) for segment in joined)
    if length > width:
        return Strip(joined, length).crop(0, width)
    return Strip([*joined, Segment(" " * (width - length), under)] if length < width else joined, width)


@lru_cache(maxsize=512)
def _own_style(text: str) -> Style:
    try:
        return Style.parse(text)
    except StyleSyntaxError:
        return _NULL


def layered(text: str, start: int, end: int, pen: Style, layers: Sequence[Layer]) -> list[Segment]:
    """Characters `start` to `end` as segments; a later layer lies over the earlier ones."""
    end = min(end, len(text))
    if start >= end:
        return []
    edges = {start, end}
    for layer in layers:
        for first, last, _ in layer:
            if first < end and last > start:
                edges |= {max(start, first), min(end, last)}
    at = [0] * len(layers)
    segments = []
    for a, b in pairwise(sorted(edges)):
        style = pen
        for number, layer in enumerate(layers):
            while at[number] < len(layer) and layer[at[number]][1] <= a:
                at[number] += 1
            if at[number] < len(layer) and layer[at[number]][0] <= a:
                style += layer[at[number]][2]
        segments.append(Segment(text[a:b], style))
    return segments
