"""What a log is made of once it is kept: numbered rows, and what one byte tells about each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple, Protocol


class LogName(NamedTuple):
    """Which log: an instance's id and the stream of it.

    Attributes:
        stream: "" is the container's own output, "daemon" the host daemon's log, anything else the path of a
            file on the box, which begins with "/" or "~/".
    """

    instance_id: int
    stream: str = ""


class Kind(IntEnum):
    """Who wrote a row: `LINE` the machine, `GAP` and `NOTE` we; `LIVE` is the machine's unfinished last line."""

    LINE = 0
    GAP = 1
    NOTE = 2
    LIVE = 3


class Severity(IntEnum):
    """How loud a line is by its own words; `NONE` when it names no level."""

    NONE = 0
    DEBUG = 1
    INFO = 2
    WARNING = 3
    ERROR = 4


SEVERITY_BITS = 0b0000_0111
SAME = 0b0000_1000
"""The row has the same text as the row before."""
INNER = 0b0001_0000
"""The row is part of a stack trace, but neither its first row nor the message at its end."""
UNFINISHED = 0b0010_0000
"""The machine never finished this line: the container ended, or the program did."""
KIND_SHIFT = 6


@dataclass(frozen=True, slots=True)
class LogLine:
    """One row of a log.

    Attributes:
        seq: grows by one per row and is never used twice; the live line has the number it will get when
            finished.
        received: when it came, epoch seconds.
        text: the raw line (escapes included, of redraws the last one), or the words of a mark.
        flags: severity, `SAME`, `INNER`, `UNFINISHED` and the kind in one byte.
        origin: the instance's id, where rows of several logs stand in one stream; else 0.
    """

    seq: int
    received: float
    text: str
    flags: int = 0
    origin: int = 0

    @property
    def kind(self) -> Kind:
        """Who wrote it."""
        return Kind(self.flags >> KIND_SHIFT)

    @property
    def severity(self) -> Severity:
        """How loud it is."""
        return Severity(min(self.flags & SEVERITY_BITS, Severity.ERROR))


class LogRows(Protocol):
    """Rows to be read: one log's, or several in one stream. Cheap at any size: nothing is held but what is asked."""

    @property
    def first_seq(self) -> int:
        """Number of the oldest row that is kept."""

    @property
    def next_seq(self) -> int:
        """Number that the next finished row will get."""

    @property
    def live(self) -> LogLine | None:
        """The unfinished last line, if there is one."""

    def rows(self, first: int, last: int) -> Sequence[LogLine]:
        """The finished rows with first <= seq < last that are kept, oldest first; of huge texts the beginning."""

    def text(self, seq: int) -> str:
        """The whole text of one row, which `rows` may have cut; "" if it is not kept."""

    def flags(self, first: int, last: int) -> bytes:
        """One byte for each of these rows."""

    def seq_at(self, time: float) -> int:
        """Number of the first row that was received at `time` (epoch seconds) or later."""
