"""Rows that are kept in segments, read by number."""

from __future__ import annotations

import codecs
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from operator import ge, sub

from vasttui.logs.rows import KIND_SHIFT, SAME, UNFINISHED, Kind, LogLine
from vasttui.logs.spool.segments import RECORD, Segment, columns, milliseconds

ROW_LIMIT = 64 << 10
"""Bytes of a row's text that `rows()` gives; the whole is had with `text()` or `each()`."""

GAP_TEXT = "gap: lines missed"

_BLOCK = 256
_FLAGS_BLOCK = 1 << 16
_LOST = Kind.GAP << KIND_SHIFT


class StoredRows:
    """The rows of one log (`LogRows`). Only what is asked for is read, nothing is held."""

    def __init__(self) -> None:
        self._segments: list[Segment] = []

    @property
    def first_seq(self) -> int:
        """Number of the oldest row that is kept: over 0 when older ones were dropped for the size limit."""
        return self._segments[0].first if self._segments else 0

    @property
    def next_seq(self) -> int:
        """Number that the next finished row will get."""
        return self._segments[-1].first + self._segments[-1].count if self._segments else 0

    def rows(self, first: int, last: int) -> Sequence[LogLine]:
        """The finished rows with first <= seq < last that are kept; of each at most `ROW_LIMIT` bytes of text.

        Rows that got lost (a full disk, a damaged file) are there as marks, so that numbers have no holes.
        """
        rows: list[LogLine] = []
        for segment, begin, end in self._parts(first, last):
            rows += _read(segment, begin, end, ROW_LIMIT)
        return rows

    def each(self, first: int, last: int) -> Iterator[LogLine]:
        """These rows with their whole text, read little by little."""
        for begin in range(max(first, self.first_seq), min(last, self.next_seq), _BLOCK):
            for row in self.rows(begin, min(begin + _BLOCK, last)):
                # A character takes four bytes at most: shorter ones were not cut.
                yield row if len(row.text) < ROW_LIMIT // 4 - 1 else self._whole(row)

    def text(self, seq: int) -> str:
        """The whole text of one row, "" if it is not kept."""
        return next((row.text for row in self.each(seq, seq + 1)), "")

    def flags(self, first: int, last: int) -> bytes:
        """One byte for each of these rows."""
        pieces = []
        for segment, begin, end in self._parts(first, last):
            for at in range(begin, end, _FLAGS_BLOCK):
                until = min(at + _FLAGS_BLOCK, end)
                piece = segment.records(at, until)[8::RECORD]
                if len(piece) < until - at and segment.repair(missing=True):
                    piece = segment.records(at, until)[8::RECORD]
                pieces.append(piece + _lost_flags(until - at - len(piece)))
        return b"".join(pieces)

    def seq_at(self, time: float) -> int:
        """Number of the first row that was received at `time` (epoch seconds) or later.

        If the clock was set back while the log was written it is one of the rows after which time goes on so.
        """
        return bisect_left(range(self.next_seq), milliseconds(time), lo=self.first_seq, key=self._time)

    def known(self, count: int) -> list[str]:
        """The last `count` finished machine lines of the present container start, back to the last gap: what the
        next window is merged with. [] after a reset.
        """
        blocks: list[list[str]] = []
        start = self._segments[-1].start if self._segments else 0
        begin = next((segment.first for segment in self._segments if segment.start == start), 0)
        end, open_end = self.next_seq, True
        while end > begin and open_end and count > 0:
            block = list(self.each(max(begin, end - min(count, _BLOCK)), end))
            gaps = [at for at, row in enumerate(block) if row.kind is Kind.GAP]
            open_end, end = not gaps, block[0].seq
            lines = [row.text for row in block[gaps[-1] + 1 if gaps else 0 :] if row.flags < UNFINISHED]
            blocks.append(lines[-count:])
            count -= len(blocks[-1])
        return [line for block in reversed(blocks) for line in block]

    def _parts(self, first: int, last: int) -> Iterator[tuple[Segment, int, int]]:
        """The segments that hold these rows, and which of their rows these are."""
        for segment in list(self._segments):
            begin, end = max(first - segment.first, 0), min(last - segment.first, segment.count)
            if begin < end:
                yield segment, begin, end

    def _whole(self, row: LogLine) -> LogLine:
        segment, begin, end = next(self._parts(row.seq, row.seq + 1))
        return _read(segment, begin, end, None)[0]

    def _time(self, seq: int) -> int:
        segment, begin, end = next(self._parts(seq, seq + 1))
        record = segment.records(begin, end)
        if not record:
            # A lost row: as late as the last one that is there.
            there = bisect_left(range(segment.count), True, key=lambda row: not segment.records(row, row + 1))
            record = segment.records(there - 1, there) if there else b""
        return columns(record)[1][0] >> 8 if record else 0


def _read(segment: Segment, begin: int, end: int, limit: int | None) -> list[LogLine]:
    found = _try(segment, begin, end, limit)
    if (found is None or len(found) < end - begin) and segment.repair(missing=found is not None):
        found = _try(segment, begin, end, limit)
    found = found or []
    seq = segment.first + begin
    rows = [LogLine(seq + at, (stamp >> 8) / 1000, text, stamp & 0xFF) for at, (text, stamp) in enumerate(found)]
    received = rows[-1].received if rows else 0.0
    for flags in _lost_flags(end - begin - len(rows)):
        rows.append(LogLine(seq + len(rows), received, GAP_TEXT, flags))
    return rows


def _try(segment: Segment, begin: int, end: int, limit: int | None) -> list[tuple[str, int]] | None:
    """Texts and stamps of these rows, as many as are there; None when index and text do not agree."""
    ends, stamps = columns(segment.records(max(begin - 1, 0), end))
    at = 0
    if begin and ends:
        at, ends, stamps = ends[0], ends[1:], stamps[1:]
    if not ends:
        return []
    starts = [at, *ends[:-1]]
    if any(map(ge, starts, ends)):
        return None
    if limit is not None and max(map(sub, ends, starts)) > limit + 1:
        texts = [_cut(segment, *span, limit) for span in zip(starts, ends, strict=True)]
        return list(zip(texts, stamps, strict=True))
    text = segment.text(at, ends[-1])
    if len(text) != ends[-1] - at or text.count(b"\n") != len(ends) or any(text[end - at - 1] != 10 for end in ends):
        return None
    pieces = text[:-1].decode("utf-8", "surrogateescape").split("\n")
    return list(zip(pieces, stamps, strict=True))


def _cut(segment: Segment, begin: int, end: int, limit: int) -> str:
    """The beginning of a row; of a character at the cut nothing."""
    text = segment.text(begin, min(end - 1, begin + limit))
    return codecs.utf_8_decode(text, "surrogateescape", begin + limit >= end - 1)[0]


def _lost_flags(count: int) -> bytes:
    return bytes([_LOST] + [_LOST | SAME] * (count - 1)) if count > 0 else b""
