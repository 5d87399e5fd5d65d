"""The market as it is searched: pages, changes, why nothing is found, prices over time."""

from __future__ import annotations

import pytest

from tests.conftest import StartSim
from tests.flows.conftest import Control, seen
from vasttui.api import Pacer, VastClient
from vasttui.controller import fetch_market, marketdesk
from vasttui.offers.hosts import HostFilter
from vasttui.sim.server import Simulator
from vasttui.snapshot import Market, Search, Snapshot

ALL = "verified=any external=any rentable=any"


async def found(world: Simulator, search: Search) -> tuple[Market, int]:
    """The market of a search, and how many requests it took."""
    calls: list[object] = []
    async with VastClient(world.api_key, world.url, pacer=Pacer(scale=0), on_call=calls.append) as client:
        return await fetch_market(client, search, HostFilter(), keep_raw=True), len(calls)


@pytest.mark.parametrize("order", ["dph_total", "score-", "num_gpus-,dph_total"])
@pytest.mark.parametrize("kind", ["on-demand", "bid"])
async def test_pages_bring_every_offer_exactly_once(sim: StartSim, order: str, kind: str) -> None:
    """Many cost exactly the same, also where a page ends."""
    world = await sim(offers=400, rows_most=64, price_step=0.05)
    search = Search(ALL, kind, order=order, limit=1000)
    market, requests = await found(world, search)
    assert sorted(offer.id for offer in market.offers) == sorted(world.world.market.offers)
    assert not market.more
    assert 7 <= requests <= 12
    keys = [(-(offer.num_gpus or 0), offer.dph_total or 0.0) for offer in market.offers]
    if order.startswith("num"):
        assert keys == sorted(keys)
    elif order == "dph_total":
        assert [price for _, price in keys] == sorted(price for _, price in keys)
    assert {market.raw[offer.id]["machine_id"] for offer in market.offers} == {o.machine_id for o in market.offers}


async def test_no_more_than_wanted_is_shown_and_the_own_bounds_hold(sim: StartSim) -> None:
    world = await sim(offers=400, rows_most=64)
    market, requests = await found(world, Search(f"{ALL} dph_total>=0.5 dph_total<4", order="dph_total", limit=100))
    prices = [offer.dph_total or 0.0 for offer in market.offers]
    assert (len(prices), requests, market.more) == (100, 2, True)
    assert min(prices) >= 0.5
    assert prices == sorted(prices)


@pytest.mark.parametrize(("limit", "shown", "more"), [(None, 64, True), (10, 10, True), (64, 64, True)])
async def test_one_request_is_enough_when_no_more_is_wanted(
    sim: StartSim, limit: int | None, shown: int, more: bool
) -> None:
    world = await sim(offers=100, rows_most=64)
    market, requests = await found(world, Search(ALL, limit=limit))
    assert (len(market.offers), market.more, requests) == (shown, more, 1)


async def test_a_server_without_a_bound_is_asked_once(sim: StartSim) -> None:
    world = await sim(offers=150)
    market, requests = await found(world, Search(ALL, limit=1000))
    assert (len(market.offers), market.more, requests) == (150, False, 1)


async def test_more_offers_of_one_price_than_an_answer_holds_end_the_climb(sim: StartSim) -> None:
    world = await sim(offers=200, rows_most=64, price_step=200.0)
    market, requests = await found(world, Search(ALL, order="dph_total", limit=200))
    assert (len(market.offers), market.more) == (64, True)
    assert requests <= 3


async def test_a_server_that_ignores_the_page_bound_is_not_asked_for_ever(sim: StartSim) -> None:
    world = await sim(offers=200, rows_most=64)
    world.set_faults("ignore_filter=dph_total")
    market, requests = await found(world, Search(ALL, order="dph_total", limit=200))
    assert (len(market.offers), market.more) == (64, True)
    assert requests <= 3


async def test_rows_that_the_server_should_not_have_sent_are_dropped_and_counted(sim: StartSim) -> None:
    world = await sim(offers=200)
    world.set_faults("ignore_filter=dph_total,verified")
    market, _ = await found(world, Search("dph_total<0.5 num_gpus=1"))
    assert market.offers
    assert all((offer.dph_total or 0) < 0.5 and offer.verification == "verified" for offer in market.offers)
    assert set(market.ignored) == {"dph_total<0.5", "verified=true"}
    assert sum(market.ignored.values()) == market.unmatched


