"""Logs of paper for the view: a list of rows, and rows that are computed when they are read."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

from vasttui.logs.rows import INNER, KIND_SHIFT, SAME, Kind, LogLine, Severity

NOW = 1_700_000_000.0


class ListedRows:
    """A `LogRows` over a list; a level is told by the line's first word, an inner row of a trace by its indent."""

    def __init__(self, *texts: str) -> None:
        self.first_seq = 0
        self.kept: list[LogLine] = []
        self.unfinished = ""
        self.add(*texts)

    @property
    def next_seq(self) -> int:
        return self.first_seq + len(self.kept)

    @property
    def live(self) -> LogLine | None:
        if not self.unfinished:
            return None
        return LogLine(self.next_seq, NOW + self.next_seq, self.unfinished, Kind.LIVE << KIND_SHIFT)

    def rows(self, first: int, last: int) -> Sequence[LogLine]:
        return self.kept[max(0, first - self.first_seq) : max(0, last - self.first_seq)]

    def text(self, seq: int) -> str:
        return next((line.text for line in self.rows(seq, seq + 1)), "")

    def flags(self, first: int, last: int) -> bytes:
        return bytes(line.flags for line in self.rows(first, last))

    def seq_at(self, time: float) -> int:
        return self.first_seq + bisect_left(self.kept, time, key=lambda line: line.received)

    def add(self, *texts: str, live: str = "", kind: Kind = Kind.LINE, origin: int = 0) -> None:
        for text in texts:
            line = LogLine(self.next_seq, NOW + self.next_seq, text, kind << KIND_SHIFT, origin)
            before = self.kept[-1] if self.kept else None
            self.kept.append(replace(line, flags=line.flags | _bits(text, before)))
        self.unfinished = live

    def drop(self, count: int) -> None:
        count = min(count, len(self.kept))
        del self.kept[:count]
        self.first_seq += count


def _bits(text: str, before: LogLine | None) -> int:
    word = text.split(" ", 1)[0]
    severity = Severity[word] if word in Severity.__members__ else Severity.NONE
    same = before is not None and before.text == text
    inner = text.startswith("  ") and before is not None
    return severity | SAME * same | INNER * inner


class ComputedRows:
    """Any number of rows that take no room: errors, warnings, and runs of eight that are the same."""

    def __init__(self, count: int) -> None:
        self.first_seq = 0
        self.next_seq = count
        self.live: LogLine | None = None
        self.asked = 0
        self._pattern = bytes(_computed_flags(seq) for seq in range(1000))

    def rows(self, first: int, last: int) -> Sequence[LogLine]:
        first, last = max(first, self.first_seq), min(last, self.next_seq)
        self.asked += max(0, last - first)
        return [LogLine(seq, NOW + seq, computed_text(seq), _computed_flags(seq)) for seq in range(first, last)]

    def text(self, seq: int) -> str:
        return next((line.text for line in self.rows(seq, seq + 1)), "")

    def flags(self, first: int, last: int) -> bytes:
        first, last = max(first, self.first_seq), min(last, self.next_seq)
        skipped = first % 1000
        times = -(-(last - first + skipped) // 1000)
        return (self._pattern * times)[skipped : skipped + last - first]

    def seq_at(self, time: float) -> int:
        return max(self.first_seq, min(self.next_seq, round(time - NOW)))


def computed_text(seq: int) -> str:
    if seq % 1000 == 999:
        return f"ERROR step {seq}: CUDA out of memory at /app/train.py:{seq % 7}"
    if seq % 50 == 49:
        return f"WARNING step {seq} took 12.4s"
    if seq % 50 >= 30 and seq % 50 < 38:
        return f"heartbeat {seq // 50}"
    return f"step {seq} loss {seq % 97 / 10:.3f} lr 3.2e-5 {seq % 13} it/s"


def _computed_flags(seq: int) -> int:
    if seq % 1000 == 999:
        return Severity.ERROR
    if seq % 50 == 49:
        return Severity.WARNING
    return SAME if 30 < seq % 50 < 38 else 0
