"""A log from one of its rows on."""

from __future__ import annotations

from collections.abc import Sequence

from vasttui.logs.rows import LogLine, LogRows


class RowsSince:
    """The rows of a log that are not older than one of them, to be read as `LogRows`: what a cleared view shows."""

    def __init__(self, rows: LogRows, first: int) -> None:
        self._rows = rows
        self._first = first

    @property
    def first_seq(self) -> int:
        """Number of the oldest row that is shown."""
        return max(self._first, self._rows.first_seq)

    @property
    def next_seq(self) -> int:
        """Number that the next finished row will get."""
        return self._rows.next_seq

    @property
    def live(self) -> LogLine | None:
        """The unfinished last line, if there is one."""
        return self._rows.live

    def rows(self, first: int, last: int) -> Sequence[LogLine]:
        """The finished rows with first <= seq < last that are shown, oldest first."""
        return self._rows.rows(max(first, self._first), last)

    def text(self, seq: int) -> str:
        """The whole text of one row, "" if it is not shown."""
        return self._rows.text(seq) if seq >= self._first else ""

    def flags(self, first: int, last: int) -> bytes:
        """One byte for each of these rows."""
        return self._rows.flags(max(first, self._first), last)

    def seq_at(self, time: float) -> int:
        """Number of the first row that was received at `time` (epoch seconds) or later."""
        return max(self._first, self._rows.seq_at(time))
