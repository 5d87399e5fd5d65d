"""Where log lines come from: the API, a file over SSH, or whichever of the two works.

All sources are async generators of `LogEvent`; none ends by itself. Close them with `aclose()`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace

from vasttui.errors import HostKeyChanged
from vasttui.logs.api_source import LogClient, api_source
from vasttui.logs.events import Current, Lines, LogEvent, Restored, Switched, Trouble, Waiting
from vasttui.logs.seam import Seam
from vasttui.logs.ssh_source import ssh_source

__all__ = ["LogClient", "LogEvent", "SourceFactory", "api_source", "follow_log", "ssh_source"]

SourceFactory = Callable[[Sequence[str]], AsyncGenerator[LogEvent, None]]
"""Makes a source that goes on after the lines it is called with, the newest last."""

_PATIENT_FAILURES = 2
"""Failures of SSH in a row before the API is asked: a short break is resumed exactly."""

_KNOWN = 1000
"""Lines that a source is given to go on after, at least."""

_LONGEST_BREAK = 20_000
"""Lines from the API after which SSH is not held against each of them when it comes back."""


async def follow_log(
    *, known: Sequence[str], api: SourceFactory | None, ssh: SourceFactory | None
) -> AsyncGenerator[LogEvent, None]:
    """The lines of one log after those that are `known`, each once, from whichever source works.

    With both sources, SSH is preferred and tried all the time, and the API is asked while SSH does not work.

    Args:
        known: the last finished lines of the log that are kept from an earlier run, the newest last.
        api: makes an API source; called anew whenever SSH stops working, or once if there is no `ssh`.
        ssh: makes the SSH source; called once.
    """
    if api and ssh:
        source = _both(known, api, ssh)
    else:
        factory = api or ssh
        if factory is None:
            raise ValueError("a log needs a source")
        source = factory(known)
    del known
    async with aclosing(source) as events:
        async for event in events:
            yield event


_Queue = asyncio.Queue[tuple[str, LogEvent]]


async def _both(known: Sequence[str], api: SourceFactory, ssh: SourceFactory) -> AsyncGenerator[LogEvent, None]:
    queue: _Queue = asyncio.Queue(64)
    choice = Choice(known)
    tasks = {"ssh": asyncio.create_task(_pump("ssh", ssh(known), queue))}
    try:
        while True:
            if choice.wants_api and "api" not in tasks:
                tasks["api"] = asyncio.create_task(_pump("api", api(choice.known), queue))
            elif not choice.wants_api and "api" in tasks:
                await _stop(tasks.pop("api"))
                _forget(queue, "api")
            for told in choice.take(*await _next(queue, tasks)):
                yield told
    finally:
        for task in tasks.values():
            await _stop(task)


class Choice:
    """Whose lines are handed out. Pure state."""

    def __init__(self, known: Sequence[str] = ()) -> None:
        self.wants_api = True
        """The API is to be asked at present."""
        self._source = ""
        self._keep = max(len(known), _KNOWN)
        self._known = list(known)
        self._seam = Seam(known)
        self._since: list[str] | None = []
        """What the API said since SSH stopped; None if that is not all."""

    @property
    def known(self) -> Sequence[str]:
        """The last lines handed out."""
        return tuple(self._known[-self._keep :])

    def take(self, name: str, event: LogEvent) -> list[LogEvent]:
        """What is told of an event of the source `name`."""
        match event:
            case Lines():
                return self._lines(name, event)
            case Current():
                # SSH at the end of the file, though nothing is new, is preferred from now on.
                switched = self._lines(name, Lines()) if name == "ssh" else []
                return [*switched, event] if self._source in ("", name) else []
            case Trouble(error=error, count=count) if name == "ssh":
                changed = isinstance(error, HostKeyChanged)
                self.wants_api = self.wants_api or changed or count >= _PATIENT_FAILURES
                return [event] if changed or self._source == "ssh" else []
            case Waiting() if self._source and self._source != name:
                return []
            case Restored() if self._source != name:
                return []
        return [event]

    def _lines(self, name: str, lines: Lines) -> list[LogEvent]:
        told: list[LogEvent] = []
        if name == "ssh":
            self.wants_api = False
        if self._source != name:
            self._source = name
            told = [Switched(name)]
            lines = replace(lines, live=lines.live or "")
        if name == "ssh":
            lines = self._joined(lines)
        self._remember(name, lines)
        return told if lines.nothing else [*told, lines]

    def _joined(self, lines: Lines) -> Lines:
        """What of the lines from SSH the API had not told before."""
        if not lines.new or self._since == []:
            known, guess = self._seam.beyond(lines.new)
            live = None if self._seam.ahead and lines.live else lines.live
            return replace(lines, new=lines.new[known:], live=live, at_least=lines.at_least or guess)
        exact = None if lines.seam or self._since is None else self._seam.go_on(self._since, lines.new)
        self._since = []
        if exact is not None:
            return replace(lines, new=lines.new[exact:])
        known, guess, gap = self._seam.join(lines.new)
        reset = lines.reset and gap
        return replace(
            lines, new=lines.new[known:], gap=gap and not reset, reset=reset, at_least=lines.at_least or guess
        )

    def _remember(self, name: str, lines: Lines) -> None:
        if lines.gap or lines.reset:
            self._known = []
            self._since = None if name == "api" else []
        self._known += lines.new
        if name == "api" and self._since is not None:
            self._since = [*self._since, *lines.new] if len(self._since) < _LONGEST_BREAK else None
        elif name == "ssh" and lines.new:
            self._since = []
        if len(self._known) > self._keep * 2:
            del self._known[: -self._keep]
        self._seam.note(lines)


async def _pump(name: str, source: AsyncGenerator[LogEvent, None], queue: _Queue) -> None:
    async with aclosing(source) as events:
        async for event in events:
            await queue.put((name, event))


async def _next(queue: _Queue, tasks: dict[str, asyncio.Task[None]]) -> tuple[str, LogEvent]:
    """The next event; a bug in a source is raised here."""
    getter = asyncio.create_task(queue.get())
    try:
        await asyncio.wait({getter, *tasks.values()}, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks.values():
            if task.done():
                task.result()
                raise RuntimeError("a log source ended by itself")
        return await getter
    finally:
        getter.cancel()


def _forget(queue: _Queue, name: str) -> None:
    """What that source said before it was stopped is not told: the other one will say it."""
    events = [queue.get_nowait() for _ in range(queue.qsize())]
    for event in events:
        if event[0] != name:
            queue.put_nowait(event)


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
