"""A real OpenSSH sshd on a loopback port, and a witness of what comes out of a source."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from vasttui.logs.events import Lines, LogEvent
from vasttui.ssh import Chunk, FollowEvent

SSHD = shutil.which("sshd") or ("/usr/sbin/sshd" if Path("/usr/sbin/sshd").exists() else "")
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


def start_sshd(folder: Path, port: int, host_key: Path, *, options: str = "", shell: str = "sh") -> Sshd:
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    greet = folder / "greet.sh"
    greet.write_text(f"printf '%s' '{GREETING}'\nexec {shell} -c \"$SSH_ORIGINAL_COMMAND\"\n")
    config = folder / "sshd_config"
    config.write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {host_key}\nPidFile {folder}/pid\nUsePAM no\n"
        f"AuthorizedKeysFile {folder}/authorized_keys\nStrictModes no\nPasswordAuthentication no\n"
        f"PermitRootLogin yes\nForceCommand sh {greet}\nLogLevel ERROR\n{options}"
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
