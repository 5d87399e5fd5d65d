"""New lines out of re-fetched tails.

Vast.ai hands out a log as its last N lines, again and again (vast-ai/docs, request_logs.yaml). New is what
follows
the longest suffix of what we have that is a prefix of what came: neither counting, nor the last known line,
nor a set of seen lines gives every line once. Where the text repeats exactly nobody can know how often it
did, and the result says "at least".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from vasttui.logs.events import Lines
from vasttui.logs.overlap import last_occurrence, overlap, repeats

Merged = Lines

_PATIENCE = 3
"""Older snapshots in a row after which they are believed: the log really began anew."""

_SURE = 64
"""An overlap of this many lines is no accident."""

_CHANCE = 8
"""An overlap of less than this, of two whole logs that differ, is taken for one."""


class TailMerge:
    """What was seen of one log so far. Pure state: feed it windows, it tells what is new."""

    def __init__(self) -> None:
        self._known: list[str] = []
        self._live = ""
        self._whole = False
        self._fed = False
        self._keep = 2000
        self._last: tuple[tuple[str, ...], bool, int] | None = None
        self._last_doubtful: bool | None = None
        self._snapshots: deque[int] = deque(maxlen=8)
        self._stale: list[str] = []
        self._stale_count = 0

    @property
    def known(self) -> Sequence[str]:
        """The finished lines that the next window is compared with."""
        return self._known

    def extend(self, lines: Sequence[str]) -> None:
        """Note lines that came another way and continue what is known."""
        if not lines:
            return
        self._known += lines
        self._fed = True
        self._live, self._last, self._whole = "", None, False
        self._trim()

    def feed(self, window: Sequence[str], *, asked: int, complete_last_line: bool = True) -> Merged:
        """Compare the newest window with what is known.

        Args:
            window: the lines that came, oldest first, without newlines.
            asked: how many lines were asked for; fewer in `window` mean that it is the whole log.
            complete_last_line: the reply ended in a newline. If not, its last line waits as the live line.
        """
        snapshot = (tuple(window), complete_last_line, asked)
        whole = len(window) < asked
        if snapshot == self._last:
            if self._last_doubtful is None:
                self._last_doubtful = not whole and repeats(list(window))
            return Merged(at_least=self._last_doubtful)
        self._last, self._last_doubtful = snapshot, None
        self._keep = max(self._keep, asked * 2)
        lines = list(window)
        live = "" if complete_last_line or not lines else lines.pop()
        merged = self._compare(lines, whole)
        if merged.stale:
            self._last = None
            return self._older(lines, live, whole)
        self._stale, self._stale_count = [], 0
        return self._take(merged, lines, live, whole)

    def _compare(self, lines: list[str], whole: bool) -> Merged:
        known = self._known
        if not known:
            return Merged(new=tuple(lines), gap=self._fed and not (whole or self._whole))
        if whole and self._whole and (exact := self._exact(lines)):
            return exact
        if not lines:
            return Merged(stale=True)
        if len(known) <= len(lines):
            end, several = last_occurrence(known, lines)
            if end >= 0:
                return Merged(new=tuple(lines[end:]), at_least=not whole and (several or repeats(known)))
        common = overlap(known, lines)
        if common * 2 < len(lines) and self._seen_before(lines):
            return Merged(stale=True)
        if whole and self._whole and common < _CHANCE and common * 4 < len(known):
            common = 0
        if not common:
            return Merged(new=tuple(lines), reset=whole, gap=not whole)
        return Merged(new=tuple(lines[common:]), at_least=self._doubtful(lines, common, whole))

    def _exact(self, lines: list[str]) -> Merged | None:
        """Two whole logs: one continues the other, or else they are different logs."""
        known = self._known
        if lines[: len(known)] == known:
            return Merged(new=tuple(lines[len(known) :]))
        if known[: len(lines)] == lines:
            return Merged(stale=True)
        return None

    def _seen_before(self, lines: list[str]) -> bool:
        if hash(tuple(lines)) in self._snapshots:
            return True
        end, _ = last_occurrence(lines, self._known, thorough=False)
        return 0 <= end < len(self._known)

    def _doubtful(self, lines: list[str], common: int, whole: bool) -> bool:
        """Whether the overlap found may hide lines: it repeats itself, or it is short and of everyday
        lines.
        """
        shared = lines[:common]
        if whole and self._whole:
            # The whole log is not the one we had, longer: its beginning was cut off, the overlap is a guess.
            return common < _SURE
        if repeats(shared):
            return True
        if common >= _SURE or common == len(lines):
            return False
        elsewhere = set(self._known[:-common]).union(lines[common:])
        return all(line in elsewhere or shared.count(line) > 1 for line in shared)

    def _older(self, lines: list[str], live: str, whole: bool) -> Merged:
        """An older snapshot: ignored, unless it stays or grows, for then it is a new log with the same
        beginning.
        """
        before = self._stale
        grows = whole and self._stale_count > 0 and len(lines) > len(before) and lines[: len(before)] == before
        self._stale, self._stale_count = lines, self._stale_count + 1
        if self._stale_count < _PATIENCE and not grows:
            return Merged(stale=True)
        self._stale, self._stale_count = [], 0
        return self._take(Merged(new=tuple(lines), reset=True), lines, live, whole)

    def _take(self, merged: Merged, lines: list[str], live: str, whole: bool) -> Merged:
        """Make what came part of what is known."""
        if whole or merged.gap or merged.reset or not self._fed:
            self._known = lines
            self._whole = whole
        else:
            self._known += merged.new
        self._fed = True
        self._trim()
        self._snapshots.append(hash(tuple(lines)))
        shown = merged.new or merged.gap or merged.reset
        changed = live if live != ("" if shown else self._live) else None
        self._live = live
        return Lines(new=merged.new, live=changed, gap=merged.gap, reset=merged.reset, at_least=merged.at_least)

    def _trim(self) -> None:
        if len(self._known) > self._keep:
            del self._known[: len(self._known) - self._keep]
            self._whole = False
