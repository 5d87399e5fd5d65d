"""A real OpenSSH sshd on a loopback port: what is written there comes out here, each byte once."""

from __future__ import annotations

import asyncio
import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from vasttui.errors import HostKeyChanged, SshError, SshNotReady
from vasttui.logs.events import Lines, LogEvent, Restored
from vasttui.logs.sources import ssh_source
from vasttui.ssh import (
    Chunk,
    FollowEvent,
    Lost,
    Reconnected,
    Rotated,
    SshTarget,
    connect,
    follow,
    probe,
    ssh_command,
)

SSHD = shutil.which("sshd") or ("/usr/sbin/sshd" if Path("/usr/sbin/sshd").exists() else "")
pytestmark = pytest.mark.skipif(not SSHD, reason="needs OpenSSH's sshd")

GREETING = "Welcome to vast.ai. If authentication fails, try again after a few seconds.\nHave fun!\n"


def keygen(path: Path, passphrase: str = "") -> Path:
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


def free_port() -> int:
    with socket.socket() as probe_socket:
        probe_socket.bind(("127.0.0.1", 0))
        return int(probe_socket.getsockname()[1])


@dataclass
class Sshd:
    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    def cut_connections(self) -> None:
        """Kill the processes that serve connections, not the one that listens."""
        pid = self.process.pid
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
        for child in listed.stdout.split():
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)

    def stop(self) -> None:
        self.cut_connections()
        self.process.terminate()
        self.process.wait(10)


def start_sshd(folder: Path, port: int, host_key: Path) -> Sshd:
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    greet = folder / "greet.sh"
    greet.write_text(f"printf '%s' '{GREETING}'\nexec sh -c \"$SSH_ORIGINAL_COMMAND\"\n")
    config = folder / "sshd_config"
    config.write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {host_key}\nPidFile {folder}/pid\nUsePAM no\n"
        f"AuthorizedKeysFile {folder}/authorized_keys\nStrictModes no\nPasswordAuthentication no\n"
        f"PermitRootLogin yes\nForceCommand sh {greet}\nLogLevel ERROR\n"
    )
    process = subprocess.Popen([SSHD, "-D", "-e", "-f", str(config)], stderr=(folder / "sshd.log").open("wb"))
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert process.poll() is None, (folder / "sshd.log").read_text()
            assert time.monotonic() < deadline
        else:
            return Sshd(folder, port, process)


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    key = keygen(tmp_path / "client")
    shutil.copy(key.with_suffix(".pub"), tmp_path / "authorized_keys")
    server = start_sshd(tmp_path, free_port(), keygen(tmp_path / "hostkey"))
    yield server
    server.stop()


@pytest.fixture
def target(sshd: Sshd) -> SshTarget:
    return SshTarget(
        alias="vast-7",
        addresses=(("127.0.0.1", sshd.port),),
        known_hosts=sshd.folder / "state" / "known_hosts",
        key_paths=(sshd.folder / "client",),
        user=getpass.getuser(),
        environment={},
    )


class Witness:
    """Reads a source in the background and waits for what it should have said."""

    def __init__(self) -> None:
        self.events: list[FollowEvent | LogEvent] = []
        self._more = asyncio.Condition()

    @property
    def data(self) -> bytes:
        return b"".join(event.data for event in self.events if isinstance(event, Chunk))

    @property
    def lines(self) -> list[str]:
        return [line for event in self.events if isinstance(event, Lines) for line in event.new]

    def has(self, kind: type) -> bool:
        return any(isinstance(event, kind) for event in self.events)

    async def read(self, source: AsyncIterator[FollowEvent] | AsyncIterator[LogEvent]) -> None:
        async for event in source:
            async with self._more:
                self.events.append(event)
                self._more.notify_all()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20), self._more:
            await self._more.wait_for(condition)


