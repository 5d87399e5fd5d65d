"""A log over SSH: a file on the box, its bytes cut into lines."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace

from vasttui.errors import SshNotReady
from vasttui.logs.api_source import Troubles
from vasttui.logs.clean import collapse_redraws, decode
from vasttui.logs.events import Current, Lines, LogEvent, Waiting
from vasttui.logs.seam import Seam
from vasttui.ssh import MARK, Chunk, FollowEvent, Lost, Missing, Opened, Place, Reconnected, Rotated

LONGEST_LINE = 16 << 20
"""Bytes after which a line without an end is handed out in pieces: none of it is lost, and memory is bounded."""

_LIVE_LIMIT = 64 << 10
"""Bytes of an unfinished line that are shown, and of a redrawn one that are kept."""


async def ssh_source(
    follow: Callable[[Place | None], AsyncGenerator[FollowEvent, None]],
    *,
    tail: int,
    clock: Callable[[], float],
    known: Sequence[str] = (),
    resume: tuple[Place, int] | None = None,
    path: str = "",
) -> AsyncGenerator[LogEvent, None]:
    """The lines of a file on a box that come after those that are known.

    Args:
        follow: begins to follow the file, at the place it is called with or, with None, some way before its end,
            e.g. `lambda place: ssh.follow(target, path, -200 * tail, resume=place)`.
        tail: at most so many lines of what was there at the beginning, if nothing of it is known.
        clock: seconds, monotonic.
        known: the last lines of the log that are kept, the newest last.
        resume: where an earlier source stood, and how many of the known lines came since: if they are the next
            lines of the file, as they should be, these are not told again. Of no use if it was another `path`.
        path: of the file.
    """
    place, since = resume if resume and resume[0].path == path else (None, 0)
    troubles = Troubles(clock)
    reader = Reader(path, place)
    join = _Join(known, list(known[max(0, len(known) - since) :]) if place else None, tail)
    # Thousands of lines, not needed for as long as the log is followed.
    del known
    behind = 0
    async with aclosing(follow(place)) as events:
        async for event in events:
            match event:
                case Opened(offset=offset, size=size, inode=inode):
                    reader.open(offset, size)
                    behind = max(0, size - offset)
                    if not behind and (size or inode):
                        # A file that does not exist yet is waited for, by "auto" with the API.
                        yield Current()
                case Rotated(lost=lost):
                    for lines in (reader.rotate(), Lines(reset=not lost, gap=lost)):
                        if not (told := join.take(lines)).nothing:
                            yield told
                case Chunk():
                    if not (told := join.take(reader.take(event))).nothing:
                        yield told
                    if behind and (behind := max(0, behind - len(event.data))) == 0:
                        yield Current()
                case _:
                    if state := _state(event, troubles):
                        yield state


def _state(event: FollowEvent, troubles: Troubles) -> LogEvent | None:
    match event:
        case Lost(error=SshNotReady() as error):
            return Waiting(error.message)
        case Lost(error=error):
            return troubles.failed(error)
        case Missing(path=path):
            return Waiting(f"waiting for {path} to appear on the box")
        case Reconnected():
            return troubles.worked()
    return None


class _Join:
    """Lays the first lines of a file behind those that are known. Pure state."""

    def __init__(self, known: Sequence[str], since: list[str] | None, tail: int) -> None:
        self._seam = Seam(known)
        self._known = bool(known)
        self._since = since
        self._tail = tail
        self._open = True
        self._mark = Lines()

    def take(self, lines: Lines) -> Lines:
        """What of the reader's lines is new."""
        if self._open and (lines.gap or lines.reset):
            # Nothing of the file was read yet, and what is known may come from what it holds now.
            self._since, self._mark = None, lines
            return Lines()
        self._seam.note(replace(lines, new=()))
        if not lines.new:
            return lines
        if self._open:
            self._open = False
            return self._first(lines)
        known, guess = self._seam.beyond(lines.new)
        return _after(lines, known, guess)

    def _first(self, lines: Lines) -> Lines:
        if self._since is not None and (same := self._seam.go_on(self._since, lines.new)) is not None:
            return _after(lines, same, at_least=False)
        known, guess, gap = self._seam.join(lines.new)
        if self._known and not gap:
            return _after(replace(lines, seam=False), known, guess)
        mark = self._mark
        new = lines.new if self._since is not None or mark.gap or mark.reset else lines.new[-self._tail :]
        seam, gap = gap or lines.seam, mark.gap or (gap and not mark.reset)
        return replace(lines, new=new, gap=gap, reset=mark.reset, seam=seam)


