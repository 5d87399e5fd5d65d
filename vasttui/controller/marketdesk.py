"""The market of the controller: what is searched, how often, and what becomes of the answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import aclosing, suppress
from dataclasses import replace
from functools import cached_property
from typing import Any

from vasttui.api.client import VastClient
from vasttui.config import Config
from vasttui.controller import pace
from vasttui.controller.events import EventLog
from vasttui.controller.hosts import HostBook
from vasttui.controller.market import compared, explain_nothing, is_empty, starting_search
from vasttui.controller.paging import heavy, market_pages
from vasttui.controller.poll import Poll
from vasttui.controller.prices import Lesson, PriceBook, lesson_of
from vasttui.errors import VastError
from vasttui.journal import Journal
from vasttui.logs.rows import LogName
from vasttui.offers.relax import Relaxation
from vasttui.snapshot import Market, Search

PAGES_AT_ONCE = 5
"""Requests of one search that follow each other at once: Vast.ai takes 10 a minute, and others search too."""

REQUESTS_PER_INTERVAL = 3.0
"""Requests of a long search that are made, on average, in the time between two refreshes of a short one."""

REASON_HOLDS = 300.0
"""Seconds after which it is asked again why a search finds nothing."""


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
    _events: EventLog
    _spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]
    clock: Callable[[], float]

    _whole: Market | None = None
    """The last answer that was fetched to its end."""
    _requests = 0
    """How many requests the last search took so far."""

    @cached_property
    def _prices(self) -> PriceBook:
        return PriceBook(self._journal, self._events)

    @cached_property
    def _reasons(self) -> dict[tuple[str, str], tuple[float, Relaxation]]:
        return {}

    @cached_property
    def _searched(self) -> asyncio.Event:
        return asyncio.Event()

    @property
    def _client(self) -> VastClient:
        raise NotImplementedError

    def search(self, search: Search) -> None:
        """Look for other offers. Their first answer replaces the present one; until then that stays."""
        self._search = search
        self._searched.set()
        self._market.soon()

    def default_search(self, preset: str | None = None) -> Search:
        """The search that a preset means, or the configured start. Raises UsageError for an unknown preset."""
        return starting_search(self.config, preset)

    def raw_offer(self, offer_id: int) -> Mapping[str, Any] | None:
        """The API's own row of an offer of the present answer, None when it is not there."""
        market = self._market.part.value
        return market.raw.get(offer_id) if market is not None else None

    async def _fetch_market(self) -> Market:
        assert self._search is not None
        search, shown = self._search, self._market.part.value
        before = self._whole if self._whole is not None and self._whole.search == search else None
        hosts, preferred, book = self._hosts.filter(search), self.config.preferred_gpus, self._hosts.book
        self._requests = 0
        pages = market_pages(self._client, search, hosts, preferred=preferred, keep_raw=True, rest=self._rest)
        async with aclosing(pages):
            async for market in pages:
                self._requests += 1
                if self._search != search:
                    break
                if before is None and (shown is None or not _is_part_of(market, shown)):
                    self._show(market)
        if self._search != search:
            return await self._fetch_market()  # An answer that nobody waits for any more is not shown as a new one.
        if self._hosts.book is not book:
            market = self._cut_anew(market)
        return await self._settled(market, before)

    def _show(self, market: Market) -> None:
        """Show what came so far of a search that is shown for the first time."""
        self._market.part = replace(self._market.part, value=market, at=self.clock())
        self._changed()

    async def _rest(self) -> None:
        """Leave the API's pace to other searches when many pages are fetched; a new search ends the rest."""
        if self._requests >= PAGES_AT_ONCE:
            self._searched.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self.config.pace.offers / REQUESTS_PER_INTERVAL):
                    await self._searched.wait()

    async def _settled(self, market: Market, before: Market | None) -> Market:
        """The answer with what it says beside the one before, and with what is known of prices."""
        now = self.clock()
        if before is not None:
            market = compared(market, before)
        lesson = await heavy(len(market.offers), lambda: lesson_of(market, now))
        market = replace(market, prices=self._prices.learn(lesson), relaxation=self._reason(market, now))
        self._whole = market
        self._spawn(self._look_further(market, lesson))
        return market

    async def _look_further(self, market: Market, lesson: Lesson) -> None:
        """What takes longer than the answer: samples of prices, and why there is none."""
        prices = await self._prices.keep(lesson)
        if prices is not None:
            self._amend(market.search, prices=prices)
        if is_empty(market) and market.relaxation is None:
            await self._explain(market.search, lesson.at)

    async def _explain(self, search: Search, now: float) -> None:
        with suppress(VastError):  # The next refresh tries again.
            relaxation = await explain_nothing(self._client, search)
            self._reasons[search.text, search.type] = now, relaxation
            self._amend(search, relaxation=relaxation)

    def _reason(self, market: Market, now: float) -> Relaxation | None:
        """Why a search finds nothing, as far as that was found out lately."""
        for key in [key for key, (at, _) in self._reasons.items() if not 0 <= now - at < REASON_HOLDS]:
            del self._reasons[key]
        found = self._reasons.get((market.search.text, market.search.type)) if is_empty(market) else None
        return found[1] if found is not None else None

    def _amend(self, search: Search, **parts: Any) -> None:
        """Add what was found out about the answer that is shown; nothing if it is another one by now."""
        part = self._market.part
        if part.value is not None and part.value.search == search:
            self._market.part = replace(part, value=replace(part.value, **parts))
            self._changed()

    def _market_interval(self) -> float | None:
        if self._paused:
            return None
        interval = pace.offers_interval(self.config.pace, self._in_sight[0], searched=self._search is not None)
        return None if interval is None else interval * max(1.0, self._requests / REQUESTS_PER_INTERVAL)

    def _cut_again(self) -> None:
        """The host lists have changed: the present answer is sorted by them anew."""
        part = self._market.part
        if part.value is not None:
            self._market.part = replace(part, value=self._cut_anew(part.value))
        self._changed()

    def _cut_anew(self, market: Market) -> Market:
        offers = (*market.hosts.kept, *(cut.offer for cut in market.hosts.cut))
        return replace(market, hosts=self._hosts.filter(market.search).cut(offers))


def _is_part_of(market: Market, shown: Market) -> bool:
    """Whether the first rows of a longer search would only hide rows of the same search that are shown."""
    return replace(market.search, limit=shown.search.limit) == shown.search and len(market.offers) <= len(shown.offers)
