"""Follow a file on a box for ever, each byte once.

The box prints the file from a byte offset that we count, so a broken connection resumes where it stopped.
Whether the file is still the same one is judged by its inode, its size and the bytes before the offset, each
time after the printing began, so that no rotation can slip in between.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, replace

from vasttui.errors import HostKeyChanged, SshError
from vasttui.ssh.connection import SshConnection, connect
from vasttui.ssh.place import MARK, Place, Spot, Standing, look, plain, set_aside
from vasttui.ssh.tail import Tail, rest_of, start_tail
from vasttui.ssh.target import SshTarget

VERIFY = 10.0
"""Seconds after which, when something was written, the bytes before it are compared again: a file that was truncated
and at once grew beyond its old size is one that no tail notices.
"""

_WAITS = (1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 60.0)


@dataclass(frozen=True, slots=True)
class Opened:
    """Reading begins (anew) at byte `offset`; the file has `size` bytes and this `inode` (0: there is none)."""

    offset: int
    size: int
    inode: int = 0


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes of the file, `offset` of the first, and the file's `inode` (0 when unknown)."""

    offset: int
    data: bytes
    inode: int = 0


@dataclass(frozen=True, slots=True)
class Rotated:
    """What follows is from byte 0 of a new file, or of the truncated one; where it was found out late that a file
    was written anew, reading goes on where it was.

    Attributes:
        reason: "replaced" or "truncated".
        lost: bytes of the old file were never read. What is truncated under our eyes is not said to be lost: it
            was read until then, up to what was written in the same moment.
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

Dial = Callable[[SshTarget], Awaitable[AbstractAsyncContextManager[SshConnection]]]
"""Gives a connection, or a share of one."""


async def follow(
    target: SshTarget,
    path: str,
    offset: int = 0,
    *,
    resume: Place | None = None,
    dial: Dial = connect,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    verify: float = VERIFY,
) -> AsyncGenerator[FollowEvent, None]:
    """Follow `path` on a box from byte `offset` (negative: that many bytes before its end), or from `resume` on
    as after a break. Never ends by itself.

    `~/x` and relative paths begin in the login directory. A changed host key is told as `Lost` and tried
    again every minute; nothing is sent to such a host.

    Raises:
        SshError: the path is none.
    """
    plain(path)
    standing, attempt = Standing(path, offset), 0
    if resume is not None:
        standing = Standing(path, resume.offset, resume.inode, resume.mark)
    while True:
        try:
            async with (
                await dial(target) as connection,
                aclosing(_session(connection, standing, verify)) as events,
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


async def _session(
    connection: SshConnection, standing: Standing, verify: float
) -> AsyncGenerator[FollowEvent, None]:
    """One connection's worth of following; ends when the tail does by itself."""
    if standing.offset < 0:
        standing.offset = max(0, (await look(connection, standing.path, 0)).size + standing.offset)
    said, watched = "", False
    while True:
        tail = await start_tail(connection, standing.path, standing.offset)
        try:
            spot = await look(connection, standing.path, standing.offset)
            same = not spot.inode or (standing.fits(spot) and not (said == "truncated" and standing.offset))
            if same:
                said = ""
                async with aclosing(_printed(tail, standing, spot, verify)) as events:
                    async for event in events:
                        if isinstance(event, _Turn):
                            said, watched = event.reason, bool(spot.inode)
                        else:
                            yield event
        finally:
            tail.close()
        if same and not said:
            return
        if not same:
            async with aclosing(_turned(connection, standing, spot, said, watched=watched)) as turned:
                async for event in turned:
                    yield event
            said, watched = "", False


@dataclass(frozen=True, slots=True)
class _Turn:
    """Tail says that the file is another one now."""

    reason: str


async def _printed(
    tail: Tail, standing: Standing, spot: Spot, verify: float
) -> AsyncGenerator[FollowEvent | _Turn, None]:
    """What tail prints, up to the moment when the file is another one."""
    if spot.inode:
        standing.inode, standing.mark = spot.inode, spot.mark
    yield Opened(standing.offset, spot.size, spot.inode)
    if not spot.inode:
        yield Missing(standing.path)
    verified, due = replace(standing), time.monotonic() + verify
    async with aclosing(tail.pieces()) as pieces:
        async for piece in pieces:
            if isinstance(piece, bytes):
                if time.monotonic() >= due:
                    expected = replace(verified)
                    if not verified.mark and verified.offset == standing.offset:
                        expected.advance(piece[:MARK])
                    if await _rewritten(tail.connection, expected):
                        if verified.offset == standing.offset:
                            yield _Turn("truncated")
                            return
                        # Found out late. To begin anew would double what was told since.
                        yield Rotated("truncated", lost=True)
                    due = time.monotonic() + verify
                    verified = replace(standing)
                    verified.advance(piece)
                yield _read(standing, piece)
            elif "file truncated" in piece.text:
                yield _Turn("truncated")
                return
            elif "has been replaced" in piece.text or "has appeared" in piece.text:
                yield _Turn("replaced")
                return
            elif "has become inaccessible" in piece.text:
                yield Missing(standing.path)


async def _rewritten(connection: SshConnection, verified: Standing) -> bool:
    spot = await look(connection, verified.path, verified.offset)
    return spot.inode == verified.inode and not verified.holds(spot)


async def _turned(
    connection: SshConnection, standing: Standing, spot: Spot, said: str, *, watched: bool
) -> AsyncGenerator[FollowEvent, None]:
    """The file is another one now: read the rest of the old one where it still lies beside it. Where it does not,
    nothing is lost if tail read it until then.
    """
    if not (standing.offset or standing.inode):
        return
    aside = await set_aside(connection, standing)
    if aside is not None:
        async with aclosing(rest_of(connection, aside.path, standing.offset)) as rest:
            async for data in rest:
                yield _read(standing, data)
    shorter = spot.inode == standing.inode and spot.size < standing.offset
    standing.restart()
    lost = not watched if aside is None else not aside.newest
    yield Rotated(said or ("truncated" if shorter else "replaced"), lost)


def _read(standing: Standing, data: bytes) -> Chunk:
    chunk = Chunk(standing.offset, data, standing.inode)
    standing.advance(data)
    return chunk
