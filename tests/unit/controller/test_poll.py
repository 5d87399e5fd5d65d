"""Keeping one part fresh: back-off, early wake, and the last good value. Time jumps, nobody waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from tests.unit.controller.jumping import JumpingLoop
from vasttui.config import Pace
from vasttui.controller.pace import instances_interval, offers_interval
from vasttui.controller.poll import Poll
from vasttui.errors import Unreachable


def told(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a story in a loop whose time jumps."""
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(story())


class Watched:
    """A poll that writes down when it asked; it fails while `failing`."""

    def __init__(self, interval: float | None = 5.0) -> None:
        self.asked: list[float] = []
        self.failing = False
        self.interval = interval
        self.takes = 0.0
        clock = asyncio.get_running_loop().time
        self.poll: Poll[int] = Poll(self._fetch, lambda: self.interval, lambda: None, clock)
        self.task = asyncio.create_task(self.poll.run())

    async def _fetch(self) -> int:
        self.asked.append(round(asyncio.get_running_loop().time()))
        await asyncio.sleep(self.takes)
        if self.failing:
            raise Unreachable("no connection")
        return len(self.asked)

    def end(self) -> None:
        self.task.cancel()


def test_it_asks_at_once_and_then_at_its_pace() -> None:
    async def story() -> None:
        watched = Watched(5.0)
        await asyncio.sleep(16)
        assert watched.asked == [0, 5, 10, 15]
        watched.end()

    told(story)


def test_failures_wait_5_10_20_40_60_60_and_keep_the_value_and_its_age() -> None:
    async def story() -> None:
        watched = Watched(1000.0)
        await asyncio.sleep(1)
        watched.failing = True
        watched.poll.soon()
        await asyncio.sleep(180)
        assert watched.asked == [0, 1, 6, 16, 36, 76, 136]
        part = watched.poll.part
        assert (part.value, part.at, part.failures) == (1, 0.0, 6)
        assert round(part.next_try or 0) == 196
        watched.failing = False
        await asyncio.sleep(60)
        assert (watched.poll.part.error, watched.poll.part.failures) == (None, 0)
        watched.end()

    told(story)


def test_soon_asks_now_also_while_a_try_is_under_way() -> None:
    async def story() -> None:
        watched = Watched(100.0)
        watched.takes = 3.0
        await asyncio.sleep(1)
        watched.poll.soon()
        await asyncio.sleep(20)
        assert watched.asked == [0, 3]
        watched.poll.soon()
        await asyncio.sleep(1)
        assert watched.asked == [0, 3, 21]
        watched.end()

    told(story)


def test_it_rests_until_there_is_a_pace_or_somebody_asks() -> None:
    async def story() -> None:
        watched = Watched(None)
        await asyncio.sleep(500)
        assert watched.asked == []
        watched.poll.soon()
        await asyncio.sleep(1)
        assert watched.asked == [500]
        watched.interval = 10.0
        watched.poll.reconsider()
        await asyncio.sleep(10)
        assert watched.asked == [500, 510]
        watched.end()

    told(story)


def test_a_faster_pace_holds_from_the_last_try_and_a_slower_one_does_not_ask() -> None:
    async def story() -> None:
        watched = Watched(60.0)
        await asyncio.sleep(10)
        watched.interval = 15.0
        watched.poll.reconsider()
        await asyncio.sleep(6)
        assert watched.asked == [0, 15]
        watched.interval = 60.0
        watched.poll.reconsider()
        await asyncio.sleep(50)
        assert watched.asked == [0, 15]
        watched.end()

    told(story)


def test_what_is_looked_at_is_fetched_faster() -> None:
    pace = Pace()
    nothing: frozenset[str] = frozenset()
    boxes, market = frozenset({"instances"}), frozenset({"offers"})
    assert instances_interval(pace, boxes, moving=False) == pace.instances
    assert instances_interval(pace, nothing, moving=True) == pace.instances
    assert instances_interval(pace, market, moving=False) == pace.instances_idle
    assert offers_interval(pace, market, searched=True) == pace.offers
    assert offers_interval(pace, market, searched=False) is None
    assert offers_interval(pace, boxes, searched=True) is None
