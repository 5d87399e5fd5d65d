"""What an offer will cost. Unknown stays None and is never counted as 0.

Storage is priced in $/GB/month of 720 hours (storage_total_cost = storage_cost x GB / 720 in the examples of
vast-ai/docs, search_offers.yaml); bandwidth is charged per GB on top and is not part of these figures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from vasttui.api.models import Offer

HOURS_PER_MONTH = 720.0


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
    if disk is None or gpu is None:
        return None
    return Cost(gpu, disk)


def gpu_hourly(offer: Offer) -> float | None:
    """$/h of the GPUs without any disk; None when unknown."""
    if offer.dph_base is not None:
        return offer.dph_base
    if offer.dph_total is None or offer.storage_total_cost is None:
        return None
    return max(0.0, offer.dph_total - offer.storage_total_cost)


def disk_hourly(storage_cost: float | None, disk_gb: float | None) -> float | None:
    """$/h of a disk at `storage_cost` $/GB/month; None when one of them is unknown."""
    if storage_cost is None or disk_gb is None:
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


def credit_hours(credit: float | None, burn: float | None) -> float | None:
    """Hours that the credit lasts at a burn in $/h: 0 without credit, infinite without burn."""
    if credit is None or burn is None:
        return None
    if credit <= 0:
        return 0.0
    return credit / burn if burn > 0 else math.inf
