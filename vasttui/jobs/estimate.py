"""What a plan would cost on an offer, hour by hour and over its life, and what would be sent. Pure.

Unknown stays None and is never counted as 0. Money is US dollars, rates are $/h, times epoch seconds.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from vasttui.api.models import Offer
from vasttui.jobs.rental import RentPlan, request_of
from vasttui.logs.clean import mask_secrets
from vasttui.offers.price import HOURS_PER_MONTH, Cost, Job, JobCost, cost, credit_hours, job_cost
from vasttui.offers.prices import Prices


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
        job: what it is rented for, None when that is not told; `job_cost` is $ for the whole of it.
        lasts: hours that the credit lasts with all that runs and this one; `lasts_without` without it.
        ends_at: when its lease ends, if it were rented now; `ends_by` is "destroy" or "stop".
        race_hourly: $/h at most until the first of a race is ready: see `RentPlan.member_cap`.
        most: $/h that an offer in its place costs at most.
    """

    cost: Cost | None
    job: Job | None
    job_cost: JobCost | None
    funds: Funds
    gb_in_price: float | None
    gb_out_price: float | None
    lasts: float | None
    lasts_without: float | None
    ends_at: float | None
    ends_by: str
    bidding: Bidding | None
    race: int
    race_hourly: float | None
    fallback: bool
    most: float | None

    @property
    def stopped_monthly(self) -> float | None:
        """$ that a month (of 720 hours) costs while it is stopped: the disk."""
        return None if self.cost is None else self.cost.disk * HOURS_PER_MONTH


def estimate(
    offer: Offer, plan: RentPlan, *, now: float, funds: Funds, job: Job | None = None, prices: Prices | None = None
) -> Estimate:
    """The figures of a plan on an offer; `prices` of another type than bids say nothing of a bid."""
    known = cost(offer, plan.disk_gb, plan.bid)
    total = known.total if known is not None else None
    most = plan.max_price if plan.max_price is not None else total
    rate = None if total is None else plan.hourly_at_once(total)
    job = None if job is None else replace(job, disk_gb=plan.disk_gb)
    return Estimate(
        cost=known,
        job=job,
        job_cost=None if job is None else job_cost(offer, job, plan.bid),
        funds=funds,
        gb_in_price=offer.inet_down_cost,
        gb_out_price=offer.inet_up_cost,
        lasts=credit_hours(funds.credit, None if funds.burn is None or rate is None else funds.burn + rate),
        lasts_without=credit_hours(funds.credit, funds.burn),
        ends_at=None if plan.lease is None else now + plan.lease,
        ends_by=plan.lease_end,
        bidding=None if plan.bid is None else _bidding(offer, plan.bid, prices),
        race=plan.race,
        race_hourly=rate,
        fallback=plan.fallback,
        most=most,
    )


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
    request["runtype"] = None if plan.template else plan.runtype  # A template has its own.
    request["onstart"] = mask_secrets(request["onstart"]) if request["onstart"] else None
    return request
