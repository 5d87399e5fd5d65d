"""What is checked before money is spent: each check by its facts, and that none is passed over a ceiling."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.api.models import Offer
from vasttui.config import Config, Paths
from vasttui.errors import KeyRefused, NoCredit, OfferGone, UsageError, VastError
from vasttui.jobs.day import Day, ahead, last_day, why_not_today
from vasttui.jobs.preflight import CEILINGS, Check, Facts, Grade, preflight, refuse
from vasttui.jobs.rental import RentPlan
from vasttui.offers.price import hourly

PLACES = ("config_file", "config_dir", "state_dir", "cache_dir", "themes_dir")
CONFIG = Config(paths=Paths(**dict.fromkeys(PLACES, Path("/nonexistent"))))
OFFER = Offer(
    id=7, host_id=1, gpu_name="RTX 4090", num_gpus=1, dph_base=0.4, dph_total=0.41, storage_cost=0.36, disk_space=500.0,
    min_bid=0.2, cuda_max_good=12.4, duration=30 * 86_400.0, is_bid=False,
)  # fmt: skip
PLAN = RentPlan(image="pytorch/pytorch:2.2.0-cuda12.1-cudnn8-runtime", disk_gb=20.0)
KEYS = frozenset({"ssh-ed25519 AAAA"})
FACTS = Facts(
    credit=50.0, burn=0.0, instances=0, day=Day(0.0), may_rent=True, ssh_keys=KEYS, own_keys=KEYS, offer_now=OFFER
)

LONG = "".join(chr(0x4E00 + n * 7919 % 20000) for n in range(4100))
"""A start command that packs badly."""


def named(checks: tuple[Check, ...]) -> dict[str, Check]:
    names = [check.name for check in checks]
    assert len(set(names)) == len(names), "one check per topic"
    return {check.name: check for check in checks}


def test_when_all_is_well_every_check_is_good() -> None:
    checks = preflight(OFFER, PLAN, FACTS, CONFIG)
    assert [(check.name, check.grade, check.mend) for check in checks if check.grade is not Grade.GOOD] == []
    refuse(checks, CEILINGS)


def test_what_is_not_known_is_never_called_good() -> None:
    checks = named(preflight(OFFER, PLAN, Facts(), replace(CONFIG, max_instances=3, max_per_day=30.0)))
    unknown = {name for name, check in checks.items() if check.grade is Grade.UNKNOWN}
    assert unknown == {"offer", "price", "credit", "key", "ssh key", "instances", "per day"}
    bare = named(preflight(Offer(id=7), PLAN, Facts(), CONFIG))
    assert {name for name, check in bare.items() if check.grade is Grade.GOOD} == {
        "host", "image", "lease", "start command",
    }  # fmt: skip


CASES: list[tuple[str, Grade, str, dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    # name, grade, what it says; changes of offer, plan, facts, config
    ("offer", Grade.BAD, "no longer there", {}, {}, {"offer_now": None, "offer_gone": True}, {}),
    ("offer", Grade.LOOK, "no longer there", {}, {"fallback": True}, {"offer_now": None, "offer_gone": True}, {}),
    ("price", Grade.LOOK, "$0.410/h now, it was $0.310/h", {"dph_base": 0.3}, {}, {}, {}),
    ("price", Grade.BAD, "its whole price", {"storage_cost": None}, {}, {}, {}),
    ("ceiling", Grade.BAD, "ceiling of $0.4/h", {}, {}, {}, {"max_price": 0.4}),
    ("ceiling", Grade.BAD, "ceiling", {}, {"bid": float("nan")}, {}, {}),
    ("ceiling", Grade.BAD, "ceiling", {"dph_base": float("inf")}, {}, {}, {}),
    ("ceiling", Grade.BAD, "for this rental", {}, {"max_price": 0.3}, {}, {}),
    ("ceiling", Grade.BAD, "$0.410/h", {"dph_base": 0.1}, {"max_price": 0.2}, {}, {}),
    ("bid", Grade.BAD, "below the least bid, $0.2/h", {}, {"bid": 0.1}, {}, {}),
    ("bid", Grade.BAD, "is no bid", {"min_bid": None}, {"bid": -0.1}, {"offer_now": None}, {}),
    ("bid", Grade.BAD, "is no bid", {"min_bid": -1.0}, {"bid": float("nan")}, {"offer_now": None}, {}),
    ("price", Grade.BAD, "its whole price", {"dph_base": 0.0, "dph_total": None}, {}, {}, {}),
    ("price", Grade.BAD, "its whole price", {"dph_base": -1.0}, {}, {}, {}),
    ("price", Grade.BAD, "its whole price", {"storage_cost": -0.1}, {}, {}, {}),
    ("bid", Grade.LOOK, "hardly above", {}, {"bid": 0.201}, {}, {}),
    ("bid", Grade.LOOK, "more than on demand", {}, {"bid": 0.5}, {}, {}),
    ("bid", Grade.GOOD, "the least is $0.2/h", {}, {"bid": 0.25}, {}, {}),
    ("credit", Grade.BAD, "less than an hour at $0.410/h", {}, {}, {"credit": 0.4}, {}),
    ("credit", Grade.BAD, "less than an hour at $1.394/h", {}, {"race": 3}, {"credit": 1.0}, {}),
    ("credit", Grade.LOOK, "last 2.0 h with all that runs", {}, {}, {"credit": 2.0, "burn": 0.59}, {}),
    ("credit", Grade.UNKNOWN, "$50.00", {}, {}, {"burn": None}, {}),
    ("instances", Grade.BAD, "limit of 3", {}, {}, {"instances": 3}, {"max_instances": 3}),
    ("instances", Grade.BAD, "3 more", {}, {"race": 3}, {"instances": 1}, {"max_instances": 3}),
    ("instances", Grade.GOOD, "3 of 3", {}, {}, {"instances": 2}, {"max_instances": 3}),
    ("per day", Grade.BAD, "$9.84 more", {}, {}, {}, {"max_per_day": 9.0}),
    ("per day", Grade.BAD, "in the next 24 h", {}, {}, {"day": Day(1.0, 5.0)}, {"max_per_day": 14.0}),
    ("per day", Grade.GOOD, "$0.82 of $9", {}, {"lease": 7200.0}, {}, {"max_per_day": 9.0}),
    ("per day", Grade.BAD, "$9.84 more", {}, {"lease": 7200.0, "lease_end": "stop"}, {}, {"max_per_day": 9.0}),
    ("host", Grade.BAD, "host 1: host is blocked", {}, {}, {"host_reason": "host is blocked"}, {}),
    ("key", Grade.BAD, "instance_write", {}, {}, {"may_rent": False}, {}),
    ("ssh key", Grade.BAD, "no SSH key on this computer", {}, {}, {"own_keys": frozenset()}, {}),
    ("ssh key", Grade.BAD, "the account has no SSH key", {}, {}, {"ssh_keys": frozenset()}, {}),
    ("ssh key", Grade.LOOK, "none of this computer's keys", {}, {}, {"ssh_keys": frozenset({"ssh-rsa B"})}, {}),
    ("image", Grade.BAD, "neither an image nor a template", {}, {"image": ""}, {}, {}),
    ("image", Grade.BAD, "in lower case", {}, {"image": "Ubuntu:1"}, {}, {}),
    ("image", Grade.LOOK, "no tag", {}, {"image": "ubuntu"}, {}, {}),
    ("image", Grade.UNKNOWN, "template's own", {}, {"image": "", "template": "abc"}, {}, {}),
    ("cuda", Grade.BAD, "CUDA 13.0", {}, {"image": "a/b:cuda13.0"}, {}, {}),
    ("cuda", Grade.LOOK, "minor version", {}, {"image": "a/b:cuda12.8"}, {}, {}),
    ("cuda", Grade.UNKNOWN, "does not tell", {}, {"image": "ubuntu:22.04"}, {}, {}),
    ("cuda", Grade.GOOD, "picks the image's tag", {}, {"image": "vastai/base-image:@vastai-automatic-tag"}, {}, {}),
    ("disk", Grade.BAD, "8 GB or more", {}, {"disk_gb": 2.0}, {}, {}),
    ("disk", Grade.BAD, "this host has 500 GB", {}, {"disk_gb": 501.0}, {}, {}),
    ("disk", Grade.BAD, "8 GB or more", {}, {"disk_gb": float("nan")}, {}, {}),
    ("disk", Grade.LOOK, "cannot be enlarged", {}, {"disk_gb": 10.0}, {}, {}),
    ("lease", Grade.BAD, "run type args", {}, {"lease": 3600.0, "runtype": "args"}, {}, {}),
    ("lease", Grade.LOOK, "longer than the host offers it, 30 days", {}, {"lease": 3e6}, {}, {}),
    ("lease", Grade.LOOK, "armed over SSH", {}, {"lease": 7200.0, "image": "", "template": "abc"}, {}, {}),
    ("start command", Grade.LOOK, "in place of the template's", {}, {"template": "abc", "onstart": "run"}, {}, {}),
    ("start command", Grade.BAD, "characters long", {}, {"template": "abc", "onstart": LONG}, {}, {}),
    ("race", Grade.LOOK, "all run until its next start", {}, {"race": 3}, {}, {}),
    ("race", Grade.GOOD, "3 offers at once", {}, {"race": 3, "lease": 7200.0}, {}, {}),
    ("lease", Grade.GOOD, "stopped after 2 h", {}, {"lease": 7200.0, "lease_end": "stop"}, {}, {}),
]


@pytest.mark.parametrize(("name", "grade", "says", "offer", "plan", "facts", "config"), CASES)
def test_each_check(
    name: str,
    grade: Grade,
    says: str,
    offer: dict[str, Any],
    plan: dict[str, Any],
    facts: dict[str, Any],
    config: dict[str, Any],
) -> None:
    row = msgspec.structs.replace(OFFER, **offer)
    checks = preflight(row, replace(PLAN, **plan), replace(FACTS, **facts), replace(CONFIG, **config))
    check = named(checks)[name]
    assert (check.grade, says in check.text) == (grade, True), check
    assert bool(check.mend) or grade in (Grade.GOOD, Grade.UNKNOWN)


@pytest.mark.parametrize(
    ("facts", "error"),
    [
        ({"credit": 0.1}, NoCredit),
        ({"offer_now": None, "offer_gone": True}, OfferGone),
        ({"may_rent": False}, KeyRefused),
        ({"host_reason": "host is blocked"}, UsageError),
    ],
)
def test_a_refusal_has_the_meaning_of_its_check(facts: dict[str, Any], error: type[VastError]) -> None:
    with pytest.raises(error) as refused:
        refuse(preflight(OFFER, PLAN, replace(FACTS, **facts), CONFIG))
    assert refused.value.hint


def test_a_ceiling_that_cannot_be_checked_forbids_where_it_must_be_known() -> None:
    checks = preflight(OFFER, PLAN, replace(FACTS, instances=None), replace(CONFIG, max_instances=3))
    refuse(checks)
    with pytest.raises(UsageError, match="instances"):
        refuse(checks, CEILINGS)


money = st.floats(0.0, 6.0)


@given(
    base=money | st.none(), now=money | st.none(), storage=st.floats(0.0, 1.0) | st.none(),
    disk=st.floats(8.0, 600.0), bid=money | st.none(), own=money | st.none(), most=money,
    count=st.integers(0, 6), limit=st.integers(1, 6) | st.none(), race=st.integers(1, 4),
    spent=st.floats(0.0, 40.0), standing=st.floats(0.0, 40.0), per_day=st.floats(0.0, 80.0) | st.none(),
    credit=st.floats(0.0, 3.0) | st.none(), lease=st.floats(600.0, 1e6) | st.none(),
)  # fmt: skip
def test_no_plan_over_a_ceiling_is_passed(
    base: float | None, now: float | None, storage: float | None, disk: float, bid: float | None, own: float | None,
    most: float, count: int, limit: int | None, race: int, spent: float, standing: float, per_day: float | None,
    credit: float | None, lease: float | None,
) -> None:  # fmt: skip
    offer = msgspec.structs.replace(OFFER, dph_base=base, dph_total=None, storage_cost=storage)
    seen = msgspec.structs.replace(offer, dph_base=now)
    plan = replace(PLAN, disk_gb=disk, bid=bid, max_price=own, race=race, lease=lease)
    config = replace(CONFIG, max_price=most, max_instances=limit, max_per_day=per_day)
    facts = replace(FACTS, credit=credit, instances=count, day=Day(spent, standing), offer_now=seen)
    try:
        refuse(preflight(offer, plan, facts, config), CEILINGS)
    except VastError:
        return
    for row in (offer, seen):
        price = hourly(row, disk, bid)
        assert price is not None
        assert price <= min(most, own if own is not None else most)
        assert credit is None or race * price <= credit
        assert per_day is None or max(spent, standing) + race * ahead(price, lease) <= per_day + 1e-6
    assert limit is None or count + race <= limit
    assert disk <= 500
    assert bid is None or bid >= 0.2


def test_the_money_of_a_day() -> None:
    assert ahead(1.0) == 24.0
    assert ahead(1.0, 7200.0) == 2.0
    assert ahead(1.0, -5.0) == 0.0
    by_day = {"2026-03-01": 8.0, "2026-03-02": 3.0}
    assert last_day(by_day, "2026-03-02", "2026-03-01", 21_600.0) == 9.0
    assert why_not_today(Day(10.0, 4.0, 1.0), 2.0, 13.0) == ""
    assert "$2.10 more" in why_not_today(Day(10.0, 4.0, 1.0), 2.1, 13.0)
    assert why_not_today(Day(1e9), 1e9, None) == ""
