"""Which hosts are wanted: white and black lists, and why an offer was cut."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from vasttui.api.models import Offer

BLOCKED = "host is blocked"
NOT_LISTED = "host is not on the whitelist"
UNKNOWN = "host is unknown"


@dataclass(frozen=True, slots=True)
class CutOffer:
    """An offer that was cut, and why."""

    offer: Offer
    reason: str


@dataclass(frozen=True, slots=True)
class HostCut:
    """Offers after the host lists; `reasons` counts the cut ones by reason."""

    kept: tuple[Offer, ...] = ()
    cut: tuple[CutOffer, ...] = ()
    reasons: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HostFilter:
    """Host ids. An empty whitelist lets all hosts through; the blacklist wins over the whitelist."""

    whitelist: frozenset[int] = frozenset()
    blacklist: frozenset[int] = frozenset()

    def also(self, whitelist: Iterable[int] = (), blacklist: Iterable[int] = ()) -> HostFilter:
        """This filter with more hosts on its lists, e.g. a preset's or the host book's."""
        return HostFilter(self.whitelist | frozenset(whitelist), self.blacklist | frozenset(blacklist))

    def reason(self, offer: Offer) -> str | None:
        """Why the offer is cut; None when it is kept. With a whitelist, a host that is not told is cut."""
        if offer.host_id is None:
            return UNKNOWN if self.whitelist else None
        if offer.host_id in self.blacklist:
            return BLOCKED
        return NOT_LISTED if self.whitelist and offer.host_id not in self.whitelist else None

    def cut(self, offers: Iterable[Offer]) -> HostCut:
        """Sort offers into kept and cut, both in their order."""
        kept: list[Offer] = []
        cut: list[CutOffer] = []
        reasons: dict[str, int] = {}
        for offer in offers:
            reason = self.reason(offer)
            if reason is None:
                kept.append(offer)
            else:
                cut.append(CutOffer(offer, reason))
                reasons[reason] = reasons.get(reason, 0) + 1
        return HostCut(tuple(kept), tuple(cut), reasons)
