"""Which hosts are wanted: white and black lists, and why an offer was cut."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from vasttui.api.models import Offer
from vasttui.journal.records import HostVerdict, Whose

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


@dataclass(frozen=True, slots=True)
class Page:
    """What is written of one host or machine.

    Attributes:
        whose / id: which host or machine.
        verdict: "allow", "block" or None, as it holds now.
        note: the user's own words.
        fault: how it last failed one of our rentals.
        until: when the verdict ends, None for never.
        origin: "book", "config" or "preset NAME": who says so.
    """

    whose: Whose
    id: int
    verdict: HostVerdict | None = None
    note: str = ""
    fault: str = ""
    until: float | None = None
    favourite: bool = False
    at: float = 0.0
    origin: str = "book"

    @property
    def text(self) -> str:
        """The note and the fault, as they are shown."""
        return "; ".join(part for part in (self.note, self.fault) if part)


@dataclass(frozen=True, slots=True)
class Book:
    """The host book and the config's lists, as they hold now."""

    pages: Mapping[tuple[Whose, int], Page] = field(default_factory=dict)

    def page(self, whose: Whose, number: int | None) -> Page | None:
        """What is written of a host or a machine, None when nothing is."""
        return self.pages.get((whose, number)) if number is not None else None

    def of(self, offer: Offer) -> tuple[Page, ...]:
        """What is written of the offer's machine and of its host."""
        found = (self.page("machine", offer.machine_id), self.page("host", offer.host_id))
        return tuple(page for page in found if page is not None)

    def verdict(self, offer: Offer) -> HostVerdict | None:
        """A block of the one or the other counts more than an allow."""
        verdicts = {page.verdict for page in self.of(offer)}
        return "block" if "block" in verdicts else "allow" if "allow" in verdicts else None

    def favourite(self, offer: Offer) -> bool:
        """Whether the user likes the machine or the host."""
        return any(page.favourite for page in self.of(offer))

    def numbers(self, verdict: HostVerdict, whose: Whose = "host") -> frozenset[int]:
        """The hosts, or machines, with that verdict."""
        return frozenset(page.id for page in self.pages.values() if (page.whose, page.verdict) == (whose, verdict))
