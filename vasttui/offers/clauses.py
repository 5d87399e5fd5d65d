"""The official CLI's query grammar, token by token, each with its place in the text.

A clause is a field, an operator and a value: `num_gpus>=2`, `geolocation in [SE,NO]`, `gpu_name="RTX 4090"`.
Names of operators: = == eq, != neq noteq, > gt, >= gte, < lt, <= lte, in, notin nin `not in`.

Two things are ours. A number may have a unit that fits its field (`gpu_ram>=24GB`, `duration>12h`, `dph<$0.5`): the
official parser crashes on some of these and sends the others as text that no row meets. And `region=EU`, a field that
it does not know, stands for `geolocation in [...]` with the countries of the region, in the request and in the check of
its rows; codes, names and single countries may be mixed in a list. `geolocation=EU` is sent as it is, for the official
parser takes it, and `geolocation=LC` is Saint Lucia; `vasttui.offers.remarks` tells those who meant a region.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from vasttui.errors import QueryError
from vasttui.offers.faults import complain, complain_operator, example, not_a_number
from vasttui.offers.fields import ALIASES, CATALOGUE, FACTORS, version_number
from vasttui.offers.regions import REGIONS, country_named, region_named
from vasttui.offers.units import amount, bare

Value = str | bool | int | float | list[str] | None

# The parts of a clause, as the official parser's one expression has them.
FIELD = re.compile(r"[A-Za-z0-9_]+")
SYMBOL = re.compile(r" *([=<>!]+)")
WORD = re.compile(r" +([lg]te?|n?in|n?eq|not ?(?:in|eq)) ")
VALUE = re.compile(r'\[[^\]]+\]|"[^"]+"|[^ ]+')
BLANKS = str.maketrans("\t\r\n", "   ")
OPERATORS = {
    "=": "eq", "==": "eq", "eq": "eq", "!=": "neq", "neq": "neq", "noteq": "neq", "not eq": "neq",
    ">": "gt", "gt": "gt", ">=": "gte", "gte": "gte", "<": "lt", "lt": "lt", "<=": "lte", "lte": "lte",
    "in": "in", "notin": "notin", "nin": "notin", "not in": "notin",
}  # fmt: skip
"""As written -> the API's name."""

