"""What this program knows of a job's present attempt beyond the journal; all of it can be found out again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from vasttui.jobs.lifecycle import Failure
from vasttui.jobs.marks import Mark, read_marks
from vasttui.jobs.outcome import OutcomeReader
from vasttui.logs.rows import Kind, LogRows

READ_AT_ONCE = 300
"""Rows that are read without letting others run."""

LOOK_BACK = 50_000
"""Rows that are read again after a restart of this program, at most."""


@dataclass
class Attempt:
    """One try of one job.

    Attributes:
        run_id: of the try; a new try has a new record.
        waiting: why it waits, to be shown.
        asked_at: when a request that changes its box was sent last.
        refused: why the rent was refused.
        reader: reads the end of its work out of the log, None before it has a box.
        read_to: number of the first row that was not read.
        last_sign: when its work last gave a sign of life.
        started: its work was started over SSH.
        start_error: why it could not be, for good.
        collecting: "none", "running", "done" or "failed"; `collect_reason` says why it failed.
        collected: 0..1 of the bytes.
        task: the SSH work under way: a start, a copy.
        released: its box was handed on to the next input.
        avoid: machines that it is not sent to again.
        asleep: seconds of its boot in which nobody drove.
    """

    run_id: str
    waiting: str = ""
    asked_at: float = 0.0
    refused: tuple[Failure, str] | None = None
    reader: OutcomeReader | None = None
    read_to: int | None = None
    last_sign: float | None = None
    started: bool = False
    start_error: str = ""
    start_tries: int = 0
    collecting: str = "none"
    collect_reason: str = ""
    collect_tries: int = 0
    collected: float | None = None
    task: asyncio.Task[None] | None = None
    task_again_at: float = 0.0
    released: bool = False
    avoid: set[int] = field(default_factory=set)
    asleep: float = 0.0
    outbid_since: float | None = None
    outbid_before: float = 0.0

    def outbid_for(self, now: float, *, outbid: bool) -> float:
        """Seconds for which its box was outbid so far, given whether it is now."""
        if outbid:
            self.outbid_since = now if self.outbid_since is None else self.outbid_since
            return self.outbid_before + now - self.outbid_since
        if self.outbid_since is not None:
            self.outbid_before += now - self.outbid_since
            self.outbid_since = None
        return self.outbid_before

    @property
    def busy(self) -> bool:
        """Whether SSH work is under way."""
        return self.task is not None and not self.task.done()

    def came_down(self) -> None:
        """Its container is not up any more: what it does when it comes up again is read from there on."""
        self.reader, self.started = None, False

    def give_up(self) -> None:
        """End the SSH work that is under way."""
        if self.task is not None:
            self.task.cancel()

    def read(self, rows: LogRows) -> Iterator[list[Mark]]:
        """Read what is new in the log, a slice with each step; the answer has the marks of the slice."""
        assert self.reader is not None
        if self.read_to is None:
            self.read_to = max(rows.first_seq, rows.next_seq - LOOK_BACK)
        self.read_to = max(self.read_to, rows.first_seq)
        while self.read_to < rows.next_seq:
            last = min(rows.next_seq, self.read_to + READ_AT_ONCE)
            marks: list[Mark] = []
            for row in rows.rows(self.read_to, last):
                if row.kind is Kind.LINE:
                    self.reader.feed(row.text)
                    self.last_sign = row.received
                    marks += read_marks(row.text)
            self.read_to = last
            yield marks
