"""What stands below a query while it is typed: the mark under a mistake, and what is wrong. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from vasttui.errors import QueryError
from vasttui.offers.completion import Candidate, Completions, Values, complete
from vasttui.offers.cursor import At, place_at
from vasttui.offers.query import parse_strictly
from vasttui.tui.format import cells, clean, cut
from vasttui.tui.palette import Piece

MARK: Final = "^"
# The mark shows the place and what stands there, so the sentence need not.
_PLACE: Final = re.compile(r"""query, character \d+(?:, (?:'[^']*'|"[^"]*"))?: """)


def fault_of(text: str) -> QueryError | None:
    """What is wrong with a query, None when it can be asked."""
    try:
        parse_strictly(text)
    except QueryError as error:
        return error
    return None


def is_unfinished(text: str, cursor: int, error: QueryError) -> bool:
    """Whether the mistake may only be that the last clause is still being typed."""
    if cursor < len(text):
        return False
    begun = place_at(text, cursor).at in (At.OPERATOR, At.VALUE)
    return error.end >= len(text) or (begun and error.end >= len(text.rstrip()))


def offered(text: str, cursor: int, values: Values, *, beyond: bool) -> Completions:
    """The words that fit at the cursor.

    Args:
        text: the query as it is typed.
        cursor: place of the cursor in it.
        values: what the market holds.
        beyond: where a field's whole name stands, offer what may follow it.
    """
    found = complete(text, cursor, values)
    typed = text[found.start : cursor]
    whole = [one for one in found.candidates if one.text == typed]
    if not whole:
        return found
    if beyond and whole[0].kind == "field" and text[cursor : cursor + 1] in ("", " "):
        signs = complete(f"{typed} ", len(typed) + 1, values).candidates
        return Completions(cursor, cursor, tuple(_spaced(sign) for sign in signs))
    return Completions(found.start, found.end, () if len(found.candidates) == 1 else found.candidates)


def _spaced(sign: Candidate) -> Candidate:
    return replace(sign, text=f" {sign.text}") if sign.text[0].isalpha() else sign


def explanation(error: QueryError) -> str:
    """What is wrong and what to write, in one line without the place."""
    hint = f". {error.hint}" if error.hint else ""
    return clean(_PLACE.sub("", error.message, count=1) + hint)


def marked(error: QueryError, text: str, scrolled: int, width: int) -> tuple[Piece, ...]:
    """The line below a query: marks under the faulty part, and beside them what is wrong.

    Args:
        error: the mistake.
        text: the query as it is typed.
        scrolled: cells of it that have left the field at the left.
        width: cells of the line.
    """
    start = max(0, cells(text[: error.start]) - scrolled)
    said = explanation(error)
    marks = MARK * min(max(1, cells(text[error.start : error.end])), max(0, width - start))
    after, before = width - start - len(marks) - 1, start - 1
    if marks and cells(said) <= after:
        return ((" " * start, ""), (marks, "bad bold"), (f" {said}", "bad"))
    if marks and cells(said) <= before:
        return ((" " * (before - cells(said)) + said + " ", "bad"), (marks, "bad bold"))
    # The faulty part is underlined too, so the sentence may take the room of the marks.
    return ((cut(said, width), "bad"),)
