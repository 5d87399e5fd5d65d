"""Whether a row meets a clause, on this side: the server ignores some filters, and what is here is filtered at once."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING

from vasttui.offers.fields import CATALOGUE
from vasttui.offers.gpus import plain
from vasttui.offers.regions import country_named, country_of
from vasttui.offers.units import bare

if TYPE_CHECKING:
    from vasttui.api.models import Offer
    from vasttui.offers.clauses import Clause

Test = Callable[["Offer"], bool | None]

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def reader(field: str) -> Callable[[Offer], object]:
    """A function that reads the field from a row; None when the row does not have it."""
    known = CATALOGUE.get(field)
    return known.read if known is not None else lambda offer: None


def test_of(clause: Clause) -> Test:
    """A function that tells whether a row meets the clause; None when the row does not know.

    A row does not know a field that offers do not have, nor a country where its place names none.
    """
    read, holds = reader(clause.field), _comparison(clause)

    def answer(offer: Offer) -> bool | None:
        have = read(offer)
        return None if have is None else holds(have)

    return answer


def _comparison(clause: Clause) -> Callable[[object], bool | None]:
    op, value = clause.op, clause.value
    if op in _COMPARE:
        return _ordered(_COMPARE[op], _number(value))
    wanted = value if isinstance(value, list) else [value]
    negative = op in ("neq", "notin")
    if clause.field == "geolocation":
        return _placed([str(item) for item in wanted], negative=negative)
    same = [_sameness(item) for item in wanted]
    return lambda have: any(test(have) for test in same) != negative


def _ordered(compare: Callable[[float, float], bool], limit: float | None) -> Callable[[object], bool | None]:
    if limit is None:
        return lambda have: None

    def holds(have: object) -> bool | None:
        number = have if type(have) is float else _number(have)
        return None if number is None else compare(number, limit)

    return holds


def _placed(wanted: list[str], *, negative: bool) -> Callable[[object], bool | None]:
    texts = {plain(_unquoted(item)) for item in wanted}
    countries = {country_named(text) or text.upper() for text in texts}

    def holds(have: object) -> bool | None:
        if plain(str(have)) in texts:
            return not negative
        country = country_of(str(have))
        return None if country is None else (country in countries) != negative

    return holds


def _sameness(value: object) -> Callable[[object], bool]:
    if isinstance(value, bool) or value is None:
        return lambda have: have == value
    text = plain(_unquoted(str(value)))
    number = _number(value)
    if number is None:
        return lambda have: plain(str(have)) == text
    return lambda have: have == number if isinstance(have, (int, float)) else plain(str(have)) == text


def _unquoted(text: str) -> str:
    # The official CLI lets single quotes through to the API; what they mean is plain all the same.
    return text.strip("'")


def _number(value: object) -> float | None:
    if isinstance(value, (int, float)):
        return float(value)
    return bare(value) if isinstance(value, str) else None
