"""What is said of a clause that is wrong: its place, what is wrong with it, what to write instead. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from vasttui.api.models import printable
from vasttui.errors import QueryError
from vasttui.offers.fields import ALIASES, CATALOGUE, field_named
from vasttui.offers.gpus import asked_as, known_models
from vasttui.offers.units import fitting, split

if TYPE_CHECKING:
    from vasttui.offers.clauses import Token

MOST_MODELS = 4
"""A short name that means more models than these is no hint."""

_EXAMPLES = {
    "number": "{0}>=2", "text": "{0}=NAME", "flag": "{0}=true", "place": "{0} in [SE,NO]", "version": "{0}>=535.86.05",
    "time": "{0}>1790000000",
}  # fmt: skip
_BY_UNIT = {"%": "{0}>=98%", "GB": "{0}>=24GB", "days": "{0}>=3d", "$/h": "{0}<0.5", "Mbps": "{0}>=200Mbps"}


def complain(token: Token, text: str, *, hint: str = "", part: str = "") -> NoReturn:
    """Raise the QueryError that names the clause and the place of its faulty part, "op", "value" or all of it."""
    raise fault(token, text, hint=hint, part=part)


def fault(token: Token, text: str, *, hint: str = "", part: str = "") -> QueryError:
    """The error that `complain` raises."""
    start, end = token.start, token.end
    if part == "op":
        start, end = token.op_at, token.op_at + len(token.op)
    elif part == "value":
        start = token.value_at if token.value else token.op_at
    elif part == "field":
        end = token.start + len(token.field)
    return at_place(token.text, text, start, max(end, start + 1), hint=hint)


def at_place(shown: str, text: str, start: int, end: int, *, hint: str = "") -> QueryError:
    """The error about the part start..end of a query; a query may come from a file, so it is made printable."""
    message = f"query, character {start + 1}, {shown!r}: {printable(text)}"
    return QueryError(message, start=start, end=end, hint=printable(hint))


def not_a_number(name: str, value: str) -> str:
    """What is wrong with a text where a field takes a number."""
    field = CATALOGUE[ALIASES.get(name, name)]
    parts = split(value)
    if parts is None or not field.unit:
        unit = f" ({field.unit})" if field.unit else ""
        return f"{name} takes a number{unit}, not {value[:40]!r}"
    return f"{name} is in {field.unit}; {fitting(field.unit)} may stand beside the number, not {parts[1][:20]!r}"


def example(name: str) -> str:
    """A hint that shows how the field is asked; "" for an unknown one."""
    field = field_named(name)
    if field is None:
        return ""
    pattern = _BY_UNIT.get(field.unit) or _EXAMPLES[field.kind]
    return f"For example: {'gpu_name=RTX_4090' if name == 'gpu_name' else pattern.format(name)}"


def complain_operator(token: Token) -> NoReturn:
    """Raise the QueryError for a clause without an operator or with one that nobody knows."""
    if not token.op:
        complain(token, f"{token.field!r} has no operator", hint=_meant(token))
    complain(token, f"unknown operator {token.op!r}", hint="Operators: = != > >= < <= in notin", part="op")


def _meant(token: Token) -> str:
    """What to write for words without an operator."""
    if token.field in CATALOGUE or token.field in ALIASES:
        return example(token.field)
    models = known_models(f"{token.field} {token.value}") or known_models(token.field)
    if 0 < len(models) <= MOST_MODELS:
        return f"Write {asked_as(models)}"
    return "A clause is field, operator, value: num_gpus>=2"
