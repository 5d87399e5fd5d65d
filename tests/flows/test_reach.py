"""Boxes reached over SSH on the simulator: probed, their files listed and followed, over one connection each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress

import pytest

from tests.conftest import StartSim, until
from vasttui.api.models import Instance
from vasttui.config import Config
from vasttui.controller.reach import Reach
from vasttui.errors import VastError
from vasttui.instances.phases import Phase
from vasttui.sim.server import Simulator
from vasttui.snapshot import Box
from vasttui.ssh import Chunk, Place, SshConnection, SshLink, SshTarget, connect

LOG = "/var/log/onstart.log"


def instance(port: int, **fields: object) -> Instance:
    return Instance(id=7, ssh_host="127.0.0.1", ssh_port=port, **fields)  # type: ignore[arg-type]


def up(row: Instance) -> Box:
    return Box(row, Phase.READY, 0, True, "", False, 0, None, None)


@asynccontextmanager
async def reaching(config: Config, sim: Simulator | None = None) -> AsyncIterator[Reach]:
    async with asyncio.TaskGroup() as group:
        reach = Reach(config, group.create_task, lambda: None, time.monotonic)
        reach.key = sim.ssh_private_key if sim else None
        yield reach
        await reach.close()


async def test_probe_files_and_following_share_one_connection(
    sim: StartSim, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[SshConnection] = []

    async def dial(target: SshTarget) -> SshConnection:
        made.append(await connect(target))
        return made[-1]

    monkeypatch.setattr("vasttui.controller.reach.SshLink", lambda: SshLink(dial=dial))
    server = await sim(speed=300, instances=1)
    box = next(iter(server.world.boxes.values()))
    row = instance(box.port)
    async with reaching(config, server) as reach:
        reach.probe((up(row),))
        await until(lambda: bool(reach.ready(7)))
        assert LOG in await reach.files(row)
        got, place = b"", Place(LOG, 0, 0, b"")
        async with aclosing(reach.follow(row, LOG, 0, place)) as events:
            async for event in events:
                got += event.data if isinstance(event, Chunk) else b""
                if len(got) > 200:
                    break
        assert box.log_from(server.world.clock.now()).startswith(got)
        assert len(made) == 1
        reach.probe(())
        await until(lambda: not made[0].usable)


async def test_a_box_that_ran_for_long_is_not_waited_for(config: Config) -> None:
    async with reaching(config) as reach:
        reach.probe((up(instance(1, uptime_mins=300.0)),))
        assert not reach.target(instance(1)).young
        reach.probe(())
        # Stopped and started before our eyes: what it says of its age may be of yesterday.
        reach.probe((up(instance(1, uptime_mins=300.0)),))
        assert reach.target(instance(1)).young
        with suppress(VastError):
            await reach.files(instance(1))


def counters(received: int) -> bytes:
    """What `/proc/net/dev` says."""
    rows = (("lo", 10**12), ("eth0", received))
    return b"Inter-| Receive\n face |bytes\n" + b"".join(f"{name:>6}: {n} 1 0\n".encode() for name, n in rows)


async def test_the_fastest_download_is_measured_while_the_box_is_young(
    sim: StartSim, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vasttui.controller.reach.MEASURED_EVERY", 0.01)
    monkeypatch.setattr("vasttui.instances.traffic.LEAST_SPAN", 0.02)
    server = await sim(speed=300, instances=1)
    box = next(iter(server.world.boxes.values()))
    row = instance(box.port)
    async with reaching(config, server) as reach:

        reach.probe((up(row),))
        await until(lambda: bool(reach.ready(7)))
        assert reach.received(7) is None, "a box that cannot tell is ready all the same"
        count = step = 10**6

        def faster(than: float) -> bool:
            nonlocal count, step
            step += 10**6
            count += step
            box.made["/proc/net/dev"] = counters(count)
            reach.probe((up(row),))
            return (reach.received(7) or 0.0) > than

        await until(lambda: faster(0.0))
        first = reach.received(7)
        assert first is not None
        await until(lambda: faster(first))
