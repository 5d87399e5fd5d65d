"""One SSH connection to a box: made, used and closed here. asyncssh (100 ms of imports) is loaded at first
use.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import secrets
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from vasttui.errors import HostKeyChanged, SshError, SshNotReady
from vasttui.ssh.target import SshTarget, checked_address, remember_key, remembered_keys

if TYPE_CHECKING:
    import asyncssh

KEEPALIVE_SECONDS = 30
_READ = 65_536
_GREETING = (b"Welcome to vast.ai.", b"Have fun!")
_loaded: list[Any] = []


class SshConnection:
    """An open connection. Use it as an async context manager, or close it."""

    def __init__(self, connection: asyncssh.SSHClientConnection, target: SshTarget, address: tuple[str, int]) -> None:
        self._connection = connection
        self._target = target
        self.address = address
        """The (host, port) that answered."""

    async def __aenter__(self) -> SshConnection:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def usable(self) -> bool:
        """It is still open, as far as is known."""
        return not self._connection.is_closed()

    def hang_up(self) -> None:
        """Close it without waiting for the peer."""
        self._connection.close()

    async def close(self) -> None:
        """Close it; a peer that is gone is not waited for long."""
        self.hang_up()
        try:
            async with asyncio.timeout(2):
                await self._connection.wait_closed()
        except TimeoutError:
            self._connection.abort()

    async def run(self, command: str, *, timeout: float = 30.0) -> tuple[int, str, str]:  # noqa: ASYNC109
        """Run a shell command without a terminal; gives (exit status, stdout, stderr), the box's greeting
        left out.

        Raises:
            SshError: the connection broke, or the command took longer than `timeout` seconds.
        """
        code, out, err = await self.run_bytes(command, timeout=timeout)
        return code, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")

    async def run_bytes(self, command: str, *, timeout: float = 30.0) -> tuple[int, bytes, bytes]:  # noqa: ASYNC109
        """`run`, with the bytes as they came."""
        library = await _asyncssh()
        mark = sentinel()
        try:
            async with asyncio.timeout(timeout):
                done = await self._connection.run(announced(command, mark), encoding=None, stdin=library.DEVNULL)
        except TimeoutError as error:
            raise SshError(f"{self._target.alias}: no end after {timeout:g} s of: {command[:80]}") from error
        except (library.Error, OSError) as error:
            raise self.broken(error) from error
        _, found, out = _bytes(done.stdout).partition(mark + b"\n")
        if not found:
            raise self._deaf()
        err = b"".join(row for row in _bytes(done.stderr).splitlines(True) if not row.startswith(_GREETING))
        code = done.returncode
        return (255 if code is None else code), out, err

    async def round_trip(self) -> float:
        """Milliseconds until the box has run an empty command. Raises as `run`."""
        start = time.perf_counter()
        await self.run(":")
        return (time.perf_counter() - start) * 1000

    async def start(self, command: str) -> asyncssh.SSHClientProcess[bytes]:
        """Start a command and read past the greeting; its error output comes with its output, in order.

        Raises:
            SshError: it could not be started.
        """
        library = await _asyncssh()
        mark = sentinel()
        try:
            async with asyncio.timeout(self._target.connect_timeout):
                process = await self._connection.create_process(
                    announced(command, mark), encoding=None, stdin=library.DEVNULL, stderr=library.STDOUT
                )
                try:
                    await self._skip_greeting(process, mark + b"\n")
                except BaseException:
                    # It would go on, and take one of the sessions that others need.
                    self.end(process)
                    raise
        except TimeoutError as error:
            raise SshError(f"{self._target.alias}: a command was not started in time") from error
        except (library.Error, OSError) as error:
            raise self.broken(error) from error
        return process

    async def read(self, process: asyncssh.SSHClientProcess[bytes]) -> bytes:
        """The next bytes of a command's output; none at its end.

        Raises:
            SshError: the connection broke.
        """
        library = await _asyncssh()
        try:
            return await process.stdout.read(_READ)
        except (library.Error, OSError) as error:
            raise self.broken(error) from error

    def end(self, process: asyncssh.SSHClientProcess[bytes]) -> None:
        """End a command on the box: a closed pipe alone is noticed only by who writes."""
        with suppress(OSError):
            process.terminate()
        process.close()

    async def open_sftp(self) -> asyncssh.SFTPClient:
        """A session for files, as asyncssh has it; paths are bytes. Raises as asyncssh."""
        return await self._connection.start_sftp_client(path_encoding=None)

    @property
    def target(self) -> SshTarget:
        """Where it leads."""
        return self._target

    async def _skip_greeting(self, process: asyncssh.SSHClientProcess[bytes], mark: bytes) -> None:
        try:
            await process.stdout.readuntil(mark, max_separator_len=len(mark))
        except asyncio.IncompleteReadError as error:
            raise self._deaf() from error

    def _deaf(self) -> SshError:
        return SshError(
            f"{self._target.alias}: the login shell ended before it ran the command",
            hint="Its ~/.bashrc may start tmux for every login: run `touch ~/.no_auto_tmux` on the box.",
        )

    def broken(self, error: Exception) -> SshError:
        """What a fault in an open connection is to the user."""
        if type(error).__name__ == "ChannelOpenError" and self.usable:
            return SshError(f"{self._target.alias} allows no more sessions over one connection: {words(error)}")
        return SshError(f"SSH connection to {self._target.alias} lost: {words(error)}", hint="It is made again.")


async def connect(target: SshTarget) -> SshConnection:
    """Connect to the first address that answers.

    Raises:
        SshNotReady: refused or the key not accepted, while that is normal.
        HostKeyChanged: an address shows another host key than at the first visit; nothing was sent to it.
        SshError: anything else, e.g. a key file that is missing or needs a passphrase.
    """
    faults: list[SshError] = []
    for address in target.addresses or (("", 0),):
        try:
            return await _dial(target, *checked_address(target, address))
        except HostKeyChanged:
            raise
        except SshError as error:
            faults.append(error)
    raise next((fault for fault in faults if isinstance(fault, SshNotReady)), faults[0])


def sentinel() -> bytes:
    """A word that no greeting contains."""
    return f"--vasttui-{secrets.token_hex(12)}--".encode()


def announced(command: str, mark: bytes) -> str:
    """The command in the login directory, wherever ~/.bashrc went, with `mark` on a line of its own before its
    output.
    """
    return f"cd; printf '%s\\n' '{mark.decode()}'; {command}"


async def _asyncssh() -> Any:
    if not _loaded:
        _loaded.append(await asyncio.to_thread(importlib.import_module, "asyncssh"))
    return _loaded[0]


async def _dial(target: SshTarget, host: str, port: int) -> SshConnection:
    library = await _asyncssh()
    witness = _Witness(target, host, port)
    client = _client_class(library)
    try:
        async with asyncio.timeout(target.connect_timeout):
            connection = await library.connect(
                host,
                port,
                username=target.user,
                client_factory=lambda: client(witness),
                known_hosts=([], [], []),
                config=None,
                preferred_auth="publickey",
                keepalive_interval=KEEPALIVE_SECONDS,
                keepalive_count_max=2,
                agent_forwarding=False,
                gss_host=None,
                x509_trusted_certs=None,
                login_timeout=target.connect_timeout,
                **_credentials(library, target),
            )
    except TimeoutError as error:
        raise _not_yet(target, f"no answer from {host}:{port} in {target.connect_timeout:g} s") from error
    except library.HostKeyNotVerifiable as error:
        raise witness.complaint() from error
    except library.PermissionDenied as error:
        raise _refused(target, host, port) from error
    except (library.Error, OSError) as error:
        raise _not_yet(target, f"{host}:{port}: {words(error)}") from error
    try:
        witness.confirm()
    except SshError:
        connection.abort()
        raise
    return SshConnection(connection, target, (host, port))


class _Witness:
    """Compares the host key shown with the one remembered, and remembers the first."""

    def __init__(self, target: SshTarget, host: str, port: int) -> None:
        self._target = target
        self._address = host, port
        self._known = remembered_keys(target, host, port)
        self._shown = ""

    def accepts(self, key: asyncssh.SSHKey) -> bool:
        self._shown = " ".join(key.export_public_key("openssh").decode().split()[:2])
        self._fingerprint = key.get_fingerprint()
        return not self._known or self._shown in self._known

    def confirm(self) -> None:
        """The login worked: from now on this is the box's key."""
        if not self._known and self._shown:
            remember_key(self._target, *self._address, self._shown)

    def complaint(self) -> SshError:
        host, port = self._address
        if not self._shown:
            return SshError(f"{self._target.alias} at {host}:{port} shows a host certificate that nobody vouches for")
        return HostKeyChanged(
            f"{self._target.alias} at {host}:{port} shows another host key than before ({self._fingerprint})",
            hint="After a recycle that is expected: remove its line from "
            f"{self._target.known_hosts}. Else do not connect.",
        )


