"""Logs that can be trusted: what a machine printed, each line once and in order, whatever goes wrong on the way."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import StartSim
from tests.flows.conftest import Control, seen
from vasttui.api import Pacer
from vasttui.config import Pace
from vasttui.controller import Controller
from vasttui.controller.follow import Choice
from vasttui.logs.clean import collapse_redraws, decode
from vasttui.logs.rows import UNFINISHED, Kind, LogName
from vasttui.logs.spool import Spool
from vasttui.sim.server import Simulator
from vasttui.snapshot import LogState

TEED = "/var/log/onstart.log"
"""The file that the boxes' start commands tee to."""


def printed(sim: Simulator, instance_id: int) -> list[str]:
    """The finished lines that the container has printed by now."""
    raw = sim.world.boxes[instance_id].log_from(sim.world.clock.now())
    return [collapse_redraws(decode(line.removesuffix(b"\r"))) for line in raw.split(b"\n")[:-1]]


def kept(rows: Spool) -> list[str]:
    """The machine's finished lines in the spool."""
    every = rows.rows(rows.first_seq, rows.next_seq)
    return [row.text for row in every if row.kind is Kind.LINE and not row.flags & UNFINISHED]


def marks(rows: Spool) -> list[str]:
    return [row.text for row in rows.rows(rows.first_seq, rows.next_seq) if row.kind is not Kind.LINE]


async def caught_up(controller: Controller, sim: Simulator, name: LogName) -> Spool:
    """Wait until all that is printed by now is kept; it must be just that, each line once and in order."""
    want = printed(sim, name.instance_id)
    rows = controller.log(name)

    def there() -> int | None:
        return position(kept(rows), printed(sim, name.instance_id))

    await seen(controller, lambda _: rows.received_lines and (there() or 0) + len(kept(rows)) >= len(want))
    assert there() is not None, (kept(rows)[-5:], want[-5:])
    return rows


def position(part: list[str], whole: list[str]) -> int | None:
    """Where a part lies in the whole, as one piece; None when it does not."""
    starts = range(len(whole) - len(part) + 1)
    return next((start for start in starts if whole[start : start + len(part)] == part), None)


async def more(controller: Controller, sim: Simulator, name: LogName, lines: int = 25) -> Spool:
    """Wait for so many more lines, then until all is there."""
    rows = controller.log(name)
    until = rows.received_lines + lines
    await seen(controller, lambda _: rows.received_lines >= until)
    return await caught_up(controller, sim, name)


