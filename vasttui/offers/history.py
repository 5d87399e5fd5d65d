"""What our own rentals taught about a host or a machine. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from vasttui.api.models import Offer
from vasttui.journal.records import RentalRecord


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

    @property
    def score(self) -> float | None:
        """How good it was to us, 0..1: the share of rentals that went well, drawn to 0.5 while they are few.

        None without a rental.
        """
        raise NotImplementedError

    @property
    def words(self) -> str:
        """In a few words for a cell: "4 ok, 1 failed", "" without a rental."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Histories:
    """Histories by host and by machine."""

    hosts: Mapping[int, History] = field(default_factory=dict)
    machines: Mapping[int, History] = field(default_factory=dict)

    def of(self, offer: Offer) -> History | None:
        """What is known of the offer's machine, else of its host, else None."""
        raise NotImplementedError


def histories(records: Iterable[RentalRecord]) -> Histories:
    """Add the records up."""
    raise NotImplementedError
