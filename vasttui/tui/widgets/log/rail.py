"""The scrollbar of a log: where one is in all that is kept, and where errors, warnings, hits and marks are. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final, NamedTuple

from vasttui.logs.rows import INNER, SEVERITY_BITS, LogRows, Severity

_MANY: Final = 1 << 16
"""Rows from which on levels are known by blocks: an error of a block is shown where the block begins."""
_BLOCK: Final = 256
_CHUNK: Final = 256 * _BLOCK
_LEVELS: Final = bytes(0 if flags & INNER else min(flags & SEVERITY_BITS, Severity.ERROR) for flags in range(256))


class Tick(NamedTuple):
    """A cell of the scrollbar: the glyph's key ("" for none), its token, and whether the thumb is there."""

    glyph: str
    token: str
    thumb: bool


_MARK: Final = ("mark", "mark")
_HIT: Final = ("hit", "money")
_LOUD: Final = {Severity.ERROR: ("error-tick", "log-error"), Severity.WARNING: ("warn-tick", "faint")}
_PLAIN: Final = ("", "")


class Loudness:
    """The highest level of any stretch of rows: a byte is remembered of each row, or of each block of many rows."""

    def __init__(self, rows: LogRows) -> None:
        self._rows = rows
        self._begin(1)

    def _begin(self, unit: int) -> None:
        self._unit = unit
        self._first = self._known = self._rows.first_seq // unit
        self._levels = bytearray()

    def update(self) -> None:
        """Read the rows that came; let go of those that fell out."""
        first, end = self._rows.first_seq, self._rows.next_seq
        if end - first > _MANY and self._unit == 1:
            self._begin(_BLOCK)
        unit = self._unit
        if first // unit > self._known:
            self._begin(unit)
        dropped, self._first = first // unit - self._first, first // unit
        del self._levels[:dropped]
        # The last block may have got more rows.
        del self._levels[self._known - self._first :]
        for start in range(self._known * unit, end, _CHUNK):
            levels = self._rows.flags(start, min(start + _CHUNK, end)).translate(_LEVELS)
            if unit > 1:
                levels = bytes(_loudest(levels, at, at + unit) for at in range(0, len(levels), unit))
            self._levels += levels
        self._known = end // unit

    def of(self, first: int, last: int) -> Severity:
        """The highest level of the rows first <= seq < last, as of the last update."""
        begin, end = first // self._unit, last // self._unit
        return Severity(_loudest(self._levels, begin - self._first, max(end, begin + (first < last)) - self._first))


def _loudest(levels: bytes | bytearray, begin: int, end: int) -> int:
    loud = (level for level in (Severity.ERROR, Severity.WARNING) if levels.find(level, begin, end) >= 0)
    return next(loud, Severity.NONE)


class Rail:
    """Reduces all rows of a log to the cells of a scrollbar."""

    def __init__(self, rows: LogRows) -> None:
        self._rows = rows
        self._loudness = Loudness(rows)

    def ticks(
        self,
        height: int,
        sight: tuple[int, int] | None,
        *,
        marks: Collection[int] = (),
        has_hit: Callable[[int, int], bool] | None = None,
    ) -> list[Tick]:
        """The cells from the top.

        Args:
            height: how many cells.
            sight: numbers of the first and the last row in sight; None when all are.
            marks: numbers of the marked rows.
            has_hit: whether the search found something in rows first <= seq < last.
        """
        self._loudness.update()
        thumb = self.thumb(height, sight)
        marked = {self.cell(seq, height) for seq in marks}
        cells = []
        for y in range(height):
            first, last = self.seq(y, height), self.seq(y + 1, height)
            glyph, token = _LOUD.get(self._loudness.of(first, last), _PLAIN)
            if y in marked:
                glyph, token = _MARK
            elif has_hit is not None and first < last and has_hit(first, last):
                # A hit among errors has their colour.
                glyph, token = _HIT[0], token if token == "log-error" else _HIT[1]
            cells.append(Tick(glyph, token, y in thumb))
        return cells

    def thumb(self, height: int, sight: tuple[int, int] | None) -> range:
        """The cells of the thumb; none when all is in sight. It touches an end only when that is in sight."""
        if sight is None or height <= 0:
            return range(0)
        top = max(self.cell(sight[0], height), sight[0] > self._rows.first_seq)
        end = height if sight[1] >= self._rows.next_seq - 1 else max(1, height - 1)
        bottom = end if end == height else min(end, max(self.cell(sight[1], height), top) + 1)
        return range(min(top, bottom - 1), bottom)

    def seq(self, y: int, height: int) -> int:
        """Number of the first row that belongs to a cell."""
        first, last = self._rows.first_seq, self._rows.next_seq
        return first - -(last - first) * y // max(1, height)

    def cell(self, seq: int, height: int) -> int:
        """The cell that a row belongs to."""
        first, last = self._rows.first_seq, self._rows.next_seq
        return max(0, min(height - 1, (seq - first) * height // max(1, last - first)))
