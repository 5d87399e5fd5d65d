"""One search of the market: request, re-check, host lists."""

from __future__ import annotations

import difflib
from typing import Any

from vasttui.api.client import VastClient
from vasttui.config import Config
from vasttui.errors import UsageError
from vasttui.offers.fields import is_one_of
from vasttui.offers.hosts import HostFilter
from vasttui.offers.query import DEFAULT_ORDER, parse, preset_text
from vasttui.snapshot import Market, Search


def request_body(search: Search, *, defaults: bool = True) -> dict[str, Any]:
    """The body that a search sends. Raises UsageError when its text is not a query."""
    return parse(search.text).body(
        type=search.type,
        order=search.order,
        storage=search.storage_gb,
        limit=search.limit,
        defaults=defaults,
    )


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
    """Search, drop rows that the server should not have sent, and apply the host lists.

    Args:
        preferred: GPUs that stand first, unless the search asks for an order of its own.
        defaults: whether the official CLI's hidden filters hold where the query is silent.
        keep_raw: keep the API's own rows too.

    Raises:
        UsageError: the text is not a query.
        VastError: the API failed.
    """
    query = parse(search.text)
    rows = await client.search_offers(request_body(search, defaults=defaults), keep_raw=keep_raw)
    matching = [offer for offer in rows.items if query.matches(offer)]
    if search.order == DEFAULT_ORDER:
        matching.sort(key=lambda offer: not is_one_of(offer.gpu_name, preferred))
    return Market(
        search=search,
        hosts=hosts.cut(matching),
        unmatched=len(rows.items) - len(matching),
        skipped=rows.skipped,
        raw={offer.id: raw for offer, raw in zip(rows.items, rows.raw, strict=False)},
    )


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
