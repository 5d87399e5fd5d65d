"""Several logs on one screen: all that fit, none too small to read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.tui.panes.logs.grid import LEAST_HEIGHT, LEAST_WIDTH, MOST, Grid, grid


@pytest.mark.parametrize(
    ("wanted", "width", "height", "expected"),
    [
        (1, 54, 37, Grid(1, 1, 1)),
        (2, 80, 20, Grid(2, 1, 2)),
        (2, 54, 37, Grid(1, 2, 2)),
        (4, 54, 37, Grid(1, 4, 4)),
        (4, 200, 57, Grid(4, 1, 4)),
        (4, 92, 37, Grid(2, 2, 4)),
        (3, 92, 12, Grid(2, 1, 2)),
        (4, 60, 10, Grid(1, 1, 1)),
    ],
)
def test_beside_one_another_where_there_is_room_else_stacked(
    wanted: int, width: int, height: int, expected: Grid
) -> None:
    assert grid(wanted, width, height) == expected


@given(wanted=st.integers(1, MOST), width=st.integers(0, 400), height=st.integers(0, 120))
def test_no_log_is_too_small_and_none_is_shown_twice(wanted: int, width: int, height: int) -> None:
    place = grid(wanted, width, height)
    assert 1 <= place.shown <= min(wanted, place.columns * place.rows)
    if place.shown > 1:
        assert width // place.columns >= LEAST_WIDTH
        assert height // place.rows >= LEAST_HEIGHT
