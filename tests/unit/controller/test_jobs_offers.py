"""Which offer a job rents: below every ceiling, on no machine to be avoided, and none handed out twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import StartSim
from vasttui.api import Pacer, VastClient
from vasttui.api.models import Offer
from vasttui.config import Config, Paths
from vasttui.controller.hosts import HostBook
from vasttui.controller.jobs.offers import AGAIN, FRESH, LEFT_OUT, Offers, bid_for, price_of
from vasttui.jobs.rental import RentPlan
from vasttui.jobs.spec import JobSpec, RentSpec
from vasttui.journal import Journal

PLAN = RentPlan(image="pytorch/pytorch", disk_gb=72.0)
RENT = RentSpec(search="num_gpus=1", order="dph_total", plan=PLAN)
SPEC = JobSpec(name="train", rent=RENT)
OFFER = Offer(id=1, dph_base=1.0, dph_total=1.1, min_bid=0.5, storage_cost=0.5, disk_space=100.0)


def dear(price: float) -> Offer:
    return Offer(id=1, dph_base=price, storage_cost=0.5)


def spec(**rent: object) -> JobSpec:
    return replace(SPEC, rent=replace(RENT, **rent))  # type: ignore[arg-type]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    places = ("config_dir", "state_dir", "cache_dir", "themes_dir")
    paths = Paths(config_file=tmp_path / "config.yaml", **dict.fromkeys(places, tmp_path))
    return Config(paths=paths, min_vram_gb=0, max_price=4.0)


@pytest.mark.parametrize(
    ("changes", "offer", "price"),
    [
        ({}, OFFER, 1.05),  # 72 GB at $0.5 a GB and month of 720 h
        ({"max_price": 1.05}, OFFER, 1.05),
        ({"max_price": 1.04}, OFFER, None),
        ({}, dear(3.95), 4.0),
        ({"max_price": 99.0}, dear(3.96), None),  # the configured ceiling holds too
        ({"plan": replace(PLAN, disk_gb=100.0)}, OFFER, 1.0694),
        ({"plan": replace(PLAN, disk_gb=100.1)}, OFFER, None),
        ({}, Offer(id=1, dph_total=0.1), None),  # unknown is not free
        ({"type": "bid"}, OFFER, 0.6),
        ({"type": "bid", "plan": replace(PLAN, bid=0.9)}, OFFER, 0.95),
        ({"type": "bid", "plan": replace(PLAN, bid=0.9), "max_price": 0.9}, OFFER, None),
    ],
)
def test_what_a_box_would_cost(changes: dict[str, object], offer: Offer, price: float | None, config: Config) -> None:
    found = price_of(offer, spec(**changes), config)
    assert found == (None if price is None else pytest.approx(price, abs=1e-4))


@pytest.mark.parametrize(
    ("changes", "offer", "bid"),
    [
        ({}, OFFER, None),
        ({"plan": replace(PLAN, bid=0.9)}, OFFER, None),
        ({"type": "bid"}, OFFER, 0.55),
        ({"type": "bid"}, Offer(id=1), None),
        ({"type": "bid", "plan": replace(PLAN, bid=0.9)}, OFFER, 0.9),
    ],
)
def test_what_is_bid(changes: dict[str, object], offer: Offer, bid: float | None) -> None:
    assert bid_for(offer, spec(**changes)) == bid


class Searching:
    """The offers of batches on a simulated market, with a clock that stands until it is moved."""

    def __init__(self, config: Config, journal: Journal, client: VastClient) -> None:
        self.now = 1000.0
        self.client = client
        self.tasks: list[asyncio.Task[None]] = []
        self.hosts = HostBook(config, journal)
        self.offers = Offers(config, self.hosts, lambda: client, self._spawn, lambda: None, lambda: self.now)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self.tasks.append(asyncio.create_task(work))

    async def look(self, wanted: JobSpec = SPEC) -> int:
        """See to it that there is an answer; how many searches were sent because of it."""
        before = len(self.tasks)
        self.offers.look(1, wanted)
        await asyncio.gather(*self.tasks)
        return len(self.tasks) - before


@pytest.fixture
async def searching(sim: StartSim, config: Config, tmp_path: Path) -> AsyncIterator[Searching]:
    world = await sim(speed=1, offers=60, credit=100)
    with Journal(tmp_path / "journal.sqlite") as journal:
        async with VastClient(world.api_key, world.url, pacer=Pacer(scale=0)) as client:
            yield Searching(config, journal, client)


async def test_no_answer_is_not_no_offer(searching: Searching) -> None:
    assert searching.offers.known(1, SPEC, ()) == (None, "searching")
    assert searching.offers.pick(1, SPEC, ()) is None
    await searching.look()
    assert searching.offers.known(1, SPEC, ()) == (True, "")
    searching.now += FRESH + AGAIN + 1
    assert searching.offers.known(1, SPEC, ()) == (None, "searching")
    assert searching.offers.pick(1, SPEC, ()) is None


async def test_a_host_that_was_blocked_since_the_search_is_not_rented(searching: Searching) -> None:
    await searching.look()
    first = searching.offers.pick(1, SPEC, ())
    assert first is not None
    assert first.host_id is not None
    assert first.machine_id is not None
    searching.hosts.set(first.machine_id, "block", whose="machine")
    second = searching.offers.pick(1, SPEC, ())
    assert second is not None
    assert second.machine_id != first.machine_id
    searching.hosts.set(first.machine_id, None, whose="machine")
    searching.hosts.set(first.host_id, "block")
    third = searching.offers.pick(1, SPEC, ())
    assert third is not None
    assert third.host_id != first.host_id


async def test_each_offer_is_handed_out_once_the_cheapest_first(searching: Searching) -> None:
    await searching.look()
    prices, ids = [], []
    while (offer := searching.offers.pick(1, SPEC, ())) is not None:
        searching.offers.take(1, offer.id)
        prices.append(offer.dph_total or 0.0)
        ids.append(offer.id)
    assert len(ids) == len(set(ids)) > 10
    assert prices == sorted(prices)
    found, why = searching.offers.known(1, SPEC, ())
    assert found is False
    assert why.startswith("none of ")
    assert why.endswith("offers is free below the price ceiling")
    searching.now += LEFT_OUT + 1
    await searching.look()
    again = searching.offers.pick(1, SPEC, ())
    assert again is not None
    assert again.id == ids[0]


async def test_no_machine_that_is_to_be_avoided(searching: Searching) -> None:
    await searching.look()
    first = searching.offers.pick(1, SPEC, ())
    assert first is not None
    assert first.machine_id is not None
    avoided = {first.machine_id}
    second = searching.offers.pick(1, SPEC, avoided)
    assert second is not None
    assert second.machine_id != first.machine_id
    assert searching.offers.pick(1, SPEC, ()) == first


async def test_a_search_is_repeated_when_it_is_old_and_sooner_when_it_found_nothing(searching: Searching) -> None:
    assert await searching.look() == 1
    searching.now += FRESH - 1
    assert await searching.look() == 0
    searching.now += 1
    assert await searching.look() == 1
    too_cheap = spec(max_price=0.0001)
    searching.now += AGAIN
    assert await searching.look(too_cheap) == 1
    searching.now += AGAIN - 1
    assert await searching.look(too_cheap) == 0


async def test_a_search_that_failed_says_why_and_is_not_taken_for_an_empty_market(searching: Searching) -> None:
    wrong = spec(search="num_gpus=")
    await searching.look(wrong)
    found, why = searching.offers.known(1, wrong, ())
    assert found is None
    assert "num_gpus" in why


async def test_an_answer_is_not_fresh_for_ever_when_the_clock_is_set_back(searching: Searching) -> None:
    await searching.look()
    searching.now -= 3600.0
    assert searching.offers.pick(1, SPEC, ()) is None
    assert await searching.look() == 1
    assert searching.offers.pick(1, SPEC, ()) is not None