@pytest.fixture(params=["api", "ssh", "auto"])
def source(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def watch(controller: Controller, source: str) -> LogName:
    """Follow the first box over that source."""
    box = (await controller.first_listing())[0]
    name = LogName(box.id, TEED if source == "ssh" else "")
    controller.follow(name, Choice(source, 500))
    return name


@pytest.fixture
def teed(monkeypatch: pytest.MonkeyPatch) -> None:
    """All boxes tee as ours do, so that both sources are there."""
    from vasttui.controller import fleet

    boxes = fleet.Fleet.boxes

    def teeing(self: fleet.Fleet, now: float) -> object:
        from dataclasses import replace

        return tuple(replace(box, log_path=TEED) for box in boxes(self, now))

    monkeypatch.setattr(fleet.Fleet, "boxes", teeing)


@pytest.mark.usefixtures("teed")
async def test_the_next_start_goes_on_where_the_last_one_ended(sim: StartSim, control: Control, source: str) -> None:
    world = await sim(speed=100, offers=20, instances=1)
    async with control(world) as controller:
        name = await watch(controller, source)
        rows = await more(controller, world, name)
        before = rows.rows(rows.first_seq, rows.next_seq)
    await asyncio.sleep(0.3)  # it prints on while nobody looks
    async with control(world) as controller:
        assert [row.text for row in controller.log(name).rows(0, len(before))] == [row.text for row in before]
        await watch(controller, source)
        rows = await more(controller, world, name)
        assert list(rows.rows(rows.first_seq, rows.first_seq + len(before))) == list(before)
        assert marks(rows) == []
        assert controller.log_status(name).lines == len(kept(rows))


FAULTS = {
    "429": ("429=0.3@PUT:request_logs",),
    "500": ("500=0.3@PUT:request_logs", "500=0.3@GET:instance_logs"),
    "hung": ("hung=2@PUT:request_logs", "hung=1@GET:instance_logs"),
    "nothing readable": ("empty=0.3@PUT:request_logs", "truncated=0.3@PUT:request_logs"),
    "dropped": ("drop=0.3@GET:instance_logs", "drop=0.3@PUT:request_logs"),
    "ssh dropped": ("ssh_drop=3",),
}
BY_SOURCE = [
    *(("api", name) for name in FAULTS if name != "ssh dropped"),
    ("ssh", "ssh dropped"),
    *(("auto", name) for name in ("500", "hung", "ssh dropped")),
]


@pytest.mark.usefixtures("teed")
@pytest.mark.parametrize(("source", "fault"), BY_SOURCE)
async def test_no_fault_doubles_or_loses_a_line(
    sim: StartSim, control: Control, source: str, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vasttui.logs.api_source.BACK_OFF", (0.1, 0.2))
    monkeypatch.setattr(sys.modules["vasttui.ssh.follow"], "_WAITS", (0.05, 0.1))
    world = await sim(speed=100, offers=20, instances=1)
    async with control(world) as controller:
        name = await watch(controller, source)
        await more(controller, world, name, 5)
        world.set_faults(*FAULTS[fault])
        rows = await more(controller, world, name)
        world.set_faults()
        await more(controller, world, name)
        assert not [mark for mark in marks(rows) if not mark.startswith("restored after")]


async def test_a_container_that_is_made_anew_begins_anew(sim: StartSim, control: Control) -> None:
    world = await sim(speed=60, offers=20, instances=1)
    async with control(world) as controller:
        name = await watch(controller, "api")
        await more(controller, world, name)
        assert (await controller.first_listing())[0].id == name.instance_id
        box = world.world.boxes[name.instance_id]
        await seen(controller, lambda picture: (b := picture.box(name.instance_id)) and b.progress)
        box.segments.clear()
        box.start_container(world.world.clock.now())
        rows = controller.log(name)
        await seen(controller, lambda _: "the log began anew" in marks(rows))
        after = kept(rows)[-len(rows.known(1000)) :]
        assert position(after, printed(world, name.instance_id)) == 0
        assert controller.log_status(name).gaps == 0


async def test_a_destroyed_box_is_still_readable_also_after_a_restart(sim: StartSim, control: Control) -> None:
    world = await sim(speed=100, offers=20, instances=2)
    async with control(world) as controller:
        name = await watch(controller, "api")
        rows = await more(controller, world, name)
        box = controller.picture().box(name.instance_id)
        assert box is not None
        assert {info.name.instance_id: info.gone for info in controller.logs()}[name.instance_id] is False
        await controller.destroy(name.instance_id)
        await seen(controller, lambda picture: picture.box(name.instance_id) is None)
        said = kept(rows)
        assert kept(controller.log(name)) == said
    async with control(world) as controller:
        await controller.first_listing()
        await seen(controller, lambda _: any(info.gone for info in controller.logs()))
        info = next(info for info in controller.logs() if info.name == name)
        assert (info.label, info.gone, info.lines >= len(said)) == (box.label, True, True)
        assert kept(controller.log(name)) == said
        assert controller.log_status(name).state is LogState.OFF


async def test_the_daemon_s_log_and_a_file_are_followed_while_one_looks(sim: StartSim, control: Control) -> None:
    world = await sim(speed=100, offers=20, instances=1)
    async with control(world) as controller:
        box = (await controller.first_listing())[0]
        there = world.world.boxes[box.id]
        there.pull_start, there.pull_end = there.created + 5, there.created + 60
        daemon, file = LogName(box.id, "daemon"), LogName(box.id, TEED)
        assert not controller.log(daemon).received_lines
        controller.attend(frozenset({"logs"}), (daemon, file))
        await seen(controller, lambda _: controller.log(daemon).received_lines)
        assert any("Pull complete" in text for text in kept(controller.log(daemon)))
        await more(controller, world, file)
        assert controller.log_status(file).source == "ssh"
        controller.attend(frozenset({"logs"}), ())
        assert TEED in await controller.log_files(box.id)


@pytest.mark.usefixtures("teed")
async def test_two_programs_on_one_state_do_not_hurt_each_other(sim: StartSim, control: Control) -> None:
    world = await sim(speed=100, offers=20, instances=1)
    async with control(world) as first:
        name = await watch(first, "auto")
        await more(first, world, name)
        async with control(world) as second:
            await watch(second, "auto")
            await more(second, world, name)
            await more(first, world, name)
            assert first.log_status(name).kept == ""
            assert second.log_status(name).kept
            said = [event.text for event in second.picture().events if "held in memory" in event.text]
            assert len(said) == 1
    async with control(world) as later:
        await later.first_listing()
        rows = await more(later, world, name, 1)
        assert not marks(rows)


FOLLOWER = """
import asyncio, sys, pathlib
from vasttui.api import Pacer, VastClient
from vasttui.config import Config, Pace, Paths
from vasttui.controller import Controller, Link
from vasttui.journal import Journal
from vasttui.logs.rows import LogName

async def main(url, key, ssh, folder, stream):
    folder = pathlib.Path(folder)
    paths = Paths(**{name: folder / name for name in Paths.__dataclass_fields__})
    pace = Pace(instances=0.2, instances_idle=0.2, logs=0.1, logs_idle=0.2, ssh=0.1)
    config = Config(paths=paths, pace=pace)
    async with VastClient(key, url, pacer=Pacer(scale=0), read_tries=1) as client:
        async def connect():
            return Link(client, pathlib.Path(ssh))
        with Journal(config.paths.state_dir / "journal.sqlite") as journal:
            controller = Controller(config, journal, connect)
            async with controller.running():
                box = (await controller.first_listing())[0]
                name = LogName(box.id, stream)
                controller.attend(frozenset({"logs"}), (name,))
                while True:
                    await controller.next_change()
                    print(controller.log(name).received_lines, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("source", ["api", "ssh"])
async def test_a_program_that_is_killed_loses_and_doubles_nothing(
    sim: StartSim, control: Control, tmp_path: Path, source: str
) -> None:
    world = await sim(speed=100, offers=20, instances=1)
    stream = TEED if source == "ssh" else ""
    for lines in (5, 40, 80):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", FOLLOWER, world.url, world.api_key, str(world.ssh_private_key), str(tmp_path), stream,
            stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": os.getcwd()},
        )  # fmt: skip
        assert process.stdout is not None
        async with asyncio.timeout(40):
            while int(await process.stdout.readline() or b"999999") < lines:
                pass
        process.kill()
        await process.wait()
    async with control(world) as controller:
        name = await watch(controller, source)
        rows = await more(controller, world, name)
        assert not marks(rows)
        assert len(kept(rows)) > 80


# Pace


async def test_many_boxes_are_watched_without_a_429_and_the_one_in_sight_is_never_late(
    sim: StartSim, control: Control
) -> None:
    speed, boxes = 15.0, 40
    world = await sim(speed=speed, offers=200, instances=boxes, enforce_rates=True)
    pace = Pace(**{name: seconds / speed for name, seconds in vars(Pace()).items()})
    polls: list[float] = []
    async with control(world, pacer=Pacer(scale=1 / speed), pace=pace) as controller:
        up = [box.id for box in await controller.first_listing() if box.phase.up]
        name = LogName(up[len(up) // 2])
        controller.attend(frozenset({"instances", "logs"}), (name,))
        await seen(controller, lambda _: controller.log_status(name).checked_at)

        def all_checked() -> bool:
            now = time.time()
            polls.append(now - (controller.log_status(name).checked_at or 0.0))
            return all(controller.log_status(LogName(box)).checked_at for box in up)

        await seen(controller, lambda _: all_checked())
    assert world.context.refused_for_rate == 0
    # Two polls, and what the host needs to upload a log: up to 3 s, looked for at longer and longer distances.
    assert max(polls) < 2 * pace.logs + 2 * 3.0 / speed + 1.0
