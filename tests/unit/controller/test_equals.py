"""Which offers are as good as another one."""

from __future__ import annotations

from typing import Any, cast

import pytest

from vasttui.api.client import VastClient
from vasttui.api.models import Offer, Rows
from vasttui.controller.equals import equal_offers, is_equal, names_one, one_per_machine
from vasttui.jobs.rental import RentPlan
from vasttui.offers.hosts import HostFilter
from vasttui.snapshot import Search

OFFER = Offer(id=1, machine_id=1, host_id=1, gpu_name="RTX 4090", num_gpus=2, dph_base=0.5, storage_cost=0.36)
PLAN = RentPlan(image="a/b:1", disk_gb=20.0)


def other(number: int, **fields: Any) -> Offer:
    known = {"host_id": number, "machine_id": number, "gpu_name": "RTX 4090", "num_gpus": 2, "dph_base": 0.5}
    return Offer(id=number, **{**known, "storage_cost": 0.36, **fields})


class Market:
    """A Vast.ai that finds the same offers, whatever is asked."""

    def __init__(self, *offers: Offer) -> None:
        self.offers = offers
        self.bodies: list[dict[str, Any]] = []

    async def search_offers(self, body: dict[str, Any], *, keep_raw: bool = False) -> Rows[Offer]:
        self.bodies.append(body)
        return Rows(self.offers)

    async def equals(self, plan: RentPlan = PLAN, search: Search | None = None, **lists: Any) -> list[int]:
        client = cast(VastClient, self)
        rows = await equal_offers(client, OFFER, plan, search or Search(text="verified=any"), HostFilter(**lists))
        return [row.id for row in rows]


async def test_the_same_gpus_no_dearer_the_cheapest_first() -> None:
    market = Market(
        OFFER,
        other(2),
        other(3, dph_base=0.3),
        other(4, dph_base=0.51),
        other(5, num_gpus=1),
        other(6, gpu_name="RTX 4090D"),
        other(7, gpu_name="RTX_4090", dph_base=0.4),
        other(8, dph_base=None),
        other(9, storage_cost=None),
        other(10, dph_base=0.45, storage_cost=3.6),
    )
    assert await market.equals() == [3, 7, 2]
    assert await market.equals(RentPlan(image="a", disk_gb=20.0, max_price=0.42)) == [3, 7]
    assert await market.equals(RentPlan(image="a", disk_gb=20.0, max_price=0.54)) == [3, 7, 2, 4]
    assert await market.equals(blacklist=frozenset({3})) == [7, 2]
    assert await market.equals(whitelist=frozenset({3})) == [3]


async def test_the_search_stays_and_is_narrowed_to_the_gpus() -> None:
    market = Market(other(2))
    await market.equals(search=Search(text="inet_down>500", type="bid"))
    (body,) = market.bodies
    assert body["gpu_name"] == {"eq": "RTX 4090"}
    assert body["num_gpus"] == {"eq": "2"}
    assert "inet_down" in body
    assert body["type"] == "bid"
    await market.equals(search=Search(text="ask_contract_id=1"))
    assert "ask_contract_id" not in market.bodies[-1]


@pytest.mark.parametrize(
    ("text", "one"), [("", False), ("num_gpus=1", False), ("id=7", True), ("ask_contract_id=7", True), ("==", True)]
)
def test_a_search_for_one_offer_is_known(text: str, one: bool) -> None:
    assert names_one(text) is one


def test_one_offer_per_machine_and_none_of_those_taken() -> None:
    rows = (other(2, machine_id=5), other(3, machine_id=5), other(4, machine_id=6), other(5, machine_id=None))
    assert [row.id for row in one_per_machine(rows, {6, None})] == [2]
    assert not is_equal(other(2, gpu_name=None), OFFER)


def test_an_equal_gpu_has_as_much_memory() -> None:
    big = Offer(id=1, gpu_name="A100 SXM4", num_gpus=1, gpu_ram=81920.0)
    memories = {2: 81559.0, 3: 40960.0, 4: None, 5: 96000.0}
    rows = [Offer(id=i, gpu_name="A100 SXM4", num_gpus=1, gpu_ram=memory) for i, memory in memories.items()]
    assert [row.id for row in rows if is_equal(row, big)] == [2, 4, 5]
