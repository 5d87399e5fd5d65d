"""Commands that do in a shell what the pane shows: for vasttui, the official CLI, and curl. Pure.

Every word is quoted for the shell. The API key stands in none of them: curl takes it from the environment.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from vasttui.api.models import Offer
from vasttui.jobs.box_checks import LEAST_DISK
from vasttui.jobs.rental import RentPlan
from vasttui.offers.fields import FACTORS
from vasttui.offers.query import parse, parse_order
from vasttui.snapshot import Search

_SYMBOLS: Final = {
    "eq": "=",
    "neq": "!=",
    "gt": ">",
    "gte": ">=",
    "lt": "<",
    "lte": "<=",
    "in": " in ",
    "notin": " notin ",
}
_PLAIN: Final = re.compile(r"[A-Za-z0-9.+-]+( [A-Za-z0-9.+-]+)*")
_WILD: Final = frozenset({"any", "*", "?"})


@dataclass(frozen=True, slots=True)
class Command:
    """One line for a shell, and what it does."""

    title: str
    line: str


def commands(
    search: Search, api: str, offer: Offer | None = None, plan: RentPlan | None = None, preset_text: str | None = None
) -> tuple[Command, ...]:
    """What can be copied.

    Args:
        search: what was asked.
        api: the API's address, https://console.vast.ai.
        offer: the row, None without one.
        plan: how the row would be rented, None when that is not known.
        preset_text: the query of the search's preset; as long as it is the search's, the preset is named instead, and
            with it its host lists.

    Raises:
        UsageError: the search's text is not a query.
    """
    of_offer = () if offer is None else (_rent(offer, search), _create(offer, search, plan or RentPlan()))
    return (*of_offer, _search(search, preset_text), _official(search), _curl(search, api))


def _rent(offer: Offer, search: Search) -> Command:
    words = ["vasttui", "rent", str(offer.id), *_named("--preset", search.preset), *_bid(offer, search, "--bid")]
    return Command("rent this offer", shlex.join([*words, *_disk(search)]))


def _create(offer: Offer, search: Search, plan: RentPlan) -> Command:
    """Environment and start command stay out: they may hold secrets."""
    what = ["--template_hash", plan.template] if plan.template else ["--image", plan.image or "IMAGE"]
    words = ["vastai", "create", "instance", str(offer.id), *what, *_disk(search)]
    reach = [] if plan.template else ["--ssh", "--direct"]
    return Command("rent it with the official CLI", shlex.join([*words, *reach, *_bid(offer, search, "--bid_price")]))


def _disk(search: Search) -> list[str]:
    return ["--disk", f"{max(search.storage_gb, LEAST_DISK):g}"]


def _bid(offer: Offer, search: Search, option: str) -> list[str]:
    wanted = search.type == "bid" and offer.min_bid is not None
    return [option, f"{offer.min_bid:.12g}"] if wanted else []


def _named(option: str, value: str | None) -> list[str]:
    return [] if value is None else [f"{option}={value}"] if value.startswith("-") else [option, value]


def _search(search: Search, preset_text: str | None) -> Command:
    query = [search.text] if search.text else []
    if search.preset is not None and search.text == preset_text:
        query = _named("--preset", search.preset)
    return Command("search with vasttui", shlex.join(["vasttui", "search", *query, *_options(search, "--type")]))


def _official(search: Search) -> Command:
    query = official_query(parse(search.text).filters())
    words = ["vastai", "search", "offers", *([query] if query else [])]
    return Command("search with the official CLI", shlex.join([*words, *_options(search, "-t")]))


def _options(search: Search, kind: str) -> list[str]:
    order = ",".join(f"{column}-" if way == "desc" else column for column, way in parse_order(search.order))
    limit = [] if search.limit is None else ["--limit", str(search.limit)]
    return [kind, search.type, "-o", order, "--storage", f"{search.storage_gb:g}", *limit]


def _curl(search: Search, api: str) -> Command:
    body = parse(search.text).body(
        type=search.type, order=search.order, storage=search.storage_gb, limit=search.limit
    )
    address = shlex.quote(f"{api.rstrip('/').removesuffix('/api/v0')}/api/v0/bundles/")
    return Command(
        "the request with curl",
        f"curl -sS {address} -H \"Authorization: Bearer $VASTAI_API_KEY\" -H 'Content-Type: application/json'"
        f" -d {shlex.quote(json.dumps(body))}",
    )


def official_query(filters: Mapping[str, Mapping[str, Any]]) -> str:
    """A query that the official CLI turns into these filters, its own defaults (left out here) included."""
    defaults = parse("").filters()
    clauses = [f"{field}=any" for field in defaults if field not in filters]
    for field, tests in filters.items():
        for op, value in tests.items():
            if defaults.get(field, {}).get(op, _SYMBOLS) != value:
                clauses.append(f"{field}{_SYMBOLS[op]}{_written(field, value)}")
    return " ".join(clauses)


def _written(field: str, value: Any) -> str:
    if isinstance(value, list):
        return f"[{','.join(_quoted(str(item)) for item in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "null"
    if field == "driver_version" and isinstance(value, int):
        return f"{value // 1_000_000}.{value // 1000 % 1000}.{value % 1000}"
    if field in FACTORS and isinstance(value, (int, float)):
        return f"{value / FACTORS[field]:.12g}"
    return _quoted(str(value))


def _quoted(text: str) -> str:
    """As the official parser reads it: blanks as underscores; what is not that plain in double quotes."""
    plain = _PLAIN.fullmatch(text) and text not in _WILD
    return text.replace(" ", "_") if plain or '"' in text else f'"{text}"'
