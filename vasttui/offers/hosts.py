"""Which hosts and machines are wanted: white and black lists, the host book, and why an offer was cut. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from vasttui.api.models import Offer
from vasttui.config.model import Preset
from vasttui.journal.records import HostVerdict, Whose
from vasttui.offers.until import day_text

BLOCKED = "host is blocked"
MACHINE_BLOCKED = "machine is blocked"
NOT_LISTED = "host is not on the whitelist"
UNKNOWN = "host is unknown"

JOB_FILE = "job file"

Key = tuple[Whose, int]


@dataclass(frozen=True, slots=True)
class CutOffer:
    """An offer that was cut, and why."""

    offer: Offer
    reason: str


@dataclass(frozen=True, slots=True)
class HostCut:
    """Offers after the host lists; `reasons` counts the cut ones by kind of reason."""

    kept: tuple[Offer, ...] = ()
    cut: tuple[CutOffer, ...] = ()
    reasons: Mapping[str, int] = field(default_factory=dict)


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
class HostFilter:
    """The lists that hold for one search.

    The rule, for the lists of the config, of the search's preset and of a job file, and for the host book:

    1. An offer is cut when its host or its machine is on a blacklist, or blocked in the book, whatever else says.
       So what is on both lists is out, and an allowed host does not bring a blocked machine back.
    2. Where there is a whitelist, an offer passes only when its host or its machine is on one; the whitelists of
       hosts and machines, of config, preset and job file add up.
    3. The book's own "allow" was said by hand, later than the config's general lists were written. So it takes that
       same host (or machine) off the config's blacklist, and lets it through the config's whitelist. What a preset
       or a job file says was written for just these searches: no "allow" lifts it. The lists are never rewritten.
    4. A verdict of the book that has ended no longer counts.

    Attributes:
        whitelist / blacklist: host ids.
        machine_whitelist / machine_blacklist: machine ids.
        allowed / allowed_machines: what the book lets through the config's whitelist.
        pages: what the reasons tell of blocked hosts and machines.
        fences: whose whitelists these are, e.g. "preset cheap".
        now: epoch seconds at which the reasons are worded.
    """

    whitelist: frozenset[int] = frozenset()
    blacklist: frozenset[int] = frozenset()
    machine_whitelist: frozenset[int] = frozenset()
    machine_blacklist: frozenset[int] = frozenset()
    allowed: frozenset[int] = frozenset()
    allowed_machines: frozenset[int] = frozenset()
    pages: Mapping[Key, Page] = field(default_factory=dict)
    fences: tuple[str, ...] = ()
    now: float = 0.0

    def also(
        self,
        whitelist: Iterable[int] = (),
        blacklist: Iterable[int] = (),
        machine_whitelist: Iterable[int] = (),
        machine_blacklist: Iterable[int] = (),
        *,
        origin: str = JOB_FILE,
    ) -> HostFilter:
        """This filter with more on its lists; `origin` says whose they are, for the reasons."""
        white, machines = frozenset(whitelist), frozenset(machine_whitelist)
        black, bad_machines = frozenset(blacklist), frozenset(machine_blacklist)
        told: dict[Key, Page] = {("host", host): Page("host", host, "block", origin=origin) for host in black}
        told |= {("machine", machine): Page("machine", machine, "block", origin=origin) for machine in bad_machines}
        wider = replace(
            self,
            whitelist=self.whitelist | white,
            blacklist=self.blacklist | black,
            machine_whitelist=self.machine_whitelist | machines,
            machine_blacklist=self.machine_blacklist | bad_machines,
            pages={**told, **self.pages},
        )
        if not (white or machines):
            return wider
        return replace(wider, fences=(*self.fences, origin), allowed=frozenset(), allowed_machines=frozenset())

    @property
    def fenced(self) -> bool:
        """Whether there is a whitelist: only few of the market's offers pass."""
        return bool(self.whitelist or self.machine_whitelist)

    def kind(self, offer: Offer) -> str | None:
        """Which kind of reason cuts the offer; None when it is kept. A host that is not told is on no whitelist."""
        if offer.machine_id is not None and offer.machine_id in self.machine_blacklist:
            return MACHINE_BLOCKED
        if offer.host_id is not None and offer.host_id in self.blacklist:
            return BLOCKED
        if not (self.whitelist or self.machine_whitelist):
            return None
        if offer.host_id is not None and (offer.host_id in self.whitelist or offer.host_id in self.allowed):
            return None
        machine = offer.machine_id
        if machine is not None and (machine in self.machine_whitelist or machine in self.allowed_machines):
            return None
        return UNKNOWN if offer.host_id is None else NOT_LISTED

    def reason(self, offer: Offer) -> str | None:
        """Why the offer is cut, in the words of the book; None when it is kept."""
        kind = self.kind(offer)
        if kind is None:
            return None
        return self._words(kind, offer)

    def _words(self, kind: str, offer: Offer) -> str:
        if kind == MACHINE_BLOCKED:
            return self._blocked("machine", offer.machine_id or 0)
        if kind == BLOCKED:
            return self._blocked("host", offer.host_id or 0)
        whose = f" of {' and '.join(self.fences)}" if self.fences else ""
        if kind == UNKNOWN:
            return f"its host is not told, and there is a whitelist{whose}"
        return f"host {offer.host_id} is not on the whitelist{whose}"

    def _blocked(self, whose: Whose, number: int) -> str:
        page = self.pages.get((whose, number))
        words = f"{whose} {number} is blocked"
        if page is None:
            return words
        if page.until is not None:
            words += f" until {day_text(page.until, self.now)}"
        if page.origin != "book":
            words += f" ({page.origin})"
        return f"{words}: {page.text}" if page.text else words

    def cut(self, offers: Iterable[Offer]) -> HostCut:
        """Sort offers into kept and cut, both in their order."""
        kept: list[Offer] = []
        cut: list[CutOffer] = []
        reasons: dict[str, int] = {}
        for offer in offers:
            kind = self.kind(offer)
            if kind is None:
                kept.append(offer)
            else:
                cut.append(CutOffer(offer, self._words(kind, offer)))
                reasons[kind] = reasons.get(kind, 0) + 1
        return HostCut(tuple(kept), tuple(cut), reasons)


def presets_against(presets: Iterable[Preset], whose: Whose, number: int) -> tuple[str, ...]:
    """Presets that block a host or a machine, which no "allow" of the book lifts."""
    lists = ((p.name, p.host_blacklist if whose == "host" else p.machine_blacklist) for p in presets)
    return tuple(name for name, blacklist in lists if number in blacklist)


@dataclass(frozen=True, slots=True)
class Book:
    """The host book and the config's lists, as they hold now."""

    pages: Mapping[Key, Page] = field(default_factory=dict)

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
