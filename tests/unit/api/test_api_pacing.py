"""Two calls of one endpoint never come closer than documented, and after a 429 they keep more distance."""

from __future__ import annotations

import asyncio
from typing import Protocol

import pytest

from vasttui.api import Pacer
from vasttui.api.endpoints import DESTROY, ENDPOINTS, LIST, RENT, SEARCH, Endpoint
from vasttui.api.pacing import wait_before


class Time(Protocol):
    now: float

    def clock(self) -> float: ...
    async def sleep(self, seconds: float) -> None: ...


async def pass_through(pacer: Pacer, endpoint: Endpoint, fake: Time, takes: float = 0.0) -> float:
    async with pacer.slot(endpoint):
        started = fake.now
        fake.now += takes
    return started


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
async def test_calls_keep_the_documented_distance_from_the_last_answer(
    endpoint: Endpoint, fake: Time
) -> None:
    pacer = Pacer(fake.clock, fake.sleep)
    first = await pass_through(pacer, endpoint, fake, takes=0.7)
    second = await pass_through(pacer, endpoint, fake)
    assert first == 1000.0
    assert endpoint.interval <= second - first - 0.7 <= endpoint.interval + 0.1


async def test_endpoints_do_not_wait_for_each_other(fake: Time) -> None:
    pacer = Pacer(fake.clock, fake.sleep)
    assert [await pass_through(pacer, each, fake) for each in (LIST, RENT, DESTROY)] == [1000.0] * 3


async def test_waiting_calls_go_in_the_order_they_came_and_one_at_a_time(fake: Time) -> None:
    pacer, order, inside = Pacer(fake.clock, fake.sleep), list[int](), 0

    async def call(number: int) -> None:
        nonlocal inside
        async with pacer.slot(LIST):
            inside += 1
            assert inside == 1
            await asyncio.sleep(0)
            order.append(number)
            inside -= 1

    await asyncio.gather(*(call(number) for number in range(6)))
    assert order == list(range(6))
    assert fake.now >= 1005.0


async def test_the_most_urgent_goes_first_also_when_it_came_last_or_became_so(fake: Time) -> None:
    pacer, order, ranks = Pacer(fake.clock, fake.sleep), list[str](), {"looked at": 0, "later looked at": 1}

    async def call(name: str) -> None:
        async with pacer.slot(LIST, lambda: (ranks.get(name, 1), 0.0)):
            order.append(name)
            await asyncio.sleep(0)

    async with pacer.slot(LIST):
        idle = [asyncio.create_task(call(name)) for name in ("a", "b", "later looked at", "c")]
        await asyncio.sleep(0)
        urgent = asyncio.create_task(call("looked at"))
        await asyncio.sleep(0)
        ranks["later looked at"] = 0
    await asyncio.gather(*idle, urgent)
    assert order == ["later looked at", "looked at", "a", "b", "c"]


async def test_one_that_waits_out_the_distance_lets_a_more_urgent_one_pass(fake: Time) -> None:
    order: list[str] = []
    asleep, wake = asyncio.Event(), asyncio.Event()

    async def sleep(seconds: float) -> None:
        asleep.set()
        await wake.wait()
        fake.now += seconds

    pacer = Pacer(fake.clock, sleep)

    async def call(name: str, rank: int) -> None:
        async with pacer.slot(LIST, lambda: (rank, 0.0)):
            order.append(name)

    await call("first", 1)
    idle = asyncio.create_task(call("idle", 1))
    await asleep.wait()
    urgent = asyncio.create_task(call("urgent", 0))
    await asyncio.sleep(0)
    wake.set()
    await asyncio.gather(idle, urgent)
    assert order == ["first", "urgent", "idle"]


async def test_a_burst_of_searches_passes_until_the_minute_is_full(fake: Time) -> None:
    pacer = Pacer(fake.clock, fake.sleep)
    starts = [await pass_through(pacer, SEARCH, fake) for _ in range(21)]
    assert starts[9] < 1012
    for earlier, later in zip(starts, starts[10:], strict=False):
        assert later - earlier >= 60


async def test_a_429_doubles_the_distance_for_two_minutes(fake: Time) -> None:
    pacer = Pacer(fake.clock, fake.sleep)
    await pass_through(pacer, LIST, fake)
    waits = [pacer.refused(LIST) for _ in range(9)]
    assert waits[:3] == [2.0, 3.0, 5.0]
    assert max(waits) <= 61.05
    widest = pacer.interval(LIST)
    fake.now += 121
    assert pacer.interval(LIST) < 1.1 < widest


async def test_the_interval_that_the_server_names_stays(fake: Time) -> None:
    pacer = Pacer(fake.clock, fake.sleep)
    pacer.refused(LIST, 2.5)
    fake.now += 500
    assert pacer.interval(LIST) >= 2.5
    assert pacer.refused(RENT) >= 12.0


async def test_a_cancelled_wait_gives_its_turn_away(fake: Time) -> None:
    pacer = Pacer(fake.clock, fake.sleep)
    entered, leave = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with pacer.slot(LIST):
            entered.set()
            await leave.wait()

    holder = asyncio.create_task(hold())
    await entered.wait()
    waiting = asyncio.create_task(pass_through(pacer, LIST, fake))
    await asyncio.sleep(0)
    waiting.cancel()
    leave.set()
    await holder
    assert await pass_through(pacer, LIST, fake) < 1001.2


@pytest.mark.parametrize("order", ["the turn came first", "the end came first"])
async def test_a_turn_given_to_one_that_ends_in_the_same_moment_is_not_lost(fake: Time, order: str) -> None:
    pacer = Pacer(fake.clock, fake.sleep)
    async with pacer.slot(LIST):
        doomed = asyncio.create_task(pass_through(pacer, LIST, fake))
        other = asyncio.create_task(pass_through(pacer, LIST, fake))
        await asyncio.sleep(0)
        if order == "the end came first":
            doomed.cancel()
    doomed.cancel()
    assert await asyncio.wait_for(other, 2) > 1001
    assert doomed.cancelled()


def test_waits_grow_and_stay_bounded() -> None:
    assert [wait_before(attempt) for attempt in range(7)] == [5, 10, 20, 40, 60, 60, 60]


async def test_the_turn_of_a_call_counts_how_long_its_answers_take_and_no_hanging_one(fake: Time) -> None:
    pacer = Pacer(fake.clock, fake.sleep)
    assert pacer.turn(LIST) == pacer.interval(LIST)
    for _ in range(30):
        await pass_through(pacer, LIST, fake, takes=0.5)
    assert pacer.turn(LIST) - pacer.interval(LIST) == pytest.approx(0.5, abs=0.01)
    await pass_through(pacer, LIST, fake, takes=30.0)
    assert pacer.turn(LIST) - pacer.interval(LIST) < 1.5
