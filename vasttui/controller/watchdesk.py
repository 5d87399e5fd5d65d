"""The watched searches of the controller: what they look at, and how they rent."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cached_property

from vasttui.api.models import Offer
from vasttui.controller.market import fetch_market
from vasttui.controller.prices import lesson_of
from vasttui.controller.rentdesk import RentDesk
from vasttui.controller.watches import Watches
from vasttui.controller.watching import Watching
from vasttui.errors import UsageError
from vasttui.offers.price import hourly
from vasttui.snapshot import Market, Search, Snapshot

NOBODY_DRIVES = "this program does not drive the jobs yet"

SAMPLE_EVERY = 3600.0
"""Seconds between two such searches for one model."""

SAMPLE_LIMIT = 384
"""Offers of one GPU model that are fetched to tell what is cheap: six requests at most."""


class WatchDesk(RentDesk):
    """The part of the controller that watches searches in the background."""

    @cached_property
    def _watches(self) -> Watches:
        return Watches(self.config, self._journal)

    @cached_property
    def _watching(self) -> Watching:
        return Watching(
            self._watches,
            self._events,
            look=self._look_at,
            may_rent=self._why_no_rent,
            rent=self._rent_match,
            other=self._unsampled,
            resting=lambda: self._paused,
            changed=self._changed,
            clock=self.clock,
        )

    @cached_property
    def _sampled(self) -> dict[Search, float]:
        return {}

    def watch_search(self, search: Search, below: float | None) -> None:
        """Repeat a search in the background and tell when a match costs less than `below` $/h; None ends it.

        Raises UsageError for a bad query, and StorageError.
        """
        self._watches.set(search, below)
        self._watching.reconsider(self._watches.key_of(search))
        self._changed()

    def watch_searches(self) -> None:
        """Begin to look at what is watched, for as long as this runs."""
        self._spawn(self._watch_searches())

    async def _watch_searches(self) -> None:
        await self.connected()
        while self._why_no_rent() == NOBODY_DRIVES and self._driving:
            await self.next_change()
        await self._watching.run()

    async def _look_at(self, search: Search) -> Market:
        self._sampled[search] = self.clock()
        market = await fetch_market(self._client, search, self._hosts.filter(search))
        lesson = lesson_of(market, self.clock())
        self._prices.learn(lesson)
        await self._prices.keep(lesson)
        shown = self._market.part.value
        if shown is not None and shown.search.type == search.type:
            self._amend(shown.search, prices=self._prices.of(search.type))
        return market

    def _unsampled(self) -> Search | None:
        """A search for the commonest GPU model in sight whose prices are known too little to tell what is cheap.

        Answers that are cut off, or ask for a price, show the cheap ones only.
        """
        shown = self._market.part.value
        if shown is None or "offers" not in self._in_sight[0]:
            return None
        now, kind, storage = self.clock(), shown.search.type, shown.search.storage_gb
        for model in self._prices.unknown(shown, now):
            search = Search(f'gpu_name="{model}"', kind, None, "dph_total", storage, SAMPLE_LIMIT)
            if now - self._sampled.get(search, -math.inf) > SAMPLE_EVERY:
                return search
        return None

    def _why_no_rent(self) -> str:
        if self._read_only:
            return "read-only mode"
        if self.drives:
            return ""
        driver = self._driver()
        return f"{driver} drives the jobs, and rents" if driver else NOBODY_DRIVES

    async def _rent_match(self, offer: Offer, search: Search, below: float) -> int | None:
        """Rent an offer of a watched search by the ordinary way, if it is really that cheap with its plan.

        Raises what renting raises.
        """
        reason = self._hosts.filter(search).reason(offer)
        if reason is not None:
            raise UsageError(f"offer {offer.id}: {reason}")
        plan = replace(self._plans.plan_for(offer, search), race=1, fallback=False)
        price = hourly(offer, plan.disk_gb, plan.bid)
        if price is None or price >= below:
            shown = "an unknown price" if price is None else f"${price:.3f}/h"
            raise UsageError(f"offer {offer.id}: {shown} with {plan.disk_gb:g} GB of disk is not below ${below:g}/h")
        return await self.rent(offer, plan)

    def picture(self) -> Snapshot:
        """The picture as of now, with what is watched."""
        return replace(super().picture(), watched=self._watches.views)
