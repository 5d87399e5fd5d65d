"""What the log view shows agrees with a plain list of all rows, whatever comes, falls out, is filtered or folded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui.log_rows import ComputedRows, ListedRows
from vasttui.logs.filters import Filter
from vasttui.logs.patterns import Pattern
from vasttui.logs.rows import INNER, SAME, Kind, LogLine, Severity
from vasttui.tui.format import cells
from vasttui.tui.widgets.log import scan as log_scan
from vasttui.tui.widgets.log import sieve as log_sieve
from vasttui.tui.widgets.log.find import Finder
from vasttui.tui.widgets.log.rail import Rail
from vasttui.tui.widgets.log.scan import Scan
from vasttui.tui.widgets.log.sieve import Fold, Sieve
from vasttui.tui.widgets.log.text import wrapped
from vasttui.tui.widgets.log.window import Frame, Place, Window

TEXTS = ("loss 1", "loss 2", "ERROR no", "WARNING hm", "DEBUG x", "  File a", "  loss b")


@pytest.fixture(autouse=True, scope="module")
def _small_pieces() -> Iterator[None]:
    """Pieces so small that a few rows need many of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_scan, "BLOCK", 4)
        patch.setattr(log_scan, "_NOTHING", bytes(4))
        patch.setattr(log_sieve, "_CHUNK", 3)
        yield


# A plain model


class Naive:
    """What is shown, by looking at all rows."""

    def __init__(self, rows: ListedRows, sieve: Sieve, word: str | None) -> None:
        self.kept, self.sieve, self.word = rows.kept, sieve, word
        self.live = rows.live
        self.first = rows.first_seq

    @property
    def matching(self) -> list[bool]:
        found, owner = [], True
        for at, line in enumerate(self.kept):
            if line.kind in {Kind.GAP, Kind.NOTE}:
                found.append(True)
                owner = True
                continue
            if not line.flags & INNER:
                owner = (line.severity or Severity.INFO) >= self.sieve.threshold
            elif at == 0:
                owner = True
            found.append(owner and (self.word is None or self.word in line.text))
        return found

    @property
    def heads(self) -> list[int]:
        heads: list[int] = []
        for at, line in enumerate(self.kept):
            heads.append(heads[-1] if at and line.flags & (SAME | INNER) else at)
        return heads

    @property
    def shown(self) -> list[int]:
        matching, heads = self.matching, self.heads
        closed = {head for head in heads if self.sieve.fold != (self.first + head in self.sieve.turned)}
        return [
            self.first + at
            for at, head in enumerate(heads)
            if matching[at] and not (at != head and head in closed and matching[head])
        ]


    @property
    def everything(self) -> list[int]:
        """With the items at the ends."""
        live = self.live
        passes = live is not None and (self.word is None or self.word in live.text)
        passes = passes and self.sieve.threshold <= Severity.INFO
        last = [self.first + len(self.kept)] if passes else []
        return [*([self.first - 1] if self.first else []), *self.shown, *last]


CHANGES = st.one_of(
    st.tuples(st.just("add"), st.lists(st.sampled_from(TEXTS), max_size=9)),
    st.tuples(st.just("mark"), st.sampled_from((Kind.GAP, Kind.NOTE))),
    st.tuples(st.just("drop"), st.integers(0, 12)),
    st.tuples(st.just("live"), st.sampled_from(("", "loss live", "DEBUG live"))),
    st.tuples(st.just("threshold"), st.sampled_from(Severity)),
    st.tuples(st.just("fold"), st.booleans()),
    st.tuples(st.just("turn"), st.integers(0, 40)),
    st.tuples(st.just("filter"), st.sampled_from((None, "loss", "File"))),
    st.tuples(st.just("work"), st.integers(1, 60)),
)


