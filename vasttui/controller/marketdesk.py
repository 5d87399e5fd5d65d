"""The market of the controller: what is searched, how often, and what becomes of the answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from vasttui.api.client import VastClient
from vasttui.config import Config
from vasttui.controller import pace
from vasttui.controller.hosts import HostBook
from vasttui.controller.market import fetch_market, starting_search
from vasttui.controller.poll import Poll
from vasttui.journal import Journal
from vasttui.logs.rows import LogName
from vasttui.snapshot import Market, Search


class MarketDesk:
    """The part of the controller that searches offers."""

    config: Config
    _journal: Journal
    _hosts: HostBook
    _search: Search | None
    _paused: bool
    _in_sight: tuple[frozenset[str], tuple[LogName, ...]]
    _market: Poll[Market]
    _changed: Callable[[], None]

    @property
    def _client(self) -> VastClient:
        raise NotImplementedError

    def search(self, search: Search) -> None:
        """Look for other offers. Their first answer replaces the present one; until then that stays."""
        self._search = search
        self._market.soon()

    def default_search(self, preset: str | None = None) -> Search:
        """The search that a preset means, or the configured start. Raises UsageError for an unknown preset."""
        return starting_search(self.config, preset)

    def raw_offer(self, offer_id: int) -> Mapping[str, Any] | None:
        """The API's own row of an offer of the present answer, None when it is not there."""
        market = self._market.part.value
        return market.raw.get(offer_id) if market is not None else None

    def watch_search(self, search: Search, below: float | None) -> None:
        """Repeat a search in the background and tell when a match costs less than `below` $/h; None ends it.

        Raises StorageError.
        """
        raise NotImplementedError

    async def _fetch_market(self) -> Market:
        assert self._search is not None
        hosts = self._hosts.filter(self._search)
        return await fetch_market(self._client, self._search, hosts, preferred=self.config.preferred_gpus)

    def _market_interval(self) -> float | None:
        if self._paused:
            return None
        return pace.offers_interval(self.config.pace, self._in_sight[0], searched=self._search is not None)

    def _cut_again(self) -> None:
        """The host lists have changed: the present answer is sorted by them anew."""
        part = self._market.part
        if part.value is not None:
            before = part.value.hosts
            offers = (*before.kept, *(cut.offer for cut in before.cut))
            hosts = self._hosts.filter(self._search).cut(offers)
            self._market.part = replace(part, value=replace(part.value, hosts=hosts))
        self._changed()
