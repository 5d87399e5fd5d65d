"""Where a reader of a file on a box stands, and where that file is now."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from posixpath import basename, dirname

from vasttui.errors import SshError
from vasttui.ssh.connection import SshConnection

MARK = 64
"""So many bytes before a place tell whether the file is still the same."""

_CANDIDATES = 8


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reader of a file stands. Kept on disk, it lets `follow` go on there another day.

    Attributes:
        path: the file as `follow` was asked for it.
        inode: its inode number, 0 when unknown.
        offset: bytes read so far.
        mark: the last of them, up to `MARK` bytes: by them the file is known again.
    """

    path: str
    inode: int
    offset: int
    mark: bytes


@dataclass(frozen=True, slots=True)
class Spot:
    """What is at a path: inode (0 when there is nothing), size, and the bytes just before an offset."""

    inode: int
    size: int
    mark: bytes


@dataclass
class Standing:
    """A `Place` that moves."""

    path: str
    offset: int
    inode: int = 0
    mark: bytes = b""

    def advance(self, data: bytes) -> None:
        """`data` was read."""
        self.offset += len(data)
        self.mark = (self.mark + data)[-MARK:]

    def restart(self) -> None:
        """A new file begins."""
        self.offset, self.inode, self.mark = 0, 0, b""

    def fits(self, spot: Spot) -> bool:
        """The file there is the one in which we stand."""
        return self.inode in (0, spot.inode) and self.holds(spot)

    def holds(self, spot: Spot) -> bool:
        """The file there has the bytes that we read last, where we read them."""
        return spot.size >= self.offset and spot.mark.endswith(self.mark)


@dataclass(frozen=True, slots=True)
class SetAside:
    """A file that got another name.

    Attributes:
        newest: no other one was set aside after it.
    """

    path: str
    newest: bool


async def look(connection: SshConnection, path: str, offset: int) -> Spot:
    """What is at a path now."""
    name = shlex.quote(plain(path))
    command = f"stat -L -c '%i %s' -- {name} 2>/dev/null"
    if offset > 0:
        start = max(0, offset - MARK)
        command += f"; printf '%s\\n' ==; tail -c +{start + 1} -- {name} 2>/dev/null | head -c {offset - start}"
    _, out, _ = await connection.run_bytes(command)
    head, _, mark = out.partition(b"==\n")
    found = re.match(rb"(\d+) (\d+)\s", head)
    return Spot(int(found[1]), int(found[2]), mark) if found else Spot(0, 0, b"")


async def set_aside(connection: SshConnection, standing: Standing) -> SetAside | None:
    """The file in which we stand, renamed or copied to a longer name beside it as log rotation does."""
    folder, name = dirname(plain(standing.path)), basename(standing.path)
    pattern = re.sub(r"([\[\]*?\\])", r"\\\1", name) + "?*"
    shown = "env TZ=UTC0 stat -c '%i %y/%n' '{}' +"
    _, out, _ = await connection.run(
        f"find {shlex.quote(folder)} -maxdepth 1 -type f '(' -name {shlex.quote(pattern)} -o -inum {standing.inode} ')'"
        f" -exec {shown} 2>/dev/null"
    )
    rows = [row for row in re.findall(r"(?m)^(\d+) ([^/\n]*)/(.*)$", out) if basename(row[2]) != name]
    rows.sort(key=lambda row: row[1], reverse=True)
    for inode, changed, path in sorted(rows, key=lambda row: int(row[0]) != standing.inode)[:_CANDIDATES]:
        known = bool(standing.mark) or int(inode) == standing.inode
        if known and standing.holds(await look(connection, path, standing.offset)):
            return SetAside(path, newest=all(row[1] < changed for row in rows if row[2] != path))
    return None


def plain(path: str) -> str:
    """The path as the login directory sees it, never an option.

    Raises:
        SshError: no file that is worth following can have this name.
    """
    if not path or re.search(r"[\x00-\x1f\x7f\ud800-\udfff]", path):
        raise SshError(f"{path[:80]!r} is not the path of a file to follow")
    path = path[2:] if path.startswith("~/") else path
    return path if path.startswith("/") else f"./{path}"
