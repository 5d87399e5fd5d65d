"""A filter of several terms shows the lines one meant, and says where it cannot be read."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.errors import UsageError
from vasttui.logs.filters import Filter, toggle_expression


@pytest.mark.parametrize(
    ("text", "shown", "hidden"),
    [
        ("", ["", "anything"], []),
        ("   ", ["anything"], []),
        ("loss", ["Loss: 1"], ["lr: 1"]),
        ("Loss", ["Loss: 1"], ["loss: 1"]),
        ("loss & !heartbeat", ["loss=1"], ["loss=1 heartbeat", "step 1"]),
        (r"loss & !Heartbeat & /step \d+/", ["step 3 loss heartbeat"], ["loss step x", "step 3 loss Heartbeat"]),
        ("! x", ["a"], ["x"]),
        ("a b", ["xa bx"], ["a", "b a"]),
        ("a&b", ["?a&b=1"], ["a b"]),
        (r"a \& b", ["a & b"], ["a b"]),
        ('"a & b"', ["a & b"], ["a b"]),
        ('"a & b" & c', ["c a & b"], ["a & b", "a b c"]),
        ('!"a & b"', ["a b"], ["a & b"]),
        ('" a"', ["x a"], ["a"]),
        ('"!x"', ["!x"], ["x"]),
        ('"/x/"', ["/x/"], ["x"]),
        ('"loss": 1', ['{"loss": 1}'], ["loss: 1"]),
        ('"unclosed', ['"unclosed'], ["unclosed"]),
        (r"/a \& b/", ["a & b"], ["a b"]),
        ("!/^$/", ["x"], [""]),
        ("loss & ", ["loss"], ["x"]),
        ("loss & !", ["loss"], ["x"]),
        ("& loss", ["loss"], ["x"]),
        ("a & & b", ["a b"], ["a"]),
        ('""', ["anything"], []),
        ("!!", ["a"], ["a!"]),
        ("C:\\data", ["in C:\\data"], ["C:data"]),
    ],
)
def test_what_is_shown(text: str, shown: list[str], hidden: list[str]) -> None:
    chosen = Filter.parse(text)
    assert [line for line in shown + hidden if chosen.matches(line)] == shown
    assert chosen.text == text


@pytest.mark.parametrize("text", ["", " ", "!", " & ", '""', "! &"])
def test_a_filter_without_terms_hides_nothing(text: str) -> None:
    assert not Filter.parse(text)


def test_terms_know_where_they_stand() -> None:
    text = r' loss  &  !"a & b" & /x y/ '
    terms = Filter.parse(text).terms
    assert [(text[term.start : term.end], term.inverse) for term in terms] == [
        ("loss", False),
        ('!"a & b"', True),
        ("/x y/", False),
    ]


@pytest.mark.parametrize(
    ("text", "column"), [("/(/", 3), ("loss & /(/", 10), ("loss & !  /[/ & x", 13), (" & ".join("x" * 21), 81)]
)
def test_a_bad_filter_names_the_column(text: str, column: int) -> None:
    with pytest.raises(UsageError, match=rf"column {column}\b"):
        Filter.parse(text)


def test_an_endless_filter_is_refused() -> None:
    with pytest.raises(UsageError, match="too long"):
        Filter.parse("x" * 2001)


def test_trouble_of_a_term_is_told() -> None:
    chosen = Filter.parse("a & !/(a|aa)+$/")
    assert chosen.trouble == ""
    assert chosen.matches("a" * 200 + "b")
    assert "too long" in chosen.trouble


@pytest.mark.parametrize(
    ("text", "cursor", "turned", "at"),
    [
        ("loss", 4, "/loss/", 5),
        ("/loss/", 5, "loss", 4),
        ("loss & !lr", 10, "loss & !/lr/", 11),
        ("loss & !/lr/", 12, "loss & !lr", 10),
        ("loss & lr", 2, "/loss/ & lr", 3),
        ('"a & b" & x', 3, r"/a \& b/ & x", 4),
        ("", 0, "//", 1),
        ("//", 1, "", 0),
        ("loss & ", 7, "loss & //", 8),
    ],
)
def test_toggling_the_term_at_the_cursor(text: str, cursor: int, turned: str, at: int) -> None:
    assert toggle_expression(text, cursor) == (turned, at)


@given(st.text(alphabet='ab!&" /\\(', max_size=30), st.text(alphabet='ab!&" /', max_size=20))
def test_any_filter_is_read_or_refused(text: str, line: str) -> None:
    chosen = None
    with suppress(UsageError):
        chosen = Filter.parse(text)
    if chosen is not None:
        assert chosen.matches(line) == all(term.pattern.search(line) != term.inverse for term in chosen.terms)
        assert all(text[term.start : term.end].strip() == text[term.start : term.end] for term in chosen.terms)


@given(st.text(alphabet='ab!&" /\\', max_size=30), st.integers(0, 30))
def test_toggling_keeps_the_cursor_inside(text: str, cursor: int) -> None:
    turned, at = toggle_expression(text, min(cursor, len(text)))
    assert 0 <= at <= len(turned)
