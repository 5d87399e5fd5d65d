"""The simulated Vast.ai of `--demo`: a child process that ends when we end, however we end."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from vasttui.errors import Unreachable, UsageError

START_TIMEOUT = 20.0
"""Seconds that the simulator may take to start."""


@dataclass(frozen=True, slots=True)
class Demo:
    """Where the simulated Vast.ai is."""

    url: str
    api_key: str
    ssh_private_key: Path


def check_installed() -> None:
    """Raise UsageError when the packages of the demo are not installed."""
    if any(importlib.util.find_spec(name) is None for name in ("starlette", "uvicorn")):
        raise UsageError("the demo needs two more packages", hint="Install them: pip install 'vasttui[demo]'")


@asynccontextmanager
async def demo_server(*, speed: float = 10.0, seed: int = 1, instances: int = 5) -> AsyncIterator[Demo]:
    """Run a simulator for this process.

    It serves until its standard input closes, which the system does for us even after a kill -9.
    """
    check_installed()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vasttui.sim", "--until-stdin-closes"),
        *("--speed", str(speed), "--seed", str(seed), "--instances", str(instances)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        # A ^C in the terminal is ours to handle.
        start_new_session=True,
    )
    try:
        yield await _first_line(process)
    finally:
        await _end(process)


async def _first_line(process: asyncio.subprocess.Process) -> Demo:
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_TIMEOUT):
            line = await process.stdout.readline()
        said = json.loads(line)
        return Demo(said["url"], said["api_key"], Path(said["ssh_private_key"]))
    except (TimeoutError, ValueError, KeyError, TypeError) as error:
        raise Unreachable(
            "the simulated Vast.ai did not start", hint="Run `vasttui sim` to see what it says."
        ) from error


async def _end(process: asyncio.subprocess.Process) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(2):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
