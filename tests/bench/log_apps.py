"""Log readers to be measured: ours over a spool, and Textual's own `Log`.

    python tests/bench/log_apps.py fill SPOOLS FILE           write a file's lines into a spool, 1000 at a time
    python tests/bench/log_apps.py read SPOOLS [FILE]         show that spool; new lines of FILE are added to it
    python tests/bench/log_apps.py ingest spool|Log N         take N lines in, without a terminal
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from textual.app import App, ComposeResult
from textual.widgets import Log

from vasttui.logs.events import Lines
from vasttui.logs.rows import LogName
from vasttui.logs.spool import Spool, Spools
from vasttui.tui.themes import load_named, variable_defaults
from vasttui.tui.widgets.log.view import LogView

NAME = LogName(1)
BATCH = 1000
TELL_EVERY = 0.1
"""Seconds between two notices of new lines, as in the dashboard."""


class Reader(App[None]):
    """Our log view over a spool, and nothing else."""

    def __init__(self, spool: Spool, source: Path | None = None) -> None:
        super().__init__()
        self.spool = spool
        self._source = source
        self._told_at = 0.0

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variable_defaults()

    def compose(self) -> ComposeResult:
        self.register_theme(load_named("vasttui-dark"))
        self.theme = "vasttui-dark"
        yield LogView()

    def on_mount(self) -> None:
        self.view = self.query_one(LogView)
        self.view.show(self.spool)
        self.view.focus()
        if self._source is not None:
            self.run_worker(self._follow(self._source))

    async def _follow(self, source: Path) -> None:
        tail = await asyncio.create_subprocess_exec(
            "tail", "-n", "0", "-F", str(source), stdout=asyncio.subprocess.PIPE
        )
        assert tail.stdout is not None
        try:
            while chunk := await tail.stdout.read(1 << 16):
                self.take(chunk.decode().splitlines())
                self.view.advance()
        finally:
            tail.terminate()

    def take(self, lines: list[str]) -> None:
        self.spool.apply(Lines(new=tuple(lines)), time.time())
        if time.monotonic() - self._told_at >= TELL_EVERY:
            self._told_at = time.monotonic()
            self.view.advance()


class Stock(App[None]):
    """Textual's own."""

    def compose(self) -> ComposeResult:
        yield Log()

    def on_mount(self) -> None:
        self.view = self.query_one(Log)

    def take(self, lines: list[str]) -> None:
        self.view.write_lines(lines)


def lines_of(count: int) -> Iterator[str]:
    """Lines as a training prints them, 83 characters each."""
    for step in range(count):
        level = "ERROR" if step % 97 == 0 else "WARNING" if step % 31 == 0 else "INFO"
        clock = f"{step // 3_600_000 % 24:02d}:{step // 60_000 % 60:02d}:{step // 1000 % 60:02d}.{step % 1000:03d}"
        yield f"2026-11-22 {clock} {level} train: step {step:07d} loss={step * 7919 % 100_000 / 1e5:.5f} lr=2.8e-05"


def resident_mb() -> float:
    """Memory of this process, MB; Linux only."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def fill(folder: Path, source: Path) -> None:
    with source.open() as file:
        spool = Spools(folder, keep_bytes=1 << 40).open(NAME)
        while batch := [line.rstrip("\n") for line in islice(file, BATCH)]:
            spool.apply(Lines(new=tuple(batch)), time.time())
        spool.close()


async def ingest(kind: str, count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        spools = Spools(Path(folder), keep_bytes=1 << 40)
        app = Stock() if kind == "Log" else Reader(spools.open(NAME))
        async with app.run_test(size=(140, 40)) as pilot:
            await pilot.pause()
            memory, source, busy = resident_mb(), lines_of(count), 0.0
            while batch := list(islice(source, BATCH)):
                start = time.process_time()
                app.take(batch)
                await asyncio.sleep(0)
                busy += time.process_time() - start
            start = time.process_time()
            if isinstance(app, Reader):
                app.view.advance()
            await pilot.pause()
            busy += time.process_time() - start
            print(json.dumps({"lines_per_second": count / busy, "mb": resident_mb() - memory}))
        if isinstance(app, Reader):
            app.spool.close()


def main() -> None:
    what, *words = sys.argv[1:]
    if what == "fill":
        fill(Path(words[0]), Path(words[1]))
    elif what == "read":
        spools = Spools(Path(words[0]), keep_bytes=1 << 40)
        spool = spools.open(NAME) if words[1:] else spools.read(NAME)
        Reader(spool, Path(words[1]) if words[1:] else None).run()
    else:
        asyncio.run(ingest(words[0], int(words[1])))


if __name__ == "__main__":
    main()
