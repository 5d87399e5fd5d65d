"""One connection to a box, shared by all that use it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType

from vasttui.errors import SshError
from vasttui.ssh.connection import SshConnection, connect
from vasttui.ssh.target import SshTarget

SHARES = 5
"""Uses of one connection at a time. Each may have two sessions open, and sshd allows ten (MaxSessions)."""

LINGER = 20.0
"""Seconds for which a connection that nobody uses is kept: who lists files will follow one."""


@dataclass(eq=False)
class _Line:
    """A connection and who uses it."""

    connection: SshConnection
    target: SshTarget
    users: int = 0
    worn: bool = False
    hang_up: asyncio.TimerHandle | None = None

    def leads_to(self, target: SshTarget) -> bool:
        """It was made to this box, as it can be reached now."""
        return (self.target.addresses, self.target.key_paths) == (target.addresses, target.key_paths)

    def stay(self) -> None:
        """It is not to be closed for want of users."""
        if self.hang_up is not None:
            self.hang_up.cancel()


class SshLink:
    """Dialled at the first `join`, by one of those who wait for it; dialled again when it broke; closed when
    nobody has used it for a while.

    A connection on which somebody ran into a fault is given to nobody any more, so that one is made anew where
    it only seems to be open; those who still use it may. More users than one connection can bear get a
    second one.
    """

    def __init__(
        self, *, dial: Callable[[SshTarget], Awaitable[SshConnection]] = connect, linger: float = LINGER
    ) -> None:
        self._dial = dial
        self._linger = linger
        self._lines: list[_Line] = []
        self._dialling: asyncio.Task[None] | None = None
        self._closed = False

    async def join(self, target: SshTarget) -> Share:
        """A share of the connection, to be used with `async with`. Raises as `connect`."""
        while True:
            if self._closed:
                raise SshError(f"{target.alias}: the connection was closed")
            self._lines = [line for line in self._lines if line.connection.usable]
            for line in self._lines:
                if line.users < SHARES and not line.worn and line.leads_to(target):
                    return Share(line, self._left)
            if self._dialling is None:
                self._dialling = asyncio.create_task(self._dialled(target))
                # Who asked may have gone when it fails.
                self._dialling.add_done_callback(lambda task: task.cancelled() or task.exception())
            await asyncio.shield(self._dialling)

    async def _dialled(self, target: SshTarget) -> None:
        try:
            line = _Line(await self._dial(target), target)
            self._lines.append(line)
            self._rest(line)
        finally:
            self._dialling = None

    async def close(self) -> None:
        """Close it for good, also to those who still use it."""
        self._closed = True
        if self._dialling is not None:
            self._dialling.cancel()
            await asyncio.wait({self._dialling})
        lines, self._lines = self._lines, []
        for line in lines:
            line.stay()
        await asyncio.gather(*(line.connection.close() for line in lines))

    def _rest(self, line: _Line) -> None:
        """Nobody uses the line now."""
        delay = 0.0 if line.worn else self._linger
        line.hang_up = asyncio.get_running_loop().call_later(delay, line.connection.hang_up)

    def _left(self, line: _Line, *, failed: bool) -> None:
        line.users -= 1
        line.worn = line.worn or failed
        if not line.users:
            self._rest(line)


class Share:
    """One use of a connection."""

    def __init__(self, line: _Line, left: Callable[..., None]) -> None:
        self._line = line
        self._left = left

    async def __aenter__(self) -> SshConnection:
        self._line.stay()
        self._line.users += 1
        return self._line.connection

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left(self._line, failed=isinstance(value, SshError))
