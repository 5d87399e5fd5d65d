"""Rows of a log in runs: text, one row per line, and beside it an index with one record per row.

A record is 16 bytes, little endian: where the row's text ends (u64), and the receive time in milliseconds << 8
| flags (u64). A segment on disk is two files, `<first row>-s<container start>.log` and `.idx`; one in memory
has the same bytes.
"""

from __future__ import annotations

import os
import re
import sys
from array import array
from collections.abc import Sequence
from contextlib import suppress
from itertools import accumulate, chain, count, pairwise
from operator import add, eq, ge
from pathlib import Path
from typing import Protocol

from vasttui.logs.levels import Levels
from vasttui.logs.rows import SAME, Kind, LogLine
from vasttui.logs.spool.files import opened, read_range, size_of, write_all

RECORD = 16
_NAME = re.compile(r"(\d{12,18})-s(\d{1,9})\.log", re.ASCII)
_CHUNK = 1 << 20
_LATEST = float(1 << 55)


def milliseconds(time: float) -> int:
    """Of epoch seconds, as far as a record can hold them."""
    return int(min(max(0.0, time * 1000), _LATEST))


def pack(ends: Sequence[int], flags: bytes | bytearray, received: float, at: int = 0) -> bytes:
    """Records of rows that came together; `ends` are counted from `at`."""
    time = milliseconds(received) << 8
    records = array("Q", bytes(RECORD * len(flags)))
    records[0::2] = array("Q", [end + at for end in ends])
    records[1::2] = array("Q", [time | flag for flag in flags])
    return _little(records).tobytes()


def columns(records: bytes) -> tuple[array[int], array[int]]:
    """The ends, and the times with flags, in these bytes."""
    numbers = _little(array("Q", records))
    return numbers[0::2], numbers[1::2]


def _little(numbers: array[int]) -> array[int]:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def ends_of(text: bytes) -> list[int]:
    r"""Where the rows of `text`, each ended by "\n", end."""
    return list(map(add, accumulate(map(len, text[:-1].split(b"\n"))), count(1)))


class Overwritten(OSError):
    """A file is not as we left it: another program wrote to it."""

    def __str__(self) -> str:
        return "another program wrote to its file"


class Indexer:
    """Tells the flags of rows as they come, one batch after the other."""

    def __init__(self) -> None:
        self._levels = Levels()
        self._last: bytes | None = None

    def follow(self, rows: Sequence[LogLine]) -> None:
        """The last row before the ones to come, if there is one."""
        for row in rows:
            self._last = row.text.encode("utf-8", "surrogateescape") if row.kind is Kind.LINE else None

    def mark(self) -> None:
        """A mark of our own stands before the next row."""
        self._last = None

    def restart(self) -> None:
        """What comes does not continue what was."""
        self._levels.restart()
        self._last = None

    def flags(self, text: bytes, ends: Sequence[int]) -> bytearray:
        """The flags of these rows: severity, `INNER` and `SAME`."""
        flags = self._levels.flags(text, ends)
        rows = text[:-1].split(b"\n")
        same = bytes(map(eq, rows, chain((self._last,), rows)))
        at = same.find(1)
        while at >= 0:
            flags[at] |= SAME
            at = same.find(1, at + 1)
        self._last = rows[-1]
        return flags


class Segment(Protocol):
    """A run of rows of one container start.

    Attributes:
        first: number of its first row.
        start: number of the container start, from 0.
        count: how many row numbers are its own; rows at its end may be missing.
        size: bytes of text that belong to rows.
    """

    first: int
    start: int
    count: int
    size: int

    @property
    def weight(self) -> int:
        """Bytes that it takes."""

    def append(self, text: bytes, records: bytes) -> None:
        """Add rows. Raises OSError, and then nothing was added."""

    def shorten(self) -> None:
        """Take back the last row. Raises OSError."""

    def records(self, begin: int, end: int) -> bytes:
        """The records of the rows `begin` to `end`, counted within the segment; missing ones are left out."""

    def text(self, begin: int, end: int) -> bytes:
        """These bytes of the text; fewer if they are not there."""

    def repair(self, *, missing: bool) -> bool:
        """Records are missing or do not fit the text: find the rows in the text. False when that gives no more."""


