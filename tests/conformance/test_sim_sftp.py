"""OpenSSH's own sftp and ssh as witnesses of the simulator's boxes, played ones and real shells."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.conftest import StartSim, until
from vasttui.sim.boxes import Box, Order
from vasttui.sim.server import Simulator

pytestmark = pytest.mark.skipif(not (shutil.which("sftp") and shutil.which("ssh")), reason="needs OpenSSH's clients")


async def client(sim: Simulator, box: Box, program: str, *words: str, typed: str = "") -> tuple[int, str]:
    """Run an OpenSSH client against a box; gives (status, output and errors)."""
    options = (
        *("-F", "/dev/null", "-i", str(sim.ssh_private_key)),
        *("-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=no"),
        *("-o", "LogLevel=ERROR", "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes"),
        *("-p" if program == "ssh" else "-P", str(box.port)),
    )
    process = await asyncio.create_subprocess_exec(
        program, *options, "root@127.0.0.1", *words, stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await asyncio.wait_for(process.communicate(typed.encode()), 30)
    return process.returncode or 0, out.decode()


@pytest.mark.parametrize("real", [False, True])
async def test_files_go_there_and_back(sim: StartSim, tmp_path: Path, *, real: bool) -> None:
    server = await sim(speed=400, real_shell=real)
    offer = server.world.market.find(lambda offer: offer.clean)
    box = server.world.rent(offer, Order("x/y", 20.0, label="train", onstart="echo hello"))
    await until(lambda: box.key_ok)
    await server.settle()
    (tmp_path / "a").write_bytes(bytes(range(256)) * 1000)
    typed = "".join(
        f"{line}\n"
        for line in (
            "pwd",
            "mkdir /workspace/in",
            f"put {tmp_path}/a /workspace/in/part",
            "rename /workspace/in/part /workspace/in/whole",
            f"get /workspace/in/whole {tmp_path}/b",
            "ls -l /workspace/in",
            "rm /workspace/in/whole",
            "rmdir /workspace/in",
            "ls /workspace/in",
        )
    )
    code, said = await client(server, box, "sftp", typed=typed)
    assert code == 0, said
    assert (tmp_path / "b").read_bytes() == (tmp_path / "a").read_bytes()
    assert "working directory: /root" in said
    assert " 256000 " in said
    assert "not found" in said.splitlines()[-1], said


async def test_a_real_shell_serves_ssh_as_a_box_does(sim: StartSim) -> None:
    server = await sim(speed=400, real_shell=True)
    offer = server.world.market.find(lambda offer: offer.clean)
    box = server.world.rent(offer, Order("x/y", 20.0, label="train", onstart="echo hello | tee /workspace/f"))
    await until(lambda: box.key_ok)
    await server.settle()
    assert await client(server, box, "ssh", "cat /workspace/f -; exit 4", typed="more\n") == (4, "hello\nmore\n")
    assert (await client(server, box, "ssh", "kill -9 $$"))[0] != 0
