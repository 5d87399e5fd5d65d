"""The order of a search, made on this side: what several answers brought stands as one would have sent it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from vasttui.api.models import Offer
from vasttui.offers.fields import CATALOGUE, Reader
from vasttui.offers.query import parse_order


def in_order(offers: Iterable[Offer], order: str) -> list[Offer]:
    """The offers by an order such as "dph_total,score-"; equal ones stay as they are, unknown values come last.

    Raises UsageError for a column that offers do not have.
    """
    rows = list(offers)
    for column, direction in reversed(parse_order(order)):
        read = _reader(column)
        known = [row for row in rows if _key(read(row)) is not None]
        lacking = [row for row in rows if _key(read(row)) is None]
        known.sort(key=lambda row: _key(read(row)), reverse=direction == "desc")  # type: ignore[arg-type, return-value]
        rows = known + lacking
    return rows


def _reader(column: str) -> Reader:
    field = CATALOGUE.get(column)
    return field.read if field is not None else lambda offer: None


def _key(value: object) -> tuple[bool, float | str] | None:
    if isinstance(value, int | float):
        return False, float(value)
    return (True, value) if isinstance(value, str) else None


def reach(offers: Sequence[Offer], order: str) -> Callable[[Offer], bool]:
    """Whether an answer that was cut off would have held an offer: its place is before the last one that came.

    Only numbers are compared; for others, and for what stands level with the last, nobody knows and it is False.
    """
    columns = parse_order(order)[:1]
    last = _number(_reader(columns[0][0])(offers[-1])) if columns and offers else None
    if last is None:
        return lambda offer: False
    read, falling = _reader(columns[0][0]), columns[0][1] == "desc"

    def within(offer: Offer) -> bool:
        have = _number(read(offer))
        return have is not None and (have > last if falling else have < last)

    return within


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
