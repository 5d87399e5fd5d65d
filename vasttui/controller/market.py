"""One search of the market: requests, re-check, host lists; and why a search found nothing."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import replace

from vasttui.api.client import VastClient
from vasttui.api.models import Offer
from vasttui.config import Config
from vasttui.controller.paging import PAGE, market_pages
from vasttui.controller.paging import request_body as request_body
from vasttui.errors import UsageError
from vasttui.offers.changes import changes
from vasttui.offers.hosts import HostFilter
from vasttui.offers.market import Market, Search
from vasttui.offers.order import in_order, reach
from vasttui.offers.query import parse, parse_type, preset_text
from vasttui.offers.relax import Relaxation, relaxation

KEPT_FIELDS = ("gpu_name", "num_gpus", "host_id", "machine_id")
"""What one wants to rent, which is no condition to relax while it alone finds something."""


def query_warnings(search: Search) -> tuple[str, ...]:
    """Remarks on the search's text, such as a field that nobody knows. Raises UsageError when it is no query."""
    return parse(search.text).warnings


async def fetch_market(
    client: VastClient,
    search: Search,
    hosts: HostFilter,
    *,
    preferred: tuple[str, ...] = (),
    defaults: bool = True,
    keep_raw: bool = False,
) -> Market:
    """Search with as many requests as its limit needs, drop rows that do not belong there, apply the host lists.

    Args:
        preferred: GPUs that stand first, unless the search asks for an order of its own.
        defaults: whether the official CLI's hidden filters hold where the query is silent.
        keep_raw: keep the API's own rows too.

    Raises:
        UsageError: the text is not a query.
        VastError: the API failed.
    """
    pages = market_pages(client, search, hosts, preferred=preferred, defaults=defaults, keep_raw=keep_raw)
    market = await anext(pages)
    async for page in pages:
        market = page
    return market


def is_empty(market: Market) -> bool:
    """Whether nothing meets the search; what the host lists cut does."""
    return not market.hosts.kept and not market.hosts.cut


def compared(market: Market, before: Market) -> Market:
    """The answer with what is new, gone, cheaper or dearer than in the one before, of the same search."""
    type_ = parse_type(market.search.type)
    old, new = all_offers(before), all_offers(market)
    found, gone = changes(
        old, new, type_, reached_before=_reached(before, old), reached_now=_reached(market, new)
    )
    shown = {offer.id for offer in before.offers}
    return replace(market, changes=found, gone=tuple(offer for offer in gone if offer.id in shown))


def all_offers(market: Market) -> tuple[Offer, ...]:
    """What the search found, before the host lists."""
    return (*market.hosts.kept, *(cut.offer for cut in market.hosts.cut))


def _reached(market: Market, offers: Sequence[Offer]) -> Callable[[Offer], bool]:
    """Whether the answer would have held an offer; of several answers that were cut off, nobody knows."""
    if not market.more:
        return lambda offer: True
    if len(offers) > PAGE:
        return lambda offer: False
    return reach(in_order(offers, market.search.order), market.search.order)


async def explain_nothing(client: VastClient, search: Search, *, defaults: bool = True) -> Relaxation:
    """Why a search finds nothing, by one more request (two when not even its GPUs are there).

    Raises UsageError and what a request raises.
    """
    query = parse(search.text)
    body = query.body(type=search.type, order=search.order, storage=search.storage_gb, defaults=defaults)
    extra = {name: body[name] for name in ("type", "allocated_storage")}
    column = "min_bid" if body["type"] == "bid" else "dph_total"
    extra |= {"rentable": {"eq": True}, "order": [[column, "asc"]]}
    kept = {name: body[name] for name in KEPT_FIELDS if name in body}
    rows = await client.search_offers({**kept, **extra})
    if kept and not rows.items:
        rows = await client.search_offers(extra)
    return relaxation(query, rows.items, defaults=defaults)


def starting_search(config: Config, preset: str | None = None) -> Search:
    """The search of a preset, else of the default preset, else of the general settings.

    Raises:
        UsageError: there is no preset of that name.
    """
    name = preset or config.default_preset
    if name is not None and name not in config.presets:
        near = difflib.get_close_matches(name, config.presets, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"Presets: {', '.join(config.presets) or 'none'}"
        raise UsageError(f"there is no preset {name!r}", hint=hint)
    chosen = config.preset(name)
    return Search(
        text=preset_text(chosen, config),
        type=chosen.type,
        preset=name,
        order=chosen.order,
        storage_gb=chosen.disk or config.disk_gb,
        limit=chosen.limit,
    )
