"""Where log lines come from: the API, a file over SSH, or whichever of the two works.

All sources are async generators of `LogEvent`; none ends by itself. Close them with `aclose()`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from vasttui.errors import SshNotReady
from vasttui.logs.api_source import LogClient, Troubles, api_source
from vasttui.logs.auto import auto_source
from vasttui.logs.clean import decode
from vasttui.logs.events import Lines, LogEvent, Waiting
from vasttui.ssh import Chunk, FollowEvent, Lost, Missing, Opened, Reconnected, Rotated

__all__ = ["LogClient", "LogEvent", "api_source", "auto_source", "ssh_source"]

LONGEST_LINE = 4 << 20
"""Bytes after which a line without an end is handed out in pieces."""

_REDRAW_LIMIT = 64 << 10


async def ssh_source(
    follow: Callable[[], AsyncGenerator[FollowEvent, None]], *, tail: int, clock: Callable[[], float]
) -> AsyncGenerator[LogEvent, None]:
    """The lines of a file on a box.

    Args:
        follow: begins to follow the file, e.g. `lambda: ssh.follow(target, path, -200 * tail)`.
        tail: at most so many lines of what was there at the beginning.
        clock: seconds, monotonic.
    """
    reader, troubles = _Reader(tail), Troubles(clock)
    async with aclosing(follow()) as events:
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
