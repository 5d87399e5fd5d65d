"""vasttui's own commands over SSH, on a box that plays: beats, runs, files. The commands are those that are sent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import asyncssh
import pytest

from tests.conftest import StartSim, until
from tests.unit.sim.hand import Hand
from vasttui.jobs.onbox import (
    Beat,
    Switch,
    arm_command,
    beat_command,
    extend_command,
    job_env,
    read_beat,
    run_command,
    script_path,
    start_command,
    switch_env,
)
from vasttui.jobs.spec import Input
from vasttui.sim.boxes import Box, Order
from vasttui.sim.plays import Play
from vasttui.sim.server import Simulator
from vasttui.sim.workloads import Workload

SWITCH = Switch("http://127.0.0.1:1/api/v0", 3600, 600)
A_RUN = job_env(Input("clips/a.mp4", "a", 1), "ab.1")


async def ready(sim: Simulator, onstart: str, env: Mapping[str, str]) -> Box:
    order = Order("vastai/pytorch", 20.0, label="batch", onstart=onstart, env=tuple(env.items()))
    box = sim.world.rent(sim.world.market.find(lambda offer: offer.clean), order)
    await until(lambda: box.key_ok)
    await sim.settle()
    return box


@asynccontextmanager
async def door(sim: Simulator, box: Box) -> AsyncIterator[asyncssh.SSHClientConnection]:
    async with asyncssh.connect(
        "127.0.0.1", box.port, username="root", client_keys=[str(sim.ssh_private_key)], known_hosts=None, config=None
    ) as connection:
        yield connection


async def said(connection: asyncssh.SSHClientConnection, command: str) -> str:
    """The output, with a word before it, as a client that skips a greeting asks for."""
    result = await connection.run(f"cd; printf '%s\\n' '--mark--'; {command}")
    mark, _, rest = str(result.stdout).partition("\n")
    assert mark == "--mark--"
    return rest


async def beat(connection: asyncssh.SSHClientConnection, lease: float = 3600) -> Beat:
    answer = read_beat(await said(connection, beat_command(lease)))
    assert answer is not None
    return answer


def only_play(box: Box) -> Play:
    plays = [segment.workload for segment in box.segments if isinstance(segment.workload, Play)]
    assert len(plays) == 1
    return plays[0]


async def test_a_beat_tells_the_lease_and_how_the_job_goes(sim: StartSim) -> None:
    server = await sim(speed=100)
    env = {**A_RUN, **switch_env(SWITCH)}
    box = await ready(server, start_command("bash work.sh", run_id="ab.1", switch=SWITCH), env)
    async with door(server, box) as connection:
        first = await beat(connection)
        assert (first.armed, first.text) == (True, "")
        assert first.left == pytest.approx(36, abs=1), "a lease is simulated seconds, what is left is the client's"
        assert ("ab.1" in first.codes) != (first.running == ("ab.1",))
        await until(lambda: bool(box.codes(server.world.settle())))
        assert (await beat(connection)).codes == {"ab.1": 0}
        assert read_beat(await said(connection, extend_command(60))) is not None
    assert box.switch is not None
    assert box.switch.until - server.world.settle() <= 60


@pytest.mark.parametrize(
    ("command", "run_id", "kind", "plays"),
    [
        ("bash train.sh", "", "train", False),
        ("bash train.sh", "ab.1", "train", True),
        ("bash lora.sh; echo fails", "ab.1", "finetune", True),
        ("", "", "quiet", False),
    ],
)
def test_what_plays_follows_the_users_command_and_not_vasttuis_script(
    command: str, run_id: str, kind: str, *, plays: bool
) -> None:
    onstart = start_command(command, run_id=run_id, switch=SWITCH)
    env = tuple({**switch_env(SWITCH), "VASTTUI_JOB_ID": "ab.1"}.items())
    box = Hand().rent(onstart=onstart, env=env, label=None, image="vastai/base-image")
    assert (box.workload.kind, isinstance(box.workload, Play)) == (kind, plays)
    if isinstance(box.workload, Play):
        assert box.workload.mishap == ("fails" if "fails" in command else "")


async def test_a_box_without_the_script_answers_nothing(sim: StartSim) -> None:
    server = await sim(speed=100)
    box = await ready(server, "bash train.sh", {})
    async with door(server, box) as connection:
        assert read_beat(await said(connection, beat_command(60))) is None
        await said(connection, arm_command(SWITCH))
        assert (await beat(connection)).armed
    assert box.switch is not None
    assert box.switch.grace == 600


@pytest.mark.parametrize(("job_input", "code"), [("clips/it's two\nlines.mp4", 0), ("clips/fails.mp4", 3)])
async def test_a_run_over_ssh_plays_the_job_of_its_script_and_leaves_files(
    sim: StartSim, job_input: str, code: int, tmp_path: Path
) -> None:
    server = await sim(speed=200)
    box = await ready(server, start_command("", switch=SWITCH), switch_env(SWITCH))
    assert box.workload == Workload("quiet", "", 0.0)
    variables = job_env(Input(job_input, "two", 1), "cd.1")
    script = tmp_path / "script"
    words = " ".join("'" + f"{key}={value}".replace("'", "'\"'\"'") + "'" for key, value in variables.items())
    script.write_text(f"export {words}\npython3 work.py\n")
    async with door(server, box) as connection, connection.start_sftp_client() as files:
        missing = await connection.run(run_command("cd.1"))
        assert (missing.exit_status, "not put" in str(missing.stderr)) == (66, True)
        await files.makedirs(script_path("cd.1").rpartition("/")[0])
        await files.put(script, script_path("cd.1"))
        for _ in range(2):
            assert (await connection.run(run_command("cd.1"))).exit_status == 0
        assert only_play(box).mishap == ("fails" if code else "")
        await until(lambda: bool(box.codes(server.world.settle())))
        assert (await beat(connection)).codes == {"cd.1": code}
        log = (await connection.run("cat /var/log/vasttui/onstart.log", encoding=None)).stdout
        assert log == box.log_from(server.world.settle())
        assert log.endswith(f"::vasttui done id=cd.1 code={code}\n".encode())
        if not code:
            assert sorted(map(str, await files.listdir("/workspace/out"))) == [".", "..", "log.txt", "two.mp4"]


async def test_files_of_a_box_can_be_read_written_moved_and_removed(sim: StartSim, tmp_path: Path) -> None:
    server = await sim(speed=200)
    box = await ready(server, start_command("x", run_id="ab.1"), A_RUN)
    await until(lambda: bool(box.codes(server.world.settle())))
    sent = tmp_path / "sent"
    sent.write_bytes(bytes(range(256)) * 700)
    async with door(server, box) as connection, connection.start_sftp_client() as files:
        await files.get("/workspace/out", tmp_path / "out", recurse=True)
        got = (tmp_path / "out/a.mp4").read_bytes()
        assert got == only_play(box).files()["/workspace/out/a.mp4"]
        assert 150_000 < len(got) == (await files.stat("/workspace/out/a.mp4")).size
        await files.mkdir("in")
        await files.put(sent, "in/part")
        await files.posix_rename("in/part", "in/whole")
        async with files.open("/root/in/whole", "rb") as file:
            whole: object = await file.read()
        assert whole == sent.read_bytes()
        assert (await connection.run("cat in/whole | wc -c")).stdout == "179200\n"
        with pytest.raises(asyncssh.SFTPError):
            await files.rmdir("in")
        await files.remove("in/whole")
        await files.rmdir("in")
        assert not await files.exists("in")
        for path in ("/nowhere", "/nowhere/x"):
            with pytest.raises(asyncssh.SFTPNoSuchFile):
                await files.stat(path)
        with pytest.raises(asyncssh.SFTPNoSuchFile):
            await files.put(sent, "/nowhere/x")
        with pytest.raises(asyncssh.SFTPPermissionDenied):
            await files.put(sent, "/var/log/vasttui/onstart.log")


async def test_files_outlive_a_session_and_a_reboot_but_no_recycling(sim: StartSim) -> None:
    server = await sim(speed=200)
    box = await ready(server, start_command("x", run_id="ab.1"), A_RUN)
    async with door(server, box) as connection:
        await connection.run("echo kept > /root/x")
    for recycle, left in ((False, "kept\n"), (True, "")):
        server.world.life.reboot(box, server.world.settle(), recycle=recycle)
        await until(lambda: box.key_ok)
        await server.settle()
        async with door(server, box) as connection:
            assert (await connection.run("cat /root/x")).stdout == left
