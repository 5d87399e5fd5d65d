"""Ceilings of all rentals together: what is there, what is on its way, whoever asked for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from vasttui.api.client import VastClient
from vasttui.api.models import Instance, Offer
from vasttui.config import Config, Paths
from vasttui.controller.ceilings import Ceilings, Standing
from vasttui.controller.events import EventLog
from vasttui.controller.rentals import Rentals
from vasttui.jobs.day import Day
from vasttui.jobs.rental import RentPlan
from vasttui.journal import Journal
from vasttui.journal.records import Bill, Lease

NOON = 1_800_014_400.0 - 1_800_014_400.0 % 86_400 + 43_200
OFFER = Offer(id=7, gpu_name="RTX 4090", num_gpus=1, dph_base=0.5, dph_total=0.5, storage_cost=0.0)
PLACES = ("config_file", "config_dir", "state_dir", "cache_dir", "themes_dir")


class Desk:
    """Ceilings over a journal, with a clock that stands until it is moved."""

    def __init__(self, journal: Journal, **limits: Any) -> None:
        self.now = NOON
        self.journal = journal
        self.prices: dict[int, float | None] = {}
        self.leases: dict[int, Lease] = {}
        self.at_work: tuple[frozenset[int], float] = (frozenset(), 0.0)
        self.unreadable = 0
        self.rentals = Rentals(
            lambda: cast(VastClient, None),
            journal,
            EventLog(lambda: self.now, lambda: None),
            refresh=lambda: None,
            clock=lambda: self.now,
        )
        config = Config(paths=Paths(**dict.fromkeys(PLACES, Path("/nonexistent"))), **limits)
        self.ceilings = Ceilings(
            config,
            journal,
            self.rentals,
            hourly=lambda: self.prices,
            leases=lambda: self.leases,
            at_work=lambda: self.at_work,
            unreadable=lambda: self.unreadable,
            clock=lambda: self.now,
        )

    def listing(self, **prices: float | None) -> None:
        """A listing of instances "i1" and so on with what they cost."""
        self.prices = {int(name[1:]): price for name, price in prices.items()}
        self.rentals.listed(tuple(Instance(id=i) for i in self.prices), self.now)

    def begin(self, **plan: Any) -> int:
        return self.rentals.begin(OFFER, RentPlan(image="a/b:1", disk_gb=10.0, **plan)).intent


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.sqlite", clock=lambda: NOON) as journal:
        yield journal


def test_nothing_is_known_before_a_listing_and_nothing_is_counted_without_a_limit(journal: Journal) -> None:
    desk = Desk(journal, max_instances=3)
    assert desk.ceilings.look() == Standing()
    assert "not known" in desk.ceilings.why_not(Standing(), 0.0)
    free = Desk(journal)
    free.listing(i1=0.5)
    assert (free.ceilings.set, free.ceilings.look()) == (False, Standing())
    assert free.ceilings.why_not(Standing(), 1e9) == ""


def test_instances_are_those_listed_unreadable_asked_for_and_not_listed_yet(journal: Journal) -> None:
    desk = Desk(journal, max_instances=5)
    desk.listing(i1=0.5, i2=0.5)
    desk.unreadable = 1
    assert desk.ceilings.look().instances == 3
    first = desk.begin()
    with Journal(journal.path, clock=lambda: NOON) as other:
        other.begin_rent("other~1", 9, "{}", 0.4)
    assert desk.ceilings.look().instances == 5, "another program's rental counts too"
    standing = desk.ceilings.look()
    assert desk.ceilings.why_not(standing, 0.0) == "max_instances: 5 of 5 are there or on their way"
    journal.settle(first, "rented", 3)
    assert desk.ceilings.look().instances == 5, "rented, and not listed yet"
    desk.listing(i1=0.5, i2=0.5, i3=0.5)
    assert desk.ceilings.look().instances == 5, "listed, and counted once"
    journal.settle(2, "failed")
    assert desk.ceilings.look().instances == 4


def test_a_day_holds_what_was_spent_what_stands_and_what_is_reserved(journal: Journal) -> None:
    desk = Desk(journal, max_per_day=30.0)
    journal.bill_many([Bill(1, 2.0, None, NOON - 86_400), Bill(1, 3.0, None, NOON - 10)])
    desk.listing(i1=0.5, i2=1.0, i3=0.2)
    desk.leases = {2: Lease(2, "", 7200.0, NOON + 7200, "destroy", fixed=True)}
    desk.at_work = (frozenset({3}), 1.5)
    assert desk.ceilings.look().day == Day(spent=4.0, standing=14.0, reserved=1.5)
    desk.begin(lease=3600.0)
    assert desk.ceilings.look().day == Day(spent=4.0, standing=14.0, reserved=2.0)
    desk.begin()
    day = desk.ceilings.look().day
    assert day == Day(spent=4.0, standing=14.0, reserved=14.0)
    assert "$3.00 more would be over $30 a day" in desk.ceilings.why_not(desk.ceilings.look(), 3.0)
    assert desk.ceilings.why_not(desk.ceilings.look(), 2.0) == ""


def test_a_box_without_a_price_makes_the_day_unknown_and_not_free(journal: Journal) -> None:
    desk = Desk(journal, max_per_day=30.0)
    desk.listing(i1=None)
    assert desk.ceilings.look().day is None
    assert desk.ceilings.why_not(desk.ceilings.look(), 0.1) == "max_per_day: what a day costs is not known"


@pytest.mark.parametrize("passed", [3600.0, -3600.0])
def test_an_old_picture_does_not_tell_how_many_there_are(journal: Journal, passed: float) -> None:
    desk = Desk(journal, max_instances=3, max_per_day=30.0)
    desk.listing(i1=0.5)
    desk.now += passed  # paused, without a network, or a clock that was set
    assert desk.ceilings.look() == Standing()
    assert "not known" in desk.ceilings.why_not(desk.ceilings.look(), 0.0)
    desk.listing(i1=0.5)
    assert desk.ceilings.look().instances == 1


def test_a_box_that_outlives_its_lease_or_only_stops_counts_for_the_whole_day(journal: Journal) -> None:
    desk = Desk(journal, max_per_day=30.0)
    desk.listing(i1=0.5)
    desk.leases = {1: Lease(1, "", 7200.0, NOON - 60, "destroy", fixed=True)}
    assert desk.ceilings.look().day == Day(spent=0.0, standing=12.0)
    desk.leases = {1: Lease(1, "", 7200.0, NOON + 7200, "stop", fixed=True)}
    assert desk.ceilings.look().day == Day(spent=0.0, standing=12.0)
    desk.begin(lease=3600.0, lease_end="stop")
    assert desk.ceilings.look().day == Day(spent=0.0, standing=12.0, reserved=12.0)


def test_a_price_below_nothing_is_no_price(journal: Journal) -> None:
    desk = Desk(journal, max_per_day=30.0)
    desk.listing(i1=-5.0, i2=1.0)
    assert desk.ceilings.look().day is None