@asynccontextmanager
async def witnessing(source: AsyncIterator[FollowEvent] | AsyncIterator[LogEvent]) -> AsyncIterator[Witness]:
    witness = Witness()
    task = asyncio.create_task(witness.read(source))
    try:
        yield witness
    finally:
        task.cancel()
        await asyncio.wait({task})
        await source.aclose()  # type: ignore[union-attr]
    if not task.cancelled():
        task.result()


def shows(witness: Witness, text: str) -> Callable[[], bool]:
    return lambda: text.encode() in witness.data


async def at_once(_seconds: float) -> None:
    """The waits between two tries, left out."""
    await asyncio.sleep(0)


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


async def test_a_growing_file_is_followed_and_the_greeting_is_no_log_text(sshd: Sshd, target: SshTarget) -> None:
    log = sshd.folder / "it's a log.txt"
    append(log, "one\n")
    async with witnessing(follow(target, str(log))) as seen:
        for number in range(200):
            append(log, f"line {number}\n")
            if number % 50 == 0:
                await seen.until(shows(seen, f"line {number}\n"))
        await seen.until(lambda: seen.data.endswith(b"line 199\n"))
    assert seen.data == log.read_bytes()


async def test_a_dropped_connection_loses_and_doubles_nothing(sshd: Sshd, target: SshTarget) -> None:
    log = sshd.folder / "run.log"
    append(log, "begin\n")
    async with witnessing(follow(target, str(log), sleep=at_once)) as seen:
        await seen.until(lambda: seen.data == b"begin\n")
        for round_ in range(3):
            append(log, f"before {round_} half a li")
            await seen.until(shows(seen, f"before {round_}"))
            sshd.cut_connections()
            append(log, f"ne\nwhile down {round_}\n")
            await seen.until(shows(seen, f"while down {round_}\n"))
    assert seen.data == log.read_bytes()
    assert seen.has(Lost)
    assert seen.has(Reconnected)
    assert not seen.has(Rotated)


async def test_rotation_while_watching(sshd: Sshd, target: SshTarget) -> None:
    log = sshd.folder / "run.log"
    append(log, "old 1\nold 2\n")
    async with witnessing(follow(target, str(log))) as seen:
        await seen.until(lambda: seen.data.endswith(b"old 2\n"))
        append(log, f"tail: '{log}' has been replaced;  following new file\n")
        await seen.until(lambda: seen.data.endswith(b"new file\n"))
        assert not seen.has(Rotated), "what the log says about itself is text"
        log.rename(sshd.folder / "run.log.1")
        append(log, "new 1\n")
        await seen.until(lambda: seen.data.endswith(b"new 1\n"))
    assert seen.data == (sshd.folder / "run.log.1").read_bytes() + log.read_bytes()
    rotated = [event for event in seen.events if isinstance(event, Rotated)]
    assert rotated == [Rotated("replaced", lost=False)]


async def test_rotation_while_disconnected_reads_the_rest_of_the_old_file(sshd: Sshd, target: SshTarget) -> None:
    log = sshd.folder / "run.log"
    append(log, "old 1\n")
    moved = asyncio.Event()

    async def rotate(_seconds: float) -> None:
        if not moved.is_set():
            append(log, "old 2\n")
            log.rename(sshd.folder / "run.log.1")
            append(log, "new 1 and more than before\n")
            moved.set()

    async with witnessing(follow(target, str(log), sleep=rotate)) as seen:
        await seen.until(lambda: seen.data == b"old 1\n")
        sshd.cut_connections()
        await seen.until(lambda: seen.data.endswith(b"before\n"))
    assert seen.data == b"old 1\nold 2\nnew 1 and more than before\n"
    assert Rotated("replaced", lost=False) in seen.events


async def test_truncation_while_watching(sshd: Sshd, target: SshTarget) -> None:
    log = sshd.folder / "run.log"
    append(log, "a long line before\n")
    async with witnessing(follow(target, str(log))) as seen:
        await seen.until(lambda: seen.data.endswith(b"before\n"))
        log.write_text("")
        await seen.until(lambda: seen.has(Rotated))
        append(log, "after\n")
        await seen.until(lambda: seen.data.endswith(b"after\n"))
    assert seen.data == b"a long line before\nafter\n"


