"""The dashboard in a real terminal: however it ends, the terminal is as it was and nothing is left running."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

START = (
    "import fcntl, runpy, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); sys.argv[0] = 'vasttui';"
    " runpy.run_module('vasttui', run_name='__main__', alter_sys=False)"
)
MODES = {b"1049": b"l", b"25": b"h", b"1000": b"l", b"1003": b"l", b"1006": b"l", b"2004": b"l", b"1004": b"l"}
"""Alternate screen, cursor, mouse, paste and focus reports: how a shell wants them."""

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for processes in /proc")


class Terminal:
    """A pseudo-terminal with the dashboard in it."""

    def __init__(self, home: Path, *words: str, **env: str) -> None:
        self.master, self._slave = pty.openpty()
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self._before = termios.tcgetattr(self._slave)
        self.screen = b""
        # A worker among several is told a width of its own, which would count more than the terminal's.
        told = ("VAST", "XDG_", "COLUMNS", "LINES")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(told)}
        self.process = subprocess.Popen(
            [sys.executable, "-c", START, *words],
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            env=kept | {"HOME": str(home), "TERM": "xterm-256color", "COLORTERM": "truecolor"} | env,
            cwd=home,
            start_new_session=True,
        )

    def until(self, true: Callable[[], object], limit: float = 20.0) -> None:
        """Read what is drawn until it holds."""
        end = time.monotonic() + limit
        while not true():
            assert time.monotonic() < end, f"not seen; exit {self.process.poll()}; {self.text[-1500:]}"
            self._read(0.05)

    def _read(self, wait: float) -> None:
        if self.master >= 0 and select.select([self.master], [], [], wait)[0]:
            self.screen += os.read(self.master, 1 << 16)
        elif self.master < 0:
            time.sleep(wait)

    def shows(self, *texts: str) -> None:
        """Wait until all of them were drawn."""
        self.until(lambda: all(text in self.text for text in texts))

    @property
    def text(self) -> str:
        """What was drawn, without colours and places."""
        return re.sub(r"\x1b\[[0-9;:?<>=]*[a-zA-Z]", "", self.screen.decode(errors="replace"))

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def close(self) -> None:
        """Close the window."""
        os.close(self.master)
        self.master = -1

    def ended(self, limit: float = 8.0) -> int:
        """Wait for the end; the exit code."""
        self.until(lambda: self.process.poll() is not None, limit)
        if self.master >= 0:
            self._read(0)
        return self.process.returncode

    def assert_sane(self) -> None:
        """All as it was before, and not a word of Python."""
        assert termios.tcgetattr(self._slave) == self._before
        for mode, wanted in MODES.items():
            switched = re.findall(rb"\x1b\[\?" + mode + rb"([hl])", self.screen)
            assert not switched or switched[-1] == wanted, f"mode {mode.decode()} is left on {switched[-1]!r}"
        assert b"\x1b[?1049h" in self.screen
        assert "Traceback" not in self.text

    @property
    def children(self) -> list[int]:
        """Processes that the dashboard has started."""
        own = []
        for place in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = place.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[1] == str(self.process.pid):
                own.append(int(place.parent.name))
        return own

    def clean_up(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for descriptor in (self.master, self._slave):
            if descriptor >= 0:
                os.close(descriptor)


Open = Callable[..., Terminal]


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Open]:
    opened: list[Terminal] = []

    def start(*words: str, **env: str) -> Terminal:
        opened.append(Terminal(tmp_path, *words, **env))
        return opened[-1]

    yield start
    for one in opened:
        one.clean_up()


def alive(pid: int) -> bool:
    """Whether the process runs; one that waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def demo(terminal: Open) -> Terminal:
    """The dashboard on the demo, its simulator at work."""
    dashboard = terminal("--demo")
    dashboard.shows("Offers", "DEMO", "RTX 4090")
    assert dashboard.children
    return dashboard


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_leaves_the_terminal_sane_and_no_simulator(terminal: Open, number: int, code: int) -> None:
    dashboard = demo(terminal)
    children = dashboard.children
    dashboard.process.send_signal(number)
    assert dashboard.ended() == code
    dashboard.assert_sane()
    assert not any(map(alive, children))


def test_q_leaves_with_0(terminal: Open) -> None:
    dashboard = demo(terminal)
    children = dashboard.children
    dashboard.type("q")
    assert dashboard.ended() == 0
    dashboard.assert_sane()
    assert not any(map(alive, children))


def test_a_closed_window_ends_everything_within_seconds(terminal: Open) -> None:
    dashboard = demo(terminal)
    children = dashboard.children
    dashboard.close()
    assert dashboard.ended() == 129
    assert not any(map(alive, children))


def test_a_killed_dashboard_takes_its_simulator_along(terminal: Open) -> None:
    dashboard = demo(terminal)
    children = dashboard.children
    dashboard.process.kill()
    dashboard.ended()
    dashboard.until(lambda: not any(map(alive, children)), 5)


def test_a_signal_before_the_first_picture_is_heard_too(terminal: Open) -> None:
    dashboard = terminal("--demo")
    dashboard.until(lambda: b"\x1b[?1049h" in dashboard.screen)
    children = dashboard.children
    dashboard.process.terminate()
    assert dashboard.ended() == 143
    dashboard.assert_sane()
    dashboard.until(lambda: not any(map(alive, children)), 5)


def test_a_rented_box_is_listed_again_at_the_next_start(terminal: Open, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "vasttui"]
    with subprocess.Popen([*command, "sim", "--speed", "50"], stdout=subprocess.PIPE, text=True) as sim:
        try:
            assert sim.stdout is not None
            said = json.loads(sim.stdout.readline())
            env = {"VASTAI_API_BASE_URL": said["url"], "VASTAI_API_KEY": said["api_key"]}
            env["VASTAI_SSH_KEY_PATH"] = said["ssh_private_key"]
            done = subprocess.run(
                [*command, "rent", "--label", "left-alone", "--yes"],
                env=os.environ | {"HOME": str(tmp_path)} | env,
                check=True,
                capture_output=True,
                text=True,
            )
            for _ in range(2):
                dashboard = terminal(**env)
                dashboard.shows("Offers", "1 running")
                dashboard.type("2")
                dashboard.shows("left-alone")
                dashboard.process.terminate()
                assert dashboard.ended() == 143
                dashboard.assert_sane()
            assert done.stdout.strip().isdigit()
        finally:
            sim.terminate()


def test_without_a_key_the_welcome_page_opens(terminal: Open) -> None:
    dashboard = terminal(VASTAI_API_BASE_URL="http://127.0.0.1:9")
    dashboard.shows("VASTAI_API_KEY", "cloud.vast.ai")
    dashboard.type("q")
    assert dashboard.ended() == 0
    dashboard.assert_sane()
