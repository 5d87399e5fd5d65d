"""Reading a log of a million lines: our reader against toolong and `tail -F` on the same text; taking lines in against
Textual's own `Log`.

    python tests/bench/bench_logs.py [lines]

toolong needs an older Textual than ours, so it gets an environment of its own (from the package index, once) in the
cache directory; without one, its row is left out. Each reader runs in a pseudo-terminal of its own. Linux only.
Absolute values belong to one machine; compare the ratios.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs
from log_apps import lines_of
from terminal import Terminal, clean_environment

APPS = Path(__file__).with_name("log_apps.py")
TOOLONG = "toolong==1.5.0"
FOLLOWED = 15
PAGES = 40


@dataclass
class Reading:
    """What was measured of one reader."""

    first: float = 0.0
    """Seconds until a line of the text was on the screen."""
    end: float = 0.0
    """Seconds until the text's last line was."""
    megabytes: float = 0.0
    page: float = 0.0
    """Processor ms for a page up."""
    follow: list[float] = field(default_factory=list)
    """Seconds from a line's writing to its being on the screen."""


def toolong() -> Path | None:
    """The command of toolong, installed beside us if need be."""
    folder = Path(platformdirs.user_cache_dir("vasttui-bench")) / TOOLONG
    command = folder / "bin" / "tl"
    if not command.exists():
        venv.create(folder, with_pip=True)
        done = subprocess.run([folder / "bin" / "pip", "install", "-qq", TOOLONG], check=False)
        if done.returncode:
            return None
    return command


def read(command: Sequence[str], text: Path, last: str, *, keys: bool = True) -> Reading:
    """Open the text, add lines, and page up."""
    with clean_environment() as environment, Terminal(command, environment) as terminal:
        found = Reading()
        found.first = terminal.seconds_until("train")
        found.end = terminal.seconds_until(last)
        terminal.read_for(1.0)
        found.megabytes = resident_mb(terminal.pid)
        for number in range(FOLLOWED):
            # One word, so that no reader colours its parts.
            mark = f"followed{chr(ord('a') + number)}"
            with text.open("a") as file:
                file.write(f"2026-11-22 {mark}\n")
            found.follow.append(seconds_until(terminal, mark))
            terminal.read_for(0.25)
        if keys:
            before = terminal.cpu_seconds()
            for _ in range(PAGES):
                terminal.type("\x1b[5~")
                terminal.read_for(0.06)
            found.page = (terminal.cpu_seconds() - before) / PAGES * 1000
        return found


def seconds_until(terminal: Terminal, mark: str) -> float:
    """Seconds from now until it was written."""
    start = time.monotonic()
    terminal.started = start
    terminal.seconds_until(mark)
    return time.monotonic() - start


def resident_mb(pid: int) -> float:
    """Memory of a process, MB."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6


def ingest(kind: str, lines: int) -> dict[str, float]:
    """Lines a second and MB, in a process of its own."""
    command = [sys.executable, str(APPS), "ingest", kind, str(lines)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    values: dict[str, float] = json.loads(done.stdout)
    return values


def readers(lines: int, stack: ExitStack) -> dict[str, Reading]:
    """Measure all readers, each on a copy of the same text."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vasttui-bench-")))
    text = folder / "train.log"
    with text.open("w") as file:
        file.writelines(f"{line}\n" for line in lines_of(lines))
    last = f"{lines - 1:07d}"
    start = time.monotonic()
    subprocess.run([sys.executable, APPS, "fill", folder / "spools", text], check=True)
    print(f"{lines:,} lines, {text.stat().st_size / 1e6:.0f} MB; spooled in {time.monotonic() - start:.1f} s")
    commands = {
        "vasttui": (sys.executable, str(APPS), "read", str(folder / "spools"), str(text)),
        "toolong": (str(other), str(text)) if (other := toolong()) else None,
        "tail -F": ("/usr/bin/tail", "-n", "40", "-F", str(text)),
    }
    found, length = {}, text.stat().st_size
    for name, command in commands.items():
        if command is not None:
            found[name] = read(command, text, last, keys=name != "tail -F")
            os.truncate(text, length)
    return found


def main() -> None:
    """Measure and print."""
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with ExitStack() as stack:
        found = readers(lines, stack)
    print(f"{'':10}{'first ms':>10}{'end ms':>10}{'MB':>8}{'page ms':>9}{'follow ms':>11}{'(max)':>8}")
    for name, one in found.items():
        follow = statistics.median(one.follow) * 1000, max(one.follow) * 1000
        times = f"{one.first * 1000:10.0f}{one.end * 1000:10.0f}{one.megabytes:8.1f}{one.page:9.1f}"
        print(f"{name:10}{times}{follow[0]:11.1f}{follow[1]:8.1f}")
    for kind in ("spool", "Log"):
        values = ingest(kind, lines)
        print(f"ingest {kind:6}{values['lines_per_second']:12,.0f} lines/s{values['mb']:8.1f} MB")


if __name__ == "__main__":
    main()
