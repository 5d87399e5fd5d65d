"""`vasttui logs`: lines, each once, in order."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import click

from vasttui.cli.output import say
from vasttui.cli.wiring import Wiring, run
from vasttui.errors import (
    HostKeyChanged,
    LogsPending,
    Nonsense,
    NotFound,
    RateLimited,
    SshError,
    Unreachable,
    UsageError,
)

if TYPE_CHECKING:
    from vasttui.controller import Controller
    from vasttui.logs.buffer import LogBuffer, LogLine
    from vasttui.logs.clean import StyledLine

PASSING = (Unreachable, RateLimited, Nonsense, SshError)
"""Faults that end by themselves: following goes on."""

PATIENCE = 60.0
"""Seconds that a command which does not follow waits for the first line."""

LONGEST = 1 << 20
"""Characters of a line that are printed at most."""


@click.command()
@click.argument("instance_id", type=click.IntRange(min=1), metavar="ID")
@click.option("-f", "--follow", is_flag=True, help="Until the instance is gone, or ^C.")
@click.option("--tail", type=click.IntRange(min=1), default=1000, show_default=True, help="Lines to begin with.")
@click.option("--source", type=click.Choice(["auto", "api", "ssh"]), default="auto", show_default=True)
@click.option("--path", help="File on the instance to follow over SSH.")
@click.option("--daemon", is_flag=True, help="The host daemon's log instead of the container's.")
@click.option("--timestamps", is_flag=True, help="When each line was received, before it.")
@click.option("--raw-ansi", is_flag=True, help="Keep the text's own colours.")
@click.pass_obj
def logs(
    wiring: Wiring,
    instance_id: int,
    follow: bool,
    tail: int,
    source: str,
    path: str | None,
    daemon: bool,
    timestamps: bool,
    raw_ansi: bool,
) -> None:
    """Print the log of an instance; gaps are told on stderr.

    \b
    Example:
      vasttui logs 28397367 -f | grep --line-buffered loss
    """
    if daemon and (source == "ssh" or path):
        raise UsageError("--daemon comes over the API only")
    printer = Printer(timestamps, raw_ansi)
    run(_main(wiring, instance_id, follow, tail, source, path, daemon, printer))


class Printer:
    """Prints rows of a buffer, each once."""

    def __init__(self, timestamps: bool, raw_ansi: bool) -> None:
        self._timestamps = timestamps
        self._raw_ansi = raw_ansi
        self._next = 0

    def print_new(self, buffer: LogBuffer) -> None:
        """Print what came since the last call."""
        for row in buffer.since(self._next):
            self._next = row.seq + 1
            if row.kind == "gap":
                say("-- gap: lines missed --")
            elif row.kind == "note":
                say(f"-- {row.text} --")
            else:
                self.print_row(row)

    def print_row(self, row: LogLine) -> None:
        """Print one line of the machine."""
        from vasttui.logs.clean import clean_line

        # Masked in a pipe too: redirected output ends in CI logs and tickets, and both ways print the same.
        line = clean_line(row.text, limit=LONGEST)
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S%z ", time.localtime(row.received))
        text = _coloured(line) if self._raw_ansi else line.text
        click.echo(f"{stamp if self._timestamps else ''}{text}", color=True)


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


async def _main(
    wiring: Wiring,
    instance_id: int,
    follow: bool,
    tail: int,
    source: str,
    path: str | None,
    daemon: bool,
    printer: Printer,
) -> None:
    from vasttui.controller.follow import Choice

    async with wiring.controller() as controller:
        await controller.first_listing()
        _here(controller, instance_id)
        controller.follow(instance_id, Choice(source, path, tail, daemon))
        buffer = controller.log(instance_id)
        try:
            async with asyncio.timeout(None if follow else PATIENCE):
                await _print(controller, instance_id, follow, printer)
        except TimeoutError:
            raise LogsPending(f"instance {instance_id} has no log yet", hint="-f waits for its first line.") from None
        printer.print_new(buffer)
        if not follow and buffer.live is not None:
            printer.print_row(buffer.live)


async def _print(controller: Controller, instance_id: int, follow: bool, printer: Printer) -> None:
    """Print until the instance is gone; without `follow` until the first lines are there."""
    from vasttui.snapshot import LogState

    buffer = controller.log(instance_id)
    talk = ""
    while True:
        try:
            status = controller.log_status(instance_id)
        except PASSING as error:
            if not follow or isinstance(error, HostKeyChanged):
                raise
            text = f"{error.message}; trying again"
        else:
            if not follow and status.state is LogState.FOLLOWING:
                return
            text = status.text if status.state is LogState.WAITING else ""
        printer.print_new(buffer)
        if text and text != talk:
            say(f"-- {text} --")
        talk = text or talk
        await controller.next_change()
        if controller.picture().box(instance_id) is None:
            say(f"-- instance {instance_id} is gone --")
            return


def _here(controller: Controller, instance_id: int) -> None:
    if controller.picture().box(instance_id) is None:
        raise NotFound(f"there is no instance {instance_id}", hint="vasttui instances lists them.")
