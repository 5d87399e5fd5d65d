"""Follow a file on a box for ever, each byte once.

The box runs `tail -F` from a byte offset that we count, so a broken connection resumes where it stopped.
Whether the file is still the same one is judged by its inode, its size and the bytes before the offset. What
tail itself says about a rotation has to come in order with the data, so it shares the data's pipe; it is told
from log text by the file's path, which we spell with a random number of `./` and `/` that the log cannot
know.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import shlex
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from posixpath import dirname

from vasttui.errors import HostKeyChanged, SshError
from vasttui.ssh.connection import SshConnection, connect
from vasttui.ssh.target import SshTarget

_READ = 65_536
_MARK = 64
_WAITS = (1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 60.0)
_NOTICE_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Opened:
    """Reading begins (anew) at byte `offset`; the file has `size` bytes at this moment."""

    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes of the file, `offset` of the first."""

    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Rotated:
    """What follows is from byte 0 of a new file, or of the truncated one; `lost` when bytes in between are
    missing.
    """

    reason: str
    lost: bool


@dataclass(frozen=True, slots=True)
class Missing:
    """There is no such file now; it is waited for."""

    path: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The `attempt`-th failure in a row; the next try comes in `retry_in` seconds."""

    error: SshError
    attempt: int
    retry_in: float


@dataclass(frozen=True, slots=True)
class Reconnected:
    """Connected again after `attempts` failures."""

    attempts: int


FollowEvent = Opened | Chunk | Rotated | Missing | Lost | Reconnected


@dataclass
class _Place:
    """How far we are: bytes seen of the file with that inode, and the last of them."""

    offset: int
    inode: str = ""
    mark: bytes = b""

    def advance(self, data: bytes) -> Chunk:
        chunk = Chunk(self.offset, data)
        self.offset += len(data)
        self.mark = (self.mark + data)[-_MARK:]
        return chunk

    def restart(self, inode: str = "") -> None:
        self.offset, self.inode, self.mark = 0, inode, b""


@dataclass(frozen=True)
class _Spot:
    """What is at a path: inode ("" when there is none), size, and the bytes just before an offset."""

    inode: str
    size: int
    mark: bytes


async def follow(
    target: SshTarget,
    path: str,
    offset: int = 0,
    *,
    dial: Callable[[SshTarget], Awaitable[SshConnection]] = connect,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncGenerator[FollowEvent, None]:
    """Follow `path` on a box from byte `offset` (negative: that many bytes before its end). Never ends by
    itself.

    `~/x` and relative paths begin in the login directory. A changed host key is told as `Lost` and tried
    again every minute; nothing is sent to such a host.
    """
    place, attempt = _Place(offset), 0
    while True:
        try:
            async with (
                await dial(target) as connection,
                aclosing(_session(connection, path, place)) as events,
            ):
                async for event in events:
                    if attempt:
                        yield Reconnected(attempt)
                        attempt = 0
                    yield event
            error = SshError(f"{target.alias}: following {path} ended", hint="It is started again.")
        except SshError as caught:
            error = caught
        attempt += 1
        wait = _WAITS[-1] if isinstance(error, HostKeyChanged) else _WAITS[min(attempt, len(_WAITS)) - 1]
        yield Lost(error, attempt, wait)
        await sleep(wait)


async def _session(connection: SshConnection, path: str, place: _Place) -> AsyncGenerator[FollowEvent, None]:
    """One connection's worth of following; ends when the connection does."""
    spot = await _look(connection, path, place.offset)
    if place.offset < 0:
        place.offset = max(0, spot.size + place.offset)
    async with aclosing(_resume(connection, path, place, spot)) as events:
        async for event in events:
            yield event
    place.inode = spot.inode or place.inode
    yield Opened(place.offset, spot.size)
    if not spot.inode:
        yield Missing(path)
    key = _key(path)
    command = f"exec env LC_ALL=C tail -c +{place.offset + 1} -F -- {shlex.quote(_spelled(path, key))} 2>&1"
    splitter = _Splitter(key)
    process = await connection.start(command)
    try:
        while data := await _read(connection, process.stdout.read):
            for piece in splitter.feed(data):
                if isinstance(piece, bytes):
                    yield place.advance(piece)
                elif told := _told(piece.text, path, place):
                    yield told
    finally:
        process.close()


async def _read(connection: SshConnection, read: Callable[[int], Awaitable[bytes]]) -> bytes:
    try:
        return await read(_READ)
    except Exception as error:
        if isinstance(error, OSError) or type(error).__module__.startswith("asyncssh"):
            raise connection.broken(error) from error
        raise


def _told(text: str, path: str, place: _Place) -> FollowEvent | None:
    """What a message of tail means."""
    if "truncated" in text:
        reason = "truncated"
    elif "has been replaced" in text or "has appeared" in text:
        reason = "replaced"
    elif "inaccessible" in text:
        return Missing(path)
    else:
        return None
    if not place.offset and not place.inode:
        return None
    place.restart()
    return Rotated(reason, lost=False)


