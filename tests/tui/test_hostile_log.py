"""Every escape sequence that xterm knows, printed by a job: in a real terminal nothing outside the pane moves."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import World
from vasttui.sim.server import SimOptions
from vasttui.sim.workloads import Tape

SIZE = (120, 40)
CHUNK = 450
ESC = "\x1b"
STATE = (
    *("pane_title", "window_name", "pane_width", "pane_height", "pane_in_mode", "history_size", "session_windows"),
    *("alternate_on", "cursor_flag", "insert_flag", "origin_flag", "wrap_flag", "keypad_flag", "keypad_cursor_flag"),
    *("scroll_region_upper", "scroll_region_lower", "mouse_any_flag", "mouse_sgr_flag", "window_bell_flag"),
)
ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is the terminal of this test")


def sequences() -> list[str]:
    """Escape sequences after xterm's own list (Control Sequences, ctlseqs), most with several parameters."""
    found = [chr(code) for code in range(0x20) if chr(code) != "\n"] + [chr(code) for code in range(0x7F, 0xA0)]
    finals = [chr(code) for code in range(0x30, 0x7F)]
    found += [ESC + final for final in finals if final not in "[]PX^_"]
    found += [ESC + between + final for between in " #%()*+-./" for final in finals]
    for final in map(chr, range(0x40, 0x7F)):
        found += [f"{ESC}[{mark}{given}{final}" for mark in ("", "?", ">") for given in ("", "2", "3;7", "8;10;20")]
        found += [f"{ESC}[1{after}{final}" for after in (" ", "!", '"', "$", "'", "*", "#")]
    modes: tuple[int, ...] = (*range(1, 10), 12, 18, 20, 25, 30, 38, *range(40, 48), 66, 67, 69, 95)
    modes += (1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1015, 1016, 1034, 1047, 1048, 1049, 1061, 2004, 2026)
    found += [f"{ESC}[{mark}{mode}{final}" for mode in modes for mark in ("?", "") for final in "hlrs"]
    ends = ("\x07", f"{ESC}\\", "")
    numbers = (*range(20), 22, 46, *range(50, 53), 60, 61, *range(104, 120), 133, 777, 1337, "L", "l", "I")
    texts = ("?", "c;SEFDS0VE", ";https://evil.example", "notify;HACKED;HACKED")
    strings = [f"{number};{text}{end}" for number in numbers for text in texts for end in ends]
    found += [begin + string for begin in (f"{ESC}]", "\x9d") for string in strings]
    found += [
        f"{begin}{text}{end}"
        for begin in (f"{ESC}P", f"{ESC}X", f"{ESC}^", f"{ESC}_", f"{ESC}k", "\x90", "\x98", "\x9e", "\x9f")
        for text in ("$q\"p", "+q544e", "0;0|17/17", "q#0;2;0;0;0~~@@", "tmux;\x1b\x1b]0;HACKED\x07", "HACKED", "=1s")
        for end in ends
    ]
    return found


def hostile_text() -> bytes:
    """One sequence a line, with words around it; at the end raw C1 bytes, and strings that never end."""
    lines = [f"before {sequence} after" for sequence in sequences()]
    raw = b"".join(b"raw " + bytes([code]) + b"2J" + bytes([code]) + b" after\n" for code in range(0x80, 0xA0))
    return "\n".join(lines).encode("utf-8", "replace") + b"\n" + raw + b"\x1b]0;HACKED\n\x1bPq never ends\n"


class Tmux:
    """The dashboard in a terminal of its own."""

    def __init__(self, home: Path, env: dict[str, str]) -> None:
        self._command = ["tmux", "-L", f"vasttui-{os.getpid()}", "-f", str(home / "tmux.conf")]
        (home / "tmux.conf").write_text(
            "set -g set-clipboard on\nset -g allow-rename on\nset -g allow-passthrough on\n"
            "set -g default-terminal tmux-256color\nset -g monitor-bell on\nset -g bell-action any\n"
        )
        # Nothing else: COLUMNS, for one, would decide the size.
        self._env = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "COLORTERM": "truecolor"} | env
        self("new-session", "-d", "-x", str(SIZE[0]), "-y", str(SIZE[1]), sys.executable, "-m", "vasttui")

    def __call__(self, *words: str) -> str:
        done = subprocess.run(
            [*self._command, *words], capture_output=True, text=True, check=True, timeout=20, env=self._env, cwd=ROOT
        )
        return done.stdout

    def screen(self) -> list[str]:
        return self("capture-pane", "-p").splitlines()

    def until(self, true: Callable[[str], object], limit: float = 40.0) -> list[str]:
        end = time.monotonic() + limit
        while not true("\n".join(screen := self.screen())):
            assert time.monotonic() < end, "\n".join(screen)
            time.sleep(0.05)
        return screen

    def state(self) -> str:
        """What a sequence could change besides cells: title, names, modes, bell, clipboard."""
        return self("display-message", "-p", " ".join(f"{name}=#{{{name}}}" for name in STATE)) + self("list-buffers")


@pytest.fixture
def world() -> Iterator[World]:
    world = World(SimOptions(offers=20, instances=6))
    yield world
    world.stop()


def around(screen: list[str]) -> list[str]:
    """What is drawn outside the log on the full screen: its frame, the rows above and below; figures left out."""
    top = next(number for number, row in enumerate(screen) if "─ 3 Log " in row)
    bottom = next(number for number, row in enumerate(screen) if row.startswith("╰"))
    rows = [row[:1] + row[SIZE[0] - 1 :] if top < number <= bottom else row for number, row in enumerate(screen)]
    return [re.sub(r"([\d.,:]+ ?[smhd%]?|[ ])+", "#", row) for row in rows]


def test_no_sequence_of_a_log_gets_out_of_its_pane(world: World, tmp_path: Path) -> None:
    boxes = [box for box in world.sim.world.boxes.values() if box.segments]
    calm = "".join(f"calm {number}\n" for number in range(100)).encode()
    for box in boxes:
        box.segments[-1].tape = Tape(iter([(0.0, calm)]))
    (tmp_path / "config.yaml").write_text("pace: {logs: 1}\n")
    env = {"VASTAI_API_KEY": world.sim.api_key, "VASTAI_API_BASE_URL": world.sim.url}
    env["VASTTUI_CONFIG"] = str(tmp_path / "config.yaml")
    tmux = Tmux(tmp_path, env | {"VASTAI_SSH_KEY_PATH": str(world.sim.ssh_private_key)})
    try:
        tmux.until(lambda text: "RTX" in text and "1 Offers" in text)
        tmux("send-keys", "2")
        tmux.until(lambda text: "calm 99" in text and "ssh " in text)
        tmux("send-keys", "3")
        tmux.until(lambda text: "s follow" in text)
        tmux("send-keys", "f")
        before = tmux.until(lambda text: "─ 2 Instances" not in text)
        expected, state = around(before), tmux.state()
        text, lines = calm, hostile_text().splitlines(keepends=True)
        for start in range(0, len(lines), CHUNK):
            text += b"".join(lines[start : start + CHUNK]) + f"the end {start}\n".encode()
            for box in boxes:
                box.segments[-1].tape = Tape(iter([(0.0, text)]))
            tmux.until(lambda text, start=start: f"the end {start}" in text)  # type: ignore[misc]
            for _ in range(CHUNK // 30 + 2):
                tmux("send-keys", "PPage")
                assert around(tmux.screen()) == expected
            assert tmux.state() == state
            tmux("send-keys", "End")
        assert "gap" not in "\n".join(tmux.screen())
    finally:
        tmux("kill-server")
