"""An offer as the search reply shows it, and the evaluation of a search body over such rows.

Request grammar: vast-ai/docs, search_offers.yaml; numbers arrive as text from the official CLI (`{"gt":
"0.98"}`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vasttui.sim.market import Offer

Row = dict[str, Any]

KINDS = {
    "on-demand": "on-demand",
    "ondemand": "on-demand",
    "bid": "bid",
    "interruptible": "bid",
    "reserved": "reserved",
}
OPERATORS = ("eq", "neq", "gt", "gte", "lt", "lte", "in", "notin")
PSEUDO_FIELDS = {"verified", "datacenter", "georegion", "chunked"}
NOT_FILTERS = {"order", "type", "limit", "allocated_storage", "disable_bundling", "select_cols", "extra"}


class BadQuery(ValueError):
    """A search body that the service refuses; `code` is the reply's `error`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def offer_row(offer: Offer, storage: float, kind: str) -> Row:
    """All fields of an offer, priced with `storage` GB of disk ($/h in every dph and search field)."""
    base = offer.min_bid if kind == "bid" else round(offer.price * (0.75 if kind == "reserved" else 1.0), 6)
    disk = offer.storage_cost * storage / 720.0
    total = base + disk
    fixed = offer.fixed
    return {
        **fixed,
        "dph_base": base,
        "dph_total": total,
        "dph_total_adj": total,
        "min_bid": offer.min_bid,
        "is_bid": kind == "bid",
        "discount_rate": 0.25 if kind == "reserved" else 0.0,
        "discounted_hourly": 0.0,
        "discounted_dph_total": total,
        "storage_cost": offer.storage_cost,
        "storage_total_cost": disk,
        "vram_costperhour": total / float(fixed["gpu_total_ram"]),
        "dlperf_per_dphtotal": fixed["dlperf"] / total,
        "flops_per_dphtotal": fixed["total_flops"] / total,
        "score": fixed["dlperf"] / total * offer.reliability,
        "rentable": not offer.taken,
        "rented": offer.taken,
        "search": price_split(base, disk),
        "instance": price_split(0.0, disk),
    }


def price_split(gpu: float, disk: float) -> Row:
    """The `search` and `instance` blocks: $/h for GPUs, disk and both."""
    return {
        "gpuCostPerHour": gpu,
        "diskHour": disk,
        "totalHour": gpu + disk,
        "discountTotalHour": 0,
        "discountedTotalPerHour": gpu + disk,
    }


def compile_query(body: Row, known: Iterable[str]) -> Callable[[Row], bool]:
    """The filters of a search body as one predicate over rows.

    Raises BadQuery for a field that no row has and for a value that is not an operator object.
    """
    allowed = set(known) | PSEUDO_FIELDS
    tests: list[Callable[[Row], bool]] = []
    for name, clause in body.items():
        if name in NOT_FILTERS:
            continue
        if name not in allowed:
            raise BadQuery("invalid_request", f"Error in search query: {name} is not a valid search key")
        if not isinstance(clause, dict):
            raise BadQuery("bad_request", f"q.{name}: Input should be a valid dictionary; received {clause!r}")
        tests.extend(_test(name, op, value) for op, value in clause.items())
    return lambda row: all(test(row) for test in tests)


def _test(name: str, op: str, value: Any) -> Callable[[Row], bool]:
    if op not in OPERATORS:
        raise BadQuery("invalid_request", f"Error in search query: {op} is not a valid operator for {name}")
    if name == "id":
        # Filtering offers by id finds nothing on the real service either: `ask_contract_id` is the way.
        return lambda _row: False
    values = value if isinstance(value, list) else [value]
    match op:
        case "eq" | "in":
            return lambda row: any(_same(name, _field(row, name), item) for item in values)
        case "neq" | "notin":
            return lambda row: not any(_same(name, _field(row, name), item) for item in values)
    limit = _number(value)
    compare = _COMPARE[op]

    def ordered(row: Row) -> bool:
        have = _number(_field(row, name))
        return have is not None and limit is not None and compare(have, limit)

    return ordered


_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
}


def _field(row: Row, name: str) -> Any:
    if name == "verified":
        return row.get("verification") == "verified"
    if name == "datacenter":
        return row.get("hosting_type") == 1
    return row.get(name)


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _same(name: str, have: Any, want: Any) -> bool:
    if isinstance(want, str) and isinstance(have, str):
        if name == "geolocation":
            return have == want or have.rpartition(",")[2].strip() == want
        return have.replace("_", " ") == want.replace("_", " ")
    if isinstance(want, bool) or isinstance(have, bool):
        return bool(have) == (want in (True, "true", "True", 1, "1"))
    first, second = _number(have), _number(want)
    return have == want if first is None or second is None else first == second


def sort_rows(rows: list[Row], order: Any) -> None:
    """Sort in place by `[[field, "asc"|"desc"], ...]`, first key first; rows without the field come last."""
    for key in reversed(order if isinstance(order, list) else []):
        name, direction = (key[0], key[1]) if isinstance(key, list) and len(key) == 2 else (str(key), "asc")
        have = [row for row in rows if row.get(name) is not None]
        lack = [row for row in rows if row.get(name) is None]
        have.sort(key=lambda row: (isinstance(row[name], str), row[name]), reverse=direction == "desc")
        rows[:] = have + lack
