"""The boxes over SSH: when they let one in, and that a followed file is the container's output."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncssh
import pytest

from tests.conftest import StartSim, until
from vasttui.sim.boxes import Box, Order
from vasttui.sim.files import BoxFiles
from vasttui.sim.server import Simulator
from vasttui.sim.tail import Follower, TailOptions, tail_of, tail_options

LOG = "/var/log/onstart.log"


@asynccontextmanager
async def door(sim: Simulator, box: Box, user: str = "root") -> AsyncIterator[asyncssh.SSHClientConnection]:
    async with asyncssh.connect(
        "127.0.0.1",
        box.port,
        username=user,
        client_keys=[str(sim.ssh_private_key)],
        known_hosts=None,
        config=None,
    ) as connection:
        yield connection


def first_box(sim: Simulator) -> Box:
    return next(iter(sim.world.boxes.values()))


async def test_a_new_box_refuses_then_denies_then_lets_in(sim: StartSim) -> None:
    server = await sim(speed=80)
    box = server.world.rent(server.world.market.find(lambda offer: offer.clean), Order("x", 10.0, label="train"))
    with pytest.raises(ConnectionRefusedError):
        async with door(server, box):
            pass
    await until(lambda: box.port_open)
    while not box.key_ok:
        try:
            async with door(server, box):
                assert box.key_ok, "let in too early"
        except (asyncssh.PermissionDenied, ConnectionRefusedError):
            await asyncio.sleep(0.02)
    async with door(server, box) as connection:
        assert (await connection.run("whoami")).stdout == "root\n"
        assert server.ssh_private_key.stat().st_mode & 0o77 == 0


async def test_only_root_with_a_known_key_gets_in_and_is_greeted(sim: StartSim) -> None:
    server = await sim(instances=1)
    box = first_box(server)
    banners: list[str] = []

    class Client(asyncssh.SSHClient):
        def auth_banner_received(self, msg: str, lang: str) -> None:
            banners.append(msg)

    for user, key in (
        ("somebody", str(server.ssh_private_key)),
        ("root", asyncssh.generate_private_key("ssh-ed25519")),
    ):
        with pytest.raises(asyncssh.PermissionDenied):
            await asyncssh.connect(
                "127.0.0.1", box.port, username=user, client_keys=[key], known_hosts=None, config=None,
                client_factory=Client,
            )  # fmt: skip
    assert banners[0].startswith("Welcome to vast.ai.")
    assert banners[0].endswith("Have fun!\n")


async def test_a_followed_file_is_the_output_of_the_container_byte_for_byte(sim: StartSim) -> None:
    server = await sim(speed=300, instances=1)
    box = first_box(server)
    box.order = dataclasses.replace(box.order, onstart="bash run.sh 2>&1 | tee -a '/var/log/vasttui/onstart.log'")
    async with door(server, box) as connection:
        process: asyncssh.SSHClientProcess[bytes] = await connection.create_process(
            "tail -c +101 -F /var/log/vasttui/onstart.log", encoding=None
        )
        got = b""
        begun = box.log_size(server.world.clock.now())
        while len(got) < begun + 500:
            got += await process.stdout.read(65536)
        process.close()
    assert box.log_from(server.world.clock.now(), 100).startswith(got)


async def test_a_recycled_box_starts_a_new_file(sim: StartSim) -> None:
    server = await sim(speed=60, instances=1)
    box = first_box(server)
    async with door(server, box) as connection:
        before = str((await connection.run(f"stat -c '%s %i' {LOG}")).stdout).split()
    server.world.life.reboot(box, server.world.settle(), recycle=True)
    await until(lambda: box.key_ok)
    await server.settle()
    async with door(server, box) as connection:
        after = str((await connection.run(f"stat -c '%s %i' {LOG}")).stdout).split()
    assert int(after[0]) < int(before[0])
    assert after[1] != before[1]


async def test_a_file_that_grows_while_it_is_opened_is_followed_without_a_doubled_byte(sim: StartSim) -> None:
    server = await sim(instances=1)
    box = first_box(server)
    seconds = iter(range(1000))
    begun = server.world.clock.now()
    files = BoxFiles(box, lambda: begun + 20 * next(seconds))
    said: list[bytes] = []
    follower = Follower(files, tail_options(["-c", "+101", "-F", LOG]), said.append, said.append)
    for _ in range(5):
        follower.step()
    got = b"".join(said)
    assert len(got) > 500
    assert box.log_from(begun + 20_000, 100).startswith(got)


async def test_a_followed_file_that_is_truncated_or_goes_is_told_as_gnu_tail_does(sim: StartSim) -> None:
    server = await sim(instances=1)
    files = BoxFiles(first_box(server), server.world.clock.now)
    said: list[bytes] = []
    follower = Follower(files, tail_options(["-c", "+1", "-F", "/tmp/x"]), said.append, said.append)
    for change in (
        lambda: files.write("/tmp/x", b"one\n"),
        lambda: files.write("/tmp/x", b"2\n"),
        lambda: files.remove("/tmp/x"),
        lambda: files.write("/tmp/x", b"three\n"),
    ):
        change()
        assert follower.step()
    assert said == [
        b"one\n",
        b"tail: /tmp/x: file truncated\n",
        b"2\n",
        b"tail: '/tmp/x' has become inaccessible: No such file or directory\n",
        b"tail: '/tmp/x' has appeared;  following new file\n",
        b"three\n",
    ]


async def test_connections_are_cut_when_told_and_when_the_box_stops(sim: StartSim) -> None:
    server = await sim(speed=60, instances=1)
    box = first_box(server)
    async with door(server, box) as connection:
        server.set_faults("ssh_drop=1")
        await asyncio.wait_for(connection.wait_closed(), 5)
    async with door(server, box) as connection:
        await asyncio.wait_for(connection.wait_closed(), 5)
    async with door(server, box) as connection:
        server.world.life.stop(box, server.world.settle())
        await asyncio.wait_for(connection.wait_closed(), 5)
    with pytest.raises(ConnectionRefusedError):
        async with door(server, box):
            pass


async def test_an_attached_key_opens_a_running_box(sim: StartSim) -> None:
    server = await sim(instances=1)
    box = first_box(server)
    key = asyncssh.generate_private_key("ssh-ed25519")
    box.ssh_keys[1] = key.export_public_key().decode()
    async with asyncssh.connect(
        "127.0.0.1", box.port, username="root", client_keys=[key], known_hosts=None, config=None
    ) as connection:
        assert (await connection.run("true")).exit_status == 0


async def test_a_terminal_can_look_around_break_a_follow_and_leave(sim: StartSim) -> None:
    server = await sim(instances=1)
    box = first_box(server)
    async with door(server, box) as connection:
        process = await connection.create_process(term_type="xterm")
        process.stdin.write("pwd\n")
        await asyncio.wait_for(process.stdout.readuntil("/root\r\n"), 5)
        process.stdin.write("tail -f /var/log/onstart.log\n")
        await asyncio.wait_for(process.stdout.readuntil("Processing frame"), 5)
        process.stdin.write("\x03")
        await asyncio.wait_for(process.stdout.readuntil("^C"), 5)
        process.stdin.write("exit 3\n")
        assert (await asyncio.wait_for(process.wait(), 5)).exit_status == 3


@pytest.mark.parametrize(
    ("command", "out", "code"),
    [
        ("echo a && echo b || echo c", "a\nb\n", 0),
        ("false || echo c; echo $?", "c\n0\n", 0),
        ("test -e /nowhere", "", 1),
        ("[ -f ~/onstart.sh ] && echo yes", "yes\n", 0),
        ("sh -c 'test -e /nowhere || echo none'", "none\n", 0),
        ("printf 'a\\nb\\nc\\n' | tail -n 2 | wc -l", "2\n", 0),
        ("bash -lc 'echo one; echo two' | head -n 1", "one\n", 0),
        ("echo hello > /tmp/x; cat /tmp/x; wc -c < /tmp/x", "hello\n6\n", 0),
        ("cat /nowhere 2>/dev/null", "", 1),
        ("cd /workspace && pwd", "/workspace\n", 0),
        ("nvidia-smi --query-gpu=name --format=csv,noheader", "RTX 4090\n", 0),
        ("find /workspace /root -maxdepth 1 -type f '(' -name '*.md' -o -name 'onst*' ')'",
         "/workspace/README.md\n/root/onstart.sh\n", 0),
        ("find . -name '.?*' -prune -o -name '*.sh' ! -path '*[[:cntrl:]]*' -exec stat -c %n '{}' + | sort",
         "./onstart.sh\n", 0),
        ("exec echo gone; echo never", "gone\n", 0),
        ("frobnicate", "", 127),
        ("exit 7", "", 7),
    ],
)
async def test_the_shell_knows_enough(sim: StartSim, command: str, out: str, code: int) -> None:
    server = await sim(instances=1)
    box = first_box(server)
    async with door(server, box) as connection:
        result = await connection.run(command)
    assert (result.stdout, result.exit_status) == (out, code)


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ("-c +5 -F p", b"\nc\r\nd"),
        ("-c +1 p", b"a\nb\nc\r\nd"),
        ("-c 3 p", b"\r\nd"[-3:]),
        ("-n 2 p", b"c\r\nd"),
        ("-n +2 -F p", b"b\nc\r\nd"),
        ("-n0 -F p", b""),
        ("-1 p", b"d"),
    ],
)
def test_tail_begins_where_gnu_tail_begins(args: str, expected: bytes) -> None:
    options: TailOptions = tail_options(args.split())
    assert options.paths == ["p"]
    assert options.follow == ("-F" in args)
    text = b"a\nb\nc\r\nd" if "+5" not in args else b"a\nbb\nc\r\nd"
    assert tail_of(text, options) == expected
