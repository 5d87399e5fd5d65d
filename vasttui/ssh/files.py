"""Files to and from a box over SFTP, with progress."""

from __future__ import annotations

import asyncio
import os
import posixpath
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from vasttui.errors import StorageError, UsageError
from vasttui.ssh.connection import SshConnection
from vasttui.ssh.copying import PART, Count, Fetch, OnCopied, Send, few_at_once, here, is_here, written
from vasttui.ssh.copying import Copied as Copied
from vasttui.ssh.matching import Match, matches
from vasttui.ssh.sftp import box_files, box_path


async def get(
    connection: SshConnection, patterns: Sequence[str], target: Path, *, told: OnCopied = lambda _: None
) -> tuple[Path, ...]:
    """Copy what the globs match on the box (folders whole) into a folder here, which is made.

    A file is written beside its name and then renamed, so that a broken copy never looks whole; one that is here
    with the same size and time is not copied again, and a large one goes on where it broke off. Nothing is ever
    written outside of `target`, whatever names the box sends.

    Returns:
        The files, () when nothing matched.

    Raises:
        SshError: the box said no, or the connection broke.
        StorageError: a file here cannot be written.
    """
    async with box_files(connection) as files:
        found = await matches(files, patterns)
        if not found:
            return ()
        with here(target):
            await asyncio.to_thread(target.mkdir, parents=True, exist_ok=True)
            folder = await asyncio.to_thread(target.resolve)
        _check_room(folder, found)
        count = Count(sum(match.node.size for match in found), len(found), told)
        copies = [Fetch(files, match.node, folder.joinpath(*match.name), folder, count) for match in found]
        await few_at_once([copy.run for copy in copies])
        await asyncio.to_thread(_tidy, folder, {copy.path.parent for copy in copies})
        return tuple(target.joinpath(*match.name) for match in found)


def _check_room(folder: Path, found: Sequence[Match]) -> None:
    needed = sum(m.node.size for m in found if not is_here(folder.joinpath(*m.name), m.node))
    with here(folder):
        free = shutil.disk_usage(folder).free
    if needed > free:
        raise StorageError(
            f"{folder}: {needed / 1e9:.1f} GB are to be copied here, {free / 1e9:.1f} GB are free",
            hint="Free the disk, or copy to another folder.",
        )


def _tidy(folder: Path, parents: set[Path]) -> None:
    """Parts of files that have changed on the box since are of no use; the names of the others are to last."""
    for parent in {folder, *parents}:
        for left in parent.glob(PART.format("*")):
            with suppress(OSError):
                left.unlink()
        with suppress(OSError):
            handle = os.open(parent, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


async def put(
    connection: SshConnection, sources: Sequence[Path], target: str, *, told: OnCopied = lambda _: None
) -> None:
    """Copy files and folders of this computer into a folder on the box, which is made.

    A file is written beside its name and then renamed; one that is there with the same size and time is not copied
    again. Rights and times are kept, links followed; what is no file (a socket, say) is left out.

    Raises:
        SshError: the box or the disk there said no.
        StorageError: a file here cannot be read.
        UsageError: two of them would have the same name there.
    """
    with here(Path()):
        sent = await asyncio.to_thread(_to_send, sources)
    async with box_files(connection) as files:
        root = box_path(target)
        for parent in sorted({posixpath.dirname(posixpath.join(root, name)) for _, name in sent} | {root}):
            await files.make_folder(parent)
        count = Count(sum(path.stat().st_size for path, _ in sent), len(sent), told)
        copies = [Send(files, path, posixpath.join(root, name), count) for path, name in sent]
        await few_at_once([copy.run for copy in copies])


async def put_text(connection: SshConnection, text: str, target: str, *, mode: int = 0o600) -> None:
    """Write a small file on the box; its folder is made. Raises SshError."""
    path = box_path(target)
    async with box_files(connection) as files:
        await files.make_folder(posixpath.dirname(path) or b".")
        async with written(files, path) as (part, file):
            with files.about(path):
                await files.client.chmod(part, mode)
                await file.write(text.encode("utf-8", "surrogateescape"), 0)


def _to_send(sources: Sequence[Path]) -> list[tuple[Path, bytes]]:
    """Each file with its name on the box. Raises StorageError and UsageError."""
    sent: dict[bytes, Path] = {}
    for source in sources:
        with here(source):
            root = source.resolve(strict=True)
            for path in _files_below(root, ()):
                name = os.fsencode(Path(source.name or root.name, path.relative_to(root)))
                if sent.setdefault(name, path) != path:
                    raise UsageError(f"{path} and {sent[name]} would both be {os.fsdecode(name)!r} on the box")
    return [(path, name) for name, path in sent.items()]


def _files_below(path: Path, above: tuple[Path, ...]) -> Iterator[Path]:
    """The file itself, or all that are in the folder; links are followed, but not in circles."""
    if path.is_file():
        yield path
    elif path.is_dir() and (real := path.resolve()) not in above:
        for child in sorted(path.iterdir()):
            yield from _files_below(child, (*above, real))
