"""What a renter relies on: the loop from offer to gone, and no fault that costs money or tells a lie."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

import pytest

from tests.conftest import StartSim
from tests.flows.conftest import Control, seen
from vasttui.api.models import Offer
from vasttui.config import Config
from vasttui.controller import Controller, rentals
from vasttui.errors import KeyRefused, NoCapacity, OfferGone, Unreachable, UsageError
from vasttui.instances.phases import Phase
from vasttui.jobs.rental import RentPlan, request_of, unique_label
from vasttui.journal import Journal
from vasttui.logs.rows import LogName
from vasttui.snapshot import Search

PLAN = RentPlan(image="pytorch/pytorch", disk_gb=20, onstart="python train.py", label="train-a")


async def first_offer(controller: Controller, search: Search | None = None) -> Offer:
    controller.search(search or Search(order="dph_total"))
    picture = await seen(controller, lambda picture: picture.market.value)
    assert picture.market.value is not None
    return picture.market.value.offers[0]


async def test_an_offer_is_rented_watched_and_destroyed(sim: StartSim, control: Control) -> None:
    world = await sim(speed=25, offers=40)
    async with control(world) as controller:
        offer = await first_offer(controller)
        instance_id = await controller.rent(offer, PLAN)
        assert instance_id is not None
        controller.attend(frozenset({"instances", "logs"}), (LogName(instance_id),))
        phases: list[Phase] = []

        def ready(picture: object) -> bool:
            box = controller.picture().box(instance_id)
            if box is not None and (not phases or phases[-1] is not box.phase):
                phases.append(box.phase)
            return box is not None and box.phase is Phase.READY

        await seen(controller, ready)
        assert phases[-2:] == [Phase.CONNECTING, Phase.READY]
        assert Phase.PULLING in phases
        picture = await seen(controller, lambda picture: (box := picture.box(instance_id)) and box.progress)
        box = picture.box(instance_id)
        assert box is not None
        assert box.progress is not None
        before = box.progress.fraction or 0.0
        await seen(
            controller,
            lambda picture: (box := picture.box(instance_id))
            and box.progress
            and (box.progress.fraction or 0) > before
            and box.log.source == "ssh",
        )
        assert box.ours
        assert box.label == "train-a"
        await controller.destroy(instance_id)
        async with asyncio.timeout(20):
            await controller.until_gone(instance_id)
        assert instance_id not in world.world.boxes
        picture = await seen(controller, lambda picture: picture.box(instance_id) is None)
        assert not any("no longer" in event.text for event in picture.events)


async def test_each_line_comes_once_also_where_ssh_follows_on_the_api(sim: StartSim, control: Control) -> None:
    world = await sim(speed=25, offers=40)
    async with control(world) as controller:
        offer = await first_offer(controller)
        instance_id = await controller.rent(offer, replace(PLAN, onstart="python upscale.py", label="up-a"))
        assert instance_id is not None
        controller.attend(frozenset({"instances", "logs"}), (LogName(instance_id),))
        await seen(controller, lambda picture: (box := picture.box(instance_id)) and box.log.source == "ssh")
        rows = controller.log(LogName(instance_id))
        over_ssh = rows.received_lines
        await seen(controller, lambda picture: rows.received_lines > over_ssh + 20)
        texts = [row.text for row in rows.rows(rows.first_seq, rows.next_seq)]
        frames = [int(match[1]) for text in texts if (match := re.search(r"Processing frame (\d+)/", text))]
        assert len(frames) > 10
        assert frames == sorted(set(frames))


FAULTS = ("429=1.0", "500=1.0", "empty=1.0", "truncated=1.0", "drop=1.0", "hung=1.0", "key_refused=1.0")


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_keeps_the_last_picture_and_ends_by_itself(
    sim: StartSim, control: Control, fault: str
) -> None:
    world = await sim(speed=20, offers=20, instances=5)
    async with control(world) as controller:
        before = await controller.first_listing()
        world.set_faults(fault)
        picture = await seen(controller, lambda picture: picture.boxes.failures >= 2)
        assert [box.id for box in picture.boxes.value or ()] == [box.id for box in before]
        assert picture.boxes.at is not None
        assert picture.boxes.next_try is not None
        assert not any("no longer" in event.text for event in picture.events)
        assert isinstance(picture.boxes.error, KeyRefused) is fault.startswith("key_refused")
        failed_at = picture.now
        world.set_faults()
        await seen(controller, lambda picture: not picture.boxes.error and (picture.boxes.at or 0) > failed_at)


async def test_an_unreadable_row_is_counted_and_loses_no_instance(sim: StartSim, control: Control) -> None:
    world = await sim(speed=20, offers=20, instances=5)
    async with control(world) as controller:
        before = await controller.first_listing()
        world.set_faults("dirty=1.0")
        picture = await seen(controller, lambda picture: picture.skipped_instances)
        assert {box.id for box in picture.boxes.value or ()} == {box.id for box in before}
        assert not any("no longer" in event.text for event in picture.events)
        await controller.destroy(before[0].id)
        async with asyncio.timeout(20):
            await controller.until_gone(before[0].id)
        assert before[0].id not in world.world.boxes
        await seen(controller, lambda picture: picture.boxes.value and picture.box(before[0].id) is None)


async def test_a_lost_answer_is_settled_by_the_label_and_rents_once(sim: StartSim, control: Control) -> None:
    world = await sim(speed=60, offers=20)
    async with control(world) as controller:
        offer = await first_offer(controller)
        world.set_faults("create_lost=1")
        assert await controller.rent(offer, PLAN) is None
        rented = await controller.settled(offer.id)
        assert rented is not None
        assert [box.label for box in world.world.boxes.values()] == [rented.label]
        await seen(controller, lambda picture: not picture.unconfirmed and picture.box(rented.instance_id))


async def test_an_answer_that_never_was_ends_as_not_rented(
    sim: StartSim, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rentals, "SETTLE_AFTER", 0.3)
    world = await sim(speed=60, offers=20)
    async with control(world) as controller:
        offer = await first_offer(controller)
        world.set_faults("500=1@PUT:asks")
        assert await controller.rent(offer, PLAN) is None
        assert await controller.settled(offer.id) is None
        assert not world.world.boxes


async def test_a_destroy_is_repeated_until_the_box_is_gone(sim: StartSim, control: Control) -> None:
    world = await sim(speed=60, offers=20, instances=3)
    async with control(world) as controller:
        box = (await controller.first_listing())[0]
        world.set_faults("destroy_repeat=2")
        await controller.destroy(box.id)
        async with asyncio.timeout(20):
            await controller.until_gone(box.id)
        assert box.id not in world.world.boxes


async def test_a_destroy_whose_answer_is_lost_ends_in_gone(sim: StartSim, control: Control) -> None:
    world = await sim(speed=60, offers=20, instances=3)
    async with control(world) as controller:
        box = (await controller.first_listing())[0]
        world.set_faults("drop=1@DELETE:instances")
        await controller.destroy(box.id)
        async with asyncio.timeout(20):
            await controller.until_gone(box.id)
        assert box.id not in world.world.boxes


async def test_an_offer_that_is_gone_leaves_no_intent_open(
    sim: StartSim, control: Control, config: Config
) -> None:
    world = await sim(speed=60, offers=20)
    async with control(world) as controller:
        offer = await first_offer(controller)
        world.set_faults("offer_gone=1")
        with pytest.raises(OfferGone):
            await controller.rent(offer, PLAN)
        assert not controller.picture().unconfirmed
        with Journal(config.paths.state_dir / "journal.sqlite") as journal:
            assert not journal.unsettled()


async def test_after_a_crash_the_rented_box_is_ours_again(
    sim: StartSim, control: Control, config: Config
) -> None:
    world = await sim(speed=60, offers=20)
    label = unique_label("crashed")
    with Journal(config.paths.state_dir / "journal.sqlite") as journal:
        journal.begin_rent(label, 1, "{}", 0.3)
    async with control(world) as controller:
        offer = await first_offer(controller)
        # The box as the dead process had asked for it.
        await controller._client.rent(offer.id, request_of(PLAN, label))
        picture = await seen(controller, lambda picture: not picture.unconfirmed)
        picture = await seen(controller, lambda picture: picture.boxes.value)
        (box,) = picture.boxes.value or ()
        assert (box.ours, box.label) == (True, "crashed")


async def test_a_destroy_that_a_crash_interrupted_is_finished(
    sim: StartSim, control: Control, config: Config
) -> None:
    world = await sim(speed=60, offers=20, instances=2)
    doomed = next(iter(world.world.boxes))
    with Journal(config.paths.state_dir / "journal.sqlite") as journal:
        journal.note_destroy(doomed, 1.0)
    async with control(world) as controller:
        await seen(controller, lambda picture: picture.boxes.value and picture.box(doomed) is None)
        assert doomed not in world.world.boxes


async def test_stop_and_start_show_what_happens(sim: StartSim, control: Control) -> None:
    world = await sim(speed=60, offers=20, instances=1)
    async with control(world) as controller:
        (box,) = await controller.first_listing()
        await controller.stop(box.id)
        picture = await seen(controller, lambda picture: (b := picture.box(box.id)) and b.phase is Phase.STOPPED)
        stopped = picture.box(box.id)
        assert stopped is not None
        assert 0 < (stopped.hourly or 0) < (box.hourly or 0)
        world.set_faults("no_capacity=1")
        with pytest.raises(NoCapacity):
            await controller.start(box.id)


async def test_a_stop_that_failed_is_not_shown_as_stopping(sim: StartSim, control: Control) -> None:
    world = await sim(speed=20, offers=20, instances=1)
    async with control(world) as controller:
        (box,) = await controller.first_listing()
        world.set_faults("500=1@PUT:instances")
        with pytest.raises(Unreachable):
            await controller.stop(box.id)
        listed_at = controller.clock()
        picture = await seen(controller, lambda picture: (picture.boxes.at or 0) > listed_at)
        shown = picture.box(box.id)
        assert shown is not None
        assert (shown.phase is Phase.STOPPING, shown.command) == (False, "")


async def test_nothing_is_spent_in_read_only_mode_or_over_the_ceiling(sim: StartSim, control: Control) -> None:
    world = await sim(speed=60, offers=20, instances=1)
    async with control(world, read_only=True) as controller:
        (box,) = await controller.first_listing()
        offer = await first_offer(controller)
        for command in (controller.rent(offer, PLAN), controller.destroy(box.id), controller.stop(box.id)):
            with pytest.raises(UsageError, match="read-only"):
                await command
    async with control(world, max_price=0.001) as controller:
        offer = await first_offer(controller)
        with pytest.raises(UsageError, match="ceiling"):
            await controller.rent(offer, PLAN)
    assert list(world.world.boxes) == [box.id]


async def test_blocking_a_host_cuts_its_offers_at_once_and_says_why(sim: StartSim, control: Control) -> None:
    world = await sim(speed=20, offers=60)
    async with control(world) as controller:
        offer = await first_offer(controller)
        assert offer.host_id is not None
        controller.set_host(offer.host_id, "block")
        market = controller.picture().market.value
        assert market is not None
        assert offer.host_id not in {kept.host_id for kept in market.offers}
        assert market.hosts.reasons == {"host is blocked": len(market.hosts.cut)}
        controller.set_host(offer.host_id, None)
        assert offer in (controller.picture().market.value or market).offers


async def test_before_the_connection_commands_say_so(control: Control, sim: StartSim) -> None:
    world = await sim(offers=5)
    async with control(world) as controller:
        with pytest.raises(Unreachable, match="not connected"):
            await controller.destroy(1)


async def test_no_task_is_left_behind(sim: StartSim, control: Control) -> None:
    world = await sim(speed=60, offers=20, instances=3)
    before = asyncio.all_tasks()
    async with control(world) as controller:
        await controller.first_listing()
        await seen(controller, lambda picture: any(box.log.lines for box in picture.boxes.value or ()))
    assert not [task for task in asyncio.all_tasks() - before if "vasttui/controller" in repr(task)]
