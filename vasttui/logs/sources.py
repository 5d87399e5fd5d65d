"""Where log lines come from: the API, a file over SSH, or whichever of the two works.

All sources are async iterators of `LogEvent`; none ends by itself. Close them with `aclose()`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, suppress

from vasttui.errors import HostKeyChanged, SshNotReady
from vasttui.logs.api_source import LogClient, Troubles, api_source, split_window
from vasttui.logs.clean import decode
from vasttui.logs.events import Lines, LogEvent, Restored, Switched, Trouble, Waiting
from vasttui.logs.merge import TailMerge
from vasttui.logs.seam import join
from vasttui.ssh import Chunk, FollowEvent, Lost, Missing, Opened, Reconnected, Rotated

__all__ = ["LogClient", "LogEvent", "api_source", "auto_source", "ssh_source"]

LONGEST_LINE = 4 << 20
"""Bytes after which a line without an end is handed out in pieces."""

_REDRAW_LIMIT = 64 << 10
_PATIENT_FAILURES = 2


async def ssh_source(
    follow: Callable[[], AsyncIterator[FollowEvent]], *, tail: int, clock: Callable[[], float]
) -> AsyncIterator[LogEvent]:
    """The lines of a file on a box.

    Args:
        follow: begins to follow the file, e.g. `lambda: ssh.follow(target, path, -200 * tail)`.
        tail: at most so many lines of what was there at the beginning.
        clock: seconds, monotonic.
    """
    reader, troubles = _Reader(tail), Troubles(clock)
    async with aclosing_iterator(follow()) as events:
        async for event in events:
            for told in _tell(event, reader, troubles):
                yield told


def _tell(event: FollowEvent, reader: _Reader, troubles: Troubles) -> list[LogEvent]:
    match event:
        case Lost(error=SshNotReady() as error):
            return [Waiting(error.message)]
        case Lost(error=error):
            told = troubles.failed(error)
            return [told] if told else []
        case Missing(path=path):
            return [Waiting(f"waiting for {path} to appear on the box")]
        case Reconnected():
            restored = troubles.worked()
            return [restored] if restored else []
        case Opened(offset=offset, size=size):
            reader.open(offset, size)
        case Rotated(lost=lost):
            return reader.rotate(lost=lost)
        case Chunk():
            return [lines] if not (lines := reader.take(event)).nothing else []
    return []


class _Reader:
    """Lines out of chunks. What a file held when it was opened is collected and handed out in one go."""

    def __init__(self, tail: int) -> None:
        self._tail = tail
        self._rest = b""
        self._first = True
        self._skip = False
        self._until = 0
        self._backlog: list[str] = []

    def open(self, offset: int, size: int) -> None:
        """Reading begins at `offset` of a file of `size` bytes."""
        if self._first:
            self._first, self._skip = False, offset > 0
        self._until = size if size > offset else 0

    def rotate(self, *, lost: bool) -> list[LogEvent]:
        """A new file begins: an unfinished line of the old one will never be finished."""
        new = (*self._backlog, decode(self._rest)) if self._rest else tuple(self._backlog)
        self._rest, self._backlog, self._until = b"", [], 0
        events: list[LogEvent] = [Lines(new=new)] if new else []
        return [*events, Lines(reset=not lost, gap=lost)]

    def take(self, chunk: Chunk) -> Lines:
        """The lines that the chunk finished, and what is there of the next."""
        *new, self._rest = (self._rest + chunk.data).split(b"\n")
        if self._skip and new:
            # The reading began inside a line.
            del new[0]
            self._skip = False
        self._shorten()
        lines = [decode(line.removesuffix(b"\r")) for line in new]
        if len(self._rest) > LONGEST_LINE:
            lines.append(decode(self._rest))
            self._rest = b""
        if self._until:
            self._backlog += lines
            if chunk.offset + len(chunk.data) < self._until:
                del self._backlog[: -self._tail]
                return Lines()
            lines, self._backlog, self._until = self._backlog[-self._tail :], [], 0
            return Lines(new=tuple(lines), live=self._live(), seam=True)
        return Lines(new=tuple(lines), live=self._live())

    def _live(self) -> str:
        return "" if self._skip else decode(self._rest)

    def _shorten(self) -> None:
        """Of a line that is redrawn for hours only the last drawings are kept."""
        if len(self._rest) > _REDRAW_LIMIT and (cut := self._rest.rfind(b"\r", 0, -_REDRAW_LIMIT // 2)) >= 0:
            self._rest = self._rest[cut + 1 :]


async def auto_source(
    ssh: Callable[[], AsyncIterator[LogEvent]],
    api: Callable[[TailMerge], AsyncIterator[LogEvent]],
) -> AsyncIterator[LogEvent]:
    """SSH while it works, else the API; at each change the lines that both know are shown once.

    Args:
        ssh: makes the SSH source.
        api: makes the API source, which continues what the given merge knows.
    """
    queue: asyncio.Queue[tuple[str, LogEvent]] = asyncio.Queue(64)
    auto = _Auto()
    tasks = {"ssh": asyncio.create_task(_pump("ssh", ssh(), queue)), "api": asyncio.create_task(_pump("api", api(auto.merge), queue))}
    try:
        while True:
            name, event = await _next(queue, tasks)
            for told in auto.take(name, event):
                yield told
            if auto.wants_api and "api" not in tasks:
                tasks["api"] = asyncio.create_task(_pump("api", api(auto.merge), queue))
            elif not auto.wants_api and (task := tasks.pop("api", None)):
                await _stop(task)
    finally:
        for task in tasks.values():
            await _stop(task)


class _Auto:
    """Which source's lines count, and how the other's continue them."""

    def __init__(self) -> None:
        self.merge = TailMerge()
        self.wants_api = True
        self._shown = ""
        self._seam = False

    def take(self, name: str, event: LogEvent) -> list[LogEvent]:
        """What the user is told of an event of one of the sources."""
        return self._from_ssh(event) if name == "ssh" else self._from_api(event)

    def _from_ssh(self, event: LogEvent) -> list[LogEvent]:
        match event:
            case Lines():
                self.wants_api = False
                if self._seam or (event.seam and self._shown == "api"):
                    event = join(self.merge, event)
                else:
                    self.merge.extend(event.new)
                self._seam = False
                return self._change("ssh", event)
            case Trouble(error=HostKeyChanged()):
                self.wants_api = True
                return [event]
            case Trouble(count=count):
                self.wants_api = self.wants_api or count >= _PATIENT_FAILURES
                return [event] if self._shown == "ssh" else []
            case Waiting() if not self._shown:
                return [event]
        return []

    def _from_api(self, event: LogEvent) -> list[LogEvent]:
        if not self.wants_api:
            return []
        match event:
            case Lines():
                self._seam = True
                return self._change("api", event)
            case Waiting() if self._shown:
                return []
        return [event]

    def _change(self, name: str, event: Lines) -> list[LogEvent]:
        events: list[LogEvent] = [] if self._shown == name else [Switched(name)]
        self._shown = name
        return events if event.nothing else [*events, event]


async def _pump(name: str, source: AsyncIterator[LogEvent], queue: asyncio.Queue[tuple[str, LogEvent]]) -> None:
    async with aclosing_iterator(source) as events:
        async for event in events:
            await queue.put((name, event))


async def _next(
    queue: asyncio.Queue[tuple[str, LogEvent]], tasks: dict[str, asyncio.Task[None]]
) -> tuple[str, LogEvent]:
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


class aclosing_iterator:  # noqa: N801  (reads like contextlib.aclosing)
    """Closes an async iterator at the end of the block, if it can be closed."""

    def __init__(self, iterator: AsyncIterator[object]) -> None:
        self._iterator = iterator
