"""What our own rentals taught about a host or a machine. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median

from vasttui.api.models import Offer
from vasttui.journal.records import RentalRecord
from vasttui.offers.hosts import Book, Page


@dataclass(frozen=True, slots=True)
class History:
    """Our rentals on one host or machine, added up.

    Attributes:
        rentals: how many there were.
        boots: how many got ready; `boot_median` is how long they took, seconds, None without one.
        failures: class of failure -> how many.
        interruptions: how often one was outbid or went offline.
        promised_down / measured_down: Mbps: medians over the rentals that know both, None without one.
        spent: $.
        last: when the last one began.
        good: how many got ready, and neither failed nor were interrupted.
        bad: how many failed or were interrupted. The others are still booting, or were given up before.
    """

    rentals: int = 0
    boots: int = 0
    boot_median: float | None = None
    failures: Mapping[str, int] = field(default_factory=dict)
    interruptions: int = 0
    promised_down: float | None = None
    measured_down: float | None = None
    spent: float = 0.0
    last: float | None = None
    good: int = 0
    bad: int = 0

    @property
    def score(self) -> float | None:
        """How good it was to us, 0..1: the share of rentals that went well, drawn to 0.5 while they are few.

        It is (good + 1) / (good + bad + 2), Laplace's rule of succession: one failure does not make a host the
        worst of all, nor one success the best. None without a rental.
        """
        return (self.good + 1) / (self.good + self.bad + 2) if self.rentals else None

    @property
    def words(self) -> str:
        """In a few words for a cell: "4 ok, 1 failed", "" without a rental."""
        failed = sum(self.failures.values())
        counts = ((self.good, "ok"), (failed, "failed"), (self.bad - failed, "cut off"))
        told = ", ".join(f"{count} {word}" for count, word in counts if count > 0)
        return told or (f"{self.rentals} rented" if self.rentals else "")


@dataclass(frozen=True, slots=True)
class Histories:
    """Histories by host and by machine."""

    hosts: Mapping[int, History] = field(default_factory=dict)
    machines: Mapping[int, History] = field(default_factory=dict)

    def of(self, offer: Offer) -> History | None:
        """What is known of the offer's machine, else of its host, else None."""
        machine = self.machines.get(offer.machine_id) if offer.machine_id is not None else None
        if machine is not None or offer.host_id is None:
            return machine
        return self.hosts.get(offer.host_id)


def everything(book: Book, known: Histories) -> list[tuple[Page, History]]:
    """All that is written of, or was rented: hosts by id, then machines."""
    pages = dict(book.pages)
    for host in known.hosts:
        pages.setdefault(("host", host), Page("host", host))
    for machine in known.machines:
        pages.setdefault(("machine", machine), Page("machine", machine))
    past = {"host": known.hosts, "machine": known.machines}
    return [(page, past[page.whose].get(page.id, History())) for _, page in sorted(pages.items())]


def histories(records: Iterable[RentalRecord]) -> Histories:
    """Add the records up."""
    hosts: dict[int, list[RentalRecord]] = defaultdict(list)
    machines: dict[int, list[RentalRecord]] = defaultdict(list)
    for record in records:
        if record.host_id is not None:
            hosts[record.host_id].append(record)
        if record.machine_id is not None:
            machines[record.machine_id].append(record)
    return Histories(
        {host: _added_up(rows) for host, rows in hosts.items()},
        {machine: _added_up(rows) for machine, rows in machines.items()},
    )


def _added_up(records: list[RentalRecord]) -> History:
    booted = [record.ready - record.rented for record in records if record.ready is not None]
    both = [(r.promised_down, r.measured_down) for r in records if r.promised_down and r.measured_down is not None]
    spoiled = [bool(record.failure or record.interruptions) for record in records]
    return History(
        rentals=len(records),
        boots=len(booted),
        boot_median=median(booted) if booted else None,
        failures=Counter(record.failure for record in records if record.failure),
        interruptions=sum(record.interruptions for record in records),
        promised_down=median(promised for promised, _ in both) if both else None,
        measured_down=median(measured for _, measured in both) if both else None,
        spent=sum(record.spent for record in records),
        last=max(record.rented for record in records),
        good=sum(record.ready is not None and not bad for record, bad in zip(records, spoiled, strict=True)),
        bad=sum(spoiled),
    )