def _after(lines: Lines, known: int, at_least: bool) -> Lines:
    if not known and not at_least:
        return lines
    return replace(lines, new=lines.new[known:], at_least=at_least)


class Reader:
    """Lines out of chunks. What a file held when it was opened first is collected and handed out in one go.

    Args:
        path: of the file, for the places.
        resume: reading begins there.
    """

    def __init__(self, path: str = "", resume: Place | None = None) -> None:
        self._path = path
        self._first = resume is None
        self._skip = False
        self._until = 0
        self._backlog: list[str] = []
        self._parts: list[bytes] = []
        self._past = resume.mark if resume else b""
        self._unfinished = 0
        self._place: Place | None = None
        self._live = ""

    @property
    def held(self) -> int:
        """Bytes kept of the unfinished line."""
        return sum(map(len, self._parts))

    def open(self, offset: int, size: int) -> None:
        """Reading begins (anew) at `offset` of a file of `size` bytes."""
        if self._first:
            self._first, self._skip = False, offset > 0
            self._until = size if size > offset else 0

    def rotate(self) -> Lines:
        """A new file begins: an unfinished line of the old one will never be finished."""
        rest = b"".join(self._parts)
        lines = (*self._backlog, *([_line(rest)] if rest and not self._skip else []))
        self._parts, self._backlog, self._until = [], [], 0
        self._past, self._unfinished, self._place = b"", 0, None
        self._first, self._skip, self._live = False, False, ""
        return Lines(new=lines)

    def take(self, chunk: Chunk) -> Lines:
        """The lines that the chunk finished, and what is there of the next."""
        first, *others = chunk.data.split(b"\n")
        self._parts.append(first)
        new: list[bytes] = []
        if others:
            *between, last = others
            new = [b"".join(self._parts), *between]
            self._parts = [last]
            if self._skip:
                # The reading began inside a line.
                del new[0]
                self._skip = False
        self._unfinished = len(self._parts[0]) if others else self._unfinished + len(first)
        lines = [_line(line) for line in new]
        self._shorten()
        lines += self._pieces()
        self._remember(chunk, moved=bool(lines))
        if self._until:
            self._backlog += lines
            if chunk.offset + len(chunk.data) < self._until:
                return Lines()
            lines, self._backlog, self._until = self._backlog, [], 0
            return Lines(new=tuple(lines), live=self._changed(lines), place=self._place, seam=True)
        return Lines(new=tuple(lines), live=self._changed(lines), place=self._place)

    def _changed(self, new: Sequence[str]) -> str | None:
        """The unfinished line, None if it looks as it did."""
        if len(self._parts) > 1 and len(self._parts[0]) < _LIVE_LIMIT:
            self._parts = [b"".join(self._parts)]
        live = "" if self._skip else _line(self._parts[0][: 2 * _LIVE_LIMIT]) if self._parts else ""
        before, self._live = self._live, live
        return None if live == ("" if new else before) else live

    def _shorten(self) -> None:
        """Of a line that is redrawn for hours only the last drawings are kept."""
        if self.held > _LIVE_LIMIT and b"\r" in self._parts[-1]:
            rest = b"".join(self._parts)
            cut = rest.rfind(b"\r", 0, -_LIVE_LIMIT // 2)
            self._parts = [rest[cut + 1 :]]

    def _pieces(self) -> list[str]:
        """The beginning of a line that is too long to be waited for."""
        if self._skip or self._unfinished <= LONGEST_LINE or self.held <= LONGEST_LINE:
            return []
        rest = b"".join(self._parts)
        # Not inside a character.
        end = next((end for end in range(len(rest), len(rest) - 4, -1) if not _inside(rest[end - 4 : end])), len(rest))
        self._parts, self._unfinished = [rest[end:]], len(rest) - end
        return [decode(rest[:end])]

    def _remember(self, chunk: Chunk, *, moved: bool) -> None:
        """Where the last finished line ends."""
        past = self._past + chunk.data
        if moved:
            at = len(past) - self._unfinished
            offset = chunk.offset + len(chunk.data) - self._unfinished
            self._place = Place(self._path, chunk.inode, offset, past[max(0, at - MARK) : max(0, at)])
        self._past = past[-MARK - 4 :]


def _inside(end: bytes) -> bool:
    """Whether these bytes end inside a character of UTF-8."""
    for size in range(1, len(end) + 1):
        if end[-size] & 0xC0 != 0x80:
            lead = end[-size]
            return size < (2 if lead >= 0xC0 else 1) + (lead >= 0xE0) + (lead >= 0xF0)
    return False


def _line(raw: bytes) -> str:
    text = decode(raw.removesuffix(b"\r"))
    return collapse_redraws(text) if "\r" in text or "\x08" in text else text
