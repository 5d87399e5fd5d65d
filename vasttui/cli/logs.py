"""`vasttui logs`: lines, each once, in order; also of an instance that is gone."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from vasttui.cli.alert_lines import AlertLines
from vasttui.cli.log_printing import Look, Printer
from vasttui.cli.output import say
from vasttui.cli.wiring import Wiring, run
from vasttui.errors import (
    HostKeyChanged,
    KeyRefused,
    LogsPending,
    Nonsense,
    NotFound,
    RateLimited,
    SshError,
    Unreachable,
    UsageError,
    VastError,
)

if TYPE_CHECKING:
    from vasttui.controller import Controller
    from vasttui.logs.rows import LogName
    from vasttui.logs.spool import Spool
    from vasttui.snapshot import LogStatus

PASSING = (Unreachable, RateLimited, Nonsense, SshError, NotFound)
"""Faults that end by themselves, or of which the next listing tells the end: following goes on."""

TRIES = 3
"""Failures in a row after which a command that has nothing to print gives up."""

PATIENCE = 60.0
"""Seconds that a command which does not follow waits for the first line."""

KEPT_PATIENCE = 10.0
"""The same where lines are kept that can be printed instead."""

QUIET = 60.0
"""Seconds without a line after which, and then again and again, somebody at a terminal is told so."""


@dataclass(frozen=True)
class Wish:
    """What is to be printed."""

    name: LogName
    source: str
    tail: int
    follow: bool


@click.command()
@click.argument("instance_id", type=click.IntRange(min=1), metavar="ID")
@click.option("-f", "--follow", is_flag=True, help="Until the instance is gone, or ^C.")
@click.option("--tail", type=click.IntRange(min=1), default=1000, show_default=True, help="Lines to begin with.")
@click.option("--source", type=click.Choice(["auto", "api", "ssh"]), default="auto", show_default=True)
@click.option("--path", help="File on the instance to follow over SSH.")
@click.option("--daemon", is_flag=True, help="The host daemon's log instead of the container's.")
@click.option("--timestamps", is_flag=True, help="When each line was received, before it.")
@click.option("--raw-ansi", is_flag=True, help="Keep the text's own colours.")
@click.option("--raw", is_flag=True, help="The bytes as they were received, secrets and escapes too.")
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
    raw: bool,
) -> None:
    """Print the log of an instance, also of one that is gone; gaps are told on stderr.

    \b
    Example:
      vasttui logs 28397367 -f | grep --line-buffered loss
    """
    from vasttui.logs.rows import LogName

    if daemon and (source == "ssh" or path):
        raise UsageError("--daemon comes over the API only")
    if path and source == "api":
        raise UsageError("--path is read over SSH only")
    if raw and (timestamps or raw_ansi):
        raise UsageError("--raw prints the bytes as they were received and nothing else")
    if raw and sys.stdout.isatty():
        hint = "Redirect it into a file or a pipe."
        raise UsageError("--raw prints secrets and escapes as they are: not on a terminal", hint=hint)
    name = LogName(instance_id, "daemon" if daemon else _stream(path))
    run(_main(wiring, Wish(name, source, tail, follow), Printer(Look(timestamps, raw_ansi, raw))))


def _stream(path: str | None) -> str:
    """A file's name as logs bear it: from the root, or from the home folder, where SSH begins."""
    if not path:
        return ""
    return path if path.startswith(("/", "~/")) else f"~/{path}"


async def _main(wiring: Wiring, wish: Wish, printer: Printer) -> None:
    from vasttui.controller.follow import TAIL, Choice

    async with wiring.controller(tries=1) as controller:
        kept = _has_rows(controller, wish.name)
        try:
            await _listing(controller, patient=not kept)
        except KeyRefused:
            raise
        except VastError as error:
            if not kept:
                raise
            await _print_kept(controller, wish, printer, error.message, going_on=wish.follow)
            if not wish.follow:
                return
        else:
            if _gone(controller, wish.name):
                if not kept:
                    raise NotFound(
                        f"there is no instance {wish.name.instance_id}", hint="vasttui instances lists them."
                    )
                await _print_kept(controller, wish, printer, f"instance {wish.name.instance_id} is gone")
                return
        controller.follow(wish.name, Choice(wish.source, max(wish.tail, TAIL)), rows_only=True)
        await _Following(controller, wish, printer).run(kept=kept)


def _has_rows(controller: Controller, name: LogName) -> bool:
    rows = controller.log(name)
    return rows.next_seq > rows.first_seq or rows.live is not None


def _gone(controller: Controller, name: LogName) -> bool:
    """A listing says that there is no such instance; no listing says nothing."""
    picture = controller.picture()
    return picture.boxes.value is not None and picture.box(name.instance_id) is None


