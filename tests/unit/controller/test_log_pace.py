"""Many logs on one lane: the ones in sight fast, the others in turn, and the API never asked too soon.

At the real rates; the time jumps.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.controller.jumping import JumpingLoop
from vasttui.api import Pacer
from vasttui.api.client import VastClient
from vasttui.api.endpoints import REQUEST_LOGS
from vasttui.api.models import Instance, LogTicket
from vasttui.api.pacing import Rank
from vasttui.config import Config, Pace, Paths
from vasttui.controller.alerts import Alerts
from vasttui.controller.events import EventLog
from vasttui.controller.follow import Followers
from vasttui.controller.pace import SIGHT_SHARE, log_interval
from vasttui.controller.publish import Publisher
from vasttui.controller.reach import Reach
from vasttui.controller.shelf import Shelf
from vasttui.instances.phases import Phase
from vasttui.logs.rows import LogName
from vasttui.snapshot import Box, Snapshot

ANSWER = 0.4
"""Seconds that an answer of the API takes."""

UPLOAD = 2.0
"""Seconds until a log's file is there."""


class Api:
    """As much of Vast.ai as a log needs: one request a second, whatever the instance."""

    def __init__(self) -> None:
        self.pacer = Pacer(self.now, asyncio.sleep)
        self.asked: dict[int, list[float]] = {}
        self.too_soon = 0
        self._free_at = 0.0

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    @property
    def log_turn(self) -> float:
        return self.pacer.turn(REQUEST_LOGS)

    async def request_logs(self, instance_id: int, *, tail: int, daemon: bool, rank: Rank) -> LogTicket:
        async with self.pacer.slot(REQUEST_LOGS, rank):
            self.too_soon += self.now() < self._free_at
            self._free_at = self.now() + REQUEST_LOGS.interval
            self.asked.setdefault(instance_id, []).append(self.now())
            await asyncio.sleep(ANSWER)
        return LogTicket(instance_id, f"http://127.0.0.1/{instance_id}")

    async def fetch_log(self, ticket: LogTicket) -> bytes:
        await asyncio.sleep(UPLOAD)
        return f"line at {self.now()}\n".encode()


def box(instance_id: int) -> Box:
    instance = Instance(id=instance_id, actual_status="running")
    return Box(instance, Phase.RUNNING, 0.0, True, "", True, 0.0, None, None)


Story = Callable[[Followers, Api], Coroutine[Any, Any, None]]


def told(folder: Path, story: Story, boxes: int) -> None:
    """Run a story with so many boxes in a loop whose time jumps."""

    async def main() -> None:
        clock, api = asyncio.get_running_loop().time, Api()
        paths = Paths(**{name: folder / name for name in Paths.__dataclass_fields__})
        config = Config(paths=paths, pace=Pace())
        publisher = Publisher(Snapshot(now=0.0), lambda: Snapshot(now=clock()))
        events = EventLog(clock, publisher.changed)
        async with asyncio.TaskGroup() as group:
            tasks: list[asyncio.Task[None]] = []

            def spawn(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
                tasks.append(group.create_task(work))
                return tasks[-1]

            shelf = Shelf(config, events, clock)
            reach = cast(Reach, SimpleNamespace(ready=lambda _: None))
            followers = Followers(shelf, reach, Alerts((), events, spawn, clock()), config.pace, spawn, publisher)
            followers.client = cast(VastClient, api)
            followers.keep_up(tuple(map(box, range(boxes))))
            await story(followers, api)
            for task in tasks:
                task.cancel()
        shelf.close()
        assert api.too_soon == 0

    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(main())


def longest(asked: list[float], since: float, until: float) -> float:
    """The longest time without a request."""
    times = [since, *(at for at in asked if since <= at <= until), until]
    return max(later - earlier for earlier, later in itertools.pairwise(times))


def test_of_200_boxes_the_one_in_sight_is_fetched_as_if_it_were_alone(tmp_path: Path) -> None:
    async def story(followers: Followers, api: Api) -> None:
        followers.look_at([LogName(77)])
        await asyncio.sleep(1500)
        assert longest(api.asked[77], 10, 1500) <= 2 * Pace.logs
        rounds = [longest(times, 600, 1500) for number, times in api.asked.items() if number != 77]
        assert len(rounds) == 199
        # One round of the others takes what the lane has left for them, and none of them waits for two.
        assert max(rounds) < 1.25 * min(rounds)
        assert max(rounds) < 199 * (1.05 + ANSWER) / (1 - SIGHT_SHARE)

    told(tmp_path, story, 200)


def test_another_box_that_one_looks_at_is_fetched_at_once(tmp_path: Path) -> None:
    async def story(followers: Followers, api: Api) -> None:
        followers.look_at([LogName(0)])
        await asyncio.sleep(400)
        now = api.now()
        followers.look_at([LogName(150)])
        await asyncio.sleep(5)
        assert longest(api.asked[150], now, now + 5) < 5

    told(tmp_path, story, 200)


def test_many_logs_in_sight_share_and_leave_something_to_the_others(tmp_path: Path) -> None:
    async def story(followers: Followers, api: Api) -> None:
        followers.look_at([LogName(number) for number in range(20)])
        await asyncio.sleep(2000)
        seen = [longest(api.asked[number], 200, 2000) for number in range(20)]
        unseen = [longest(api.asked[number], 200, 2000) for number in range(20, 60)]
        turn = 1.05 + ANSWER
        assert max(seen) < 20 * turn / SIGHT_SHARE + 10
        assert max(unseen) < 1.5 * 40 * turn / (1 - SIGHT_SHARE)

    told(tmp_path, story, 60)


def test_the_daemon_s_log_is_asked_for_only_while_somebody_looks(tmp_path: Path) -> None:
    async def story(followers: Followers, api: Api) -> None:
        followers.look_at([LogName(0, "daemon")])
        await asyncio.sleep(60)
        both = len(api.asked[0])
        assert both > 15
        followers.look_at([])
        await asyncio.sleep(60)
        assert len(api.asked[0]) - both <= 60 / Pace.logs_idle + 1

    told(tmp_path, story, 1)


@given(st.integers(0, 300), st.integers(0, 300), st.floats(0.0, 30.0))
def test_all_together_never_ask_more_than_the_lane_gives(in_sight: int, others: int, turn: float) -> None:
    sight = log_interval(Pace(), in_sight=in_sight, others=others, turn=turn, looked_at=True)
    other = log_interval(Pace(), in_sight=in_sight, others=others, turn=turn, looked_at=False)
    assert sight >= Pace.logs
    assert other >= Pace.logs_idle
    assert in_sight * turn / sight + others * turn / other <= 1.0 + 1e-9


@pytest.mark.parametrize(("in_sight", "interval"), [(1, 4.0), (3, 4.2), (100, 140.0)])
def test_one_in_sight_is_as_fast_as_configured(in_sight: int, interval: float) -> None:
    at = log_interval(Pace(), in_sight=in_sight, others=500, turn=1.05, looked_at=True)
    assert at == pytest.approx(interval)
