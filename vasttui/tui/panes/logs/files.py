"""What is shown of a log as a file: saved where the user says, or for a pager or an editor for as long as it runs."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import localtime, strftime

from vasttui.errors import StorageError, UsageError

OWNER_ONLY = 0o600


def default_path(folder: Path, called: str, now: float) -> Path:
    """Where a log is saved when the user has no better idea: `upscale-07-20261122-140320.log`."""
    name = re.sub(r"[^\w.-]+", "-", called).strip("-.")[:60] or "log"
    return folder / f"{name}-{strftime('%Y%m%d-%H%M%S', localtime(now))}.log"


def read_path(text: str) -> Path:
    """A path as it was typed. Raises UsageError where no file can be."""
    try:
        path = Path(text.strip()).expanduser()
        if not text.strip() or not text.isprintable() or path.is_dir():
            raise UsageError("a file's path is expected")
        if not path.parent.is_dir():
            raise UsageError(f"there is no folder {path.parent}")
    except (OSError, RuntimeError) as error:  # no such user, or a name that is too long
        raise UsageError("no file can have this path") from error
    return path


async def save(path: Path, pieces: Iterable[str], *, replace: bool = False) -> int:
    """Write text to a file that only its owner can read; how many bytes it has.

    The text is made and written in pieces, so that the screen goes on meanwhile. A file that is there is left
    alone, or with `replace` replaced when all is written.

    Raises:
        StorageError: the file is there, or cannot be written; then nothing is left of it.
    """
    try:
        if not replace:
            return await _write(path, pieces)
        with tempfile.TemporaryDirectory(prefix=".vasttui-", dir=path.parent) as folder:
            new = Path(folder) / path.name
            size = await _write(new, pieces)
            new.replace(path)
            return size
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}", hint="Nothing was saved; ^e asks for another place.") from error


@asynccontextmanager
async def passing(name: str, pieces: Iterable[str]) -> AsyncIterator[Path]:
    """A file that only its owner can read, for as long as it is needed."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="vasttui-", ignore_cleanup_errors=True)
    except OSError as error:
        raise StorageError(f"a file for a moment: {error.strerror}") from error
    with folder:
        path = Path(folder.name) / name
        await save(path, pieces)
        yield path


async def _write(path: Path, pieces: Iterable[str]) -> int:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    try:
        with os.fdopen(descriptor, "wb") as file:
            size = 0
            for piece in pieces:
                size += file.write(piece.encode("utf-8", "replace"))
                await asyncio.sleep(0)
    except BaseException:
        with suppress(OSError):
            os.unlink(path)
        raise
    return size
