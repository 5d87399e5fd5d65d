"""Connections to a real OpenSSH sshd on a loopback port: keys, host keys, what a fault is called."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conformance.sshd import GREETING, Sshd, free_port, keygen, start_sshd
from vasttui.errors import HostKeyChanged, SshError, SshNotReady
from vasttui.ssh import SshTarget, connect, ssh_command


async def call(target: SshTarget) -> float:
    async with await connect(target) as connection:
        return await connection.round_trip()


async def test_run_and_round_trip(target: SshTarget) -> None:
    async with await connect(target) as connection:
        assert await connection.run("echo out; echo err >&2; exit 3") == (3, "out\n", "err\n")
    assert 0 < await call(target) < 10_000


async def test_a_changed_host_key_is_refused(sshd: Sshd, target: SshTarget) -> None:
    await call(target)
    assert target.known_hosts.stat().st_mode & 0o777 == 0o600
    sshd.stop()
    again = start_sshd(sshd.folder, sshd.port, keygen(sshd.folder / "otherkey"))
    try:
        with pytest.raises(HostKeyChanged, match=r"vast-7 at 127.0.0.1:\d+ shows another host key"):
            await call(target)
    finally:
        again.stop()


async def test_refusals_are_waiting_while_the_box_is_young(sshd: Sshd, target: SshTarget) -> None:
    (sshd.folder / "authorized_keys").write_text("")
    with pytest.raises(SshNotReady, match="does not accept the SSH key yet"):
        await call(target)
    old = replace(target, up_since=time.monotonic() - 600)
    with pytest.raises(SshError, match=r"does not accept the SSH key$") as caught:
        await call(old)
    assert not isinstance(caught.value, SshNotReady)
    nobody = replace(target, addresses=(("127.0.0.1", free_port()),))
    with pytest.raises(SshNotReady, match="refused"):
        await call(nobody)


async def test_the_second_address_is_used_when_the_first_refuses(sshd: Sshd, target: SshTarget) -> None:
    both = replace(target, addresses=(("127.0.0.1", free_port()), ("127.0.0.1", sshd.port)))
    async with await connect(both) as connection:
        assert connection.address == ("127.0.0.1", sshd.port)


@pytest.mark.parametrize(
    ("name", "make", "says"),
    [
        ("locked", lambda path: keygen(path, "secret"), "needs a passphrase"),
        ("absent", lambda path: path, "cannot be read: No such file"),
        ("text", lambda path: path.write_text("hello"), "cannot be read"),
    ],
)
async def test_unusable_keys_are_told(
    target: SshTarget, tmp_path: Path, name: str, make: Callable[[Path], object], says: str
) -> None:
    make(tmp_path / name)
    with pytest.raises(SshError, match=says):
        await call(replace(target, key_paths=(tmp_path / name,)))


async def test_the_systems_ssh_shares_the_remembered_key(target: SshTarget) -> None:
    await call(target)
    command = ssh_command(target)
    command[1:1] = ["-F", "none", "-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes"]
    process = await asyncio.create_subprocess_exec(*command, "echo here", stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    assert out.decode() == GREETING + "here\n"
