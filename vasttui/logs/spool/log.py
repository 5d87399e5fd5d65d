"""One log of the spool: its rows, and where new ones are added.

Faults of the disk never stop a log: what cannot be written is held in memory until it can.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from vasttui.logs.events import Lines
from vasttui.logs.rows import KIND_SHIFT, UNFINISHED, Kind, LogLine, LogName
from vasttui.logs.spool.reading import GAP_TEXT
from vasttui.logs.spool.segments import DiskSegment, Indexer, ends_of, found
from vasttui.logs.spool.state import SpoolState, load_about, load_state, save_about
from vasttui.logs.spool.writing import TAKEN, KeptRows
from vasttui.ssh import Place

RESET_TEXT = "the log began anew"
KEEP_BYTES = 64 << 20

_FINISHED = bytes(range(UNFINISHED))
_LONE = re.compile("[\ud800-\udc7f\udd00-\udfff]")
_MARKED = {Kind.GAP: GAP_TEXT, Kind.NOTE: RESET_TEXT}


class Spool(KeptRows):
    """All rows of one log (`LogRows`), and where new ones are added.

    Args:
        folder: where it is kept; None: in memory only.
        writer: this process adds rows. Only one process can: in a second one they stay in memory.
    """

    def __init__(
        self,
        name: LogName,
        label: str = "",
        *,
        folder: Path | None = None,
        keep_bytes: int = KEEP_BYTES,
        writer: bool = True,
    ) -> None:
        super().__init__(folder, keep_bytes)
        self.name = name
        about = load_about(folder) if folder and not label else None
        self.label = about[1] if about else label
        self.generation = 0
        """Grows with every change."""
        self.received_lines = 0
        """Finished lines from the machine since the beginning, dropped ones included."""
        self.at_least = False
        """Repeating text may have hidden lines: `received_lines` is a lower bound."""
        self.place: tuple[Place, int] | None = None
        """Where the SSH source stood, and how many finished lines were added since: these are to be skipped."""
        self._live: LogLine | None = None
        self._indexer = Indexer()
        self._closed = False
        if folder and writer:
            self._open(folder)
        elif folder:
            self.refresh()

    @property
    def live(self) -> LogLine | None:
        """The unfinished last line, if there is one."""
        return replace(self._live, seq=self.next_seq) if self._live else None

    @property
    def closed(self) -> bool:
        """`close` was called."""
        return self._closed

    def apply(self, lines: Lines, received: float) -> None:
        """Take over what a source said. Never raises: what cannot be written is held in memory, see `trouble`."""
        if lines.nothing and lines.place is None:
            return
        self.generation += 1
        if lines.place is None or lines.reset:
            self._forget_place()
        if lines.reset or lines.gap:
            self._begin(Kind.NOTE if lines.reset else Kind.GAP, received)
        if lines.new:
            self._live = None
            self._add(lines.new, received)
            self.received_lines += len(lines.new)
        if lines.live is not None:
            self._live = LogLine(0, received, lines.live, Kind.LIVE << KIND_SHIFT) if lines.live else None
        self.at_least = self.at_least or lines.at_least
        if lines.place is not None and self.place != (lines.place, 0):
            self.place = (lines.place, 0)
            self._save_state()

    def note(self, text: str, received: float) -> None:
        """Add a mark of our own; the unfinished line stays after it."""
        self._add([text], received, Kind.NOTE)
        self.generation += 1

    def refresh(self) -> bool:
        """See what another process has written since; whether anything changed. For readers."""
        if self._lock is not None or self._folder is None or self.trouble:
            return False
        before = self.first_seq, self.next_seq
        self._load(self._folder)
        changed = before != (self.first_seq, self.next_seq)
        self.generation += changed
        return changed

    def close(self) -> None:
        """Write what is unfinished and give the log free; it can still be read."""
        self._closed = True
        self._finish_live()
        if self.trouble and self._segments:
            self._resume(self.rows(self.next_seq - 1, self.next_seq)[0].received)
        if self._lock is None or self._folder is None:
            return
        self._save_state()
        with suppress(OSError):
            # The label may have been changed.
            save_about(self._folder, self.name, self.label)
            if self._segments and isinstance(last := self._segments[-1], DiskSegment):
                last.sync()
        os.close(self._lock)
        self._lock = None

    def _open(self, folder: Path) -> None:
        """Become the one writer, and go on where the last one stopped."""
        try:
            self._claim(folder)
            save_about(folder, self.name, self.label)
            if segments := found(folder):
                segments[-1].recover()
        except BlockingIOError:
            self.trouble, self._taken = TAKEN, True
        except OSError as error:
            self._fail(error, 0.0)
        self._load(folder)
        if not self.trouble:
            self._take_back()
            self._indexer.follow(self.rows(self.next_seq - 1, self.next_seq))
        if self.place is None:
            # One on the disk that does not fit the rows must not fit them by chance later.
            self._save(None)

    def _load(self, folder: Path) -> None:
        """See what is on the disk."""
        try:
            self._segments = list(found(folder))
        except OSError:
            self._segments = []
        self._start = self._segments[-1].start if self._segments else 0
        state = load_state(folder) or SpoolState(self.first_seq)
        since = self.flags(state.seq, self.next_seq)
        added = len(since) - len(since.translate(None, _FINISHED))
        self.received_lines = max(state.lines + added - max(state.seq - self.next_seq, 0), 0)
        self.at_least = state.at_least
        self.place = (state.place, added) if state.place and self.first_seq <= state.seq <= self.next_seq else None

    def _take_back(self) -> None:
        """The line that was unfinished when the log was closed goes on."""
        seq = self.next_seq - 1
        flags = self.flags(seq, seq + 1)
        if not flags or flags[0] >> KIND_SHIFT or not flags[0] & UNFINISHED:
            return
        row = next(iter(self.each(seq, seq + 1)))
        try:
            self._segments[-1].shorten()
        except OSError as error:
            self._fail(error, row.received)
            return
        self._live = LogLine(0, row.received, row.text, Kind.LIVE << KIND_SHIFT)
        self._save_state()

    def _begin(self, kind: Kind, received: float) -> None:
        """A mark, after which nothing continues what was before."""
        self._finish_live()
        self._indexer.restart()
        if kind is Kind.NOTE:
            self._start += 1
        self._add([_MARKED[kind]], received, kind)

    def _finish_live(self) -> None:
        """The unfinished line will never be finished: keep it as it is."""
        live, self._live = self._live, None
        if live:
            self._add([live.text], live.received, Kind.LINE, UNFINISHED)

    def _add(self, texts: Sequence[str], received: float, kind: Kind = Kind.LINE, more: int = 0) -> None:
        text = _encoded(texts)
        ends = ends_of(text)
        if kind is Kind.LINE:
            flags = self._indexer.flags(text, ends)
            if more:
                flags[:] = (flag | more for flag in flags)
        else:
            self._indexer.mark()
            flags = bytearray([kind << KIND_SHIFT]) * len(ends)
        if self._due(received):
            self._resume(received)
        self._put(text, ends, flags, received)

    def _resume(self, received: float) -> None:
        """Try the disk again. What was held in memory goes there, and a mark says so."""
        was = self.trouble
        if self._store_held(received):
            text = f"the disk works again, rows held in memory are on it now (it was: {was})"
            self._add([text], received, Kind.NOTE)
            self._save_state()

    def _before_dropping(self) -> None:
        self._save_state()

    def _after_losing(self) -> None:
        # Rows that are lost cannot be counted as those to be skipped.
        self._save(None)

    def _forget_place(self) -> None:
        if self.place:
            self.place = None
            self._save(None)

    def _save_state(self) -> None:
        """Note how far the source is, if rows and place on the disk are those known here."""
        if self.trouble or (self.place and self.place[1]):
            # What the disk says of the place still holds: the rows since then are counted anew at opening.
            return
        self._save(self.place[0] if self.place else None)

    def _save(self, place: Place | None) -> None:
        if self._lock is None or self._folder is None:
            return
        # Without it the source goes on by comparing lines: slower, but as right.
        with suppress(OSError):
            SpoolState(self.next_seq, self.received_lines, self.at_least, place).save(self._folder)


def _encoded(texts: Sequence[str]) -> bytes:
    r"""The texts as rows, each ended by "\n"."""
    joined = "\n".join(texts)
    if joined.count("\n") != len(texts) - 1:
        joined = "\n".join(text.replace("\n", " ") for text in texts)
    try:
        return joined.encode("utf-8", "surrogateescape") + b"\n"
    except UnicodeEncodeError:
        return _LONE.sub("\ufffd", joined).encode("utf-8", "surrogateescape") + b"\n"
