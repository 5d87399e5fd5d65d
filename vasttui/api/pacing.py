"""When a request may leave: one lane for each endpoint; the most urgent first, then first come, first served.

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
from itertools import count

from vasttui.api.endpoints import Endpoint

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]
Rank = Callable[[], tuple[int, float]]
"""How urgent a request is: the lowest goes first. Asked whenever a turn is given, for it may change meanwhile."""

# Waits of a read that failed, seconds; the last one repeats.
WAITS = (5.0, 10.0, 20.0, 40.0, 60.0)
_MARGIN = 0.05
_MAX_EXTRA = 60.0
_MEMORY = 120.0
_LONGEST_ANSWER = 5.0
_LATELY = 0.2


def first_come() -> tuple[int, float]:
    """The rank of what is as urgent as anything else."""
    return 0, 0.0


@dataclass(eq=False)
class _Place:
    """A request in the queue of a lane."""

    rank: Rank
    number: int
    turn: asyncio.Future[None]

    @property
    def order(self) -> tuple[tuple[int, float], int]:
        return self.rank(), self.number


class _Queue:
    """Who may use a lane: one at a time, and next the most urgent of those who wait."""

    def __init__(self) -> None:
        self._held = False
        self._waiting: list[_Place] = []
        self._numbers = count()

    def number(self) -> int:
        """A number behind all that were given."""
        return next(self._numbers)

    @asynccontextmanager
    async def turn(self, rank: Rank, number: int) -> AsyncIterator[None]:
        """Wait for the turn and hold it."""
        if self._held:
            await self._wait(_Place(rank, number, asyncio.get_running_loop().create_future()))
        self._held = True
        try:
            yield
        finally:
            self._pass_on()

    def overtaken(self, rank: Rank, number: int) -> bool:
        """A more urgent one came while the holder of the turn waited."""
        return any(place.order < (rank(), number) for place in self._waiting)

    async def _wait(self, place: _Place) -> None:
        self._waiting.append(place)
        try:
            await place.turn
        except asyncio.CancelledError:
            if place in self._waiting:
                self._waiting.remove(place)
            else:
                self._pass_on()  # the turn came in the same moment
            raise

    def _pass_on(self) -> None:
        ready = [place for place in self._waiting if not place.turn.done()]
        self._held = bool(ready)
        if ready:
            following = min(ready, key=lambda place: place.order)
            self._waiting.remove(following)
            following.turn.set_result(None)


@dataclass
class _Lane:
    """State of one endpoint; times are the clock's."""

    queue: _Queue = field(default_factory=_Queue)
    interval: float = 0.0
    next_at: float = float("-inf")
    recent: deque[float] = field(default_factory=deque)
    extra: float = 0.0
    extra_until: float = float("-inf")
    took: float = 0.0

    def note(self, took: float) -> None:
        """Remember how long the answers take of late; one that hangs is no measure."""
        self.took += _LATELY * (min(took, _LONGEST_ANSWER) - self.took)


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
    async def slot(self, endpoint: Endpoint, rank: Rank = first_come) -> AsyncIterator[None]:
        """Wait for the endpoint's turn and hold it for the length of one request."""
        lane = self._lane(endpoint)
        number = lane.queue.number()
        while True:
            async with lane.queue.turn(rank, number):
                if not await self._until_ready(lane, endpoint, lambda: lane.queue.overtaken(rank, number)):
                    continue
                began = self._clock()
                try:
                    yield
                finally:
                    now = self._clock()
                    lane.note(now - began)
                    lane.next_at = max(lane.next_at, now + self._distance(lane, now))
                    lane.recent.append(now)
                return

    async def _until_ready(self, lane: _Lane, endpoint: Endpoint, overtaken: Callable[[], bool]) -> bool:
        """Wait until a request may leave; False when a more urgent one came meanwhile."""
        while (wait := self._ready_at(lane, endpoint) - self._clock()) > 0:
            await self._sleep(wait)
            if overtaken():
                return False
        return True

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

    def turn(self, endpoint: Endpoint) -> float:
        """Seconds of its lane that one call takes up now: its answer, and the distance after it."""
        return self._lane(endpoint).took + self.interval(endpoint)

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