async def test_truncated_and_grown_beyond_our_place_while_disconnected(sshd: Sshd, target: SshTarget) -> None:
    log = sshd.folder / "run.log"
    append(log, "first life\n")

    async def rewrite(_seconds: float) -> None:
        if not log.read_text().startswith("second"):
            log.write_text("second life, longer than the first\n")

    async with witnessing(follow(target, str(log), sleep=rewrite)) as seen:
        await seen.until(lambda: seen.data == b"first life\n")
        sshd.cut_connections()
        await seen.until(lambda: seen.data.endswith(b"the first\n"))
    assert seen.data == b"first life\nsecond life, longer than the first\n"
    assert Rotated("replaced", lost=True) in seen.events


async def test_lines_of_a_file_that_appears_late(sshd: Sshd, target: SshTarget) -> None:
    log = sshd.folder / "late.log"
    source = ssh_source(lambda: follow(target, str(log), sleep=at_once), tail=100, clock=time.monotonic)
    async with witnessing(source) as seen:
        await seen.until(lambda: bool(seen.events))
        append(log, "one\ntwo\nthr")
        await seen.until(lambda: any(isinstance(event, Lines) and event.live == "thr" for event in seen.events))
        sshd.cut_connections()
        append(log, "ee\r\nfour\n")
        await seen.until(lambda: seen.lines[-1:] == ["four"])
    assert seen.lines == ["one", "two", "three", "four"]
    assert Restored(1) in seen.events


async def test_the_backlog_is_cut_to_the_tail(sshd: Sshd, target: SshTarget) -> None:
    log = sshd.folder / "run.log"
    append(log, "".join(f"line {number}\n" for number in range(5000)))
    source = ssh_source(lambda: follow(target, str(log), -2000), tail=10, clock=time.monotonic)
    async with witnessing(source) as seen:
        await seen.until(lambda: bool(seen.lines))
    assert seen.lines == [f"line {number}" for number in range(4990, 5000)]


async def test_run_and_probe(target: SshTarget) -> None:
    async with await connect(target) as connection:
        assert await connection.run("echo out; echo err >&2; exit 3") == (3, "out\n", "err\n")
    assert 0 < await probe(target) < 10_000


async def test_a_changed_host_key_is_refused(sshd: Sshd, target: SshTarget) -> None:
    await probe(target)
    assert target.known_hosts.stat().st_mode & 0o777 == 0o600
    sshd.stop()
    again = start_sshd(sshd.folder, sshd.port, keygen(sshd.folder / "otherkey"))
    try:
        with pytest.raises(HostKeyChanged, match=r"vast-7 at 127.0.0.1:\d+ shows another host key"):
            await probe(target)
    finally:
        again.stop()


async def test_refusals_are_waiting_while_the_box_is_young(sshd: Sshd, target: SshTarget) -> None:
    (sshd.folder / "authorized_keys").write_text("")
    with pytest.raises(SshNotReady, match="does not accept the SSH key yet"):
        await probe(target)
    old = replace(target, up_since=time.monotonic() - 600)
    with pytest.raises(SshError, match=r"does not accept the SSH key$") as caught:
        await probe(old)
    assert not isinstance(caught.value, SshNotReady)
    nobody = replace(target, addresses=(("127.0.0.1", free_port()),))
    with pytest.raises(SshNotReady, match="refused"):
        await probe(nobody)


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
        await probe(replace(target, key_paths=(tmp_path / name,)))


async def test_the_systems_ssh_shares_the_remembered_key(target: SshTarget) -> None:
    await probe(target)
    command = ssh_command(target)
    command[1:1] = ["-F", "none", "-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes"]
    process = await asyncio.create_subprocess_exec(*command, "echo here", stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    assert out.decode() == GREETING + "here\n"
