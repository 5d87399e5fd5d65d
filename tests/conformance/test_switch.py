"""The dead man's switch in real shells, with real curl, wget and python3, against the simulator."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
from pathlib import Path

import httpx
import pytest

from tests.conformance.realbox import SHELLS, MakeBox, RealBox
from tests.conformance.test_official_client import Official, OfficialError
from tests.conftest import StartSim, until
from vasttui.jobs.onbox import (
    Beat,
    Switch,
    arm_command,
    beat_command,
    extend_command,
    read_beat,
    run_command,
    start_command,
)
from vasttui.sim.boxes import Box
from vasttui.sim.server import Simulator

IMAGES = [("dash", "curl"), ("bash", "wget"), ("busybox", "python3"), ("busybox", "curl"), ("dash", "python3")]

@pytest.fixture
async def world(sim: StartSim) -> Simulator:
    return await sim(instances=3)


def rented(sim: Simulator) -> Box:
    return next(box for box in sim.world.boxes.values() if box.actual == "running")


def env_of(box: Box) -> dict[str, str]:
    return {"CONTAINER_ID": str(box.id), "CONTAINER_API_KEY": box.api_key}


def switch(sim: Simulator | None = None, lease: float = 600, grace: float = 0, **more: object) -> Switch:
    url = sim.url if sim else "http://127.0.0.1:9"
    return Switch(f"{url}/api/v0", lease, grace, **more)  # type: ignore[arg-type]


def beat(box: RealBox, lease: float = 600) -> Beat:
    found = read_beat(box.ssh(beat_command(lease)).stdout)
    assert found is not None
    return found


async def told(box: RealBox, text: str) -> None:
    await until(lambda: text in box.log())


async def several_looks(box: RealBox) -> None:
    """Wait until the switch has looked again, whatever it saw before: it reads its clock with each look."""
    for _ in range(2):
        (box.folder / "seen").unlink(missing_ok=True)
        box.script("sleep", f"echo >{box.folder}/seen; exec {shutil.which('sleep')} \"$@\"")
        await until(lambda: (box.folder / "seen").exists())


@pytest.mark.parametrize("end", ["destroy", "stop"])
@pytest.mark.parametrize(("shell", "client"), IMAGES)
async def test_a_box_ends_itself_when_its_lease_is_over(
    shell: str, client: str, end: str, world: Simulator, make_box: MakeBox
) -> None:
    there = rented(world)
    box = make_box(shell, client, env=env_of(there))
    box.start(start_command("", switch=switch(world, lease=600, end=end)))
    await told(box, "armed=1")
    box.clock(1599)
    await several_looks(box)
    assert there.actual == "running"
    box.clock(1600)
    if end == "destroy":
        await until(lambda: there.destroyed is not None)
    else:
        await until(lambda: there.intended == "stopped")
        assert there.destroyed is None
    others = [other for other in world.world.boxes.values() if other is not there]
    assert all(other.destroyed is None for other in others)
    assert there.api_key not in box.log() + box.note("onstart.log")


async def test_it_says_until_when_it_is_armed(make_box: MakeBox) -> None:
    box = make_box("dash", "curl")
    box.script("date", "echo 1790000000")
    box.start(start_command("", switch=switch(lease=14_400, end="stop")))
    await told(box, "::vasttui switch armed=1 until=1790014400 end=stop\n")
    assert "::vasttui switch armed=1 until=1790014400 end=stop" in box.note("onstart.log")
    await several_looks(box)
    assert box.log().count("::vasttui switch") == 1


@pytest.mark.parametrize("shell", SHELLS)
async def test_beats_keep_a_box_alive_and_their_end_ends_it(shell: str, world: Simulator, make_box: MakeBox) -> None:
    there = rented(world)
    box = make_box(shell, "curl", env=env_of(there))
    box.start(start_command("", switch=switch(world, lease=600)))
    await told(box, "armed=1")
    for now in (1500, 2000, 2500):
        box.clock(now)
        assert beat(box, 600) == Beat(True, 600.0, "", {}, ())
        await several_looks(box)
    assert there.destroyed is None
    box.clock(3100)
    await until(lambda: there.destroyed is not None)


async def test_a_box_whose_job_has_ended_waits_for_its_grace_only(world: Simulator, make_box: MakeBox) -> None:
    there = rented(world)
    box = make_box("dash", "curl", env=env_of(there))
    box.start(start_command("exit 3", run_id="4.1", switch=switch(world, lease=9000, grace=200)))
    await told(box, "::vasttui done id=4.1 code=3")
    box.clock(1150)
    assert beat(box, 9000).codes == {"4.1": 3}
    box.clock(1349)
    await several_looks(box)
    assert there.destroyed is None, "the grace begins anew when vasttui comes"
    box.clock(1350)
    await until(lambda: there.destroyed is not None)


async def test_a_job_that_works_is_not_hurried(world: Simulator, make_box: MakeBox) -> None:
    there = rented(world)
    box = make_box("dash", "curl", env=env_of(there))
    box.start(start_command("sleep 60", run_id="4.1", switch=switch(world, lease=9000, grace=200)))
    await told(box, "::vasttui start id=4.1")
    box.clock(5000)
    await several_looks(box)
    assert there.destroyed is None
    assert beat(box, 9000).running == ("4.1",)


async def test_the_next_input_of_a_box_is_not_hurried_by_the_end_of_the_last(
    world: Simulator, make_box: MakeBox
) -> None:
    there = rented(world)
    box = make_box("dash", "curl", env=env_of(there))
    box.start(start_command("true", run_id="4.1", switch=switch(world, lease=9000, grace=200)))
    await told(box, "::vasttui done id=4.1 code=0")
    box.put_script("5.1", f"until [ -f {box.folder}/go ]; do :; done")
    assert box.ssh(run_command("5.1")).returncode == 0
    await until(lambda: "::vasttui start id=5.1" in box.note("onstart.log"))
    box.clock(5000)
    await several_looks(box)
    assert there.destroyed is None
    (box.folder / "go").touch()
    await until(lambda: "::vasttui done id=5.1" in box.note("onstart.log"))
    box.clock(5200)
    await until(lambda: there.destroyed is not None)


@pytest.mark.parametrize("fault", ["500=1.0", "drop=1.0", "destroy_repeat=2"])
async def test_it_goes_on_trying_until_it_is_dead(fault: str, world: Simulator, make_box: MakeBox) -> None:
    there = rented(world)
    box = make_box("dash", "curl", env=env_of(there))
    world.set_faults(fault)
    box.start(start_command("", switch=switch(world, lease=5)))
    await told(box, "armed=1")
    box.clock(2000)
    await until(lambda: box.log().count("nobody came") == 3)
    assert there.destroyed is None or fault.startswith("destroy")
    world.set_faults()
    await until(lambda: there.destroyed is not None)


async def test_it_tries_less_and_less_often(make_box: MakeBox) -> None:
    box = make_box("dash")
    notes = box.folder / "tries and looks"
    box.script("curl", f"echo try >>'{notes}'; exit 7")
    box.script("sleep", f"echo look >>'{notes}'; exec {shutil.which('sleep')} 0.002")
    box.clock(1000)
    box.start(start_command("", switch=switch(lease=0)))
    await until(lambda: notes.exists() and notes.read_text().count("try") > 7)
    between = [part.count("look") for part in notes.read_text().split("try\n")]
    assert between[:8] == [0, 1, 2, 4, 8, 16, 16, 16]


async def test_a_beat_while_vast_ai_does_not_answer_calls_the_end_off(world: Simulator, make_box: MakeBox) -> None:
    there = rented(world)
    box = make_box("dash", "curl", env=env_of(there))
    world.set_faults("500=1.0")
    box.start(start_command("", switch=switch(world, lease=5)))
    await told(box, "armed=1")
    box.clock(2000)
    await told(box, "nobody came")
    assert beat(box, 300).left == 300
    await several_looks(box)
    world.set_faults()
    await several_looks(box)
    assert there.destroyed is None


@pytest.mark.parametrize(("shell", "tools"), [("dash", ()), ("bash", ()), ("busybox", ("wget",))])
async def test_an_image_without_a_client_says_so_until_it_has_one(
    shell: str, tools: tuple[str, ...], make_box: MakeBox
) -> None:
    box = make_box(shell, *tools)
    box.start(start_command("", switch=switch()))
    await told(box, '::vasttui switch armed=0 why="no curl, wget or python3"\n')
    assert (beat(box).armed, beat(box).text) == (False, "no curl, wget or python3")
    assert box.log().count("armed=") == 1
    box.give("curl")
    await told(box, "armed=1")
    assert beat(box).armed


async def test_a_box_that_does_not_know_itself_says_so(make_box: MakeBox) -> None:
    box = make_box("dash", "curl", env={"CONTAINER_ID": "7"})
    box.start(start_command("", switch=switch()))
    await told(box, '::vasttui switch armed=0 why="no CONTAINER_ID or CONTAINER_API_KEY"\n')
    assert not beat(box).armed


@pytest.mark.parametrize("shell", SHELLS)
async def test_on_a_box_with_a_template_it_is_armed_over_ssh(shell: str, world: Simulator, make_box: MakeBox) -> None:
    there = rented(world)
    box = make_box(shell, "curl", env={})
    environ = "".join(f"{name}={value}\0" for name, value in env_of(there).items())
    (box.init / "environ").write_text(f"LINES=CONTAINER_ID=0\nPATH=/none\0{environ}")
    assert read_beat(box.ssh(beat_command(60)).stdout) is None
    for _ in range(2):
        done = box.ssh(arm_command(switch(world, lease=600)))
        assert (done.returncode, done.stderr) == (0, "")
    await until(lambda: beat(box, 50).left == 50)
    assert len([command for _pid, command in box.processes() if " watch " in command]) == 1
    assert "armed=1" in (box.init / "fd" / "1").read_text(), "the container's log has it too"
    box.clock(1050)
    await until(lambda: there.destroyed is not None)


async def test_the_watch_does_not_care_for_signals(make_box: MakeBox) -> None:
    box = make_box("dash", "curl")
    box.start(start_command("", switch=switch()))
    await told(box, "armed=1")
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
        os.kill(int(box.note("watch")), number)
        await several_looks(box)


async def test_a_watch_that_was_killed_is_started_again_by_the_next_beat(make_box: MakeBox) -> None:
    box = make_box("dash", "curl")
    box.start(start_command("", switch=switch()))
    await told(box, "armed=1")
    box.kill()
    beat(box)
    await until(lambda: any(" watch " in command for _pid, command in box.processes()))
    # A watch that has only just begun may still write down what it began with.
    await until(lambda: beat(box, 77).left == 77)


class TestClocks:
    async def test_a_date_that_jumps_kills_nothing(self, world: Simulator, make_box: MakeBox) -> None:
        there = rented(world)
        box = make_box("dash", "curl", env=env_of(there))
        box.script("date", "echo 0")
        box.start(start_command("exit", run_id="1.1", switch=switch(world, lease=600, grace=300)))
        await told(box, "done id=1.1")
        for date in (1790000000, 4000000000, 5):
            box.script("date", f"echo {date}")
            await several_looks(box)
            assert beat(box, 600).left == 600
        assert there.destroyed is None

    @pytest.mark.parametrize("later", [20, 95_000], ids=["the host too", "the container"])
    async def test_a_restart_begins_lease_and_grace_anew(
        self, later: int, world: Simulator, make_box: MakeBox
    ) -> None:
        there = rented(world)
        box = make_box("dash", "curl", env=env_of(there))
        command = start_command("exit", run_id="1.1", switch=switch(world, lease=600, grace=300))
        box.clock(90_000)
        box.start(command)
        await told(box, "done id=1.1")
        assert beat(box).left == 600
        box.kill()
        box.clock(later)
        box.start(command)
        await until(lambda: box.log().count("armed=1") == 2)
        box.clock(later + 299)
        await several_looks(box)
        assert there.destroyed is None
        box.clock(later + 300)
        await until(lambda: there.destroyed is not None)


class TestFixedLease:
    async def test_beats_do_not_move_it_and_the_user_can(self, make_box: MakeBox) -> None:
        box = make_box("dash", "curl")
        box.start(start_command("", switch=switch(lease=600, fixed=True)))
        await told(box, "armed=1")
        box.clock(1100)
        assert beat(box, 9000).left == 500
        assert "left=9000" in box.ssh(extend_command(9000)).stdout
        assert beat(box, 60).left == 9000

    @pytest.mark.parametrize(
        ("date", "left"),
        [
            (1790001000, 2600.0),
            (1790003600, 300.0),
            (1990000000, 300.0),
            (0, 3600.0),
        ],
    )
    async def test_its_end_stays_over_a_restart_and_a_wrong_date_does_not_kill_at_once(
        self, date: int, left: float, make_box: MakeBox
    ) -> None:
        box = make_box("dash", "curl")
        box.script("date", "echo 1790000000")
        command = start_command("", switch=switch(lease=3600, fixed=True))
        box.start(command)
        await told(box, "armed=1")
        box.kill()
        box.script("date", f"echo {date}")
        box.clock(50)
        box.start(command)
        await until(lambda: box.log().count("armed=1") == 2)
        assert beat(box, 5).left == left

    async def test_what_the_user_has_added_stays_over_a_restart(self, make_box: MakeBox) -> None:
        box = make_box("dash", "curl")
        box.script("date", "echo 1790000000")
        command = start_command("", switch=switch(lease=3600, fixed=True))
        box.start(command)
        await told(box, "armed=1")
        box.ssh(extend_command(20_000))
        box.kill()
        box.script("date", "echo 1790005000")
        box.start(command)
        await until(lambda: box.log().count("armed=1") == 2)
        assert beat(box, 5).left == 15_000

    async def test_a_short_one_is_not_lengthened(self, make_box: MakeBox) -> None:
        box = make_box("dash", "curl")
        box.start(start_command("", switch=switch(lease=60, fixed=True)))
        await told(box, "armed=1")
        assert beat(box).left == 60


class TestTheKey:
    @pytest.mark.parametrize("client", ["curl", "wget", "python3"])
    async def test_it_is_on_no_command_line(self, client: str, world: Simulator, make_box: MakeBox) -> None:
        there = rented(world)
        box = make_box("dash", client, env=env_of(there))
        real = (box.bin / client).resolve()
        seen = box.folder / "arguments"
        box.script(client, f"case $1 in --help) ;; *) printf '%s\\n' \"$@\" >>{seen};; esac\nexec {real} \"$@\"")
        box.start(start_command("", switch=switch(world, lease=5)))
        await told(box, "armed=1")
        box.clock(2000)
        await until(lambda: there.destroyed is not None)
        assert client == "python3" or str(there.id) in seen.read_text()
        assert there.api_key not in seen.read_text()
        secret = [place for place in box.notes.iterdir() if place.is_file() and there.api_key in place.read_text()]
        assert secret
        assert all(place.stat().st_mode & 0o077 == 0 for place in secret)

    async def test_it_may_end_its_own_box_and_nothing_else(self, world: Simulator) -> None:
        own, other = list(world.world.boxes.values())[:2]
        offer = next(iter(world.world.market.offers))
        async with httpx.AsyncClient(
            base_url=f"{world.url}/api", headers={"Authorization": f"Bearer {own.api_key}"}
        ) as client:
            refused = [
                await client.delete(f"/v0/instances/{other.id}/"),
                await client.put(f"/v0/instances/{other.id}/", json={"state": "stopped"}),
                await client.get("/v1/instances/"),
                await client.put(f"/v0/asks/{offer}/", json={"image": "a", "disk": 10}),
                await client.get("/v0/users/current/"),
            ]
            assert [reply.status_code in (401, 403) for reply in refused] == [True] * len(refused)
            assert other.destroyed is None
            assert other.intended == "running"
            assert (await client.put(f"/v0/instances/{own.id}/", json={"state": "stopped"})).status_code == 200
            assert (await client.delete(f"/v0/instances/{own.id}/")).status_code == 200
        assert own.destroyed is not None

    async def test_the_official_client_can_use_it_for_that_too(self, world: Simulator, tmp_path: Path) -> None:
        own, other = list(world.world.boxes.values())[:2]

        class Narrow(Official):
            def environment(self) -> dict[str, str]:
                return {**super().environment(), "VAST_API_KEY": own.api_key}

        official = Narrow(world, tmp_path)
        with pytest.raises(OfficialError):
            await official("destroy", "instance", str(other.id), "-y")
        await official("destroy", "instance", str(own.id), "-y")
        assert (own.destroyed is not None, other.destroyed) == (True, None)


async def test_many_boxes_end_when_vasttui_is_gone_for_good(sim: StartSim, make_box: MakeBox) -> None:
    world = await sim(instances=8)
    pairs = []
    for there in world.world.boxes.values():
        box = make_box("dash", "curl", env=env_of(there))
        text = f"echo {shlex.quote(f'work of {there.id}')}"
        box.start(start_command(text, run_id=f"{there.id}.1", switch=switch(world, lease=9000, grace=100)))
        pairs.append((there, box))
    await asyncio.gather(*(told(box, f"done id={there.id}.1 code=0") for there, box in pairs))
    for _there, box in pairs:
        box.clock(1100)
    await until(lambda: all(there.destroyed is not None for there, _box in pairs))
