"""Watched searches: repeated in the background, told when a match is cheap, rented from if their preset says so."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from vasttui.api.models import Offer
from vasttui.controller.events import EventLog
from vasttui.controller.watches import Watches
from vasttui.errors import KeyRefused, NoCredit, OfferGone, RateLimited, Rejected, UsageError, VastError
from vasttui.logs.clean import clean_line
from vasttui.offers.price import hourly
from vasttui.snapshot import Alert, Level, Market, Search, WatchedSearch

EVERY = 180.0
"""Seconds between two looks at one watched search."""

LEAST = 60.0
"""Seconds between two looks at any of them, so that the screen's own searches never wait for their turn."""

TOLD_HOLDS = 3600.0
"""Seconds for which an offer is not told again after it was last seen below the price."""

MOST_TOLD = 3
"""Offers that one alert names."""

TRIES = 4
"""Offers that are asked for at one look when the cheaper ones are gone."""

NOTHING_RENTED = (OfferGone, NoCredit, Rejected, RateLimited, KeyRefused, UsageError)
"""Errors of a rental after which it is certain that it made no instance that stays."""


@dataclass
class _Told:
    """When each offer was last seen below the price of one watched search."""

    at: dict[int, float] = field(default_factory=dict)

    def news(self, offers: Sequence[Offer], now: float) -> list[Offer]:
        """Those that were not told yet; all of them count as told from now on."""
        self.at = {offer: at for offer, at in self.at.items() if now - at < TOLD_HOLDS}
        new = [offer for offer in offers if offer.id not in self.at]
        self.at.update((offer.id, now) for offer in offers)
        return new


class Watching:
    """Looks at one watched search after the other.

    Args:
        look: fetches a search's market, after the host lists.
        may_rent: why nothing may be rented now, "" when it may.
        rent: rents an offer for a search, below a price in $/h. Raises VastError.
        other: a search that is worth a look when none of the watched ones is due, or None.
        resting: whether nothing is to be asked now.
    """

    def __init__(
        self,
        watches: Watches,
        events: EventLog,
        *,
        look: Callable[[Search], Awaitable[Market]],
        may_rent: Callable[[], str],
        rent: Callable[[Offer, Search, float], Awaitable[object]],
        other: Callable[[], Search | None],
        resting: Callable[[], bool],
        changed: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self._watches = watches
        self._events = events
        self._fetch = look
        self._may_rent = may_rent
        self._rent = rent
        self._other = other
        self._resting = resting
        self._changed = changed
        self._clock = clock
        self._wake = asyncio.Event()
        self._last = -math.inf
        self._told: dict[str, _Told] = {}
        self._refusals: dict[str, str] = {}

    def reconsider(self, key: str) -> None:
        """This search is watched in another way now: what was told of it no longer counts."""
        self._told.pop(key, None)
        self._wake.set()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self._wake.clear()
            delay = LEAST if self._resting() else min(LEAST, self._due() - self._clock())
            if delay > 0:
                with suppress(TimeoutError):
                    async with asyncio.timeout(delay):
                        await self._wake.wait()
            else:
                await self._next()

    def _due(self) -> float:
        """When the next look is."""
        firsts = [self._due_at(view) for view in self._watches.views]
        if self._other() is not None:
            firsts.append(-math.inf)
        return max(self._after(self._last, LEAST), min(firsts, default=math.inf))

    def _due_at(self, view: WatchedSearch) -> float:
        return -math.inf if view.at is None else self._after(view.at, EVERY)

    def _after(self, at: float, seconds: float) -> float:
        """So long after a moment; at once when the clock was set back since."""
        return at + seconds if at <= self._clock() else -math.inf

    async def _next(self) -> None:
        """Look at the watched search that waits longest, or at the other one."""
        self._last = self._clock()
        due = [view for view in self._watches.views if self._due_at(view) <= self._last]
        other = self._other()
        if due:
            await self._look(min(due, key=self._due_at))
        elif other is not None:
            with suppress(VastError):
                await self._fetch(other)
        self._last = self._clock()

    async def _look(self, view: WatchedSearch) -> None:
        try:
            market = await self._fetch(cheapest_first(view.search))
        except VastError as error:
            self._watches.update(view.key, at=self._clock(), error=error.message)
        else:
            priced = [(price, offer) for offer in market.offers if (price := price_of(offer, view.search)) is not None]
            priced.sort(key=lambda pair: pair[0])
            best = priced[0][0] if priced else None
            self._watches.update(view.key, at=self._clock(), error="", best=best)
            cheap = [offer for price, offer in priced if price < view.below]
            self._tell(view, cheap)
            if cheap and view.rents:
                await self._rent_of(view, cheap)
        self._changed()

    def _tell(self, view: WatchedSearch, cheap: Sequence[Offer]) -> None:
        new = self._told.setdefault(view.key, _Told()).news(cheap, self._clock())
        if not new:
            return
        line = "; ".join(offer_words(offer, view.search) for offer in new[:MOST_TOLD])
        more = f", and {len(new) - MOST_TOLD} more" if len(new) > MOST_TOLD else ""
        label = clean_line(view.key, limit=100).text
        alert = Alert(
            self._events.next_alert(), f"below ${view.below:g}/h", label, f"{line}{more}", toast=True, bell=True
        )
        self._events.add(Level.LOOK, f"watch {label}: below ${view.below:g}/h: {line}{more}", alert=alert)

    async def _rent_of(self, view: WatchedSearch, cheap: Sequence[Offer]) -> None:
        """Rent the cheapest ones, as many as are still to be rented in all."""
        why_not = ""
        for offer in cheap[:TRIES]:
            try:
                why_not = self._may_rent()
                if why_not or not self._watches.left(view.key):
                    break
                await self._rent_one(view, offer)
            except OfferGone:
                continue
            except VastError as error:
                why_not = error.message
                break
        if why_not and why_not != self._refusals.get(view.key):
            self._events.add(Level.LOOK, f"watch {view.key}: not rented: {why_not}")
        self._refusals[view.key] = why_not

    async def _rent_one(self, view: WatchedSearch, offer: Offer) -> None:
        """Count, then rent: what ends the program in between costs a try and never money."""
        self._watches.count(view.key, 1)
        try:
            await self._rent(offer, view.search, view.below)
        except NOTHING_RENTED:
            self._watches.count(view.key, -1)
            raise
        self._events.add(Level.GOOD, f"watch {view.key}: rented {offer_words(offer, view.search)}")


def cheapest_first(search: Search) -> Search:
    """The search as it is watched: one answer holds 64 offers, and those have to be the cheapest."""
    return replace(search, order="min_bid" if search.type == "bid" else "dph_total", limit=None)


def price_of(offer: Offer, search: Search) -> float | None:
    """What an offer of a search costs with its disk, $/h; for bids at the least bid. None when unknown."""
    bid = offer.min_bid if search.type == "bid" else None
    if search.type == "bid" and bid is None:
        return None
    whole = hourly(offer, search.storage_gb, bid)
    return offer.dph_total if whole is None and bid is None else whole


def offer_words(offer: Offer, search: Search) -> str:
    """E.g. "RTX 4090 ×1 $0.312/h, host 51345, Texas, US (offer 4711)"."""
    price = price_of(offer, search)
    gpu = f"{(offer.gpu_name or 'unknown GPU').replace('_', ' ')} ×{offer.num_gpus or '?'}"
    where = [f"host {offer.host_id}" if offer.host_id is not None else "", offer.geolocation or ""]
    cost = "unknown price" if price is None else f"${price:.3f}/h"
    return f"{gpu} {cost}, {', '.join(filter(None, where))} (offer {offer.id})"
