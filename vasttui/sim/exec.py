"""SSH sessions of boxes with real shells: a process of this computer, its pipes joined to the channel."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal

import asyncssh

from vasttui.sim.boxes import Box
from vasttui.sim.real import RealContainers

_BLOCK = 65536


async def serve_real(process: asyncssh.SSHServerProcess[bytes], box: Box, containers: RealContainers) -> None:
    """Run a command, or a shell, as OpenSSH does without a terminal: the session lasts as long as somebody holds its
    output. Who is left behind by a client that goes is hung up.
    """
    child = await asyncio.create_subprocess_exec(
        *containers.words(box, process.command), cwd=containers.folder(box) / "root", env=containers.session_env(box),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stderr is not None
    feeding = asyncio.create_task(_feed(process, child))
    leaving = asyncio.create_task(_hang_up_after(process, child))
    try:
        await asyncio.gather(_pump(child.stdout, process.stdout), _pump(child.stderr, process.stderr))
        code = await child.wait()
    finally:
        for task in (feeding, leaving):
            task.cancel()
        if child.returncode is None:
            _signal(child, signal.SIGKILL)
    with contextlib.suppress(OSError):
        process.exit(code if code >= 0 else 128 - code)


async def _feed(process: asyncssh.SSHServerProcess[bytes], child: asyncio.subprocess.Process) -> None:
    """Pass on what is typed, and its end."""
    assert child.stdin is not None
    with contextlib.suppress(OSError, asyncssh.Error):
        while data := await process.stdin.read(_BLOCK):
            child.stdin.write(data)
            await child.stdin.drain()
    child.stdin.close()


async def _hang_up_after(process: asyncssh.SSHServerProcess[bytes], child: asyncio.subprocess.Process) -> None:
    await process.wait_closed()
    _signal(child, signal.SIGHUP)


async def _pump(source: asyncio.StreamReader, target: asyncssh.SSHWriter[bytes]) -> None:
    """Pass on output; when nobody takes it any more, let it run dry."""
    while data := await source.read(_BLOCK):
        with contextlib.suppress(OSError, asyncssh.Error):
            target.write(data)
            await target.drain()


def _signal(child: asyncio.subprocess.Process, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, number)
