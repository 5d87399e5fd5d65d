"""The rows of one log on the screen: reading and drawing of what is in sight only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from textual.geometry import Offset, Region
from textual.selection import Selection
from textual.strip import Strip
from textual.timer import Timer

from vasttui.logs.rows import KIND_SHIFT, Kind, LogLine
from vasttui.tui.format import clean, count, percent, plural
from vasttui.tui.glyphs import glyphs_of
from vasttui.tui.palette import palette_of
from vasttui.tui.widgets.log.draw import blank, with_pill, with_selection, with_tick
from vasttui.tui.widgets.log.paint import GUTTER, LogLook, LogPainter, Setting
from vasttui.tui.widgets.log.rail import Tick
from vasttui.tui.widgets.log.sift import LogSift
from vasttui.tui.widgets.log.text import Times, day_of, wrapped
from vasttui.tui.widgets.log.window import Place

RAIL: Final = 1
_NOTE: Final = Kind.NOTE << KIND_SHIFT
_NEAR: Final = 16
_ROWS: Final = 4096
"""More rows than a line can take; so one number tells line and row, wherever it stands on the screen."""
SELECTED: Final = 10_000
"""Lines that can be selected with the mouse."""


class LogLines(LogSift):
    """Lines of a log, read when they are drawn."""

    _painter: LogPainter | None = None
    _drawn: list[Strip] | None = None
    """What `render_line` gives; None: to be drawn anew."""
    _places: Sequence[Place | None] = ()
    """What each row of `_drawn` shows."""
    _painting = False
    _painted: Sequence[Strip] = ()
    """What was last asked to be put on the screen."""
    _waiting = False
    _seconds: Timer | None = None

    def replaced(self) -> None:
        """The numbers mean other lines."""
        super().replaced()
        if self._painter is not None:
            self._painter.forget()

    # When to draw

    def changed(self) -> None:
        """Something looks different: lay out and draw anew, soon and once."""
        super().changed()
        self._drawn = None
        if not self._waiting and self.is_running:
            self._waiting = True
            self.call_next(self._repaint)

    def _repaint(self) -> None:
        self._waiting = False
        if not self.is_mounted or not self.size:
            return
        before, after = self._painted, self._draw()
        self._painted = after
        if len(before) != len(after):
            self.refresh()
            return
        rows = [y for y, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
        if rows:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in rows))

    def on_resize(self) -> None:
        """Another size."""
        self.changed()

    def watch_has_focus(self, value: bool) -> None:
        """The cursor's line is fainter without it."""
        super().watch_has_focus(value)
        self.changed()

    def on_mount(self) -> None:
        """Relative times go on every second."""
        self._seconds = self.set_interval(1, self.changed, pause=self.times is not Times.RELATIVE)

    def watch_times(self, times: Times) -> None:
        """The text has another width."""
        if self._seconds is not None:
            (self._seconds.resume if times is Times.RELATIVE else self._seconds.pause)()
        self.changed()

    def watch_unmasked(self) -> None:
        """Other text."""
        self.changed()

    def watch_shift(self) -> None:
        """Move the text."""
        self.changed()

    # Reading

    def read(self, seqs: Sequence[int]) -> dict[int, LogLine]:
        """The lines of these items by their numbers; those that are gone meanwhile are left out."""
        found: dict[int, LogLine] = {}
        for first, last in _stretches(sorted(set(seqs))):
            found.update((line.seq, line) for line in self.rows.rows(first, last))
        live = self.sieve.live
        if live is not None:
            found[self.rows.next_seq] = live
        if self.rows.first_seq:
            start, text = self.sieve.start, f"{plural(self.rows.first_seq, 'older row')} dropped (size limit)"
            found[start] = LogLine(start, 0.0, text, _NOTE)
        return {seq: found[seq] for seq in seqs if seq in found}

    def heights(self, seqs: Sequence[int]) -> Sequence[int]:
        """How many rows these items take."""
        if not self.wrap:
            return [1] * len(seqs)
        painter, now = self.painter, self._clock()
        lines = self.read(seqs)
        heights = {seq: len(painter.strips(line, self.setting(seq), now)) for seq, line in lines.items()}
        return [heights.get(seq, 1) for seq in seqs]

    def setting(self, seq: int) -> Setting:
        """What is special about a line where it stands."""
        return Setting(tail=self._tail(seq))

    def _tail(self, seq: int) -> str:
        fold = self.sieve.fold_at(seq)
        if fold is None or fold.head != seq or not self.sieve.is_closed(fold):
            return ""
        glyphs = glyphs_of(self.app)
        if fold.trace:
            return f"  {glyphs['folded']} {plural(fold.hidden, 'line')}"
        return f"  {glyphs['times']} {count(fold.hidden + 1)}"

    # Drawing

    @property
    def painter(self) -> LogPainter:
        """Draws lines for the present width, theme, glyphs and the rest of the look."""
        look = LogLook(
            palette=palette_of(self.app),
            glyphs=glyphs_of(self.app),
            base=self.rich_style,
            width=max(0, self.size.width - RAIL),
            wrap=self.wrap,
            times=self.times,
            shift=0 if self.wrap else self.shift,
            search=self.finder.pattern,
            raw_json=self.raw_json,
            unmasked=self.unmasked,
            names=self._names,
        )
        if self._painter is None or self._painter.look != look:
            self._painter = LogPainter(look)
            self._frame = self._drawn = None
        return self._painter

    def ticks(self, height: int, sight: tuple[int, int] | None) -> list[Tick]:
        """The cells of the scrollbar."""
        return self.rail.ticks(height, sight, has_hit=self.finder.has_hit)

    def _nothing(self) -> str:
        """What is said where there is no line."""
        share = self.finder.filtering
        if share is not None:
            return f"looking for lines that match: {percent(share)}"
        return "No line matches." if self.rows.next_seq > self.rows.first_seq else self._empty

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows of what is in sight, in the look of now."""
        _ = self.painter
        self._painting = True
        try:
            return super().render_lines(crop)
        finally:
            self._painting = False

    def render_line(self, y: int) -> Strip:
        """One row of what is in sight."""
        drawn = self._drawn or self._draw()
        if y >= len(drawn):
            return Strip.blank(self.size.width, self.rich_style)
        place = self._places[y]
        if self._painting or place is None:
            return drawn[y]
        # Asked for by the mouse: only then a character must tell where it stands, which takes as long as drawing.
        return drawn[y].apply_offsets(0, place.seq * _ROWS + place.row)

    def _draw(self) -> list[Strip]:
        painter, frame, now = self.painter, self.frame, self._clock()
        look, height = painter.look, self.size.height
        lines = self.read([place.seq for place in frame.cells])
        days = self._new_days(lines, now)
        rows = {
            seq: painter.strips(line, replace(self.setting(seq), day=days.get(seq, "")), now)
            for seq, line in lines.items()
        }
        drawn = [self._with_selection(_row(rows.get(place.seq), place.row, look), place) for place in frame.cells]
        places: list[Place | None] = list(frame.cells)
        if not frame.known_above or not drawn:
            nothing = clean(self._nothing())
            words = wrapped(nothing, max(1, look.width - GUTTER))
            drawn[:0] = [blank(look, nothing[start:end]) for start, end in words]
            places[:0] = [None] * len(words)
        elif not frame.known_below:
            drawn.append(blank(look, self._nothing()))
        drawn = [*drawn, *[blank(look)] * (height - len(drawn))][:height]
        self._places = [*places, *[None] * (height - len(places))][:height]
        if self.unseen and drawn:
            drawn[-1] = with_pill(drawn[-1], self.unseen, look)
        whole = (frame.at_start and frame.at_end) or not frame.cells
        sight = None if whole else (frame.cells[0].seq, frame.cells[-1].seq)
        ticks = self.ticks(height, sight)
        self._drawn = [with_tick(strip, tick, look) for strip, tick in zip(drawn, ticks, strict=True)]
        return self._drawn

    def _new_days(self, lines: Mapping[int, LogLine], now: float) -> Mapping[int, str]:
        """Those in sight with which a day begins, and the first one when it is not of today."""
        found, before = {}, day_of(now, self.times)
        for place in self.frame.cells:
            line = lines.get(place.seq)
            if line is not None and place.row == 0 and line.kind in {Kind.LINE, Kind.LIVE}:
                day = day_of(line.received, self.times)
                if day != before:
                    found[line.seq] = before = day
        return found

    # Selecting with the mouse

    def _with_selection(self, strip: Strip, place: Place) -> Strip:
        selection = self.text_selection
        span = selection.get_span(place.seq * _ROWS + place.row) if selection is not None else None
        if span is None:
            return strip
        start, end = max(span[0], self.painter.look.indent), span[1] if span[1] >= 0 else len(strip.text)
        style = self.screen.get_component_rich_style("screen--selection")
        return with_selection(strip, start, max(start, end), style)

    def selection_updated(self, selection: Selection | None) -> None:
        """Draw what is selected."""
        self.changed()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text, without times and names, and what separates it from other text."""
        cells = self.frame.cells
        if not cells:
            return None
        ends = selection.start or Offset(0, cells[0].seq * _ROWS), selection.end or Offset(1 << 20, _last_of(cells))
        (first, row), (last, last_row) = (divmod(offset.y, _ROWS) for offset in ends)
        seqs = [seq for seq in self.sieve.after(first, SELECTED)[0] if seq <= last]
        lines, painter = self.read(seqs), self.painter
        texts = {seq: painter.text(line) for seq, line in lines.items()}
        if last in texts:
            texts[last] = texts[last][: painter.index(lines[last], last_row, ends[1].x)]
        if first in texts:
            texts[first] = texts[first][painter.index(lines[first], row, ends[0].x) :]
        return "\n".join(texts.values()), "\n"


def _last_of(cells: Sequence[Place]) -> int:
    return cells[-1].seq * _ROWS + cells[-1].row


def _row(strips: Sequence[Strip] | None, row: int, look: LogLook) -> Strip:
    return strips[min(row, len(strips) - 1)] if strips else blank(look)


def _stretches(seqs: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Ranges to read that hold all of these numbers, which ascend, and few others."""
    start = 0
    for at in range(1, len(seqs) + 1):
        if at == len(seqs) or seqs[at] - seqs[at - 1] > _NEAR:
            yield seqs[start], seqs[at - 1] + 1
            start = at
