"""Rows that are added to a log: on disk, and in memory as long as the disk does not work."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Sequence
from pathlib import Path

from vasttui.logs.spool.files import ensure_folder
from vasttui.logs.spool.reading import StoredRows
from vasttui.logs.spool.segments import DiskSegment, MemorySegment, Overwritten, Segment, found, pack

MEMORY_BYTES = 8 << 20
"""What is held of one log at most when it cannot be written."""

TAKEN = "another vasttui writes this log"
"""The `trouble` that is none: the rows are kept, by the other one."""

_RETRY = 10.0
_MOST_SEGMENTS = 2048
_FAULTS = {
    errno.ENOSPC: "disk full",
    errno.EDQUOT: "disk quota used up",
    errno.EROFS: "disk is read-only",
    errno.EACCES: "no right to write",
    errno.EPERM: "no right to write",
    errno.EFBIG: "file too large",
}


class KeptRows(StoredRows):
    """The rows of one log, to which more can be added. Nothing here raises but what says so."""

    def __init__(self, folder: Path | None, keep_bytes: int) -> None:
        super().__init__()
        self.trouble = ""
        """Why new rows are held in memory only, such as "disk full"; "" when they are on disk."""
        self._folder = folder
        self._keep = keep_bytes
        self._start = 0
        self._lock: int | None = None
        self._taken = False
        self._retry_at = 0.0

    @property
    def size(self) -> int:
        """Bytes on disk, and of rows held in memory."""
        return sum(segment.weight for segment in self._segments)

    def _claim(self, folder: Path) -> None:
        """Create the folder, and keep other writers out. Raises OSError."""
        ensure_folder(folder.parent)
        ensure_folder(folder)
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            raise
        self._lock = lock

    def _overtaken(self, folder: Path) -> bool:
        """While the folder could not be had somebody else wrote rows: ours cannot continue them any more."""
        there = found(folder)
        end = there[-1].first + there[-1].count if there else 0
        held = [segment.first for segment in self._segments if isinstance(segment, MemorySegment)]
        if not held or held[0] == end:
            return False
        if self._lock is not None:
            os.close(self._lock)
        self._lock, self._taken, self.trouble = None, True, TAKEN
        return True

    def _put(self, text: bytes, ends: Sequence[int], flags: bytes | bytearray, received: float) -> None:
        """Add rows, on disk if possible."""
        if self._lock is not None and not self.trouble:
            try:
                self._store(text, ends, flags, received)
            except OSError as error:
                self._fail(error, received)
            else:
                return
        self._hold(text, ends, flags, received)

    def _due(self, received: float) -> bool:
        """It is time to try the disk again; also after the clock was set back."""
        return bool(self.trouble) and not self._retry_at - _RETRY <= received < self._retry_at

    def _before_dropping(self) -> None:
        """Called before the oldest rows go from the disk."""

    def _after_losing(self) -> None:
        """Called after rows that were never on the disk went from the memory."""

    def _store(self, text: bytes, ends: Sequence[int], flags: bytes | bytearray, received: float) -> None:
        """Add rows on disk. Raises OSError."""
        last = self._segments[-1] if self._segments else None
        if not isinstance(last, DiskSegment) or last.start != self._start or last.weight >= self._keep // 4:
            last = self._roll()
        try:
            last.append(text, pack(ends, flags, received, last.size))
        except Overwritten:
            last = self._roll()
            last.append(text, pack(ends, flags, received))

    def _roll(self) -> DiskSegment:
        """Begin a new pair of files; the oldest go when there is too much. Raises OSError."""
        assert self._folder is not None
        first = self.next_seq
        self._before_dropping()
        disk = [segment for segment in self._segments if isinstance(segment, DiskSegment)]
        used = sum(segment.weight for segment in disk)
        while disk and (used > self._keep - self._keep // 4 or len(disk) >= _MOST_SEGMENTS):
            used -= disk[0].weight
            disk.pop(0).remove()
            self._segments.pop(0)
        segment = DiskSegment(self._folder, first, self._start)
        self._segments.append(segment)
        return segment

    def _hold(self, text: bytes, ends: Sequence[int], flags: bytes | bytearray, received: float) -> None:
        """Add rows in memory; the oldest held there go when there is too much."""
        last = self._segments[-1] if self._segments else None
        if not isinstance(last, MemorySegment) or last.start != self._start or last.weight >= MEMORY_BYTES // 8:
            last = MemorySegment(self.next_seq, self._start)
            self._segments.append(last)
        last.append(text, pack(ends, flags, received, last.size))
        held = [segment for segment in self._segments if isinstance(segment, MemorySegment)]
        weight = sum(segment.weight for segment in held)
        while weight > MEMORY_BYTES and len(held) > 1:
            weight -= held[0].weight
            self._drop(held.pop(0))

    def _drop(self, segment: Segment) -> None:
        """Let go of rows. Their numbers go to the segment before, where they are shown as lost."""
        at = self._segments.index(segment)
        del self._segments[at]
        if at:
            self._segments[at - 1].count += segment.count
            self._after_losing()

    def _fail(self, error: OSError, received: float) -> None:
        """The disk does not work: go on in memory."""
        self.trouble = _FAULTS.get(error.errno or 0) or str(error.strerror or error).lower()
        self._retry_at = received + _RETRY
        if len(self._segments) > 1 and not self._segments[-1].count:
            del self._segments[-1]

    def _store_held(self, received: float) -> bool:
        """Try the disk again: what was held in memory goes there. Whether that worked."""
        if self._taken or self._folder is None:
            return False
        try:
            if self._lock is None:
                self._claim(self._folder)
                if self._overtaken(self._folder):
                    return False
            for at, segment in enumerate(self._segments):
                if isinstance(segment, MemorySegment):
                    self._segments[at] = segment.store(self._folder)
        except OSError as error:
            self._fail(error, received)
            return False
        self.trouble = ""
        return True
