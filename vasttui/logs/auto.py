"""SSH while it works, else the API, without a doubled line where one follows the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import replace

from vasttui.errors import HostKeyChanged
from vasttui.logs.events import Lines, LogEvent, Restored, Switched, Trouble, Waiting
from vasttui.logs.seam import Seam

_PATIENT_FAILURES = 2
"""Failures of SSH in a row before the API is asked: a short break is resumed exactly."""

Source = Callable[[], AsyncGenerator[LogEvent, None]]
_Queue = asyncio.Queue[tuple[str, LogEvent]]


async def auto_source(ssh: Source, api: Source) -> AsyncGenerator[LogEvent, None]:
    """The lines of whichever source works, SSH first.

    Args:
        ssh: makes the SSH source; it is tried all the time.
        api: makes an API source; called anew whenever SSH stops working.
    """
    queue: _Queue = asyncio.Queue(64)
    choice = Choice()
    tasks = {"ssh": asyncio.create_task(_pump("ssh", ssh(), queue))}
    try:
        while True:
            if choice.wants_api and "api" not in tasks:
                tasks["api"] = asyncio.create_task(_pump("api", api(), queue))
            elif not choice.wants_api and "api" in tasks:
                await _stop(tasks.pop("api"))
            for told in choice.take(*await _next(queue, tasks)):
                yield told
    finally:
        for task in tasks.values():
            await _stop(task)


class Choice:
    """Whose lines are shown. Pure state."""

    def __init__(self) -> None:
        self.wants_api = True
        """The API is to be asked at present."""
        self._source = ""
        self._seam = Seam()

    def take(self, name: str, event: LogEvent) -> list[LogEvent]:
        """What is told of an event of the source `name`."""
        if name == "api" and not self.wants_api:
            return []
        match event:
            case Lines():
                if name == "ssh":
                    self.wants_api = False
                return self._lines(name, event)
            case Trouble(error=error, count=count) if name == "ssh":
                changed = isinstance(error, HostKeyChanged)
                self.wants_api = self.wants_api or changed or count >= _PATIENT_FAILURES
                return [event] if changed or self._source == "ssh" else []
            case Waiting() if self._source and self._source != name:
                return []
            case Restored() if self._source != name:
                return []
        return [event]

    def _lines(self, name: str, event: Lines) -> list[LogEvent]:
        told: list[LogEvent] = []
        if self._source != name:
            self._source = name
            self._seam.switch()
            told = [Switched(name)]
            event = replace(event, live=event.live or "")
        event = self._seam.take(event)
        return told if event.nothing else [*told, event]


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


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
