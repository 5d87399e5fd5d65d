"""New lines out of re-fetched tails: every line once, or an honest word."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.logs.merge import Merged, TailMerge
from vasttui.logs.overlap import last_occurrence, overlap, repeats


def fed(*windows: Sequence[str], asked: int) -> Merged:
    merge = TailMerge()
    for window in windows[:-1]:
        merge.feed(window, asked=asked)
    return merge.feed(windows[-1], asked=asked)


@pytest.mark.parametrize(
    ("old", "new", "asked", "expected"),
    [
        pytest.param("abc", "bcd", 3, Merged(new=("d",)), id="a full tail still gives the next line"),
        pytest.param("xh", "hyh", 3, Merged(new=("y", "h"), at_least=True), id="the last line comes again"),
        pytest.param("h", "hh", 9, Merged(new=("h",)), id="a repeated line in a whole log is a line"),
        pytest.param("abc", "abc", 3, Merged(), id="the same window"),
        pytest.param("abc", "abc", 9, Merged(), id="the same whole log"),
        pytest.param("abc", "xyz", 3, Merged(new=("x", "y", "z"), gap=True), id="nothing in common"),
        pytest.param("abcdef", "xy", 9, Merged(new=("x", "y"), reset=True), id="another whole log"),
        pytest.param("abcdef", "abc", 9, Merged(stale=True), id="an older snapshot"),
        pytest.param("hhhh", "hhhh", 4, Merged(at_least=True), id="nobody can know"),
        pytest.param("abab", "abab", 4, Merged(at_least=True), id="nor here"),
        pytest.param("", "ab", 9, Merged(new=("a", "b")), id="an empty log begins"),
        pytest.param("abc", "", 9, Merged(stale=True), id="empty is not a restart at once"),
    ],
)
def test_two_windows(old: str, new: str, asked: int, expected: Merged) -> None:
    assert fed(list(old), list(new), asked=asked) == expected


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
    lines = [f"line {number}" for number in range(200)]
    merge = TailMerge()
    merge.feed(lines[:50], asked=50)
    merge.feed(lines[5:55], asked=50)
    assert merge.feed(lines[:50], asked=50) == Merged(stale=True)
    assert merge.feed(lines[8:58], asked=50) == Merged(new=tuple(lines[55:58]))


def test_a_longer_tail_after_a_gap_contains_what_is_known() -> None:
    lines = [f"line {number}" for number in range(300)]
    merge = TailMerge()
    merge.feed(lines[:50], asked=50)
    assert merge.feed(lines[100:150], asked=50).gap
    assert merge.feed(lines[60:160], asked=100) == Merged(new=tuple(lines[150:160]))
    assert merge.feed(lines[:170], asked=400) == Merged(new=tuple(lines[160:170]))


def test_a_log_whose_beginning_was_cut_off_goes_on() -> None:
    lines = [f"line {number}" for number in range(400)]
    merge = TailMerge()
    merge.feed(lines[:300], asked=500)
    assert merge.feed(lines[150:310], asked=500) == Merged(new=tuple(lines[300:310]))


def poll(stream: list[str], steps: list[int], asked: int, first: int) -> tuple[list[str], list[Merged]]:
    merge, out, all_merged = TailMerge(), list[str](), list[Merged]()
    end = first
    for step in [0, *steps]:
        end = min(len(stream), end + step)
        window = stream[max(0, end - asked) : end]
        merged = merge.feed(window, asked=asked)
        out += merged.new
        all_merged.append(merged)
    return stream[max(0, first - asked) : end], all_merged


@given(
    st.lists(st.sampled_from(["heartbeat", "", "step", None, None]), min_size=20, max_size=120),
    st.lists(st.integers(0, 8), max_size=20),
    st.integers(0, 30),
)
def test_what_comes_out_is_what_went_in(kinds: list[str | None], steps: list[int], first: int) -> None:
    stream = [kind if kind is not None and place % 5 else f"unique {place}" for place, kind in enumerate(kinds)]
    expected, merged = poll(stream, steps, asked=16, first=min(first, len(stream)))
    assert [line for one in merged for line in one.new] == expected
    assert not any(one.gap or one.reset or one.stale for one in merged)


@given(st.lists(st.sampled_from("ab"), max_size=120), st.lists(st.integers(0, 8), max_size=20), st.integers(0, 30))
def test_text_that_repeats_is_never_doubled_nor_cut_in_silence(stream: list[str], steps: list[int], first: int) -> None:
    expected, merged = poll(stream, steps, asked=16, first=min(first, len(stream)))
    out = [line for one in merged for line in one.new]
    honest = any(one.gap or one.at_least or one.stale for one in merged)
    assert len(out) <= len(expected) or any(one.gap for one in merged)
    assert out == expected or honest


@given(st.lists(st.sampled_from("abc"), max_size=40), st.lists(st.sampled_from("abc"), max_size=40))
def test_the_overlap_is_the_longest(old: list[str], new: list[str]) -> None:
    sizes = range(min(len(old), len(new)), 0, -1)
    assert overlap(old, new) == next((size for size in sizes if old[-size:] == new[:size]), 0)


@given(st.lists(st.sampled_from("ab"), max_size=12), st.lists(st.sampled_from("ab"), max_size=60))
def test_the_last_copy_is_found(part: list[str], whole: list[str]) -> None:
    ends = [end for end in range(len(part), len(whole) + 1) if whole[end - len(part) : end] == part and part]
    assert last_occurrence(part, whole) == ((ends[-1], len(ends) > 1) if ends else (-1, False))


@given(st.lists(st.sampled_from("ab"), max_size=60), st.integers(1, 4))
def test_text_that_repeats_is_known(block: list[str], times: int) -> None:
    lines = block * times
    assert repeats(lines) >= (len(lines) > 1 and overlap(lines[1:], lines) * 2 >= len(lines))


def test_text_that_does_not_repeat_is_not_said_to() -> None:
    assert not repeats([f"line {number}" if number % 3 else "heartbeat" for number in range(1000)])
    assert not repeats(["a"] * 500 + ["b"])


def test_the_worst_text_takes_linear_time() -> None:
    """A quadratic comparison of these tails takes more than a second; ours some milliseconds."""
    size = 10_000
    merge = TailMerge()
    merge.feed(["a"] * (size - 1) + ["b"], asked=size)
    windows = [["a"] * (size // 2) + ["b"] + ["a"] * (size // 2 - 1), ["a"] * size]
    start = time.process_time()
    for window in windows:
        merge.feed(window, asked=size)
    assert time.process_time() - start < 0.25
