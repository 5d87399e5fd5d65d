from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.tui.format import cells
from vasttui.tui.widgets.log_model import Heights, Hits, compile_search, level_token, wrapped


@pytest.mark.parametrize(
    ("line", "token"),
    [
        ("ERROR frame 2391: CUDA out of memory", "log-error"),
        ("Traceback (most recent call last):", "log-error"),
        ("torch.cuda.OutOfMemoryError: CUDA out of memory.", "log-error"),
        ("fatal: not a git repository", "log-error"),
        ("WARN  NVENC session limit", "log-warn"),
        ("/x.py:3: UserWarning: old", "log-warn"),
        ("[DEBUG] step", "log-debug"),
        ("0 errors, 3 terrors", "text"),
        ("step 4200 loss 1.93", "text"),
        ("x" * 300 + " ERROR", "text"),
    ],
)
def test_the_level_of_a_line(line: str, token: str) -> None:
    assert level_token(line) == token


def test_wrapping_breaks_at_blanks_and_only_else_in_a_word() -> None:
    text = "one two three abcdefghijkl"
    assert [text[a:b] for a, b in wrapped(text, 8)] == ["one two", "three", "abcdefgh", "ijkl"]


@given(st.text(alphabet="ab 日é", max_size=60), st.integers(2, 20))
def test_wrapping_loses_nothing_but_blanks(text: str, width: int) -> None:
    rows = wrapped(text, width)
    assert all(cells(text[a:b]) <= width for a, b in rows)
    gaps = [text[b:a] for (_, b), (a, _) in pairwise(rows)]
    assert rows[0][0] == 0
    assert rows[-1][1] == len(text) or not text[rows[-1][1] :].strip()
    assert all(gap in {"", " "} for gap in gaps)


@given(st.lists(st.integers(1, 5), max_size=700), st.data())
def test_heights_agree_with_plain_sums(numbers: list[int], data: st.DataObject) -> None:
    heights = Heights(numbers)
    for _ in range(3):
        heights.append(2)
        numbers.append(2)
    index = data.draw(st.integers(0, len(numbers) - 1))
    heights.set(index, 9)
    numbers[index] = 9
    heights.pop()
    numbers.pop()
    dropped = data.draw(st.integers(0, len(numbers)))
    assert heights.drop_front(dropped) == sum(numbers[:dropped])
    numbers = numbers[dropped:]
    assert heights.total == sum(numbers)
    rows = [(i, row) for i, height in enumerate(numbers) for row in range(height)]
    for row in {0, len(rows) // 2, len(rows) - 1} if rows else ():
        assert heights.locate(row) == rows[row]
        assert heights.top(rows[row][0]) + rows[row][1] == row


def test_no_lines_no_rows() -> None:
    assert Heights().locate(5) == (0, 0)


def test_hits_go_round() -> None:
    hits = Hits()
    assert hits.step(forward=True, near=0) is None
    hits.add([3, 8, 20])
    assert hits.position == (0, 3)
    assert hits.step(forward=False, near=10) == 8
    assert hits.position == (2, 3)
    assert [hits.step(forward=True, near=0) for _ in range(2)] == [20, 3]
    assert hits.step(forward=False, near=0) == 20
    hits.forget_before(9)
    assert hits.position == (1, 1)
    hits.forget_before(21)
    assert hits.current is None


@pytest.mark.parametrize(
    ("typed", "text", "found"),
    [
        ("loss", "LOSS 1.2", True),
        ("Loss", "loss 1.2", False),
        (r"loss \d", "loss 1", True),
        ("[12:41", "at [12:41<02:36]", True),
        ("(", "f(x)", True),
    ],
)
def test_a_search_is_a_pattern_or_else_plain_text(typed: str, text: str, found: bool) -> None:
    pattern = compile_search(typed)
    assert pattern is not None
    assert (pattern.search(text) is not None) is found


def test_nothing_typed_is_no_search() -> None:
    assert compile_search("") is None
