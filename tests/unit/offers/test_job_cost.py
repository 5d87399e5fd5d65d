"""What a whole job costs on an offer, and the price with another disk."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.api.models import Offer
from vasttui.offers.price import Job, hourly_with_disk, job_cost

FULL = Offer(
    id=1,
    dph_base=0.3,
    dph_total=0.31,
    storage_cost=0.36,
    storage_total_cost=0.01,
    inet_down_cost=0.02,
    inet_up_cost=0.05,
    min_bid=0.1,
)


def changed(**fields: object) -> Offer:
    from msgspec.structs import replace

    return replace(FULL, **fields)


def test_gpus_disk_and_traffic_for_the_hours_of_the_job() -> None:
    whole = job_cost(FULL, Job(hours=10, gb_in=50, gb_out=4, disk_gb=20))
    assert whole is not None
    assert (whole.gpu, whole.disk, whole.traffic) == pytest.approx((3.0, 0.1, 1.2))
    assert whole.total == pytest.approx(4.3)


def test_a_bid_is_the_price_of_the_gpus() -> None:
    whole = job_cost(FULL, Job(hours=10, disk_gb=20), bid=0.1)
    assert whole is not None
    assert whole.total == pytest.approx(1.1)


@pytest.mark.parametrize(
    ("offer", "job", "least"),
    [
        (changed(inet_down_cost=None), Job(hours=10, gb_in=1, disk_gb=20), 3.1),
        (changed(inet_up_cost=None), Job(hours=10, gb_out=1, disk_gb=20), 3.1),
        (changed(storage_cost=None), Job(hours=10, gb_in=50, disk_gb=20), 4.0),
    ],
)
def test_an_unknown_part_is_no_part_of_0(offer: Offer, job: Job, least: float) -> None:
    whole = job_cost(offer, job)
    assert whole is not None
    assert whole.total is None
    assert whole.least == pytest.approx(least)


def test_what_does_not_move_needs_no_price() -> None:
    whole = job_cost(changed(inet_down_cost=None, inet_up_cost=None), Job(hours=1, disk_gb=0))
    assert whole is not None
    assert whole.total == pytest.approx(0.3)


def test_without_a_price_of_the_gpus_there_is_no_cost() -> None:
    assert job_cost(Offer(id=1, dph_total=0.3), Job()) is None


def test_the_price_follows_the_disk() -> None:
    assert hourly_with_disk(FULL, 20) == 0.31, "the row's own figure is for 20 GB"
    assert hourly_with_disk(FULL, 200) == pytest.approx(0.4)
    assert hourly_with_disk(changed(dph_base=None), 200) == pytest.approx(0.4)
    assert hourly_with_disk(changed(storage_cost=None), 200) == 0.31, "a row that tells no parts keeps its total"
    assert hourly_with_disk(Offer(id=1), 20) is None
    for told in (-3.0, 0.0):
        assert hourly_with_disk(changed(dph_total=told), 20) is None, "that is no price, and not the cheapest one"


sizes = st.floats(0, 1000)


@given(sizes, sizes, sizes, sizes)
def test_more_of_anything_never_costs_less(hours: float, gb_in: float, gb_out: float, disk: float) -> None:
    small = job_cost(FULL, Job(hours, gb_in, gb_out, disk))
    large = job_cost(FULL, Job(hours + 1, gb_in + 1, gb_out + 1, disk + 1))
    assert small is not None
    assert large is not None
    assert large.total is not None
    assert small.total is not None
    assert large.total > small.total
    assert small.total == pytest.approx(small.least)
