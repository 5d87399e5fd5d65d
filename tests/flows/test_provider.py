"""The Python face: what a program rents works, and however its block ends, no box is left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any, Protocol

import pytest

import vasttui
from tests.conftest import StartSim, until
from vasttui.api import Pacer, Timeouts, VastClient
from vasttui.config import Config
from vasttui.controller import poll, rentals
from vasttui.errors import Ambiguous, NoKey, OfferGone, SshError, UsageError, VastError
from vasttui.journal import Journal
from vasttui.provider import ComputeProvider, Machine, VastProvider
from vasttui.sim.server import Simulator


class Provide(Protocol):
    """A provider on a simulator, everything quick."""

    def __call__(self, sim: Simulator, **options: Any) -> AbstractAsyncContextManager[VastProvider]: ...


@pytest.fixture
def provide(config: Config, monkeypatch: pytest.MonkeyPatch) -> Provide:
    monkeypatch.setattr(poll, "BACKOFF", (0.05, 0.1))

    @asynccontextmanager
    async def provider(sim: Simulator, **options: Any) -> AsyncIterator[VastProvider]:
        timeouts = Timeouts(connect=2, read=0.4, rent=3, total=6)
        settings = replace(config, api_url=sim.url, api_key=sim.api_key, ssh_key_path=sim.ssh_private_key, disk_gb=20)
        client = VastClient(sim.api_key, sim.url, pacer=Pacer(scale=0), timeouts=timeouts, read_tries=1)
        async with client, VastProvider(settings, client=client, **options) as vast:
            yield vast

    return provider


async def rent(vast: ComputeProvider) -> Machine:
    offers = await vast.search_offers("num_gpus=1", limit=3)
    assert 0 < len(offers) <= 3
    return await vast.provision(offers[0], env={"MODE": "fast"}, onstart="python train.py", label="mine")


async def test_from_search_to_gone(sim: StartSim, provide: Provide) -> None:
    world = await sim(speed=40, offers=30)
    async with provide(world) as vast:
        machine = await rent(vast)
        (box,) = world.world.boxes.values()
        assert (box.id, box.label) == (machine.id, machine.label)
        assert ("MODE", "fast") in box.order.env
        ready = await vast.wait_ready(machine, limit=30)
        assert ready.address is not None
        assert await vast.run(machine, "echo hello; exit 3") == vasttui.Finished(3, "hello\n", "")
        async with asyncio.timeout(20):
            async for line in vast.logs(machine):
                assert "\x1b" not in line
                break
        await vast.terminate(machine)
        assert not world.world.boxes
        await vast.terminate(machine)
        assert [line async for line in vast.logs(machine)]


async def test_the_box_carries_a_lease_unless_it_is_not_wanted(sim: StartSim, provide: Provide) -> None:
    world = await sim(speed=40, offers=30)
    async with provide(world, lease=7200) as vast:
        await rent(vast)
        (box,) = world.world.boxes.values()
        assert ("VASTTUI_LEASE", "7200") in box.order.env
    async with provide(world, lease=None) as vast:
        await rent(vast)
        (box,) = world.world.boxes.values()
        assert "VASTTUI_LEASE" not in dict(box.order.env)


async def fails(vast: VastProvider) -> None:
    await rent(vast)
    raise RuntimeError("the caller's own")


async def is_cancelled(vast: VastProvider) -> None:
    await rent(vast)
    current = asyncio.current_task()
    assert current is not None
    current.cancel()
    await asyncio.sleep(60)


async def runs_out_of_time(vast: VastProvider) -> None:
    async with asyncio.timeout(1):
        await rent(vast)
        await asyncio.sleep(60)


@pytest.mark.parametrize(
    ("work", "error"),
    [(fails, RuntimeError), (is_cancelled, asyncio.CancelledError), (runs_out_of_time, TimeoutError)],
    ids=["exception", "cancelled", "timeout"],
)
@pytest.mark.parametrize("fault", ["", "destroy_repeat=2", "drop=1@DELETE:instances"])
async def test_however_the_block_ends_no_box_is_left(
    sim: StartSim, provide: Provide, work: Callable[[VastProvider], Any], error: type[BaseException], fault: str
) -> None:
    world = await sim(speed=40, offers=30)
    world.set_faults(*filter(None, [fault]))

    async def block() -> None:
        async with provide(world) as vast:
            await work(vast)

    with pytest.raises(error):
        await asyncio.create_task(block())
    assert not world.world.boxes


async def test_a_lost_answer_rents_once_and_leaves_nothing(sim: StartSim, provide: Provide) -> None:
    world = await sim(speed=40, offers=30)
    async with provide(world) as vast:
        world.set_faults("create_lost=1")
        machine = await rent(vast)
        assert list(world.world.boxes) == [machine.id]
    assert not world.world.boxes


async def test_who_is_cancelled_while_the_answer_is_under_way_leaves_nothing(
    sim: StartSim, provide: Provide, config: Config
) -> None:
    world = await sim(speed=40, offers=30)

    async def block() -> None:
        async with provide(world) as vast:
            world.set_faults("create_lost=1")
            await rent(vast)

    task = asyncio.create_task(block())
    await until(lambda: bool(world.world.boxes))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not world.world.boxes
    with Journal(config.paths.state_dir / "journal.sqlite") as journal:
        assert not journal.unsettled()
        assert not journal.pending_destroys()


async def test_an_answer_that_never_was_is_told_as_not_rented(
    sim: StartSim, provide: Provide, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rentals, "SETTLE_AFTER", 0.3)
    world = await sim(speed=40, offers=30)
    async with provide(world) as vast:
        world.set_faults("500=1@PUT:asks")
        with pytest.raises(Ambiguous, match="nothing was rented"):
            await rent(vast)
    assert not world.world.boxes


async def test_what_is_refused_is_told_and_costs_nothing(sim: StartSim, provide: Provide, config: Config) -> None:
    world = await sim(speed=40, offers=30)
    async with provide(world) as vast:
        with pytest.raises(UsageError, match="num_gpus"):
            await vast.search_offers("num_gpu=1")
        offer = (await vast.search_offers("num_gpus=1"))[0]
        with pytest.raises(UsageError, match="least bid"):
            await vast.provision(offer, bid=0.0001)
        world.set_faults("offer_gone=1")
        with pytest.raises(OfferGone):
            await vast.provision(offer)
        with pytest.raises(VastError):
            await vast.run(Machine(4242, 1, "nobody"), "true")
    assert not world.world.boxes
    with pytest.raises(NoKey):
        async with VastProvider(replace(config, api_key=None)):
            pass


async def test_a_command_that_takes_too_long_is_an_ssh_error(sim: StartSim, provide: Provide) -> None:
    world = await sim(speed=60, offers=30)
    async with provide(world) as vast:
        machine = await rent(vast)
        await vast.wait_ready(machine, limit=30)
        with pytest.raises(SshError, match="no end after"):
            await vast.run(machine, "tail -f /var/log/onstart.log", limit=0.5)
    assert not world.world.boxes


def test_the_public_names_are_there() -> None:
    for name in vasttui.__all__:
        assert getattr(vasttui, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        vasttui.nothing  # noqa: B018
