"""New lines out of re-fetched tails.

Vast.ai hands out a log as its last N lines, again and again (vast-ai/docs, request_logs.yaml). New is what follows
the longest end of what is known that is a beginning of what came: neither counting, nor the last known line, nor a
set of seen lines gives every line once. A reply that is shorter than the tail asked for is the whole log, and then a
line's number says which one it is.

What nobody can know from tails:
- how often text was printed that repeats exactly and fills the tail. It is counted as seldom as possible and called
  "at least", and so is text that overlaps by a few everyday lines only.
- that a log repeats in a longer period than it was ever seen to, if the number of lines missed fits that period.
- that a container was restarted, if it printed all that the one before had printed, in the same words, and more.
- whether one that prints the same first lines again was restarted, or the reply is an old one: it is believed when it
  stays or grows.
- that a log's beginning was cut off, if only a few lines of it are left: it looks like one begun anew.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from vasttui.logs.events import Lines
from vasttui.logs.overlap import LINE, border, find, find_last, overlap, prints, several
from vasttui.logs.seam import joined

Merged = Lines

_PATIENCE = 3
"""Older snapshots of a whole log in a row after which they are believed: the log really began anew."""

_SURE = 64 * LINE
"""An overlap of this many lines is no accident."""

_CHANCE = 8 * LINE
"""An overlap of less than this may be one."""

_BLOCK = 2500 * LINE
"""A block of so many lines that came twice makes a log one that repeats."""

_KEPT = 4000
"""Lines known at least; of longer tails three times as many."""


class _Fit(NamedTuple):
    """How a window lies over what is known: its first `known` bytes of fingerprints are that."""

    known: int = 0
    gap: bool = False
    reset: bool = False
    at_least: bool = False
    stale: bool = False
    wait: bool = False
    """Nothing may be taken from it."""


class TailMerge:
    """What was seen of one log so far. Pure state: feed it windows, it tells what is new.

    Args:
        known: the last lines of the log that are known already, from an earlier run or from another source, which
            may have had a few lines more or less than the windows have.
    """

    def __init__(self, known: Sequence[str] = ()) -> None:
        self._known = prints(known)
        self._foreign = self._fed = bool(known)
        self._live = ""
        self._keep = _KEPT * LINE
        self._count: int | None = None
        """Bytes of fingerprints of the whole log up to now, None when its beginning is unknown."""
        self._head = b""
        self._snapshots: deque[int] = deque(maxlen=8)
        self._stale = b""
        self._stale_count = 0
        self._waits = 0

    def feed(
        self,
        window: Sequence[str],
        *,
        asked: int,
        complete_last_line: bool = True,
        whole: bool | None = None,
        sure: bool = False,
    ) -> Merged:
        """Compare the newest window with what is known.

        Args:
            window: the lines that came, oldest first, without newlines.
            asked: how many lines were asked for.
            complete_last_line: the reply ended in a newline. If not, its last line waits as the live line.
            whole: this is the whole log; None: it is if it has fewer lines than were asked for.
            sure: take nothing if lines were missed or may have been, so that a longer window can be fed instead.
        """
        whole = len(window) < asked if whole is None else whole
        self._keep = max(self._keep, asked * 3 * LINE)
        live = "" if complete_last_line or not window else window[-1]
        lines = window if complete_last_line else window[:-1]
        text = prints(lines)
        fit = self._fit(text, whole)
        if fit.stale:
            return self._older(lines, text, live, whole)
        self._waits += fit.wait
        if fit.wait or (sure and (fit.gap or fit.at_least)):
            return Merged(gap=fit.gap, at_least=fit.at_least)
        return self._take(fit, lines, text, live, whole)

    def _fit(self, text: bytes, whole: bool) -> _Fit:
        known = self._known
        if not known:
            return _Fit(gap=self._fed and not whole and bool(text))
        if whole and self._count is not None and (exact := self._exact(text, self._count)):
            return exact
        if not text:
            return _Fit(stale=True)
        seen = hash(text) in self._snapshots and not known.endswith(text)
        if not seen and len(known) <= len(text) and (at := find_last(text, known)) >= 0 and self._possible(at):
            end = at + len(known)
            return _Fit(end, at_least=_doubtful(known, text, len(text)))
        common = overlap(known, text)
        if len(common) < len(text) and (old := self._old(text, common, seen=seen)):
            return old
        if whole and len(common) < _CHANCE:
            # The known lines before these are not in the log, so that it is another one, or an old reply.
            if len(common) == len(text):
                return _Fit(stale=True)
            common = b""
        at_least = _doubtful(common, known + text[len(common) :], len(text)) or (whole and len(common) < _SURE)
        if whole and at_least and len(common) == len(text):
            return _Fit(wait=True, at_least=True)
        if common and not (self._foreign and at_least):
            return _Fit(len(common), at_least=at_least)
        return self._no_fit(text, common, whole)

    def _exact(self, text: bytes, count: int) -> _Fit | None:
        """Two whole logs: one continues the other, or else they are different logs."""
        first = count - len(self._known)
        shared = min(len(text), count)
        beginning = min(shared, len(self._head))
        same = text[:beginning] == self._head[:beginning]
        if not same or text[first:shared] != self._known[: max(0, shared - first)]:
            return None
        return _Fit(count) if len(text) >= count else _Fit(stale=True)

    def _possible(self, at: int) -> bool:
        """Whether what is known can lie so far behind the window's beginning: the log has no lines before its first."""
        return self._count is None or at <= self._count - len(self._known)

    def _old(self, text: bytes, common: bytes, *, seen: bool) -> _Fit | None:
        """What is to be said of a window that lies before the end of what is known, None if it does not."""
        if not seen and find(self._known, text) < 0:
            # What is known may begin later than this window, which then ends in it.
            end = overlap(text, self._known)
            older = len(end) > max(len(common) * 4, 2 * LINE) and len(border(end)) * 4 < len(end)
            return _Fit(stale=True) if older else None
        most = len(common) * 2 >= len(text)
        # Of the replies before the program was started nothing is known.
        if most and not seen and not (self._foreign and self._waits < _PATIENCE):
            return None
        repeats = len(border(text)) * 2 >= len(text) or several(self._known, text)
        # Text that repeats may be old or new: what was seen just so before is not shown again.
        return _Fit(wait=True, at_least=True) if most or repeats else _Fit(stale=True)

    def _no_fit(self, text: bytes, common: bytes, whole: bool) -> _Fit:
        if self._foreign and (joint := joined(self._known, text)):
            # What it does not hold yet may come; if it never does, a whole log is another one.
            if joint.missing and self._waits < _PATIENCE:
                return _Fit(wait=True)
            if not (joint.missing and whole):
                return _Fit(joint.known * LINE, at_least=True)
        if common:
            return _Fit(len(common), at_least=True)
        if not whole and len(rest := overlap(self._known, text[LINE:])) >= _CHANCE:
            # A tail can begin inside a line.
            return _Fit(LINE + len(rest))
        return _Fit(reset=whole, gap=not whole)

    def _older(self, lines: Sequence[str], text: bytes, live: str, whole: bool) -> Merged:
        """An older snapshot: ignored, unless it is a whole log that stays or grows, for then it is a new log with
        the same beginning.
        """
        before = self._stale
        grows = self._stale_count > 0 and len(text) > len(before) and text.startswith(before)
        grows = grows and hash(text) not in self._snapshots
        self._stale, self._stale_count = text, self._stale_count + 1
        if not whole or (self._stale_count < _PATIENCE and not grows):
            return Merged(stale=True)
        return self._take(_Fit(reset=True), lines, text, live, whole)

    def _take(self, fit: _Fit, lines: Sequence[str], text: bytes, live: str, whole: bool) -> Merged:
        """Make what came part of what is known."""
        new = tuple(lines[fit.known // LINE :])
        if whole:
            self._known, self._count, self._head = text, len(text), text[:_SURE]
        elif fit.gap or fit.reset or fit.at_least or not self._fed:
            # With "at least", what was told before may not be quite what the log holds.
            self._known, self._count = text, None
        else:
            self._known += text[fit.known :]
            if self._count is not None:
                self._count += len(text) - fit.known
        self._known = self._known[-self._keep :]
        self._fed, self._foreign = True, False
        self._stale, self._stale_count = b"", 0
        self._snapshots.append(hash(text))
        shown = new or fit.gap or fit.reset
        changed = live if live != ("" if shown else self._live) else None
        self._live = live
        return Lines(new=new, live=changed, gap=fit.gap, reset=fit.reset, at_least=fit.at_least)


def _doubtful(shared: bytes, log: bytes, window: int) -> bool:
    """Whether lines may be hidden by an overlap.

    Args:
        shared: the lines of the overlap.
        log: all that is known, the new lines included.
        window: length of what came.
    """
    if len(shared) < _CHANCE and len(shared) * 4 < window:
        return True
    # The next best overlap is the longest border. With that one, this much of the text would have come again.
    again = border(shared)
    return len(again) * 4 >= max(len(shared), 1) or several(log, shared[len(again) :][-_BLOCK:])
