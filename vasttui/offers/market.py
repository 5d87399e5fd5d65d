"""A search of the market and what it found; searches that are repeated.

Times are epoch seconds, rates are $/h.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vasttui.offers.hosts import HostCut
from vasttui.offers.prices import Prices

if TYPE_CHECKING:
    from vasttui.api.models import Offer
    from vasttui.offers.changes import Change
    from vasttui.offers.relax import Relaxation


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for on the market.

    Attributes:
        text: clauses in the official CLI's query grammar, "" for none.
        type: "on-demand", "bid" or "reserved".
        preset: name of the preset it started from, or None.
        order: e.g. "score-" or "dph_total".
        storage_gb: disk that prices include.
        limit: rows wanted in all, more than the server's 64 by further requests; None for what one request gives.
    """

    text: str = ""
    type: str = "on-demand"
    preset: str | None = None
    order: str = "score-"
    storage_gb: float = 64.0
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Market:
    """The offers of one search, after the host lists.

    Attributes:
        more: the server has more than was fetched.
        ignored: of the unmatched rows, how many each clause of the search was ignored for.
        changes: by offer id, against the answer before of the same search; {} for the first.
        gone: offers of the answer before that are no longer there.
        relaxation: when nothing was found: why.
        prices: what is known of the prices of this type of offer.
    """

    search: Search
    hosts: HostCut
    unmatched: int = 0
    """Rows that the server sent although they do not meet the search."""
    skipped: int = 0
    """Rows that could not be read."""
    raw: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    """The API's own rows by offer id, when they were asked for."""
    more: bool = False
    ignored: Mapping[str, int] = field(default_factory=dict)
    changes: Mapping[int, Change] = field(default_factory=dict)
    gone: tuple[Offer, ...] = ()
    relaxation: Relaxation | None = None
    prices: Prices = field(default_factory=Prices)

    @property
    def offers(self) -> tuple[Offer, ...]:
        """Offers that the host lists let through."""
        return self.hosts.kept


@dataclass(frozen=True, slots=True)
class WatchedSearch:
    """A search that is repeated in the background.

    Attributes:
        key: what it is called: "preset cheap", or the query's text.
        below: tell when a match costs less, $/h.
        rents: matches are rented too, at most so many in all; 0 for only telling.
        rented: how many were.
        best: the cheapest match now, $/h; None when there was none, or no answer yet.
        at: when it was last asked, None before the first time.
        error: why the last try failed, "" when it went well.
    """

    key: str
    search: Search
    below: float
    rents: int = 0
    rented: int = 0
    best: float | None = None
    at: float | None = None
    error: str = ""
