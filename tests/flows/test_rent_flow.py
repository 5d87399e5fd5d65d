"""Before and while money is spent: the checks by what Vast.ai says, ceilings, another offer, and races."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

import msgspec
import pytest

from tests.conftest import StartSim
from tests.flows.conftest import Control, seen
from vasttui.api.models import Offer
from vasttui.config import Preset
from vasttui.controller import Controller, rentals
from vasttui.errors import KeyRefused, NoCredit, OfferGone, Rejected, UsageError, VastError
from vasttui.instances.phases import Phase
from vasttui.instances.verdicts import Kind
from vasttui.jobs.preflight import Check, Grade
from vasttui.jobs.rental import RentPlan, opening_bid
from vasttui.offers.price import hourly
from vasttui.sim.server import Simulator
from vasttui.snapshot import Level, Search

PLAN = RentPlan(image="pytorch/pytorch:2.2.0-cuda12.1-cudnn8-runtime", disk_gb=20, label="train")
CHEAPEST = Search(order="dph_total", text="cuda_vers>=12.1")
ONE = replace(CHEAPEST, text="cuda_vers>=12.1 num_gpus=1")


async def first_offer(controller: Controller, search: Search = CHEAPEST) -> Offer:
    controller.search(search)
    picture = await seen(controller, lambda picture: picture.market.value and picture.account.value)
    assert picture.market.value is not None
    return picture.market.value.offers[0]


def by_name(checks: tuple[Check, ...]) -> Mapping[str, Check]:
    return {check.name: check for check in checks}


def running_boxes(world: Simulator) -> set[int]:
    return {box.id for box in world.world.boxes.values() if box.destroyed is None}


async def test_checks_know_nothing_before_the_inspection_and_everything_after_it(
    sim: StartSim, control: Control
) -> None:
    world = await sim(speed=20, offers=40)
    async with control(world) as controller:
        offer = await first_offer(controller)
        before = by_name(controller.checks(offer, PLAN))
        assert {before[name].grade for name in ("offer", "price", "key", "ssh key")} == {Grade.UNKNOWN}
        await controller.inspect(offer)
        after = by_name(controller.checks(offer, PLAN))
        assert {name: check.grade for name, check in after.items()} == dict.fromkeys(after, Grade.GOOD)


@pytest.mark.parametrize(
    ("options", "name", "error", "says"),
    [
        ({"ssh_key": False}, "ssh key", UsageError, "no SSH key"),
        ({"rights": ("misc", "user_read", "instance_read")}, "key", KeyRefused, "instance_write"),
        ({"credit": 0.001}, "credit", NoCredit, "less than an hour"),
    ],
)
async def test_what_the_account_lacks_forbids_the_rental(
    sim: StartSim, control: Control, options: dict[str, object], name: str, error: type[VastError], says: str
) -> None:
    world = await sim(speed=20, offers=40, **options)
    async with control(world) as controller:
        offer = await first_offer(controller)
        await controller.inspect(offer)
        check = by_name(controller.checks(offer, PLAN))[name]
        assert check.grade is Grade.BAD
        assert check.mend
        with pytest.raises(error, match=says) as refused:
            await controller.rent(offer, PLAN)
        assert refused.value.hint == check.mend
        assert not world.world.boxes


async def test_an_offer_that_has_gone_or_become_dearer_is_seen_before_the_request(
    sim: StartSim, control: Control
) -> None:
    world = await sim(speed=20, offers=40)
    async with control(world) as controller:
        offer = await first_offer(controller)
        cheaper = msgspec.structs.replace(offer, dph_base=(offer.dph_base or 0.0) / 2)
        await controller.inspect(cheaper)
        assert by_name(controller.checks(cheaper, PLAN))["price"].grade is Grade.LOOK
        world.world.market.offers[offer.id].taken = True
        world.world.market.offers[offer.id].changed()
        await controller.inspect(offer)
        assert by_name(controller.checks(offer, PLAN))["offer"].grade is Grade.BAD
        with pytest.raises(OfferGone):
            await controller.rent(offer, PLAN)


async def test_what_cannot_be_asked_stays_unknown(sim: StartSim, control: Control) -> None:
    world = await sim(speed=20, offers=40)
    async with control(world) as controller:
        offer = await first_offer(controller)
        world.set_faults("500=1.0")
        await controller.inspect(offer)
        world.set_faults()
        found = by_name(controller.checks(offer, PLAN))
        assert {found[name].grade for name in ("offer", "price", "key", "ssh key")} == {Grade.UNKNOWN}


def shown(controller: Controller) -> tuple[Offer, ...]:
    market = controller.picture().market.value
    assert market is not None
    return market.offers


async def test_two_rentals_begun_at_once_stay_below_the_limit_together(sim: StartSim, control: Control) -> None:
    world = await sim(speed=20, offers=40, instances=2)
    async with control(world, max_instances=4) as controller:
        await first_offer(controller)
        wishes = (controller.rent(row, PLAN) for row in shown(controller)[:4])
        answers = await asyncio.gather(*wishes, return_exceptions=True)
        refused = [answer for answer in answers if isinstance(answer, UsageError)]
        assert (sum(isinstance(answer, int) for answer in answers), len(refused)) == (2, 2), answers
        assert "over the limit of 4" in refused[0].message
        assert len(running_boxes(world)) == 4


async def test_two_programs_on_one_journal_stay_below_the_limit_together(sim: StartSim, control: Control) -> None:
    world = await sim(speed=20, offers=40)
    async with control(world, max_instances=2) as one, control(world, max_instances=2) as other:
        await first_offer(one)
        await first_offer(other)
        offers = shown(one)[:6]
        wishes = [desk.rent(row, PLAN) for desk, row in zip((one, other) * 3, offers, strict=True)]
        answers = await asyncio.gather(*wishes, return_exceptions=True)
        assert sum(isinstance(answer, int) for answer in answers) == 2, answers
        assert len(running_boxes(world)) == 2


async def test_the_limit_of_a_day_counts_what_is_on_its_way(sim: StartSim, control: Control) -> None:
    world = await sim(speed=20, offers=200, price_step=0.1)
    async with control(world) as controller:
        offer = await first_offer(controller, ONE)
        alike = [row for row in shown(controller) if row.dph_base == offer.dph_base][:4]
    assert len(alike) == 4
    a_day = 24 * (offer.dph_base or 0.0)
    async with control(world, max_per_day=2.5 * a_day) as controller:
        await first_offer(controller, ONE)
        wishes = (controller.rent(row, replace(PLAN, disk_gb=8.0)) for row in alike[:3])
        answers = await asyncio.gather(*wishes, return_exceptions=True)
        (refused,) = (answer for answer in answers if isinstance(answer, VastError))
        assert "a day" in refused.message
        assert len(running_boxes(world)) == 2
        # With a lease the same offer costs a part of a day.
        assert await controller.rent(alike[3], replace(PLAN, disk_gb=8.0, lease=3600.0)) is not None


async def test_a_gone_offer_is_replaced_by_an_equal_one_only_when_asked(sim: StartSim, control: Control) -> None:
    world = await sim(speed=20, offers=200, price_step=0.1)
    async with control(world) as controller:
        offer = await first_offer(controller, ONE)
        world.set_faults("offer_gone=1")
        with pytest.raises(OfferGone):
            await controller.rent(offer, PLAN)
        assert not running_boxes(world)
        offer = await first_offer(controller, replace(ONE, limit=60))
        world.set_faults("offer_gone=1")
        instance_id = await controller.rent(offer, replace(PLAN, fallback=True))
        assert instance_id is not None
        rented = await controller.settled(offer.id)
        assert rented is not None
        assert rented.instance_id == instance_id
        box = world.world.boxes[instance_id]
        assert rented.offer_id != offer.id
        assert (box.fixed["gpu_name"], box.fixed["num_gpus"]) == (offer.gpu_name, offer.num_gpus)
        assert box.gpu_price <= (offer.dph_base or 0.0)
        assert any(f"renting offer {rented.offer_id} in its place" in e.text for e in controller.picture().events)


async def test_no_more_than_three_are_tried_and_hosts_on_the_blacklist_never(
    sim: StartSim, control: Control
) -> None:
    world = await sim(speed=20, offers=300, price_step=0.1)
    async with control(world) as controller:
        offer = await first_offer(controller, ONE)
        world.set_faults("offer_gone=1.0")
        with pytest.raises(OfferGone):
            await controller.rent(offer, replace(PLAN, fallback=True))
        world.set_faults()
        tried = [row[0] for row in controller._journal._read("SELECT offer_id FROM intents ORDER BY id")]
        assert (len(tried), len(set(tried)), tried[0]) == (3, 3, offer.id)
        offer = await first_offer(controller, replace(ONE, limit=50))
        for host in {row.host_id for row in shown(controller)} - {None}:
            controller.set_host(host, "block")  # type: ignore[arg-type]
        with pytest.raises(UsageError, match="block"):
            await controller.rent(offer, replace(PLAN, fallback=True))
        assert not running_boxes(world)


async def test_a_refused_bid_falls_back_on_nothing_and_leaves_nothing(sim: StartSim, control: Control) -> None:
    world = await sim(speed=20, offers=100)
    async with control(world) as controller:
        offer = await first_offer(controller, replace(ONE, type="bid"))
        world.world.market.offers[offer.id].min_bid *= 4
        with pytest.raises(Rejected) as refused:
            await controller.rent(offer, replace(PLAN, bid=opening_bid(offer), fallback=True))
        assert refused.value.new_contract is not None
        async with asyncio.timeout(20):
            await controller.until_gone(refused.value.new_contract)
        assert not running_boxes(world)


async def test_a_box_with_another_gpu_is_told(sim: StartSim, control: Control) -> None:
    world = await sim(speed=20, offers=60)
    world.set_faults("wrong_gpu=1")
    async with control(world) as controller:
        offer = await first_offer(controller, ONE)
        instance_id = await controller.rent(offer, PLAN)
        picture = await seen(controller, lambda picture: (box := picture.box(instance_id)) and box.verdicts)
        box = picture.box(instance_id)
        assert box is not None
        said = f"rented {offer.gpu_name} ×1, got {box.instance.gpu_name} ×1"
        assert [verdict.text for verdict in box.verdicts if verdict.kind is Kind.OTHER] == [said]
        (event,) = (event for event in picture.events if said in event.text)
        assert event.level is Level.BAD


async def race_over(controller: Controller, world: Simulator, present: int = 1) -> None:
    """Wait until the race is decided and its losers are gone."""
    await seen(controller, lambda _: not controller._journal.open_races() and len(running_boxes(world)) == present)


async def test_the_first_that_is_ready_stays_and_the_others_go(sim: StartSim, control: Control) -> None:
    world = await sim(speed=60, offers=300, price_step=0.1, instances=2)
    others = running_boxes(world)
    async with control(world) as controller:
        offer = await first_offer(controller, ONE)
        assert await controller.rent(offer, replace(PLAN, race=3)) is not None
        members = running_boxes(world) - others
        assert len({world.world.boxes[one].fixed["machine_id"] for one in members}) == 3, "each on its own machine"
        async with asyncio.timeout(30):
            winner = await controller.settled(offer.id)
        assert winner is not None
        await race_over(controller, world, 3)
        assert running_boxes(world) == others | {winner.instance_id}
        box = controller.picture().box(winner.instance_id)
        assert box is not None
        assert box.phase is Phase.READY


async def test_the_cheapest_offer_can_be_raced_by_a_little_dearer_ones(sim: StartSim, control: Control) -> None:
    world = await sim(speed=60, offers=300)
    async with control(world) as controller:
        offer = await first_offer(controller, replace(ONE, text=f"{ONE.text} gpu_name=RTX_4090"))
        rows = {row.id: row for row in shown(controller)}
        await controller.rent(offer, replace(PLAN, race=3))
        costs = [hourly(rows[box.offer_id], PLAN.disk_gb) or 99.0 for box in world.world.boxes.values()]
        assert len(costs) == 3
        assert min(costs) < max(costs) <= PLAN.member_cap(min(costs))


async def test_a_race_goes_on_in_the_next_program(sim: StartSim, control: Control) -> None:
    world = await sim(speed=60, offers=300, price_step=0.1)
    async with control(world) as controller:
        offer = await first_offer(controller, ONE)
        await controller.rent(offer, replace(PLAN, race=3))
        assert len(running_boxes(world)) == 3
    async with control(world, read_only=True) as watcher:
        ready = await seen(watcher, lambda picture: any(box.phase is Phase.READY for box in picture.boxes.value or ()))
        await seen(watcher, lambda picture: (picture.boxes.at or 0.0) > (ready.boxes.at or 0.0))
        assert watcher._journal.open_races(), "read-only decides nothing"
        assert len(running_boxes(world)) == 3, "and destroys nothing"
    async with control(world) as controller:
        await race_over(controller, world)


async def test_a_race_with_lost_answers_and_failures_leaves_one(
    sim: StartSim, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rentals, "SETTLE_AFTER", 0.3)
    world = await sim(speed=60, offers=300, price_step=0.1)
    async with control(world) as controller:
        offer = await first_offer(controller, ONE)
        world.set_faults("create_lost=1", "oci=1", "destroy_repeat=1")
        await controller.rent(offer, replace(PLAN, race=4))
        await race_over(controller, world)


async def test_a_member_that_the_user_destroys_drops_out(sim: StartSim, control: Control) -> None:
    world = await sim(speed=5, offers=300, price_step=0.1)
    async with control(world) as controller:
        offer = await first_offer(controller, ONE)
        await controller.rent(offer, replace(PLAN, race=2))
        first, second = sorted(running_boxes(world))
        await controller.destroy(first)
        async with asyncio.timeout(20):
            winner = await controller.settled(offer.id)
        assert winner is not None
        assert winner.instance_id == second
        await race_over(controller, world)


async def test_a_race_stays_below_the_limit(sim: StartSim, control: Control) -> None:
    world = await sim(speed=20, offers=300, price_step=0.1)
    async with control(world, max_instances=2) as controller:
        offer = await first_offer(controller, ONE)
        with pytest.raises(UsageError, match="limit of 2"):
            await controller.rent(offer, replace(PLAN, race=3))
        assert not running_boxes(world)
        await controller.rent(offer, replace(PLAN, race=2))
        assert len(running_boxes(world)) == 2


async def test_templates_are_found_by_words_the_accounts_own_first(sim: StartSim, control: Control) -> None:
    world = await sim(speed=20, offers=20)
    async with control(world) as controller:
        await seen(controller, lambda picture: picture.account.value)
        found = await controller.templates("")
        mine = [row.creator_id == world.world.account.user()["id"] for row in found]
        assert mine == sorted(mine, reverse=True)
        assert True in mine
        name = found[-1].name or ""
        assert name in [row.name for row in await controller.templates(name.upper())]
        assert await controller.templates("no such template at all") == []


async def test_lists_and_price_of_a_preset_hold_for_all_that_is_rented_by_it(sim: StartSim, control: Control) -> None:
    fence, out = frozenset({51345, 78246, 160473}), frozenset({160473})
    preset = Preset(name="mine", max_price=1.5, host_whitelist=fence, host_blacklist=out, fallback=True, lease=7200.0)
    world = await sim(speed=60, offers=400, price_step=0.1, hosts=tuple(fence))
    offers = world.world.market.offers
    async with control(world, presets={"mine": preset}) as controller:
        offer = await first_offer(controller, controller.default_search("mine"))
        plan = controller.plan_for(offer)
        assert (plan.max_price, plan.fallback, plan.lease, plan.preset) == (1.5, True, 7200.0, "mine")
        await controller.rent(offer, replace(plan, race=4))
        for row in shown(controller)[:5]:
            world.set_faults("offer_gone=1")
            with suppress(OfferGone):
                await controller.rent(row, plan)
        rented = [offers[box.offer_id] for box in world.world.boxes.values()]
        assert rented
        assert {row.fixed["host_id"] for row in rented} <= fence - out
        assert max(row.price for row in rented) <= 1.5
        for host_id in (160473, 1, None):
            with pytest.raises(UsageError, match="host"):
                await controller.rent(msgspec.structs.replace(offer, host_id=host_id), plan)
        with pytest.raises(UsageError, match="for this rental"):
            await controller.rent(msgspec.structs.replace(offer, dph_base=1.6), plan)
