"""The market: plausible, seeded, alive; and the search grammar of the API over it."""

from __future__ import annotations

from typing import Any

import pytest

from vasttui.sim.listing import BadQuery, compile_query, sort_rows
from vasttui.sim.market import Market

NOW = 1_700_000_000.0


def rows(market: Market, storage: float = 8.0, kind: str = "on-demand") -> list[dict[str, Any]]:
    return [offer.row(storage, kind)[0] for offer in market.offers.values()]


def snapshot(market: Market) -> list[tuple[int, float, bool]]:
    return [(offer.id, offer.price, offer.taken) for offer in market.offers.values()]


def test_one_seed_makes_one_market_also_after_hours() -> None:
    first, second, other = Market(5, 200, NOW), Market(5, 200, NOW), Market(6, 200, NOW)
    for market in (first, second, other):
        market.settle(NOW + 900)
    assert snapshot(first) == snapshot(second)
    assert snapshot(first) != snapshot(other)


def test_looking_often_or_once_gives_the_same_market() -> None:
    often, once = Market(1, 100, NOW), Market(1, 100, NOW)
    for second in range(0, 600, 7):
        often.settle(NOW + second)
    often.settle(NOW + 600)
    once.settle(NOW + 600)
    assert snapshot(often) == snapshot(once)


def test_prices_drift_and_others_take_and_return_offers() -> None:
    market = Market(1, 400, NOW)
    before = {offer_id: price for offer_id, price, _ in snapshot(market)}
    market.settle(NOW + 1200)
    after = {offer.id: offer for offer in market.offers.values()}
    assert len(after) == 400
    assert any(offer.price != before[key] for key, offer in after.items() if key in before)
    assert any(offer.taken for offer in after.values())
    assert set(after) - set(before), "a returned offer has a new id"


@pytest.mark.parametrize("storage", [0.0, 8.0, 64.0])
def test_the_price_of_an_offer_adds_up(storage: float) -> None:
    for row in rows(Market(2, 60, NOW), storage):
        assert row["storage_total_cost"] == pytest.approx(row["storage_cost"] * storage / 720)
        assert row["dph_total"] == pytest.approx(row["dph_base"] + row["storage_total_cost"])
        assert row["dlperf_per_dphtotal"] == pytest.approx(row["dlperf"] / row["dph_total"])


def test_some_rows_are_as_dirty_as_real_ones_but_never_where_the_official_cli_would_crash() -> None:
    all_rows = rows(Market(1, 600, NOW))
    assert any(row["geolocation"] is None for row in all_rows)
    assert any(isinstance(row["reliability2"], str) for row in all_rows)
    assert any("inet_up" not in row for row in all_rows)
    formatted = (
        "cuda_max_good",
        "cpu_ghz",
        "cpu_ram",
        "gpu_ram",
        "dph_total",
        "dlperf",
        "score",
        "reliability",
        "duration",
    )
    assert all(isinstance(row[name], int | float) for row in all_rows for name in formatted)


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ({"num_gpus": {"eq": "1"}, "gpu_name": {"eq": "RTX 4090"}},
         lambda row: row["num_gpus"] == 1 and row["gpu_name"] == "RTX 4090"),
        ({"gpu_name": {"eq": "RTX_4090"}}, lambda row: row["gpu_name"] == "RTX 4090"),
        ({"reliability": {"gt": "0.98"}}, lambda row: row["reliability"] > 0.98),
        ({"gpu_ram": {"gte": 24000.0, "lte": 80000.0}}, lambda row: 24000 <= row["gpu_ram"] <= 80000),
        ({"geolocation": {"eq": "US"}}, lambda row: str(row["geolocation"]).split(",")[-1].strip() == "US"),
        ({"geolocation": {"notin": ["CN", "VN"]}},
         lambda row: str(row["geolocation"]).split(",")[-1].strip() not in ("CN", "VN")),
        ({"verified": {"eq": True}}, lambda row: row["verification"] == "verified"),
        ({"verified": {"eq": "false"}}, lambda row: row["verification"] != "verified"),
        ({"datacenter": {"eq": True}}, lambda row: row["hosting_type"] == 1),
        ({"mobo_name": {"eq": None}}, lambda row: row["mobo_name"] is None),
        ({"dph_total": {"lt": "1", "gt": "0.1"}}, lambda row: 0.1 < row["dph_total"] < 1),
        ({"external": {"eq": False}, "rentable": {"eq": True}}, lambda row: row["rentable"]),
        ({"id": {"eq": 1}}, lambda row: False),
    ],
)  # fmt: skip
def test_a_filter_returns_exactly_the_rows_that_it_describes(query: dict[str, Any], holds: Any) -> None:
    all_rows = rows(Market(1, 500, NOW))
    matches = compile_query(query, all_rows[0])
    assert [row["id"] for row in all_rows if matches(row)] == [row["id"] for row in all_rows if holds(row)]


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ({"foo": {"eq": 1}}, "invalid_request", "foo is not a valid search key"),
        ({"gpu_name": "RTX 4090"}, "bad_request", "q.gpu_name: Input should be a valid dictionary"),
        ({"num_gpus": {"about": 1}}, "invalid_request", "about is not a valid operator"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused_by_name(query: dict[str, Any], code: str, words: str) -> None:
    with pytest.raises(BadQuery, match=words) as caught:
        compile_query(query, ["gpu_name", "num_gpus"])
    assert caught.value.code == code


def test_rows_are_sorted_by_all_keys_and_unknown_values_come_last() -> None:
    table: list[dict[str, Any]] = [{"a": 1, "b": 2}, {"a": None, "b": 0}, {"a": 2, "b": 1}, {"a": 1, "b": 3}]
    sort_rows(table, [["a", "asc"], ["b", "desc"]])
    assert [(row["a"], row["b"]) for row in table] == [(1, 3), (1, 2), (2, 1), (None, 0)]


def test_a_bid_search_shows_the_minimum_bid_as_the_price() -> None:
    row = rows(Market(1, 10, NOW), 0.0, "bid")[0]
    assert row["is_bid"]
    assert row["dph_total"] == row["min_bid"]
