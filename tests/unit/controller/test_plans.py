"""What the rent form starts from, what forbids a rental, and which hosts are let through."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vasttui.api.models import Offer
from vasttui.config import Config, Paths, Preset
from vasttui.controller.hosts import HostBook
from vasttui.controller.plans import Plans
from vasttui.errors import NoCredit, UsageError, VastError
from vasttui.jobs.rental import RentPlan
from vasttui.journal import Journal
from vasttui.snapshot import Search

OFFER = Offer(id=7, host_id=1, dph_base=0.4, dph_total=0.41, storage_cost=0.1, disk_space=500.0, min_bid=0.2)
PLAN = RentPlan(image="pytorch/pytorch", disk_gb=20, label="x", env={"TOKEN": "hush"}, ports=("80",), onstart="go")
PRESET = Preset(
    name="up",
    image="renter/up",
    label="up",
    host_whitelist=frozenset({1, 2}),
    host_blacklist=frozenset({3}),
)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.sqlite") as journal:
        yield journal


def config(tmp_path: Path = Path("/nonexistent"), **fields: Any) -> Config:
    places = ("config_file", "config_dir", "state_dir", "cache_dir", "themes_dir")
    return Config(paths=Paths(**dict.fromkeys(places, tmp_path)), presets={"up": PRESET}, **fields)


def test_a_plan_starts_from_the_preset_else_the_last_rental_else_the_config(journal: Journal) -> None:
    plans = Plans(config(image="base/image", disk_gb=33), journal)
    first = plans.plan_for(OFFER, None)
    assert (first.image, first.disk_gb, first.label) == ("base/image", 33, "")
    plans.remember(replace(PLAN, bid=0.3))
    last = Plans(config(), journal).plan_for(OFFER, Search())
    assert (last.image, last.disk_gb, last.onstart, last.ports) == ("pytorch/pytorch", 20, "go", ("80",))
    assert (last.env, last.bid) == ({}, None), "neither secrets nor a bid are taken over"
    preset = plans.plan_for(OFFER, Search(preset="up"))
    assert (preset.image, preset.label, preset.disk_gb) == ("renter/up", "up", 33)


def test_a_bid_is_there_in_a_search_for_bids_only(journal: Journal) -> None:
    plans = Plans(config(), journal)
    assert plans.plan_for(OFFER, Search(type="bid")).bid == 0.2
    assert plans.plan_for(OFFER, Search(type="on-demand")).bid is None


@pytest.mark.parametrize(
    "kept", ["text", 5, {"disk_gb": "much", "image": 3, "ports": [1]}, {"disk_gb": 1}, {"label": None}]
)
def test_what_was_kept_may_be_anything(journal: Journal, kept: object) -> None:
    journal.remember("rent.last", kept)
    plan = Plans(config(), journal).plan_for(OFFER, None)
    assert (plan.image, plan.disk_gb, plan.ports) == (config().image, config().disk_gb, ())


@pytest.mark.parametrize(
    ("offer", "changes", "credit", "error", "says"),
    [
        ({}, {}, 50.0, None, ""),
        ({"dph_base": 9.0}, {}, 50.0, UsageError, "ceiling"),
        ({}, {"bid": 9.0}, 50.0, UsageError, "ceiling"),
        ({"dph_base": None, "dph_total": None}, {}, 50.0, UsageError, "price"),
        ({}, {"disk_gb": 900}, 50.0, UsageError, "500 GB"),
        ({}, {"disk_gb": 2}, 50.0, UsageError, "8 GB"),
        ({}, {"bid": 0.1}, 50.0, UsageError, "least bid"),
        ({}, {"image": ""}, 50.0, UsageError, "image"),
        ({}, {"onstart": random.Random(1).randbytes(4000).hex()}, 50.0, UsageError, "onstart"),
        ({}, {}, 0.05, NoCredit, "lasts less than an hour"),
        ({}, {}, None, None, ""),
    ],
)
def test_what_forbids_a_rental(
    journal: Journal,
    offer: dict[str, Any],
    changes: dict[str, Any],
    credit: float | None,
    error: type[VastError] | None,
    says: str,
) -> None:
    import msgspec

    plans = Plans(config(), journal)
    wanted = msgspec.structs.replace(OFFER, **offer)
    if error is None:
        plans.check(wanted, replace(PLAN, **changes), credit=credit)
    else:
        with pytest.raises(error, match=says):
            plans.check(wanted, replace(PLAN, **changes), credit=credit)


def kept(book: HostBook, search: Search | None = None) -> set[int | None]:
    offers = [Offer(id=host, host_id=host) for host in range(1, 7)]
    return {offer.host_id for offer in book.filter(search).cut(offers).kept}


def test_hosts_fence_allow_and_block(journal: Journal) -> None:
    book = HostBook(config(host_blacklist=frozenset({5})), journal)
    assert kept(book) == {1, 2, 3, 4, 6}
    book.set(4, "allow")
    assert kept(book) == {1, 2, 3, 4, 6}, "one allowed host hides no other"
    book.set(5, "allow")
    assert 5 in kept(book), "what the user says outranks the config"
    book.set(6, "block")
    assert 6 not in kept(book)
    assert kept(book, Search(preset="up")) == {1, 2, 4, 5}
    book.set(6, None)
    assert (6 in kept(book), book.blocked) == (True, frozenset())
    with pytest.raises(UsageError, match="neither"):
        book.set(1, "perhaps")


def test_a_whitelist_is_a_fence_and_the_book_opens_a_gate_in_it(journal: Journal) -> None:
    fenced = config(host_whitelist=frozenset({1, 2}))
    book = HostBook(fenced, journal)
    assert kept(book) == {1, 2}
    book.set(3, "allow", "fast disk")
    book.set(2, "block")
    assert kept(book) == {1, 3}
    again = HostBook(fenced, journal)
    assert kept(again) == {1, 3}
    page = again.book.page("host", 3)
    assert page is not None
    assert page.text == "fast disk"
