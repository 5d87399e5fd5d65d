"""What goes wrong between the wish to rent and the request: old pictures, full disks, switches that are turned."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from tests.conftest import StartSim, until
from tests.flows.conftest import Control, seen
from tests.flows.test_rent_flow import ONE, PLAN, first_offer, running_boxes, shown
from vasttui.api import Pacer, VastClient
from vasttui.api.models import RentRequest
from vasttui.cli.rent import look_again
from vasttui.config import Preset
from vasttui.controller import ceilings, inspection
from vasttui.controller.rentals import Asked, Rentals
from vasttui.errors import OfferGone, StorageError, UsageError, VastError
from vasttui.jobs.preflight import Grade
from vasttui.journal import Journal
from vasttui.offers.price import hourly
from vasttui.sim.server import Simulator


async def rent_elsewhere(world: Simulator, offer_id: int) -> None:
    """As the web console does: this program hears of it by a listing only."""
    async with VastClient(world.api_key, world.url, pacer=Pacer(scale=0)) as client:
        await client.rent(offer_id, RentRequest(image="a/b:1", disk=20.0, label="elsewhere"))


async def test_after_a_rest_it_is_looked_again_before_anything_is_counted(
    sim: StartSim, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ceilings, "OLD", 0.0)
    world = await sim(speed=20, offers=40)
    async with control(world, max_instances=1) as controller:
        offer = await first_offer(controller)
        await seen(controller, lambda picture: picture.boxes.value == ())
        controller.pause(True)
        await until(lambda: not controller._ceilings.sees)
        await rent_elsewhere(world, shown(controller)[-1].id)
        assert {check.grade for check in controller.checks(offer, PLAN) if check.name == "instances"} == {Grade.UNKNOWN}
        with pytest.raises(UsageError, match="limit of 1"):
            await controller.rent(offer, PLAN)
        assert len(running_boxes(world)) == 1


async def test_without_a_new_listing_nothing_is_rented_below_a_ceiling(
    sim: StartSim, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ceilings, "OLD", 0.0)
    world = await sim(speed=20, offers=40)
    async with control(world, max_instances=5) as controller:
        offer = await first_offer(controller)
        await seen(controller, lambda picture: picture.boxes.value == ())
        controller.pause(True)
        await until(lambda: not controller._ceilings.sees)
        world.set_faults("500=1.0@GET:instances")
        with pytest.raises(VastError):
            await controller.rent(offer, PLAN)
        assert not world.world.boxes


async def test_a_race_that_cannot_be_written_down_whole_rents_nothing_and_leaves_nothing_open(
    sim: StartSim, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await sim(speed=20, offers=300, price_step=0.1)
    async with control(world) as controller:
        offer = await first_offer(controller, ONE)
        begin, begun = Journal.begin_rent, []

        def only_one(self: Journal, *args: Any, **named: Any) -> int:
            begun.append(args)
            if len(begun) > 1:
                raise StorageError("the disk is full")
            return begin(self, *args, **named)

        with monkeypatch.context() as patched:
            patched.setattr(Journal, "begin_rent", only_one)
            with pytest.raises(StorageError):
                await controller.rent(offer, replace(PLAN, race=3))
        assert len(begun) == 2
        assert not world.world.boxes
        assert not controller._journal.unsettled()
        assert not controller._rentals.busy


async def test_read_only_that_is_switched_on_meanwhile_holds(
    sim: StartSim, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ceilings, "OLD", 0.0)
    world = await sim(speed=20, offers=40)
    async with control(world, max_instances=5) as controller:
        offer = await first_offer(controller)
        await seen(controller, lambda picture: picture.boxes.value == ())
        controller.pause(True)
        await until(lambda: not controller._ceilings.sees)
        world.set_faults("slow=0.2@GET:instances")
        wish = asyncio.create_task(controller.rent(offer, PLAN))
        await asyncio.sleep(0)
        controller.set_read_only(True)
        with pytest.raises(UsageError, match="read-only"):
            await wish
        assert not world.world.boxes
        assert not controller._journal.unsettled()


async def test_what_was_seen_of_an_offer_is_not_fresh_for_ever_when_the_clock_is_set_back(
    sim: StartSim, control: Control
) -> None:
    world = await sim(speed=20, offers=40)
    async with control(world) as controller:
        offer = await first_offer(controller)
        await controller.inspect(offer)
        looks = controller._inspection
        assert looks.offer_now(offer.id)[0] is not None
        real = looks._clock
        for passed in (inspection.FRESH + 1, -60.0):
            looks._clock = lambda passed=passed: real() + passed  # type: ignore[misc]
            assert looks.offer_now(offer.id) == (None, False)


async def test_a_price_that_moved_and_was_accepted_is_what_was_promised(sim: StartSim, control: Control) -> None:
    world = await sim(speed=60, offers=40)
    async with control(world) as controller:
        offer = await first_offer(controller)
        before = msgspec.structs.replace(offer, dph_base=(offer.dph_base or 0.0) / 2)
        await controller.inspect(before)
        instance_id = await controller.rent(before, PLAN)
        await seen(controller, lambda picture: (box := picture.box(instance_id)) and box.phase.up)
        assert [event.text for event in controller.picture().events if "not as rented" in event.text] == []


async def test_an_answer_to_another_price_rents_nothing(sim: StartSim, control: Control) -> None:
    world = await sim(speed=20, offers=40)
    async with control(world) as controller:
        offer = await first_offer(controller)
        await look_again(controller, offer, PLAN)
        known = world.world.market.offers[offer.id]
        known.price *= 2
        known.changed()
        with pytest.raises(UsageError, match="the question was about"):
            await look_again(controller, offer, PLAN)


async def test_the_lists_of_the_preset_hold_whatever_is_searched_by_then(sim: StartSim, control: Control) -> None:
    world = await sim(speed=20, offers=40)
    async with control(world) as controller:
        offer = await first_offer(controller)
    preset = Preset(name="mine", host_blacklist=frozenset({offer.host_id or 0}))
    async with control(world, presets={"mine": preset}) as controller:
        await first_offer(controller)
        with pytest.raises(UsageError, match="preset mine"):
            await controller.rent(offer, replace(PLAN, preset="mine"))
        assert not world.world.boxes


async def test_what_another_program_begins_after_the_look_is_counted(
    sim: StartSim, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await sim(speed=20, offers=40)
    async with control(world, max_instances=1) as controller:
        offer = await first_offer(controller)
        await seen(controller, lambda picture: picture.boxes.value == ())
        begin = Rentals.begin
        begun: list[int] = []

        def another_comes_first(self: Rentals, *args: Any, **named: Any) -> Asked:
            if not begun:
                with Journal(controller._journal.path) as other:
                    begun.append(other.begin_rent("other~aaaaaaaa", 9, "{}", 0.4))
            return begin(self, *args, **named)

        monkeypatch.setattr(Rentals, "begin", another_comes_first)
        with pytest.raises(UsageError, match="limit of 1"):
            await controller.rent(offer, PLAN)
        assert begun
        assert not world.world.boxes


async def test_when_no_offer_is_as_good_that_is_said(sim: StartSim, control: Control) -> None:
    world = await sim(speed=20, offers=40)
    async with control(world) as controller:
        offer = await first_offer(controller)
        world.set_faults("offer_gone=1")
        with pytest.raises(OfferGone) as gone:
            await controller.rent(offer, replace(PLAN, fallback=True, max_price=1e-6 + (hourly(offer, 20) or 0.0)))
        assert "No other offer is as good" in gone.value.hint
