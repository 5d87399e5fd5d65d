"""Fixtures that start the simulated Vast.ai."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any, Protocol

import pytest

from vasttui.sim.server import SimOptions, Simulator, running


class StartSim(Protocol):
    """Start a simulator in this event loop; keywords are the fields of SimOptions. It ends with the test."""

    async def __call__(self, **options: Any) -> Simulator: ...


async def until(true: Callable[[], bool], limit: float = 20.0) -> None:
    """Wait until a condition holds; TimeoutError after `limit` seconds."""
    async with asyncio.timeout(limit):
        while not true():  # noqa: ASYNC110  (what is waited for has no event)
            await asyncio.sleep(0.005)


@pytest.fixture
async def sim() -> AsyncIterator[StartSim]:
    async with AsyncExitStack() as stack:

        async def start(**options: Any) -> Simulator:
            return await stack.enter_async_context(running(SimOptions(**options)))

        yield start
