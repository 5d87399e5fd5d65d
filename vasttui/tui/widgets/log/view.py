"""The log view that panes use: it reads what is in sight from a `LogRows` and holds no lines.

    view = LogView(empty="Waiting for the first lines.")
    view.show(rows, name)                  # another log, from its end; the same name only looks for news
    view.advance()                         # rows came, or the live line changed
    view.set_search(Pattern.parse("loss")) # then next_hit(), previous_hit()
    view.set_filter(Filter.parse("!heartbeat"))
    view.threshold = Severity.WARNING

Scrolling up stops following; End, or going down to the end, goes on. What came meanwhile is counted at the
lower right. The last column is a scrollbar with ticks for errors, hits and marks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

from textual import events
from textual.binding import BindingType
from textual.timer import Timer

from vasttui.logs.filters import Filter
from vasttui.logs.patterns import Pattern
from vasttui.logs.rows import Kind, LogLine
from vasttui.tui.actions import bindings
from vasttui.tui.format import cells, count
from vasttui.tui.widgets.log.cursor import LogCursor
from vasttui.tui.widgets.log.find import Hits
from vasttui.tui.widgets.log.scan import NO
from vasttui.tui.widgets.log.text import Times
from vasttui.tui.widgets.log.window import Place

__all__ = ["Hits", "LogView", "Times"]

SHIFT_STEP: Final = 8
WHEEL: Final = 3
CUT: Final = 8192
"""A shorter row was not cut when it was read."""

PIECE: Final = 500
"""Lines that are read at a time."""

PIECE_LENGTH: Final = 50_000


class LogView(LogCursor, can_focus=True):
    """Lines of a log with keys, mouse, search, filter and copying."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("lines")]

    DEFAULT_CSS = """
    LogView {
        height: 1fr;
    }
    """

    _masking: Timer | None = None

    # Keys

    def action_down(self) -> None:
        """One line down."""
        self._moving()
        self.move_cursor(1)

    def action_up(self) -> None:
        """One line up."""
        self._moving()
        self.move_cursor(-1)

    def action_page_down(self) -> None:
        """A page down."""
        self._moving()
        self.move_page(1)

    def action_page_up(self) -> None:
        """A page up."""
        self._moving()
        self.move_page(-1)

    def action_top(self) -> None:
        """The first line."""
        self._moving()
        self.to_start()

    def action_bottom(self) -> None:
        """The last line, and follow."""
        self._moving()
        self.following = True

    def action_right(self) -> None:
        """Move unwrapped text to the left."""
        self._move_text(1)

    def action_left(self) -> None:
        """Move it back."""
        self._move_text(-1)

    def _move_text(self, steps: int) -> None:
        if not self.wrap:
            self.shift = max(0, min(self.shift + steps * SHIFT_STEP, self._longest_shift()))

    def _longest_shift(self) -> int:
        lines = self.read([place.seq for place in self.frame.cells]).values()
        return max((cells(self.painter.text(line)) for line in lines), default=0) - SHIFT_STEP

    def _moving(self) -> None:
        """The user goes elsewhere: a search for the next hit no longer decides where."""
        self.finder.sought = None

    # Mouse

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Some rows down."""
        event.stop()
        self._moving()
        self.scroll_rows(WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Some rows up."""
        event.stop()
        self._moving()
        self.scroll_rows(-WHEEL)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take the scrollbar, follow by the count of unseen lines, or put the cursor."""
        offset = event.get_content_offset(self)
        if offset is None or event.button != 1:
            return
        self._moving()
        if offset.x >= self.size.width - 1:
            self.capture_mouse()
            self._drag_to(offset.y)
        elif self.unseen and offset.y == self.size.height - 1 and offset.x >= self._pill_start:
            self.following = True
        else:
            self.to_row(offset.y)

    @property
    def _pill_start(self) -> int:
        return self.size.width - 1 - len(f" v {count(self.unseen)} new ")

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Move with the scrollbar."""
        if self.app.mouse_captured is self:
            self._drag_to(event.y)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Let the scrollbar go."""
        if self.app.mouse_captured is self:
            self.release_mouse()

    def _drag_to(self, y: int) -> None:
        height = self.size.height
        if y >= height - 1:
            self.following = True
        elif self.rows.next_seq > self.rows.first_seq:
            seq = self.rail.seq(max(0, y), height)
            self.stand(Place(self.sieve.start if y <= 0 else seq))

    # Search and filter

    @property
    def search(self) -> Pattern | None:
        """What is marked."""
        return self.finder.pattern

    @property
    def hits(self) -> Hits:
        """How the search stands."""
        return self.finder.hits(self.cursor)

    def set_search(self, pattern: Pattern | None) -> None:
        """Mark all hits; None ends the search.

        Lines are searched in slices between other work, what is in sight first; `StateChanged` tells of progress.
        """
        self.finder.set_pattern(pattern, self.start_of(forward=False) - 1)
        self.look()
        self.changed()
        self.post_message(self.StateChanged(self))

    def next_hit(self) -> bool:
        """Go to the next line with a hit, round the end; False when there is none.

        Where the lines were not searched yet, the view goes there as soon as they are.
        """
        return self._go_to_hit(self.start_of(forward=True), forward=True)

    def previous_hit(self) -> bool:
        """Go to the line before with a hit, round the beginning; False when there is none."""
        return self._go_to_hit(self.start_of(forward=False), forward=False)

    def _go_to_hit(self, start: int, *, forward: bool) -> bool:
        seq = self.finder.next_hit(start, forward=forward)
        if seq is not None:
            return self.go_to(seq)
        if self.finder.sought is not None:
            self.look()
        return self.finder.sought is not None

    def looked(self) -> None:
        """Go to the hit that was asked for, if it is found now."""
        super().looked()
        if self.finder.sought is not None:
            start, forward = self.finder.sought
            seq = self.finder.next_hit(start, forward=forward)
            if seq is not None:
                self.go_to(seq)

    @property
    def filter(self) -> Filter | None:
        """Which lines are shown."""
        return self.finder.filter

    def set_filter(self, chosen: Filter | None) -> None:
        """Show only lines that match; None shows all. Gaps and notes stay."""
        self.sift(chosen)

    @property
    def filtering(self) -> float | None:
        """Which share (0 to 1) of the lines the filter has looked at; None when it is done or there is none."""
        return self.finder.filtering

    @property
    def passing(self) -> int:
        """How many lines the filter lets through, as far as it has come; 0 without one."""
        return self.finder.passing

    # Copying

    def unmask(self, seconds: float = 10) -> None:
        """Show what looks like a secret for a moment."""
        if self._masking is not None:
            self._masking.stop()
        self.unmasked = True
        self._masking = self.set_timer(seconds, self._mask)

    def _mask(self) -> None:
        self.unmasked = False

    def line_text(self) -> str:
        """The cursor's line as it is shown; "" when there is none."""
        lines = self.read([self.cursor]) if self.cursor is not None else {}
        return "".join(self._copied(line) for line in lines.values())

    def text_in_sight(self) -> str:
        """The lines that are at least partly in sight."""
        lines = self.read([place.seq for place in self.frame.cells])
        return "\n".join(self._copied(line) for line in lines.values())

    def last_text(self, lines: int | None = None) -> str:
        """The last lines that pass filter and threshold, folds opened; None for all (better `iter_text`)."""
        if lines is None:
            return "".join(self.iter_text()).removesuffix("\n")
        found: list[LogLine] = []
        live = self.sieve.live
        if live is not None:
            found.append(live)
        end = self.rows.next_seq
        while len(found) < lines and end > self.rows.first_seq:
            start = max(self.rows.first_seq, end - PIECE)
            found += reversed(self._passing(start, end))
            end = start
        return "\n".join(self._copied(line) for line in reversed(found[:lines]))

    def iter_text(self) -> Iterator[str]:
        """All lines that pass filter and threshold, folds opened, with newlines, in pieces that are made quickly."""
        for start in range(self.rows.first_seq, self.rows.next_seq, PIECE):
            piece = ""
            for line in self._passing(start, min(start + PIECE, self.rows.next_seq)):
                piece += self._copied(line) + "\n"
                if len(piece) >= PIECE_LENGTH:
                    yield piece
                    piece = ""
            if piece:
                yield piece
        live = self.sieve.live
        if live is not None:
            yield self._copied(live) + "\n"

    def _copied(self, line: LogLine) -> str:
        whole = len(line.text) < CUT or line.kind is Kind.LIVE
        # Between two pieces the row may have fallen out.
        return self.painter.copied(line, line.text if whole else self.rows.text(line.seq) or line.text)

    def _passing(self, first: int, last: int) -> list[LogLine]:
        """The rows of these that are shown when all folds are open."""
        first = max(first, self.rows.first_seq)
        if self.sieve.scan is not None:
            self.sieve.scan.look(first, last)
        shown = self.sieve.matching(first, last)
        return [line for line in self.rows.rows(first, last) if shown[line.seq - first] != NO]
