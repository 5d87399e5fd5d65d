"""What is cheap, what is dear, and how likely a bid is to lose."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.api.models import Offer
from vasttui.offers.prices import Prices, Quartiles, Standing, gpu_price, quartiles

PRICES = st.lists(st.floats(0.01, 100, allow_nan=False), min_size=2, max_size=200)


@given(PRICES)
def test_quartiles_are_those_of_the_statistics_module(prices: list[float]) -> None:
    found = quartiles(prices)
    assert found is not None
    expected = statistics.quantiles(prices, n=4, method="inclusive")
    assert (found.q1, found.median, found.q3) == pytest.approx(tuple(expected), rel=1e-9)
    assert (found.low, found.offers) == (min(prices), len(prices))


@given(PRICES)
def test_quartiles_stand_in_order_and_about_a_quarter_lies_beyond_each(prices: list[float]) -> None:
    found = quartiles(prices)
    assert found is not None
    assert found.low <= found.q1 <= found.median <= found.q3 <= max(prices)
    assert sum(price < found.q1 for price in prices) <= (len(prices) + 3) / 4
    assert sum(price > found.q3 for price in prices) <= (len(prices) + 3) / 4


@given(st.floats(0.01, 100), st.integers(1, 300))
def test_where_all_cost_the_same_nothing_is_cheap_or_dear(price: float, count: int) -> None:
    found = quartiles([price] * count)
    assert found is not None
    assert found.standing(price) is (Standing.FAIR if count >= 4 else None)


def test_no_prices_have_no_quartiles() -> None:
    assert quartiles([]) is None


@pytest.mark.parametrize(
    ("price", "standing"),
    [(0.29, Standing.CHEAP), (0.30, Standing.FAIR), (0.45, Standing.FAIR), (0.51, Standing.DEAR)],
)
def test_a_price_stands_among_its_kind(price: float, standing: Standing) -> None:
    assert Quartiles(0.2, 0.3, 0.4, 0.5, 4).standing(price) is standing


def test_the_price_is_that_of_one_gpu_without_disk() -> None:
    offer = Offer(id=1, num_gpus=2, dph_base=1.0, dph_total=1.3, min_bid=0.4)
    assert gpu_price(offer, "on-demand") == 0.5
    assert gpu_price(offer, "bid") == 0.2
    assert gpu_price(Offer(id=1, num_gpus=2, dph_total=1.3, storage_total_cost=0.3), "on-demand") == 0.5


@pytest.mark.parametrize(
    "offer", [Offer(id=1, num_gpus=2), Offer(id=1, dph_base=1.0), Offer(id=1, num_gpus=1, dph_total=1.0)]
)
def test_an_unknown_price_is_not_guessed(offer: Offer) -> None:
    assert gpu_price(offer, "on-demand") is None
    prices = Prices("on-demand", {"": Quartiles(1, 1, 1, 1, 9)})
    assert prices.standing(offer) is None


def test_models_are_the_same_with_blanks_and_underscores() -> None:
    prices = Prices("on-demand", {"h100 sxm": Quartiles(1, 1.5, 2, 2.5, 12)})
    assert prices.standing(Offer(id=1, gpu_name="H100_SXM", num_gpus=1, dph_base=3)) is Standing.DEAR
    assert prices.standing(Offer(id=1, gpu_name="H100 PCIE", num_gpus=1, dph_base=3)) is None


SEEN = (0.10, 0.12, 0.14, 0.16, 0.18)


@pytest.mark.parametrize(("bid", "chance"), [(0.05, 1.0), (0.24, 0.6), (0.28, 0.4), (0.36, 0.0)])
def test_a_bid_loses_where_the_least_bid_was_higher(bid: float, chance: float) -> None:
    prices = Prices("bid", machines={7: SEEN})
    assert prices.outbid_chance(Offer(id=1, machine_id=7, num_gpus=2), bid) == (chance, 5)


def test_few_samples_of_a_machine_give_way_to_those_of_its_model() -> None:
    prices = Prices("bid", machines={7: (0.5,)}, models={"rtx 4090": SEEN})
    offer = Offer(id=1, machine_id=7, gpu_name="RTX 4090", num_gpus=1)
    assert prices.outbid_chance(offer, 0.2) == (0.0, 5)
    assert Prices("bid", machines={7: (0.5,)}).outbid_chance(offer, 0.2) == (1.0, 1)


def test_without_samples_or_on_demand_there_is_no_chance_to_tell() -> None:
    offer = Offer(id=1, machine_id=7, gpu_name="RTX 4090", num_gpus=1)
    assert Prices("bid").outbid_chance(offer, 0.2) is None
    assert Prices("on-demand", machines={7: SEEN}).outbid_chance(offer, 0.2) is None
