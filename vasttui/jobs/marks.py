"""The lines by which a job talks to vasttui: `::vasttui progress=42 step=420 total=1000 phase="train"`.

A mark stands at the start of its line, or after a blank or a bracket, so that a timestamp, `[rank0]: ` or a bar that
was not ended may come before it, and a script's own text (`echo "::vasttui …"`, as a trace or a traceback shows it)
is none. A value with blanks is quoted: `"` with backslash escapes, or `'`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

SIGN = "::vasttui"

VERBS = frozenset({"start", "done", "switch"})

REACH = 65_536
"""Characters at the end of a line in which marks are looked for."""

LONGEST = 8192
"""Characters of a mark that are read; a signed address has two to three thousand."""

MOST_MARKS = 16
"""Signs of one line that are looked at, the last ones."""

_MOST_WORDS = 32
_CSI = r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
_COLOUR_BEFORE = re.compile(rf"(?:{_CSI})+(?={SIGN})")
_ESCAPES = re.compile(rf"{_CSI}|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_BRACKETS = "[](){}<>|"
_WORD = re.compile(
    r"[^\S\r\n]*(?:(?P<name>[A-Za-z_][\w.-]{0,63})="
    r'(?:"(?P<double>[^"\\\r\n]*(?:\\[^\r\n][^"\\\r\n]*)*)"'
    rf"|'(?P<single>[^'\r\n]*)'|(?P<bare>(?:(?!{SIGN})\S)*))|(?P<word>(?:(?!{SIGN})\S)+))"
)
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Mark:
    """One such line.

    Attributes:
        verb: "start", "done", "switch" (the dead man's switch) or "" for facts such as progress and result.
        values: the other words by name, unquoted.
    """

    verb: str
    values: Mapping[str, str]


def read_marks(line: str) -> tuple[Mark, ...]:
    r"""The last marks in a raw log line, in order: redraws (`\r`) and two writers leave several in one."""
    if SIGN not in line:
        return ()
    text = _ESCAPES.sub("", _COLOUR_BEFORE.sub(" ", line[-REACH:]))
    found: list[Mark] = []
    end = -1
    for at in _places(text):
        # What stands within a quoted value is part of it; what follows a mark without a blank is a line of its own,
        # whose newline was lost.
        if at < end or not (at == end or _may_begin(text, at)):
            continue
        mark, end = _read(text, at + len(SIGN))
        if mark is not None:
            found.append(mark)
    return tuple(found)


def _places(text: str) -> list[int]:
    places: list[int] = []
    at = text.rfind(SIGN)
    while at >= 0 and len(places) < MOST_MARKS:
        places.append(at)
        at = text.rfind(SIGN, 0, at)
    return places[::-1]


def _may_begin(text: str, at: int) -> bool:
    return at == 0 or text[at - 1].isspace() or text[at - 1] in _BRACKETS


def _read(text: str, start: int) -> tuple[Mark | None, int]:
    """The mark whose words begin at `start`, None if it is none, and where it ends."""
    limit = min(len(text), start + LONGEST)
    if not text[start : start + 1].isspace():
        return None, start
    verb, values, at = "", {}, start
    for place in range(_MOST_WORDS):
        word = _WORD.match(text, at, limit)
        if word is None:
            break
        at = word.end()
        if word["name"]:
            values[word["name"]] = _value(word)
        elif place == 0 and word["word"] in VERBS:
            verb = word["word"]
        elif place == 0:
            return None, at
    return (Mark(verb, values) if verb or values else None), at


def _value(word: re.Match[str]) -> str:
    if word["double"] is not None:
        return _ESCAPED.sub(r"\1", word["double"])
    if word["single"] is not None:
        return word["single"]
    # A quote that is not closed: the line was cut there.
    return word["bare"].lstrip("\"'")
