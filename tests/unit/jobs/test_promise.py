"""What was rented is what came."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.api.models import Instance, Offer
from vasttui.jobs.promise import Promise, dearer, other_gpus, promise_of, spec_json
from vasttui.jobs.rental import RentPlan

OFFER = Offer(id=7, gpu_name="RTX 4090", num_gpus=2, dph_base=0.4, storage_cost=0.36)
PLAN = RentPlan(image="a/b:1", disk_gb=20.0, env={"TOKEN": "hush"}, lease=3600.0, lease_end="stop")


def test_a_plan_and_its_offer_come_back_from_the_journal_without_secrets() -> None:
    spec = spec_json(PLAN, OFFER)
    assert "hush" not in spec
    promise = promise_of(spec)
    assert replace(promise, price=None, expected=None) == Promise("RTX 4090", 2, None, None, 3600.0, "stop")
    assert [promise.price, promise.expected] == pytest.approx([0.41, 0.41])
    bid = promise_of(spec_json(RentPlan(image="a", disk_gb=20.0, bid=0.3, runtype="args"), OFFER))
    assert (bid.price, bid.needs_ssh) == (None, False)
    assert bid.expected == pytest.approx(0.31)


NAMES = st.sampled_from(["offer", "gpu_name", "num_gpus", "price", "lease", "bid", "runtype"])
LEAVES = st.none() | st.booleans() | st.floats() | st.text(max_size=5)


@given(st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner), max_leaves=6))
def test_any_specification_can_be_read(said: object) -> None:
    promise = promise_of(json.dumps(said))
    other_gpus(promise, Instance(id=1, gpu_name="x", num_gpus=1))
    dearer(promise, Instance(id=1, dph_total=1.0))


def test_an_unreadable_specification_promises_nothing() -> None:
    assert promise_of("{") == Promise()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (Instance(id=1, gpu_name="RTX 4090", num_gpus=2), ""),
        (Instance(id=1, gpu_name="RTX_4090", num_gpus=2), ""),
        (Instance(id=1), ""),
        (Instance(id=1, gpu_name="RTX 3090", num_gpus=2), "rented RTX 4090 ×2, got RTX 3090 ×2"),
        (Instance(id=1, gpu_name="RTX 4090", num_gpus=1), "rented RTX 4090 ×2, got RTX 4090 ×1"),
    ],
)
def test_other_gpus_are_told(row: Instance, said: str) -> None:
    assert other_gpus(Promise("RTX 4090", 2), row) == said


@pytest.mark.parametrize(
    ("price", "is_bid", "said"),
    [
        (0.41, False, ""),
        (0.42, False, ""),
        (0.45, False, "rented at $0.410/h, costs $0.450/h"),
        (0.30, False, ""),
        (0.90, True, ""),
    ],
)
def test_a_dearer_box_is_told(price: float, is_bid: bool, said: str) -> None:
    row = Instance(id=1, actual_status="running", dph_total=price, is_bid=is_bid)
    assert dearer(Promise(price=0.41), row) == said
