"""The host book at work: lists that hold wherever offers are chosen, verdicts that end, rentals that teach."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.conftest import StartSim, until
from tests.flows.conftest import Control, seen
from vasttui.api import VastClient
from vasttui.api.models import Offer, Rows
from vasttui.config import Config, Preset
from vasttui.controller import Controller
from vasttui.errors import StorageError
from vasttui.instances.phases import Phase
from vasttui.jobs.rental import RentPlan
from vasttui.jobs.spec import BatchRequest
from vasttui.journal import Journal
from vasttui.snapshot import Market, Search

PLAN = RentPlan(image="pytorch/pytorch", disk_gb=20, onstart="python train.py", label="train-a")


async def found(controller: Controller, search: Search) -> Market:
    controller.search(search)
    picture = await seen(controller, lambda picture: (m := picture.market.value) and m.search == search)
    assert picture.market.value is not None
    return picture.market.value


async def three_hosts(controller: Controller) -> tuple[list[int], float]:
    """Hosts of the market below a price that leaves some of their offers out, and that price."""
    market = await found(controller, Search(order="dph_total"))
    by_price = sorted((o.dph_total, o.host_id) for o in market.offers if o.dph_total is not None and o.host_id)
    hosts = list(dict.fromkeys(host for _, host in by_price))[:3]
    most = max(price for price, host in by_price if host in hosts)
    return hosts, most


async def test_a_preset_s_lists_hold_in_the_pane_and_in_what_jobs_rent(sim: StartSim, control: Control) -> None:
    world = await sim(speed=20, offers=60)
    async with control(world) as controller:
        (one, two, both), most = await three_hosts(controller)
    cheap = Preset(
        name="cheap",
        host_whitelist=frozenset({one, two, both}),
        host_blacklist=frozenset({both}),
        max_price=most,
        verified=None,
        order="dph_total",
        image="pytorch/pytorch",
        onstart="python train.py",
    )
    nobody = replace(cheap, name="nobody", host_whitelist=frozenset({999_999_999}))
    async with control(world, presets={"cheap": cheap, "nobody": nobody}) as controller:
        controller.set_host(both, "allow", "I like it")
        stranger = next(o for o in (await found(controller, Search())).offers if o.host_id not in (one, two, both))
        assert stranger.host_id is not None
        controller.set_host(stranger.host_id, "allow")
        market = await found(controller, controller.default_search("cheap"))
        assert {offer.host_id for offer in market.offers} == {one, two}
        assert all(offer.dph_total is not None and offer.dph_total <= most for offer in market.offers)
        reasons = {cut.offer.host_id: cut.reason for cut in market.hosts.cut}
        assert reasons[both] == f"host {both} is blocked (preset cheap)"
        plan = await controller.plan_batch(BatchRequest(preset="cheap", inputs=("a",)))
        assert {offer.host_id for offer in plan.offers} <= {one, two}
        assert plan.offers
        none = await controller.plan_batch(BatchRequest(preset="nobody", inputs=("a",)))
        assert none.offers == ()
        assert (await found(controller, controller.default_search("nobody"))).offers == ()


async def test_a_block_ends_by_itself(sim: StartSim, config: Config) -> None:
    from vasttui.api import Pacer, VastClient
    from vasttui.controller import Link

    world = await sim(speed=20, offers=40)
    now = [1_800_000_000.0]
    client = VastClient(world.api_key, world.url, pacer=Pacer(scale=0))

    async def connect() -> Link:
        return Link(client, None)

    with Journal(config.paths.state_dir / "journal.sqlite") as journal:
        async with client:
            controller = Controller(config, journal, connect, clock=lambda: now[0])
            async with controller.running():
                market = await found(controller, Search())
                offer = market.offers[0]
                assert offer.host_id is not None
                controller.set_host(offer.host_id, "block", "slow disk", until=now[0] + 3600)
                blocked = controller.picture().market.value
                assert blocked is not None
                assert blocked.hosts.cut[0].reason.endswith(": slow disk")
                now[0] += 3600
                freed = controller.picture()
                assert freed.market.value is not None
                assert offer in freed.market.value.offers
                page = freed.book.page("host", offer.host_id)
                assert page is not None
                assert (page.verdict, page.note) == (None, "slow disk")


async def test_each_rental_teaches_and_it_is_kept(sim: StartSim, control: Control) -> None:
    world = await sim(speed=60, offers=40)
    async with control(world) as controller:
        offer = (await found(controller, Search(order="dph_total"))).offers[0]
        assert controller.picture().histories.of(offer) is None
        instance_id = await controller.rent(offer, PLAN)
        assert instance_id is not None
        picture = await seen(controller, _ready(instance_id))
        past = picture.histories.of(offer)
        assert past is not None
        assert (past.rentals, past.boots, past.words) == (1, 1, "1 ok")
        assert past.boot_median is not None
        assert past.promised_down is None, "nothing was measured to compare it with"
        await controller.destroy(instance_id)
        async with asyncio.timeout(20):
            await controller.until_gone(instance_id)
        await seen(controller, lambda picture: picture.box(instance_id) is None)
    async with control(world) as controller:
        past = controller.picture().histories.of(offer)
        assert past is not None
        assert (past.rentals, past.boots, past.bad) == (1, 1, 0)
        assert past.spent > 0


def _ready(instance_id: int) -> Callable[..., object]:
    return lambda picture: (box := picture.box(instance_id)) and box.phase is Phase.READY


async def test_a_journal_that_cannot_be_written_is_an_alarm_and_no_end(
    sim: StartSim, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StorageError("the disk is full")

    world = await sim(speed=25, offers=40)
    async with control(world) as controller:
        offer = (await found(controller, Search(order="dph_total"))).offers[0]
        monkeypatch.setattr(Journal, "save_rental", full)
        told: list[tuple[str, ...]] = []
        controller.subscribe(lambda picture: told.append(picture.alarms), lambda _: None)
        await controller.rent(offer, PLAN)
        await until(lambda: any("the disk is full" in alarms for alarms in told))
        await seen(controller, lambda picture: picture.boxes.value)


async def test_a_block_by_another_program_holds_here_too(sim: StartSim, control: Control, config: Config) -> None:
    world = await sim(speed=20, offers=40)
    async with control(world) as controller:
        controller.drive_jobs()
        offer = (await found(controller, Search(order="dph_total"))).offers[0]
        assert offer.host_id is not None
        await seen(controller, lambda _: controller.drives)
        with Journal(config.paths.state_dir / "journal.sqlite") as other:
            other.set_host(offer.host_id, "block", "seen elsewhere")
        picture = await seen(controller, lambda picture: picture.book.verdict(offer) == "block")
        assert picture.market.value is not None
        assert offer.host_id not in {kept.host_id for kept in picture.market.value.offers}


async def test_a_block_while_an_answer_is_under_way_holds_for_that_answer_too(
    sim: StartSim, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await sim(speed=20, offers=40)
    async with control(world) as controller:
        offer = (await found(controller, Search(order="dph_total"))).offers[0]
        assert offer.host_id is not None
        ask, asked, go_on = VastClient.search_offers, asyncio.Event(), asyncio.Event()

        async def slow(client: VastClient, body: Mapping[str, Any], **options: Any) -> Rows[Offer]:
            rows = await ask(client, body, **options)
            asked.set()
            await go_on.wait()
            return rows

        monkeypatch.setattr(VastClient, "search_offers", slow)
        await asked.wait()
        before = controller.picture().market.at
        controller.set_host(offer.host_id, "block")
        go_on.set()
        picture = await seen(controller, lambda picture: picture.market.at != before)
        assert picture.market.value is not None
        assert offer.host_id not in {kept.host_id for kept in picture.market.value.offers}
        assert offer.id in {cut.offer.id for cut in picture.market.value.hosts.cut}
