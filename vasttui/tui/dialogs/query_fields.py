"""The search form's fields, what a search puts into them, and the search that they mean. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from vasttui.errors import QueryError, UsageError
from vasttui.offers.editing import Term, terms, with_clause
from vasttui.offers.gpus import GPU_MODELS, models_named, plain
from vasttui.offers.query import parse_strictly
from vasttui.offers.regions import country_named, region_named
from vasttui.snapshot import Search
from vasttui.tui.format import gigabytes
from vasttui.tui.panes.offers.asking import TRUST, TYPES, read_storage, trust, with_trust
from vasttui.tui.widgets.query_marks import explanation

FormText = Mapping[str, str]
"""What stands in the fields, by their names."""

ORDERS: Final[Mapping[str, str]] = {
    "best value": "score-",
    "cheapest": "dph_total",
    "fastest": "dlperf-",
    "most reliable": "reliability-",
}


class FieldError(UsageError):
    """A field of the form is wrong.

    Attributes:
        field: its name.
    """

    title = "Bad field"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{LABELS.get(field, field)}: {message}")
        self.field = field


@dataclass(frozen=True, slots=True)
class Blank:
    """A field for one condition.

    Attributes:
        name: by which it is found.
        label: with the unit.
        field: the query's field.
        ops: operators whose clauses it shows, the first one for a new clause.
        hint: what may be typed.
        listed: it takes several values.
        meant: the values that one typed value stands for. Raises UsageError.
    """

    name: str
    label: str
    field: str
    ops: tuple[str, ...]
    hint: str
    listed: bool = False
    meant: Callable[[str], Sequence[str]] = lambda typed: (typed,)


def _models(typed: str) -> Sequence[str]:
    known = {plain(model): model for model in GPU_MODELS}
    return (known[plain(typed)],) if plain(typed) in known else models_named(typed)


def _country(typed: str) -> Sequence[str]:
    code = country_named(typed)
    if code is None:
        instead = "; a region has a field of its own" if region_named(typed) else ""
        raise UsageError(f"{typed[:30]!r} is no country or its two letters{instead}")
    return (code,)


def _region(typed: str) -> Sequence[str]:
    key = region_named(typed)
    if key is None:
        raise UsageError(f"{typed[:30]!r} is no region: EU, NA, AS, Europe, Asia, ...")
    return (key,)


BLANKS: Final = (
    Blank("models", "GPU models", "gpu_name", ("in", "eq"), "RTX 4090, RTX 5090; right: completes", True, _models),
    Blank("gpus", "GPUs", "num_gpus", ("eq", "gte"), "2, or 2+"),
    Blank("vram", "VRAM, GB", "gpu_ram", ("gte", "gt"), "of one, at least"),
    Blank("price", "most $/h", "dph_total", ("lte", "lt"), "for the machine"),
    Blank("reliability", "reliability", "reliability", ("gte", "gt"), "at least: 98%"),
    Blank("countries", "countries", "geolocation", ("in", "eq"), "SE, Norway", True, _country),
    Blank("regions", "regions", "region", ("in", "eq"), "EU, Asia", True, _region),
    Blank("disk", "disk, GB", "disk_space", ("gte", "gt"), "free, at least"),
    Blank("down", "down, Mbps", "inet_down", ("gte", "gt"), "at least: 1Gbps"),
    Blank("cuda", "CUDA", "cuda_max_good", ("gte", "gt"), "at least: 12.4"),
    Blank("ports", "open ports", "direct_port_count", ("gte", "gt"), "at least"),
)
LABELS: Final = {blank.name: blank.label for blank in BLANKS} | {
    "storage": "storage, GB",
    "machines": "machines",
    "type": "type",
    "order": "order",
}


def form_of(search: Search) -> dict[str, str]:
    """What the fields say of a search. Raises QueryError for a query that cannot be read."""
    written = terms(search.text)
    form = {blank.name: _shown(blank, _own(blank, written)) for blank in BLANKS}
    by_order = {order: name for name, order in ORDERS.items()}
    return form | {
        "storage": gigabytes(search.storage_gb),
        "machines": trust(search.text),
        "type": search.type,
        "order": by_order.get(search.order, search.order),
    }


def _own(blank: Blank, written: Sequence[Term]) -> Term | None:
    own = [t for t in written if t.field == blank.field and t.op in blank.ops and not t.hidden and not t.void]
    # `geolocation=any` and the like are no value of a field.
    return next((term for term in reversed(own) if term.value not in ("any", "*", "?")), None)


def _shown(blank: Blank, term: Term | None) -> str:
    if term is None:
        return ""
    if blank.listed:
        return ", ".join(item.strip() for item in term.value.split(",") if item.strip())
    return f"{term.value}+" if blank.name == "gpus" and term.op == "gte" else term.value


def search_of(form: FormText, search: Search) -> Search:
    """The search that the fields mean; what they do not show of the present one stays.

    Raises:
        FieldError: a field and what is expected there.
        QueryError: the present query cannot be read.
    """
    before, text = form_of(search), search.text
    for blank in BLANKS:
        if form[blank.name].strip() != before[blank.name]:
            text = _with(blank, form[blank.name].strip(), text)
    if form["machines"] != before["machines"] and form["machines"] in TRUST:
        text = with_trust(text, form["machines"])
    return replace(
        search,
        text=text,
        type=form["type"] if form["type"] in TYPES else search.type,
        order=ORDERS.get(form["order"], search.order),
        storage_gb=_storage(form["storage"], search) if form["storage"] != before["storage"] else search.storage_gb,
    )


def unknown_models(search: Search, seen: Collection[str]) -> list[str]:
    """Models that a search asks for and that nobody has seen: perhaps misspelled, perhaps new.

    Args:
        search: what is asked.
        seen: names of models.
    """
    known = {plain(name) for name in seen}
    asked = [term.value.split(",") for term in terms(search.text) if term.field == "gpu_name" and not term.void]
    return [name.strip() for names in asked for name in names if plain(name) not in known | {"any", "*", "?"}]


def _storage(text: str, search: Search) -> float:
    try:
        return read_storage(text)
    except UsageError as error:
        raise FieldError("storage", error.message.removeprefix("storage: ")) from None


def _with(blank: Blank, typed: str, text: str) -> str:
    """The query with what was typed in place of the clauses that the field shows."""
    present = _own(blank, terms(text))
    values, op = _meant(blank, typed, present)
    for other in blank.ops:
        text = with_clause(text, blank.field, other, None if other != op else values if op == "in" else values[0])
    return text


def _meant(blank: Blank, typed: str, present: Term | None) -> tuple[list[str], str]:
    """The values and the operator; no operator for an empty field."""
    if not typed:
        return [], ""
    try:
        values, op = _values(blank, typed, present)
        parse_strictly(with_clause("", blank.field, op, values if op == "in" else values[0]))
    except QueryError as error:
        raise FieldError(blank.name, explanation(error)) from None
    except UsageError as error:
        raise FieldError(blank.name, error.message) from None
    return values, op


def _values(blank: Blank, typed: str, present: Term | None) -> tuple[list[str], str]:
    """Raises UsageError for what stands for no value."""
    items = [item.strip() for item in typed.split(",") if item.strip()] if blank.listed else [typed]
    values = list(dict.fromkeys(value for item in items for value in blank.meant(item)))
    op = blank.ops[0] if present is None else present.op
    if blank.name == "gpus":
        op, values = ("gte" if typed.endswith("+") else "eq"), [typed.removesuffix("+").strip()]
    elif blank.listed:
        op = "in" if len(values) > 1 else "eq"
    if not values or not values[0]:
        raise UsageError(f"{typed[:30]!r} is no value")
    return values, op
