"""The log view that panes use: `LogLines` with keys, search and copying.

    view = LogView(empty="Waiting for the first lines.")
    view.sync(buffer)              # after each change of a LogBuffer; or feed() and reset()
    view.set_search("loss")        # then next_hit(), previous_hit()

Scrolling up stops following; End, or scrolling down to the end, goes on. What came meanwhile is counted at
the lower right.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import ClassVar, Final

from textual.binding import Binding, BindingType

from vasttui.tui.widgets.log_lines import LogLines
from vasttui.tui.widgets.log_model import compile_search
from vasttui.tui.widgets.log_paint import cleaned

__all__ = ["LogView"]

SCAN_SLICE: Final = 500
SHIFT_STEP: Final = 8


class LogView(LogLines, can_focus=True, inherit_bindings=False):
    """Lines of a log, with search, copying and keys that scroll."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll_rows(1)", show=False),
        Binding("up,k", "scroll_rows(-1)", show=False),
        Binding("pagedown", "scroll_pages(1)", show=False),
        Binding("pageup", "scroll_pages(-1)", show=False),
        Binding("home,g,ctrl+home", "to_top", show=False),
        Binding("end,G,ctrl+end", "to_end", show=False),
        Binding("right,l", "shift(1)", show=False),
        Binding("left,h", "shift(-1)", show=False),
    ]

    # Scrolling

    def action_scroll_rows(self, rows: int) -> None:
        """Some rows down, or up when negative."""
        self.scroll_to(y=self.scroll_offset.y + rows, animate=False, force=True)

    def action_scroll_pages(self, pages: int) -> None:
        """Some pages down, or up when negative."""
        self.action_scroll_rows(pages * max(1, self.scrollable_content_region.height - 1))

    def action_to_top(self) -> None:
        """The first line."""
        self.scroll_to(y=0, animate=False, force=True)

    def action_to_end(self) -> None:
        """The last line, and follow."""
        self.following = True
        self.settle(None)

    def action_shift(self, steps: int) -> None:
        """Move unwrapped text to the left, or back when negative."""
        if not self.wrap:
            widest = max((len(line.text) for line in self.lines), default=0)
            self.shift = max(0, min(self.shift + steps * SHIFT_STEP, widest - SHIFT_STEP))
            self.refresh()

    def toggle_following(self) -> None:
        """Follow the end, or stand still."""
        self.following = not self.following

    # Search

    @property
    def hit_position(self) -> tuple[int, int]:
        """Which hit is current, from 1 (0: none), and how many lines have one."""
        return self.hits.position

    def set_search(self, text: str) -> None:
        """Mark all hits of a regular expression, or of plain text if it is none; "" ends the search.

        The lines are searched in slices between other work; a `StateChanged` tells when there are more hits.
        """
        self.search = compile_search(text)
        self.hits.clear()
        self.scanned = 0
        self.refresh()
        self.post_message(self.StateChanged(self))
        self.lines_changed()

    def next_hit(self) -> bool:
        """Go to the next line with a hit; False when there is none."""
        return self._go_to_hit(forward=True)

    def previous_hit(self) -> bool:
        """Go to the line before with a hit; False when there is none."""
        return self._go_to_hit(forward=False)

    def _go_to_hit(self, *, forward: bool) -> bool:
        if not self.lines:
            return False
        page = self.scrollable_content_region.height
        row = self.scroll_offset.y if forward else self.scroll_offset.y + page - 1
        seq = self.hits.step(forward=forward, near=self.lines[self.heights.locate(row)[0]].seq)
        if seq is None:
            return False
        self._show(bisect_left(self.lines, seq, key=lambda line: line.seq))
        self.post_message(self.StateChanged(self))
        return True

    def _show(self, index: int) -> None:
        page = self.scrollable_content_region.height
        top = self.heights.top(index)
        if not self.scroll_offset.y <= top < self.scroll_offset.y + page:
            self.following = False
            self.settle(max(0, top - page // 2))
        self.refresh()

    def lines_changed(self) -> None:
        """Search what was not searched yet."""
        if self.search is None or not self.is_running:
            return
        part = self.lines[self.scanned : self.scanned + SCAN_SLICE]
        pattern = self.search
        # The live line changes still; it is searched when it is finished.
        found = [line.seq for line in part if line.kind != "live" and pattern.search(cleaned(line).text)]
        self.scanned += sum(line.kind != "live" for line in part)
        if found:
            self.hits.add(found)
            self.post_message(self.StateChanged(self))
        if len(part) == SCAN_SLICE:
            self.call_later(self.lines_changed)

    # Copying

    def text_in_sight(self) -> str:
        """The lines that are at least partly in sight, cleaned."""
        if not self.lines:
            return ""
        top = self.scroll_offset.y
        first = self.heights.locate(top)[0]
        last = self.heights.locate(top + self.scrollable_content_region.height - 1)[0]
        return self._text(first, last + 1)

    def last_text(self, lines: int | None = None) -> str:
        """The last lines, or all that are held, cleaned."""
        return self._text(0 if lines is None else max(0, len(self.lines) - lines), len(self.lines))

    def hit_text(self) -> str:
        """The line of the current hit, cleaned; "" when there is none."""
        return next((cleaned(line).text for line in self.lines if line.seq == self.hits.current), "")

    def _text(self, first: int, last: int) -> str:
        return "\n".join(cleaned(line).text for line in self.lines[first:last])
