from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.tui.format import cells
from vasttui.tui.glyphs import ASCII, TABLE, UNICODE, GlyphSet, glyphs_of


@pytest.mark.parametrize("key", TABLE)
def test_every_glyph_takes_one_cell_and_has_an_ascii_form(key: str) -> None:
    assert cells(UNICODE[key]) == 1
    assert len(ASCII[key]) == 1
    assert ASCII[key].isascii()


def test_states_are_told_apart_without_colour() -> None:
    states = ("running", "loading", "creating", "rebooting", "stopped", "failed", "outbid", "unknown")
    assert len({UNICODE[s] for s in states}) == len({ASCII[s] for s in states}) == len(states)


def test_a_state_that_nobody_knows_is_unknown() -> None:
    assert UNICODE["new in 2031"] == "?"


@pytest.mark.parametrize(
    ("fraction", "line"),
    [
        (None, "───────"),
        (0, "───────"),
        (0.001, "╸──────"),
        (0.5, "━━━╸───"),
        (0.9999, "━━━━━━╸"),
        (1.0, "━━━━━━━"),
    ],
)
def test_the_progress_line(fraction: float | None, line: str) -> None:
    assert "".join(UNICODE.progress(fraction, 7)) == line


def test_the_progress_line_in_ascii() -> None:
    assert ASCII.progress(0.5, 7) == ("===>", "---")


@given(st.floats(), st.integers(-2, 40), st.sampled_from([UNICODE, ASCII]))
def test_the_progress_line_has_its_width(fraction: float, width: int, glyphs: GlyphSet) -> None:
    assert cells("".join(glyphs.progress(fraction, width))) == max(0, width)


def test_a_row_of_blocks_shows_the_last_values() -> None:
    assert UNICODE.blocks([9, 0, 50, None, 100], 4) == "▁▅ █"
    assert UNICODE.blocks([100], 3) == "  █"
    assert UNICODE.blocks([], 2) == "  "
    assert ASCII.blocks([0, 100], 2).isascii()


@given(st.lists(st.none() | st.floats()), st.integers(0, 30))
def test_a_row_of_blocks_has_its_width(values: list[float | None], width: int) -> None:
    assert cells(UNICODE.blocks(values, width)) == width


def test_an_app_chooses_its_glyphs() -> None:
    class App:
        ascii_mode = True

    assert glyphs_of(App()) is ASCII
    assert glyphs_of(object()) is UNICODE
