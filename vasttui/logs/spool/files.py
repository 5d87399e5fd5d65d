"""Files that only their owner reads, opened never through a link."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def ensure_folder(folder: Path) -> None:
    """Create a folder for its owner only; one that is there must be a folder and no link. Raises OSError."""
    with suppress(FileExistsError):
        folder.mkdir(0o700)
    mode = folder.lstat().st_mode
    if not stat.S_ISDIR(mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
    if stat.S_IMODE(mode) != 0o700:
        folder.chmod(0o700)


@contextmanager
def opened(path: Path, flags: int) -> Iterator[int]:
    """A regular file, never through a link; a new one is its owner's only, whatever the umask."""
    file = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        if flags & os.O_CREAT:
            os.fchmod(file, 0o600)
        yield file
    finally:
        os.close(file)


def write_all(file: int, data: bytes, at: int) -> None:
    """Write at a place. Raises OSError."""
    view = memoryview(data)
    while view:
        written = os.pwrite(file, view, at)
        view, at = view[written:], at + written


def read_range(path: Path, begin: int, end: int) -> bytes:
    """Bytes of a file; fewer, or none, when they are not there."""
    pieces = []
    try:
        with opened(path, os.O_RDONLY) as file:
            end = min(end, os.fstat(file).st_size)
            while begin < end and (piece := os.pread(file, end - begin, begin)):
                pieces.append(piece)
                begin += len(piece)
    except OSError:
        return b"".join(pieces)
    return b"".join(pieces) if len(pieces) != 1 else pieces[0]


def size_of(path: Path) -> int:
    """Of a regular file; 0 when there is none."""
    try:
        status = path.lstat()
    except OSError:
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else 0
