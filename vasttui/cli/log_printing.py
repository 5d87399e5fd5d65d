"""Printing rows of a log: each once, whole lines only."""

from __future__ import annotations

import asyncio
import select
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from vasttui.cli.output import say

if TYPE_CHECKING:
    from vasttui.logs.clean import StyledLine
    from vasttui.logs.rows import LogLine
    from vasttui.logs.spool import Spool

BATCH = 200
"""Rows between two looks at whether one is to stop."""

LONGEST = 1 << 20
"""Characters of a line that are printed at most, unless it is printed raw."""


@dataclass(frozen=True)
class Look:
    """How a line is printed.

    Attributes:
        timestamps: when it was received stands before it.
        raw_ansi: the text's own colours stay.
        raw: its bytes as they were received.
    """

    timestamps: bool = False
    raw_ansi: bool = False
    raw: bool = False


class Printer:
    """Prints rows, each once and in their order; marks are talk."""

    def __init__(self, look: Look) -> None:
        self.began = False
        """The last lines were printed: what follows is new."""
        self._look = look
        self._next = 0

    async def begin(self, rows: Spool, tail: int, *, going_on: bool = False) -> None:
        """Print the last `tail` lines; marks before the first of them are left out.

        With `going_on` a last line that was unfinished when the log was closed is left for later: it may go on.
        """
        from vasttui.logs.rows import KIND_SHIFT, Kind

        last = _end(rows, going_on=going_on)
        first, lines = last, int(rows.live is not None)
        while first > rows.first_seq and lines < tail:
            start = max(rows.first_seq, first - BATCH)
            for flag in reversed(rows.flags(start, first)):
                if lines == tail:
                    break
                first -= 1
                lines += flag >> KIND_SHIFT == Kind.LINE
        self.began, self._next = True, first
        await self._print_to(rows, last)

    async def print_new(self, rows: Spool, *, going_on: bool = True) -> None:
        """Print what came since the last call; `going_on` as in `begin`."""
        while self._next < (last := _end(rows, going_on=going_on)):
            await self._print_to(rows, last)

    async def _print_to(self, rows: Spool, last: int) -> None:
        while self._next < last:
            end = min(self._next + BATCH, last)
            self._print(list(rows.each(self._next, end)))
            self._next = end
            await asyncio.sleep(0)

    def check_reader(self) -> None:
        """Raise BrokenPipeError when nobody reads any more: in a quiet log no write would tell."""
        pipe = select.poll()
        pipe.register(sys.stdout.fileno(), 0)
        if any(event & select.POLLERR for _, event in pipe.poll(0)):
            raise BrokenPipeError

    def print_live(self, rows: Spool) -> None:
        """Print the unfinished last line, which nobody waits for."""
        if rows.live is not None:
            self._write([rows.live], end="" if self._look.raw else "\n")

    def _print(self, rows: list[LogLine]) -> None:
        from vasttui.logs.rows import Kind

        lines: list[LogLine] = []
        for row in rows:
            if row.kind is Kind.LINE:
                lines.append(row)
                continue
            # A mark stands where it belongs also when both streams go to one terminal.
            self._write(lines)
            lines = []
            say(f"-- {row.text} --")
        self._write(lines)

    def _write(self, rows: list[LogLine], end: str = "\n") -> None:
        if not rows:
            return
        if self._look.raw:
            sys.stdout.buffer.write(b"".join((row.text + end).encode("utf-8", "surrogateescape") for row in rows))
            sys.stdout.buffer.flush()
        else:
            click.echo("".join(self._line(row) + end for row in rows), nl=False, color=True)

    def _line(self, row: LogLine) -> str:
        from vasttui.logs.clean import clean_line

        # Masked in a pipe too: redirected output ends in CI logs and tickets, and both ways print the same.
        line = clean_line(row.text, limit=LONGEST)
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S%z ", time.localtime(row.received)) if self._look.timestamps else ""
        return stamp + (_coloured(line) if self._look.raw_ansi else line.text)


def _end(rows: Spool, *, going_on: bool) -> int:
    """Number of the row before which printing stops: a last one that may go on is not printed in two pieces."""
    from vasttui.logs.rows import UNFINISHED

    last = rows.next_seq
    return last - (going_on and any(flag & UNFINISHED for flag in rows.flags(last - 1, last)))


def _coloured(line: StyledLine) -> str:
    """The line with its own colours, and no other escape than these."""
    from rich.color import ColorSystem
    from rich.style import Style

    pieces: list[str] = []
    position = 0
    for start, end, style in line.spans:
        painted = Style.parse(style).render(line.text[start:end], color_system=ColorSystem.TRUECOLOR)
        pieces += (line.text[position:start], painted)
        position = end
    return "".join((*pieces, line.text[position:]))
