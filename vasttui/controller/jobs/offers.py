"""The offers that a batch may rent: searched for all its jobs together, each handed out once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any

from vasttui.api.client import VastClient
from vasttui.api.models import Offer
from vasttui.config import Config
from vasttui.controller.hosts import HostBook
from vasttui.controller.market import fetch_market
from vasttui.errors import VastError
from vasttui.jobs.image import cuda_fits
from vasttui.jobs.rental import opening_bid
from vasttui.jobs.spec import JobSpec
from vasttui.offers.hosts import HostFilter
from vasttui.offers.price import hourly
from vasttui.snapshot import Market, Search

FRESH = 45.0
"""Seconds for which the answer of a search is used."""

LEFT_OUT = 600.0
"""Seconds for which an offer is not asked for again: searches still show what was taken or is a ghost."""

AGAIN = 10.0
"""Seconds between two searches that found nothing, or failed."""


@dataclass
class _Found:
    """What the last search of a batch said."""

    market: Market | None = None
    at: float = -1e9
    error: str = ""
    searching: bool = False
    used: dict[int, float] = field(default_factory=dict)


class Offers:
    """Searches and picks.

    Args:
        client: the connected client.
        spawn: starts a task.
        changed: told when a search has ended.
    """

    def __init__(
        self,
        config: Config,
        hosts: HostBook,
        client: Callable[[], VastClient],
        spawn: Callable[[Coroutine[Any, Any, None]], object],
        changed: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self._config = config
        self._hosts = hosts
        self._client = client
        self._spawn = spawn
        self._changed = changed
        self._clock = clock
        self._found: dict[int, _Found] = {}

    def look(self, batch_id: int, spec: JobSpec) -> None:
        """See to it that there is an answer that can be used."""
        found = self._found.setdefault(batch_id, _Found())
        now = self._clock()
        wait = FRESH if found.market is not None and any(self._usable(found, spec)) else AGAIN
        # A clock that was set back makes no answer fresh.
        if not found.searching and not 0 <= now - found.at < wait:
            found.searching = True
            self._spawn(self._search(found, spec))

    async def _search(self, found: _Found, spec: JobSpec) -> None:
        try:
            found.market = await search_for(self._client(), spec, self._config, self._hosts)
            found.error = ""
        except VastError as error:
            found.error = error.message
        finally:
            found.searching, found.at = False, self._clock()
        self._changed()

    def pick(self, batch_id: int, spec: JobSpec, avoid: Collection[int]) -> Offer | None:
        """The best offer that nobody took, on none of the machines to avoid; None without one."""
        found = self._fresh(batch_id)
        return next((o for o in self._usable(found, spec) if o.machine_id not in avoid), None) if found else None

    def take(self, batch_id: int, offer_id: int) -> None:
        """This offer was asked for: whatever came of it, the next job takes another one."""
        if batch_id in self._found:
            self._found[batch_id].used[offer_id] = self._clock()

    def known(self, batch_id: int, spec: JobSpec, avoid: Collection[int]) -> tuple[bool | None, str]:
        """Whether there is an offer (None while no answer is there), and what the search said if not."""
        found = self._found.get(batch_id)
        if found is None or (found.market is None and not found.error):
            return None, "searching"
        if found.error:
            return None, found.error
        if self._fresh(batch_id) is None:
            return None, "searching"
        if self.pick(batch_id, spec, avoid) is not None:
            return True, ""
        return False, _why_none(found, len(avoid), spec.rent.plan.image)

    def _fresh(self, batch_id: int) -> _Found | None:
        found = self._found.get(batch_id)
        return found if found is not None and 0 <= self._clock() - found.at < FRESH + AGAIN else None

    def _usable(self, found: _Found, spec: JobSpec) -> Iterator[Offer]:
        offers = found.market.offers if found.market else ()
        since = self._clock() - LEFT_OUT
        found.used = {offer_id: at for offer_id, at in found.used.items() if at > since}
        # A host may have been blocked since the search.
        lists = host_lists(spec, self._hosts)
        allowed = (o for o in offers if lists.kind(o) is None)
        fitting = (o for o in allowed if cuda_fits(spec.rent.plan.image, o.cuda_max_good))
        return (o for o in fitting if o.id not in found.used and price_of(o, spec, self._config) is not None)


def price_of(offer: Offer, spec: JobSpec, config: Config) -> float | None:
    """$/h of a box for the job on this offer; None when unknown, over a ceiling, or its disk is too small."""
    plan = spec.rent.plan
    price = hourly(offer, plan.disk_gb, bid_for(offer, spec))
    ceiling = config.max_price if spec.rent.max_price is None else min(config.max_price, spec.rent.max_price)
    if price is None or price > ceiling:
        return None
    if offer.disk_space is not None and plan.disk_gb > offer.disk_space:
        return None
    return price


def bid_for(offer: Offer, spec: JobSpec) -> float | None:
    """What is bid, $/h: as told, else a tenth above the least; None on demand."""
    if spec.rent.type != "bid":
        return None
    if spec.rent.plan.bid is not None:
        return spec.rent.plan.bid
    return opening_bid(offer)


def search_of(spec: JobSpec) -> Search:
    """The search for a job's box."""
    return Search(
        text=spec.rent.search,
        type=spec.rent.type,
        preset=spec.rent.preset or None,
        order=spec.rent.order,
        storage_gb=spec.rent.plan.disk_gb,
    )


def host_lists(spec: JobSpec, hosts: HostBook) -> HostFilter:
    """All lists that hold for a job: the config's, its preset's, the book's and its own."""
    rent = spec.rent
    return hosts.filter(search_of(spec)).also(
        rent.host_whitelist, rent.host_blacklist, rent.machine_whitelist, rent.machine_blacklist
    )


async def search_for(client: VastClient, spec: JobSpec, config: Config, hosts: HostBook) -> Market:
    """The offers for a job, after all host lists. Raises UsageError and what a search raises."""
    return await fetch_market(client, search_of(spec), host_lists(spec, hosts))


def _why_none(found: _Found, avoided: int, image: str) -> str:
    market = found.market
    if market is None:
        return "no offer"
    if not market.offers:
        cut = ", ".join(f"{count} {reason}" for reason, count in market.hosts.reasons.items())
        return "no offer meets the search" + (f" ({cut})" if cut else "")
    more = f", {avoided} machines are avoided" if avoided else ""
    old = sum(not cuda_fits(image, offer.cuda_max_good) for offer in market.offers)
    more += f", {old} are too old for the image's CUDA" if old else ""
    return f"none of {len(market.offers)} offers is free below the price ceiling{more}"
