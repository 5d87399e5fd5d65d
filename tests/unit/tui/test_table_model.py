from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.tui.format import Align, cells
from vasttui.tui.glyphs import UNICODE
from vasttui.tui.palette import Piece
from vasttui.tui.widgets.table_model import (
    GAP,
    GUTTER,
    Column,
    Placed,
    RowSet,
    aligned,
    cell_pieces,
    order,
    place,
)


@dataclass(frozen=True)
class Box:
    id: int
    price: float | None


def column(key: str, width: int, priority: int = 0, flex: int = 0, most: int | None = None) -> Column[Box]:
    return Column(key=key, title=key, width=width, priority=priority, flex=flex, max_width=most)


COLUMNS = [
    column("gpu", 10),
    column("price", 6),
    column("disk", 5, 2),
    column("host", 7, 5),
    column("where", 6, 2),
]


@pytest.mark.parametrize(
    ("available", "shown"),
    [
        (60, "gpu price disk host where"),
        (43, "gpu price disk host where"),
        (42, "gpu price disk where"),
        (33, "gpu price disk"),
        (25, "gpu price"),
        (18, "gpu"),
        (3, "gpu"),
    ],
)
def test_columns_leave_whole_by_priority(available: int, shown: str) -> None:
    assert " ".join(p.column.key for p in place(COLUMNS, available)) == shown


def test_a_flexible_column_takes_the_rest_up_to_its_limit() -> None:
    columns = [column("a", 4, flex=1), column("b", 4), column("c", 4, flex=3, most=10)]
    assert [p.width for p in place(columns, GUTTER + 12 + 2 * GAP + 8)] == [6, 4, 10]
    assert [p.width for p in place(columns, GUTTER + 12 + 2 * GAP + 20)] == [18, 4, 10]


@given(
    st.lists(
        st.builds(column, st.just("k"), st.integers(1, 20), st.integers(0, 3), st.integers(0, 3)),
        min_size=1,
        max_size=9,
    ),
    st.integers(1, 200),
)
def test_placed_columns_never_overlap_or_leave_the_table(columns: list[Column[Box]], available: int) -> None:
    placed = place(columns, available)
    assert placed
    for left, right in pairwise(placed):
        assert right.x == left.x + left.width + GAP
    assert placed[-1].x + placed[-1].width <= max(available, GUTTER)
    if len(placed) > 1:
        assert all(p.width >= p.column.width for p in placed)


values = st.none() | st.floats(allow_nan=True) | st.integers(-5, 5)


@given(st.lists(values), st.booleans(), st.randoms())
def test_sorting_puts_the_unknown_last_and_forgets_the_order_of_arrival(
    prices: list[float | None], descending: bool, chance: object
) -> None:
    keys = list(range(len(prices)))
    got = [prices[i] for i in order(keys, [(lambda places: [prices[i] for i in places], descending)])]
    known = [p for p in got if p is not None and p == p]
    assert known == sorted(known, reverse=descending)
    assert all(p is None or p != p for p in got[len(known) :])
    other = sorted(keys, key=lambda _: chance.random())  # type: ignore[attr-defined]
    again = order([keys[i] for i in other], [(lambda places: [prices[other[i]] for i in places], descending)])
    assert [other[i] for i in again] == order(keys, [(lambda places: [prices[i] for i in places], descending)])


def test_the_cursor_finds_the_row_that_followed() -> None:
    rows: RowSet[Box] = RowSet(lambda box: box.id)
    before = [1, 2, 3, 4, 5]
    rows.replace([Box(1, 0), Box(5, 0), Box(2, 0)])
    assert rows.keys[rows.nearest(before, 1)] == 2
    assert rows.keys[rows.nearest(before, 2)] == 5
    rows.replace([Box(2, 0)])
    assert rows.nearest(before, 4) == 0
    rows.replace([])
    assert rows.nearest(before, 4) == 0
    assert rows.row_of(2) is None


def test_a_key_that_comes_twice_counts_once() -> None:
    rows: RowSet[Box] = RowSet(lambda box: box.id)
    rows.replace([Box(1, 1.0), Box(2, 0), Box(1, 3.0)])
    assert rows.rows == [Box(1, 3.0), Box(2, 0)]


texts = st.text(alphabet="ab日\x1b\n", max_size=8)
pieces = st.lists(st.tuples(texts, st.just("text")), min_size=1, max_size=4)


@given(pieces, st.integers(0, 12), st.sampled_from(["left", "right"]))
def test_a_cell_has_the_width_of_its_column(content: list[Piece], width: int, align: Align) -> None:
    shown = aligned(content, width, align, "…")
    assert sum(cells(text) for text, _ in shown) == width
    assert all(text.isprintable() for text, _ in shown)


def cell(text: str, width: int, align: Align) -> str:
    columns: Column[Box] = Column(key="k", title="K", width=width, align=align, cell=lambda _: text)
    return "".join(part for part, _ in cell_pieces(Placed(columns, 1, width), Box(1, None), UNICODE))


def test_text_is_cut_visibly_and_numbers_are_never_cut() -> None:
    assert cell("upscale-07-final", 8, "left") == "upscale…"
    assert cell("123456", 4, "right") == "   …"
    assert cell("1234", 4, "right") == "1234"
    assert cell("1234", 4, "left") == "1234"
