"""Which rows of which lines stand on the screen, found by walking from a place and never by counting all. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from vasttui.tui.widgets.log.sieve import Sieve


class Place(NamedTuple):
    """A row of the screen's text: the line's number and which row of the wrapped line."""

    seq: int
    row: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """What is in sight.

    Attributes:
        cells: what each row of the screen shows, from the top; fewer than the screen has when there is no more.
        at_start: nothing comes before.
        at_end: nothing comes after.
        known_above: the rows above are known; else the filter has to look for them first.
        known_below: the same for those below.
    """

    cells: tuple[Place, ...] = ()
    at_start: bool = True
    at_end: bool = True
    known_above: bool = True
    known_below: bool = True


class Window:
    """Walks over the shown rows of a log in rows of the screen."""

    def __init__(self, sieve: Sieve, heights: Callable[[Sequence[int]], Sequence[int]]) -> None:
        """Make one over what `sieve` shows; `heights` tells how many rows some lines take."""
        self._sieve = sieve
        self._heights = heights

    def frame(self, top: Place | None, page: int) -> Frame:
        """What a screen of `page` rows shows with `top` first, or with the end last.

        Where fewer rows than a page come after `top`, the page ends with the last one.
        """
        if page <= 0:
            return Frame()
        if top is not None:
            cells, known = self.forward(top, page + 1)
            if len(cells) > page or not known:
                cells = cells[:page]
                before, known_above = self.backward(cells[0] if cells else top, 1)
                return Frame(tuple(cells), not before and known_above, False, known_above, known)
        found, known = self.backward(Place(self._sieve.rows.next_seq + 1), page + 1)
        return Frame(tuple(reversed(found[:page])), known and len(found) <= page, True, known or len(found) > page)

    def forward(self, start: Place, count: int) -> tuple[list[Place], bool]:
        """Up to `count` rows from `start` on; False: there may be more that the filter has not looked at yet."""
        found: list[Place] = []
        seq = start.seq
        while len(found) < count:
            seqs, known = self._sieve.after(seq, count - len(found))
            for at, height in zip(seqs, self._heights(seqs), strict=True):
                skipped = min(start.row, height - 1) if at == start.seq else 0
                found.extend(Place(at, row) for row in range(skipped, height))
            if not known or not seqs:
                return found[:count], known or len(found) >= count
            seq = seqs[-1] + 1
        return found[:count], True

    def backward(self, start: Place, count: int) -> tuple[list[Place], bool]:
        """Up to `count` rows before `start`, the nearest first; False as with `forward`."""
        found = [Place(start.seq, row) for row in range(start.row - 1, -1, -1)]
        seq = start.seq
        while len(found) < count:
            seqs, known = self._sieve.before(seq, count - len(found))
            for at, height in zip(seqs, self._heights(seqs), strict=True):
                found.extend(Place(at, row) for row in range(height - 1, -1, -1))
            if not known or not seqs:
                return found[:count], known or len(found) >= count
            seq = seqs[-1]
        return found[:count], True

    def moved(self, top: Place, rows: int) -> Place:
        """The place that many rows below `top`, above when negative; the last there is when there are fewer."""
        if rows >= 0:
            found, _ = self.forward(top, rows + 1)
        else:
            found, _ = self.backward(top, -rows)
        return found[-1] if found else top
