"""Times as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.config.kinds import BadValueError, Duration, spelled

KIND = Duration(10, 7 * 86_400)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("1d", 86_400), ("1h30m", 5400), ("1.5h", 5400), ("90", 90), (" 2H ", 7200)],
)
def test_times(text: str, seconds: float) -> None:
    assert KIND.parse(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "9", "8d", "-5m", "2 h", "h", "1h2", "1:30:00", "inf", "nan", "1e3", "2w", "none", "٣٠"]
)
def test_what_is_no_time_or_out_of_bounds(text: str) -> None:
    with pytest.raises(BadValueError, match=r"^a time such as 90s, 15m or 2h, from 10s to 7d$"):
        KIND.parse(text)


def test_none_is_a_word_only_where_there_may_be_no_limit() -> None:
    assert Duration(10, 60, endless=True).parse("None") is None


@given(st.integers(10, 7 * 86_400))
def test_a_spelled_time_is_read_as_the_same(seconds: int) -> None:
    assert KIND.parse(spelled(seconds)) == seconds
