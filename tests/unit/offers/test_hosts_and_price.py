"""Host lists and what an offer will cost."""

from __future__ import annotations

import math

import pytest

from vasttui.api.models import Offer
from vasttui.offers.hosts import BLOCKED, NOT_LISTED, UNKNOWN, CutOffer, HostFilter
from vasttui.offers.price import cost, credit_hours, daily, hourly

ONE, TWO, NOBODY = Offer(id=1, host_id=1), Offer(id=2, host_id=2), Offer(id=3)


@pytest.mark.parametrize(
    ("white", "black", "kept", "reasons"),
    [
        ((), (), (ONE, TWO, NOBODY), {}),
        ((), (2,), (ONE, NOBODY), {BLOCKED: 1}),
        ((1,), (), (ONE,), {NOT_LISTED: 1, UNKNOWN: 1}),
        ((1, 2), (1,), (TWO,), {BLOCKED: 1, UNKNOWN: 1}),
    ],
)
def test_lists_cut_and_say_why(
    white: tuple[int, ...], black: tuple[int, ...], kept: tuple[Offer, ...], reasons: dict[str, int]
) -> None:
    result = HostFilter().also(white, black).cut((ONE, TWO, NOBODY))
    assert result.kept == kept
    assert result.reasons == reasons
    assert len(result.kept) + len(result.cut) == 3


def test_a_cut_offer_is_kept_for_the_detail() -> None:
    assert HostFilter(blacklist=frozenset({2})).cut((TWO,)).cut == (CutOffer(TWO, "host 2 is blocked"),)


def test_the_disk_that_is_rented_is_priced_and_not_the_one_of_the_search() -> None:
    offer = Offer(
        id=1, dph_base=1.0, dph_total=1.00207407, storage_cost=0.149333, storage_total_cost=0.00207407
    )
    assert hourly(offer, 10) == pytest.approx(1.00207407)
    assert hourly(offer, 720) == pytest.approx(1.149333)
    assert hourly(offer, 720, bid=0.25) == pytest.approx(0.399333)
    assert daily(offer, 720) == pytest.approx(24 * 1.149333)
    known = cost(offer, 720)
    assert known is not None
    assert known.disk == pytest.approx(0.149333)


def test_without_a_base_price_the_search_storage_is_taken_off() -> None:
    offer = Offer(id=1, dph_total=1.1, storage_cost=0.72, storage_total_cost=0.1)
    assert hourly(offer, 10) == pytest.approx(1.01)


@pytest.mark.parametrize(
    "offer",
    [Offer(id=1), Offer(id=1, dph_base=1.0), Offer(id=1, storage_cost=0.1), Offer(id=1, dph_total=1.0)],
)
def test_unknown_is_not_zero(offer: Offer) -> None:
    assert hourly(offer, 10) is None
    assert daily(offer, 10) is None


@pytest.mark.parametrize(
    ("credit", "burn", "hours"),
    [
        (10.0, 0.5, 20.0),
        (0.0, 0.5, 0.0),
        (-1.0, 0.0, 0.0),
        (5.0, 0.0, math.inf),
        (None, 1.0, None),
        (1.0, None, None),
    ],
)
def test_hours_that_the_credit_lasts(credit: float | None, burn: float | None, hours: float | None) -> None:
    assert credit_hours(credit, burn) == hours


@pytest.mark.parametrize(
    "row",
    [
        Offer(id=1, dph_base=0.0, storage_cost=0.1),
        Offer(id=1, dph_base=-1.0, dph_total=0.5, storage_cost=0.1),
        Offer(id=1, dph_total=0.1, storage_total_cost=0.2, storage_cost=0.1),
        Offer(id=1, dph_base=0.4, storage_cost=-1.0),
    ],
)
def test_what_costs_nothing_or_less_has_no_price(row: Offer) -> None:
    assert hourly(row, 20.0) is None
    assert hourly(row, 20.0, 0.0) is None
    assert hourly(row, 20.0, -0.5) is None
