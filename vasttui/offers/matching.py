"""Whether a row meets a clause, on this side: the server ignores some filters, and what is here is filtered at once."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from vasttui.offers.clauses import Clause
from vasttui.offers.fields import CATALOGUE
from vasttui.offers.gpus import plain
from vasttui.offers.regions import country_named, country_of
from vasttui.offers.units import bare

if TYPE_CHECKING:
    from vasttui.api.models import Offer

Test = Callable[["Offer"], bool | None]

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def row_test(clause: Clause) -> Test:
    """A function that tells whether a row meets the clause; None when the row does not know.

    A row does not know a field that offers do not have, nor a country where its place names none.
    """
    known = CATALOGUE.get(clause.field)
    if known is None:
        return lambda offer: None
    read, holds = known.read, _comparison(clause)

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
    return _one_of(wanted, negative=negative)


def _one_of(wanted: Sequence[object], *, negative: bool) -> Callable[[object], bool]:
    exact = {item for item in wanted if isinstance(item, bool)} | set(map(_number, wanted))
    texts = {plain(_unquoted(str(item))) for item in wanted}

    def holds(have: object) -> bool:
        if isinstance(have, str):
            return (plain(have) in texts) != negative
        return (have in exact or (isinstance(have, bool) and str(have).lower() in texts)) != negative

    return holds


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


def _unquoted(text: str) -> str:
    # The official CLI lets single quotes through to the API; what they mean is plain all the same.
    return text.strip("'")


def _number(value: object) -> float | None:
    if isinstance(value, (int, float)):
        return float(value)
    return bare(value) if isinstance(value, str) else None
