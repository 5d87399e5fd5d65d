"""What a plan would cost on an offer, hour by hour and over its life, and what would be sent. Pure.

Unknown stays None and is never counted as 0. Money is US dollars, rates are $/h, times epoch seconds.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from vasttui.api.models import Offer
from vasttui.jobs.rental import RentPlan, request_of
from vasttui.logs.clean import mask_secrets
from vasttui.offers.price import HOURS_PER_MONTH, Cost, cost, credit_hours
from vasttui.offers.prices import Prices


@dataclass(frozen=True, slots=True)
class JobSize:
    """The job that a box is rented for: how long it runs, what it down- and uploads; None where it is not told."""

    hours: float | None = None
    gb_in: float | None = None
    gb_out: float | None = None


@dataclass(frozen=True, slots=True)
class Funds:
    """What there is to spend, $, and what runs already, $/h; None when unknown."""

    credit: float | None = None
    burn: float | None = None


@dataclass(frozen=True, slots=True)
class Bidding:
    """How a bid, $/h for the whole machine, stands.

    Attributes:
        least: the least bid that is taken now.
        market: the median of the least bids for as many GPUs of this model.
        outbid: share of our samples in which it would have lost, 0..1.
        samples: how many those are.
    """

    bid: float
    least: float | None = None
    market: float | None = None
    outbid: float | None = None
    samples: int = 0


@dataclass(frozen=True, slots=True)
class Estimate:
    """The figures of a plan.

    Attributes:
        cost: $/h of GPUs and disk.
        gb_in_price / gb_out_price: $ per GB that the box down- and uploads.
        traffic: $ for what the job transfers, None without a job or without a price.
        job_total: $ for the whole job.
        lasts: hours that the credit lasts with all that runs and this one; `lasts_without` without it.
        lease_end: when it ends itself, if it were rented now.
        race_hourly: $/h until the first of a race is ready; as if each cost what this offer costs.
    """

    cost: Cost | None
    disk_gb: float
    job: JobSize
    funds: Funds
    gb_in_price: float | None
    gb_out_price: float | None
    traffic: float | None
    job_total: float | None
    lasts: float | None
    lasts_without: float | None
    lease_end: float | None
    bidding: Bidding | None
    race: int
    fallback: bool

    @property
    def stopped_monthly(self) -> float | None:
        """$ that a month (of 720 hours) costs while it is stopped: the disk."""
        return None if self.cost is None else self.cost.disk * HOURS_PER_MONTH

    @property
    def race_hourly(self) -> float | None:
        """$/h until the first of a race is ready, None when unknown."""
        return None if self.cost is None else self.cost.total * self.race


def estimate(
    offer: Offer, plan: RentPlan, *, now: float, funds: Funds = Funds(), job: JobSize = JobSize(), prices: Prices | None
) -> Estimate:
    """The figures of a plan on an offer; `prices` are those of bids, or of another type, which say nothing of bids."""
    known = cost(offer, plan.disk_gb, plan.bid)
    rate = known.total * plan.race if known is not None else None
    traffic = _traffic(offer, job)
    return Estimate(
        cost=known,
        disk_gb=plan.disk_gb,
        job=job,
        funds=funds,
        gb_in_price=offer.inet_down_cost,
        gb_out_price=offer.inet_up_cost,
        traffic=traffic,
        job_total=_job_total(known, job, traffic),
        lasts=credit_hours(funds.credit, None if funds.burn is None or rate is None else funds.burn + rate),
        lasts_without=credit_hours(funds.credit, funds.burn),
        lease_end=None if plan.lease is None else now + plan.lease,
        bidding=None if plan.bid is None else _bidding(offer, plan.bid, prices),
        race=plan.race,
        fallback=plan.fallback,
    )


def _traffic(offer: Offer, job: JobSize) -> float | None:
    """$ for the job's transfers; a direction in which it moves nothing needs no price."""
    if job.gb_in is None and job.gb_out is None:
        return None
    total = 0.0
    for size, price in ((job.gb_in, offer.inet_down_cost), (job.gb_out, offer.inet_up_cost)):
        if size:
            if price is None:
                return None
            total += size * price
    return total


def _job_total(known: Cost | None, job: JobSize, traffic: float | None) -> float | None:
    if known is None or job.hours is None:
        return None
    if traffic is None and (job.gb_in or job.gb_out):
        return None
    return known.total * job.hours + (traffic or 0.0)


def _bidding(offer: Offer, bid: float, prices: Prices | None) -> Bidding:
    if prices is None or prices.type != "bid":
        return Bidding(bid, offer.min_bid)
    kind = prices.of(offer)
    market = kind.median * offer.num_gpus if kind is not None and offer.num_gpus else None
    outbid, samples = prices.outbid_chance(offer, bid) or (None, 0)
    return Bidding(bid, offer.min_bid, market, outbid, samples)


def shown_request(plan: RentPlan) -> dict[str, Any]:
    """The request for a plan as it may be shown: of the environment only the names, secrets in the command masked.

    Raises:
        UsageError: the plan cannot be sent.
    """
    request = asdict(request_of(plan, plan.label))
    request["env"] = sorted(plan.env)
    request["onstart"] = mask_secrets(request["onstart"]) if request["onstart"] else None
    return request
