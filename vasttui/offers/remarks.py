"""What the official parser lets through although it cannot be meant: each with its place and what to write. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from vasttui.errors import QueryError
from vasttui.offers.clauses import Clause, Token, items_of
from vasttui.offers.faults import MOST_MODELS, at_place, fault, not_a_number
from vasttui.offers.fields import ALIASES, CATALOGUE, SYNONYMS, Field
from vasttui.offers.gpus import GPU_MODELS, asked_as, known_models, plain
from vasttui.offers.regions import COUNTRIES, country_named, region_named
from vasttui.offers.units import amount, bare

_SIGN = re.compile(r"[=<>!]")
_ORDERED = ("gt", "gte", "lt", "lte")
_QUOTES = "'`‘’“”"
_KNOWN_MODELS = frozenset(map(plain, GPU_MODELS))

# Numbers that nobody means: they belong to another unit.
_MISREAD: dict[str, tuple[Callable[[float], bool], str]] = {
    "reliability": (lambda number: number > 1, "reliability goes from 0 to 1: write 0.98 or 98%"),
    "gpu_frac": (lambda number: number > 1, "gpu_frac goes from 0 to 1: write 0.5 or 50%"),
    "compute_cap": (lambda number: 0 < number < 100, "compute_cap is counted times 100: write 890 for 8.9"),
    "gpu_ram": (lambda number: number >= 2_000_000, "gpu_ram is asked in GB: write 24, or 24000MB"),
    "gpu_total_ram": (lambda number: number >= 8_000_000, "gpu_total_ram is asked in GB: write 96, or 96000MB"),
    "cpu_ram": (lambda number: number >= 16_000_000, "cpu_ram is asked in GB: write 64, or 64000MB"),
    "duration": (lambda number: number >= 86_400 * 3_600, "duration is asked in days: write 3, or 12h"),
}


def unknown_field(token: Token) -> QueryError | None:
    """A remark when offers have no such field, with the nearest that they have; None for a known one."""
    name = token.field
    if name in CATALOGUE or name in ALIASES:
        return None
    guess = SYNONYMS.get(name.lower()) or _nearest(name)
    text = f"unknown field {name!r}" + (f"; did you mean {guess}?" if guess else "")
    if name == "georegion":
        text = f"unknown field {name!r}; write region=EU instead"
    return QueryError(
        f"query, character {token.start + 1}: {text}", start=token.start, end=token.start + len(name)
    )


def _nearest(name: str) -> str:
    import difflib

    known = {field.replace("_", ""): field for field in (*sorted(CATALOGUE), *ALIASES)}
    close = difflib.get_close_matches(name.lower().replace("_", ""), known, n=1)
    return known[close[0]] if close else ""


def misfits(clause: Clause) -> Iterator[QueryError]:
    """Why no row can meet the clause as it is written: a value or an operator that the field does not take."""
    field = CATALOGUE.get(clause.field)
    if field is None or clause.anything or clause.token.field == "region":
        return
    token = clause.token
    if field.kind in ("text", "place") and clause.op in _ORDERED:
        yield fault(token, f"{token.field} is a text and takes = != in notin", part="op")
    elif field.kind == "flag":
        yield from _flag(clause, token)
    elif field.kind in ("number", "time"):
        yield from _number(clause, field)
    elif field.kind == "version" and isinstance(clause.value, str) and bare(clause.value) is None:
        yield fault(token, f"{token.field} takes a version such as 535.86.05, not {clause.value[:40]!r}", part="value")


def _flag(clause: Clause, token: Token) -> Iterator[QueryError]:
    if clause.op not in ("eq", "neq"):
        yield fault(token, f"{token.field} is true or false and takes = and !=", part="op")
    elif not isinstance(clause.value, bool):
        yield fault(token, f"{token.field} is true, false or any, not {token.value[:40]!r}", part="value")


def _number(clause: Clause, field: Field) -> Iterator[QueryError]:
    token = clause.token
    if clause.value is None or isinstance(clause.value, bool):
        if clause.op in _ORDERED or clause.value is not None:
            yield fault(token, not_a_number(token.field, token.value), part="value")
        return
    for value in clause.value if isinstance(clause.value, list) else [clause.value]:
        number = bare(str(value).strip("'"))
        if number is None:
            yield fault(token, not_a_number(token.field, str(value)), part="value")
        elif field.name in _MISREAD and _MISREAD[field.name][0](number):
            yield fault(token, _MISREAD[field.name][1], part="value")


def misspellings(clause: Clause) -> Iterator[QueryError]:
    """What Vast.ai would not find, spelled like this: it compares texts letter by letter."""
    token = clause.token
    if clause.anything or token.field == "region":
        return
    if any(quote in token.value for quote in _QUOTES):
        yield fault(token, "only double quotes are quotes; others are sent as part of the value", part="value")
    elif token.value.startswith("("):
        yield fault(token, "a list stands in brackets: [A,B]", part="value")
    elif clause.op in ("eq", "neq") and "," in token.value.strip(",") and not token.value.startswith('"'):
        other = f"{token.field} {'in' if clause.op == 'eq' else 'notin'} [{','.join(items_of(token.value))}]"
        yield fault(token, f"{token.op} takes one value; for several write {other}", part="value")
    elif clause.field == "id":
        yield fault(token, "Vast.ai finds no offer by id; write ask_contract_id", part="field")
    elif clause.field in _RIGHT and clause.op not in _ORDERED:
        for written in items_of(token.value.replace('"', "")):
            right = _RIGHT[clause.field](written)
            if right:
                yield fault(token, right, part="value")


def _model(written: str) -> str:
    parts = written.split()
    if len(parts) > 1 and all(plain(part) in _KNOWN_MODELS for part in parts):
        return f"commas part the items of a list: [{','.join(parts)}]"
    models = known_models(written)
    if not 0 < len(models) <= MOST_MODELS or written.replace("_", " ") in models:
        return ""
    if len(models) == 1:
        return f"Vast.ai spells it {models[0].replace(' ', '_')}"
    return f"no model has that name alone; write {asked_as(models)}"


def _place(written: str) -> str:
    if written in COUNTRIES or "," in written:
        return ""
    parts = written.split()
    if len(parts) > 1 and all(part in COUNTRIES for part in parts):
        return f"commas part the items of a list: [{','.join(parts)}]"
    country = country_named(written)
    if country:
        return f"countries are asked by their two letters: {country}"
    return f"{written} is a region; write region={written}" if region_named(written) else ""


_RIGHT: dict[str, Callable[[str], str]] = {"gpu_name": _model, "geolocation": _place}


def stray_words(text: str, token: Token, words: list[Token]) -> QueryError | None:
    """The error for words without an operator after a clause: `gpu_name=RTX 4090`, `gpu_ram>=24 GB`, `and`.

    Args:
        text: the query.
        token: the clause before.
        words: what stands after it without an operator.

    Returns:
        None when they look like the beginning of a clause of their own.
    """
    first = words[0]
    if first.field.lower() in ("and", "or"):
        text = f"{first.field!r} is no part of a query: all clauses must hold, and blanks part them"
        return fault(first, text, part="field", hint="One of several is: gpu_name in [RTX_4090,RTX_5090]")
    if any(name.startswith(first.field) for name in (*CATALOGUE, *ALIASES)):
        return None
    # A word without an operator takes the next one for its value, be it the beginning of a clause.
    last = words[-1]
    end = last.start + len(last.field) if _SIGN.search(last.value) else last.end
    value = " ".join(text[token.value_at : end].split())
    right = _without_blanks(token, value.strip(_QUOTES))
    if not right:
        return None
    shown = f"{token.field}{token.op}{value}" if not token.op[0].isalpha() else f"{token.field} {token.op} {value}"
    return at_place(shown[:60], "a blank ends the value", token.value_at, end, hint=f"Write {right}")


def _without_blanks(token: Token, value: str) -> str:
    """How to write a value that has blanks, "" when its field takes none of that kind."""
    start, joined = f"{token.field}{token.op}", value.replace(" ", "")
    if not token.value.strip("=<>!"):
        return f"{start}{joined}"
    if token.value[0] in '["':
        return ""
    if token.op[0].isalpha():
        return f"{token.field} {token.op} [{','.join(re.split('[ ,]+', value))}]"
    field = CATALOGUE.get(ALIASES.get(token.field, token.field))
    if field is not None and field.kind == "number":
        return f"{start}{joined}" if amount(joined, field.unit) is not None else ""
    if field is not None and field.kind in ("flag", "version", "time"):
        return ""
    return f'{start}{value.replace(" ", "_")} or {start}"{value}"'
