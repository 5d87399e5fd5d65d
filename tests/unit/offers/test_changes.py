"""What changed between two answers, and the order in which several answers stand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vasttui.api.models import Offer
from vasttui.offers.changes import Change, changes
from vasttui.offers.order import in_order, reach


def offer(number: int, price: float | None = 1.0, **more: object) -> Offer:
    return Offer(id=number, dph_total=price, **more)  # type: ignore[arg-type]


def test_new_gone_cheaper_and_dearer_are_told() -> None:
    before = [offer(1), offer(2), offer(3), offer(4)]
    now = [offer(1), offer(2, 0.9), offer(3, 1.1), offer(5)]
    found, gone = changes(before, now, "on-demand")
    assert found == {2: Change(1.0), 3: Change(1.0), 5: Change()}
    assert found[5].is_new
    assert gone == (offer(4),)


def test_a_difference_that_does_not_show_is_none() -> None:
    assert changes([offer(1, 0.31200)], [offer(1, 0.31204)], "on-demand") == ({}, ())


def test_an_unknown_price_has_not_changed() -> None:
    assert changes([offer(1, None)], [offer(1)], "on-demand") == ({}, ())
    assert changes([offer(1)], [offer(1, None)], "on-demand") == ({}, ())


def test_bids_are_compared_by_the_least_bid() -> None:
    found, _ = changes([offer(1, min_bid=0.2)], [offer(1, 2.0, min_bid=0.2)], "bid")
    assert found == {}
    found, _ = changes([offer(1, min_bid=0.2)], [offer(1, min_bid=0.3)], "bid")
    assert found == {1: Change(0.2)}


def test_an_offer_under_a_new_id_is_the_same_offer() -> None:
    before = [offer(1, 1.0, machine_id=7, num_gpus=2), offer(2, 0.5, machine_id=7, num_gpus=1)]
    now = [offer(11, 1.2, machine_id=7, num_gpus=2), offer(12, 0.5, machine_id=7, num_gpus=4)]
    found, gone = changes(before, now, "on-demand")
    assert found == {11: Change(1.0), 12: Change()}
    assert gone == (before[1],)


def test_an_answer_that_was_cut_off_says_nothing_of_what_lies_beyond_its_end() -> None:
    before = [offer(1, 0.1), offer(2, 0.2), offer(3, 0.3)]
    now = [offer(1, 0.1), offer(9, 0.15), offer(4, 0.25)]
    found, gone = changes(
        before, now, "on-demand", reached_before=reach(before, "dph_total"), reached_now=reach(now, "dph_total")
    )
    assert found == {9: Change(), 4: Change()}
    assert gone == (offer(2, 0.2),)
    found, _ = changes(now, [*now, offer(5, 0.4)], "on-demand", reached_before=reach(now, "dph_total"))
    assert found == {}


OFFERS = st.lists(
    st.builds(
        offer,
        st.integers(1, 40),
        st.none() | st.floats(0.1, 2),
        num_gpus=st.integers(1, 4),
        machine_id=st.integers(1, 9),
    ),
    unique_by=lambda row: row.id,
)


@given(OFFERS, OFFERS)
def test_each_offer_is_told_once(before: list[Offer], now: list[Offer]) -> None:
    found, gone = changes(before, now, "on-demand")
    assert found.keys() <= {row.id for row in now}
    new = [number for number, change in found.items() if change.is_new]
    assert len(before) - len(gone) == len(now) - len(new)
    assert not {row.id for row in gone} & {row.id for row in now}


@given(OFFERS)
def test_the_order_is_the_one_that_was_asked_for(offers: list[Offer]) -> None:
    rows = in_order(offers, "num_gpus-,dph_total")
    assert sorted(row.id for row in rows) == sorted(row.id for row in offers)
    keys = [(-(row.num_gpus or 0), row.dph_total is None, row.dph_total or 0.0) for row in rows]
    assert keys == sorted(keys)


def test_equal_offers_stay_as_they_came() -> None:
    rows = [offer(3), offer(1), offer(2)]
    assert in_order(rows, "dph_total") == in_order(rows, "dph_total-") == rows
