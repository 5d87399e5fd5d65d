"""Several logs as one stream, ordered by when their rows came."""

from __future__ import annotations

import heapq
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Final

from vasttui.logs.rows import INNER, KIND_SHIFT, SAME, Kind, LogLine, LogRows

EACH: Final = 20_000
"""Rows of one log that the stream begins with at most."""

AT_START: Final = 60_000
"""Rows of all logs together that it begins with at most."""

SLICE: Final = 5_000
"""Rows of one log that are taken in at once."""

KEPT: Final = 400_000
"""Rows that are held at most: some 25 bytes each, the text stays where it is."""

_NOTE: Final = int(Kind.NOTE) << KIND_SHIFT


class MergedRows:
    """Rows of several logs in one stream with numbers of its own, to be read as `LogRows`.

    The last rows of each log are ordered by receive time. What comes later goes to the end (`catch_up`), so a row
    keeps its number. Each row tells by `origin` whose it is. Of each log the rows stay in their own order, without
    holes. To mute a log, make another stream without it.

    Args:
        logs: the logs by instance id.
    """

    def __init__(self, logs: Mapping[int, LogRows]) -> None:
        self._logs = dict(logs)
        self._taken: dict[int, int] = {}
        """Number of the row of each log that is taken in next."""
        self.first_seq = 0
        self._origins = array("q")
        self._seqs = array("q")
        self._times = array("d")
        """Receive times, none earlier than the one before it."""
        self._flags = bytearray()
        share = min(EACH, AT_START // max(1, len(self._logs)))
        for origin, rows in self._logs.items():
            self._taken[origin] = max(rows.first_seq, rows.next_seq - share)
        self._take(share)

    @property
    def origins(self) -> tuple[int, ...]:
        """The instances whose logs these are."""
        return tuple(self._logs)

    @property
    def next_seq(self) -> int:
        """Number that the next finished row will get."""
        return self.first_seq + len(self._seqs)

    @property
    def live(self) -> LogLine | None:
        """Of the unfinished last lines the one that changed last."""
        lines = [(live, origin) for origin, rows in self._logs.items() if (live := rows.live) is not None]
        if not lines:
            return None
        line, origin = max(lines, key=lambda pair: pair[0].received)
        return LogLine(self.next_seq, line.received, line.text, line.flags & ~(SAME | INNER), origin)

    def catch_up(self) -> bool:
        """Append what came in the logs; whether there is still more (the cost of one call is bounded)."""
        more = self._take(SLICE)
        excess = len(self._seqs) - KEPT
        if excess > 0:
            # Much at a time and rarely: the arrays are moved as a whole.
            self._forget(excess + KEPT // 4)
        return more

    def rows(self, first: int, last: int) -> list[LogLine]:
        """The finished rows with first <= seq < last that are kept, oldest first."""
        start, end = self._range(first, last)
        kept = self._read(start, end)
        return [self._row(index, kept.get((self._origins[index], self._seqs[index]))) for index in range(start, end)]

    def _row(self, index: int, line: LogLine | None) -> LogLine:
        seq, origin = self.first_seq + index, self._origins[index]
        if line is None:
            return LogLine(seq, self._times[index], "this row is no longer kept", _NOTE, origin)
        return LogLine(seq, line.received, line.text, self._flags[index], origin)

    def text(self, seq: int) -> str:
        """The whole text of one row, "" if it is not kept."""
        index = seq - self.first_seq
        return self._logs[self._origins[index]].text(self._seqs[index]) if 0 <= index < len(self._seqs) else ""

    def flags(self, first: int, last: int) -> bytes:
        """One byte for each of these rows."""
        start, end = self._range(first, last)
        return bytes(self._flags[start:end])

    def seq_at(self, time: float) -> int:
        """Number of the first row that was received at `time` (epoch seconds) or later."""
        return self.first_seq + bisect_left(self._times, time)

    def _range(self, first: int, last: int) -> tuple[int, int]:
        start = max(0, first - self.first_seq)
        return start, max(start, min(len(self._seqs), last - self.first_seq))

    def _read(self, start: int, end: int) -> dict[tuple[int, int], LogLine]:
        """The rows that stand between the two, by log and number; one call for each log."""
        spans: dict[int, tuple[int, int]] = {}
        for origin, seq in zip(self._origins[start:end], self._seqs[start:end], strict=True):
            spans[origin] = (spans[origin][0] if origin in spans else seq, seq + 1)
        return {
            (origin, line.seq): line
            for origin, (first, last) in spans.items()
            for line in self._logs[origin].rows(first, last)
        }

    def _take(self, limit: int) -> bool:
        """Take in up to `limit` rows of each log; whether there are more."""
        more = False
        fresh = []
        for origin, rows in self._logs.items():
            first = max(self._taken[origin], rows.first_seq)
            last = min(rows.next_seq, first + limit)
            more |= last < rows.next_seq
            self._taken[origin] = max(first, last)
            if last > first:
                fresh.append(_in_order(rows, first, last, origin))
        for time, origin, seq, flags in heapq.merge(*fresh):
            # What a row has in common with the one before it holds only where that one stands before it here too.
            alone = not self._seqs or self._origins[-1] != origin or self._seqs[-1] != seq - 1
            self._origins.append(origin)
            self._seqs.append(seq)
            self._times.append(max(time, self._times[-1]) if self._times else time)
            self._flags.append(flags & ~(SAME | INNER) if alone else flags)
        return more

    def _forget(self, count: int) -> None:
        for column in (self._origins, self._seqs, self._times, self._flags):
            del column[:count]
        self.first_seq += count


def _in_order(rows: LogRows, first: int, last: int, origin: int) -> Iterator[tuple[float, int, int, int]]:
    """(time, origin, seq, flags), the time of no row earlier than that of the row before."""
    time = 0.0
    for line in rows.rows(first, last):
        time = max(time, line.received)
        yield time, origin, line.seq, line.flags