async def _resume(
    connection: SshConnection, path: str, place: _Place, spot: _Spot
) -> AsyncGenerator[FollowEvent, None]:
    """After a break: if the file is another one now, read the rest of the old one where it still lies beside
    it.
    """
    if not place.offset or not spot.inode:
        return
    moved = bool(place.inode) and spot.inode != place.inode
    if not moved and spot.size >= place.offset and spot.mark[-len(place.mark) :] == place.mark:
        return
    if not moved:
        reason = "truncated" if spot.size < place.offset else "replaced"
        place.restart()
        yield Rotated(reason, lost=True)
        return
    old = await _moved_to(connection, path, place)
    if old:
        async with aclosing(_rest(connection, old, place)) as rest:
            async for chunk in rest:
                yield chunk
    place.restart()
    yield Rotated("replaced", lost=not old)


async def _rest(connection: SshConnection, path: str, place: _Place) -> AsyncGenerator[Chunk, None]:
    process = await connection.start(f"exec tail -c +{place.offset + 1} -- {shlex.quote(path)}")
    try:
        while data := await _read(connection, process.stdout.read):
            yield place.advance(data)
    finally:
        process.close()


async def _moved_to(connection: SshConnection, path: str, place: _Place) -> str:
    """Where the file with our inode is now, in the same directory; "" when it is not there or not the
    same.
    """
    folder = shlex.quote(dirname(_plain(path)) or ".")
    command = f"find {folder} -maxdepth 1 -type f -inum {place.inode} 2>/dev/null"
    _, out, _ = await connection.run(command)
    found = out.split("\n", 1)[0]
    if not found:
        return ""
    spot = await _look(connection, found, place.offset)
    same = spot.inode == place.inode and spot.size >= place.offset
    return found if same and spot.mark[-len(place.mark) :] == place.mark else ""


async def _look(connection: SshConnection, path: str, offset: int) -> _Spot:
    name = shlex.quote(_plain(path))
    command = f"stat -L -c '%i %s' -- {name} 2>/dev/null"
    if offset > 0:
        start = max(0, offset - _MARK)
        command += f"; printf '%s\\n' ==; tail -c +{start + 1} -- {name} 2>/dev/null | head -c {offset - start}"
    _, out, _ = await connection.run_bytes(command)
    head, _, mark = out.partition(b"==\n")
    found = re.match(rb"(\d+) (\d+)\s", head)
    return _Spot(found[1].decode(), int(found[2]), mark) if found else _Spot("", 0, b"")


def _plain(path: str) -> str:
    """The path as a shell's working directory sees it, never an option."""
    path = path[2:] if path.startswith("~/") else path
    return path if path.startswith("/") else f"./{path}"


def _key(path: str) -> str:
    """The beginning of a path that means the same as "/" or "./" and that nobody can guess."""
    steps = "".join(secrets.choice(("./", "/")) for _ in range(64))
    return ("/" if _plain(path).startswith("/") else "./") + steps


def _spelled(path: str, key: str) -> str:
    return key + _plain(path).removeprefix("./").lstrip("/")


@dataclass(frozen=True, slots=True)
class _Notice:
    text: str


@dataclass
class _Splitter:
    """Parts tail's own messages from the file's bytes."""

    key: str
    _held: bytes = b""
    _began: bool = False
    _pattern: re.Pattern[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self._pattern = re.compile(rb"tail: (?:(?!tail: )[^\n]){0,100}?" + re.escape(self.key.encode()) + rb"[^\n]*\n")

    def feed(self, data: bytes) -> list[bytes | _Notice]:
        data, self._held = self._held + data, b""
        if not self._began:
            # Said before anything else, and without a path: there are no inotify handles, so tail polls.
            data = re.sub(rb"\Atail: inotify [^\n]*\n", b"", data)
        pieces: list[bytes | _Notice] = []
        position = 0
        for match in self._pattern.finditer(data):
            pieces += (data[position : match.start()], _Notice(match[0].decode("utf-8", "replace")))
            position = match.end()
        rest = data[position:]
        keep = self._unfinished(rest)
        self._held = rest[len(rest) - keep :] if keep else b""
        pieces.append(rest[: len(rest) - keep])
        self._began = self._began or any(isinstance(piece, bytes) and piece for piece in pieces)
        return [piece for piece in pieces if piece]

    def _unfinished(self, data: bytes) -> int:
        """How many of the last bytes may be the beginning of a message."""
        start = data.rfind(b"tail: ", max(0, len(data) - _NOTICE_LIMIT))
        if start >= 0 and b"\n" not in data[start:]:
            return len(data) - start
        return next((size for size in range(5, 0, -1) if data.endswith(b"tail: "[:size])), 0)
