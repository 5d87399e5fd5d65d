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
from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired

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


def launch(*, speed: float = 10.0, seed: int = 1, instances: int = 5) -> Popen[bytes]:
    """Start a simulator and do not wait for it: it loads while we do.

    It serves until its standard input closes, which the system does for us even after a kill -9.
    """
    return Popen(
        (
            *(sys.executable, "-m", "vasttui.sim", "--until-stdin-closes"),
            *("--speed", str(speed), "--seed", str(seed), "--instances", str(instances)),
        ),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        # A ^C in the terminal is ours to handle.
        start_new_session=True,
    )


@asynccontextmanager
async def demo_server(simulator: Popen[bytes] | None = None) -> AsyncIterator[Demo]:
    """A simulator for this process, that was launched already or is now. Raises Unreachable."""
    if simulator is None:
        check_installed()
        simulator = launch()
    try:
        yield await _first_line(simulator)
    finally:
        await asyncio.to_thread(_end, simulator)


async def _first_line(simulator: Popen[bytes]) -> Demo:
    assert simulator.stdout is not None
    try:
        async with asyncio.timeout(START_TIMEOUT):
            line = await asyncio.to_thread(simulator.stdout.readline)
        said = json.loads(line)
        return Demo(said["url"], said["api_key"], Path(said["ssh_private_key"]))
    except (TimeoutError, ValueError, KeyError, TypeError) as error:
        raise Unreachable(
            "the simulated Vast.ai did not start", hint="Run `vasttui sim` to see what it says."
        ) from error


def _end(simulator: Popen[bytes]) -> None:
    """Let it end, or make it."""
    assert simulator.stdin is not None
    assert simulator.stdout is not None
    simulator.stdin.close()
    try:
        simulator.wait(2)
    except TimeoutExpired:
        simulator.kill()
        simulator.wait()
    simulator.stdout.close()
