"""The rows of one log on the screen: what it holds, which part is in sight, and drawing of that part only.

Search, copying and keys are in `log_view.py`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from rich.segment import Segment
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from vasttui.logs.buffer import LogBuffer, LogLine
from vasttui.tui.format import cells, count
from vasttui.tui.glyphs import glyphs_of
from vasttui.tui.palette import palette_of
from vasttui.tui.widgets.log_model import Heights, Hits, estimated_height
from vasttui.tui.widgets.log_paint import GUTTER, LogLook, LogPainter

LIMIT: Final = 20_000


class LogLines(ScrollView, inherit_bindings=False):
    """Lines of a log, wrapped or not, at the end of it or standing still.

    Attributes:
        following: the end stays in sight when lines come.
        wrap: long lines continue in the next row, else they leave the view at the right.
        times: each line begins with the time at which it came.
        unseen: lines that came while the view stood still.
        heights: how many rows each line takes.
        search: what is marked, None for nothing.
        hits: the lines that the search found.
        scanned: how many lines were searched.
        shift: cells by which unwrapped text is moved to the left.
    """

    DEFAULT_CSS = """
    LogLines {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
    }
    """

    following = reactive(True, repaint=False)
    wrap = reactive(False, repaint=False)
    times = reactive(True, repaint=False)
    unseen = reactive(0, repaint=False)

    class StateChanged(Message, namespace="log_view"):
        """Following, the count of unseen lines, or the search's hits are different."""

        def __init__(self, view: LogLines) -> None:
            super().__init__()
            self.view = view

        @property
        def control(self) -> LogLines:
            """The view."""
            return self.view

        def can_replace(self, message: Message) -> bool:
            """The last of several waiting ones tells all."""
            return isinstance(message, LogLines.StateChanged)

    def __init__(self, *, empty: str = "", id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._empty = empty
        self._lines: list[LogLine] = []
        self.heights = Heights()
        self._painter_made: LogPainter | None = None
        self.search: re.Pattern[str] | None = None
        self.hits = Hits()
        self.scanned = 0
        self.shift = 0
        self._placing = False
        self._synced: tuple[int, int] | None = None

    # Lines

    @property
    def lines(self) -> Sequence[LogLine]:
        """The lines it holds, the live one last. Not to be changed."""
        return self._lines

    def sync(self, buffer: LogBuffer) -> None:
        """Show what a buffer holds: its new rows if it is the buffer of last time, else all of it."""
        name, next_seq = self._synced or (0, 0)
        rows = buffer.since(next_seq) if name == id(buffer) and buffer.next_seq >= next_seq else None
        if rows is None:
            self.reset([*buffer.since(0), *([buffer.live] if buffer.live else [])])
        elif rows or buffer.live != self._live:
            self.feed(rows, buffer.live)
        self._synced = (id(buffer), buffer.next_seq)

    def reset(self, lines: Sequence[LogLine]) -> None:
        """Show other lines, from the end."""
        self._lines = list(lines[-LIMIT:])
        self.hits, self.scanned, self._synced, self.shift = Hits(), 0, None, 0
        self.unseen = 0
        self.set_reactive(LogLines.following, True)
        self._remeasure()
        self.lines_changed()
        self.post_message(self.StateChanged(self))

    def feed(self, appended: Sequence[LogLine], live: LogLine | None = None) -> None:
        """Add finished lines and set the live line; without one, the old live line goes."""
        if self._live is not None:
            self._lines.pop()
            self.heights.pop()
            self.scanned = min(self.scanned, len(self._lines))
        fresh = [*appended, *([live] if live is not None else [])]
        self._lines.extend(fresh)
        for height in self._estimates(fresh):
            self.heights.append(height)
        dropped = self._trim()
        if not self.following and appended:
            self.unseen += len(appended)
            self.post_message(self.StateChanged(self))
        self.settle(None if self.following else self.scroll_offset.y - dropped)
        self.lines_changed()

    @property
    def _live(self) -> LogLine | None:
        return self._lines[-1] if self._lines and self._lines[-1].kind == "live" else None

    def _trim(self) -> int:
        excess = len(self._lines) - LIMIT
        # Rarely and much at a time: dropping sums all heights up anew.
        if excess < LIMIT // 8:
            return 0
        del self._lines[:excess]
        self.scanned = max(0, self.scanned - excess)
        self.hits.forget_before(self._lines[0].seq)
        return self.heights.drop_front(excess)

    def lines_changed(self) -> None:
        """Called when lines came or were replaced."""

    # Measuring and placing

    def _estimates(self, lines: Sequence[LogLine]) -> list[int]:
        if not self.wrap or not self.is_mounted:
            return [1] * len(lines)
        width = self._painter.look.text_width
        return [estimated_height(line.text, width) for line in lines]

    def _remeasure(self) -> None:
        """Heights anew for all lines: another width, other lines, or wrapping began or ended."""
        top = self.heights.locate(self.scroll_offset.y)[0]
        self.heights = Heights(self._estimates(self._lines))
        self.settle(None if self.following else self.heights.top(min(top, len(self._lines))))

    def settle(self, top: int | None) -> None:
        """Measure the lines that will be in sight, then put row `top` first; None is the end."""
        if not self.is_mounted:
            return
        page = self.scrollable_content_region.height
        if self.wrap:
            if top is None:
                self._measure_end(page)
            else:
                top = self._measure_from(top, page)
        self._placing = True
        try:
            self.virtual_size = Size(0, self.heights.total)
            end = max(0, self.heights.total - page)
            self.scroll_to(y=end if top is None else min(top, end), animate=False, force=True)
        finally:
            self._placing = False
        self.refresh()

    def _measure_end(self, page: int) -> None:
        rows, index = 0, len(self._lines) - 1
        while index >= 0 and rows < 2 * page:
            self.heights.set(index, self._painter.height(self._lines[index]))
            rows += self.heights[index]
            index -= 1

    def _measure_from(self, top: int, page: int) -> int:
        """Measure around the line at that row; which row it is then."""
        index, row = self.heights.locate(top)
        for i in range(max(0, index - page), min(len(self._lines), index + 2 * page)):
            self.heights.set(i, self._painter.height(self._lines[i]))
        return self.heights.top(index) + min(row, self.heights[index] - 1) if self._lines else 0

    def on_resize(self) -> None:
        """Wrap anew for the new width, and stay at the end when following."""
        self._remeasure()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follow when the end is in sight and not otherwise."""
        super().watch_scroll_y(old_value, new_value)
        if self._placing or round(old_value) == round(new_value):
            return
        if self.wrap:
            top = round(new_value)
            placed = self._measure_from(top, self.scrollable_content_region.height)
            if placed != top or self.virtual_size.height != self.heights.total:
                self.settle(placed)
        self.following = self.scroll_offset.y >= self.max_scroll_y

    def watch_following(self, following: bool) -> None:
        """Go to the end, and count anew."""
        if following:
            self.unseen = 0
            self.settle(None)
        self.post_message(self.StateChanged(self))

    def watch_unseen(self) -> None:
        """Draw the count."""
        self.refresh()

    def watch_wrap(self) -> None:
        """Wrap or unwrap; the first line in sight stays first."""
        self.shift = 0
        self._remeasure()

    def watch_times(self) -> None:
        """The text has another width."""
        self._remeasure()

    # Drawing

    @property
    def _painter(self) -> LogPainter:
        look = LogLook(
            palette=palette_of(self.app),
            glyphs=glyphs_of(self.app),
            base=self.rich_style,
            width=self.scrollable_content_region.width,
            wrap=self.wrap,
            times=self.times,
            shift=self.shift,
            search=self.search,
        )
        if self._painter_made is None or self._painter_made.look != look:
            self._painter_made = LogPainter(look)
        return self._painter_made

    def render_line(self, y: int) -> Strip:
        """One row of what is in sight."""
        painter = self._painter
        index, row = self.heights.locate(y + self.scroll_offset.y)
        if not self._lines or y + self.scroll_offset.y >= self.heights.total:
            return self._empty_line(y)
        line = self._lines[index]
        strips = painter.strips(line, current=line.seq == self.hits.current)
        strip = strips[min(row, len(strips) - 1)]
        return self._with_pill(strip) if self.unseen and y == self.size.height - 1 else strip

    def _empty_line(self, y: int) -> Strip:
        look = self._painter.look
        text = self._empty if y == 0 and not self._lines else ""
        pen = look.base + look.palette.style("dim")
        return Strip([Segment(" " * GUTTER + text, pen)]).adjust_cell_length(look.width, look.base)

    def _with_pill(self, strip: Strip) -> Strip:
        look = self._painter.look
        text = f" {look.glyphs['more']} {count(self.unseen)} new "
        pen = look.base + look.palette.style("selection") + look.palette.style("text bold")
        return Strip([*strip.crop(0, max(0, look.width - cells(text))), Segment(text, pen)])

    def set_empty(self, text: str) -> None:
        """What it says while it has no lines."""
        if text != self._empty:
            self._empty = text
            self.refresh()
