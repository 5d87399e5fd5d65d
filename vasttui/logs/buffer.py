"""The last lines of one log in memory, numbered, with their receive times and the marks between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from vasttui.logs.clean import collapse_redraws
from vasttui.logs.events import Lines

Kind = Literal["line", "live", "gap", "note"]

GAP_TEXT = "gap: lines missed"
RESET_TEXT = "the log began anew"


@dataclass(frozen=True, slots=True)
class LogLine:
    """One row of a log.

    Attributes:
        seq: grows by one per row and is never used twice; the live line has the number it will get when
            finished.
        received: when it came, seconds of the clock that the owner uses.
        text: the raw line (escapes included, of redraws the last one), or the words of a mark.
        kind: "line" from the machine, "live" its unfinished last line, "gap" and "note" are ours.
    """

    seq: int
    received: float
    text: str
    kind: Kind = "line"


class LogBuffer:
    """A bounded list of rows. Old rows fall out at the front; `first_seq` tells where it begins."""

    def __init__(self, limit: int = 20_000) -> None:
        self._limit = limit
        self._rows: list[LogLine] = []
        self._next = 0
        self.live: LogLine | None = None
        """The unfinished last line, if there is one."""
        self.generation = 0
        """Grows with every change."""
        self.received_lines = 0
        """Finished lines from the machine since the beginning, those that fell out included."""
        self.at_least = False
        """Repeating text may have hidden lines: `received_lines` is a lower bound."""

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> LogLine:
        return self._rows[index]

    @property
    def first_seq(self) -> int:
        """Number of the oldest row that is kept, or of the next row when there is none."""
        return self._rows[0].seq if self._rows else self._next

    @property
    def next_seq(self) -> int:
        """Number that the next row will get."""
        return self._next

    def apply(self, lines: Lines, received: float) -> None:
        """Take over what a source said."""
        if lines.reset:
            self.note(RESET_TEXT, received)
        elif lines.gap:
            self.gap(received)
        self.at_least = self.at_least or lines.at_least
        if lines.new:
            self.append(lines.new, received)
        if lines.live is not None:
            self.replace_last(lines.live, received)

    def append(self, texts: Sequence[str], received: float) -> None:
        """Add finished lines; the live line goes, for it is the first of them."""
        self.received_lines += len(texts)
        for text in texts:
            self._add(collapse_redraws(text) if "\r" in text or "\x08" in text else text, received, "line")
        self._changed()

    def replace_last(self, text: str, received: float) -> None:
        """Set the live line; "" removes it."""
        shown = collapse_redraws(text)
        self.live = LogLine(self._next, received, shown, "live") if shown else None
        self.generation += 1

    def note(self, text: str, received: float) -> None:
        """Add a mark of our own."""
        self._add(text, received, "note")
        self._changed()

    def gap(self, received: float) -> None:
        """Mark that lines are missing here."""
        self._add(GAP_TEXT, received, "gap")
        self._changed()

    def since(self, seq: int) -> Sequence[LogLine]:
        """The finished rows with numbers >= `seq` that are still there, oldest first."""
        return self._rows[max(0, seq - self.first_seq) :]

    def _add(self, text: str, received: float, kind: Kind) -> None:
        self._rows.append(LogLine(self._next, received, text, kind))
        self._next += 1

    def _changed(self) -> None:
        self.live = None
        self.generation += 1
        # Trimming in large bites keeps appending cheap.
        if len(self._rows) > self._limit + self._limit // 8:
            del self._rows[: len(self._rows) - self._limit]
