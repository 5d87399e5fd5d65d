"""The lines by which a job talks to vasttui."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vasttui.jobs.marks import LONGEST, MOST_MARKS, REACH, Mark, read_marks

START = Mark("start", {"id": "up-k3x9-007.1"})


def read_mark(line: str) -> Mark | None:
    """The last one of a line."""
    return next(iter(reversed(read_marks(line))), None)


@pytest.mark.parametrize(
    ("line", "mark"),
    [
        ("::vasttui start id=up-k3x9-007.1", START),
        ("::vasttui done id=a.2 code=137", Mark("done", {"id": "a.2", "code": "137"})),
        (
            '::vasttui switch armed=0 why="no curl, wget or python3"',
            Mark("switch", {"armed": "0", "why": "no curl, wget or python3"}),
        ),
        (
            '::vasttui progress=42 step=420 total=1000 phase="train" loss=0.31',
            Mark("", {"progress": "42", "step": "420", "total": "1000", "phase": "train", "loss": "0.31"}),
        ),
        (
            "::vasttui result=https://b.example/x.mp4?X-Amz-Date=1&X-Amz-Signature=ab=cd",
            Mark("", {"result": "https://b.example/x.mp4?X-Amz-Date=1&X-Amz-Signature=ab=cd"}),
        ),
        (r'::vasttui phase="a \"b\" \\ c"', Mark("", {"phase": r'a "b" \ c'})),
        ("::vasttui phase='it \"is\" \\ so'", Mark("", {"phase": 'it "is" \\ so'})),
        ('::vasttui phase="" step=', Mark("", {"phase": "", "step": ""})),
        ('::vasttui phase="cut off he', Mark("", {"phase": "cut"})),
        ("::vasttui progress=1 and more words", Mark("", {"progress": "1"})),
        ("::vasttui\tprogress=1", Mark("", {"progress": "1"})),
        ("::vasttui progress=1 progress=2", Mark("", {"progress": "2"})),
        ("::vasttui temperatur=61°C neu=ja", Mark("", {"temperatur": "61°C", "neu": "ja"})),
    ],
)
def test_what_a_mark_says(line: str, mark: Mark) -> None:
    assert read_mark(line) == mark


@pytest.mark.parametrize(
    "before",
    [
        "", "   ", "2026-11-22T10:00:00.123Z ", "[rank0]: ", "[rank0]:\t", "(train) ", "\x1b[32m", "text\x1b[1;32m",
        "\r", "  5%|▊  | 100/2000 [00:57<18:14,  1.74it/s]", "  5%|▊  | 100/2000 [00:57<18:14]\r",
        "::vasttui progress=41", '::vasttui phase="train"', "\x00\x00", "{log}",
    ],
)  # fmt: skip
def test_what_may_stand_before_it(before: str) -> None:
    assert read_mark(before + "::vasttui start id=up-k3x9-007.1") == START


@pytest.mark.parametrize("after", ["\r", "\r\n", "\x1b[0m", " \x1b[K", "\r 10%|█ | 1/10", "\x07"])
def test_what_may_stand_after_it(after: str) -> None:
    assert read_mark("::vasttui start id=up-k3x9-007.1" + after) == START


@pytest.mark.parametrize(
    "line",
    [
        "",
        "ordinary",
        "::vasttui",
        "::vasttui ",
        "::vasttui is great",
        "::vasttui undo id=a.1",
        "::vasttuiprogress=3",
        ":: vasttui progress=3",
        "std::vasttui progress=3",
        "+ echo '::vasttui done id=a.1 code=0'",
        '    print("::vasttui done id=a.1 code=0")',
        "see `::vasttui progress=…` in the README",
        "::VASTTUI progress=3",
        "::vasttui 42 progress=3",
    ],
)
def test_what_is_no_mark(line: str) -> None:
    assert read_mark(line) is None


def test_several_marks_of_one_line_come_in_order_and_the_last_one_wins() -> None:
    line = "::vasttui progress=1\r::vasttui progress=2 ::vasttui progress=3::vasttui done id=a.1 code=0"
    assert [mark.values.get("progress", mark.verb) for mark in read_marks(line)] == ["1", "2", "3", "done"]
    assert read_mark(line) == Mark("done", {"id": "a.1", "code": "0"})


def test_a_mark_within_a_value_is_part_of_the_value() -> None:
    assert read_marks('::vasttui file="x ::vasttui done id=a.1 code=0"') == (
        Mark("", {"file": "x ::vasttui done id=a.1 code=0"}),
    )


def test_of_too_many_marks_the_last_ones_are_read() -> None:
    marks = read_marks("\r".join(f"::vasttui step={n}" for n in range(100)))
    assert [mark.values["step"] for mark in marks] == [str(n) for n in range(100 - MOST_MARKS, 100)]


def test_a_long_address_is_kept_whole() -> None:
    address = "https://b.example/" + "a" * 4000
    assert read_mark(f"::vasttui result={address}") == Mark("", {"result": address})


@pytest.mark.parametrize(
    "line",
    [
        "::vasttui " * 100_000,
        '::vasttui a="' * 90_000,
        ("::vasttui " + 'a=" ' * 30) * 8_000,
        "\x1b[" * 500_000 + " ::vasttui x=1",
        '::vasttui a="\\' * 80_000,
        "::vasttui " + "a=1 " * 250_000,
        "x" * 1_000_000,
    ],
    ids=["marks", "open quotes", "words with quotes", "escapes", "backslashes", "words", "letters"],
)
def test_of_a_huge_line_only_its_end_is_read(line: str) -> None:
    marks = read_marks(line)
    assert marks == read_marks(line[-REACH:])
    assert len(marks) <= MOST_MARKS
    assert all(len(name) + len(value) <= LONGEST for mark in marks for name, value in mark.values.items())


@given(st.text(max_size=200))
@settings(max_examples=150)
def test_any_text_is_read(text: str) -> None:
    for line in (text, "::vasttui " + text, text + "::vasttui progress=1"):
        for mark in read_marks(line):
            assert mark.verb in {"", "start", "done", "switch"}
            assert all("\x1b" not in value and "\n" not in value for value in mark.values.values())


NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,12}", fullmatch=True)
VALUES = st.text(st.characters(exclude_categories=["C", "Zl", "Zp", "Cs"], exclude_characters="\x1b"), max_size=40)


@given(st.dictionaries(NAMES, VALUES, min_size=1, max_size=6), st.sampled_from(["", "[r0]: ", "50%|#| 1/2 "]))
@settings(max_examples=150)
def test_what_is_quoted_comes_back(values: dict[str, str], before: str) -> None:
    def quoted(value: str) -> str:
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'

    line = before + "::vasttui " + " ".join(f"{name}={quoted(value)}" for name, value in values.items())
    assert read_mark(line) == Mark("", values)
