"""A box's files over SFTP: what is there, what goes wrong by meaning, and nothing that the box says taken on trust."""

from __future__ import annotations

import asyncio
import posixpath
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from vasttui.errors import SshError
from vasttui.ssh.connection import SshConnection, words

if TYPE_CHECKING:
    import asyncssh

MOST = 100_000
"""Names that are read from a box for one copy: a box that sends more is not asked further."""

Kind = Literal["file", "folder", "link", "other"]


@dataclass(frozen=True, slots=True)
class Node:
    """Something at a path on a box.

    Attributes:
        path: as the box names it.
        size: bytes.
        mtime: when it was changed, whole epoch seconds.
    """

    path: bytes
    kind: Kind
    size: int
    mtime: int


class BoxFiles:
    """The files of a box. Its methods raise SshError, which names the box and the path."""

    def __init__(self, client: asyncssh.SFTPClient, connection: SshConnection) -> None:
        self.client = client
        self._connection = connection
        self._seen = 0

    @contextmanager
    def about(self, path: bytes) -> Iterator[None]:
        """What goes wrong inside is told as a fault at that path. Raises SshError."""
        import asyncssh

        try:
            yield
        except (asyncssh.SFTPNoConnection, asyncssh.SFTPConnectionLost, ConnectionError) as error:
            raise self._connection.broken(error) from error
        except (asyncssh.Error, OSError) as error:
            if not self._connection.usable:
                raise self._connection.broken(error) from error
            raise SshError(f"{self._name(path)}: {words(error)}") from error

    def fault(self, path: bytes, text: str, hint: str = "") -> SshError:
        """A fault at a path."""
        return SshError(f"{self._name(path)}: {text}", hint=hint)

    def _name(self, path: bytes) -> str:
        shown = "".join(char if char.isprintable() else "_" for char in path.decode("utf-8", "replace"))
        return f"{self._connection.target.alias}:{shown[:200]}"

    async def look(self, path: bytes, *, follow: bool = True) -> Node | None:
        """What is at a path; None when there is nothing, or nothing that we may see."""
        import asyncssh

        with self.about(path):
            try:
                attrs = await (self.client.stat(path) if follow else self.client.lstat(path))
            except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath, asyncssh.SFTPPermissionDenied):
                return None
        return _node(path, attrs)

    async def names(self, folder: bytes) -> list[tuple[bytes, Node]]:
        """What is in a folder, by name."""
        found: dict[bytes, Node] = {}
        with self.about(folder):
            async for entry in self.client.scandir(folder):
                self._seen += 1
                if self._seen > MOST:
                    raise self.fault(folder, f"more than {MOST} files", "Copy less, or pack them on the box.")
                name = entry.filename if isinstance(entry.filename, bytes) else entry.filename.encode()
                if name not in (b"", b".", b"..") and len(name) <= 255 and b"/" not in name and b"\0" not in name:
                    found[name] = _node(posixpath.join(folder, name), entry.attrs)
        return sorted(found.items())

    async def real(self, path: bytes) -> bytes:
        """The path without links."""
        with self.about(path):
            found = await self.client.realpath(path)
        return found if isinstance(found, bytes) else str(found).encode()

    async def make_folder(self, path: bytes) -> None:
        """Make a folder and those above it; one that is there is no error."""
        with self.about(path):
            await self.client.makedirs(path, exist_ok=True)

    async def rename(self, old: bytes, new: bytes) -> None:
        """Give a file another name, in place of what has that name."""
        import asyncssh

        with self.about(new):
            try:
                await self.client.posix_rename(old, new)
            except asyncssh.SFTPOpUnsupported:
                if await self.look(new, follow=False) is not None:
                    await self.client.remove(new)
                await self.client.rename(old, new)


@asynccontextmanager
async def box_files(connection: SshConnection) -> AsyncIterator[BoxFiles]:
    """A session on the files of a box.

    Raises:
        SshError: the box serves no files.
    """
    import asyncssh

    target = connection.target
    try:
        async with asyncio.timeout(target.connect_timeout):
            client = await connection.open_sftp()
    except (asyncssh.Error, OSError, TimeoutError) as error:
        if not connection.usable:
            raise connection.broken(error) from error
        raise SshError(
            f"{target.alias} serves no files over SFTP: {words(error)}",
            hint="Its image needs sftp-server (package openssh-sftp-server), and a ~/.bashrc that prints nothing.",
        ) from error
    try:
        yield BoxFiles(client, connection)
    finally:
        client.exit()


def box_path(path: str) -> bytes:
    """A path as the box is asked for it: relative to the login directory, also after "~/".

    Raises:
        SshError: no file can have this name.
    """
    if not path or "\0" in path:
        raise SshError(f"{path[:80]!r} is no path on a box")
    below_home = path[2:] if path.startswith("~/") else "." if path == "~" else path
    return posixpath.normpath(below_home).encode("utf-8", "surrogateescape")


def _node(path: bytes, attrs: asyncssh.SFTPAttrs) -> Node:
    mode = attrs.permissions or 0
    kind: Kind = "other"
    if stat.S_ISREG(mode):
        kind = "file"
    elif stat.S_ISDIR(mode):
        kind = "folder"
    elif stat.S_ISLNK(mode):
        kind = "link"
    return Node(path, kind, max(0, attrs.size or 0), max(0, int(attrs.mtime or 0)))
