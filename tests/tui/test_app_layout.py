"""Where the panes stand at every size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.tui.layout import Room, arrange, room

VIEWS = ("offers", "instances", "logs", "jobs", "cost", "events")


@pytest.mark.parametrize(
    ("columns", "rows", "expected"),
    [
        (79, 24, Room.TINY),
        (200, 19, Room.TINY),
        (80, 24, Room.NARROW),
        (109, 60, Room.NARROW),
        (200, 29, Room.NARROW),
        (110, 30, Room.WIDE),
        (120, 40, Room.WIDE),
        (200, 44, Room.WIDE),
        (180, 45, Room.HUGE),
        (200, 60, Room.HUGE),
    ],
)
def test_room(columns: int, rows: int, expected: Room) -> None:
    assert room(columns, rows) is expected


@pytest.mark.parametrize(
    ("columns", "rows", "view", "seen"),
    [
        (60, 15, "offers", {"offers"}),
        (60, 15, "instances", {"instances"}),
        (80, 24, "offers", {"offers", "offer-detail"}),
        (80, 24, "instances", {"instances", "logs"}),
        (80, 24, "jobs", {"jobs"}),
        (120, 40, "offers", {"offers", "offer-detail"}),
        (120, 40, "logs", {"instances", "instance-detail", "jobs", "logs"}),
        (120, 40, "cost", {"cost"}),
        (200, 60, "jobs", {"offers", "offer-detail", "instances", "instance-detail", "jobs", "logs"}),
        (200, 60, "events", {"events"}),
    ],
)
def test_what_is_in_sight(columns: int, rows: int, view: str, seen: set[str]) -> None:
    assert set(arrange(room(columns, rows), columns, rows - 3, view)) == seen


@given(
    columns=st.integers(20, 400),
    rows=st.integers(8, 150),
    view=st.sampled_from(VIEWS),
    full=st.booleans(),
)
def test_panes_fill_the_desk_without_overlap_and_the_chosen_one_is_there(
    columns: int, rows: int, view: str, full: bool
) -> None:
    width, height = columns, rows - 3
    plan = arrange(room(columns, rows), width, height, view, full)
    assert view in plan
    assert sum(region.area for region in plan.values()) == width * height
    regions = list(plan.values())
    for index, region in enumerate(regions):
        assert region.width > 0
        assert region.height >= 5
        assert not any(region.overlaps(other) for other in regions[index + 1 :])


@given(view=st.sampled_from(VIEWS), columns=st.integers(80, 300), rows=st.integers(20, 100))
def test_full_gives_everything_to_one_pane(view: str, columns: int, rows: int) -> None:
    assert list(arrange(room(columns, rows), columns, rows - 3, view, full=True)) == [view]
