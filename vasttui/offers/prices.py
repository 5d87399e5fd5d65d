"""What is cheap and what is dear: samples of searches, quartiles, the chance of being outbid. Pure.

All prices are those of the GPUs alone, so that searches with another disk can be compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from vasttui.api.models import Offer
from vasttui.offers.gpus import plain
from vasttui.offers.price import gpu_hourly

FEW = 4
"""Offers below which quartiles tell nothing."""

FEW_SAMPLES = 5
"""Samples of a machine below which those of its model say more."""


class Standing(StrEnum):
    """Where a price stands among those of its kind."""

    CHEAP = "cheap"
    FAIR = "fair"
    DEAR = "dear"


@dataclass(frozen=True, slots=True)
class Quartiles:
    """Prices of one GPU model, $ per GPU and hour; `offers` is how many they are made of."""

    low: float
    q1: float
    median: float
    q3: float
    offers: int

    def standing(self, price: float) -> Standing | None:
        """Below the lowest quarter, above the highest, or between; None when they are too few to tell (under 4)."""
        if self.offers < FEW:
            return None
        if price < self.q1:
            return Standing.CHEAP
        return Standing.DEAR if price > self.q3 else Standing.FAIR


@dataclass(frozen=True, slots=True)
class Prices:
    """What is known of prices of one type of offer ("on-demand", "bid", "reserved").

    GPU models are named as `vasttui.offers.gpus.plain` writes them. Series are oldest first.

    Attributes:
        quartiles: of each model now, from the last answer and recent samples.
        models: medians of each model over time, $ per GPU and hour.
        machines: prices of a machine over time, $ per GPU and hour; for bids its least bids.
    """

    type: str = "on-demand"
    quartiles: Mapping[str, Quartiles] = field(default_factory=dict)
    models: Mapping[str, Sequence[float]] = field(default_factory=dict)
    machines: Mapping[int, Sequence[float]] = field(default_factory=dict)

    def of(self, offer: Offer) -> Quartiles | None:
        """The quartiles of the offer's GPU model, None when unknown."""
        return self.quartiles.get(plain(offer.gpu_name)) if offer.gpu_name else None

    def standing(self, offer: Offer) -> Standing | None:
        """Whether the offer is cheap or dear for its kind; None when unknown."""
        known, price = self.of(offer), gpu_price(offer, self.type)
        return known.standing(price) if known is not None and price is not None else None

    def outbid_chance(self, offer: Offer, bid: float) -> tuple[float, int] | None:
        """The share of our samples of this machine (of its model when they are few) in which such a bid, $/h for the
        whole machine, would have lost, and how many samples that were; None without samples."""
        if self.type != "bid" or not offer.num_gpus:
            return None
        seen = self.machines.get(offer.machine_id, ()) if offer.machine_id is not None else ()
        if len(seen) < FEW_SAMPLES and offer.gpu_name:
            seen = max(seen, self.models.get(plain(offer.gpu_name), ()), key=len)
        if not seen:
            return None
        each = bid / offer.num_gpus
        # What was divided to be kept comes back a hair off: a bid equal to the least one holds.
        return sum(price > each * (1 + 1e-9) for price in seen) / len(seen), len(seen)


def quartiles(prices: Iterable[float]) -> Quartiles | None:
    """Quartiles of prices, linear between two of them; None without any."""
    row = sorted(prices)
    if not row:
        return None
    return Quartiles(row[0], _quantile(row, 0.25), _quantile(row, 0.5), _quantile(row, 0.75), len(row))


def _quantile(row: Sequence[float], share: float) -> float:
    place = share * (len(row) - 1)
    below = int(place)
    above = min(below + 1, len(row) - 1)
    # In this form two equal neighbours give exactly their value.
    return row[below] + (place - below) * (row[above] - row[below])


def gpu_price(offer: Offer, type: str) -> float | None:  # noqa: A002 - the API's own name
    """$ per GPU and hour without disk: the least bid for bids, else the price of the GPUs; None when unknown."""
    price = offer.min_bid if type == "bid" else gpu_hourly(offer)
    return None if price is None or not offer.num_gpus else price / offer.num_gpus
