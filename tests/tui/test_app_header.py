"""The line at the top tells the truth and fits."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui.pictures import NOW, fleet, snapshot
from vasttui.api.models import Account
from vasttui.errors import KeyRefused, Unreachable
from vasttui.snapshot import Part, Snapshot
from vasttui.tui.format import cells
from vasttui.tui.glyphs import glyphs_of
from vasttui.tui.header import line, parts

GLYPHS = glyphs_of(object())


def text(picture: Snapshot, width: int = 120, now: float = NOW) -> str:
    return "".join(piece for piece, _ in line(parts(picture, now, GLYPHS), width))


def stale(**fields: Any) -> Snapshot:
    part = Part(fleet(), at=NOW - 34, error=Unreachable("no answer"), failures=2, next_try=NOW + 6)
    return snapshot(boxes=part, **fields)


def test_a_healthy_picture() -> None:
    said = text(snapshot())
    for words in ("prod", "$41.20 credit", "$1.46/h burn", "28 h runway", "3 running", "1 idle", "live 2s"):
        assert words in said


def test_a_narrow_terminal_gets_the_short_words() -> None:
    said = text(snapshot(), width=80)
    assert "$41.20" in said
    assert "28 h left" in said
    assert "live 2s" in said
    assert "credit" not in said


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (stale(), "stale 34s, next try 6s"),
        (snapshot(boxes=Part()), "connecting"),
        (snapshot(boxes=Part(), starting="starting the simulated Vast.ai"), "starting the simulated Vast.ai"),
        (snapshot(boxes=Part(error=Unreachable("x"), failures=1)), "no answer"),
        (snapshot(account=Part(error=KeyRefused("bad key"), failures=1)), "key refused"),
        (snapshot(boxes=Part(fleet(), at=NOW - 61)), "stale 1m"),
        (snapshot(paused=True), "paused"),
        (snapshot(read_only=True), "read-only"),
        (snapshot(demo=True), " DEMO "),
    ],
)
def test_states_are_told_in_words(picture: Snapshot, words: str) -> None:
    assert words in text(picture, width=150)


def test_unknown_is_left_out_and_never_zero() -> None:
    said = text(snapshot(account=Part(), boxes=Part(), burn=None, runway=None, alarms=()))
    assert "$" not in said
    assert "0 running" not in said
    assert "runway" not in said


def test_nothing_burns_means_no_runway() -> None:
    assert "runway" not in text(snapshot(burn=0.0, runway=math.inf))


def test_a_hostile_account_name_draws_no_control_characters() -> None:
    account = Account(id=1, username="x\x1b[31m\u202eevil", credit=1.0)
    assert text(snapshot(account=Part(account, at=NOW))).isprintable()


@given(width=st.integers(1, 220), read_only=st.booleans(), demo=st.booleans(), old=st.integers(0, 10**6))
def test_the_line_never_gets_wider_than_the_terminal(width: int, read_only: bool, demo: bool, old: int) -> None:
    picture = snapshot(read_only=read_only, demo=demo, boxes=Part(fleet(), at=NOW - old))
    pieces = line(parts(picture, NOW, GLYPHS), width)
    if width >= 12:
        assert sum(cells(words) for words, _ in pieces) <= width
