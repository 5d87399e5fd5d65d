from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.tui import format as fmt


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (59.9, "59s"),
        (131, "2m 11s"),
        (605, "10m"),
        (54 * 60, "54m"),
        (3 * 3600 + 34 * 60 + 5, "3h 34m"),
        (86399, "23h 59m"),
        (31 * 3600, "1d 7h"),
        (86400, "1d"),
        (5 * 86400 + 7200, "5d"),
        (-3, "0s"),
    ],
)
def test_durations_read_like_a_clock(seconds: float, text: str) -> None:
    assert fmt.duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(4.2, "4s"), (131, "2m"), (7300, "2h"), (86400 * 5.5, "5d"), (None, "")]
)
def test_ages_have_one_unit(seconds: float | None, text: str) -> None:
    assert fmt.age(seconds) == text


@pytest.mark.parametrize("unknown", [None, math.nan, math.inf, -math.inf])
def test_what_is_not_known_is_never_a_number(unknown: float | None) -> None:
    shown = [f(unknown, missing="?") for f in (fmt.duration, fmt.age, fmt.hours, fmt.size, fmt.percent)]
    shown += [f(unknown, missing="?") for f in (fmt.money, fmt.number, fmt.gigabytes)]
    shown.append(fmt.clock(unknown, missing="?"))
    assert shown == ["?"] * 9


@pytest.mark.parametrize(
    ("value", "decimals", "width", "text"),
    [
        (0.2914, 3, None, "0.291"),
        (0.2914, 3, 5, "0.291"),
        (12.3456, 3, 5, "12.35"),
        (12345.6, 3, 5, "12346"),
        (123456.0, 3, 5, "123k"),
        (1234567.0, 2, 4, "1.2M"),
        (-0.0004, 2, None, "0.00"),
        (99999.0, 0, 1, "…"),
        (5.0, 0, 0, ""),
    ],
)
def test_numbers_give_up_decimals_before_truth(
    value: float, decimals: int, width: int | None, text: str
) -> None:
    assert fmt.number(value, decimals, width=width) == text


@given(st.floats(allow_nan=True, allow_infinity=True), st.integers(0, 5), st.integers(0, 12))
def test_nothing_is_wider_than_asked(value: float, decimals: int, width: int) -> None:
    assert len(fmt.number(value, decimals, width=width, missing="unknown")) <= width
    assert len(fmt.money(value, decimals, sign=True, width=width, missing="unknown")) <= width
    assert len(fmt.gigabytes(value, width=width, missing="unknown")) <= width


@given(st.floats(-1e9, 1e9), st.integers(1, 12))
def test_a_shortened_number_is_still_about_the_number(value: float, width: int) -> None:
    text = fmt.number(value, 2, width=width)
    if text != fmt.ELLIPSIS:
        scale = {"k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}.get(text[-1], 1)
        assert float(text.rstrip("kMGT")) * scale == pytest.approx(value, rel=0.5, abs=0.5)


@pytest.mark.parametrize(
    ("fraction", "decimals", "text"),
    [(0.996, 1, "99.6%"), (0.9996, 0, "99%"), (0.99999, 1, "99.9%"), (1, 0, "100%"), (0.29, 0, "29%")],
)
def test_percent_says_100_only_of_the_whole(fraction: float, decimals: int, text: str) -> None:
    assert fmt.percent(fraction, decimals) == text


@given(st.floats(allow_nan=True, allow_infinity=True), st.integers(0, 3))
def test_no_number_is_too_large_to_be_written(value: float, decimals: int) -> None:
    for write in (fmt.number, fmt.money, fmt.percent):
        assert isinstance(write(value, decimals), str)
    for tell in (fmt.duration, fmt.age, fmt.hours, fmt.gigabytes, fmt.size, fmt.clock):
        assert isinstance(tell(value), str)


def test_money_with_its_sign() -> None:
    assert fmt.money(41.2, sign=True) == "$41.20"
    assert fmt.money(-3.5, sign=True) == "-$3.50"
    assert fmt.money(-0.001, sign=True) == "$0.00"


def test_sizes_counts_and_spans() -> None:
    assert [fmt.size(v) for v in (812, 4.2e6, 12e9, 999_999)] == ["812 B", "4.2 MB", "12 GB", "1.0 MB"]
    assert [fmt.gigabytes(v) for v in (1.5, 4.0, 812.4)] == ["1.5", "4", "812"]
    assert [fmt.plural(n, "line") for n in (1, 4812)] == ["1 line", "4 812 lines"]
    assert [fmt.hours(h) for h in (0.75, 28.9, 300)] == ["45 min", "28 h", "12 d"]


@pytest.mark.parametrize(
    ("hostile", "text"),
    [
        ("plain", "plain"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("a\x1b]0;title\x07b", "ab"),
        ("a\x9b2Jb\x00\x07", "a2Jb"),
        ("one\ttwo\nthree", "one two three"),
        ("abc\u202etxt.exe", "abctxt.exe"),
        ("[bold]not markup[/bold]", "[bold]not markup[/bold]"),
    ],
)
def test_hostile_text_is_harmless(hostile: str, text: str) -> None:
    assert fmt.clean(hostile) == text


@given(st.text())
def test_clean_text_prints(text: str) -> None:
    assert fmt.clean(text).isprintable()


@given(st.text(alphabet=st.sampled_from("ab 日本é🚀"), max_size=30), st.integers(0, 20))
def test_fit_is_exactly_as_wide_as_asked(text: str, width: int) -> None:
    assert fmt.cells(fmt.fit(text, width)) == width
    assert fmt.cells(fmt.fit(text, width, "right")) == width
    if fmt.cells(text) <= width:
        assert fmt.fit(text, width).rstrip() == text.rstrip()


def test_cut_text_says_so() -> None:
    assert fmt.cut("upscale-07-long", 8) == "upscale…"
    assert fmt.cut("日本語", 4) == "日…"


def test_clock_is_local_time() -> None:
    assert re.fullmatch(r"\d\d:\d\d:\d\d", fmt.clock(1_700_000_000.5))
    assert fmt.clock(1e30, missing="?") == "?"
