"""Fixtures that start the simulated Vast.ai; how property tests choose their examples."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any, Protocol

import pytest
from hypothesis import settings

from vasttui.sim.server import SimOptions, Simulator, running

# The same examples in each run, so that a failing run can be had again; `search` looks for new ones.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


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
