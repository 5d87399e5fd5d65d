"""How lines of a log become rows of a screen: wrapping, heights, levels, search hits. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Final

from rich.cells import get_character_cell_size

from vasttui.tui.format import cells

_BLOCK: Final = 256

_ERROR = re.compile(
    r"\b(?:ERROR|FATAL|CRITICAL|PANIC)\b|^Traceback \(|^[\w.]*(?:Error|Exception)(?::|$)|\b(?:error|fatal): "
)
_WARN = re.compile(r"\b(?:WARN|WARNING)\b|\b\w*[Ww]arning: ")
_DEBUG = re.compile(r"\b(?:DEBUG|TRACE)\b")
_LEVEL_WINDOW: Final = 200


def level_token(text: str) -> str:
    """The colour token of a line by the level its beginning names; "text" for none."""
    head = text[:_LEVEL_WINDOW]
    if _ERROR.search(head):
        return "log-error"
    if _WARN.search(head):
        return "log-warn"
    return "log-debug" if _DEBUG.search(head) else "text"


def wrapped(text: str, width: int) -> list[tuple[int, int]]:
    """Where the rows of a word-wrapped text begin and end, in characters, without the blank at a break."""
    if width <= 0 or cells(text) <= width:
        return [(0, len(text))]
    rows, start = [], 0
    while start < len(text):
        end = _row_end(text, start, width)
        if end >= len(text):
            rows.append((start, len(text)))
            break
        blank = text.rfind(" ", start + 1, end + 1)
        if blank > start:
            rows.append((start, blank))
            start = blank + 1
        else:
            rows.append((start, end))
            start = end
    return rows


def _row_end(text: str, start: int, width: int) -> int:
    if text.isascii():
        return start + width
    used = 0
    for i in range(start, len(text)):
        used += get_character_cell_size(text[i])
        if used > width:
            return max(i, start + 1)
    return len(text)


def estimated_height(raw: str, width: int) -> int:
    """Rows that a raw line will about take; what is drawn is measured."""
    return 1 if width <= 0 or len(raw) <= width else -(-len(raw) // width)


class Heights:
    """Heights of many items: where an item begins and which item is at a row, without walking over all.

    Sums are kept for blocks of items, so both questions cost one pass over the blocks and one over a block.
    """

    def __init__(self, heights: Iterable[int] = ()) -> None:
        self._heights = list(heights)
        self._sums: list[int] = []
        self.total = 0
        self._sum_up()

    def __len__(self) -> int:
        return len(self._heights)

    def __getitem__(self, index: int) -> int:
        return self._heights[index]

    def append(self, height: int) -> None:
        """One more item at the end."""
        if len(self._heights) % _BLOCK == 0:
            self._sums.append(0)
        self._heights.append(height)
        self._sums[-1] += height
        self.total += height

    def pop(self) -> None:
        """Remove the last item."""
        height = self._heights.pop()
        self._sums[-1] -= height
        self.total -= height
        if len(self._heights) % _BLOCK == 0:
            self._sums.pop()

    def set(self, index: int, height: int) -> None:
        """Correct one height."""
        change = height - self._heights[index]
        if change:
            self._heights[index] = height
            self._sums[index // _BLOCK] += change
            self.total += change

    def drop_front(self, count: int) -> int:
        """Remove the first items; how many rows they had."""
        rows = self.top(min(count, len(self._heights)))
        del self._heights[:count]
        self._sum_up()
        return rows

    def top(self, index: int) -> int:
        """The first row of an item; of the one after the last: the total."""
        block = index // _BLOCK
        return sum(self._sums[:block]) + sum(self._heights[block * _BLOCK : index])

    def locate(self, row: int) -> tuple[int, int]:
        """The item at a row and which of its rows that is; a row outside gives the first or last item."""
        if not self._heights:
            return 0, 0
        row = max(0, min(row, self.total - 1))
        block = 0
        while row >= self._sums[block]:
            row -= self._sums[block]
            block += 1
        index = block * _BLOCK
        while row >= self._heights[index]:
            row -= self._heights[index]
            index += 1
        return index, row

    def _sum_up(self) -> None:
        count = len(self._heights)
        self._sums = [sum(self._heights[i : i + _BLOCK]) for i in range(0, count, _BLOCK)]
        self.total = sum(self._sums)


class Hits:
    """The numbers of the lines that a search found, ascending, and which of them is the current one."""

    def __init__(self) -> None:
        self.seqs: list[int] = []
        self.current: int | None = None

    def __len__(self) -> int:
        return len(self.seqs)

    def clear(self) -> None:
        """Begin anew."""
        self.seqs, self.current = [], None

    def add(self, seqs: Sequence[int]) -> None:
        """Further hits, of later lines."""
        self.seqs.extend(seqs)

    def forget_before(self, seq: int) -> None:
        """Lines before this one are gone."""
        del self.seqs[: bisect_left(self.seqs, seq)]
        if self.current is not None and self.current < seq:
            self.current = None

    def step(self, forward: bool, near: int) -> int | None:
        """Make the next or previous hit current, round the ends; `near` is where the search starts."""
        if not self.seqs:
            return None
        start = near if self.current is None else self.current
        if forward:
            at = bisect_right(self.seqs, start) if self.current is not None else bisect_left(self.seqs, start)
            self.current = self.seqs[at % len(self.seqs)]
        else:
            at = bisect_left(self.seqs, start) if self.current is not None else bisect_right(self.seqs, start)
            self.current = self.seqs[at - 1]
        return self.current

    @property
    def position(self) -> tuple[int, int]:
        """Which hit is current, from 1, and how many there are; (0, n) when none is."""
        if self.current is None:
            return 0, len(self.seqs)
        return bisect_left(self.seqs, self.current) + 1, len(self.seqs)


def compile_search(text: str) -> re.Pattern[str] | None:
    """What a user typed as a pattern: a regular expression if it is one, else the text itself; "" is None.

    Small letters find both cases; a capital letter makes the case count.
    """
    if not text:
        return None
    flags = 0 if any(char.isupper() for char in text) else re.IGNORECASE
    try:
        return re.compile(text, flags)
    except (re.error, RecursionError, OverflowError):
        return re.compile(re.escape(text), flags)
