"""Offers that are as good as another one: for when it is gone, and for races."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from vasttui.api.client import VastClient
from vasttui.api.models import Offer
from vasttui.controller.market import fetch_market
from vasttui.errors import UsageError
from vasttui.jobs.rental import RentPlan
from vasttui.offers.gpus import plain
from vasttui.offers.hosts import HostFilter
from vasttui.offers.price import hourly
from vasttui.offers.query import parse
from vasttui.snapshot import Search

BY_NUMBER = frozenset({"id", "ask_contract_id", "machine_id"})
"""Fields by which a search means one offer: an equal one can never meet them."""

SAME_MEMORY = 0.95
"""Share of the VRAM that an equal GPU has at least: drivers keep a little of it, more or less."""


async def equal_offers(
    client: VastClient, offer: Offer, plan: RentPlan, search: Search | None, hosts: HostFilter
) -> tuple[Offer, ...]:
    """Offers of the same GPUs that meet the same search and the host lists, not dearer; the cheapest first.

    The plan's own ceiling stands in place of the offer's price where there is one. Raises what a search raises.
    """
    price = hourly(offer, plan.disk_gb, plan.bid)
    most = plan.max_price if plan.max_price is not None else price
    if most is None or offer.gpu_name is None or offer.num_gpus is None:
        return ()
    market = await fetch_market(client, _search_for(offer, plan, search), hosts)
    priced = [(hourly(row, plan.disk_gb, plan.bid), row) for row in market.offers if is_equal(row, offer)]
    affordable = [(cost, row) for cost, row in priced if cost is not None and cost <= most + 1e-9]
    return tuple(row for _, row in sorted(affordable, key=lambda pair: pair[0]) if row.id != offer.id)


def is_equal(row: Offer, offer: Offer) -> bool:
    """Whether it has the same GPUs: an A100 may have 40 GB or 80, under one name."""
    memory = (offer.gpu_ram, row.gpu_ram)
    enough = None in memory or (row.gpu_ram or 0.0) >= SAME_MEMORY * (offer.gpu_ram or 0.0)
    same = plain(row.gpu_name or "") == plain(offer.gpu_name or "")
    return row.num_gpus == offer.num_gpus and same and enough


def one_per_machine(offers: Collection[Offer], taken: Collection[int | None]) -> tuple[Offer, ...]:
    """The first offer of each machine, those of the machines that are taken, or not told, left out."""
    first: dict[int, Offer] = {}
    for row in offers:
        if row.machine_id is not None and row.machine_id not in taken:
            first.setdefault(row.machine_id, row)
    return tuple(first.values())


def _search_for(offer: Offer, plan: RentPlan, search: Search | None) -> Search:
    """The search, narrowed to the same GPUs; one that names the offer itself would find nothing else."""
    search = search or Search()
    gpus = f"gpu_name={(offer.gpu_name or '').replace(' ', '_')} num_gpus={offer.num_gpus}"
    text = "" if names_one(search.text) else search.text
    kind = "bid" if plan.bid is not None else search.type
    return replace(search, text=f"{text} {gpus}".strip(), type=kind, order="dph_total", storage_gb=plan.disk_gb)


def names_one(text: str) -> bool:
    """Whether a search means one offer or one machine, or cannot be read."""
    try:
        return bool(BY_NUMBER & parse(text).filters().keys())
    except UsageError:
        return True
