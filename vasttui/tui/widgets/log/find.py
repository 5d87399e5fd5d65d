"""Search and filter of a log: which lines they find, in slices, and where the next hit is. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Final

from vasttui.logs.filters import Filter
from vasttui.logs.patterns import Pattern
from vasttui.logs.rows import SAME, Kind, LogLine
from vasttui.tui.widgets.log.scan import NO, Scan, both
from vasttui.tui.widgets.log.sieve import Sieve
from vasttui.tui.widgets.log.text import searched

_MACHINE: Final = frozenset({Kind.LINE, Kind.LIVE})
_NEW: Final = bytes(0 if flags & SAME else 0xFF for flags in range(256))


@dataclass(frozen=True, slots=True)
class Hits:
    """How a search stands.

    Attributes:
        at: which hit is chosen, from 1; 0 for none. While `scanning`, counted in what was searched.
        total: lines with a hit. Repeats that are folded do not count.
        scanning: there is more to search.
    """

    at: int = 0
    total: int = 0
    scanning: bool = False


class Finder:
    """Searches and filters one log, between other work.

    Attributes:
        pattern: what is searched.
        filter: what lines must match to be shown.
        raw_json: JSON lines are matched as they came, else as they are shown.
        sought: where a search for the next hit goes on as soon as more lines were searched, and whether downward.
    """

    def __init__(self, sieve: Sieve) -> None:
        self._sieve = sieve
        self._search: Scan | None = None
        self.pattern: Pattern | None = None
        self.filter: Filter | None = None
        self.raw_json = False
        self.sought: tuple[int, bool] | None = None

    def begin(self, sieve: Sieve, focus: int) -> None:
        """Go on with another log."""
        self._sieve = sieve
        self.set_filter(self.filter, focus)

    def set_pattern(self, pattern: Pattern | None, focus: int) -> None:
        """Search for something, beginning at row `focus`; None ends the search."""
        self.pattern, self.sought = pattern, None
        rows = self._sieve.rows
        self._search = Scan(rows, self._has_hit, focus=focus, candidates=self._candidates) if pattern else None

    def set_filter(self, chosen: Filter | None, focus: int) -> None:
        """Let only lines through that match, beginning at row `focus`; None lets all through."""
        self.filter = chosen or None
        self._sieve.scan = Scan(self._sieve.rows, self._passes, focus=focus) if self.filter else None
        self._sieve.live_passes = self._passes if self.filter else None
        self.set_pattern(self.pattern, focus)

    def advance(self) -> None:
        """Rows came or fell out."""
        if self._search is not None:
            self._search.advance()

    # Working

    def work(self, seconds: float, clock: Callable[[], float] = perf_counter) -> bool:
        """Look at lines for about that long; False when there is no more to do."""
        end = clock() + seconds
        scans = [scan for scan in (self._sieve.scan, self._search) if scan is not None]
        if self.sought is not None:
            scans.reverse()
        return any(scan.work(end - clock(), clock) for scan in scans)

    def look_from(self, seq: int, direction: int) -> None:
        """The filter goes on at that row, because the screen waits for it."""
        if self._sieve.scan is not None:
            self._sieve.scan.aim(seq, direction)

    @property
    def filtering(self) -> float | None:
        """Which share (0 to 1) of the lines the filter has looked at; None when it is done or there is none."""
        scan = self._sieve.scan
        return None if scan is None or scan.done else scan.share

    @property
    def passing(self) -> int:
        """How many lines the filter lets through, as far as it has come; 0 without one."""
        return 0 if self._sieve.scan is None else self._sieve.scan.total

    def _passes(self, line: LogLine) -> bool:
        if line.kind not in _MACHINE or self.filter is None:
            return True
        return self.filter.matches(searched(line, raw_json=self.raw_json))

    def _has_hit(self, line: LogLine) -> bool:
        if line.kind not in _MACHINE or self.pattern is None:
            return False
        return self.pattern.search(searched(line, raw_json=self.raw_json))

    def _candidates(self, first: int, last: int) -> bytes:
        """Rows that are shown at least when their fold is opened, without the repeats in folds."""
        start = max(first, self._sieve.rows.first_seq)
        if start >= last:
            return bytes(last - first)
        if self._sieve.scan is not None:
            self._sieve.scan.look(start, last)
        found = self._sieve.matching(start, last)
        if self._sieve.fold:
            found = both(found, self._sieve.rows.flags(start, last).translate(_NEW))
        return bytes([NO]) * (start - first) + found

    # Hits

    def hits(self, cursor: int | None) -> Hits:
        """How the search stands with the cursor on that row."""
        search = self._search
        if search is None:
            return Hits()
        at = search.before(cursor) + 1 if cursor is not None and self.is_hit(cursor) else 0
        return Hits(at, search.total, not search.done)

    def is_hit(self, seq: int) -> bool:
        """Whether the search found that row."""
        if self._search is None or not self._sieve.rows.first_seq <= seq < self._sieve.rows.next_seq:
            return False
        return self._search.verdicts(seq, seq + 1) == b"\1"

    def has_hit(self, first: int, last: int) -> bool:
        """Whether the search found something in these rows, as far as it has come."""
        return self._search is not None and self._search.any_in(first, last)

    def next_hit(self, start: int, *, forward: bool) -> int | None:
        """The nearest hit from row `start` on, or before it, round the ends.

        None when there is none, or when lines must be searched first: then `sought` is set, and the search goes on
        from there.
        """
        self.sought = None
        if self._search is None:
            return None
        rows = self._sieve.rows
        for origin in (start, rows.first_seq if forward else rows.next_seq):
            seq, unknown = self._search.find(origin, forward=forward)
            if seq is not None:
                return seq
            if unknown is not None:
                self.sought = unknown, forward
                self._search.aim(unknown if forward else unknown - 1, 1 if forward else -1)
                return None
        return None