async def _listing(controller: Controller, *, patient: bool) -> None:
    """Wait for the first listing. Raises the VastError that it failed with, a patient one after several tries."""
    while True:
        try:
            await controller.first_listing()
        except PASSING:
            if not patient or controller.picture().boxes.failures >= TRIES:
                raise
        else:
            return
        await controller.next_change()


async def _print_kept(
    controller: Controller, wish: Wish, printer: Printer, why: str, *, going_on: bool = False
) -> None:
    say(f"-- {why}: what was kept --")
    rows = controller.log(wish.name)
    await printer.begin(rows, wish.tail, going_on=going_on)
    if not going_on:
        printer.print_live(rows)


class _Following:
    """Prints what comes until the instance is gone, or until the first answer."""

    def __init__(self, controller: Controller, wish: Wish, printer: Printer) -> None:
        self._controller = controller
        self._wish = wish
        self._printer = printer
        self._talk = Talk(sys.stderr.isatty(), controller.clock)
        self._alerts = AlertLines()

    async def run(self, *, kept: bool) -> None:
        """Print the last lines as soon as they are known, then, if that was wished, what is new.

        Args:
            kept: lines are kept that can be printed when the first answer takes long.
        """
        if not self._printer.began:
            patience = KEPT_PATIENCE if kept else None if self._wish.follow else PATIENCE
            try:
                async with asyncio.timeout(patience):
                    await self._first_answer()
            except TimeoutError:
                if not kept:
                    text = f"instance {self._wish.name.instance_id} has no log yet"
                    raise LogsPending(text, hint="-f waits for its first line.") from None
                say("-- no answer yet: what was kept --")
            await self._printer.begin(self._rows, self._wish.tail)
        if self._wish.follow:
            await self._until_gone()
        else:
            self._printer.print_live(self._rows)

    @property
    def _rows(self) -> Spool:
        return self._controller.log(self._wish.name)

    async def _first_answer(self) -> None:
        while (status := self._look()).checked_at is None and not _gone(self._controller, self._wish.name):
            await self._next_change(status)

    async def _until_gone(self) -> None:
        while True:
            # The look comes first: what is printed is at least as new.
            gone = _gone(self._controller, self._wish.name)
            status = self._look()
            await self._printer.print_new(self._rows, going_on=not gone)
            self._printer.check_reader()
            self._alerts.tell(self._controller.snapshot)
            if gone:
                self._printer.print_live(self._rows)
                say(f"-- instance {self._wish.name.instance_id} is gone --")
                return
            await self._next_change(status)

    async def _next_change(self, status: LogStatus) -> None:
        try:
            async with asyncio.timeout(self._talk.quiet_left(status)):
                await self._controller.next_change()
        except TimeoutError:
            self._talk.heartbeat(status)

    def _look(self) -> LogStatus:
        """How it goes. Raises what does not end by itself, or for a command that does not follow, not soon."""
        status, error = self._controller.log_status(self._wish.name), self._controller.log_error(self._wish.name)
        if error is not None:
            alarm = isinstance(error, HostKeyChanged) and self._wish.source == "ssh"
            if alarm or not isinstance(error, PASSING) or (not self._wish.follow and status.failures >= TRIES):
                raise error
        self._talk.about(status)
        return status


class Talk:
    """What is told on stderr while no lines come, each thing once.

    Args:
        terminal: somebody looks at it.
    """

    def __init__(self, terminal: bool, clock: Callable[[], float]) -> None:
        self._terminal = terminal
        self._clock = clock
        self._said = self._kept = ""
        self._beat: float | None = None

    def about(self, status: LogStatus) -> None:
        """Tell of a wait or of trouble; the source tells the first three failures, then one a minute."""
        from vasttui.logs.spool import TAKEN
        from vasttui.snapshot import LogState

        kept = status.kept if status.kept != TAKEN else ""
        if kept and kept != self._kept:
            say(f"-- new lines are held in memory only: {kept} --")
        self._kept = kept
        text = status.text
        if status.state is LogState.TROUBLE:
            text += "; trying again"
        if text and text != self._said:
            say(f"-- {text} --")
        self._said = text

    def quiet_left(self, status: LogStatus) -> float | None:
        """Seconds until it is to be told that nothing comes; None when nobody looks."""
        if not self._terminal:
            return None
        now = self._clock()
        quiet = status.quiet(now) or 0.0
        last = max(now - quiet, self._beat if self._beat is not None else 0.0)
        return max(0.0, last + QUIET - now)

    def heartbeat(self, status: LogStatus) -> None:
        """Tell for how long there was no line, and how many there are."""
        self._beat = self._clock()
        from vasttui.tui.format import duration

        lines = f"{'at least ' if status.at_least else ''}{status.lines:,} line{'' if status.lines == 1 else 's'}"
        say(f"-- quiet for {duration(status.quiet(self._beat))}, {lines} --")