class Played:
    """A log with everything that decides what is shown, changed step by step."""

    def __init__(self) -> None:
        self.rows = ListedRows()
        self.sieve = Sieve(self.rows)
        self.finder = Finder(self.sieve)
        self.word: str | None = None

    def change(self, what: str, value: object) -> None:
        match what, value:
            case "add", list():
                self.rows.add(*value)
            case "mark", Kind():
                self.rows.add("mark", kind=value)
            case "live", str():
                self.rows.unfinished = value
            case "drop", int():
                self.rows.drop(value)
            case "threshold", Severity():
                self.sieve.threshold = value
            case "fold", bool():
                self.sieve.fold = value
                self.sieve.turned.clear()
            case "turn", int():
                fold = self.sieve.fold_at(value)
                if fold is not None:
                    self.sieve.turn(fold)
            case "filter", _:
                self.word = value if isinstance(value, str) else None
                self.finder.set_filter(Filter.parse(self.word) if self.word else None, self.rows.first_seq + 7)
            case "work", int():
                ticks = count()
                self.finder.work(value, lambda: next(ticks))
        self.sieve.advance()
        self.finder.advance()

    def finish(self) -> Naive:
        while self.finder.work(1):
            pass
        return Naive(self.rows, self.sieve, self.word)


@given(st.lists(CHANGES, max_size=30))
def test_what_is_shown_agrees_with_looking_at_all_rows(changes: list[tuple[str, object]]) -> None:
    played = Played()
    for what, value in changes:
        played.change(what, value)
    naive = played.finish()
    everything = naive.everything
    assert played.sieve.after(0, 999) == (everything, True)
    assert played.sieve.before(999, 999) == (everything[::-1], True)
    assert played.sieve.count(0, played.rows.next_seq) == sum(naive.matching)


@given(st.lists(CHANGES, max_size=20), st.integers(0, 50))
def test_what_is_not_looked_at_yet_is_never_guessed(changes: list[tuple[str, object]], start: int) -> None:
    played = Played()
    for what, value in changes:
        played.change(what, value)
    later, later_known = played.sieve.after(start, 999)
    earlier, earlier_known = played.sieve.before(start, 999)
    naive = played.finish()
    everything = naive.everything
    after = [seq for seq in everything if seq >= start]
    before = [seq for seq in reversed(everything) if seq < start]
    assert later == (after if later_known else after[: len(later)])
    assert earlier == (before if earlier_known else before[: len(earlier)])


@given(st.lists(CHANGES, max_size=20))
def test_folds_agree_with_looking_at_all_rows(changes: list[tuple[str, object]]) -> None:
    played = Played()
    for what, value in changes:
        played.change(what, value)
    naive = played.finish()
    heads, shown = naive.heads, set(naive.shown)
    for at, head in enumerate(heads):
        members = [i for i, other in enumerate(heads) if other == head]
        fold = played.sieve.fold_at(naive.first + at)
        if len(members) == 1:
            assert fold is None
            continue
        trace = any(naive.kept[i].flags & INNER for i in members[1:])
        assert fold == Fold(naive.first + head, naive.first + members[-1] + 1, trace)
        if played.sieve.is_closed(fold):
            assert not shown & {naive.first + i for i in members[1:]}


@given(st.lists(CHANGES, max_size=20), st.integers(0, 40), st.booleans())
def test_the_next_error_agrees_with_looking_at_all_rows(
    changes: list[tuple[str, object]], start: int, forward: bool
) -> None:
    played = Played()
    for what, value in changes:
        played.change(what, value)
    naive = played.finish()
    matching = naive.matching
    errors = [
        line.seq
        for at, line in enumerate(naive.kept)
        if matching[at] and line.severity is Severity.ERROR and not line.flags & (SAME | INNER)
    ]
    if forward:
        expected = next((seq for seq in errors if seq >= start), None)
        assert played.sieve.next_error(start) == expected
    else:
        expected = next((seq for seq in reversed(errors) if seq < start), None)
        assert played.sieve.previous_error(start) == expected


# The window


def heights(seqs: Sequence[int]) -> list[int]:
    return [1 + seq % 3 for seq in seqs]


@given(
    st.integers(0, 12),
    st.integers(0, 6),
    st.integers(0, 7),
    st.builds(Place, st.integers(0, 14), st.integers(0, 2)),
    st.integers(-9, 9),
    st.booleans(),
)
def test_a_window_shows_a_slice_of_all_rows(
    kept: int, dropped: int, page: int, top: Place, step: int, live: bool
) -> None:
    rows = ListedRows(*map(str, range(kept + dropped)))
    rows.drop(dropped)
    rows.unfinished = "live" * live
    window = Window(Sieve(rows), heights)
    seqs = [*([dropped - 1] if dropped else []), *range(dropped, kept + dropped + live)]
    cells = [Place(seq, row) for seq in seqs for row in range(1 + seq % 3)]
    end = window.frame(None, page)
    assert end == Frame(tuple(cells[-page:] if page else ()), len(cells) <= page or not page, True)
    at = next((i for i, place in enumerate(cells) if place >= top), len(cells))
    if at and cells[at - 1].seq == top.seq != next((place.seq for place in cells[at:]), None):
        at -= 1
    start = max(0, min(at, len(cells) - page))
    if page:
        assert window.frame(top, page).cells == tuple(cells[start : start + page])
    for at, place in enumerate(cells):
        assert window.moved(place, step) == cells[max(0, min(at + step, len(cells) - 1))]