class MemorySegment:
    """Rows that could not be written."""

    def __init__(self, first: int, start: int) -> None:
        self.first, self.start = first, start
        self.count = self.size = 0
        self._text, self._records = bytearray(), bytearray()

    @property
    def weight(self) -> int:
        """Bytes of memory."""
        return len(self._text) + len(self._records)

    def append(self, text: bytes, records: bytes) -> None:
        """Add rows."""
        self._text += text
        self._records += records
        self.count += len(records) // RECORD
        self.size += len(text)

    def shorten(self) -> None:
        """Take back the last row."""
        self.count -= 1
        del self._records[self.count * RECORD :]
        self.size = columns(self.records(self.count - 1, self.count))[0][0] if self.count else 0
        del self._text[self.size :]

    def records(self, begin: int, end: int) -> bytes:
        """The records of these rows."""
        return bytes(self._records[begin * RECORD : end * RECORD])

    def text(self, begin: int, end: int) -> bytes:
        """These bytes of the text."""
        return bytes(self._text[begin:end])

    def repair(self, *, missing: bool) -> bool:
        """Nothing gets damaged here."""
        return False

    def store(self, folder: Path) -> DiskSegment:
        """The same rows on disk. Raises OSError."""
        stored = DiskSegment(folder, self.first, self.start)
        stored.append(bytes(self._text), bytes(self._records))
        stored.count = self.count
        return stored


