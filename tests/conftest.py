"""Fixtures that start the simulated Vast.ai."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, Protocol

import pytest

from vasttui.sim.server import SimOptions, Simulator, running


class StartSim(Protocol):
    """Start a simulator in this event loop; keywords are the fields of SimOptions. It ends with the test."""

    async def __call__(self, **options: Any) -> Simulator: ...


@pytest.fixture
async def sim() -> AsyncIterator[StartSim]:
    async with AsyncExitStack() as stack:

        async def start(**options: Any) -> Simulator:
            return await stack.enter_async_context(running(SimOptions(**options)))

        yield start
