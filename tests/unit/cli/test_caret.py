"""The mark under a mistake in a query."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.cli.caret import WIDTH, point_at, pointed
from vasttui.errors import QueryError, UsageError


@pytest.mark.parametrize(
    ("text", "start", "end", "marked"),
    [
        ("num_gpus=1 foo=2", 11, 14, "num_gpus=1 foo=2\n           ^^^"),
        ("num_gpus", 8, 8, "num_gpus\n        ^"),
        ("größe=1 x", 8, 9, "größe=1 x\n        ^"),
        ("名前=1 x", 5, 6, "名前=1 x\n       ^"),
        ("a\tb", 2, 3, "a b\n  ^"),
    ],
)
def test_the_carets_stand_under_the_token(text: str, start: int, end: int, marked: str) -> None:
    assert point_at(text, start, end) == marked


@given(st.text(min_size=1, max_size=300), st.integers(0, 300), st.integers(0, 300))
def test_whatever_a_query_holds_there_are_two_lines_that_fit_and_steer_no_terminal(
    text: str, start: int, end: int
) -> None:
    shown, carets = point_at(text, start, end).split("\n")
    assert len(shown) <= WIDTH
    assert shown.isprintable()
    assert set(carets) <= {" ", "^"}
    assert "^" in carets


def test_a_long_query_is_cut_around_the_mistake() -> None:
    text = "num_gpus=1 " * 40 + "foo=2 " + "num_gpus=1 " * 40
    place = text.index("foo")
    shown, carets = point_at(text, place, place + 3).split("\n")
    assert shown[carets.index("^") :].startswith("foo=2")


def test_only_errors_that_name_a_place_are_marked() -> None:
    plain = UsageError("order: unknown column", hint="dph")
    assert pointed(plain, "num_gpus=1") is plain
    found = pointed(QueryError("query, character 1", start=0, end=3, hint="Write so."), "foo=1")
    assert found.hint.splitlines() == ["foo=1", "  ^^^", "  Write so."]
    assert found.exit_code == 2
