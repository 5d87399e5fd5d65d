"""Changing a search by single keys. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from vasttui.config import Config
from vasttui.errors import UsageError
from vasttui.offers.clauses import scan
from vasttui.offers.fields import ALIASES
from vasttui.offers.query import from_preset, parse, parse_order
from vasttui.snapshot import Market, Search, WatchedSearch
from vasttui.tui.format import count

TYPES: Final = ("on-demand", "bid", "reserved")
TYPE_WORDS: Final[Mapping[str, str]] = {"bid": "interruptible (bid)"}

TRUST: Final = ("verified", "any", "datacenter")
_TRUST_CLAUSE: Final[Mapping[str, str]] = {"verified": "", "any": "verified=any", "datacenter": "datacenter=true"}

PAGE: Final = 64
"""Rows of one answer when no number is asked for."""


def next_of(choices: Sequence[str], present: str | None) -> str:
    """The choice that follows, round and round; the first when `present` is none of them."""
    if present not in choices:
        return choices[0]
    return choices[(choices.index(present) + 1) % len(choices)]


def next_type(search: Search) -> Search:
    """On-demand, then bid, then reserved."""
    return replace(search, type=next_of(TYPES, search.type))


def trust(text: str) -> str:
    """Which machines a query asks for: "verified", "any" or "datacenter"."""
    filters = parse(text).filters()
    if filters.get("datacenter", {}).get("eq") is True:
        return "datacenter"
    return "verified" if filters.get("verified", {}).get("eq") is True else "any"


def with_trust(text: str, wanted: str) -> str:
    """The query for "verified", "any" or "datacenter" machines; the rest of it stays as it was written."""
    return " ".join(filter(None, (_without(text, {"verified", "datacenter"}), _TRUST_CLAUSE[wanted])))


def next_trust(search: Search) -> Search:
    """Verified machines, then any, then datacenters."""
    return replace(search, text=with_trust(search.text, next_of(TRUST, trust(search.text))))


def _without(text: str, fields: set[str]) -> str:
    """The query without the clauses on these fields. Raises UsageError for a query that cannot be read."""
    kept = [
        text[token.start : token.end].strip()
        for token in scan(text)
        if ALIASES.get(token.field, token.field) not in fields
    ]
    return " ".join(kept)


def preset_search(name: str, config: Config) -> Search:
    """The search that a preset of the config means. Raises UsageError for a bad preset."""
    preset = config.presets[name]
    return Search(
        text=from_preset(preset, config).text,
        type=preset.type,
        preset=preset.name,
        order=preset.order,
        storage_gb=preset.disk if preset.disk is not None else config.disk_gb,
        limit=preset.limit,
    )


def next_preset(search: Search, config: Config) -> Search | None:
    """The search of the config's next preset, None when there is none. Raises UsageError for a bad preset."""
    names = list(config.presets)
    return preset_search(next_of(names, search.preset), config) if names else None


def wider(search: Search, market: Market | None) -> Search | None:
    """The search for twice as many rows; None when all are there already, or none have come yet."""
    if market is None or not market.more:
        return None
    return replace(search, limit=2 * (search.limit or PAGE))


def first_rows_text(market: Market | None, key: str) -> str:
    """What is to be known of an answer that was cut off: cheaper offers may be among those that did not come."""
    if market is None or not market.more:
        return ""
    orders = parse_order(market.search.order)
    by = f" by {orders[0][0].replace('_', ' ')}" if orders else ""
    return f"the first {count(_rows(market))}{by}: {key} fetches more"


def all_here(market: Market | None) -> str:
    """Why there is nothing more to fetch."""
    if market is None:
        return "The first offers have not come yet."
    return f"All {count(_rows(market))} offers of this search are here."


def _rows(market: Market) -> int:
    """How many the answer held, those too that are not shown."""
    return len(market.hosts.kept) + len(market.hosts.cut) + market.unmatched + market.skipped


def read_storage(text: str) -> float:
    """GB of disk as typed. Raises UsageError."""
    typed = text.strip().lower()
    thousands = 1000.0 if typed.endswith(("tb", "t")) else 1.0
    try:
        value = float(typed.rstrip("tgb ").strip()) * thousands
    except ValueError:
        value = math.nan
    if not 0 <= value <= 100_000:
        raise UsageError(f"storage: {text.strip()[:20]!r} is no size in GB from 0 to 100000")
    return value


def read_watch(text: str) -> float | None:
    """A price in $/h as typed; None for nothing or 0, which ends a watch. Raises UsageError."""
    typed = text.strip().removeprefix("$").removesuffix("/h").strip()
    try:
        value = float(typed) if typed else 0.0
    except ValueError:
        value = math.nan
    if not 0 <= value < 10_000:
        raise UsageError(f"price: {text.strip()[:20]!r} is no price in $/h; 0 ends the watch")
    return value or None


def watch_of(search: Search, watched: Sequence[WatchedSearch]) -> WatchedSearch | None:
    """The watch of a search, None when it is not watched; order and number of rows do not matter."""
    wanted = (search.text.split(), search.type)
    return next((one for one in watched if (one.search.text.split(), one.search.type) == wanted), None)
