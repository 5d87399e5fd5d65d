"""Random lives of a log file over a real sshd: written, rotated, truncated, the connection cut, the reader
restarted. What comes out is what was written, and what is missing is told.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.conformance.sshd import Sshd, Witness, at_once, free_port, start_sshd, witnessing
from vasttui.ssh import MARK, Chunk, FollowEvent, Opened, Place, Rotated, SshTarget, follow

BUSYBOX = shutil.which("busybox") or ""


@dataclass
class Writer:
    """A program that logs, and what happens to its file. `lives` is all that ever stood in it, one by one; of
    those in `cut` the end was thrown away.
    """

    path: Path
    rng: random.Random
    lives: list[bytes] = field(default_factory=lambda: [b""])
    cut: set[int] = field(default_factory=set)
    count: int = 0

    def write(self) -> None:
        text = b""
        for _ in range(self.rng.randint(1, 30)):
            self.count += 1
            text += f"line {self.count} {'x' * self.rng.randint(0, 90)}".encode()
            # A copy that log rotation makes is only known by bytes that no other file has.
            text += self.rng.choice([b"\n", b"\n", b"\r\n", b" ... "])
        with self.path.open("ab") as file:
            file.write(text)
        self.lives[-1] += text

    def _shift(self) -> None:
        for number in (3, 2, 1):
            old = self.path.with_name(f"{self.path.name}.{number}")
            if old.exists():
                old.rename(self.path.with_name(f"{self.path.name}.{number + 1}"))

    def rename(self) -> None:
        self._shift()
        if self.path.exists():
            self.path.rename(self.path.with_name(self.path.name + ".1"))
        self.lives.append(b"")

    def copytruncate(self) -> None:
        if self.path.exists():
            self._shift()
            shutil.copy2(self.path, self.path.with_name(self.path.name + ".1"))
            self.truncate()

    def truncate(self) -> None:
        if self.path.exists():
            os.truncate(self.path, 0)
            self.cut.add(len(self.lives) - 1)
            self.lives.append(b"")


@dataclass
class Told:
    """What a follower said: the bytes of each life that it saw, and what it said at the end of it."""

    parts: list[bytes] = field(default_factory=lambda: [b""])
    ends: list[Rotated] = field(default_factory=list)
    place: Place | None = None

    def take(self, event: FollowEvent, path: str) -> None:
        match event:
            case Chunk(offset, data, inode):
                assert offset == len(self.parts[-1]), "each byte once, in order"
                self.parts[-1] += data
                self.place = Place(path, inode, offset + len(data), self.parts[-1][-MARK:])
            case Rotated():
                self.ends.append(event)
                self.parts.append(b"")
                self.place = Place(path, 0, 0, b"")
            case Opened(offset, _, inode) if inode and self.place is None:
                self.place = Place(path, inode, offset, b"")


def check(told: Told, writer: Writer) -> None:
    """Every life is there whole and in order, unless its end says otherwise. What was thrown away before anybody
    read it is gone without a word.
    """
    ends = [*told.ends, Rotated("", lost=False)]
    lives = iter([(life, number in writer.cut) for number, life in enumerate(writer.lives) if life])
    # What was rotated away before the first reader came was never his.
    lost = True
    for part, end in zip(told.parts, ends, strict=True):
        if part:
            for life, cut in lives:
                if life.startswith(part):
                    assert part == life or end.lost or (cut and end.reason == "truncated")
                    break
                assert cut or lost
            else:
                raise AssertionError("these bytes were never written there")
            lost = False
        lost = lost or end.lost
    assert not list(lives)


class Reader:
    """Follows a file, and can be restarted as if the program had been."""

    def __init__(self, target: SshTarget, path: Path) -> None:
        self.told = Told()
        self._target = target
        self._path = str(path)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Witness]:
        source = follow(self._target, self._path, resume=self.told.place, sleep=at_once, verify=0)
        async with witnessing(self._noted(source)) as seen:
            yield seen

    async def _noted(self, source: AsyncIterator[FollowEvent]) -> AsyncIterator[FollowEvent]:
        try:
            async for event in source:
                self.told.take(event, self._path)
                yield event
        finally:
            await source.aclose()  # type: ignore[attr-defined]


async def live(sshd: Sshd, target: SshTarget, seed: int, rounds: int) -> None:
    rng = random.Random(seed)
    path = sshd.folder / "run [1].log"
    writer, reader = Writer(path, rng), Reader(target, path)
    happens = (writer.rename, writer.copytruncate, writer.truncate, writer.write, writer.write)
    while rounds > 0:
        async with reader.reading() as seen:
            for _ in range(rng.randint(1, 5)):
                rounds -= 1
                rng.choice((*happens, writer.write, writer.write, sshd.cut_connections))()
                if rng.random() < 0.5:
                    writer.write()
                    await seen.until(lambda: reader.told.parts[-1] == writer.lives[-1])
        for _ in range(rng.randint(0, 2)):
            rng.choice(happens)()
    async with reader.reading() as seen:
        writer.write()
        await seen.until(lambda: reader.told.parts[-1] == writer.lives[-1])
    check(reader.told, writer)


@pytest.mark.parametrize("seed", range(3))
async def test_gnu_tail(sshd: Sshd, target: SshTarget, seed: int) -> None:
    await live(sshd, target, seed, rounds=16)


def shell_without_gnu_tail(folder: Path, tools: str) -> str:
    folder.mkdir()
    if tools == "BusyBox":
        subprocess.run([BUSYBOX, "--install", "-s", folder], check=True)
        return f"env PATH={folder} {BUSYBOX} sh"
    fake = folder / "tail"
    fake.write_text(f"#!/bin/sh\n[ \"$1\" = --version ] && exit 1\nexec {shutil.which('tail')} \"$@\"\n")
    fake.chmod(0o755)
    return f"env PATH={folder}:$PATH sh"


@pytest.mark.parametrize("tools", ["another tail", "BusyBox"])
async def test_where_tail_says_nothing(sshd: Sshd, target: SshTarget, tmp_path: Path, tools: str) -> None:
    if tools == "BusyBox" and not BUSYBOX:
        pytest.skip("needs busybox")
    shell = shell_without_gnu_tail(tmp_path / "bin", tools)
    server = start_sshd(tmp_path, free_port(), sshd.folder / "hostkey", shell=shell)
    try:
        await live(server, replace(target, addresses=(("127.0.0.1", server.port),)), 5, rounds=10)
    finally:
        server.stop()