def _client_class(library: Any) -> Any:
    class Client(library.SSHClient):  # type: ignore[misc]
        def __init__(self, witness: _Witness) -> None:
            self._witness = witness

        def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
            return self._witness.accepts(key)

    return Client


def _credentials(library: Any, target: SshTarget) -> dict[str, Any]:
    """asyncssh's options for the keys. Raises SshError for a key that cannot be used."""
    agent = target.environment.get("SSH_AUTH_SOCK", "")
    agent = agent if agent and Path(agent).exists() else ""
    if not target.key_paths:
        return {"client_keys": (), "agent_path": agent or None}
    keys, for_agent = [], []
    for path in target.key_paths:
        try:
            keys.append(library.read_private_key(os.path.expanduser(path)))
        except (library.KeyImportError, library.KeyEncryptionError) as error:
            locked = "encrypt" in str(error).lower() or "passphrase" in str(error).lower()
            if not locked:
                raise SshError(f"SSH key {path} cannot be read: {error}", hint="Is it a private key file?") from error
            for_agent.append(path)
        except OSError as error:
            raise SshError(
                f"SSH key {path} cannot be read: {error.strerror}",
                hint="Set ssh_key_path or VASTAI_SSH_KEY_PATH.",
            ) from error
    if for_agent and not agent:
        raise SshError(
            f"SSH key {for_agent[0]} needs a passphrase",
            hint=f"Start ssh-agent and run: ssh-add {for_agent[0]}",
        )
    return {"client_keys": keys or (), "agent_path": agent or None}


def _refused(target: SshTarget, host: str, port: int) -> SshError:
    text = f"{target.alias} at {host}:{port} does not accept the SSH key"
    if target.young:
        return SshNotReady(text + " yet", hint="Normal in the first three minutes; it is tried again.")
    return SshError(text, hint="Attach the key to the instance; account keys count for later instances only.")


def _not_yet(target: SshTarget, text: str) -> SshError:
    if target.young:
        return SshNotReady(f"{target.alias}: SSH not ready: {text}", hint="It is tried again.")
    return SshError(f"{target.alias}: no SSH: {text}", hint="Is the instance running, and has its image SSH?")


def _bytes(data: bytes | str | None) -> bytes:
    return data if isinstance(data, bytes) else (data or "").encode()


def words(error: BaseException) -> str:
    """What a library's error says, on one line."""
    if isinstance(error, OSError) and error.errno and error.errno > 0:
        # asyncio puts the address into the text instead of the reason.
        return os.strerror(error.errno).lower()
    text = getattr(error, "reason", "") or str(error) or type(error).__name__
    return " ".join("".join(char if char.isprintable() else " " for char in str(text)).split())[:200]
