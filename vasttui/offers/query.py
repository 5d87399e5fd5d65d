"""Searching the market: a query in the official CLI's grammar, the request body, the check of what came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from typing import Any, Final

from vasttui.api.models import Offer
from vasttui.config import Config, Preset
from vasttui.errors import QueryError, UsageError
from vasttui.offers.clauses import Clause, read_clause, scan
from vasttui.offers.fields import ALIASES, SORTABLE
from vasttui.offers.gpus import models_named
from vasttui.offers.matching import Test, row_test
from vasttui.offers.regions import COUNTRIES, REGIONS
from vasttui.offers.remarks import misfits, misspellings, stray_words, unknown_field

DEFAULT_ORDER = "score-"
DEFAULT_STORAGE = 5.0  # GB, the official CLI's

_TYPES = {
    "on-demand": "on-demand",
    "ondemand": "on-demand",
    "bid": "bid",
    "interruptible": "bid",
    "reserved": "reserved",
}


@dataclass(frozen=True)
class Query:
    """A parsed query.

    Attributes:
        text: as it was written.
        clauses: in the order they were written.
        remarks: what the official parser lets through although it cannot be meant, each with its place.
    """

    text: str
    clauses: tuple[Clause, ...]
    remarks: tuple[QueryError, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """The remarks as lines of text."""
        return tuple(remark.message for remark in self.remarks)

    def filters(self, *, defaults: bool = True) -> dict[str, dict[str, Any]]:
        """Field -> operator -> value as the API takes them, with the official CLI's three default filters."""
        found: dict[str, dict[str, Any]] = {}
        for clause in self.in_force(defaults=defaults):
            found.setdefault(clause.field, {})[clause.op] = clause.value
        return found

    def in_force(self, *, defaults: bool = True) -> tuple[Clause, ...]:
        """The clauses that a request really holds: a later one replaces an earlier one of its field and operator.

        The default filters among them are those of `HIDDEN`.
        """
        last: dict[tuple[str, str], Clause] = {}
        for clause in (*(HIDDEN if defaults else ()), *self.clauses):
            if clause.anything:
                last = {key: kept for key, kept in last.items() if key[0] != clause.field}
            else:
                last[clause.field, clause.op] = clause
        return tuple(last.values())

    def body(
        self,
        *,
        type: str = "on-demand",  # noqa: A002  the API's own name
        order: str = DEFAULT_ORDER,
        storage: float = DEFAULT_STORAGE,
        limit: int | None = None,
        defaults: bool = True,
    ) -> dict[str, Any]:
        """The body of POST /api/v0/bundles/, equal to the official CLI's for the same query and options.

        Args:
            type: on-demand, bid (or interruptible) or reserved.
            order: e.g. "dph_total,score-"; a minus before or after a name sorts downwards.
            storage: GB of disk that prices include.
            limit: rows wanted, None for the server's own bound.
            defaults: whether `verified=true external=false rentable=true` hold where the query is silent.

        Raises:
            UsageError: unknown type or column.
        """
        body: dict[str, Any] = dict(self.filters(defaults=defaults))
        body["order"] = parse_order(order)
        body["type"] = parse_type(type)
        if limit:
            body["limit"] = int(limit)
        body["allocated_storage"] = storage
        return body

    def matches(self, offer: Offer) -> bool:
        """Whether the row meets every clause; what the row does not tell counts as met.

        The server sometimes ignores numeric filters, so what it sends is checked again.
        """
        return self.failed(offer) is None

    def failed(self, offer: Offer) -> Clause | None:
        """The first clause that the row does not meet, or None."""
        for clause, test in self._tests:
            if test(offer) is False:
                return clause
        return None

    @cached_property
    def _tests(self) -> tuple[tuple[Clause, Test], ...]:
        return tuple((clause, row_test(clause)) for clause in self.in_force(defaults=False))


