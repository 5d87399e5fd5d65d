"""What runs on the box to follow a file: GNU tail, or a loop of our own where tail is another one.

GNU `tail -F` tells when the file is truncated or replaced. BusyBox and others keep silent about the one or lose
the end of the old file at the other, so there a small loop does the same. Both only say that something
happened; what it was is judged by who reads.

What is told has to come in order with the data, so it shares the data's pipe; it is known from log text by the
file's path, which we spell with a random number of `./` and `/` that the log cannot know.
"""

from __future__ import annotations

import re
import secrets
import shlex
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vasttui.ssh.connection import SshConnection
from vasttui.ssh.place import plain

if TYPE_CHECKING:
    import asyncssh

_NOTICE_LIMIT = 1000

# Arguments: the path, the key that notices begin with, the first byte to print, counted from 1. The file stays open as
# descriptor 3, so that a renamed one is read to its end. The parent is the SSH server: with the connection it
# goes, and so does the loop.
_LOOP = """
say() { printf 'tail: %s: %s\\n' "$key" "$1"; }
path=$1 key=$2 own=
if [ -r "$path" ]; then
  exec 3<"$path"
  own=$(stat -L -c %i "/proc/$$/fd/3")
  tail -c "+$3" <&3 || exit
fi
while sleep 1 && kill -0 "$PPID" 2>/dev/null; do
  set -- $(stat -L -c '%i %s' "$path" 2>/dev/null)
  if [ -z "$own" ]; then
    [ -z "$1" ] || { say 'has appeared'; exit; }
  elif [ "$1" = "$own" ]; then
    read -r _ at <"/proc/$$/fdinfo/3"
    [ "$2" -ge "$at" ] || { say 'file truncated'; exit; }
    [ "$2" -eq "$at" ] || cat <&3 || exit
  else
    cat <&3 || exit
    [ -z "$1" ] || { say 'has been replaced'; exit; }
    say 'has become inaccessible'
    own=
  fi
done
"""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that tail says itself."""

    text: str


class Tail:
    """A file being followed."""

    def __init__(self, process: asyncssh.SSHClientProcess[bytes], connection: SshConnection, key: str) -> None:
        self.connection = connection
        self._process = process
        self._splitter = Splitter(key)

    async def pieces(self) -> AsyncGenerator[bytes | Notice, None]:
        """The file's bytes and what is said about it, in order. Raises SshError when the connection breaks."""
        while data := await self.connection.read(self._process):
            for piece in self._splitter.feed(data):
                yield piece

    def close(self) -> None:
        """End it on the box too."""
        self.connection.end(self._process)


async def start_tail(connection: SshConnection, path: str, offset: int) -> Tail:
    """Follow a file from a byte on, whether it is there already or not."""
    key = new_key(path)
    spelled = shlex.quote(key + plain(path).removeprefix("./").lstrip("/"))
    gnu = f"exec env LC_ALL=C tail -c +{offset + 1} -F -- {spelled}"
    loop = f"exec sh -c {shlex.quote(_LOOP)} sh {spelled} {key} {offset + 1}"
    command = f"tail --version 2>/dev/null | grep -q GNU && {gnu} 2>&1; {loop}"
    return Tail(await connection.start(command), connection, key)


async def rest_of(connection: SshConnection, path: str, offset: int) -> AsyncGenerator[bytes, None]:
    """A file that nothing is added to any more, from a byte to its end."""
    process = await connection.start(f"exec tail -c +{offset + 1} -- {shlex.quote(plain(path))}")
    try:
        while data := await connection.read(process):
            yield data
    finally:
        connection.end(process)


def new_key(path: str) -> str:
    """The beginning of a path that means the same as "/" or "./" and that nobody can guess."""
    steps = "".join(secrets.choice(("./", "/")) for _ in range(64))
    return ("/" if plain(path).startswith("/") else "./") + steps


@dataclass
class Splitter:
    """Parts tail's own messages from the file's bytes."""

    key: str
    _held: bytes = b""
    _began: bool = False
    _pattern: re.Pattern[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self._pattern = re.compile(rb"tail: (?:(?!tail: )[^\n]){0,100}?" + re.escape(self.key.encode()) + rb"[^\n]*\n")

    def feed(self, data: bytes) -> list[bytes | Notice]:
        """What is certain after these bytes came."""
        data, self._held = self._held + data, b""
        if not self._began:
            # Said before anything else, and without a path: there are no inotify handles, so tail polls.
            data = re.sub(rb"\Atail: inotify [^\n]*\n", b"", data)
        pieces: list[bytes | Notice] = []
        position = 0
        for match in self._pattern.finditer(data):
            pieces += (data[position : match.start()], Notice(match[0].decode("utf-8", "replace")))
            position = match.end()
        rest = data[position:]
        keep = self._unfinished(rest)
        self._held = rest[len(rest) - keep :] if keep else b""
        pieces.append(rest[: len(rest) - keep])
        self._began = self._began or any(isinstance(piece, bytes) and piece for piece in pieces)
        return [piece for piece in pieces if piece]

    def _unfinished(self, data: bytes) -> int:
        """How many of the last bytes may be the beginning of a message."""
        start = data.rfind(b"tail: ", max(0, len(data) - _NOTICE_LIMIT))
        if start >= 0 and b"\n" not in data[start:]:
            return len(data) - start
        return next((size for size in range(5, 0, -1) if data.endswith(b"tail: "[:size])), 0)
