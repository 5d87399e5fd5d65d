r"""The line filter of the reader: terms that must all hold, `loss & !heartbeat & /step \d+/`.

    loss            lines that have it, in any case; with a capital letter the case counts
    !heartbeat      lines that do not have it
    /step \d+/      a regular expression
    "a & b"         what stands in quotes, as it is: blanks, " & ", slashes and "!" too
    a \& b          the same for " & " alone; without blanks around it, an "&" is an ordinary character
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from vasttui.errors import UsageError
from vasttui.logs.patterns import Pattern, is_expression
from vasttui.logs.patterns import toggle_expression as toggle_pattern

MAX_TERMS = 20
"""Terms of a filter; more are refused."""

_MAX_LENGTH = 2000
_QUOTED = re.compile(r"""\s*!?\s*"[^"]*"(?=\s*$|\s+&(?:\s|$))""")
_SEPARATOR = re.compile(r"(?:^|(?<=\s))&(?=\s|$)")


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a filter.

    Attributes:
        pattern: what is looked for.
        inverse: the line must not have it.
        start: where the term begins in the filter's text, its `!` included.
        end: where it ends.
    """

    pattern: Pattern
    inverse: bool
    start: int
    end: int

    def holds(self, text: str) -> bool:
        """Whether a line is as the term wants it."""
        return self.pattern.search(text) is not self.inverse


@dataclass(frozen=True, slots=True)
class Filter:
    """Which lines are shown: those for which every term holds. A filter without terms lets every line through.

    Attributes:
        text: the filter as it was written.
        terms: its parts, in order.
    """

    text: str
    terms: tuple[Term, ...]
    _cheap_first: tuple[Term, ...] = field(default=(), repr=False, compare=False)

    @classmethod
    def parse(cls, text: str) -> Filter:
        """The filter that `text` means. Terms that are still empty (`loss & `, `!`) count for nothing.

        Raises:
            UsageError: a term cannot be read; names the column.
        """
        if len(text) > _MAX_LENGTH:
            raise UsageError(f"the filter is too long: {len(text)} characters, at most {_MAX_LENGTH}")
        terms = tuple(term for start, end in _places(text) if (term := _term(text, start, end)) is not None)
        if len(terms) > MAX_TERMS:
            column = terms[MAX_TERMS].start + 1
            raise UsageError(f"a filter has at most {MAX_TERMS} terms: one too many at column {column}")
        return cls(text, terms, tuple(sorted(terms, key=lambda term: term.pattern.is_expression)))

    def __bool__(self) -> bool:
        """Whether it can hide any line."""
        return bool(self.terms)

    def matches(self, text: str) -> bool:
        """Whether a line passes."""
        return all(term.holds(text) for term in self._cheap_first)

    @property
    def trouble(self) -> str:
        """What is wrong with a term's searches, "" if nothing: see `Pattern.trouble`."""
        return next((term.pattern.trouble for term in self.terms if term.pattern.trouble), "")


def toggle_expression(text: str, cursor: int) -> tuple[str, int]:
    """Turn the term at `cursor` into a regular expression or back; the filter's new text and the new cursor."""
    start, end = next(place for place in _places(text) if cursor <= place[1] or place[1] == len(text.rstrip()))
    start = _body(text, start, end)
    term = text[start:end]
    if _is_quoted(term):
        term = term[1:-1].replace(" & ", r" \& ")
    turned = toggle_pattern(term)
    shift = 1 if len(turned) > len(term) else -1
    return text[:start] + turned + text[end:], min(max(cursor + shift, start), start + len(turned))


def _places(text: str) -> Iterator[tuple[int, int]]:
    """Where the terms stand, empty ones too, without the blanks around them."""
    at = 0
    while True:
        quoted = _QUOTED.match(text, at)
        separator = _SEPARATOR.search(text, quoted.end() if quoted else at)
        end = separator.start() if separator else len(text)
        part = text[at:end]
        start = at + len(part) - len(part.lstrip())
        yield start, max(start, at + len(part.rstrip()))
        if separator is None:
            return
        at = separator.end()


def _term(text: str, start: int, end: int) -> Term | None:
    at = _body(text, start, end)
    body = text[at:end]
    if _is_quoted(body):
        pattern = Pattern.plain(body[1:-1]) if len(body) > 2 else None
    elif is_expression(body):
        pattern = Pattern.parse(body, column=at + 1)
    else:
        pattern = Pattern.plain(body.replace(r"\&", "&")) if body else None
    return Term(pattern, text[start] == "!", start, end) if pattern else None


def _body(text: str, start: int, end: int) -> int:
    """Where a term's pattern begins: behind its `!`."""
    if not text.startswith("!", start, end):
        return start
    part = text[start + 1 : end]
    return start + 1 + len(part) - len(part.lstrip())


def _is_quoted(body: str) -> bool:
    return len(body) >= 2 and body[0] == body[-1] == '"' and '"' not in body[1:-1]
