"""Runs the commands of a job file that belong to this computer."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from vasttui.logs.masks import secret_places

_MOST_ERRORS = 2000
_CHUNK = 65_536
_LAST_WAIT = 1.0


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command went.

    Attributes:
        code: its exit code, 128 and the signal's number for one that was killed, as a shell counts.
        output: what it printed.
        errors: the last that it printed to stderr, in one line.
        trouble: why it did not come to an end, or cannot be used: "" normally.
    """

    code: int
    output: str = ""
    errors: str = ""
    trouble: str = ""


async def run_shell(command: str, *, folder: str, env: Mapping[str, str], time_limit: float, most: int) -> Ran:
    """Run a command by /bin/sh; what takes too long or prints too much is killed with its children. Raises nothing.

    Args:
        folder: where it runs, "" for the current one.
        env: variables beside vasttui's own.
        time_limit: seconds.
        most: bytes of output that are read, 0 for none: the output is thrown away.
    """
    try:
        process = await _begin(command, folder, env, piped=most > 0)
    except (OSError, ValueError) as error:
        return Ran(127, trouble=f"cannot be run: {getattr(error, 'strerror', None) or error}")
    ended = False
    output, errors = b"", b""
    try:
        async with asyncio.timeout(time_limit):
            output, errors, _ = await asyncio.gather(_head(process, most), _tail(process.stderr), process.wait())
        ended = True
    except TimeoutError:
        pass
    finally:
        if not ended:
            await _end(process)
    trouble = "" if ended else f"took longer than {time_limit:g} s and was killed"
    if len(output) > most > 0:
        trouble = f"printed more than {most / 1024**2:g} MB and was killed"
    code = process.returncode or 0
    return Ran(128 - code if code < 0 else code, output.decode("utf-8", "surrogateescape"), _shown(errors), trouble)


async def _begin(command: str, folder: str, env: Mapping[str, str], *, piped: bool) -> asyncio.subprocess.Process:
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            "/bin/sh", "-c", command, cwd=folder or None, env={**os.environ, **env}, start_new_session=True,
            stdin=nothing, stdout=pipe if piped else nothing, stderr=pipe,
        )
    )  # fmt: skip
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        # Cancelled half-way asyncio ends the shell alone, and then waits for ever for what the shell began.
        with suppress(OSError, ValueError):
            await _end(await starting)
        raise


async def _end(process: asyncio.subprocess.Process) -> None:
    _kill(process)
    # A child that left the group may hold the output open for as long as it likes.
    with suppress(TimeoutError):
        async with asyncio.timeout(_LAST_WAIT):
            await process.wait()


def _shown(errors: bytes) -> str:
    text = " ".join(errors.decode("utf-8", "replace").split())
    for start, end in reversed(secret_places(text)):
        text = f"{text[:start]}…{text[end:]}"
    return text


async def _head(process: asyncio.subprocess.Process, most: int) -> bytes:
    """The output; beyond `most` the process is killed."""
    read = bytearray()
    while process.stdout and (chunk := await process.stdout.read(_CHUNK)):
        # Read to its end in any case: a process counts as ended only when its output does.
        if len(read) <= most:
            read += chunk
            if len(read) > most:
                _kill(process)
    return bytes(read)


async def _tail(stream: asyncio.StreamReader | None) -> bytes:
    kept = b""
    while stream and (chunk := await stream.read(_CHUNK)):
        kept = (kept + chunk)[-_MOST_ERRORS:]
    return kept


def _kill(process: asyncio.subprocess.Process) -> None:
    # Also when it has ended itself: a child in the background may hold its output open.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
