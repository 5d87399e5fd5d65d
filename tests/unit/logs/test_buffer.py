"""The rows of a log in memory."""

from __future__ import annotations

from vasttui.logs.buffer import LogBuffer
from vasttui.logs.events import Lines


def rows(buffer: LogBuffer) -> list[tuple[int, str, str]]:
    return [(row.seq, row.kind, row.text) for row in buffer.since(0)]


def test_lines_marks_and_the_live_line() -> None:
    buffer = LogBuffer()
    buffer.apply(Lines(new=("a",), live="10%\r20%"), 1.0)
    assert buffer.live is not None
    assert (buffer.live.seq, buffer.live.text, buffer.live.kind) == (1, "20%", "live")
    buffer.apply(Lines(live="10%\r30%"), 2.0)
    assert [buffer.live.text] == ["30%"]
    buffer.apply(Lines(new=("10%\r100%", "b")), 3.0)
    assert not buffer.live
    buffer.apply(Lines(new=("c",), gap=True), 4.0)
    buffer.apply(Lines(reset=True), 5.0)
    kinds = [(0, "line", "a"), (1, "line", "100%"), (2, "line", "b"), (3, "gap"), (4, "line", "c"), (5, "note")]
    assert [row[: len(kind)] for row, kind in zip(rows(buffer), kinds, strict=True)] == kinds
    assert buffer.received_lines == 4
    assert [row.received for row in buffer.since(2)] == [3.0, 4.0, 4.0, 5.0]


def test_nothing_new_changes_nothing() -> None:
    buffer = LogBuffer()
    buffer.apply(Lines(new=("a",), live="x"), 1.0)
    generation = buffer.generation
    buffer.apply(Lines(), 2.0)
    assert buffer.generation == generation
    assert buffer.live is not None
    buffer.apply(Lines(live=""), 3.0)
    assert buffer.live is None


def test_old_rows_fall_out_and_numbers_go_on() -> None:
    buffer = LogBuffer(limit=100)
    for number in range(1000):
        buffer.append([str(number)], 0.0)
    assert 100 <= len(buffer) <= 113
    assert buffer.received_lines == buffer.next_seq == 1000
    assert [row.text for row in buffer.since(997)] == ["997", "998", "999"]
    assert buffer.since(0)[0].seq == buffer.first_seq
    assert list(buffer.since(1000)) == []
