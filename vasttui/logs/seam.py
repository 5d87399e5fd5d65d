"""The seam between two sources of one log that have not quite the same lines.

The container's log holds what its entrypoint printed, a file holds what was written to it, and mostly one of the
two holds all of the other. Where a source's first lines do not simply go on after what is known, the last line
that is unique in both is looked for, and after it the lines of the one among those of the other, in order.

Nobody can know where lines belong that only one of the two has: those of the second source that lie before the
place where it goes on are not shown, and the result is called "at least".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from vasttui.logs.events import Lines
from vasttui.logs.overlap import LINE, border, find_last, numbers, overlap, prints, several, size

_SURE = 8 * LINE
"""An overlap of this many lines is taken without a doubt, unless it repeats."""

_KEPT = 8000 * LINE
_RECENT = 2000 * LINE
"""Of the known lines so many are held against a source that differs."""


@dataclass(frozen=True, slots=True)
class Joint:
    """How a window goes on after what is known.

    Attributes:
        known: so many lines at the window's beginning are known already.
        ahead: lines known that lie beyond the window's end.
        missing: not all that is known was found in the window: it may be older than that.
        doubtful: the two differ in some lines, or the text repeats.
    """

    known: int
    ahead: tuple[int, ...] = ()
    missing: bool = False
    doubtful: bool = False


def fitted(known: bytes, window: bytes) -> Joint | None:
    """Where a window goes on if the two have the same lines, None if it does not fit without a doubt."""
    if len(known) <= len(window) and (at := find_last(window, known)) >= 0:
        return Joint(size(window[: at + len(known)]), doubtful=several(window, known) or _repeats(known))
    common = overlap(known, window)
    if len(common) >= min(_SURE, len(window)):
        return Joint(size(common), doubtful=_repeats(common))
    if (at := find_last(known, window)) >= 0:
        return Joint(size(window), tuple(numbers(known[at + len(window) :])), True, several(known, window))
    return None


def joined(known: bytes, window: bytes) -> Joint | None:
    """Where a window goes on if the two differ in some lines, None when they have too little in common."""
    ours, theirs = numbers(known[-_RECENT:]), numbers(window)
    once = _once(ours).difference(numbers(prints([""])))
    once &= _once([line for line in theirs if line in once])
    first, last = _ends(theirs, once)
    if last < 0 or not _alike(ours, theirs, (first, last)):
        return None
    rest, after = ours[ours.index(theirs[last]) + 1 :], theirs[last + 1 :]
    found, end = _embedded(rest, after)
    if found == len(rest):
        return Joint(last + 1 + end, doubtful=True)
    found, end = _embedded(after, rest)
    ahead = tuple(rest[end:]) if found == len(after) else ()
    return Joint(last + 1 + found, ahead, missing=True, doubtful=True)


class Seam:
    """The lines of a log so far, whichever source they came from, as a source reads on that is not merged yet."""

    def __init__(self, known: Sequence[str] = ()) -> None:
        self._known = prints(known)
        self._ahead: tuple[int, ...] = ()

    @property
    def ahead(self) -> bool:
        """More is known than the source has come to."""
        return bool(self._ahead)

    def note(self, lines: Lines) -> None:
        """These lines were handed out."""
        if lines.gap or lines.reset:
            self._known, self._ahead = b"", ()
        if lines.new:
            self._known = (self._known + prints(lines.new))[-_KEPT:]

    def join(self, new: Sequence[str]) -> tuple[int, bool, bool]:
        """The source begins with `new`: how many of these are known already, whether that is a guess, and
        whether lines are missing in between.
        """
        self._ahead = ()
        if not self._known or not new:
            return 0, False, False
        window = prints(new)
        joint = fitted(self._known, window) or joined(self._known, window)
        if joint is None:
            common = overlap(self._known, window)
            return size(common), bool(common), not common
        self._ahead = joint.ahead
        return joint.known, joint.doubtful, False

    def go_on(self, since: Sequence[str], new: Sequence[str]) -> int | None:
        """The source goes on where it stopped before the lines `since` came from another one: how many of `new`
        are among these, None if the two do not have the same lines.
        """
        self._ahead = ()
        shared = min(len(since), len(new))
        if list(since[:shared]) != list(new[:shared]):
            return None
        self._ahead = tuple(map(hash, since[shared:]))
        return shared

    def beyond(self, new: Sequence[str]) -> tuple[int, bool]:
        """How many of the source's next lines are known, for the other one was ahead of it, and whether that is a
        guess.
        """
        known, guess = 0, False
        while self._ahead and known < len(new):
            try:
                at = self._ahead.index(hash(new[known]))
            except ValueError:
                self._ahead, guess = (), True
                break
            self._ahead, known, guess = self._ahead[at + 1 :], known + 1, guess or at > 0
        return known, guess


def _repeats(text: bytes) -> bool:
    return len(border(text)) * 2 >= len(text) > 0


def _once(lines: list[int]) -> set[int]:
    return {line for line, times in Counter(lines).items() if times == 1}


def _ends(lines: list[int], wanted: set[int]) -> tuple[int, int]:
    """The places of the first and of the last line that is wanted, -1 for none."""
    places = [place for place, line in enumerate(lines) if line in wanted]
    return (places[0], places[-1]) if places else (-1, -1)


def _alike(ours: list[int], theirs: list[int], place: tuple[int, int]) -> bool:
    """Whether most lines from the first common place of `theirs` to the last are common, and the two do not differ
    before that.
    """
    first, last = place
    our_first, our_last = ours.index(theirs[first]), ours.index(theirs[last])
    if our_first > our_last or (first and our_first and first == last):
        return False
    one, other = ours[our_first : our_last + 1], theirs[first : last + 1]
    short, long = (one, other) if len(one) < len(other) else (other, one)
    found, _ = _embedded(short, long)
    return found * 2 >= len(short)


def _embedded(part: list[int], whole: list[int]) -> tuple[int, int]:
    """How many lines of `part` are in `whole` in the same order, up to the first that is not, and where the last
    of them ends.
    """
    end = 0
    for count, line in enumerate(part):
        try:
            end = whole.index(line, end) + 1
        except ValueError:
            return count, end
    return len(part), end
