"""What is cheap and what is dear: samples of searches, quartiles, the chance of being outbid. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from vasttui.api.models import Offer


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
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Prices:
    """What is known of prices of one type of offer ("on-demand", "bid", "reserved").

    GPU models are named as `vasttui.offers.fields.plain` writes them. Series are oldest first.

    Attributes:
        quartiles: of each model now, from the last answer and recent samples.
        models: medians of each model over time, $ per GPU and hour.
        machines: prices of a machine over time, $ per GPU and hour; for bids its least bids.
    """

    type: str = "on-demand"
    quartiles: Mapping[str, Quartiles] = field(default_factory=dict)
    models: Mapping[str, Sequence[float]] = field(default_factory=dict)
    machines: Mapping[int, Sequence[float]] = field(default_factory=dict)

    def standing(self, offer: Offer) -> Standing | None:
        """Whether the offer is cheap or dear for its kind; None when unknown."""
        raise NotImplementedError

    def outbid_chance(self, offer: Offer, bid: float) -> tuple[float, int] | None:
        """The share of our samples of this machine (of its model when they are few) in which such a bid, $/h for the
        whole machine, would have lost, and how many samples that were; None without samples."""
        raise NotImplementedError


def quartiles(prices: Iterable[float]) -> Quartiles | None:
    """Quartiles of prices, None without any."""
    raise NotImplementedError


def gpu_price(offer: Offer, type: str) -> float | None:  # noqa: A002 - the API's own name
    """$ per GPU and hour: the least bid for bids, else the price with storage; None when unknown."""
    raise NotImplementedError
