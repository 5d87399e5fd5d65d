"""The client against the simulator: a rental's life, and every fault named by its meaning."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from vasttui.api import Call, Pacer, RentRequest, Timeouts, VastClient
from vasttui.errors import (
    Ambiguous,
    KeyRefused,
    LogsPending,
    NoCapacity,
    Nonsense,
    NotFound,
    OfferGone,
    RateLimited,
    Unreachable,
    VastError,
)
from vasttui.sim.server import SimOptions, Simulator, running

SEARCH = {"rentable": {"eq": True}, "order": [["dph_total", "asc"]], "type": "on-demand", "limit": 5}
REQUEST = RentRequest(image="pytorch/pytorch:latest", disk=20, label="vasttui-flow")


@pytest_asyncio.fixture
async def world() -> AsyncIterator[Simulator]:
    async with running(SimOptions(speed=600, offers=60, instances=30)) as sim:
        yield sim


@pytest_asyncio.fixture
async def client(world: Simulator) -> AsyncIterator[VastClient]:
    limits = Timeouts(connect=2, read=0.5, rent=5, total=10)
    async with VastClient(
        world.api_key, world.url, timeouts=limits, pacer=Pacer(scale=0), read_tries=1, write_tries=1
    ) as api:
        yield api


async def test_a_box_is_rented_seen_read_and_destroyed(world: Simulator, client: VastClient) -> None:
    before = await client.instances(keep_raw=True)
    assert (len(before.items), before.skipped, len(before.raw)) == (30, 0, 30)
    assert not any("instance_api_key" in row or "jupyter_token" in row for row in before.raw)
    offer = (await client.search_offers(SEARCH)).items[0]
    rental = await client.rent(offer.id, REQUEST)
    box = await client.instance(rental.instance_id)
    assert box is not None
    assert (box.label, box.machine_id) == ("vasttui-flow", offer.machine_id)
    await client.set_label(box.id, "other")
    ticket = await client.request_logs(box.id, tail=50)
    assert ticket.url not in repr(ticket)
    await client.stop(box.id)
    await client.destroy(box.id)
    with pytest.raises(OfferGone):
        await client.rent(999_999_999, REQUEST)
    with pytest.raises(NotFound):
        await client.destroy(999_999_999)
    assert await client.instance(999_999_999) is None
    assert ((await client.account()).credit or 0) > 0


@pytest.mark.parametrize(
    ("fault", "read", "write"),
    [
        ("429=1.0", RateLimited, RateLimited),
        ("500=1.0", Unreachable, Ambiguous),
        ("empty=1.0", Nonsense, Ambiguous),
        ("truncated=1.0", Nonsense, Ambiguous),
        ("hung=1.0", Unreachable, Ambiguous),
        ("drop=1.0", Unreachable, Ambiguous),
        ("key_refused=1.0", KeyRefused, KeyRefused),
    ],
)
async def test_each_fault_is_named_and_passes(
    world: Simulator, client: VastClient, fault: str, read: type[VastError], write: type[VastError]
) -> None:
    box = (await client.instances()).items[0]
    world.set_faults(fault)
    with pytest.raises(read):
        await client.instances()
    with pytest.raises(write):
        await client.set_label(box.id, "x")
    world.set_faults()
    assert len((await client.instances()).items) == 30


async def test_a_lost_answer_is_unconfirmed_and_the_box_is_found_by_its_label(
    world: Simulator, client: VastClient
) -> None:
    offer = (await client.search_offers(SEARCH)).items[0]
    world.set_faults("create_lost=1")
    with pytest.raises(Ambiguous):
        await client.rent(offer.id, REQUEST)
    assert [row.label for row in (await client.instances()).items].count(REQUEST.label) == 1


async def test_an_offer_that_is_gone_is_named_so(world: Simulator, client: VastClient) -> None:
    offer = (await client.search_offers(SEARCH)).items[0]
    world.set_faults("offer_gone=1")
    with pytest.raises(OfferGone):
        await client.rent(offer.id, REQUEST)


async def test_a_start_without_capacity_is_named_so(world: Simulator, client: VastClient) -> None:
    box = next(row for row in (await client.instances()).items if row.actual_status == "running")
    await client.stop(box.id)
    world.set_faults("no_capacity=1")
    with pytest.raises(NoCapacity):
        await client.start(box.id)


def connect(sim: Simulator, calls: list[Call]) -> VastClient:
    return VastClient(sim.api_key, sim.url, read_tries=1, on_call=calls.append)


async def test_a_paced_client_draws_no_429_where_rates_are_enforced() -> None:
    calls: list[Call] = []
    options = SimOptions(speed=60, offers=200, instances=60, enforce_rates=True)
    async with running(options) as sim, connect(sim, calls) as client:
        assert len((await client.instances()).items) == 60
    assert [call.status for call in calls] == [200, 200, 200]


async def test_a_log_that_is_not_uploaded_is_pending(world: Simulator, client: VastClient) -> None:
    box = (await client.instances()).items[0]
    ticket = await client.request_logs(box.id, tail=50)
    with pytest.raises(LogsPending):
        await client.fetch_log(type(ticket)(box.id, ticket.url + "-no-such-file"))