class DiskSegment:
    """Rows in two files. No file stays open between calls: hundreds of logs are followed at once."""

    def __init__(self, folder: Path, first: int, start: int) -> None:
        self.first, self.start = first, start
        self.count = self.size = 0
        name = f"{first:012}-s{start}"
        self.text_path, self.index_path = folder / f"{name}.log", folder / f"{name}.idx"
        self._rebuilt: bytes | None = None

    def append(self, text: bytes, records: bytes) -> None:
        """Add rows. Raises OSError, and then nothing was added.

        Text first: rows without a record are found again, a record without its text would be a lie. Nothing is
        synced here: when the program dies nothing is lost, when the machine dies the last seconds are, and the
        source mostly has these still; a sync per batch would cost more than all else.
        """
        if self._rebuilt is not None:
            raise Overwritten
        indexed = self.count * RECORD
        flags = os.O_WRONLY if self.count else os.O_WRONLY | os.O_CREAT
        with opened(self.text_path, flags) as text_file, opened(self.index_path, flags) as index_file:
            if os.fstat(text_file).st_size != self.size or os.fstat(index_file).st_size != indexed:
                raise Overwritten
            try:
                write_all(text_file, text, self.size)
                write_all(index_file, records, indexed)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(index_file, indexed)
                    os.ftruncate(text_file, self.size)
                raise
        self.count += len(records) // RECORD
        self.size += len(text)

    def shorten(self) -> None:
        """Take back the last row. Raises OSError."""
        before = columns(self.records(self.count - 2, self.count - 1))[0][0] if self.count > 1 else 0
        with opened(self.text_path, os.O_WRONLY) as text_file, opened(self.index_path, os.O_WRONLY) as index_file:
            os.ftruncate(index_file, (self.count - 1) * RECORD)
            os.ftruncate(text_file, before)
        self.count -= 1
        self.size = before

    def records(self, begin: int, end: int) -> bytes:
        """The records of these rows; missing ones are left out."""
        end = min(end, self.count)
        if self._rebuilt is not None:
            return self._rebuilt[begin * RECORD : end * RECORD]
        records = read_range(self.index_path, begin * RECORD, end * RECORD)
        return records[: len(records) - len(records) % RECORD]

    def text(self, begin: int, end: int) -> bytes:
        """These bytes of the text; fewer if they are not there."""
        return read_range(self.text_path, begin, end)

    def repair(self, *, missing: bool) -> bool:
        """Find the rows in the text, for this reader only."""
        length = size_of(self.text_path)
        there = size_of(self.index_path) // RECORD
        whole = there and columns(self.records(there - 1, there))[0][:1].tolist() == [length]
        if self._rebuilt is not None or (missing and (whole or not length)):
            return False
        self._rebuilt = self._index(0, length)
        return True

    @property
    def weight(self) -> int:
        """Bytes of disk."""
        return size_of(self.text_path) + size_of(self.index_path)

    def look(self) -> None:
        """See how much of the newest segment there is by now."""
        self._rebuilt = None
        self.count, length = size_of(self.index_path) // RECORD, size_of(self.text_path)
        last = self.records(self.count - 1, self.count) if self.count else b""
        self.size = columns(last)[0][0] if last else 0
        if (length and not last) or (last and self.text(self.size - 1, self.size) != b"\n"):
            self._rebuilt = self._index(0, length)
            self.count = len(self._rebuilt) // RECORD
            self.size = columns(self._rebuilt[-RECORD:])[0][0] if self._rebuilt else 0

    def recover(self) -> None:
        """After a crash: make text and index agree, on disk too. What is torn goes, nothing else. Raises OSError.

        Complete lines without a record get one, with the file's last change as their time.
        """
        length = size_of(self.text_path)
        self.look()
        if self._rebuilt is None and self.size == length and size_of(self.index_path) == self.count * RECORD:
            return
        records = read_range(self.index_path, 0, size_of(self.index_path))
        sound = self._sound(records[: len(records) - len(records) % RECORD], length) * RECORD
        at = columns(records[sound - RECORD : sound])[0][0] if sound else 0
        missing, self._rebuilt = self._index(at, length), None
        self.count, self.size = (sound + len(missing)) // RECORD, at
        if missing:
            self.size = columns(missing[-RECORD:])[0][0]
        if len(records) != sound or missing:
            with opened(self.index_path, os.O_WRONLY | os.O_CREAT) as index_file:
                write_all(index_file, missing, sound)
                os.ftruncate(index_file, self.count * RECORD)
        if self.size != length:
            with opened(self.text_path, os.O_WRONLY) as text_file:
                os.ftruncate(text_file, self.size)

    def sync(self) -> None:
        """Have the system put it on the disk for good. Raises OSError."""
        for path in (self.text_path, self.index_path):
            with opened(path, os.O_WRONLY) as file:
                os.fsync(file)

    def remove(self) -> None:
        """Delete the files."""
        for path in (self.text_path, self.index_path):
            with suppress(OSError):
                path.unlink()

    def _sound(self, records: bytes, length: int) -> int:
        """How many records agree with a text of `length` bytes: all but torn ones, or none."""
        ends = columns(records)[0]
        good = len(ends)
        while good and ends[good - 1] > length:
            good -= 1
        if good and (not ends[0] or any(map(ge, ends[: good - 1], ends[1:good]))):
            return 0
        samples = {*ends[: good : max(1, good // 64)], *ends[good - 1 : good]}
        return good if all(self.text(end - 1, end) == b"\n" for end in samples) else 0

    def _index(self, begin: int, length: int) -> bytes:
        """Records for the complete lines of the text from `begin` on."""
        indexer, records, rest, at = Indexer(), [], b"", begin
        changed = self.text_path.lstat().st_mtime if length > begin else 0.0
        for offset in range(begin, length, _CHUNK):
            complete, newline, rest = (rest + self.text(offset, min(offset + _CHUNK, length))).rpartition(b"\n")
            if newline:
                complete += newline
                ends = ends_of(complete)
                records.append(pack(ends, indexer.flags(complete, ends), changed, at))
                at += len(complete)
        return b"".join(records)


def found(folder: Path) -> list[DiskSegment]:
    """The segments in a folder, oldest first. Foreign files, links and the like are left alone. Raises OSError."""
    with os.scandir(folder) as entries:
        names = [_NAME.fullmatch(entry.name) for entry in entries if entry.is_file(follow_symlinks=False)]
    numbers = sorted((int(name[1]), int(name[2])) for name in names if name)
    segments = [DiskSegment(folder, first, start) for first, start in numbers]
    for before, after in pairwise(segments):
        before.count = after.first - before.first
    if segments:
        segments[-1].look()
    return segments
