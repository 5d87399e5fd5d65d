"""`tail` on the boxes: its options, what it prints at first, and how it follows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from vasttui.sim.files import BoxFiles


@dataclass
class TailOptions:
    """`tail`'s arguments: `unit` "lines" or "bytes", `count` of them, from the start (1-based) or the end."""

    unit: str = "lines"
    count: int = 10
    from_start: bool = False
    follow: bool = False
    retry: bool = False
    paths: list[str] = field(default_factory=list)


def tail_options(args: list[str]) -> TailOptions:
    """Read GNU tail's options as far as clients use them."""
    options = TailOptions()
    index = 0
    while index < len(args):
        word = args[index]
        index += 1
        value = None
        if word in ("-c", "-n", "--bytes", "--lines", "-s", "--sleep-interval", "--pid"):
            value = args[index] if index < len(args) else "10"
            index += 1
        elif match := re.fullmatch(r"(-c|-n|--bytes|--lines|--sleep-interval|--pid)=?([+-]?\d.*)", word):
            word, value = match[1], match[2]
        if value is not None:
            if word in ("-c", "-n", "--bytes", "--lines"):
                options.unit = "bytes" if word in ("-c", "--bytes") else "lines"
                options.from_start, options.count = value.startswith("+"), int(re.sub(r"\D", "", value) or 0)
        elif word in ("-F", "-f", "--follow", "--follow=name", "--retry"):
            options.follow |= word != "--retry"
            options.retry |= word in ("-F", "--retry")
        elif re.fullmatch(r"-\d+[fF]?", word):
            options.count = int(re.sub(r"\D", "", word))
            options.follow |= word[-1] in "fF"
        elif not word.startswith("-"):
            options.paths.append(word)
    return options


def tail_of(text: bytes, options: TailOptions) -> bytes:
    """The part of `text` that tail prints at first."""
    if options.unit == "bytes":
        if options.from_start:
            return text[max(0, options.count - 1) :]
        return text[-options.count :] if options.count else b""
    lines = text.splitlines(keepends=True) if b"\r" not in text else re.findall(rb"[^\n]*\n|[^\n]+$", text)
    if options.from_start:
        return b"".join(lines[max(0, options.count - 1) :])
    return b"".join(lines[-options.count :]) if options.count else b""


class Follower:
    """Where a following `tail` stands in its file."""

    def __init__(
        self, files: BoxFiles, options: TailOptions, out: Callable[[bytes], None], err: Callable[[bytes], None]
    ) -> None:
        self._files = files
        self._options = options
        self._out = out
        self._err = err
        self._path = options.paths[0] if options.paths else ""
        self._place: int | None = None
        self._missing = False
        self._inode = 0

    def step(self) -> bool:
        """Print what is new. False when there is no file and none is waited for."""
        size = self._files.size(self._path)
        if size is None:
            return self._lost()
        inode = self._files.inode(self._path)
        if self._place is None:
            # Of the same text, for the file grows.
            text = self._files.read(self._path) or b""
            self._place = len(text) - len(tail_of(text, self._options))
        elif self._missing or inode != self._inode:
            what = "has appeared" if self._missing else "has been replaced"
            self._err(f"tail: '{self._path}' {what};  following new file\n".encode())
            self._place = 0
        elif size < self._place:
            self._err(f"tail: {self._path}: file truncated\n".encode())
            self._place = 0
        self._missing, self._inode = False, inode
        fresh = self._files.read(self._path, self._place) or b""
        self._place += len(fresh)
        if fresh:
            self._out(fresh)
        return True

    def _lost(self) -> bool:
        if not self._missing:
            what = "cannot open '%s' for reading" if self._place is None else "'%s' has become inaccessible"
            self._err(f"tail: {what % self._path}: No such file or directory\n".encode())
        self._missing, self._place = True, 0
        return self._options.retry