# Scanning and finding


@given(
    st.lists(st.booleans(), max_size=40),
    st.lists(st.tuples(st.integers(0, 45), st.sampled_from((-1, 0, 1)), st.integers(1, 9)), max_size=8),
    st.integers(0, 12),
    st.integers(0, 45),
    st.booleans(),
)
def test_a_scan_finds_what_a_plain_search_finds(
    hits: list[bool], schedule: list[tuple[int, int, int]], dropped: int, start: int, forward: bool
) -> None:
    rows = ListedRows()
    scan = Scan(rows, lambda line: line.text.endswith("y"), focus=3)
    texts = [f"{at} {'y' if hit else 'n'}" for at, hit in enumerate(hits)]
    ticks = count()
    for focus, direction, steps in schedule:
        rows.add(*texts[:7])
        del texts[:7]
        scan.advance()
        scan.aim(focus, direction)
        scan.work(steps, lambda: next(ticks))
    rows.add(*texts)
    rows.drop(dropped)
    scan.advance()
    found = [line.seq for line in rows.kept if line.text.endswith("y")]
    expected = next((s for s in (found if forward else found[::-1]) if (s >= start if forward else s < start)), None)
    seq, unknown = scan.find(start, forward=forward)
    assert seq == (expected if unknown is None else None)
    while scan.work(1):
        pass
    assert scan.find(start if unknown is None else unknown, forward=forward) == (expected, None)
    assert (scan.done, scan.total, scan.share) == (True, len(found), 1.0)
    assert scan.before(start) == sum(seq < start for seq in found)


def test_a_slice_of_a_scan_takes_no_longer_than_asked() -> None:
    now = [0.0]

    def slow(line: LogLine) -> bool:
        now[0] += 1
        return False

    scan = Scan(ListedRows(*map(str, range(100))), slow, focus=99)
    for _ in range(9):
        before = now[0]
        assert scan.work(3, lambda: now[0])
        assert now[0] - before == 3


def test_the_nearest_hit_is_found_without_reading_a_million_rows() -> None:
    rows = ComputedRows(1_000_000)
    finder = Finder(Sieve(rows))
    finder.set_pattern(Pattern.parse("CUDA"), 500_000)
    assert finder.next_hit(500_000, forward=False) is None
    assert finder.sought is not None
    while (seq := finder.next_hit(500_000, forward=False)) is None:
        finder.work(0.001)
    assert seq == 499_999
    assert rows.asked < 5000
    assert finder.hits(seq).scanning


def test_a_search_goes_round_the_ends_and_counts_a_folded_run_once() -> None:
    sieve = Sieve(ListedRows("a", "hit", "hit", "hit", "b", "hit it", "c"))
    finder = Finder(sieve)
    finder.set_pattern(Pattern.parse("hit"), 0)
    assert not finder.work(10)
    assert [finder.next_hit(start, forward=True) for start in (0, 2, 6)] == [1, 5, 1]
    assert [finder.next_hit(start, forward=False) for start in (6, 5, 1)] == [5, 1, 5]
    assert (finder.hits(5).at, finder.hits(5).total, finder.hits(4).at) == (2, 2, 0)
    sieve.fold = False
    finder.set_pattern(finder.pattern, 0)
    finder.work(10)
    assert finder.hits(None).total == 4


def test_a_search_finds_only_what_filter_and_threshold_let_through() -> None:
    sieve = Sieve(ListedRows("ERROR disk", "ERROR net", "disk", "DEBUG disk", "ERROR disk 2"))
    sieve.threshold = Severity.WARNING
    finder = Finder(sieve)
    finder.set_filter(Filter.parse("!2"), 0)
    finder.set_pattern(Pattern.parse("disk"), 0)
    finder.work(10)
    assert (finder.next_hit(1, forward=True), finder.hits(0).total) == (0, 1)


