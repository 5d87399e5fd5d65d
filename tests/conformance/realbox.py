"""A box played by a folder and real shells: what vasttui sends is run there as Vast.ai would run it.

The clock that the box script reads is a file, moved by the test; the first process is a folder with an `environ`
and an output.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from vasttui.jobs.onbox import FOLDER, script_path

SHELLS = tuple(shell for shell in ("dash", "bash", "busybox") if shutil.which(shell))
_TOOLS = (
    "awk", "base64", "basename", "cat", "chmod", "cp", "cut", "date", "dirname", "env", "false", "grep", "head",
    "id", "kill", "ln", "ls", "mkdir", "mkfifo", "mv", "nohup", "ps", "rm", "sed", "setsid", "sleep", "sort",
    "tail", "tee", "touch", "tr", "true", "uname", "wc",
)  # fmt: skip
_PYTHON = str(Path(sys.base_prefix) / "bin" / "python3")


@dataclass
class RealBox:
    """One box.

    Attributes:
        shell: what `sh` is on it: dash, bash or busybox; on the last, all tools are BusyBox's.
        extra: programs beyond the tools that each image has, e.g. curl.
    """

    folder: Path
    shell: str = "dash"
    extra: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    starts: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for place in (self.bin, self.home, self.init / "fd"):
            place.mkdir(parents=True)
        self.clock(1000)
        (self.init / "environ").touch()
        (self.init / "fd" / "1").touch()
        tools = [*_TOOLS, "sh", *self.extra]
        for tool in (*tools, "bash") if self.shell == "bash" else tools:
            self.give(tool)

    def give(self, tool: str) -> None:
        """Install a program."""
        applet = self.shell == "busybox" and (tool in (*_TOOLS, "sh") or tool == "wget")
        real = "busybox" if applet else self.shell if tool == "sh" else tool
        place = _PYTHON if real == "python3" else shutil.which(real)
        if place:
            (self.bin / tool).symlink_to(place)

    def script(self, tool: str, text: str) -> None:
        """Install a program of the test's own instead of one that is there."""
        shell = f"{shutil.which(self.shell)}{' sh' if self.shell == 'busybox' else ''}"
        new = self.folder / "new program"
        new.write_text(f"#!{shell}\n{text}\n")
        new.chmod(0o755)
        new.rename(self.bin / tool)

    @property
    def bin(self) -> Path:
        """All programs that it has."""
        return self.folder / "bin"

    @property
    def home(self) -> Path:
        """Where its commands begin."""
        return self.folder / "root"

    @property
    def init(self) -> Path:
        """Its first process."""
        return self.folder / "init"

    @property
    def notes(self) -> Path:
        """The folder of vasttui's own files."""
        return self.folder / "log" / "vasttui"

    def clock(self, seconds: float) -> None:
        """Set its uptime; 1000 at first."""
        (self.folder / "uptime-").write_text(f"{seconds:.2f} 4321.00\n")
        (self.folder / "uptime-").rename(self.folder / "uptime")

    def placed(self, text: str) -> str:
        """A command with this box's places in it."""
        text = text.replace(FOLDER, str(self.notes)).replace("/proc/uptime", str(self.folder / "uptime"))
        return text.replace("/proc/1/", f"{self.init}/")

    def start(self, command: str) -> subprocess.Popen[bytes]:
        """Start the container: run its start command as Vast.ai does, by bash where there is one."""
        with (self.folder / "container.log").open("ab") as log:
            process = self._popen(command, self.env, log.fileno(), "bash" if self.shell == "bash" else "sh")
        self.starts.append(process)
        return process

    def ssh(self, command: str, timeout: float = 20.0) -> subprocess.CompletedProcess[str]:
        """Run a command as a new SSH session does: without the container's environment."""
        return subprocess.run(
            [self._sh(), "-c", self.placed(command)], env=self._environ({"SSH_CONNECTION": "10.0.0.1 5 10.0.0.2 22"}),
            cwd=self.home, capture_output=True, text=True, timeout=timeout, check=False,
        )  # fmt: skip

    def put_script(self, run_id: str, script: str) -> None:
        """Put the script of a run there, as SFTP would."""
        place = Path(self.placed(script_path(run_id)))
        place.parent.mkdir(parents=True)
        place.write_text(script)

    def _popen(self, command: str, env: Mapping[str, str], out: int, shell: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [str(self.bin / shell), "-c", self.placed(command)], env=self._environ(env), cwd=self.home,
            stdin=subprocess.PIPE, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def _sh(self) -> str:
        return str(self.bin / "sh")

    def _environ(self, more: Mapping[str, str]) -> dict[str, str]:
        own = {"PATH": str(self.bin), "HOME": str(self.home), "VASTTUI_TICK": "0.05", "REAL_BOX": str(self.folder)}
        return {**own, **more}

    def log(self) -> str:
        """What the container printed."""
        return (self.folder / "container.log").read_text(errors="replace")

    def note(self, name: str) -> str:
        """One of the script's own files, "" when it is not there."""
        place = self.notes / name
        return place.read_text(errors="replace").strip() if place.exists() else ""

    def processes(self) -> Iterator[tuple[int, str]]:
        """Its processes and their command lines, found by the environment that only they have."""
        mark = f"REAL_BOX={self.folder}\0".encode()
        for place in Path("/proc").iterdir():
            with suppress(OSError):
                if place.name.isdigit() and mark in (place / "environ").read_bytes() + b"\0":
                    yield int(place.name), (place / "cmdline").read_text(errors="replace").replace("\0", " ")

    def kill(self) -> None:
        """Stop the container: everything in it dies at once; its files stay."""
        for _ in range(100):
            alive = [pid for pid, _command in self.processes()]
            for pid in alive:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            for start in self.starts:
                start.poll()
            if not alive:
                break
            time.sleep(0.01)
        else:
            raise AssertionError(f"processes that do not die: {list(self.processes())}")
        for start in self.starts:
            assert start.stdin is not None
            start.stdin.close()


class MakeBox(Protocol):
    """Make a box with a shell and programs; without `env` it knows itself and its key. It ends with the test."""

    def __call__(self, shell: str = "dash", *tools: str, env: dict[str, str] | None = None) -> RealBox: ...