ANYTHING = ("any", "*", "?")
_WORDS: dict[str, bool | None] = {
    "true": True, "True": True, "false": False, "False": False, "None": None, "null": None,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """A clause as it was written. Places count characters of the query from 0.

    Attributes:
        start / op_at / value_at / end: where it, its operator and its value begin, and where it ends.
    """

    field: str
    op: str
    value: str
    start: int
    end: int
    op_at: int = 0
    value_at: int = 0

    @property
    def text(self) -> str:
        """The clause on one line, no longer than a message bears."""
        apart = self.op[:1].isalpha() or (not self.op and self.value_at > self.start + len(self.field))
        blank = " " if apart else ""
        written = f"{self.field}{blank}{self.op}{blank if self.op else ''}{self.value}".rstrip()
        return written if len(written) <= 40 else written[:39] + "…"


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


def scan_clause(text: str, start: int) -> Token | None:
    """The clause that begins at `start`; None when no field's name begins there."""
    name = FIELD.match(text, start)
    if name is None:
        return None
    symbol = SYMBOL.match(text, name.end()) or WORD.match(text, name.end())
    after = _skip_blanks(text, symbol.end() if symbol else name.end())
    value = VALUE.match(text, after)
    end = value.end() if value else after
    op_at = symbol.start(1) if symbol else name.end()
    return Token(name[0], symbol[1] if symbol else "", value[0] if value else "", start, end, op_at, after)


def scan(text: str) -> Iterator[Token]:
    """All clauses of a query. Raises QueryError at what is none."""
    text = text.translate(BLANKS)
    place = len(text) - len(text.lstrip())
    while place < len(text.rstrip()):
        token = scan_clause(text, place)
        if token is None:
            end = text.find(" ", place)
            raise QueryError(
                f"query, character {place + 1}: {text[place : place + 20]!r} cannot begin a clause",
                start=place,
                end=len(text) if end < 0 else end,
                hint="A clause is field, operator, value: num_gpus>=2",
            )
        yield token
        place = _skip_blanks(text, token.end)


def _skip_blanks(text: str, place: int) -> int:
    while place < len(text) and text[place] == " ":
        place += 1
    return place


def read_clause(token: Token) -> Clause:
    """The clause that a token means; unknown fields pass, as in the official CLI. Raises QueryError."""
    field = ALIASES.get(token.field, token.field)
    op = OPERATORS.get(token.op)
    if op is None:
        complain_operator(token)
    if field == "region":
        return _region(op, token)
    text = token.value.strip(",[]")
    if op in ("in", "notin"):
        return Clause(field, op, _list_value(field, text, token), token)
    if not text:
        complain(token, f"no value after {token.op!r}", hint=example(token.field), part="value")
    if text in ANYTHING:
        if op != "eq":
            complain(token, f"{text!r} goes with = only", hint=f"Write {token.field}={text}", part="value")
        return Clause(field, op, None, token, anything=True)
    return Clause(field, op, _one_value(field, text, token), token)


def items_of(value: str) -> list[str]:
    """The items of a list as it was written, without the blanks around them."""
    return [item.strip() for item in value.strip(",[]").split(",") if item.strip()]


def _list_value(field: str, text: str, token: Token) -> Value:
    one = f"combine {token.field}>= and {token.field}<="
    if field in FACTORS:
        complain(token, f"{token.field} takes one number, no list; {one}", part="value")
    if field == "driver_version" and "." in text:
        complain(token, f"{token.field} takes one version, no list; {one}", part="value")
    items = [item.replace("_", " ").strip('"') for item in items_of(text)]
    if not items:
        complain(token, f"no value after {token.op!r}", hint=example(token.field), part="value")
    return [_with_unit(field, item) or item for item in items]


def _region(op: str, token: Token) -> Clause:
    """`region` as the list of countries that it means."""
    many = {"eq": "in", "in": "in", "neq": "notin", "notin": "notin"}.get(op)
    if many is None:
        complain(token, "region takes = != in notin", part="op")
    if op == "eq" and token.value in ANYTHING:
        return Clause("geolocation", op, None, token, anything=True)
    countries: list[str] = []
    for item in items_of(token.value.replace('"', "")):
        region, country = region_named(item), country_named(item)
        if region is None and country is None:
            known = "AF AS EU LC NA OC, Africa, Europe, South_America, or a country such as SE"
            complain(token, f"unknown region {item!r}", hint=f"Regions: {known}", part="value")
        countries += REGIONS[region] if region else [country or item]
    if not countries:
        complain(token, f"no value after {token.op!r}", hint=example("region"), part="value")
    return Clause("geolocation", many, list(dict.fromkeys(countries)), token)


def _one_value(field: str, text: str, token: Token) -> Value:
    if field == "driver_version" and "." in text:
        return _version(text, token)
    value = text.replace("_", " ").strip('"')
    if field not in FACTORS:
        return _WORDS[value] if value in _WORDS else _with_unit(field, value) or value
    asked = amount(value, CATALOGUE[field].unit)
    try:
        number = float(value) * FACTORS[field] if asked is None else round(asked * FACTORS[field], 6)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        complain(token, not_a_number(token.field, value), hint=example(token.field), part="value")
    return number


def _version(text: str, token: Token) -> int:
    """As the official parser counts it, odd forms included."""
    parts = text.split(".")
    try:
        number = int("".join(part.zfill(3) for part in parts)) if len(parts) == 3 else 0
    except ValueError:
        number = 0
    if not number:
        wrong = f"a driver version has three parts without quotes, not {text[:40]!r}"
        complain(token, wrong, hint=example("driver_version"), part="value")
    return version_number(text) or number


def _with_unit(field: str, value: str) -> str | None:
    """The number in the field's own unit, as text like all that the official CLI sends; None without a unit."""
    known = CATALOGUE.get(field)
    if known is None or known.kind != "number" or bare(value) is not None:
        return None
    asked = amount(value, known.unit)
    return None if asked is None else f"{asked:.12g}"
