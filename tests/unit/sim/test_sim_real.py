"""Boxes with real shells: what is sent is run here, in the box's own folder, and ends with the box."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncssh
import httpx
import pytest

from tests.conftest import StartSim, until
from vasttui.jobs.onbox import Switch, beat_command, read_beat, run_command, script_path, start_command
from vasttui.sim.boxes import Box, Order
from vasttui.sim.real import RealContainers
from vasttui.sim.server import SimOptions, Simulator, running

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are found by /proc")
FAST = {"speed": 400.0, "real_shell": True}


def rent(sim: Simulator, onstart: str | None, **env: str) -> Box:
    order = Order("vastai/pytorch", 20.0, label="hang", onstart=onstart, env=tuple(env.items()))
    return sim.world.rent(sim.world.market.find(lambda offer: offer.clean), order)


async def ready(sim: Simulator, onstart: str | None, **env: str) -> Box:
    box = rent(sim, onstart, **env)
    await until(lambda: box.key_ok)
    await sim.settle()
    return box


def folder(sim: Simulator, box: Box) -> Path:
    containers = sim.world.life.containers
    assert isinstance(containers, RealContainers)
    return containers.folder(box)


def log(box: Box) -> str:
    return box.log_from(0.0).decode()


def alive(pid: str) -> bool:
    """Whether a process lives; one that ended and is not reaped yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@asynccontextmanager
async def door(sim: Simulator, box: Box) -> AsyncIterator[asyncssh.SSHClientConnection]:
    async with asyncssh.connect(
        "127.0.0.1", box.port, username="root", client_keys=[str(sim.ssh_private_key)], known_hosts=None, config=None
    ) as connection:
        yield connection


