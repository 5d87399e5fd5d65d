"""Searches that are kept: named ones of the user, those of the config, presets, and what was typed before. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, TypeGuard

from vasttui.config import Config
from vasttui.errors import UsageError
from vasttui.offers.query import parse, parse_order
from vasttui.snapshot import Search
from vasttui.tui.format import clean
from vasttui.tui.panes.offers.asking import TYPES, preset_search

SAVED_KEY: Final = "offers.searches"
HISTORY_KEY: Final = "offers.queries"
MOST_QUERIES: Final = 200
MOST_SAVED: Final = 500
LONGEST: Final = 4000
"""Characters of a query that are kept."""


@dataclass(frozen=True, slots=True)
class Named:
    """A search that one can go to.

    Attributes:
        kind: "saved", "config", "preset" or "earlier".
        name: its name; of an earlier query its text.
    """

    kind: str
    name: str
    search: Search

    @property
    def own(self) -> bool:
        """Whether it can be forgotten: the config is never rewritten."""
        return self.kind in ("saved", "earlier")


def read_name(text: str) -> str:
    """A name as typed, for a search. Raises UsageError."""
    name = " ".join(clean(text).split())
    if not name or len(name) > 60:
        raise UsageError("name: 1 to 60 characters are expected")
    return name


def saved(kept: object) -> dict[str, Search]:
    """The named searches that were kept; what cannot be read is left out."""
    if not isinstance(kept, Mapping):
        return {}
    read = {name: _search(value) for name, value in kept.items() if isinstance(name, str) and name}
    return {name: search for name, search in list(read.items())[:MOST_SAVED] if search is not None}


def _search(value: object) -> Search | None:
    """A search as it was kept, None when query, type or order cannot be read."""
    if not isinstance(value, Mapping):
        return None
    text, kind, order = value.get("text"), value.get("type"), value.get("order")
    if not (isinstance(text, str) and isinstance(order, str) and kind in TYPES):
        return None
    try:
        parse(text[:LONGEST])
        parse_order(order)
    except UsageError:
        return None
    return _with_numbers(Search(text[:LONGEST], str(kind), None, order), value)


def _with_numbers(search: Search, value: Mapping[Any, object]) -> Search:
    storage, limit, preset = value.get("storage_gb"), value.get("limit"), value.get("preset")
    if _is_number(storage) and 0 <= storage <= 100_000:
        search = replace(search, storage_gb=float(storage))
    if _is_number(limit) and 0 < limit <= 100_000:
        search = replace(search, limit=int(limit))
    return replace(search, preset=preset) if isinstance(preset, str) and preset else search


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def with_saved(kept: object, name: str, search: Search) -> dict[str, Any]:
    """What to keep with one search more, or with another one of that name."""
    return {known: asdict(one) for known, one in (saved(kept) | {name: search}).items()}


def without_saved(kept: object, name: str) -> dict[str, Any]:
    """What to keep without the search of that name."""
    return {known: asdict(one) for known, one in saved(kept).items() if known != name}


def history(kept: object) -> tuple[str, ...]:
    """The queries that were typed, oldest first."""
    if not isinstance(kept, Sequence) or isinstance(kept, str):
        return ()
    return tuple(text for text in kept if isinstance(text, str) and text.strip())[-MOST_QUERIES:]


def with_query(kept: object, text: str) -> list[str]:
    """What to keep with one query more: the last one typed stands last, each once."""
    text = " ".join(text.split())
    if not text or len(text) > LONGEST:
        return list(history(kept))
    return [*(known for known in history(kept) if known != text), text][-MOST_QUERIES:]


def without_query(kept: object, text: str) -> list[str]:
    """What to keep without that query."""
    return [known for known in history(kept) if known != text]


def named_searches(config: Config, kept: object, queries: object, present: Search) -> Iterator[Named]:
    """All that one can go to: own ones, those of the config, presets, earlier queries with the newest first.

    Args:
        config: its `searches` and its presets; a preset that cannot be read is left out.
        kept: the own ones as they were kept.
        queries: the queries that were typed, as they were kept.
        present: gives type, order and storage where only a query is known.
    """
    plain = replace(present, preset=None, limit=None)
    for name, search in sorted(saved(kept).items()):
        # A preset that left the config can be asked no more; what the search says holds all the same.
        yield Named("saved", name, search if search.preset in config.presets else replace(search, preset=None))
    for name, text in config.searches.items():
        yield Named("config", name, replace(plain, text=text))
    for name in config.presets:
        try:
            yield Named("preset", name, preset_search(name, config))
        except UsageError:
            continue
    for text in reversed(history(queries)):
        yield Named("earlier", text, replace(plain, text=text))