def test_a_hit_that_is_waited_for_does_not_wait_for_the_filter() -> None:
    rows = ComputedRows(100_000)
    finder = Finder(Sieve(rows))
    finder.set_filter(Filter.parse("!heartbeat"), rows.next_seq)
    finder.set_pattern(Pattern.parse("step 99000"), rows.next_seq)
    found = None
    while found is None:
        found = finder.next_hit(rows.next_seq, forward=False)
        finder.work(0.001)
    assert found == 99_000
    assert finder.filtering is not None
    assert finder.filtering < 0.1


def test_json_is_searched_as_it_is_shown() -> None:
    sieve = Sieve(ListedRows('{"level": "info", "message": "all good", "epoch": 3}'))
    finder = Finder(sieve)
    for text, raw, total in (("epoch=3", False, 1), ('"epoch"', False, 0), ('"epoch"', True, 1), ("epoch=3", True, 0)):
        finder.raw_json = raw
        finder.set_pattern(Pattern.parse(text), 0)
        finder.work(10)
        assert finder.hits(None).total == total, (text, raw)


# The scrollbar


@given(
    st.lists(st.sampled_from(("x", "WARNING", "ERROR")), max_size=60), st.integers(0, 20), st.integers(1, 12)
)
def test_each_row_has_its_cell_of_the_scrollbar(words: list[str], dropped: int, height: int) -> None:
    rows = ListedRows(*(f"{word} {at}" for at, word in enumerate(words)))
    rows.drop(dropped)
    rail = Rail(rows)
    ticks = rail.ticks(height, None)
    hit = rail.ticks(height, None, has_hit=lambda first, last: True)
    assert {tick.glyph for tick in hit} <= {"hit", ""}
    glyphs = {Severity.ERROR: "error-tick", Severity.WARNING: "warn-tick"}
    for y in range(height):
        inside = [line.severity for line in rows.kept if rail.cell(line.seq, height) == y]
        assert ticks[y].glyph == glyphs.get(max(inside, default=Severity.NONE), "")
        assert not ticks[y].thumb


@given(st.integers(1, 500), st.integers(0, 499), st.integers(1, 40), st.integers(3, 30))
def test_the_thumb_touches_an_end_only_there(count: int, top: int, page: int, height: int) -> None:
    top = min(top, count - 1)
    bottom = min(count - 1, top + page - 1)
    thumb = Rail(ComputedRows(count)).thumb(height, (top, bottom))
    assert 0 <= thumb.start < thumb.stop <= height
    assert (thumb.stop == height) is (bottom == count - 1)
    if bottom < count - 1:
        assert (thumb.start == 0) is (top == 0)


def test_of_a_million_rows_the_scrollbar_reads_only_the_new_ones() -> None:
    rows = ComputedRows(1_000_000)
    rail = Rail(rows)
    rail.ticks(40, (0, 40))
    reads: list[int] = []
    flags = rows.flags
    rows.flags = lambda first, last: reads.append(last - first) or flags(first, last)  # type: ignore[func-returns-value, method-assign]
    rows.next_seq += 1000
    rail.ticks(40, (0, 40))
    assert sum(reads) < 2000


# Wrapping


def test_wrapping_breaks_at_blanks_and_only_else_in_a_word() -> None:
    text = "one two three abcdefghijkl"
    assert [text[a:b] for a, b in wrapped(text, 8)] == ["one two", "three", "abcdefgh", "ijkl"]
    assert [text[a:b] for a, b in wrapped(text, 8, 2)] == ["one two", "three", "abcdef", "ghijkl"]


@given(st.text(alphabet="ab 日é\u0301", max_size=60), st.integers(2, 20), st.integers(0, 1))
def test_wrapping_loses_nothing_but_blanks(text: str, width: int, hang: int) -> None:
    rows = wrapped(text, width + hang, hang)
    assert cells(text[rows[0][0] : rows[0][1]]) <= width + hang
    assert all(cells(text[a:b]) <= width for a, b in rows[1:])
    gaps = [text[b:a] for (_, b), (a, _) in pairwise(rows)]
    assert rows[0][0] == 0
    assert rows[-1][1] == len(text) or not text[rows[-1][1] :].strip()
    assert all(gap in {"", " "} for gap in gaps)
