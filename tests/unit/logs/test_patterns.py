"""A search finds what was meant, says what is wrong with it, and ends whatever the text is."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vasttui.errors import UsageError
from vasttui.logs.patterns import MAX_SPANS, Pattern, toggle_expression


def parse(text: str) -> Pattern:
    pattern = Pattern.parse(text)
    assert pattern is not None
    return pattern


@pytest.mark.parametrize(
    ("pattern", "line", "spans"),
    [
        ("loss", "Loss: 1, loss: 2, LOSS", [(0, 4), (9, 13), (18, 22)]),
        ("Loss", "Loss: 1, loss: 2", [(0, 4)]),
        ("a.b", "a.b axb", [(0, 3)]),
        ("aa", "aaaaa", [(0, 2), (2, 4)]),
        (" ", "a b", [(1, 2)]),
        ("[bold]", "[bold] [b]", [(0, 6)]),
        ("(", "f(x)", [(1, 2)]),
        ("/workspace/data", "/workspace/data/x", [(0, 15)]),
        ("//", "https://x", [(6, 8)]),
        ("/", "a/b", [(1, 2)]),
        ("ärger", "großer ÄRGER", [(7, 12)]),
        ("οδοσ", "ΟΔΟΣ οδος", [(0, 4), (5, 9)]),
        ("x", "İİx", [(2, 3)]),
        (r"/step \d+/", "Step 12, step 7", [(0, 7), (9, 15)]),
        (r"/Step \d+/", "Step 12, step 7", [(0, 7)]),
        (r"/\S+=\D/", "a=x B=y", [(0, 3), (4, 7)]),
        (r"/(?P<Name>a)(?P=Name)/", "AA aa", [(0, 2), (3, 5)]),
        (r"/\p{Lu}b/", "Ab", [(0, 2)]),
        (r"/[A-Z]+:/", "ERROR: info:", [(0, 6)]),
        (r"/x*/", "axxb", [(1, 3)]),
        (r"/(?!a)b/", "b", [(0, 1)]),
        (r"/^a|b$/", "a b b", [(0, 1), (4, 5)]),
        ("/a/b/", "xa/b", [(1, 4)]),
        ("nothing", "text", []),
        ("/nothing/", "text", []),
    ],
)
def test_what_is_found(pattern: str, line: str, spans: list[tuple[int, int]]) -> None:
    found = parse(pattern)
    assert found.spans(line) == spans
    assert found.search(line) == bool(spans)
    assert found.trouble == ""


def test_nothing_typed_is_no_pattern() -> None:
    assert Pattern.parse("") is None


def test_plain_text_between_slashes() -> None:
    assert Pattern.plain("/a.b/").spans("/axb/ /a.b/") == [(6, 11)]


@pytest.mark.parametrize(
    ("pattern", "column", "words"),
    [
        ("/step (/", 8, "missing )"),
        ("/[a/", 4, "unterminated character set"),
        ("/a**/", 4, "multiple repeat"),
        ("/[z-a]/", 6, "bad character range"),
        ("/a{5,2}/", 4, "min repeat greater than max repeat"),
        (r"/\p{Nonsense}/", 14, "unknown property"),
        ("/(?u)(?a)a/", 2, "mutually incompatible"),
        ("/" + "(" * 490 + ")" * 490 + "/", 2, "nested too deep"),
        ("/(a{1000}){1000}/", 2, "repeats"),
        ("/((((x{99}){99}){99}){99}|b){99}/", 2, "repeats"),
    ],
)
def test_a_bad_expression_is_explained(pattern: str, column: int, words: str) -> None:
    with pytest.raises(UsageError) as fault:
        Pattern.parse(pattern)
    assert f"at column {column}: " in fault.value.message
    assert words in fault.value.message
    assert "\n" not in fault.value.message


def test_a_column_counts_from_where_the_pattern_stands() -> None:
    with pytest.raises(UsageError, match="column 18"):
        Pattern.parse("/step (/", column=11)


def test_ordinary_repeats_are_allowed() -> None:
    uuid = parse(r"/\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12} at \d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{1,6}Z/")
    assert uuid.search("1b4e28ba-2fa1-11d2-883f-0016d3cca427 at 2026-11-22T07:19:00.5Z")


def test_a_pattern_without_end_is_refused() -> None:
    with pytest.raises(UsageError, match="too long"):
        Pattern.parse("x" * 1001)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"/(a|aa)+$/", "a" * 200 + "b"),
        (r"/(a+)+$/", "a" * 100_000 + "b"),
        (r"/(?=(a+)+b)/", "a" * 2000),
        (r"/(x+x+)+y/", "x" * 2000),
        (r"/^(([a-z])+.)+[A-Z]([a-z])+$/", "a" * 2000),
        (r"/(?R)/", "a" * 100),
    ],
)
def test_an_endless_search_is_given_up_and_said(pattern: str, text: str) -> None:
    endless = parse(pattern)
    start = time.process_time()
    for _ in range(100):
        assert endless.search(text) is False
        assert endless.spans(text) == []
    assert time.process_time() - start < 4  # 200 searches; each alone would take years
    assert "too long" in endless.trouble
    assert pattern in endless.trouble


def test_a_slow_line_does_not_blind_the_search_for_the_others() -> None:
    pattern = parse(r"/(a|aa)+$|needle/")
    for _ in range(50):
        pattern.search("a" * 200 + "b")
    assert pattern.search("here is the needle")


def test_hits_are_bounded() -> None:
    assert len(parse("a").spans("a" * 10_000)) == MAX_SPANS
    assert len(parse("/a/").spans("a" * 10_000)) == MAX_SPANS
    assert parse("/a?/").spans("b" * 100_000) == []


@given(st.text(max_size=12), st.text(max_size=60))
@example("i", "İ")
@example("ß", "ẞ")
@example("ǆ", "ǅ")
@example("/(?i/", "x")
def test_any_pattern_on_any_text(written: str, text: str) -> None:
    try:
        pattern = Pattern.parse(written)
    except UsageError:
        return
    if pattern is None:
        assert written == ""
        return
    spans = pattern.spans(text)
    places = [place for span in spans for place in span]
    assert places == sorted(places)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    if spans:
        assert pattern.search(text)


@given(st.text(alphabet="ab(){}[]|?*+^$\\/<>=!:.,0123PpNdsix&R", max_size=30), st.text("aAb01 ", max_size=40))
def test_any_expression_is_searched_or_refused(expression: str, text: str) -> None:
    pattern = None
    with suppress(UsageError):
        pattern = Pattern.parse(f"/{expression}/")
    if pattern is not None:
        pattern.search(text)


@given(st.text(min_size=1, max_size=8), st.text(max_size=20), st.text(max_size=20))
def test_plain_text_finds_itself_in_any_case(needle: str, before: str, after: str) -> None:
    spans = Pattern.plain(needle).spans(before + needle + after)
    assert any(end - start == len(needle) for start, end in spans)


@given(st.text(max_size=20))
def test_toggling_twice_changes_nothing(text: str) -> None:
    assert toggle_expression(toggle_expression(text)) == text


def test_the_expression_library_is_loaded_only_when_it_is_needed() -> None:
    code = (
        "import sys; from vasttui.logs.patterns import Pattern; Pattern.parse('plain').search('x');"
        "assert 'regex' not in sys.modules; Pattern.parse('/x/'); assert 'regex' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
