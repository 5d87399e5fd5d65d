"""Which searches are watched: those of presets, and those that were asked for; how many were rented from each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import msgspec

from vasttui.config import Config
from vasttui.controller.market import starting_search
from vasttui.errors import StorageError, UsageError, VastError
from vasttui.journal import Journal
from vasttui.offers.query import parse, parse_type
from vasttui.snapshot import Search, WatchedSearch

ASKED = "watches.asked"
ENDED = "watches.ended"
RENTED = "watches.rented"
"""Keys in the journal's memory: searches with their prices; preset -> price at which its watch was ended; watch ->
how many were rented."""


class Watches:
    """The watched searches, kept in the journal.

    A preset with `watch_below` is watched until that is ended; another price in the config begins it again. Only a
    preset's own watch rents, at the price that the config says.
    """

    def __init__(self, config: Config, journal: Journal) -> None:
        self._config = config
        self._journal = journal
        self._watches = {view.key: view for view in (*self._of_presets(), *self._asked())}

    @property
    def views(self) -> tuple[WatchedSearch, ...]:
        """All of them, those of presets first."""
        return tuple(self._watches.values())

    def set(self, search: Search, below: float | None) -> None:
        """Watch a search, or (None) end that. Raises UsageError for a bad query or price, and StorageError."""
        parse(search.text)
        if below is not None and not 0 < below < math.inf:
            raise UsageError(f"watch: ${below:g}/h is no price", hint="Give the $/h below which a match is told.")
        key = self.key_of(search)
        if below is None:
            self._watches.pop(key, None)
        else:
            self._watches[key] = self._view(key, search, below)
        self._keep()

    def update(self, key: str, **seen: Any) -> None:
        """Note what a look brought; nothing when it is no longer watched."""
        if key in self._watches:
            self._watches[key] = replace(self._watches[key], **seen)

    def left(self, key: str) -> int:
        """How many may still be rented, by what the journal says now. Raises StorageError."""
        view = self._watches.get(key)
        return 0 if view is None else max(0, view.rents - _counts(self._journal.recall(RENTED)).get(key, 0))

    def count(self, key: str, more: int) -> None:
        """Count rentals. Raises StorageError."""
        counts = _counts(self._journal.recall(RENTED))
        counts[key] = max(0, counts.get(key, 0) + more)
        self._journal.remember(RENTED, counts)
        self.update(key, rented=counts[key])

    def key_of(self, search: Search) -> str:
        """What the watch of a search is called: a preset's own search by its name, another by its text."""
        if search.preset in self._config.presets and search == starting_search(self._config, search.preset):
            return f"preset {search.preset}"
        text = " ".join(search.text.split()) or "all offers"
        return text if search.type == "on-demand" else f"{text} ({search.type})"

    def _view(self, key: str, search: Search, below: float) -> WatchedSearch:
        preset = self._config.presets.get(search.preset or "")
        own = preset is not None and key == f"preset {preset.name}" and below == preset.watch_below
        rents = preset.watch_most if own and preset is not None and preset.watch_rent else 0
        return WatchedSearch(key, search, below, rents, _counts(self._recall(RENTED)).get(key, 0))

    def _of_presets(self) -> list[WatchedSearch]:
        ended = _mapping(self._recall(ENDED))
        found = []
        for name, preset in self._config.presets.items():
            if preset.watch_below is not None and ended.get(name) != preset.watch_below:
                search = starting_search(self._config, name)
                found.append(self._view(self.key_of(search), search, preset.watch_below))
        return found

    def _asked(self) -> list[WatchedSearch]:
        kept = self._recall(ASKED)
        found = []
        for item in kept if isinstance(kept, list) else ():
            search, below = _search(_mapping(item).get("search")), _mapping(item).get("below")
            if search is not None and isinstance(below, int | float):
                found.append(self._view(self.key_of(search), search, float(below)))
        return found

    def _keep(self) -> None:
        presets = {f"preset {name}": name for name in self._config.presets}
        asked = [
            {"search": asdict(view.search), "below": view.below}
            for view in self._watches.values()
            if not (view.key in presets and view.below == self._config.presets[presets[view.key]].watch_below)
        ]
        ended = {
            name: self._config.presets[name].watch_below for key, name in presets.items() if key not in self._watches
        }
        self._journal.remember(ASKED, asked)
        self._journal.remember(ENDED, ended)

    def _recall(self, key: str) -> object:
        """What is kept, None when the journal cannot be read: a picture is made all the same, and nothing rented."""
        try:
            return self._journal.recall(key)
        except StorageError:
            return None


def _counts(kept: object) -> dict[str, int]:
    return {str(key): count for key, count in _mapping(kept).items() if isinstance(count, int)}


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _search(kept: object) -> Search | None:
    """A search as it was kept; None when it is none, or none any more."""
    try:
        search = msgspec.convert(kept, Search)
        parse(search.text)
        parse_type(search.type)
    except (msgspec.ValidationError, VastError):
        return None
    return search
