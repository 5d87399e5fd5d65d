"""New lines out of re-fetched tails: every line once, or an honest word."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.logs.merge import Merged, TailMerge
from vasttui.logs.overlap import find_last, overlap, prints, several, size


def fed(*windows: Sequence[str], asked: int, known: Sequence[str] = ()) -> Merged:
    merge = TailMerge(known)
    for window in windows[:-1]:
        merge.feed(window, asked=asked)
    return merge.feed(windows[-1], asked=asked)


@pytest.mark.parametrize(
    ("old", "new", "asked", "expected"),
    [
        pytest.param("abc", "bcd", 3, Merged(new=("d",)), id="a full tail still gives the next line"),
        pytest.param("xh", "hyh", 3, Merged(new=("y", "h"), at_least=True), id="the last line comes again"),
        pytest.param("h", "hh", 9, Merged(new=("h",)), id="a repeated line in a whole log is a line"),
        pytest.param("h" * 499 + "x", "h" * 498 + "xy", 500, Merged(new=("y",)), id="499 heartbeats and a line"),
        pytest.param("abcdefg" * 71, "bcdefga" * 71, 497, Merged(new=("a",), at_least=True), id="a period of seven"),
        pytest.param("abc", "abc", 3, Merged(), id="the same window"),
        pytest.param("abc", "abc", 9, Merged(), id="the same whole log"),
        pytest.param("abc", "xyz", 3, Merged(new=("x", "y", "z"), gap=True), id="nothing in common"),
        pytest.param("abcdef", "xy", 9, Merged(new=("x", "y"), reset=True), id="another whole log"),
        pytest.param("abcd", "dxyz", 9, Merged(new=tuple("dxyz"), reset=True), id="one that begins as it ended"),
        pytest.param("abcdef", "abc", 9, Merged(stale=True), id="an older snapshot"),
        pytest.param("hhhh", "hhhh", 4, Merged(at_least=True), id="nobody can know"),
        pytest.param("abab", "abab", 4, Merged(at_least=True), id="nor here"),
        pytest.param("", "ab", 9, Merged(new=("a", "b")), id="an empty log begins"),
        pytest.param("abc", "", 9, Merged(stale=True), id="empty is not a restart at once"),
    ],
)
def test_two_windows(old: str, new: str, asked: int, expected: Merged) -> None:
    assert fed(list(old), list(new), asked=asked) == expected


def numbered(start: int, end: int) -> list[str]:
    return [f"line {number}" for number in range(start, end)]


@pytest.mark.parametrize(
    ("known", "window", "expected"),
    [
        pytest.param(numbered(0, 90), numbered(40, 90), Merged(), id="nothing new"),
        pytest.param(numbered(0, 90), numbered(45, 95), Merged(new=tuple(numbered(90, 95))), id="some lines"),
        pytest.param(numbered(0, 9), numbered(0, 20), Merged(new=tuple(numbered(9, 20))), id="the whole log now"),
        pytest.param(
            numbered(0, 90), numbered(200, 250), Merged(new=tuple(numbered(200, 250)), gap=True), id="hours missed"
        ),
        pytest.param(numbered(0, 90), ["boot", "go"], Merged(new=("boot", "go"), reset=True), id="restarted meanwhile"),
        pytest.param(numbered(0, 90), numbered(0, 40), Merged(stale=True), id="the first reply is an old one"),
        pytest.param(["h"] * 90, ["h"] * 50, Merged(at_least=True), id="nobody can know"),
    ],
)
def test_the_first_window_after_an_earlier_run(known: list[str], window: list[str], expected: Merged) -> None:
    assert fed(window, asked=50, known=known) == expected


def test_a_half_written_line_waits_is_replaced_and_comes_once() -> None:
    merge = TailMerge()
    assert merge.feed(["a", "lo"], asked=9, complete_last_line=False) == Merged(new=("a",), live="lo")
    assert merge.feed(["a", "lo"], asked=9, complete_last_line=False) == Merged()
    assert merge.feed(["a", "loss"], asked=9, complete_last_line=False) == Merged(live="loss")
    assert merge.feed(["a", "loss 1", "b"], asked=9) == Merged(new=("loss 1", "b"))


def test_a_restart_that_prints_the_same_beginning_is_believed_when_it_grows_or_stays() -> None:
    merge = TailMerge()
    merge.feed(list("abcdef"), asked=9)
    assert merge.feed(list("ab"), asked=9).stale
    assert merge.feed(list("abc"), asked=9) == Merged(new=("a", "b", "c"), reset=True)
    merge.feed(list("abcdef"), asked=9)
    assert merge.feed(list("ab"), asked=9).stale
    assert merge.feed(list("ab"), asked=9).stale
    assert merge.feed(list("ab"), asked=9) == Merged(new=("a", "b"), reset=True)


def test_an_older_full_window_is_stale_and_costs_nothing() -> None:
    lines = numbered(0, 200)
    merge = TailMerge()
    merge.feed(lines[:50], asked=50)
    merge.feed(lines[5:55], asked=50)
    for _ in range(5):
        assert merge.feed(lines[:50], asked=50) == Merged(stale=True)
    assert merge.feed(lines[8:58], asked=50) == Merged(new=tuple(lines[55:58]))


def test_a_longer_tail_is_asked_for_before_a_gap_is_believed() -> None:
    lines = numbered(0, 300)
    merge = TailMerge()
    merge.feed(lines[:50], asked=50)
    assert merge.feed(lines[100:150], asked=50, sure=True) == Merged(gap=True)
    assert merge.feed(lines[:150], asked=200) == Merged(new=tuple(lines[50:150]))
    assert merge.feed(lines[250:300], asked=50) == Merged(new=tuple(lines[250:300]), gap=True)


def test_a_whole_log_is_counted_even_where_it_repeats() -> None:
    merge = TailMerge()
    merge.feed(["boot", *["beat"] * 5000], asked=9000)
    merge.feed(["boot", *["beat"] * 7000], asked=9000)
    assert merge.feed(["boot", *["beat"] * 7003], asked=9000) == Merged(new=("beat",) * 3)


def test_a_log_whose_beginning_was_cut_off_goes_on() -> None:
    lines = numbered(0, 400)
    merge = TailMerge()
    merge.feed(lines[:300], asked=500)
    assert merge.feed(lines[150:310], asked=500) == Merged(new=tuple(lines[300:310]))


def test_a_tail_that_begins_inside_a_line_goes_on() -> None:
    lines = numbered(0, 60)
    merge = TailMerge()
    merge.feed(lines[:50], asked=50)
    assert merge.feed(["ne 2", *lines[3:53]], asked=51) == Merged(new=tuple(lines[50:53]))


@given(st.lists(st.sampled_from("ab"), max_size=24), st.lists(st.sampled_from("ab"), max_size=24), st.integers(1, 12))
def test_the_overlap_is_the_longest(old: list[str], new: list[str], times: int) -> None:
    old, new = old * times, new * times
    sizes = range(min(len(old), len(new)), 0, -1)
    assert size(overlap(prints(old), prints(new))) == next((n for n in sizes if old[-n:] == new[:n]), 0)


@given(st.lists(st.sampled_from("ab"), max_size=12), st.lists(st.sampled_from(["a", "b", ""]), max_size=60))
def test_copies_are_found(part: list[str], whole: list[str]) -> None:
    places = [at for at in range(len(whole) - len(part) + 1) if whole[at : at + len(part)] == part and part]
    if part:
        assert find_last(prints(whole), prints(part)) == (places[-1] * 8 if places else -1)
        assert several(prints(whole), prints(part)) == (len(places) > 1)
