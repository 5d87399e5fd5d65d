"""A program in a terminal of its own: what it writes and when, and the processor time it takes.

The benches run every program the same way: a pseudo-terminal, an empty home, no settings of the user's.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

SIZE = (140, 40)
PATIENCE = 30.0
"""Seconds after which a text that does not come is an error."""

BARE_APPS = Path(__file__).with_name("bare_apps.py")
VASTTUI = (sys.executable, "-m", "vasttui")


def bare(name: str) -> tuple[str, ...]:
    """The command that runs one of the Textual apps we compare with."""
    return (sys.executable, str(BARE_APPS), name)


class Terminal:
    """Runs a command from entering to leaving `with`; its end is a SIGTERM."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._command = list(command)
        self._environment = dict(environment)
        self.written = bytearray()

    def __enter__(self) -> Self:
        self.started = time.monotonic()
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.execve(self._command[0], self._command, self._environment)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.kill(self.pid, signal.SIGTERM)
        # A program that restores its terminal writes; nobody reading would keep it waiting.
        self.read_for(PATIENCE)
        os.close(self._terminal)
        os.waitpid(self.pid, 0)

    def read_for(self, seconds: float) -> bool:
        """Read for that long; False when the program has left."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not self._read(left):
                return False
        return True

    def _read(self, seconds: float) -> bool:
        if not select.select([self._terminal], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self._terminal, 1 << 16)
        except OSError:  # Linux says so when the other end is closed
            return False
        self.written += data
        return bool(data)

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._terminal, keys.encode())

    def seconds_until(self, text: str) -> float:
        """Seconds from the start until the text was written.

        Raises:
            TimeoutError: it does not come.
        """
        wanted = text.encode()
        while wanted not in self.written:
            left = self.started + PATIENCE - time.monotonic()
            if left <= 0 or not self._read(left):
                last = bytes(self.written[-2000:])
                raise TimeoutError(f"{' '.join(self._command)}: {text!r} was not written: {last!r}")
        return time.monotonic() - self.started

    def cpu_seconds(self) -> float:
        """Processor time of the program itself so far, without its children; Linux only."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def clean_environment() -> Iterator[dict[str, str]]:
    """Variables for a program that must know nothing of this user: a home that is empty and goes away."""
    with tempfile.TemporaryDirectory(prefix="vasttui-bench-") as home:
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
        yield {**kept, "HOME": home, "TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONUTF8": "1"}


def median_ms(seconds: Sequence[float]) -> float:
    """The median, in milliseconds."""
    return statistics.median(seconds) * 1000
