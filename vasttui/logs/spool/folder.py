"""The folder of all kept logs."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vasttui.logs.rows import LogName
from vasttui.logs.spool.files import ensure_folder
from vasttui.logs.spool.log import KEEP_BYTES, Spool
from vasttui.logs.spool.state import folder_of, load_about


@dataclass(frozen=True, slots=True)
class SpoolInfo:
    """What is known of a kept log without opening it.

    Attributes:
        label: the instance's label when the log was last opened to be written.
        first_time: when the oldest kept row came, epoch seconds; 0.0 for an empty log.
        last_time: when the newest row came.
        size: bytes on disk.
        lines: rows that are kept, marks included.
    """

    name: LogName
    label: str
    first_time: float
    last_time: float
    size: int
    lines: int


class Spools:
    """The folder of all logs."""

    def __init__(self, folder: Path, *, keep_bytes: int = KEEP_BYTES, keep_total_bytes: int = 2 << 30) -> None:
        self._folder = folder
        self._keep = keep_bytes
        self._keep_total = keep_total_bytes
        self._opened: dict[LogName, Spool] = {}

    def open(self, name: LogName, label: str = "") -> Spool:
        """A log to be written by this process; the same object until it is closed.

        When another process writes it, or the disk does not work, new rows are held in memory: see
        `Spool.trouble`.
        """
        spool = self._opened.get(name)
        if spool is None or spool.closed:
            with suppress(OSError):
                # What is wrong with it is told by the log below it.
                self._folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                ensure_folder(self._folder)
            spool = Spool(name, label, folder=self._folder / folder_of(name), keep_bytes=self._keep)
            self._opened[name] = spool
        return spool

    def read(self, name: LogName) -> Spool:
        """A log to be read only, also of a destroyed instance; empty if there is none."""
        spool = self._opened.get(name)
        if spool is not None and not spool.closed:
            return spool
        return Spool(name, folder=self._folder / folder_of(name), writer=False)

    def list(self) -> list[SpoolInfo]:
        """All kept logs, the one written last first."""
        return sorted((_info(*log) for log in self._logs()), key=lambda info: info.last_time, reverse=True)

    def prune(self, keep: Collection[LogName]) -> None:
        """Delete the oldest logs while all together are over the limit; never one in `keep` or one in use."""
        infos = self.list()
        used = sum(info.size for info in infos)
        for info in reversed(infos):
            if used <= self._keep_total:
                return
            if info.name not in keep and self._delete(info.name):
                used -= info.size

    def close(self) -> None:
        """Close all that were opened."""
        for spool in self._opened.values():
            spool.close()
        self._opened = {}

    def _logs(self) -> Iterator[tuple[Path, LogName, str]]:
        """The folders of logs; foreign ones and links are passed over."""
        for instance in _folders(self._folder):
            if re.fullmatch(r"-?[0-9]{1,18}", instance.name):
                for folder in _folders(instance):
                    if about := load_about(folder):
                        yield folder, *about

    def _delete(self, name: LogName) -> bool:
        folder = self._folder / folder_of(name)
        try:
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder)
        except OSError:
            return False
        finally:
            os.close(lock)
        with suppress(OSError):
            folder.parent.rmdir()
        return True


def _folders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return [Path(entry) for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []


def _info(folder: Path, name: LogName, label: str) -> SpoolInfo:
    spool = Spool(name, folder=folder, writer=False)
    size = spool.size
    first, last = spool.first_seq, spool.next_seq
    ends = [row.received for row in (*spool.rows(first, first + 1), *spool.rows(last - 1, last))] or [0.0]
    return SpoolInfo(name, label, ends[0], ends[-1], size, last - first)
