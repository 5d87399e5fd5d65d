"""Boxes with real shells, for tests: what is sent to a box is run on this computer, by a real shell, as you.

Each box is a folder. Its start command is run in it with the variables that Vast.ai gives to a container; what it
prints is the container's log. Commands and files that come over SSH and SFTP end up in the same folder: the folders
of a box that jobs use (`/var/log`, `/workspace`, `/root`, `/etc/environment`, `/proc/1`) are replaced by places in
its own folder, in the commands that are run, in values of its environment, and in files that are put below
`/var/log/vasttui`. All other paths are this computer's, `/tmp` included. A box that ends takes its processes with
it: those whose `HOME` is its own.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import asyncssh

from vasttui.sim.boxes import Box, Segment

JOBS_FOLDER = "var/log/vasttui"
_OWN = re.compile(r"(?<![\w.~}$/-])/(?:var/log|workspace|root|etc/environment|proc/1)(?![\w-])")
_ENDING_SECONDS = 5.0


class RealContainers:
    """The containers of boxes as processes of this computer. `root` is a folder of their own, removed by `close`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._shell = shutil.which("bash") or "/bin/sh"
        self._running: dict[int, list[subprocess.Popen[bytes]]] = {}

    def folder(self, box: Box) -> Path:
        """The folder that is the box, made when it is asked for."""
        folder = self._root / str(box.id)
        for name in ("var/log", "workspace", "root", "etc", "tmp", "proc/1/fd"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        return folder

    def start(self, box: Box, now: float) -> None:
        """Run the start command; what it prints is the log."""
        folder = self.folder(box)
        log = self._root / f"{box.id}.{len(box.segments)}.log"
        env = {**self._container_env(box), **self._base_env(box)}
        _tell(folder, env, log)
        with log.open("ab") as out:
            process = subprocess.Popen(
                self.words(box, box.order.onstart or ":"), cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        self._running.setdefault(box.id, []).append(process)
        box.segments.append(Segment(_Process(process), _LogFile(log), now))
        box.began_running = now

    def words(self, box: Box, command: str | None) -> list[str]:
        """The words that run a command on the box; without one, a shell that reads its input."""
        return [self._shell, "-c", self.own(box, command)] if command else [self._shell]

    def own(self, box: Box, text: str) -> str:
        """A text in which the box's folders are those of this box."""
        return _OWN.sub(lambda match: f"{self.folder(box)}{match[0]}", text)

    def session_env(self, box: Box) -> dict[str, str]:
        """The environment of an SSH session, which lacks what the container has."""
        return {**self._base_env(box), "SSH_CONNECTION": f"127.0.0.1 50000 127.0.0.1 {box.port}"}

    def _base_env(self, box: Box) -> dict[str, str]:
        folder = self.folder(box)
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": f"{folder}/root",
            "TMPDIR": f"{folder}/tmp",
            "USER": "root",
            "LANG": "C.UTF-8",
        }

    def _container_env(self, box: Box) -> dict[str, str]:
        wanted = {key: self.own(box, value) for key, value in box.order.env if not key.startswith("-")}
        names = {"CONTAINER_ID": str(box.id), "CONTAINER_API_KEY": box.api_key, "VAST_CONTAINERLABEL": f"C.{box.id}"}
        return {**wanted, **names}

    def end(self, box: Box, now: float) -> None:
        """Kill all that runs in the box."""
        box.end_container(now)
        self._kill(box)

    def wipe(self, box: Box) -> None:
        """Forget its files and its log."""
        self.remove(box)
        box.wipe()

    def remove(self, box: Box) -> None:
        """Kill what runs in the box, and remove its folder."""
        self._kill(box)
        shutil.rmtree(self._root / str(box.id), ignore_errors=True)
        for log in self._root.glob(f"{box.id}.*.log"):
            log.unlink()

    def close(self) -> None:
        """Kill everything, and remove all folders."""
        _kill_homes(f"{self._root}/")
        for processes in self._running.values():
            _reap(processes)
        shutil.rmtree(self._root, ignore_errors=True)

    def _kill(self, box: Box) -> None:
        _kill_homes(f"{self._root}/{box.id}/")
        _reap(self._running.pop(box.id, []))


class _Process:
    """The work of a box that is a process: busy while that lives."""

    kind = "real"

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def busy(self, _second: float) -> bool:
        return self._process.poll() is None


class _LogFile:
    """A file that a container prints to. Seconds do not matter: what is there was printed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def size(self, _second: float) -> int:
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0

    def read(self, _second: float, start: int = 0) -> bytes:
        try:
            with self._path.open("rb") as file:
                file.seek(start)
                return file.read()
        except FileNotFoundError:
            return b""


class RealSftp(asyncssh.SFTPServer):
    """SFTP into the folder of a box; relative paths begin in its /root."""

    def __init__(self, chan: asyncssh.SSHServerChannel[bytes], containers: RealContainers, box: Box) -> None:
        self._folder = containers.folder(box)
        super().__init__(chan, chroot=os.fsencode(self._folder))
        self._containers = containers
        self._box = box

    def map_path(self, path: bytes) -> bytes:
        """The place of a box's path on this computer."""
        return super().map_path(os.path.join(b"/root", path))

    def close(self, file_obj: Any) -> None:
        """Close a file; in a script of vasttui's folder, the box's folders become its own."""
        path, written = Path(os.fsdecode(file_obj.name)), file_obj.writable()
        file_obj.close()
        if written and path.is_relative_to(self._folder / JOBS_FOLDER):
            with contextlib.suppress(UnicodeDecodeError, FileNotFoundError):
                path.write_bytes(self._containers.own(self._box, path.read_bytes().decode()).encode())


def _tell(folder: Path, env: dict[str, str], log: Path) -> None:
    """What a box says about its first process: its environment and its output."""
    environ = folder / "proc/1/environ"
    environ.touch(0o600)
    environ.write_bytes(b"".join(os.fsencode(f"{key}={value}") + b"\0" for key, value in env.items()))
    for name in ("1", "2"):
        link = folder / "proc/1/fd" / name
        link.unlink(missing_ok=True)
        link.symlink_to(log)


def _reap(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _kill_homes(prefix: str) -> None:
    """Kill the processes whose HOME lies below `prefix`, and those that they have begun meanwhile.

    Only where there is a /proc; elsewhere a process that left the group of its start command lives on.
    """
    wanted = b"HOME=" + os.fsencode(prefix)
    limit = time.monotonic() + _ENDING_SECONDS
    while (found := _with_variable(wanted)) and time.monotonic() < limit:
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


def _with_variable(start: bytes) -> list[int]:
    """Ids of processes with a variable that begins so; a zombie has none."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if any(item.startswith(start) for item in (entry / "environ").read_bytes().split(b"\0")):
                found.append(int(entry.name))
    return found
