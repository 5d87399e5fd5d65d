"""One file on its way to or from a box: in pieces, several requests under way, whole or not at all."""

from __future__ import annotations

import asyncio
import hashlib
import os
import posixpath
import secrets
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from vasttui.errors import SshError, StorageError, VastError
from vasttui.ssh.sftp import BoxFiles, Node

if TYPE_CHECKING:
    import asyncssh

T = TypeVar("T")

AT_ONCE = 4
"""Files that are copied at the same time."""

UNDER_WAY = 2 * 1024 * 1024
"""Bytes of one file that are asked for ahead, in requests as large as the box's server takes; the window of an SSH
channel holds no more."""

CLOSING = 2.0
"""Seconds that a box gets to close a file when the copy has failed."""

PART = ".vasttui-{}.part"
"""Name of a file that is not whole yet."""


@dataclass(frozen=True, slots=True)
class Copied:
    """How far a copy is: bytes and files, of all there are."""

    bytes: int
    total: int
    files: int
    all_files: int


OnCopied = Callable[[Copied], None]


class Count:
    """Adds up what was copied, and tells it."""

    def __init__(self, total: int, all_files: int, told: OnCopied) -> None:
        self._now = Copied(0, total, 0, all_files)
        self._told = told
        told(self._now)

    def add(self, size: int, files: int = 0) -> None:
        """So many bytes and files more."""
        now = self._now
        self._now = Copied(min(now.bytes + size, now.total), now.total, now.files + files, now.all_files)
        self._told(self._now)


@dataclass
class Fetch:
    """One file on its way from the box."""

    files: BoxFiles
    node: Node
    path: Path
    folder: Path
    count: Count

    async def run(self) -> None:
        """Copy it, if it is not here already."""
        with here(self.path):
            if await asyncio.to_thread(is_here, self.path, self.node):
                self.count.add(self.node.size, 1)
                return
            part, done = await asyncio.to_thread(self._begin)
            self.count.add(done)
            file = await asyncio.to_thread(_open_part, part)
        try:
            await self._copy(file, done)
            with here(self.path):
                await asyncio.to_thread(os.fsync, file.fileno())
        finally:
            # Closing a buffered file waits for a thread that still writes; closing its number alone would not.
            with suppress(OSError):
                file.close()
        with here(self.path):
            await asyncio.to_thread(self._finish, part)
        self.count.add(0, 1)

    def _begin(self) -> tuple[Path, int]:
        """Where it is written to, and how much of it is there from an earlier try."""
        parent = self.path.parent
        parent.mkdir(parents=True, exist_ok=True)
        if not parent.resolve().is_relative_to(self.folder):
            raise StorageError(f"{parent}: a link there leads out of {self.folder}", hint="Remove the link.")
        version = b"%s|%d|%d" % (self.node.path, self.node.size, self.node.mtime)
        part = parent / PART.format(hashlib.sha256(version).hexdigest()[:16])
        if part.is_symlink() or (part.exists() and part.stat().st_size > self.node.size):
            part.unlink()
        return part, part.stat().st_size if part.exists() else 0

    async def _copy(self, file: BinaryIO, start: int) -> None:
        size, step = self.node.size, self.files.client.limits.max_read_len
        async with _opened(self.files, self.node.path, "rb") as source:
            pieces = (self._piece(source, at, min(step, size - at)) for at in range(start, size, step))
            async for data in _ahead(pieces, step):
                with here(self.path):
                    await asyncio.to_thread(_write_out, file, data)
                self.count.add(len(data))

    async def _piece(self, source: asyncssh.SFTPClientFile, at: int, length: int) -> bytes:
        data = b""
        while len(data) < length:
            with self.files.about(self.node.path):
                more: bytes = await source.read(length - len(data), at + len(data))
            if not more:
                raise self.files.fault(self.node.path, "became shorter while it was copied", "Copy it again.")
            data += more
        return data[:length]

    def _finish(self, part: Path) -> None:
        os.utime(part, (self.node.mtime, self.node.mtime))
        part.replace(self.path)


def _open_part(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o666), "ab")


def _write_out(file: BinaryIO, data: bytes) -> None:
    file.write(data)
    file.flush()


def is_here(path: Path, node: Node) -> bool:
    """The file is here: a link of that name is not."""
    try:
        here = path.lstat()
    except OSError:
        return False
    return not path.is_symlink() and (here.st_size, int(here.st_mtime)) == (node.size, node.mtime)


