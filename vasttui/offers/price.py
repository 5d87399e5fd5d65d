"""What an offer will cost. Unknown stays None and is never counted as 0.

Storage is priced in $/GB/month of 720 hours (storage_total_cost = storage_cost x GB / 720 in the examples of
vast-ai/docs, search_offers.yaml); bandwidth is charged per GB on top and is not part of these figures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from vasttui.api.models import Offer

HOURS_PER_MONTH = 720.0

SAME = 5e-6
"""$/h; prices of disks that differ by less are of the same size: rows are rounded."""


@dataclass(frozen=True, slots=True)
class Cost:
    """$/h of a rental: GPUs, disk and both. The disk is charged until the instance is destroyed."""

    gpu: float
    disk: float

    @property
    def total(self) -> float:
        """$/h while it runs."""
        return self.gpu + self.disk

    @property
    def daily(self) -> float:
        """$ for 24 hours of running."""
        return 24.0 * self.total


def cost(offer: Offer, disk_gb: float, bid: float | None = None) -> Cost | None:
    """What the offer costs with `disk_gb` of disk, on demand or at a bid in $/h; None when a part is unknown.

    A bid is taken as the price of the GPUs alone, so the figure is never too low.
    """
    disk = disk_hourly(offer.storage_cost, disk_gb)
    gpu = bid if bid is not None else gpu_hourly(offer)
    if disk is None or gpu is None or gpu <= 0:
        return None
    return Cost(gpu, disk)


def gpu_hourly(offer: Offer) -> float | None:
    """$/h of the GPUs without any disk; None when unknown: nobody gives a GPU away, or pays for its use."""
    price = offer.dph_base
    if price is None and offer.dph_total is not None and offer.storage_total_cost is not None:
        price = offer.dph_total - offer.storage_total_cost
    return price if price is not None and price > 0 else None


def disk_hourly(storage_cost: float | None, disk_gb: float | None) -> float | None:
    """$/h of a disk at `storage_cost` $/GB/month; None when one of them is unknown, or no price."""
    if storage_cost is None or disk_gb is None or storage_cost < 0:
        return None
    return storage_cost * disk_gb / HOURS_PER_MONTH


def hourly(offer: Offer, disk_gb: float, bid: float | None = None) -> float | None:
    """$/h with that disk; None when unknown."""
    known = cost(offer, disk_gb, bid)
    return known.total if known else None


def daily(offer: Offer, disk_gb: float, bid: float | None = None) -> float | None:
    """$ per day with that disk; None when unknown."""
    known = cost(offer, disk_gb, bid)
    return known.daily if known else None


def hourly_with_disk(offer: Offer, disk_gb: float) -> float | None:
    """$/h on demand with a disk of that size, None when unknown, or no price: below 0, or 0 in all.

    A row's total is for the disk that the search asked for, or that the server took instead. Where the row tells
    its parts and they are of another size, the disk's part is made anew; else its total stands.
    """
    each, own, total = offer.storage_cost, offer.storage_total_cost, offer.dph_total
    if total is None or total <= 0:
        return None
    if each is None or own is None or abs((disk := each * disk_gb / HOURS_PER_MONTH) - own) <= SAME:
        return total
    gpu = gpu_hourly(offer)
    return total if gpu is None else gpu + disk


@dataclass(frozen=True, slots=True)
class Job:
    """A job by which offers are compared: hours that it runs, GB that it down- and uploads, GB of disk."""

    hours: float = 24.0
    gb_in: float = 0.0
    gb_out: float = 0.0
    disk_gb: float = 64.0


@dataclass(frozen=True, slots=True)
class JobCost:
    """$ for a whole job, by parts; None for a part whose price the row does not tell."""

    gpu: float
    disk: float | None
    traffic: float | None

    @property
    def total(self) -> float | None:
        """All of it, None when a part is unknown: an unknown price is no price of 0."""
        return None if self.disk is None or self.traffic is None else self.gpu + self.disk + self.traffic

    @property
    def least(self) -> float:
        """The parts that are known: it costs that much or more."""
        return self.gpu + (self.disk or 0.0) + (self.traffic or 0.0)


def job_cost(offer: Offer, job: Job, bid: float | None = None) -> JobCost | None:
    """What the job costs there, on demand or at a bid in $/h; None when the price of the GPUs is unknown.

    GPUs and disk for its hours, and each GB at the offer's price for that direction (charged by the GB on top of
    the hours). A direction in which nothing moves costs nothing, whatever its price.
    """
    gpu = bid if bid is not None else gpu_hourly(offer)
    if gpu is None:
        return None
    disk = disk_hourly(offer.storage_cost, job.disk_gb) if job.disk_gb else 0.0
    down, up = _moved(job.gb_in, offer.inet_down_cost), _moved(job.gb_out, offer.inet_up_cost)
    traffic = None if down is None or up is None else down + up
    return JobCost(gpu * job.hours, None if disk is None else disk * job.hours, traffic)


def _moved(gigabytes: float, price: float | None) -> float | None:
    if not gigabytes:
        return 0.0
    return None if price is None else gigabytes * price


def credit_hours(credit: float | None, burn: float | None) -> float | None:
    """Hours that the credit lasts at a burn in $/h: 0 without credit, infinite without burn."""
    if credit is None or burn is None:
        return None
    if credit <= 0:
        return 0.0
    return credit / burn if burn > 0 else math.inf
