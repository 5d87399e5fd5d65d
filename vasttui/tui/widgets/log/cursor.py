"""The cursor of a log view and the places it goes to: lines, times, errors, marks; and the folds it opens."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection
from dataclasses import replace

from textual.reactive import reactive

from vasttui.tui.widgets.log.lines import LogLines
from vasttui.tui.widgets.log.paint import Setting
from vasttui.tui.widgets.log.rail import Tick
from vasttui.tui.widgets.log.window import Place


class LogCursor(LogLines):
    """Lines of a log with a cursor on one of them, unless it follows the end.

    Attributes:
        cursor: number of the cursor's line, None while following.
    """

    cursor: reactive[int | None] = reactive(None, repaint=False, init=False)
    _marks: frozenset[int] = frozenset()

    def watch_cursor(self) -> None:
        """Draw it."""
        self.changed()
        self.post_message(self.StateChanged(self))

    def watch_following(self, following: bool) -> None:
        """There is no cursor while following."""
        super().watch_following(following)
        if following:
            self.cursor = None

    def replaced(self) -> None:
        """Marks and cursor were in another log."""
        super().replaced()
        self.cursor = None
        self.marks = ()

    def advanced(self) -> None:
        """Marks and a cursor on rows that fell out go."""
        super().advanced()
        first = self.rows.first_seq
        if self._marks and min(self._marks) < first:
            self.marks = [seq for seq in self._marks if seq >= first]
        if self.cursor is not None:
            self.cursor = max(self.cursor, self.sieve.start)

    def sifted(self) -> None:
        """A cursor whose line is hidden now goes to the next one that is shown."""
        super().sifted()
        if self.cursor is not None:
            self.cursor = next(iter(self.sieve.after(self.cursor, 1)[0]), None)

    def setting(self, seq: int) -> Setting:
        """With the cursor and the marks."""
        ground = ""
        if seq == self.cursor:
            ground = "selection" if self.has_focus else "selection-blurred"
        return replace(super().setting(seq), ground=ground, marked=seq in self.marks)

    def ticks(self, height: int, sight: tuple[int, int] | None) -> list[Tick]:
        """With the marks."""
        return self.rail.ticks(height, sight, marks=self.marks, has_hit=self.finder.has_hit)

    # Moving

    def move_cursor(self, step: int) -> None:
        """One line down or up (1 or -1). Moving up from the end stands still; down from the last line follows."""
        seqs = self._in_sight
        if not seqs or (self.following and step > 0):
            return
        if self._scrolls_within(step):
            self.scroll_rows(step)
            return
        if self.following:
            self.stand(self.frame.cells[0])
            found, _ = self.sieve.before(seqs[-1], 1)
        elif self.cursor is None or not seqs[0] <= self.cursor <= seqs[-1]:
            found = [seqs[0] if step > 0 else seqs[-1]]
        elif step > 0:
            found, known = self.sieve.after(self.cursor + 1, 1)
            if not found and known:
                self.following = True
        else:
            found, _ = self.sieve.before(self.cursor, 1)
        if found:
            self._put(found[0])

    def _scrolls_within(self, step: int) -> bool:
        """Whether the cursor's line goes on beyond the edge it would leave by."""
        cells = self.frame.cells
        if self.cursor is None:
            return False
        if step < 0:
            return cells[0].seq == self.cursor and cells[0].row > 0
        following = self._window.forward(cells[-1], 2)[0]
        return cells[-1].seq == self.cursor and following[-1].seq == self.cursor and len(following) > 1

    def move_page(self, pages: int) -> None:
        """Some pages down, up when negative; the cursor keeps its row of the screen."""
        before = self.frame
        row = next((y for y, place in enumerate(before.cells) if place.seq == self.cursor), None)
        self.scroll_rows(pages * self.page)
        cells = self.frame.cells
        if self.following or not cells:
            return
        if cells == before.cells:
            row = 0 if pages < 0 else len(cells) - 1
        elif row is None:
            row = len(cells) - 1 if pages < 0 else 0
        self.cursor = cells[min(row, len(cells) - 1)].seq

    def to_start(self) -> None:
        """The first line."""
        first, _ = self.sieve.after(self.sieve.start, 1)
        if first or self.sieve.scan is not None:
            self.stand(Place(self.sieve.start))
            self.cursor = first[0] if first else None

    def to_row(self, y: int) -> None:
        """Put the cursor on the line at a row of the screen."""
        cells = self.frame.cells
        if 0 <= y < len(cells):
            seq = cells[y].seq
            self.stand(cells[0])
            self.cursor = seq

    def go_to(self, seq: int) -> bool:
        """Put the cursor on that row, or the next one that is shown, and have it in sight; opens a fold it is in."""
        fold = self.sieve.fold_at(seq)
        if fold is not None and fold.head != seq and self.sieve.is_closed(fold):
            self.sieve.turn(fold)
            self.changed()
        found = self.sieve.after(seq, 1)[0] or self.sieve.before(seq, 1)[0]
        if found:
            cells = self.frame.cells
            if self.following and cells:
                self.stand(cells[0])
            self._put(found[0], middle=True)
        return bool(found)

    def _put(self, seq: int, *, middle: bool = False) -> None:
        """Put the cursor on a shown line and scroll as little as needed, or so that it comes near the middle."""
        cells, page = self.frame.cells, self.size.height
        if not cells:
            # Nothing is laid out yet.
            self.stand(Place(seq))
            self.cursor = seq
            return
        wanted = [Place(seq, row) for row in range(min(self.heights([seq])[0], page))]
        if not set(wanted) <= set(cells):
            if middle:
                top = self._window.moved(wanted[0], -(page // 3))
            elif seq > cells[0].seq:
                top = self._window.moved(wanted[-1], 1 - page)
            else:
                top = wanted[0]
            self.stand(top)
        self.cursor = seq

    @property
    def _in_sight(self) -> list[int]:
        return [place.seq for place in self.frame.cells]

    def start_of(self, *, forward: bool) -> int:
        """Where a search for the next place begins: at the cursor, or at the edge of what is in sight without one.

        Downward the row is the first that counts, upward the first that does not.
        """
        seqs = self._in_sight or [self.rows.next_seq]
        if self.cursor is not None and seqs[0] <= self.cursor <= seqs[-1]:
            return self.cursor + forward
        return seqs[0] if forward else seqs[-1] + 1

    def go_to_time(self, when: float) -> bool:
        """Go to the first line received at that time (epoch seconds) or later."""
        seq = self.rows.seq_at(when)
        return seq < self.rows.next_seq and self.go_to(seq)

    def next_error(self) -> bool:
        """Go to the next line that is an error; False when there is none."""
        seq = self.sieve.next_error(self.start_of(forward=True))
        return seq is not None and self.go_to(seq)

    def previous_error(self) -> bool:
        """Go to the error before; False when there is none."""
        seq = self.sieve.previous_error(self.start_of(forward=False))
        return seq is not None and self.go_to(seq)

    # The place

    @property
    def place(self) -> int | None:
        """Number of the first row in sight, None while following."""
        cells = self.frame.cells
        return None if self.following or not cells else max(self.rows.first_seq, cells[0].seq)

    def restore_place(self, place: int | None) -> None:
        """Go back to a `place`; None follows."""
        if place is None:
            self.following = True
        else:
            self.stand(Place(max(place, self.sieve.start)))

    # Marks and folds

    @property
    def marks(self) -> frozenset[int]:
        """Numbers of the marked lines."""
        return self._marks

    @marks.setter
    def marks(self, seqs: Collection[int]) -> None:
        if self._marks != frozenset(seqs):
            self._marks = frozenset(seqs)
            self.changed()
            self.post_message(self.StateChanged(self))

    def toggle_mark(self) -> bool:
        """Mark the cursor's line (the last one in sight when there is no cursor), or unmark it; False: no line."""
        seq = self.cursor if self.cursor is not None else next(reversed(self._in_sight), None)
        if seq is not None:
            self.marks = self.marks ^ {seq}
        return seq is not None

    def next_mark(self) -> bool:
        """Go to the next marked line, round the end; False when there is none."""
        marks = sorted(self.marks)
        at = bisect_left(marks, self.start_of(forward=True))
        return bool(marks) and self.go_to(marks[at % len(marks)])

    def toggle_fold(self) -> bool:
        """Open the fold at the cursor, or close it; False when there is none."""
        fold = self.sieve.fold_at(self.cursor) if self.cursor is not None else None
        if fold is None:
            return False
        self.sieve.turn(fold)
        if self._top is not None and fold.head < self._top.seq < fold.end:
            self._top = Place(fold.head)
        self.changed()
        self._put(fold.head)
        return True