def parse(text: str | Sequence[str]) -> Query:
    """Parse a query, or words that a command line gave.

    Raises:
        QueryError: the clause and its place, for all that the official parser refuses.
    """
    joined = text if isinstance(text, str) else " ".join(text)
    tokens = list(scan(joined))
    clauses, remarks = [], []
    for place, token in enumerate(tokens):
        if not token.op and place:
            stray = stray_words(joined, tokens[place - 1], list(takewhile(lambda word: not word.op, tokens[place:])))
            if stray is not None:
                raise stray
        clause = read_clause(token)
        clauses.append(clause)
        remarks += _remarks(clause)
    return Query(joined.strip(), tuple(clauses), tuple(remarks))


def parse_strictly(text: str | Sequence[str]) -> Query:
    """Parse a query whose remarks count as faults: for a person who types, and before money is spent.

    Raises:
        QueryError: as `parse`, and for unknown fields, values of the wrong kind and spellings that find nothing.
    """
    query = parse(text)
    if query.remarks:
        raise query.remarks[0]
    return query


def _remarks(clause: Clause) -> list[QueryError]:
    unknown = unknown_field(clause.token)
    spelled = list(misspellings(clause))
    return [unknown, *spelled] if unknown else spelled or list(misfits(clause))


HIDDEN: Final = tuple(read_clause(token) for token in scan("verified=true external=false rentable=true"))
"""The official CLI's default filters."""


def parse_order(order: str) -> list[list[str]]:
    """[[column, "asc" or "desc"], ...]. Raises UsageError for a column that offers do not have."""
    parsed = []
    for part in order.split(","):
        name = part.strip()
        if not name:
            continue
        falling = name.strip("-") != name
        column = name.strip("-+")
        if column not in SORTABLE:
            raise UsageError(f"order: unknown column {column[:40]!r}{_nearest_column(column)}")
        parsed.append([ALIASES.get(column, column), "desc" if falling else "asc"])
    return parsed


def _nearest_column(name: str) -> str:
    import difflib

    close = difflib.get_close_matches(name, sorted(SORTABLE), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def parse_type(text: str) -> str:
    """The API's name of the kind of offer. Raises UsageError."""
    if text not in _TYPES:
        raise UsageError(f"type: on-demand, bid or reserved was expected, got {text[:40]!r}")
    return _TYPES[text]


def preset_text(preset: Preset, config: Config) -> str:
    """The preset's search in the query language; its own `query` comes last, so that it can override."""
    vram = config.min_vram_gb if preset.min_vram is None else preset.min_vram
    models = [model for name in preset.gpu_models for model in models_named(name)]
    parts = [
        _listed("gpu_name", [f'"{model}"' for model in dict.fromkeys(models)]),
        _limit("num_gpus=", preset.num_gpus),
        _limit("gpu_ram>=", vram or None),
        _limit("dph_total<=", preset.max_price),
        _limit("reliability>=", preset.min_reliability),
        "" if preset.verified else f"verified={'any' if preset.verified is None else 'false'}",
        "" if preset.datacenter is None else f"datacenter={str(preset.datacenter).lower()}",
        _listed(*_places(preset.countries)),
        _limit("disk_space>=", preset.min_disk),
        _limit("inet_down>=", preset.min_inet_down),
        _limit("cuda_max_good>=", preset.min_cuda),
        " ".join(preset.query.split()),
    ]
    return " ".join(part for part in parts if part)


def _places(codes: Sequence[str]) -> tuple[str, list[str]]:
    """Countries, unless one of them is none but a region: EU."""
    upper = [code.upper() for code in codes]
    regions = [code for code in upper if code not in COUNTRIES and code in REGIONS]
    return "region" if regions else "geolocation", upper


def _limit(start: str, value: float | None) -> str:
    return "" if value is None else f"{start}{value:.12g}"


def _listed(field: str, values: list[str]) -> str:
    if len(values) == 1:
        return f"{field}={values[0]}"
    return f"{field} in [{','.join(values)}]" if values else ""


def from_preset(preset: Preset, config: Config) -> Query:
    """The preset's search. Raises UsageError naming the preset when its `query` is wrong."""
    try:
        parse(preset.query)
    except UsageError as error:
        raise UsageError(f"presets.{preset.name}.query: {error.message}", hint=error.hint) from error
    return parse(preset_text(preset, config))
