"""Which rows of a log are shown, by level, filter and folds, found from one byte per row. Pure.

Nothing is kept per row but what a filter found: the next row to show is looked up when it is asked for, so
folding and levels cost the same for a thousand rows and for a million.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from vasttui.logs.rows import INNER, KIND_SHIFT, SAME, SEVERITY_BITS, Kind, LogLine, LogRows, Severity
from vasttui.tui.widgets.log.scan import NO, UNKNOWN, YES, Scan, both

JOINED_TO: Final = SAME | INNER
"""A row with one of these bits belongs to the row before."""

_CHUNK: Final = 512
_NEAR: Final = 128
_LARGEST_CHUNK: Final = 65_536
_ALL: Final = 0xFF
_INHERITED: Final = 2

_JOINED: Final = bytes(bool(flags & JOINED_TO) for flags in range(256))
_INNER: Final = 1
_INNER_ONLY: Final = bytes(_INNER if flags & INNER else 0 for flags in range(256))
_HEADS: Final = bytes(0 if joined else 0xFF for joined in _JOINED)
_ERRORS: Final = bytes(
    flags & SEVERITY_BITS >= Severity.ERROR and not flags & JOINED_TO for flags in range(256)
)
_RUN = re.compile(rb"\x01+")
_INNER_RUN = re.compile(rb"([^\x02]?)(\x02+)")


@dataclass(frozen=True, slots=True)
class Fold:
    """Rows that can be shown as one: a row with its repeats, or the first row of a stack trace with the inner ones.

    Attributes:
        head: the row that stays.
        end: the first row after the fold.
        trace: it is a stack trace.
    """

    head: int
    end: int
    trace: bool

    @property
    def hidden(self) -> int:
        """How many rows are not seen when it is closed."""
        return self.end - self.head - 1


@cache
def _passes(threshold: Severity) -> bytes:
    return bytes(_pass(flags, threshold) for flags in range(256))


def _pass(flags: int, threshold: Severity) -> int:
    if flags >> KIND_SHIFT in (Kind.GAP, Kind.NOTE):
        return _ALL
    if flags & INNER:
        return _INHERITED
    severity = min(flags & SEVERITY_BITS, Severity.ERROR) or Severity.INFO
    return _ALL if severity >= threshold else NO


class Sieve:
    """Decides which rows of a log are shown, and finds the next one in either direction.

    Attributes:
        rows: the log.
        threshold: the lowest level that is shown.
        fold: runs of the same line and stack traces are closed.
        turned: heads of the folds that are not as `fold` says.
        scan: what the filter found; None without a filter.
        live_passes: whether the filter lets a live line through.
    """

    def __init__(self, rows: LogRows) -> None:
        self.rows = rows
        self.threshold = Severity.NONE
        self.fold = True
        self.turned: set[int] = set()
        self.scan: Scan | None = None
        self.live_passes: Callable[[LogLine], bool] | None = None
        self._near = (0, 0), 0, b""

    # The ends: a row of our own before the first one when older ones were dropped, and the live line

    @property
    def start(self) -> int:
        """Number of the first item: one before the first row where older rows were dropped."""
        return self.rows.first_seq - (self.rows.first_seq > 0)

    @property
    def live(self) -> LogLine | None:
        """The live line, if it is shown."""
        live = self.rows.live
        if live is None or not _passes(self.threshold)[live.flags & ~INNER]:
            return None
        return live if self.live_passes is None or self.live_passes(live) else None

    # Rows

    def shown(self, first: int, last: int) -> bytes:
        """`YES`, `NO` or `UNKNOWN` for each of these rows, which all must be kept."""
        if self.scan is not None and YES not in (found := self.scan.verdicts(first, last)):
            return found
        flags = self.rows.flags(first, last)
        verdict = self._matching(first, last, flags)
        if YES not in verdict:
            return verdict
        if self.scan is None and not self.turned:
            return both(verdict, self._heads(first, flags)) if self.fold else verdict
        return self._folded(first, flags, verdict)

    def matching(self, first: int, last: int) -> bytes:
        """Like `shown`, as if all folds were open."""
        return self._matching(first, last, self.rows.flags(first, last))

    def count(self, first: int, last: int) -> int:
        """How many of these rows match; unknown ones do not count."""
        return sum(self.matching(a, b).count(YES) for a, b in self._chunks(first, last))

    def after(self, seq: int, count: int) -> tuple[list[int], bool]:
        """Up to `count` items from `seq` on; False: there are more that the filter has not looked at yet."""
        found = [self.start] if seq <= self.start < self.rows.first_seq else []
        for first, last in self._chunks(seq, self.rows.next_seq):
            verdict = self.shown(first, last)
            at = verdict.find(UNKNOWN)
            known = verdict if at < 0 else verdict[:at]
            found += _places(known, first, count - len(found))
            if len(found) >= count:
                return found[:count], True
            if at >= 0:
                return found, False
        if seq <= self.rows.next_seq and len(found) < count and self.live is not None:
            found.append(self.rows.next_seq)
        return found[:count], True

    def before(self, seq: int, count: int) -> tuple[list[int], bool]:
        """Up to `count` items before `seq`, the nearest first; False as with `after`."""
        found = [self.rows.next_seq] if seq > self.rows.next_seq and self.live is not None else []
        for first, last in self._chunks_down(min(seq, self.rows.next_seq)):
            verdict = self.shown(first, last)
            at = verdict.rfind(UNKNOWN)
            places = _places_down(verdict[at + 1 :], first + at + 1, count - len(found))
            found += places
            if len(found) >= count:
                return found[:count], True
            if at >= 0:
                return found, False
        if self.start < min(seq, self.rows.first_seq) and len(found) < count:
            found.append(self.start)
        return found[:count], True

    def next_error(self, seq: int) -> int | None:
        """The first error from `seq` on that is shown or folded; repeats and inner rows of traces do not count."""
        for first, last in self._chunks(seq, self.rows.next_seq):
            at = self._errors(first, last).find(YES)
            if at >= 0:
                return first + at
        return None

    def previous_error(self, seq: int) -> int | None:
        """The last error before `seq`, as with `next_error`."""
        for first, last in self._chunks_down(min(seq, self.rows.next_seq)):
            at = self._errors(first, last).rfind(YES)
            if at >= 0:
                return first + at
        return None

    def _errors(self, first: int, last: int) -> bytes:
        flags = self.rows.flags(first, last)
        loud = flags.translate(_ERRORS)
        return both(self._matching(first, last, flags), loud) if YES in loud else loud

    # Folds

    def fold_at(self, seq: int) -> Fold | None:
        """The fold that a row is in, open or closed; None when it stands alone."""
        if not self.rows.first_seq <= seq < self.rows.next_seq:
            return None
        head = self._head_of(seq) if self._joined(seq) else seq
        if head + 1 >= self.rows.next_seq or not self._joined(head + 1):
            return None
        return self._fold_of(head)

    def _joined(self, seq: int) -> bool:
        """Whether a row belongs to the row before. Asked of each row in sight, so those around it are read with it."""
        ends = self.rows.first_seq, self.rows.next_seq
        read, first, flags = self._near
        if read != ends or not first <= seq < first + len(flags):
            first = max(ends[0], seq - _NEAR)
            flags = self.rows.flags(first, min(ends[1], seq + _NEAR))
            self._near = ends, first, flags
        return bool(_JOINED[flags[seq - first]])

    def is_closed(self, fold: Fold) -> bool:
        """Whether only its head is shown."""
        return self.fold != (fold.head in self.turned) and self.shown(fold.head, fold.head + 1)[0] == YES

    def turn(self, fold: Fold) -> None:
        """Open it if it is closed, else close it."""
        self.turned ^= {fold.head}

    def advance(self) -> None:
        """Rows came or fell out."""
        first = self.rows.first_seq
        if self.turned and min(self.turned) < first:
            self.turned = {head for head in self.turned if head >= first}
        if self.scan is not None:
            self.scan.advance()

    # Inside

    def _matching(self, first: int, last: int, flags: bytes) -> bytes:
        found = self.scan.verdicts(first, last) if self.scan is not None else b"\1" * len(flags)
        if self.threshold <= Severity.DEBUG:
            return found
        loud = flags.translate(_passes(self.threshold))
        if _INHERITED in loud:
            loud = self._inherit(first, loud)
        return both(found, loud)

    def _inherit(self, first: int, loud: bytes) -> bytes:
        """The inner rows of a trace are as loud as its first row."""

        def as_before(match: re.Match[bytes]) -> bytes:
            before = match[1] or bytes([self._loudness_before(first)])
            return match[1] + before * len(match[2])

        return _INNER_RUN.sub(as_before, loud)

    def _loudness_before(self, seq: int) -> int:
        table = _passes(self.threshold)
        for first, last in self._chunks_down(seq):
            loud = self.rows.flags(first, last).translate(table).rstrip(b"\2")
            if loud:
                return loud[-1]
        return _ALL

    def _heads(self, first: int, flags: bytes) -> bytes:
        heads = flags.translate(_HEADS)
        # What the oldest row belonged to is gone.
        return b"\xff" + heads[1:] if first == self.rows.first_seq and heads else heads

    def _folded(self, first: int, flags: bytes, verdict: bytes) -> bytes:
        joined = flags.translate(_JOINED)
        found = bytearray(verdict)
        for run in _RUN.finditer(joined, first == self.rows.first_seq):
            start, end = run.span()
            head = first + start - 1 if start else self._head_of(first)
            if self.fold == (head in self.turned):
                continue
            head_shown = verdict[start - 1] if start else self.shown(head, head + 1)[0]
            if head_shown == YES:
                found[start:end] = bytes(end - start)
        return bytes(found)

    def _head_of(self, seq: int) -> int:
        for first, last in self._chunks_down(seq + 1):
            at = self.rows.flags(first, last).translate(_JOINED).rfind(0)
            if at >= 0:
                return first + at
        return self.rows.first_seq

    def _fold_of(self, head: int) -> Fold:
        trace = False
        for first, last in self._chunks(head + 1, self.rows.next_seq):
            flags = self.rows.flags(first, last)
            at = flags.translate(_JOINED).find(0)
            trace = trace or _INNER in flags[: at if at >= 0 else None].translate(_INNER_ONLY)
            if at >= 0:
                return Fold(head, first + at, trace)
        return Fold(head, self.rows.next_seq, trace)

    def _chunks(self, seq: int, end: int) -> Iterator[tuple[int, int]]:
        size, first = _CHUNK, max(seq, self.rows.first_seq)
        while first < end:
            yield first, min(end, first + size)
            first += size
            size = min(_LARGEST_CHUNK, size * 4)

    def _chunks_down(self, end: int) -> Iterator[tuple[int, int]]:
        size, start = _CHUNK, self.rows.first_seq
        while end > start:
            yield max(start, end - size), end
            end -= size
            size = min(_LARGEST_CHUNK, size * 4)


def _places(verdict: bytes, first: int, count: int) -> list[int]:
    found: list[int] = []
    at = verdict.find(YES)
    while at >= 0 and len(found) < count:
        found.append(first + at)
        at = verdict.find(YES, at + 1)
    return found


def _places_down(verdict: bytes, first: int, count: int) -> list[int]:
    found: list[int] = []
    at = verdict.rfind(YES)
    while at >= 0 and len(found) < count:
        found.append(first + at)
        at = verdict.rfind(YES, 0, at)
    return found
