"""When a request may leave: one lane for each endpoint, first come, first served.

Vast.ai demands a minimum interval between calls of one endpoint and tells no waiting time (vast-ai/docs,
rate-limits-and-errors.mdx). It counts from the arrival of a request, which we cannot see; the answer's
arrival is later for sure, so a lane counts from there and never has two requests under way.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from vasttui.api.endpoints import Endpoint

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]

# Waits of a read that failed, seconds; the last one repeats.
WAITS = (5.0, 10.0, 20.0, 40.0, 60.0)
_MARGIN = 0.05
_MAX_EXTRA = 60.0
_MEMORY = 120.0


@dataclass
class _Lane:
    """State of one endpoint; times are the clock's."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    interval: float = 0.0
    next_at: float = float("-inf")
    recent: deque[float] = field(default_factory=deque)
    extra: float = 0.0
    extra_until: float = float("-inf")


class Pacer:
    """Keeps the documented distance between requests, and a greater one for a while after a 429.

    Args:
        clock: a monotonic clock in seconds.
        sleep: waits so many seconds of that clock.
        scale: multiplies all documented intervals, e.g. for a simulator that runs faster.
    """

    def __init__(
        self, clock: Clock = time.monotonic, sleep: Sleep = asyncio.sleep, *, scale: float = 1.0
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._scale = scale
        self._lanes: dict[tuple[str, str], _Lane] = {}

    @asynccontextmanager
    async def slot(self, endpoint: Endpoint) -> AsyncIterator[None]:
        """Wait for the endpoint's turn and hold it for the length of one request."""
        lane = self._lane(endpoint)
        async with lane.lock:
            while (wait := self._ready_at(lane, endpoint) - self._clock()) > 0:
                await self._sleep(wait)
            try:
                yield
            finally:
                now = self._clock()
                lane.next_at = max(lane.next_at, now + self._distance(lane, now))
                lane.recent.append(now)

    def refused(self, endpoint: Endpoint, retry_after: float | None = None) -> float:
        """Note a 429: double the distance for two minutes. Returns the seconds until the next turn."""
        lane, now = self._lane(endpoint), self._clock()
        if retry_after is not None and retry_after <= _MAX_EXTRA:
            lane.interval = max(lane.interval, retry_after)
        kept = lane.extra if now < lane.extra_until else 0.0
        lane.extra = min(_MAX_EXTRA, max(2 * kept, lane.interval, 1.0 * self._scale))
        lane.extra_until = now + _MEMORY
        wait = max(lane.interval + lane.extra, endpoint.penalty * self._scale, retry_after or 0.0)
        lane.next_at = max(lane.next_at, now + min(wait, _MAX_EXTRA))
        return lane.next_at - now

    def interval(self, endpoint: Endpoint) -> float:
        """Seconds that are kept between two calls now."""
        return self._distance(self._lane(endpoint), self._clock())

    def _lane(self, endpoint: Endpoint) -> _Lane:
        key = (endpoint.method, endpoint.path)
        if key not in self._lanes:
            calls = endpoint.burst[0] if endpoint.burst else 0
            interval = endpoint.interval * self._scale
            self._lanes[key] = _Lane(interval=interval, recent=deque(maxlen=calls))
        return self._lanes[key]

    def _distance(self, lane: _Lane, now: float) -> float:
        return lane.interval + _MARGIN * self._scale + (lane.extra if now < lane.extra_until else 0.0)

    def _ready_at(self, lane: _Lane, endpoint: Endpoint) -> float:
        if endpoint.burst and len(lane.recent) == endpoint.burst[0]:
            return max(lane.next_at, lane.recent[0] + endpoint.burst[1] * self._scale)
        return lane.next_at


def wait_before(attempt: int, waits: tuple[float, ...] = WAITS) -> float:
    """Seconds to wait before the attempt-th repeat, counted from 0: 5, 10, 20, 40, 60, 60, …"""
    return waits[min(attempt, len(waits) - 1)]
