"""A dry run: what a batch would do and cost. Nothing is spent and nothing is written."""

from __future__ import annotations

import os
from collections.abc import Iterator

from vasttui.api.client import VastClient
from vasttui.api.models import Offer
from vasttui.config import Config
from vasttui.controller.hosts import HostBook
from vasttui.controller.jobs.budget import reserve
from vasttui.controller.jobs.offers import price_of, search_for
from vasttui.errors import UsageError
from vasttui.jobs.inputs import expand
from vasttui.jobs.rental import unarmed_reason
from vasttui.jobs.spec import BatchRequest, Input, JobSpec, resolved_env, spec_of
from vasttui.jobs.spec_checks import start_problem
from vasttui.journal import Journal
from vasttui.snapshot import BatchPlan

SHOWN = 5
"""Offers that a plan names."""


async def plan_batch(
    request: BatchRequest,
    config: Config,
    journal: Journal,
    hosts: HostBook,
    client: VastClient,
    credit: float | None,
) -> BatchPlan:
    """What the batch would do.

    Raises:
        ConfigError: every mistake of the file.
        UsageError: nothing to run, no such preset, inputs that cannot be had.
        VastError: the search failed.
    """
    spec = spec_of(request, config)
    inputs = await expand(spec, request, done=journal.done_inputs(spec.name) if spec.skip_done else frozenset())
    market = await search_for(client, spec, config, hosts)
    offers = [offer for offer in market.offers if price_of(offer, spec, config) is not None]
    hourly = price_of(offers[0], spec, config) if offers else None
    reserved = reserve(spec, hourly) if hourly is not None else None
    return BatchPlan(
        spec=spec,
        inputs=inputs,
        offers=tuple(offers[:SHOWN]),
        hourly=hourly,
        reserved=reserved,
        problems=(*_unfit(spec, inputs, client), *_problems(spec, offers, len(market.offers), reserved, credit)),
        remarks=tuple(_remarks(spec, offers, sum(not item.skip for item in inputs))),
        watchdog=not unarmed_reason(spec.rent.plan),
    )


def _unfit(spec: JobSpec, inputs: tuple[Input, ...], client: VastClient) -> Iterator[str]:
    """What of the specification could not be sent."""
    longest = max(inputs, key=lambda item: len(item.value.encode()), default=None)
    if longest is not None and (problem := start_problem(spec, longest, client.base_url)):
        yield problem
    try:
        resolved_env(spec, os.environ)
    except UsageError as error:
        yield error.message


def _problems(
    spec: JobSpec, offers: list[Offer], found: int, reserved: float | None, credit: float | None
) -> Iterator[str]:
    if not offers:
        yield f"none of {found} offers is below the price ceiling" if found else "no offer meets the search"
    if reserved is not None and spec.budget is not None and reserved > spec.budget:
        yield f"budget: one job may cost ${reserved:.2f}, the budget is ${spec.budget:.2f}"
    if credit is not None and credit <= 0:
        yield f"no credit: ${credit:.2f}"
    elif credit is not None and reserved is not None and credit < reserved:
        yield f"the credit, ${credit:.2f}, is less than one job may cost, ${reserved:.2f}"


def _remarks(spec: JobSpec, offers: list[Offer], count: int) -> Iterator[str]:
    if why := unarmed_reason(spec.rent.plan):
        yield f"the dead man's switch cannot be armed ({why}): these boxes go on billing when vasttui is gone"
    if spec.limits.total is None and spec.limits.work is None and spec.limits.cost is None:
        yield "no limit of time or cost: money for one hour is reserved for each job"
    if not count:
        yield "all inputs are skipped: nothing to do"
    if offers and len(offers) < min(spec.max_parallel, count):
        yield f"{len(offers)} offers for {min(spec.max_parallel, count)} jobs at once: the others wait for more"
