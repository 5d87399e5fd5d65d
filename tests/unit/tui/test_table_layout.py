"""Which columns a table shows, and what is kept of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.tui.widgets.table_layout import (
    WIDEST,
    Choice,
    Layout,
    arranged,
    choice_of,
    read_layout,
    read_sort,
    saved_sort,
)
from vasttui.tui.widgets.table_model import Column, RowSet, Sort

COLUMNS: list[Column[Any]] = [
    Column(key="a", title="A", width=5),
    Column(key="b", title="B", width=5, flex=1),
    Column(key="c", title="C", width=5),
    Column(key="x", title="X", width=5, extra=True),
    Column(key="y", title="Y", width=5, extra=True),
]


def shown(layout: Layout) -> str:
    return "".join(column.key for column in arranged(COLUMNS, layout))


@pytest.mark.parametrize(
    ("layout", "keys"),
    [
        (Layout(), "abc"),
        (Layout(("c", "x", "a"), frozenset("b")), "cxa"),
        (Layout(("c", "x", "a")), "cxab"),
        (Layout(("nosuch", "y"), frozenset("abc")), "y"),
        (Layout((), frozenset("abc")), "a"),
        (Layout(("a", "c"), frozenset()), "abc"),
    ],
)
def test_order_and_columns_are_the_users_own(layout: Layout, keys: str) -> None:
    assert shown(layout) == keys


def test_a_width_of_ones_own_does_not_stretch() -> None:
    (column,) = arranged(COLUMNS[1:2], Layout(widths={"b": 9}))
    assert (column.width, column.flex) == (9, 0)


@given(st.lists(st.sampled_from("abcxy")), st.sets(st.sampled_from("abcxy")))
def test_no_column_stands_twice_and_there_is_always_one(order: list[str], hidden: set[str]) -> None:
    keys = shown(Layout(tuple(dict.fromkeys(order)), frozenset(hidden)))
    assert keys
    assert len(set(keys)) == len(keys)
    assert set(keys).isdisjoint(hidden) or set("abc") <= hidden


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=7), inner, max_size=4),
    max_leaves=8,
)


@given(json_values | st.fixed_dictionaries({"shown": json_values, "hidden": json_values, "widths": json_values}))
def test_a_bad_memory_does_not_cost_the_table(value: Any) -> None:
    layout = read_layout(value)
    assert all(1 <= width <= WIDEST for width in layout.widths.values())
    assert shown(layout)
    assert read_sort(value) is None or saved_sort(read_sort(value)) == value


@given(
    st.lists(st.sampled_from("abcxy"), unique=True),
    st.frozensets(st.sampled_from("abcxy")),
    st.dictionaries(st.sampled_from("abcxy"), st.integers(1, WIDEST)),
)
def test_what_is_kept_is_read_again(order: list[str], hidden: frozenset[str], widths: dict[str, int]) -> None:
    layout = Layout(tuple(order), hidden, widths)
    assert read_layout(layout.saved()) == layout


@given(st.lists(st.tuples(st.sampled_from(["toggle", "up", "down", "wider"]), st.integers(0, 4)), max_size=12))
def test_the_choice_becomes_exactly_what_it_shows(steps: list[tuple[str, int]]) -> None:
    choice = choice_of(COLUMNS, Layout())
    for step, place in steps:
        choice = stepped(choice, step, COLUMNS[place])
    layout = choice.layout(COLUMNS)
    assert shown(layout) == "".join(key for key in choice.order if key in choice.shown)
    assert choice_of(COLUMNS, layout).shown == choice.shown
    assert sorted(choice.order) == list("abcxy")


def stepped(choice: Choice, step: str, column: Column[Any]) -> Choice:
    if step == "toggle":
        return choice.toggled(column.key)
    if step == "wider":
        return choice.wider(column, 3)
    return choice.moved(column.key, -1 if step == "up" else 1)


def test_sorts_are_kept_with_all_their_keys() -> None:
    sort = Sort("a").also("b", descending=True)
    assert saved_sort(sort) == ["a", False, "b", True]
    assert read_sort(["a", False, "b", True]) == sort
    assert read_sort(["a", False]) == Sort("a")
    assert sort.also("b", descending=True) == Sort("a").also("b", descending=False), "again turns it"
    assert sort.also("a", descending=False).keys == (Sort("a", True), Sort("b", True))


@given(st.lists(st.tuples(st.integers(0, 3) | st.none(), st.integers(0, 3) | st.none()), max_size=30))
def test_rows_that_are_equal_by_the_first_column_go_by_the_second(pairs: list[tuple[int | None, int | None]]) -> None:
    rows = list(enumerate(pairs))
    first: Column[Any] = Column(key="1", title="", width=1, sort_key=lambda row: row[1][0])
    second: Column[Any] = Column(key="2", title="", width=1, sort_key=lambda row: row[1][1])
    table: RowSet[Any] = RowSet(lambda row: row[0])
    table.replace(rows, [(first, False), (second, True)])

    def rank(row: Any) -> tuple[bool, int, bool, int, int]:
        number, (one, two) = row
        return one is None, one or 0, two is None, -(two or 0), number

    assert table.rows == sorted(rows, key=rank)