@dataclass
class Send:
    """One file on its way to the box."""

    files: BoxFiles
    path: Path
    target: bytes
    count: Count

    async def run(self) -> None:
        """Copy it, if it is not there already."""
        with here(self.path):
            handle = await asyncio.to_thread(os.open, self.path, os.O_RDONLY)
        try:
            facts = os.fstat(handle)
            there = await self.files.look(self.target, follow=False)
            if there is None or (there.kind, there.size, there.mtime) != ("file", facts.st_size, int(facts.st_mtime)):
                await self._copy(handle, facts)
            else:
                self.count.add(facts.st_size)
        finally:
            os.close(handle)
        self.count.add(0, 1)

    async def _copy(self, handle: int, facts: os.stat_result) -> None:
        import asyncssh

        async with written(self.files, self.target) as (part, file):
            size, step = facts.st_size, self.files.client.limits.max_write_len
            pieces = (self._piece(handle, file, at, min(step, size - at)) for at in range(0, size, step))
            async for sent in _ahead(pieces, step):
                self.count.add(sent)
            with self.files.about(self.target):
                attrs = asyncssh.SFTPAttrs(
                    permissions=facts.st_mode & 0o777, atime=int(facts.st_mtime), mtime=int(facts.st_mtime)
                )
                await self.files.client.setstat(part, attrs)

    async def _piece(self, handle: int, file: asyncssh.SFTPClientFile, at: int, size: int) -> int:
        with here(self.path):
            data = await asyncio.to_thread(os.pread, handle, size, at)
        if len(data) < size:
            raise StorageError(f"{self.path}: became shorter while it was copied", hint="Copy it again.")
        with self.files.about(self.target):
            await file.write(data, at)
        return len(data)


@asynccontextmanager
async def written(files: BoxFiles, path: bytes) -> AsyncIterator[tuple[bytes, asyncssh.SFTPClientFile]]:
    """A file beside `path` to write, which gets its name when all went well, and goes away when it did not."""
    part = posixpath.join(posixpath.dirname(path), PART.format(secrets.token_hex(8)).encode())
    try:
        async with _opened(files, part, "wb") as file:
            yield part, file
        await files.rename(part, path)
    except BaseException:
        with suppress(SshError, TimeoutError):
            async with asyncio.timeout(CLOSING):
                with files.about(part):
                    await files.client.remove(part)
        raise


@asynccontextmanager
async def _opened(files: BoxFiles, path: bytes, mode: str) -> AsyncIterator[asyncssh.SFTPClientFile]:
    """A file on the box, read and written as it is asked for, in one request each."""
    with files.about(path):
        # With larger blocks asyncssh starts tasks of its own, and leaves their faults behind when one fails.
        file = await files.client.open(path, mode, encoding=None, block_size=0)
    try:
        yield file
        with files.about(path):
            await file.close()
    except BaseException:
        with suppress(SshError, TimeoutError):
            async with asyncio.timeout(CLOSING):
                with files.about(path):
                    await file.close()
        raise


@contextmanager
def here(path: Path) -> Iterator[None]:
    """A fault of this computer's disk is told as such. Raises StorageError."""
    try:
        yield
    except OSError as error:
        text = f"{error.filename or path}: {error.strerror or error}"
        raise StorageError(text, hint="Check free space and rights.") from error


async def few_at_once(works: Sequence[Callable[[], Awaitable[None]]]) -> None:
    """Do them all, `AT_ONCE` at a time. Raises the first fault, the others ended before."""
    left = iter(works)

    async def worker() -> None:
        for work in left:
            await work()

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(AT_ONCE, len(works))):
                group.create_task(worker())
    except* VastError as faults:
        raise _first(faults) from None


def _first(group: BaseExceptionGroup[VastError]) -> VastError:
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner


async def _ahead(works: Iterable[Coroutine[Any, Any, T]], size: int) -> AsyncIterator[T]:
    """The answers in order, while the next ones are under way; each is of `size` bytes."""
    running: deque[asyncio.Task[T]] = deque()
    try:
        for work in works:
            running.append(asyncio.create_task(work))
            if len(running) * size >= UNDER_WAY:
                yield await running.popleft()
        while running:
            yield await running.popleft()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
