"""What the rent form starts from, and what forbids a rental."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vasttui.api.models import Offer
from vasttui.config import Config, Paths, Preset
from vasttui.controller.plans import LAST_PLAN, Plans
from vasttui.errors import NoCredit, UsageError, VastError
from vasttui.jobs.preflight import Facts
from vasttui.jobs.rental import RentPlan
from vasttui.journal import Journal
from vasttui.snapshot import Search

OFFER = Offer(id=7, host_id=1, dph_base=0.4, dph_total=0.41, storage_cost=0.1, disk_space=500.0, min_bid=0.2)
PLAN = RentPlan(image="pytorch/pytorch", disk_gb=20, label="x", env={"TOKEN": "hush"}, ports=("80",), onstart="go")
PRESET = Preset(name="up", image="renter/up", label="up")


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
    assert "hush" not in str(journal.recall(LAST_PLAN))
    last = Plans(config(), journal).plan_for(OFFER, Search())
    assert (last.image, last.disk_gb, last.onstart, last.ports) == ("pytorch/pytorch", 20, "go", ("80",))
    assert (last.env, last.bid) == ({}, None), "neither secrets nor a bid are taken over"
    preset = plans.plan_for(OFFER, Search(preset="up"))
    assert (preset.image, preset.label, preset.disk_gb) == ("renter/up", "up", 33)


def test_what_a_preset_says_of_the_rental_is_in_its_plan(journal: Journal) -> None:
    preset = replace(PRESET, lease=3600.0, fallback=True, max_price=0.5)
    plan = Plans(replace(config(), presets={"up": preset}), journal).plan_for(OFFER, Search(preset="up"))
    assert (plan.lease, plan.fallback, plan.max_price, plan.preset) == (3600.0, True, 0.5, "up")


def test_a_lease_is_kept_for_the_next_rental_and_a_race_is_not(journal: Journal) -> None:
    plans = Plans(config(), journal)
    plans.remember(replace(PLAN, lease=7200.0, lease_end="stop", fallback=True, race=3, max_price=0.3))
    plan = Plans(config(), journal).plan_for(OFFER, Search())
    assert (plan.lease, plan.lease_end, plan.fallback, plan.race, plan.max_price) == (7200.0, "stop", True, 1, None)


def test_a_bid_is_there_in_a_search_for_bids_only(journal: Journal) -> None:
    plans = Plans(config(), journal)
    assert plans.plan_for(OFFER, Search(type="bid")).bid == 0.22, "a tenth above the least"
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
        plans.check(wanted, replace(PLAN, **changes), Facts(credit=credit))
    else:
        with pytest.raises(error, match=says):
            plans.check(wanted, replace(PLAN, **changes), Facts(credit=credit))
