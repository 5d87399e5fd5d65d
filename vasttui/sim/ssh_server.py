"""The SSH face of the boxes: one loopback port each, public keys only, a tiny shell behind it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Any

import asyncssh

from vasttui.sim.boxes import Box
from vasttui.sim.exec import serve_real
from vasttui.sim.faults import FaultBoard
from vasttui.sim.files import MOTD, BoxFiles
from vasttui.sim.http_server import bound_socket
from vasttui.sim.onbox import answer
from vasttui.sim.real import RealContainers, RealSftp
from vasttui.sim.sftp import BoxSftp
from vasttui.sim.shell import Shell, ShellExit
from vasttui.sim.world import World

DROP_AFTER_SECONDS = 0.3
WELCOME = (
    b"SIMULATED box: a tiny shell, nothing here is real. Try ls, tail -f /var/log/onstart.log, nvidia-smi, exit.\n"
)


class BoxPorts:
    """Loopback ports of boxes: reserved from birth, so that they refuse; listening when the box says so."""

    def __init__(self, faults: FaultBoard) -> None:
        self._faults = faults
        self._reserved: dict[int, socket.socket] = {}
        self._ports: dict[int, int] = {}
        self._listening: dict[int, asyncssh.SSHAcceptor] = {}
        self._connections: dict[int, set[asyncssh.SSHServerConnection]] = {}
        self._turn = asyncio.Lock()
        self._host_key = asyncssh.generate_private_key("ssh-ed25519")

    def reserve(self, box_id: int) -> int:
        """A port for a new box; a connect to it is refused until `settle` opens it."""
        sock = bound_socket()
        self._reserved[box_id] = sock
        self._ports[box_id] = sock.getsockname()[1]
        return self._ports[box_id]

    async def settle(self, world: World) -> None:
        """Open and close ports so that they agree with the boxes."""
        async with self._turn:
            await self._agree(world)

    async def _agree(self, world: World) -> None:
        wanted = {box.id: box for box in world.boxes.values() if box.port_open}
        for box_id in [key for key in self._listening if key not in wanted]:
            await self._close(box_id, keep=box_id in world.boxes)
        for box_id, box in wanted.items():
            if box_id not in self._listening:
                await self._open(box, world)
        for box_id in [key for key in self._reserved if key not in world.boxes and key not in wanted]:
            self._reserved.pop(box_id).close()

    def drop_connections(self) -> None:
        """Cut every connection that is open."""
        for connections in self._connections.values():
            for connection in list(connections):
                connection.abort()

    async def close(self) -> None:
        """Close everything, for good."""
        for box_id in list(self._listening):
            await self._close(box_id, keep=False)
        for sock in self._reserved.values():
            sock.close()
        self._reserved.clear()

    async def _open(self, box: Box, world: World) -> None:
        sock = self._reserved.pop(box.id, None) or bound_socket(self._ports[box.id])
        self._connections.setdefault(box.id, set())
        self._listening[box.id] = await asyncssh.listen(
            sock=sock,
            server_factory=lambda: _Door(box, self._connections[box.id], self._faults),
            server_host_keys=[self._host_key],
            keepalive_interval=0,
            login_timeout=20,
            agent_forwarding=False,
            **_sessions(box, world),
        )

    async def _close(self, box_id: int, *, keep: bool) -> None:
        acceptor = self._listening.pop(box_id)
        acceptor.close()
        for connection in list(self._connections.pop(box_id, set())):
            connection.abort()
        await acceptor.wait_closed()
        if keep:
            with contextlib.suppress(OSError):
                self._reserved[box_id] = bound_socket(self._ports[box_id])


class _Door(asyncssh.SSHServer):
    """Who may come in: root, with a key that the box knows, once the box accepts keys."""

    def __init__(self, box: Box, connections: set[asyncssh.SSHServerConnection], faults: FaultBoard) -> None:
        self._box = box
        self._connections = connections
        self._faults = faults
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Keep the connection, so that it can be cut with the box."""
        self._connection = conn
        self._connections.add(conn)
        if self._faults.take("ssh_drop") is not None:
            asyncio.get_running_loop().call_later(DROP_AFTER_SECONDS, conn.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        if self._connection is not None:
            self._connections.discard(self._connection)

    def begin_auth(self, username: str) -> bool:
        """Greet; everybody has to authenticate."""
        if self._connection is not None:
            self._connection.send_auth_banner(MOTD)
        return True

    def public_key_auth_supported(self) -> bool:
        """Keys, and nothing else."""
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Whether the box knows the key by now."""
        if username != "root" or not self._box.key_ok:
            return False
        return any(_same_key(text, key) for text in self._box.ssh_keys.values())


def _same_key(text: str, key: asyncssh.SSHKey) -> bool:
    try:
        return asyncssh.import_public_key(text).public_data == key.public_data
    except asyncssh.KeyImportError:
        return False


def _sessions(box: Box, world: World) -> dict[str, Any]:
    """What serves commands and SFTP on a box: a played one, or real shells."""
    containers = world.life.containers
    if isinstance(containers, RealContainers):
        return {
            "encoding": None,
            "process_factory": lambda process: serve_real(process, box, containers),
            "sftp_factory": lambda channel: RealSftp(channel, containers, box),
        }
    return {
        # Line editing needs text; with surrogates, bytes survive where a character is cut in two.
        "encoding": "utf-8",
        "errors": "surrogateescape",
        "process_factory": lambda process: _serve(process, box, world),
        "sftp_factory": lambda channel: BoxSftp(channel, BoxFiles(box, world.clock.now)),
    }


async def _serve(process: asyncssh.SSHServerProcess[str], box: Box, world: World) -> None:
    """One session: a command, or a prompt."""

    def write(text: bytes) -> None:
        with contextlib.suppress(BrokenPipeError, OSError):
            process.stdout.write(text.decode(errors="surrogateescape"))

    def complain(text: bytes) -> None:
        with contextlib.suppress(BrokenPipeError, OSError):
            process.stderr.write(text.decode(errors="surrogateescape"))

    shell = Shell(
        BoxFiles(box, world.clock.now), write, complain, lambda: not process.is_closing() and box.port_open,
        known=lambda command: answer(world, box, command),
    )  # fmt: skip
    try:
        code = await shell.run(process.command) if process.command else await _interact(process, shell)
    except ShellExit as end:
        code = end.code
    except (asyncssh.Error, BrokenPipeError, ConnectionError):
        return
    with contextlib.suppress(BrokenPipeError, OSError):
        process.exit(code & 255)


_END = None
_BREAK = "\x03"


async def _interact(process: asyncssh.SSHServerProcess[str], shell: Shell) -> int:
    """Read lines and run them until `exit` or the end of input. ^C ends what runs."""
    shell.out(WELCOME)
    typed: asyncio.Queue[str | None] = asyncio.Queue()
    reader = asyncio.create_task(_read(process, typed))
    try:
        while True:
            shell.out(f"root@C.{shell.files.box.id}:{shell.files.cwd.replace('/root', '~')}# ".encode())
            line = await typed.get()
            if line is _END:
                return shell.last
            if line == _BREAK:
                shell.out(b"^C\n")
            else:
                await _run_until_break(shell, line.strip(), typed)
    finally:
        reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reader


async def _read(process: asyncssh.SSHServerProcess[str], typed: asyncio.Queue[str | None]) -> None:
    """Pass on what is typed, line by line, also while a command runs."""
    while True:
        try:
            line = await process.stdin.readline()
        except (asyncssh.BreakReceived, asyncssh.SignalReceived):
            typed.put_nowait(_BREAK)
        except asyncssh.TerminalSizeChanged:
            continue
        except (asyncssh.Error, ConnectionError):
            typed.put_nowait(_END)
            return
        else:
            typed.put_nowait(line or _END)
            if not line:
                return


async def _run_until_break(shell: Shell, line: str, typed: asyncio.Queue[str | None]) -> None:
    """Run a line; a ^C cancels it, and what was typed ahead is kept for later."""
    work = asyncio.ensure_future(shell.run(line))
    ahead: list[str | None] = []
    while not work.done():
        watch = asyncio.ensure_future(typed.get())
        await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
        if watch.done():
            ahead.append(watch.result())
            if ahead[-1] == _BREAK:
                work.cancel()
                shell.out(b"^C\n")
                break
        watch.cancel()
    for item in ahead:
        if item != _BREAK:
            typed.put_nowait(item)
    with contextlib.suppress(asyncio.CancelledError):
        await work
