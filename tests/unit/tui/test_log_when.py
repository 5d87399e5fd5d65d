"""Points in time as one types them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.errors import UsageError
from vasttui.tui.panes.logs.when import read_when

NOW = datetime(2026, 11, 22, 14, 3, 20, tzinfo=UTC).timestamp()


@pytest.fixture(autouse=True)
def amsterdam(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """It is 15:03:20 there."""
    monkeypatch.setenv("TZ", "Europe/Amsterdam")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> float:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("14:03", utc(2026, 11, 22, 13, 3)),
        ("14:03:20", utc(2026, 11, 22, 13, 3, 20)),
        (" 9:05 ", utc(2026, 11, 22, 8, 5)),
        ("23:00", utc(2026, 11, 21, 22, 0)),
        ("14:03Z", utc(2026, 11, 22, 14, 3)),
        ("14:04 z", utc(2026, 11, 21, 14, 4)),
        ("-10m", NOW - 600),
        ("- 90s", NOW - 90),
        ("2h ago", NOW - 7200),
        ("1h30m ago", NOW - 5400),
        ("1.5d ago", NOW - 129_600),
        ("2026-11-22 14:03", utc(2026, 11, 22, 13, 3)),
        ("2026-11-22 14:03 Z", utc(2026, 11, 22, 14, 3)),
        ("2026-11-22T14:03:20Z", utc(2026, 11, 22, 14, 3, 20)),
        ("2026-11-22 14:03+02:00", utc(2026, 11, 22, 12, 3)),
        ("2026-11-22", utc(2026, 11, 21, 23, 0)),
    ],
)
def test_what_is_typed_is_understood(typed: str, meant: float) -> None:
    assert read_when(typed, NOW) == meant


@pytest.mark.parametrize("typed", ["", "yesterday", "25:00", "14:61", "10m", "-10", "-", "ago", "2026-13-01", "14.03"])
def test_what_is_no_time_says_what_one_looks_like(typed: str) -> None:
    with pytest.raises(UsageError, match="14:03"):
        read_when(typed, NOW)


def test_yesterday_is_a_day_of_the_calendar_also_when_clocks_change() -> None:
    after_the_change = utc(2026, 10, 25, 5, 0)
    assert read_when("23:00", after_the_change) == utc(2026, 10, 24, 21, 0)


@given(st.text(max_size=20))
def test_anything_else_is_a_usage_error_and_nothing_worse(typed: str) -> None:
    try:
        read_when(typed, NOW)
    except UsageError:
        return
