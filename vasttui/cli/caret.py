"""Where in a query a mistake is: the query, and carets under the token."""

from __future__ import annotations

import unicodedata

from vasttui.errors import QueryError, UsageError

WIDTH = 100
"""Columns of the query that are shown; of a longer one, those around the mistake."""


def point_at(text: str, start: int, end: int) -> str:
    """Two lines: the text, and carets under its characters from `start` to before `end` (counted from 0)."""
    start = max(0, min(start, len(text)))
    end = max(start + 1, end)
    cut = max(0, start - WIDTH // 2)
    shown = "".join(char if char.isprintable() else " " for char in text[cut : cut + WIDTH])
    place = start - cut
    before, under = _columns(shown[:place]), _columns(shown[place : end - cut])
    return f"{shown.rstrip()}\n{' ' * before}{'^' * max(1, under)}"


def _columns(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else not unicodedata.combining(char) for char in text)


def pointed(error: UsageError, text: str) -> UsageError:
    """The same error with the query and the carets before its hint; unchanged when it names no place."""
    if not isinstance(error, QueryError) or not text:
        return error
    lines = [*point_at(text, error.start, error.end).splitlines(), *([error.hint] if error.hint else [])]
    return UsageError(error.message, hint="\n  ".join(lines))