async def test_the_first_answer_of_a_long_search_is_shown_before_the_rest(sim: StartSim, control: Control) -> None:
    world = await sim(offers=300, rows_most=64)
    async with control(world) as controller:
        shown: list[int] = []

        def note(picture: Snapshot) -> None:
            shown.append(len(picture.market.value.offers) if picture.market.value else 0)

        controller.subscribe(note, lambda name: None)
        controller.search(Search(ALL, limit=300))
        picture = await seen(controller, lambda picture: (market := picture.market.value) and not market.more)
        assert picture.market.value is not None
        assert len(picture.market.value.offers) == 300
        asked_at = picture.market.at or 0.0
        await seen(controller, lambda picture: (picture.market.at or 0.0) > asked_at)
        assert shown[-1] == 300
        rising = [count for count in shown if count]
        assert rising[0] < 300
        assert rising == sorted(rising)  # a refresh never falls back to its first page


async def test_a_new_search_does_not_wait_for_the_pages_of_the_old_one(
    sim: StartSim, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await sim(offers=400, rows_most=64)
    monkeypatch.setattr(marketdesk, "PAGES_AT_ONCE", 1)
    monkeypatch.setattr(marketdesk, "REQUESTS_PER_INTERVAL", 1e-9)  # a rest for ever
    async with control(world) as controller:
        controller.search(Search(ALL, limit=400))
        await seen(controller, lambda picture: picture.market.value)
        other = Search("num_gpus=1")
        controller.search(other)
        await seen(controller, lambda picture: (market := picture.market.value) and market.search == other)


async def test_what_changed_since_the_last_answer_is_told(sim: StartSim, control: Control) -> None:
    world = await sim(offers=60)
    async with control(world) as controller:
        controller.search(Search(ALL, order="dph_total"))
        picture = await seen(controller, lambda picture: picture.market.value)
        assert picture.market.value is not None
        first = picture.market.value
        assert (first.changes, first.gone) == ({}, ())
        offers = world.world.market.offers
        cheaper, gone = offers[first.offers[3].id], offers.pop(first.offers[7].id)
        was = first.offers[3].dph_total
        cheaper.price *= 0.8
        cheaper.changed()
        picture = await seen(controller, lambda picture: (market := picture.market.value) and market.changes)
        assert picture.market.value is not None
        market = picture.market.value
        assert {number: change.before for number, change in market.changes.items()} == {cheaper.id: was}
        assert [offer.id for offer in market.gone] == [gone.id]
        controller.search(Search("num_gpus=1"))
        picture = await seen(
            controller, lambda picture: (market := picture.market.value) and market.search.text == "num_gpus=1"
        )
        assert picture.market.value is not None
        assert (picture.market.value.changes, picture.market.value.gone) == ({}, ())


async def test_nothing_found_says_which_condition_to_relax(sim: StartSim, control: Control) -> None:
    world = await sim(offers=200)
    async with control(world) as controller:
        controller.search(Search("num_gpus=1 dph_total<0.001 reliability>0.1", order="dph_total"))
        picture = await seen(controller, lambda picture: (market := picture.market.value) and market.relaxation)
        assert picture.market.value is not None
        relaxation = picture.market.value.relaxation
        assert relaxation is not None
        best = relaxation.conditions[0]
        assert (best.text, best.cuts) == ("dph_total<0.001", relaxation.sample)
        assert best.alone > 0
        cheapest = min(offer.price for offer in world.world.market.offers.values() if not offer.taken)
        assert float(best.nearest) >= cheapest
        asked_at = picture.market.at or 0.0
        later = await seen(controller, lambda picture: (picture.market.at or 0.0) > asked_at)
        assert later.market.value is not None
        assert later.market.value.relaxation is relaxation  # not asked for again at a refresh


async def test_prices_are_sampled_once_and_known_after_a_restart(sim: StartSim, control: Control) -> None:
    world = await sim(offers=200)
    search = Search("gpu_name=RTX_4090", order="dph_total")
    async with control(world) as controller:
        controller.search(search)
        picture = await seen(controller, lambda picture: (m := picture.market.value) and m.prices.models)
        market = picture.market.value
        assert market is not None
        quartiles = market.prices.quartiles["rtx 4090"]
        assert quartiles.offers == len(market.offers)
        assert market.prices.models == {"rtx 4090": (quartiles.median,)}
        asked_at = picture.market.at or 0.0
        await seen(controller, lambda picture: (picture.market.at or 0.0) > asked_at)
    async with control(world) as controller:
        controller.search(Search("gpu_name=RTX_4090 dph_total<0.45", order="dph_total"))
        picture = await seen(controller, lambda picture: (m := picture.market.value) and m.prices.models)
        assert picture.market.value is not None
        # A search with a price shows only the cheap ones: what is cheap is what the sample said.
        assert picture.market.value.prices.quartiles["rtx 4090"] == quartiles
        assert picture.market.value.prices.models == {"rtx 4090": (quartiles.median,)}
