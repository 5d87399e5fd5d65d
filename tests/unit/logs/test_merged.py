"""Several logs in one stream: nothing lost, nothing doubled, each log in its own order, numbers that stay."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from vasttui.logs import merged
from vasttui.logs.merged import MergedRows
from vasttui.logs.rows import INNER, SAME, LogLine

Came = list[tuple[int, float]]


class Paper:
    """A log on paper, numbered from 100, of which the oldest rows can be dropped."""

    def __init__(self, origin: int) -> None:
        self.origin = origin
        self.kept: list[LogLine] = []
        self.first_seq = 100
        self.live: LogLine | None = None

    @property
    def next_seq(self) -> int:
        return self.first_seq + len(self.kept)

    def add(self, received: float, flags: int = 0) -> None:
        self.kept.append(LogLine(self.next_seq, received, f"{self.origin}/{self.next_seq}", flags))

    def drop(self, count: int) -> None:
        del self.kept[:count]
        self.first_seq += count

    def rows(self, first: int, last: int) -> Sequence[LogLine]:
        return self.kept[max(0, first - self.first_seq) : max(0, last - self.first_seq)]

    def text(self, seq: int) -> str:
        return next((line.text for line in self.rows(seq, seq + 1)), "")

    def flags(self, first: int, last: int) -> bytes:
        return bytes(line.flags for line in self.rows(first, last))

    def seq_at(self, time: float) -> int:
        return next((line.seq for line in self.kept if line.received >= time), self.next_seq)


def papers(came: Came) -> dict[int, Paper]:
    logs = {origin: Paper(origin) for origin in (1, 2, 3)}
    for origin, received in came:
        logs[origin].add(received, flags=SAME | INNER)
    return logs


def everything(stream: MergedRows) -> list[LogLine]:
    return stream.rows(stream.first_seq, stream.next_seq)


rows = st.lists(st.tuples(st.sampled_from([1, 2, 3]), st.floats(0, 100)), max_size=40)


@given(before=rows, after=st.lists(rows, max_size=4))
def test_each_log_comes_whole_and_in_its_own_order(before: Came, after: list[Came]) -> None:
    logs = papers(before)
    stream = MergedRows(logs)
    for batch in after:
        for origin, received in batch:
            logs[origin].add(received)
        assert not stream.catch_up()
    for origin, log in logs.items():
        assert [line.text for line in everything(stream) if line.origin == origin] == [line.text for line in log.kept]
    assert [line.seq for line in everything(stream)] == list(range(stream.first_seq, stream.next_seq))


@given(before=rows, after=rows)
def test_a_row_keeps_its_number_and_its_words_when_more_comes(before: Came, after: Came) -> None:
    logs = papers(before)
    stream = MergedRows(logs)
    seen = everything(stream)
    for origin, received in after:
        logs[origin].add(received)
    stream.catch_up()
    assert everything(stream)[: len(seen)] == seen


@given(before=rows)
def test_what_is_there_at_the_start_is_ordered_by_time(before: Came) -> None:
    ordered = sorted(before, key=lambda row: row[1])
    stream = MergedRows(papers(ordered))
    assert [line.received for line in everything(stream)] == [received for _, received in ordered]


@given(before=rows, after=rows, time=st.floats(-1, 101))
def test_flags_and_times_are_those_of_the_rows(before: Came, after: Came, time: float) -> None:
    logs = papers(before)
    stream = MergedRows(logs)
    for origin, received in after:
        logs[origin].add(received)
    stream.catch_up()
    lines = everything(stream)
    assert stream.flags(stream.first_seq, stream.next_seq) == bytes(line.flags for line in lines)
    reached = [line.seq for line in lines if line.received >= time]
    assert stream.seq_at(time) == (reached[0] if reached else stream.next_seq)


@given(came=rows)
def test_a_row_is_like_the_one_before_it_only_where_that_stands_before_it_here_too(came: Came) -> None:
    lines = everything(MergedRows(papers(came)))
    for index, line in enumerate(lines):
        together = index > 0 and lines[index - 1].origin == line.origin
        assert bool(line.flags & (SAME | INNER)) == together


def test_rows_that_a_log_no_longer_keeps_are_said_to_be_gone() -> None:
    logs = papers([(1, 1), (2, 2), (1, 3), (2, 4)])
    stream = MergedRows(logs)
    logs[1].drop(1)
    assert [line.text for line in everything(stream)] == ["this row is no longer kept", "2/100", "1/101", "2/101"]
    assert [line.origin for line in everything(stream)] == [1, 2, 1, 2]


def test_rows_dropped_before_they_were_taken_in_leave_the_others_whole() -> None:
    logs = papers([(1, 1)])
    stream = MergedRows(logs)
    for second in range(2, 6):
        logs[1].add(second)
    logs[1].drop(3)
    stream.catch_up()
    assert [line.text for line in everything(stream)] == ["this row is no longer kept", "1/103", "1/104"]


def test_the_live_line_is_the_one_that_changed_last() -> None:
    logs = papers([(1, 1), (2, 2)])
    stream = MergedRows(logs)
    logs[1].live = LogLine(101, 5.0, "50%", 3 << 6)
    logs[2].live = LogLine(101, 6.0, "60%", 3 << 6)
    live = stream.live
    assert live is not None
    assert (live.seq, live.text, live.origin) == (stream.next_seq, "60%", 2)


def test_there_is_no_live_line_while_no_log_has_one() -> None:
    assert MergedRows(papers([(1, 1)])).live is None


def test_what_is_held_is_bounded() -> None:
    log = Paper(1)
    for second in range(merged.EACH + 50):
        log.add(second)
    stream = MergedRows({1: log})
    assert stream.next_seq - stream.first_seq == merged.EACH
    assert everything(stream)[-1].text == log.kept[-1].text
    last = everything(stream)[-1]
    for second in range(merged.KEPT):
        log.add(1e6 + second)
    while stream.catch_up():
        pass
    assert stream.next_seq - stream.first_seq <= merged.KEPT
    assert stream.rows(stream.next_seq - 1, stream.next_seq)[0].text == log.kept[-1].text
    assert last.seq < stream.first_seq


def test_a_stream_of_nothing_is_empty() -> None:
    stream = MergedRows({})
    assert (everything(stream), stream.live, stream.seq_at(0), stream.catch_up()) == ([], None, 0, False)
