"""A program with a boot race is killed at any moment: one box is left, or none, and none is rented twice."""

from __future__ import annotations

import asyncio
import random
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import StartSim, until
from tests.flows.conftest import Control, seen
from tests.flows.test_rent_flow import ONE, PLAN, first_offer, running_boxes
from vasttui.controller import rentals
from vasttui.controller.rentals import Asked, Rentals
from vasttui.journal import Journal
from vasttui.sim.boxes import Box
from vasttui.sim.server import Simulator


async def start(sim: Simulator, folder: Path) -> asyncio.subprocess.Process:
    words = (str(folder), sim.url, sim.api_key, str(sim.ssh_private_key))
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.flows.run_race", *words, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE
    )


def count_labels(world: Simulator, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each label was rented, from now on."""
    labels: Counter[str] = Counter()
    rent = world.world.rent

    def counted(*args: object, **named: object) -> Box:
        box: Box = rent(*args, **named)  # type: ignore[arg-type]
        labels[box.label or ""] += 1
        return box

    monkeypatch.setattr(world.world, "rent", counted)
    return labels


async def test_killed_again_and_again(sim: StartSim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = await sim(speed=60, offers=300, price_step=0.1)
    world.set_faults("429=0.05", "500=0.05", "create_lost=0.2", "destroy_repeat=0.2")
    labels = count_labels(world, monkeypatch)
    moments = random.Random(4711)
    for turn in range(6):
        process = await start(world, tmp_path)
        # The first is killed after its first request was heard, the others anywhere.
        if turn == 0:
            async with asyncio.timeout(20):
                while not labels:  # noqa: ASYNC110  (the simulator has no event for it)
                    await asyncio.sleep(0.002)
        with suppress(TimeoutError):
            async with asyncio.timeout(moments.uniform(0.0, 1.6)):
                await process.wait()
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    process = await start(world, tmp_path)
    async with asyncio.timeout(60):
        _, complaints = await process.communicate()
    assert process.returncode == 0, complaints.decode()
    assert max(labels.values()) == 1
    assert len(labels) <= 3
    assert len(running_boxes(world)) == 1
    with Journal(tmp_path / "journal.sqlite") as journal:
        assert journal.open_races() == ()


async def test_killed_between_the_commit_and_the_first_request(
    sim: StartSim, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rentals, "SETTLE_AFTER", 0.3)
    world = await sim(speed=60, offers=300, price_step=0.1)
    began = asyncio.Event()

    async def never(_rentals: Rentals, _asked: Asked) -> int | None:
        began.set()
        return await asyncio.Future()

    async with control(world) as controller:
        offer = await first_offer(controller, ONE)
        with monkeypatch.context() as patched:
            patched.setattr(Rentals, "send", never)
            wish = asyncio.create_task(controller.rent(offer, replace(PLAN, race=3)))
            await began.wait()
            wish.cancel()
    async with control(world) as controller:
        assert len(controller._journal.unsettled()) == 3
        await seen(controller, lambda _: not controller._journal.open_races())
        assert not controller._journal.unsettled()
        assert not running_boxes(world)


async def test_killed_when_some_were_asked_for(
    sim: StartSim, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rentals, "SETTLE_AFTER", 0.3)
    world = await sim(speed=60, offers=300, price_step=0.1)
    send, begun = Rentals.send, []

    async def only_one(self: Rentals, asked: Asked) -> int | None:
        begun.append(asked.label)
        if len(begun) > 1:
            return await asyncio.Future()
        return await send(self, asked)

    async with control(world) as controller:
        offer = await first_offer(controller, ONE)
        with monkeypatch.context() as patched:
            patched.setattr(Rentals, "send", only_one)
            wish = asyncio.create_task(controller.rent(offer, replace(PLAN, race=3)))
            await until(lambda: len(begun) == 3 and len(running_boxes(world)) == 1)
            wish.cancel()
    async with control(world) as controller:
        await seen(controller, lambda _: not controller._journal.open_races())
        assert len(running_boxes(world)) == 1
        assert any("the others failed" in event.text for event in controller.picture().events)
