"""The official CLI's query grammar, token by token, each with its place in the text.

A clause is a field, an operator and a value: `num_gpus>=2`, `geolocation in [SE,NO]`, `gpu_name="RTX 4090"`.
Names of operators: = == eq, != neq noteq, > gt, >= gte, < lt, <= lte, in, notin nin `not in`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from vasttui.errors import UsageError
from vasttui.offers.fields import ALIASES, DERIVED, FACTORS, FIELDS, country_of, plain, version_number

if TYPE_CHECKING:
    from vasttui.api.models import Offer

Test = Callable[["Offer"], bool | None]
Value = str | bool | int | float | list[str] | None

_FIELD = re.compile(r"[A-Za-z0-9_]+")
_SYMBOL = re.compile(r" *([=<>!]+)")
_WORD = re.compile(r" +([lg]te?|n?in|n?eq|not ?(?:in|eq)) ")
_VALUE = re.compile(r'\[[^\]]+\]|"[^"]+"|[^ ]+')
_BLANKS = str.maketrans("\t\r\n", "   ")
_OPERATORS = {
    "=": "eq", "==": "eq", "eq": "eq", "!=": "neq", "neq": "neq", "noteq": "neq", "not eq": "neq",
    ">": "gt", "gt": "gt", ">=": "gte", "gte": "gte", "<": "lt", "lt": "lt", "<=": "lte", "lte": "lte",
    "in": "in", "notin": "notin", "nin": "notin", "not in": "notin",
}  # fmt: skip
_WORDS: dict[str, bool | None] = {
    "true": True, "True": True, "false": False, "False": False, "None": None, "null": None,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """A clause as it was written. `start` and `end` count characters of the query from 0."""

    field: str
    op: str
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause as the API takes it: field and operator by their official names, value in the API's units.

    `anything` clauses (`verified=any`) lift the restrictions on their field.
    """

    field: str
    op: str
    value: Value
    token: Token
    anything: bool = False

    def test(self) -> Test:
        """A function that tells whether a row meets the clause; None when the row does not know."""
        read, holds = reader(self.field), _comparison(self)

        def answer(offer: Offer) -> bool | None:
            have = read(offer)
            return None if have is None else holds(have)

        return answer


def scan_clause(text: str, start: int) -> Token | None:
    """The clause that begins at `start`; None when no field's name begins there."""
    name = _FIELD.match(text, start)
    if name is None:
        return None
    symbol = _SYMBOL.match(text, name.end()) or _WORD.match(text, name.end())
    after = _skip_blanks(text, symbol.end() if symbol else name.end())
    value = _VALUE.match(text, after)
    end = value.end() if value else after
    return Token(name[0], symbol[1] if symbol else "", value[0] if value else "", start, end)


def scan(text: str) -> Iterator[Token]:
    """All clauses of a query. Raises UsageError at what is none."""
    text = text.translate(_BLANKS)
    place = _skip_blanks(text, 0)
    while place < len(text.rstrip()):
        token = scan_clause(text, place)
        if token is None:
            raise UsageError(
                f"query, character {place + 1}: {text[place : place + 20]!r} cannot begin a clause",
                hint="A clause is field, operator, value: num_gpus>=2",
            )
        yield token
        place = _skip_blanks(text, token.end)


def _skip_blanks(text: str, place: int) -> int:
    while place < len(text) and text[place] == " ":
        place += 1
    return place


def read_clause(token: Token) -> Clause:
    """The clause that a token means; unknown fields pass, as in the official CLI. Raises UsageError."""
    field = ALIASES.get(token.field, token.field)
    op = _OPERATORS.get(token.op)
    if op is None:
        _complain_operator(token)
    text = token.value.strip(",[]")
    if op in ("in", "notin"):
        return Clause(field, op, _list_value(field, text, token), token)
    if not text:
        complain(token, f"no value after {token.op!r}")
    if text in ("any", "*", "?"):
        if op != "eq":
            complain(token, f"{text!r} goes with = only")
        return Clause(field, op, None, token, anything=True)
    return Clause(field, op, _one_value(field, text, token), token)


