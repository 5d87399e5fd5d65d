"""Watched searches: told once, rented at most so often, never against the lists."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from tests.conftest import StartSim, until
from tests.flows.conftest import Control, seen
from vasttui.config import Config, Preset
from vasttui.controller import Controller, watching
from vasttui.controller.market import starting_search
from vasttui.errors import UsageError
from vasttui.journal import Journal
from vasttui.offers.price import hourly
from vasttui.sim.server import Simulator
from vasttui.snapshot import Search, Snapshot, WatchedSearch

Watching = Callable[..., AbstractAsyncContextManager[Controller]]

CHEAP = Preset(
    name="cheap", num_gpus=1, verified=None, query="external=any", order="dph_total", image="pytorch/pytorch", disk=16,
    label="cheap", watch_below=2.0, watch_rent=True, watch_most=2,
)  # fmt: skip
"""Of so many offers below $2 that every look finds some."""


@pytest.fixture
def watched(control: Control, monkeypatch: pytest.MonkeyPatch) -> Watching:
    """A controller that drives and watches, everything quick."""
    monkeypatch.setattr(watching, "EVERY", 0.05)
    monkeypatch.setattr(watching, "LEAST", 0.05)

    @asynccontextmanager
    async def run(world: Simulator, *presets: Preset, **changes: Any) -> AsyncIterator[Controller]:
        async with control(world, presets={preset.name: preset for preset in presets}, **changes) as controller:
            controller.drive_jobs()
            controller.watch_searches()
            yield controller

    return run


def view(picture: Snapshot, key: str = "preset cheap") -> WatchedSearch | None:
    return next((one for one in picture.watched if one.key == key), None)


def alerts(controller: Controller) -> list[str]:
    return [alert.line for alert in controller.picture().alerts_after(0)]


async def looked_again(controller: Controller, key: str = "preset cheap", times: int = 3) -> None:
    for _ in range(times):
        before = view(controller.picture(), key)
        assert before is not None
        await seen(controller, lambda picture: (now := view(picture, key)) and now.at != before.at)  # noqa: B023


async def test_a_cheap_match_is_told_once_with_a_toast_and_a_bell(sim: StartSim, watched: Watching) -> None:
    world = await sim(offers=60)
    async with watched(world) as controller:
        offers = [offer for offer in world.world.market.offers.values() if not offer.taken]
        cheapest = min(offers, key=lambda offer: offer.price)
        search = Search("verified=any external=any", order="dph_total", storage_gb=8)
        controller.watch_search(search, cheapest.price / 2)
        key = "verified=any external=any"
        await seen(controller, lambda picture: (one := view(picture, key)) and one.best)
        assert alerts(controller) == []
        cheapest.price /= 4
        cheapest.changed()
        picture = await seen(controller, lambda picture: picture.alerts_after(0))
        alert = picture.alerts_after(0)[0]
        assert (alert.toast, alert.bell) == (True, True)
        assert f"(offer {cheapest.id})" in alert.line
        await looked_again(controller, key)
        assert len(alerts(controller)) == 1
        other = next(offer for offer in offers if offer is not cheapest)
        other.price = cheapest.price / 2
        other.changed()
        picture = await seen(controller, lambda picture: len(picture.alerts_after(0)) == 2)
        assert f"(offer {other.id})" in alerts(controller)[1]
        assert f"(offer {cheapest.id})" not in alerts(controller)[1]
        assert not world.world.boxes  # a watch that was asked for only tells


async def test_a_watch_is_remembered_until_it_is_ended(sim: StartSim, watched: Watching) -> None:
    world = await sim(offers=20)
    search = Search("num_gpus=1", "bid")
    async with watched(world) as controller:
        controller.watch_search(search, 0.2)
    async with watched(world) as controller:
        assert [(one.key, one.search, one.below) for one in controller.picture().watched] == [
            ("num_gpus=1 (bid)", search, 0.2)
        ]
        controller.watch_search(search, None)
        assert controller.picture().watched == ()
    async with watched(world) as controller:
        assert controller.picture().watched == ()


async def test_a_preset_rents_as_many_as_it_says_and_no_more_after_a_restart(sim: StartSim, watched: Watching) -> None:
    world = await sim(speed=60, offers=60)
    async with watched(world, CHEAP) as controller:
        await seen(controller, lambda picture: (one := view(picture)) and one.rented == 2)
        await until(lambda: len(world.world.boxes) == 2)
        await looked_again(controller)
        assert all(box.label and box.label.startswith("cheap~") for box in world.world.boxes.values())
    async with watched(world, CHEAP) as controller:
        await looked_again(controller)
        assert view(controller.picture()) is not None
        assert len(world.world.boxes) == 2


async def test_an_end_between_the_count_and_the_answer_never_rents_twice(
    sim: StartSim, watched: Watching, config: Config
) -> None:
    """What is counted and was never heard of again stays counted."""
    world = await sim(speed=60, offers=60)
    world.set_faults("create_lost=1.0")
    async with watched(world, CHEAP) as controller:
        await seen(controller, lambda picture: (one := view(picture)) and one.rented == 2)
    world.set_faults()
    async with watched(world, CHEAP) as controller:
        await looked_again(controller)
    assert len(world.world.boxes) <= 2
    with Journal(config.paths.state_dir / "journal.sqlite") as journal:
        assert journal.recall("watches.rented") == {"preset cheap": 2}


async def test_an_offer_that_is_gone_does_not_count(sim: StartSim, watched: Watching) -> None:
    world = await sim(speed=60, offers=60)
    world.set_faults("offer_gone=3")
    async with watched(world, replace(CHEAP, watch_most=1)) as controller:
        await until(lambda: len(world.world.boxes) == 1)
        await seen(controller, lambda picture: (one := view(picture)) and one.rented == 1)


async def test_nothing_is_rented_from_a_host_on_the_blacklist(sim: StartSim, watched: Watching) -> None:
    world = await sim(speed=60, offers=80)
    singles = [offer.fixed for offer in world.world.market.offers.values() if offer.fixed["num_gpus"] == 1]
    allowed = int(singles[-1]["host_id"])
    blocked = frozenset(int(row["host_id"]) for row in singles) - {allowed}
    dear = replace(CHEAP, watch_below=50.0, watch_most=100)
    async with watched(world, dear, host_blacklist=blocked, max_price=50.0) as controller:
        await until(lambda: bool(world.world.boxes))
        assert not any("not rented" in event.text for event in controller.picture().events)
        await looked_again(controller, times=5)
    assert {int(box.fixed["host_id"]) for box in world.world.boxes.values()} == {allowed}


async def test_nothing_is_rented_read_only_or_above_the_price_with_its_disk(sim: StartSim, watched: Watching) -> None:
    world = await sim(offers=60)
    async with watched(world, CHEAP, read_only=True) as controller:
        await looked_again(controller)
        assert alerts(controller)
        assert any("read-only" in event.text for event in controller.picture().events)
    async with watched(world, replace(CHEAP, watch_below=50.0), max_price=0.0001) as controller:
        await looked_again(controller)
        assert [event for event in controller.picture().events if "not rented" in event.text]
    assert not world.world.boxes


async def test_only_the_program_that_drives_rents(sim: StartSim, watched: Watching, control: Control) -> None:
    world = await sim(speed=60, offers=60)
    async with watched(world) as first:
        await until(lambda: first.drives)
        async with watched(world, CHEAP) as second:
            await looked_again(second)
            assert alerts(second)
            assert any("drives the jobs" in event.text for event in second.picture().events)
            assert not world.world.boxes


async def test_a_failing_search_is_told_and_goes_on(sim: StartSim, watched: Watching) -> None:
    world = await sim(offers=20)
    async with watched(world, replace(CHEAP, watch_rent=False)) as controller:
        world.set_faults("500=1.0@POST:bundles")
        await seen(controller, lambda picture: (one := view(picture)) and one.error)
        world.set_faults()
        await seen(controller, lambda picture: (one := view(picture)) and not one.error and one.best)


async def test_a_preset_whose_watch_was_ended_stays_so_until_its_price_changes(
    sim: StartSim, watched: Watching
) -> None:
    world = await sim(offers=20)
    preset = replace(CHEAP, watch_rent=False)
    async with watched(world, preset) as controller:
        controller.watch_search(starting_search(controller.config, "cheap"), None)
    async with watched(world, preset) as controller:
        assert controller.picture().watched == ()
    async with watched(world, replace(preset, watch_below=1.0)) as controller:
        assert [one.below for one in controller.picture().watched] == [1.0]


async def test_another_price_for_a_preset_tells_and_does_not_rent(sim: StartSim, watched: Watching) -> None:
    world = await sim(offers=60)
    async with watched(world, replace(CHEAP, watch_below=0.0001)) as controller:
        controller.watch_search(starting_search(controller.config, "cheap"), 50.0)
        one = view(controller.picture())
        assert one is not None
        assert (one.below, one.rents) == (50.0, 0)
        await looked_again(controller)
        assert not world.world.boxes


async def test_the_cheapest_are_looked_at_whatever_the_order_of_the_search(sim: StartSim, watched: Watching) -> None:
    world = await sim(offers=200, rows_most=8)
    async with watched(world) as controller:
        search = Search("verified=any external=any", order="dph_total-", storage_gb=0)
        controller.watch_search(search, 0.001)
        picture = await seen(controller, lambda picture: (one := view(picture, search.text)) and one.best)
        one = view(picture, search.text)
        assert one is not None
        assert one.best == min(offer.price for offer in world.world.market.offers.values() if not offer.taken)


async def test_where_answers_are_cut_off_the_background_finds_out_what_is_cheap(
    sim: StartSim, watched: Watching
) -> None:
    world = await sim(offers=600, rows_most=64)
    async with watched(world) as controller:
        controller.search(Search("num_gpus=1 gpu_ram>=24", order="dph_total"))
        picture = await seen(controller, lambda picture: (m := picture.market.value) and m.prices.quartiles)
        market = picture.market.value
        assert market is not None
        assert market.more
        model, quartiles = next(iter(market.prices.quartiles.items()))
        priced = sorted(
            offer.price / offer.fixed["num_gpus"]
            for offer in world.world.market.offers.values()
            if offer.fixed["gpu_name"].lower() == model
            and not offer.taken
            and offer.fixed["verification"] == "verified"
        )
        assert quartiles.offers == len(priced)
        assert quartiles.low == pytest.approx(priced[0])


async def test_a_bid_that_would_cost_more_than_was_watched_for_is_not_made(sim: StartSim, control: Control) -> None:
    world = await sim(speed=20, offers=60)
    bids = replace(CHEAP, type="bid", order="min_bid")
    async with control(world, presets={"cheap": bids}) as controller:
        search = controller.default_search("cheap")
        controller.search(search)
        picture = await seen(controller, lambda picture: picture.market.value and picture.account.value)
        assert picture.market.value is not None
        offer = picture.market.value.offers[0]
        least = hourly(offer, search.storage_gb, offer.min_bid)
        assert least is not None
        with pytest.raises(UsageError, match="is not below"):
            await controller._rent_match(offer, search, 1.01 * least)
        assert not world.world.boxes
        assert await controller._rent_match(offer, search, 1.2 * least) is not None
