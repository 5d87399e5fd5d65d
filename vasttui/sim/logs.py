"""Log snapshots: asked for through the API, fetched from a public URL that is not there yet at first.

The object answers 403 with S3's XML until the host has uploaded it, then for 15 minutes with the text.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass

from vasttui.sim.boxes import Box
from vasttui.sim.clock import SimClock

EXPIRES_SECONDS = 900.0
DEFAULT_TAIL = 1000
ACCESS_DENIED = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code>'
    b"<Message>Access Denied</Message><RequestId>7J2C0D5M9G6T1Q4S</RequestId></Error>"
)


@dataclass(frozen=True)
class _Object:
    text: bytes
    ready: float
    expires: float


class LogStore:
    """The bucket of log objects, by name."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._objects: dict[str, _Object] = {}
        self._asked = 0
        self.leaked_headers = 0

    def ask(self, box: Box, text: bytes, now: float) -> str:
        """Order an upload of `text`; returns the object's name."""
        self._asked += 1
        rng = random.Random(f"{self._seed}:log:{self._asked}")
        name = hashlib.md5(f"{self._seed}:{box.id}:{self._asked}".encode(), usedforsecurity=False).hexdigest() + ".log"
        ready = now + rng.uniform(0.3, 3.0)
        for old in [key for key, item in self._objects.items() if item.expires < now]:
            del self._objects[old]
        self._objects[name] = _Object(text, ready, ready + EXPIRES_SECONDS)
        return name

    def get(self, name: str, now: float) -> bytes | None:
        """The text, or None when it is not there yet or no more (S3 says the same for both)."""
        item = self._objects.get(name)
        return item.text if item and item.ready <= now <= item.expires else None


def container_log(box: Box, now: float) -> bytes:
    """What `docker logs` says."""
    if not box.segments:
        return f"Error response from daemon: No such container: C.{box.id}\n".encode()
    return box.log_from(now)


def daemon_log(box: Box, now: float, clock: SimClock) -> bytes:
    """What the host's daemon wrote about the box: its pull, and how it ended."""
    if not box.pull_start or now < box.pull_start:
        path = f"/var/lib/vastai_kaalia/data/instance_logs/C.{box.id}.log"
        return f"cat: {path}: No such file or directory\n".encode()
    begin, end = clock.wire(box.pull_start), clock.wire(box.pull_end)
    lines = box.pull.daemon(box.pull_share(now), begin, end - begin)
    if box.status_msg:
        lines.append(box.status_msg.strip())
    return ("\n".join(lines) + "\n").encode()


def cut(text: bytes, tail: int, wanted: str | None) -> bytes:
    """The last `tail` lines (0 or less: none), of those that contain `wanted`. Lines end at newlines only."""
    lines = text.splitlines(keepends=True) if b"\r" not in text else _split(text)
    if wanted:
        lines = [line for line in lines if wanted.encode() in line]
    return b"".join(lines[-tail:]) if tail > 0 else b""


def _split(text: bytes) -> list[bytes]:
    lines = [line + b"\n" for line in text.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]
