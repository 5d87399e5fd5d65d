"""What is kept beside a log's rows: which log it is, and how far its source was."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from vasttui.logs.rows import LogName
from vasttui.logs.spool.files import opened, read_range, write_all
from vasttui.ssh import Place

_LIMIT = 64 << 10
_FIXED = {"": "container", "daemon": "daemon"}


@dataclass(frozen=True, slots=True)
class SpoolState:
    """How far a log was when this was written, after the row before number `seq`.

    Attributes:
        lines: finished machine lines up to there, since the beginning.
        place: where the SSH source stood then.
    """

    seq: int = 0
    lines: int = 0
    at_least: bool = False
    place: Place | None = None

    def save(self, folder: Path) -> None:
        """Write it over the last one; a torn one is noticed by its checksum. Raises OSError."""
        place = self.place and [self.place.path, self.place.inode, self.place.offset, self.place.mark.hex()]
        body = json.dumps([self.seq, self.lines, self.at_least, place]).encode()
        with opened(folder / "state", os.O_WRONLY | os.O_CREAT) as file:
            write_all(file, b"%08x %s\n" % (crc32(body), body), 0)


def load_state(folder: Path) -> SpoolState | None:
    """The state last written, None when it is missing or damaged."""
    line = read_range(folder / "state", 0, _LIMIT).partition(b"\n")[0]
    checksum, _, body = line.partition(b" ")
    if checksum != b"%08x" % crc32(body):
        return None
    try:
        seq, lines, at_least, place = json.loads(body)
        if place is not None:
            path, inode, offset, mark = place
            place = Place(path, inode, offset, bytes.fromhex(mark))
        return SpoolState(int(seq), int(lines), bool(at_least), place)
    except (ValueError, TypeError):
        return None


def folder_of(name: LogName) -> Path:
    """Where a log lies below the spool's folder. What comes from outside is never part of a path."""
    digest = hashlib.sha256(name.stream.encode("utf-8", "surrogatepass")).hexdigest()
    return Path(str(int(name.instance_id)), _FIXED.get(name.stream) or f"file-{digest[:20]}")


def save_about(folder: Path, name: LogName, label: str) -> None:
    """Note which log this folder is, and the instance's label. Raises OSError."""
    body = json.dumps({"instance": name.instance_id, "stream": name.stream, "label": label}).encode() + b"\n"
    if read_range(folder / "about", 0, _LIMIT) == body:
        return
    fresh = folder / "about.new"
    with suppress(FileNotFoundError):
        fresh.unlink()
    with opened(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as file:
        write_all(file, body, 0)
    fresh.replace(folder / "about")


def load_about(folder: Path) -> tuple[LogName, str] | None:
    """Which log is kept in this folder, and the label; None when it is none of ours."""
    try:
        instance_id = int(folder.parent.name)
        about = json.loads(read_range(folder / "about", 0, _LIMIT) or b"{}")
        fixed = next((stream for stream, short in _FIXED.items() if short == folder.name), "")
        name = LogName(instance_id, str(about.get("stream", fixed)))
    except (ValueError, AttributeError):
        return None
    return (name, str(about.get("label", ""))) if folder_of(name).parts == folder.parts[-2:] else None