async def test_a_start_command_runs_with_the_variables_of_a_container_and_none_of_ours(
    sim: StartSim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAST_API_KEY", "ours")
    server = await sim(**FAST)
    box = await ready(server, "env; cat /proc/1/environ | tr '\\0' '\\n'; echo end", NAME="a b", OUT="/workspace/out")
    await until(lambda: log(box).endswith("end\n"))
    said = log(box).splitlines()
    place = folder(server, box)
    for line in (
        f"CONTAINER_ID={box.id}",
        f"CONTAINER_API_KEY={box.api_key}",
        f"VAST_CONTAINERLABEL=C.{box.id}",
        "NAME=a b",
        f"OUT={place}/workspace/out",
        f"HOME={place}/root",
    ):
        assert said.count(line) == 2, line
    assert not any("ours" in line for line in said)


async def test_boxes_do_not_meet_in_their_files(sim: StartSim) -> None:
    server = await sim(**FAST)
    command = "mkdir -p /var/log/vasttui; echo $CONTAINER_ID >/workspace/who; cat /workspace/who | tee /var/log/x"
    boxes = [rent(server, command) for _ in range(3)]
    await until(lambda: all(box.key_ok and log(box) for box in boxes))
    await server.settle()
    for box in boxes:
        assert log(box) == f"{box.id}\n"
        async with door(server, box) as connection, connection.start_sftp_client() as files:
            assert (await connection.run("cat /workspace/who /var/log/x")).stdout == f"{box.id}\n{box.id}\n"
            async with files.open("/workspace/who") as file:
                assert await file.read() == f"{box.id}\n"
            assert await files.realpath(".") == "/root"


async def test_a_session_gives_input_output_errors_and_status_and_lacks_the_containers_variables(sim: StartSim) -> None:
    server = await sim(**FAST)
    box = await ready(server, None)
    async with door(server, box) as connection:
        done = await connection.run("cat; echo no >&2; echo ${CONTAINER_ID-none}; exit 7", input="typed\n")
        assert (done.stdout, done.stderr, done.exit_status) == ("typed\nnone\n", "no\n", 7)
        assert (await connection.run("kill -9 $$")).exit_status == 137
        assert (await connection.run(input="echo a; exit 3\n")).exit_status == 3
        big = await connection.run("head -c 3000000 /dev/zero | tr '\\0' x")
        assert len(str(big.stdout)) == 3_000_000


async def test_a_follower_ends_with_its_client_and_what_was_left_behind_lives_on(sim: StartSim) -> None:
    server = await sim(**FAST)
    box = await ready(server, "echo one > /var/log/f; sleep 1000")
    async with door(server, box) as connection:
        kept = str((await connection.run("setsid sleep 1000 </dev/null >/dev/null 2>&1 & echo $!")).stdout).strip()
        process = await connection.create_process("echo $$; exec tail -n +1 -F /var/log/f")
        pid = (await process.stdout.readline()).strip()
        assert await process.stdout.readline() == "one\n"
        with (folder(server, box) / "var/log/f").open("a") as file:
            file.write("two\n")
        assert await process.stdout.readline() == "two\n"
    await until(lambda: not alive(pid))
    assert alive(kept)
    server.world.life.stop(box, server.world.settle())
    await until(lambda: box.actual == "exited")
    assert not alive(kept)


@pytest.mark.parametrize("what", ["stop", "reboot", "destroy", "vanish"])
async def test_a_container_takes_all_its_processes_with_it(sim: StartSim, what: str) -> None:
    server = await sim(**FAST)
    box = await ready(server, "echo $$; trap '' 15; setsid sh -c 'echo $$; sleep 1000' & wait")
    await until(lambda: log(box).count("\n") == 2)
    pids = log(box).split()
    place = folder(server, box)
    (place / "workspace/kept").touch()
    getattr(server.world.life, what)(box, server.world.settle())
    await until(lambda: box.gone or len(box.segments) == 2 or box.actual == "exited")
    assert not any(alive(pid) for pid in pids)
    assert (place / "workspace/kept").exists() == (what in ("stop", "reboot"))


async def test_a_start_after_a_stop_runs_the_command_again_on_the_same_files(sim: StartSim) -> None:
    server = await sim(**FAST)
    box = await ready(server, "echo x >>/root/laps; wc -l </root/laps")
    await until(lambda: log(box) == "1\n")
    server.world.life.stop(box, server.world.settle())
    await until(lambda: box.actual == "exited")
    server.world.life.start(box, server.world.settle())
    await until(lambda: log(box) == "1\n2\n")
    server.world.life.reboot(box, server.world.settle(), recycle=True)
    await until(lambda: log(box) == "1\n")


async def test_nothing_is_left_when_the_simulator_ends() -> None:
    async with running(SimOptions(speed=400, real_shell=True)) as server:
        box = rent(server, "echo $$; setsid sleep 1000 & sleep 1000")
        await until(lambda: bool(log(box)) if box.segments else False)
        pid, place = log(box).strip(), folder(server, box)
        assert alive(pid)
    assert not alive(pid)
    assert not place.exists()


async def call(sim: Simulator, key: str, method: str, path: str, **more: Any) -> int:
    async with httpx.AsyncClient(base_url=sim.url, headers={"Authorization": f"Bearer {key}"}, timeout=10) as http:
        return (await http.request(method, path, **more)).status_code


async def test_the_key_of_a_box_ends_that_box_and_can_do_nothing_else(sim: StartSim) -> None:
    server = await sim(**FAST)
    box, other = rent(server, "sleep 1000"), rent(server, None)
    ask = server.world.market.find(lambda offer: offer.clean).id
    for method, path in (
        ("DELETE", f"/api/v0/instances/{other.id}/"),
        ("PUT", f"/api/v0/instances/{other.id}/"),
        ("GET", f"/api/v0/instances/{other.id}/"),
        ("GET", "/api/v1/instances/"),
        ("DELETE", "/api/v0/instances/"),
        ("PUT", f"/api/v0/asks/{ask}/"),
        ("GET", "/api/v0/users/current/"),
        ("GET", "/api/v0/ssh/"),
    ):
        assert await call(server, box.api_key, method, path, json={}) in (401, 403), (method, path)
    state = (await httpx.AsyncClient().get(f"{server.url}/_sim/state")).json()
    assert state["writes"] == 0
    own = f"/api/v0/instances/{box.id}/"
    assert await call(server, box.api_key, "PUT", own, json={"state": "stopped"}) == 200
    assert await call(server, box.api_key, "DELETE", own) == 200
    await until(lambda: box.gone)
    assert not other.gone
    assert await call(server, box.api_key, "GET", own) == 404


async def test_vasttuis_own_commands_run_for_real(sim: StartSim) -> None:
    server = await sim(**FAST)
    switch = Switch(f"{server.url}/api/v0", lease=600, grace=1)
    box = await ready(server, start_command("", switch=switch), VASTTUI_TICK="0.1")
    await until(lambda: "switch armed=1" in log(box))
    async with door(server, box) as connection, connection.start_sftp_client() as files:
        await files.makedirs(os.path.dirname(script_path("ab.1")))
        async with files.open(script_path("ab.1"), "w") as file:
            await file.write("echo working >/workspace/w; cat /workspace/w; echo $CONTAINER_ID")
        assert (await connection.run(run_command("ab.1"))).exit_status == 0
        await until(lambda: "done id=ab.1 code=0" in log(box))
        found = read_beat(str((await connection.run(beat_command(600))).stdout))
        assert found is not None
        assert (found.armed, found.codes) == (True, {"ab.1": 0})
        whole = str((await connection.run("cat /var/log/vasttui/onstart.log")).stdout)
    assert f"::vasttui start id=ab.1\nworking\n{box.id}\n" in whole
    assert f"::vasttui start id=ab.1\nworking\n{box.id}\n" in log(box)
    await until(lambda: box.gone)


async def test_the_simulator_as_a_process_leaves_no_process(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vasttui.sim", "--real-shell", "--speed", "400", "--until-stdin-closes"),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdin is not None
    said: dict[str, Any] = httpx.Response(200, content=await process.stdout.readline()).json()
    mark = tmp_path / "pid"
    headers = {"Authorization": f"Bearer {said['api_key']}"}
    async with httpx.AsyncClient(base_url=said["url"], headers=headers, timeout=10) as http:
        offers = (await http.post("/api/v0/bundles/", json={"verified": {"eq": True}, "rentable": {"eq": True}})).json()
        order = {"image": "x/y", "onstart": f"echo $$ >{mark}; exec sleep 1000"}
        await http.put(f"/api/v0/asks/{offers['offers'][0]['id']}/", json=order)
        await until(lambda: mark.exists() and bool(mark.read_text()))
    pid = mark.read_text().strip()
    assert alive(pid)
    process.stdin.close()
    assert await process.wait() == 0
    await until(lambda: not alive(pid))
