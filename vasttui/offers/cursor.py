"""Where in a query the cursor stands: in a field, an operator or a value, of a list or in quotes. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from vasttui.offers.clauses import FIELD, OPERATORS, SYMBOL, VALUE, WORD
from vasttui.offers.fields import field_named

_BEGUN_WORD = re.compile(r" +([a-z]*|not [a-z]*)$")
_END_OF_WORD = re.compile(r"[ ,\]\"=<>!\[]|$")
_OPEN = re.compile(r"\[[^\]]*$|\"[^\"]*$")


class At(Enum):
    """In which part of a clause."""

    NOTHING = "nothing"
    FIELD = "field"
    OPERATOR = "operator"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Place:
    """What stands at the cursor, start..end of the text.

    Attributes:
        field: of the clause, as it was written; "" in a field.
        op: as it was written; "" before a value.
        listed: in a list.
        quote: in double quotes.
        spaced: a blank stands before an operator.
    """

    at: At
    start: int
    end: int
    field: str = ""
    op: str = ""
    listed: bool = False
    quote: bool = False
    spaced: bool = False


def place_at(text: str, cursor: int) -> Place:
    """Where the cursor stands."""
    before = text[:cursor]
    at = 0
    while True:
        while at < cursor and before[at] == " ":
            at += 1
        if at >= cursor:
            return Place(At.FIELD, cursor, _end_of_word(text, cursor))
        name = FIELD.match(before, at)
        if name is None:
            blank = before.find(" ", at)
            if blank < 0:
                return Place(At.NOTHING, cursor, cursor)
            at = blank
            continue
        if name.end() == cursor:
            return Place(At.FIELD, at, _end_of_word(text, cursor))
        found = _in_clause(text, cursor, name)
        if isinstance(found, Place):
            return found
        at = found


def _in_clause(text: str, cursor: int, name: re.Match[str]) -> Place | int:
    """The place in the clause with this field, or where the next clause begins."""
    before = text[:cursor]
    sign = SYMBOL.match(before, name.end()) or WORD.match(before, name.end())
    if sign is None:
        begun = _BEGUN_WORD.match(before, name.end())
        if begun is None or field_named(name[0]) is None:
            return name.end()
        return Place(At.OPERATOR, begun.start(1), _end_of_word(text, cursor), name[0], spaced=True)
    if sign[1] not in OPERATORS and sign.end() == cursor:
        spaced = sign.start(1) > name.end()
        return Place(At.OPERATOR, sign.start(1), cursor, name[0], spaced=spaced)
    value = sign.end()
    while value < cursor and before[value] == " ":
        value += 1
    written = VALUE.match(before, value)
    if written is not None and written.end() < cursor and not _OPEN.match(before, value):
        return written.end()
    return _in_value(text, cursor, value, name[0], sign[1])


def _in_value(text: str, cursor: int, start: int, field: str, op: str) -> Place | int:
    written = text[start:cursor]
    listed = OPERATORS.get(op) in ("in", "notin")
    if listed or written.startswith("["):
        if written.endswith("]"):
            return cursor if cursor < len(text) else Place(At.NOTHING, cursor, cursor)
        item = max(written.rfind(","), written.rfind("[")) + 1
        start += item + len(written[item:]) - len(written[item:].lstrip(" "))
        listed = True
        written = text[start:cursor]
    quote = written.startswith('"')
    if quote and '"' in written[1:]:
        return Place(At.NOTHING, cursor, cursor)
    end = text.find('"', cursor) if quote else -1
    end = end if end >= 0 else _end_of_word(text, cursor)
    return Place(At.VALUE, start + quote, end, field, op, listed, quote)


def _end_of_word(text: str, cursor: int) -> int:
    found = _END_OF_WORD.search(text, cursor)
    return found.start() if found else len(text)
