"""What the frame around a log says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui.pictures import box
from vasttui.instances.phases import Phase
from vasttui.logs.rows import Severity
from vasttui.snapshot import LogState, LogStatus
from vasttui.tui.format import cells
from vasttui.tui.glyphs import ASCII, UNICODE
from vasttui.tui.panes.logs.edge import (
    Stream,
    View,
    edge_text,
    fitted,
    stream_edge,
    stream_title,
    title_text,
    waiting_text,
)

NOW = 1000.0
GOOD = LogStatus(LogState.FOLLOWING, "ssh", 4812, last_at=NOW - 2, checked_at=NOW - 1, since=NOW - 500)


def edge(status: LogStatus = GOOD, *, gone: bool = False, **view: Any) -> str:
    return edge_text(status, View(**view), NOW, UNICODE, 200, gone=gone)


def test_a_log_that_is_followed() -> None:
    assert edge() == "● following   ssh   4 812 lines"


def test_without_glyphs_of_its_own_a_terminal_gets_ascii() -> None:
    assert edge_text(replace(GOOD, kept="disk full"), View(), NOW, ASCII, 200).isascii()


@pytest.mark.parametrize(
    ("status", "view", "said"),
    [
        (replace(GOOD, last_at=NOW - 250), {}, "quiet for 4m"),
        (replace(GOOD, at_least=True), {}, "at least 4 812 lines"),
        (replace(GOOD, gaps=2), {}, "2 gaps"),
        (replace(GOOD, kept="disk full"), {}, "⚠ kept in memory only: disk full"),
        (replace(GOOD, state=LogState.TROUBLE, checked_at=NOW - 34), {}, "⚠ trouble, last answer 34s ago"),
        (replace(GOOD, state=LogState.TROUBLE, text="a 502, 7 times"), {}, "a 502, 7 times"),
        (replace(GOOD, state=LogState.WAITING, text="waiting for SSH"), {}, "waiting for SSH"),
        (replace(GOOD, state=LogState.WAITING, lines=0), {}, "· waiting"),
        (replace(GOOD, state=LogState.OFF), {}, "· off"),
        (GOOD, {"following": False}, "■ standing still"),
        (GOOD, {"threshold": Severity.WARNING}, "warnings and errors"),
        (GOOD, {"folded": False}, "unfolded"),
        (GOOD, {"hits": (3, 17)}, "hit 3 of 17"),
        (GOOD, {"hits": (3000, 17000)}, "hit 3 000 of 17 000"),
        (GOOD, {"hits": (0, 17), "searching": True}, "17 hits so far"),
        (GOOD, {"filtering": 0.4}, "filtering 40%"),
        (GOOD, {"unmasked": True}, "secrets shown"),
        (GOOD, {"raw": True}, "raw JSON"),
        (GOOD, {"marks": 1}, "1 mark"),
    ],
)
def test_what_differs_is_said(status: LogStatus, view: dict[str, Any], said: str) -> None:
    assert said in edge(status, **view)
    assert said not in edge()


def test_why_a_log_is_in_trouble_is_cut_before_it_is_left_out() -> None:
    text = "PUT /api/v0/x/{id}/: an HTML page with status 500 (3×)"
    status = replace(GOOD, state=LogState.TROUBLE, checked_at=None, text=text)
    assert edge(status) == "⚠ trouble   an HTML page with status 500 (3×)   ssh   4 812 lines"
    assert edge_text(status, View(), NOW, UNICODE, 55) == "⚠ trouble   an HTML page with stat…   ssh   4 812 lines"
    assert edge_text(status, View(), NOW, UNICODE, 40) == "⚠ trouble   ssh   4 812 lines"


def test_a_quiet_log_is_not_called_quiet_while_one_reads_above() -> None:
    assert "quiet" not in edge(replace(GOOD, last_at=NOW - 250), following=False)


def test_a_log_of_an_instance_that_is_gone() -> None:
    assert edge(LogStatus(lines=12), gone=True) == "■ gone   12 lines"


parts = st.lists(st.tuples(st.integers(1, 9), st.text("ab", max_size=12)), max_size=8)


@given(parts=parts, width=st.integers(0, 60))
def test_what_has_no_room_goes_whole_and_the_weightiest_stays(parts: list[tuple[int, str]], width: int) -> None:
    said = fitted(parts, width).split("   ")
    shown = [text for _, text in parts if text]
    assert cells("   ".join(said)) <= width or len(said) == 1
    assert all(text in shown for text in said if text)
    if shown:
        heaviest = max(weight for weight, text in parts if text)
        assert any((heaviest, text) in parts for text in said)


@pytest.mark.parametrize(
    ("stream", "flags", "said"),
    [
        ("", {}, "upscale-07"),
        ("daemon", {}, "upscale-07 (daemon)"),
        ("/root/train.log", {}, "upscale-07:/root/train.log"),
        ("", {"gone": True}, "upscale-07 (gone)"),
        ("", {"pinned": True, "gone": True}, "upscale-07 (gone)"),
        ("daemon", {"pinned": True, "frozen": True}, "upscale-07 (daemon, pinned, frozen)"),
    ],
)
def test_the_title_says_whose_log_it_is(stream: str, flags: dict[str, bool], said: str) -> None:
    assert title_text("upscale-07", stream, **({"pinned": False, "gone": False, "frozen": False} | flags)) == said


def test_the_title_of_the_stream_says_who_is_not_heard() -> None:
    assert stream_title(Stream(5), frozen=False) == "all 5 instances"
    assert stream_title(Stream(5, muted=2), frozen=False) == "all 5 instances (2 muted)"
    assert stream_title(Stream(5, muted=2, solo="lora-flux"), frozen=True) == "lora-flux (solo of 5, frozen)"


def test_the_stream_tells_whose_source_fails() -> None:
    assert "⚠ 1 log in trouble   lora-flux" in stream_edge(Stream(2, troubled=["lora-flux"]), View(), UNICODE, 100)
    assert "trouble" not in stream_edge(Stream(2), View(), UNICODE, 100)


def test_an_empty_view_says_why() -> None:
    assert waiting_text(LogStatus(), "a", None, gone=True) == "Of a no line is kept."
    assert waiting_text(replace(GOOD, text="the key is not accepted yet"), "a", None, gone=False).startswith("the key")
    assert waiting_text(LogStatus(), "a", None, gone=False) == "The log of a is not asked for now."
    stopped, ready = (replace(box(), phase=phase) for phase in (Phase.STOPPED, Phase.READY))
    assert ": it is stopped" in waiting_text(LogStatus(), "a", stopped, gone=False)
    assert waiting_text(LogStatus(), "a", ready, gone=False) == "The log of a is not asked for now."
    assert waiting_text(GOOD, "a", None, gone=False) == "waiting for logs"
