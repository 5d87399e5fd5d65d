"""The seam between two sources of one log: what the second one begins with was in part shown by the first."""

from __future__ import annotations

from dataclasses import replace

from vasttui.logs.events import Lines
from vasttui.logs.overlap import last_occurrence, overlap

_KEPT = 4000
_SURE = 8
_ANCHORS = (8, 4, 2, 1)


class Seam:
    """The lines shown so far, whichever source they came from. Pure state."""

    def __init__(self) -> None:
        self._shown: list[str] = []
        self._ahead: list[str] = []
        self._open = False

    def switch(self) -> None:
        """The next lines come from another source."""
        self._open, self._ahead = True, []

    def take(self, lines: Lines) -> Lines:
        """What of the current source's `lines` is still to be shown."""
        if self._open and lines.new:
            lines = self._join(lines)
            self._open = False
        elif self._ahead:
            lines = replace(lines, new=self._beyond(lines.new))
        if lines.reset or lines.gap:
            self._ahead = []
        self._shown += lines.new
        if len(self._shown) > _KEPT * 2:
            del self._shown[:-_KEPT]
        return lines

    def _join(self, lines: Lines) -> Lines:
        shown, window = self._shown, list(lines.new)
        if not shown:
            return lines
        end, _ = last_occurrence(shown, window)
        common = overlap(shown, window)
        if end < 0 and (common >= _SURE or common == len(window)):
            end = common
        if end >= 0:
            return replace(lines, new=tuple(window[end:]), gap=False, reset=False)
        inside, _ = last_occurrence(window, shown)
        if inside >= 0:
            self._ahead = shown[inside:]
            return replace(lines, new=(), gap=False, reset=False)
        anchored = self._anchor(window)
        if anchored < 0:
            return replace(lines, new=tuple(window[common:]), gap=not common, at_least=common > 0, reset=False)
        return replace(lines, new=tuple(window[anchored:]), at_least=True, gap=False, reset=False)

    def _anchor(self, window: list[str]) -> int:
        """Where to go on when the two differ in some lines: after the last lines shown, as many as are
        found.
        """
        for count in _ANCHORS:
            last = self._shown[-count:]
            if any(line.strip() for line in last) and (end := last_occurrence(last, window)[0]) >= 0:
                return end
        return -1

    def _beyond(self, new: tuple[str, ...]) -> tuple[str, ...]:
        """Without the lines that the other source was ahead by."""
        at = 0
        while at < len(new) and at < len(self._ahead) and new[at] == self._ahead[at]:
            at += 1
        self._ahead = self._ahead[at:] if at == len(new) else []
        return new[at:]
