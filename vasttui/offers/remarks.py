"""What the official parser lets through although it cannot be meant: each with its place and what to write. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator

from vasttui.errors import QueryError
from vasttui.offers.clauses import Clause, Token, fault, items_of, not_a_number
from vasttui.offers.fields import ALIASES, CATALOGUE, SYNONYMS, Field
from vasttui.offers.gpus import GPU_MODELS, plain
from vasttui.offers.regions import COUNTRIES, country_named, region_named
from vasttui.offers.units import bare

_SIGN = re.compile(r"[=<>!]")
_ORDERED = ("gt", "gte", "lt", "lte")
_KNOWN_MODELS = {plain(model): model for model in GPU_MODELS}

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
    if "'" in token.value:
        text = "single quotes are sent as part of the value; leave them out, or use double quotes"
        yield fault(token, text, part="value")
        return
    if clause.field == "id" and not clause.anything:
        yield fault(token, "Vast.ai finds no offer by id; write ask_contract_id", part="field")
    for written in items_of(token.value.replace('"', "")) if not clause.anything else ():
        right = _RIGHT[clause.field](written) if clause.field in _RIGHT and token.field != "region" else ""
        if right:
            yield fault(token, right, part="value")


def _model(written: str) -> str:
    known = _KNOWN_MODELS.get(plain(written))
    if known is None or known == written.replace("_", " "):
        return ""
    return f"Vast.ai spells it {known.replace(' ', '_')}"


def _place(written: str) -> str:
    if written in COUNTRIES or "," in written:
        return ""
    country = country_named(written)
    if country:
        return f"countries are asked by their two letters: {country}"
    return f"{written} is a region; write region={written}" if region_named(written) else ""


_RIGHT: dict[str, Callable[[str], str]] = {"gpu_name": _model, "geolocation": _place}


def blank_in_value(token: Token, words: list[Token]) -> QueryError | None:
    """The error for a value that a blank has ended: `gpu_name=RTX 4090`, `gpu_ram>=24 GB`.

    Args:
        token: the clause before.
        words: what stands after it without an operator; None is returned when they begin with a field's name.
    """
    if any(name.startswith(words[0].field) for name in (*CATALOGUE, *ALIASES)):
        return None
    start, end = token.value_at, words[-1].end
    value = token.value
    for word in words:
        # A word without an operator takes the next one for its value, be it the beginning of a clause.
        whole = not _SIGN.search(word.value)
        value += f" {word.field} {word.value}".rstrip() if whole else f" {word.field}"
        end = word.end if whole else word.start + len(word.field)
    field = CATALOGUE.get(ALIASES.get(token.field, token.field))
    if field is not None and field.kind == "number" and field.unit:
        right = f"{token.field}{token.op}{value.replace(' ', '')}"
    else:
        right = f'{token.field}{token.op}{value.replace(" ", "_")} or {token.field}{token.op}"{value}"'
    shown = f"{token.field}{token.op}{value}"[:60]
    return QueryError(
        f"query, character {start + 1}, {shown!r}: a blank ends the value", start=start, end=end, hint=f"Write {right}"
    )