def _list_value(field: str, text: str, token: Token) -> Value:
    if field in FACTORS:
        complain(token, f"{field} takes one number, no list; combine >= and <=")
    items = [item.strip().replace("_", " ").strip('"') for item in text.split(",") if item.strip()]
    if not items:
        complain(token, f"no value after {token.op!r}")
    if field == "driver_version":
        return [str(version_number(item) or item) for item in items]
    return items


def _one_value(field: str, text: str, token: Token) -> Value:
    if field == "driver_version" and "." in text:
        version = version_number(text.strip('"'))
        if not version:
            complain(token, "a driver version has three parts: 535.86.05")
        return version
    value = text.replace("_", " ").strip('"')
    if field not in FACTORS:
        return _WORDS.get(value, value)
    try:
        number = float(value) * FACTORS[field]
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        unit = "days" if field == "duration" else "GB"
        complain(token, f"{field} takes a number ({unit}), not {value!r}")
    return number


def _complain_operator(token: Token) -> NoReturn:
    if not token.op:
        complain(
            token,
            f"{token.field!r} has no operator",
            hint='A clause is field, operator, value: num_gpus>=2. Names with blanks: "RTX 4090".',
        )
    complain(token, f"unknown operator {token.op!r}", hint="Operators: = != > >= < <= in notin")


def complain(token: Token, text: str, *, hint: str = "") -> NoReturn:
    """Raise the UsageError that names the clause and its place."""
    written = f"{token.field}{token.op}{token.value}"
    shown = written if len(written) <= 40 else written[:39] + "…"
    raise UsageError(f"query, character {token.start + 1}, {shown!r}: {text}", hint=hint)


def unknown_field(token: Token) -> str | None:
    """A remark when the field is not known, with the nearest that is; None for a known one."""
    if token.field in FIELDS or token.field in ALIASES:
        return None
    import difflib

    close = difflib.get_close_matches(token.field, [*sorted(FIELDS), *ALIASES], n=1)
    guess = f"; did you mean {close[0]}?" if close else ""
    return f"query, character {token.start + 1}: unknown field {token.field!r}{guess}"


def reader(field: str) -> Callable[[Offer], object]:
    """A function that reads the field from a row; None when the row does not have it."""
    derived = DERIVED.get(field)
    if derived is not None:
        return derived

    def read(offer: Offer) -> object:
        return getattr(offer, field, None)

    return read


def _comparison(clause: Clause) -> Callable[[object], bool | None]:
    op, value = clause.op, clause.value
    if op in ("eq", "neq", "in", "notin"):
        wanted = value if isinstance(value, list) else [value]
        same = [_sameness(clause.field, item) for item in wanted]
        negative = op in ("neq", "notin")
        return lambda have: any(test(have) for test in same) != negative
    limit = _number(value)
    if limit is None:
        return lambda have: None
    return lambda have: _ordered(op, have, limit)


def _ordered(op: str, have: object, limit: float) -> bool | None:
    number = _number(have)
    if number is None:
        return None
    if op == "gt":
        return number > limit
    if op == "gte":
        return number >= limit
    return number < limit if op == "lt" else number <= limit


def _sameness(field: str, value: object) -> Callable[[object], bool]:
    if isinstance(value, bool) or value is None:
        return lambda have: have == value
    # The official CLI lets single quotes through to the API; what they mean is plain all the same.
    text = plain(str(value).strip("'"))
    number = _number(value)
    if field == "geolocation":
        return lambda have: text in (plain(str(have)), (country_of(str(have)) or "").lower())
    if number is None:
        return lambda have: plain(str(have)) == text
    return lambda have: have == number if isinstance(have, (int, float)) else plain(str(have)) == text


def _number(value: object) -> float | None:
    if isinstance(value, (int, float)):
        return float(value)
    try:
        number = float(value) if isinstance(value, str) else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None
