"""Which files of a box are meant by globs, and what they are to be called on this computer."""

from __future__ import annotations

import posixpath
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from vasttui.ssh.sftp import BoxFiles, Node, box_path

DEEPEST = 64
"""Folders within folders that are gone into."""

_MAGIC = re.compile(r"[*?\[]")
_NAME = 200


@dataclass(frozen=True, slots=True)
class Match:
    """A file to be copied.

    Attributes:
        name: parts of its path below the folder that it goes to. No part is empty, "." or "..", none has a slash or
            a control character, and no two files have the same name, also where capitals do not count.
    """

    node: Node
    name: tuple[str, ...]


async def matches(files: BoxFiles, patterns: Sequence[str]) -> list[Match]:
    """The files that the globs match, folders whole, in a steady order.

    A file keeps its path from the first part with a wildcard on; without one its own name. `**` stands for
    folders of any depth; links are followed, but not in circles.

    Raises:
        SshError: the box said no, or has more files than anybody wants.
    """
    found: list[Match] = []
    names, paths = set[str](), set[bytes]()
    for pattern in patterns:
        async for node, kept in _matched(files, pattern):
            async for file, below in _whole(files, node, ()):
                if file.path not in paths:
                    paths.add(file.path)
                    parts = tuple(_fit(part) for part in (*kept, *below) if part != b".")
                    found.append(Match(file, _free_name(parts, names)))
    return found


async def _matched(files: BoxFiles, pattern: str) -> AsyncIterator[tuple[Node, tuple[bytes, ...]]]:
    """What a glob matches, and the parts of its path that are kept."""
    path = box_path(pattern)
    parts = path.decode("utf-8", "surrogateescape").split("/")
    if parts[-1] == "**":
        parts[-1] = "*"
    first = next((i for i, part in enumerate(parts) if _MAGIC.search(part)), len(parts) - 1)
    start = "/".join(parts[:first]).encode("utf-8", "surrogateescape")
    if path.startswith(b"/"):
        start = b"/" + start.lstrip(b"/")
    async for node, kept in _below(files, start or b".", tuple(parts[first:]), (), 0):
        yield node, kept


async def _below(
    files: BoxFiles, folder: bytes, parts: tuple[str, ...], kept: tuple[bytes, ...], depth: int
) -> AsyncIterator[tuple[Node, tuple[bytes, ...]]]:
    head, rest = parts[0], parts[1:]
    if not _MAGIC.search(head):
        entries = [head.encode("utf-8", "surrogateescape")]
    elif depth < DEEPEST and (there := await files.look(folder)) is not None and there.kind == "folder":
        entries = [name for name, node in await files.names(folder) if _fits(name, node, head)]
    else:
        entries = []
    if head == "**" and rest:
        async for found in _below(files, folder, rest, kept, depth):
            yield found
    for name in entries:
        path = posixpath.join(folder, name)
        deeper = (*kept, name)
        if rest:
            async for found in _below(files, path, parts if head == "**" else rest, deeper, depth + 1):
                yield found
        elif (node := await files.look(path)) is not None:
            yield node, deeper


def _fits(name: bytes, node: Node, part: str) -> bool:
    """As in a shell: a name that begins with a dot is meant only where the dot is written."""
    if part == "**":
        return node.kind == "folder" and not name.startswith(b".")
    text = name.decode("utf-8", "surrogateescape")
    return fnmatchcase(text, part) and (part.startswith(".") or not text.startswith("."))


async def _whole(
    files: BoxFiles, node: Node, below: tuple[bytes, ...], links: tuple[bytes, ...] = ()
) -> AsyncIterator[tuple[Node, tuple[bytes, ...]]]:
    """The file itself, or all that are in the folder; `links` are the folders that links on the way led to."""
    if node.kind == "file":
        yield node, below
    if node.kind != "folder" or len(below) >= DEEPEST:
        return
    for name, entry in await files.names(node.path):
        child: Node | None = entry
        deeper = links
        if entry.kind == "link" and (child := await files.look(entry.path)) and child.kind == "folder":
            here, there = await files.real(node.path), await files.real(child.path)
            if there in links or _holds(there, here):
                continue
            deeper = (*links, there)
        if child is not None:
            async for found in _whole(files, child, (*below, name), deeper):
                yield found


def _holds(folder: bytes, path: bytes) -> bool:
    return (path + b"/").startswith(folder.rstrip(b"/") + b"/")


def _fit(name: bytes) -> str:
    """The name as a file of this computer may have it."""
    text = "".join(char if char.isprintable() and char != "/" else "_" for char in name.decode("utf-8", "replace"))
    text = text.encode()[:_NAME].decode("utf-8", "ignore")
    return text if text.strip(".") else "_" * max(1, len(text))


def _free_name(parts: tuple[str, ...], taken: set[str]) -> tuple[str, ...]:
    """The name, numbered when another file has it already."""
    *folders, last = parts or ("_",)
    stem, suffix = posixpath.splitext(last)
    number = 1
    while (name := "/".join((*folders, last)).casefold()) in taken:
        number += 1
        last = f"{stem}.{number}{suffix}"
    taken.add(name)
    return (*folders, last)
