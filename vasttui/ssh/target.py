"""Where a box is, with which keys, and which host key it showed the first time."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path

from vasttui.errors import SshError

PATIENCE = 180.0
"""Seconds after the start in which a refused connection or key is normal (vast-ai/docs, SSH guide; seen
live).
"""

_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:_-]{0,253}|::1")


@dataclass(frozen=True, slots=True)
class SshTarget:
    """One box.

    Attributes:
        alias: the box's own name, e.g. "vast-123"; host keys are remembered under it.
        addresses: (host, port) to try in this order, e.g. direct and proxy.
        known_hosts: file that remembers host keys (OpenSSH's format, mode 0600), made when needed.
        key_paths: private keys; none means the usual `~/.ssh/id_*` and the agent.
        user: login name; Vast's boxes know root only.
        up_since: `time.monotonic()` at which the box was first seen running, None when unknown. Until three
            minutes later, or when unknown, refusals are `SshNotReady`.
        connect_timeout: seconds for connection and login.
    """

    alias: str
    addresses: tuple[tuple[str, int], ...]
    known_hosts: Path
    key_paths: tuple[Path, ...] = ()
    user: str = "root"
    up_since: float | None = None
    connect_timeout: float = 20.0
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ), repr=False, compare=False)

    @property
    def young(self) -> bool:
        """Refusals are still normal."""
        return self.up_since is None or time.monotonic() - self.up_since < PATIENCE

    def key_name(self, host: str, port: int) -> str:
        """The name under which the host key of one address is remembered: proxy and box have different
        keys.
        """
        return f"{self.alias}/{host}:{port}".lower()


def ssh_command(target: SshTarget, address: tuple[str, int] | None = None) -> list[str]:
    """The system's `ssh` for a shell on the box, as arguments; it shares the remembered host keys.

    Raises:
        SshError: the box has no address, or one that cannot be a host name.
    """
    host, port = checked_address(target, address or (target.addresses[0] if target.addresses else ("", 0)))
    command = ["ssh", "-p", str(port)]
    for path in target.key_paths:
        command += ["-i", str(path)]
    options = {
        "HostKeyAlias": target.key_name(host, port),
        "UserKnownHostsFile": f'"{target.known_hosts}"',
        "StrictHostKeyChecking": "accept-new",
        "UpdateHostKeys": "no",
        "CheckHostIP": "no",
        "ServerAliveInterval": "15",
    }
    for name, value in options.items():
        command += ["-o", f"{name}={value}"]
    return [*command, "--", f"{target.user}@{host}"]


def checked_address(target: SshTarget, address: tuple[str, int]) -> tuple[str, int]:
    """The address, if it can be one: it came over the network and becomes a program's argument."""
    host, port = address
    if not _HOST.fullmatch(host) or not 0 < port < 65536:
        raise SshError(
            f"{target.alias} has no usable SSH address ({host[:60]!r}, port {port})",
            hint="Addresses appear when the instance runs; an image without SSH never has one.",
        )
    return host, port


def remembered_keys(target: SshTarget, host: str, port: int) -> frozenset[str]:
    """The public keys ("type base64") known for an address; none at the first visit.

    Raises:
        SshError: the file cannot be read, so that nobody knows whether the key is the right one.
    """
    try:
        text = target.known_hosts.read_text("utf-8", "replace")
    except FileNotFoundError:
        return frozenset()
    except OSError as error:
        raise _not_kept("read", target.known_hosts, error) from error
    name = target.key_name(host, port)
    rows = (line.split() for line in text.splitlines())
    return frozenset(f"{row[1]} {row[2]}" for row in rows if len(row) >= 3 and row[0].lower() == name)


def remember_key(target: SshTarget, host: str, port: int, key: str) -> None:
    """Note the host key ("type base64") that an address showed at the first visit.

    Raises:
        SshError: the file cannot be written.
    """
    path = target.known_hosts
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.fchmod(handle, 0o600)
            os.write(handle, f"{target.key_name(host, port)} {key}\n".encode())
        finally:
            os.close(handle)
    except OSError as error:
        raise _not_kept("written", path, error) from error


def _not_kept(done: str, path: Path, error: OSError) -> SshError:
    return SshError(
        f"host keys cannot be {done}: {path}: {error.strerror}",
        hint="SSH waits for that: free the disk, or fix the file's rights.",
    )
