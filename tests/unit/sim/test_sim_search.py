"""How the simulated search differs from a perfect one, as the real one does; and what can be asked of the market."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.conftest import StartSim, until
from tests.unit.sim.hand import Hand
from vasttui.sim.boxes import Order
from vasttui.sim.faults import Fault, FaultSyntaxError, parse_fault
from vasttui.sim.http_server import ENDPOINTS
from vasttui.sim.rights import GROUPS
from vasttui.sim.routes_market import make_order
from vasttui.sim.server import Simulator


def client(sim: Simulator) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=sim.url, headers={"Authorization": f"Bearer {sim.api_key}"}, timeout=10)


async def found(sim: Simulator, **body: Any) -> list[dict[str, Any]]:
    async with client(sim) as http:
        return list((await http.post("/api/v0/bundles/", json=body)).json()["offers"])


@pytest.mark.parametrize(("body", "rows"), [({}, 64), ({"limit": 500}, 64), ({"limit": 7}, 7)])
async def test_an_answer_holds_so_many_rows_whatever_the_limit_says(
    sim: StartSim, body: dict[str, Any], rows: int
) -> None:
    assert len(await found(await sim(offers=300, rows_most=64), **body)) == rows


async def test_pages_over_the_price_come_to_all_rows(sim: StartSim) -> None:
    server = await sim(offers=200, rows_most=64, speed=0.01)
    seen: dict[int, float] = {}
    while True:
        least = max(seen.values(), default=0.0)
        page = await found(server, dph_total={"gte": least}, order=[["dph_total", "asc"]])
        if not {row["id"] for row in page} - seen.keys():
            break
        seen |= {row["id"]: row["dph_total"] for row in page}
    assert len(seen) == 200


async def test_a_price_step_makes_many_offers_cost_the_same_also_later(sim: StartSim) -> None:
    server = await sim(offers=300, price_step=0.5, start=1_700_000_000.0)
    server.world.market.settle(1_700_000_000.0 + 3600)
    for kind, name in (("on-demand", "dph_total"), ("bid", "min_bid")):
        prices = [row[name] for row in await found(server, type=kind, allocated_storage=16.0)]
        assert max(map(prices.count, prices)) > 64
        assert len(set(prices)) > 4


@pytest.mark.parametrize("ignored", ["gpu_ram", "gpu_ram,dph_total"])
async def test_filters_that_a_fault_names_are_ignored_and_the_others_are_not(sim: StartSim, ignored: str) -> None:
    server = await sim(offers=300)
    asked = {"gpu_ram": {"gte": 48_000}, "num_gpus": {"eq": "2"}, "dph_total": {"lt": 2.0}}
    assert all(row["gpu_ram"] >= 48_000 for row in await found(server, **asked))
    server.set_faults(f"ignore_filter={ignored}")
    rows = await found(server, **asked)
    assert any(row["gpu_ram"] < 48_000 for row in rows)
    assert any(row["dph_total"] >= 2.0 for row in rows) == ("dph_total" in ignored)
    assert {row["num_gpus"] for row in rows} == {2}
    server.set_faults()
    assert all(row["gpu_ram"] >= 48_000 for row in await found(server, **asked))


def test_ignored_filters_are_named_by_fields_not_by_a_count() -> None:
    assert parse_fault("ignore_filter=gpu_ram, dph_total") == Fault(
        "ignore_filter", chance=1.0, fields=("gpu_ram", "dph_total")
    )
    with pytest.raises(FaultSyntaxError, match="a field is missing, as in ignore_filter=dph_total"):
        parse_fault("ignore_filter=")


async def test_an_offer_is_found_by_its_contract_and_not_by_its_id(sim: StartSim) -> None:
    server = await sim(offers=50)
    first = (await found(server))[0]
    assert await found(server, id={"eq": first["id"]}) == []
    assert [row["id"] for row in await found(server, ask_contract_id={"eq": str(first["id"])})] == [first["id"]]


async def test_a_machine_is_offered_in_slices(sim: StartSim) -> None:
    sizes: dict[int, list[int]] = {}
    for row in await found(await sim(offers=200)):
        sizes.setdefault(row["machine_id"], []).append(row["num_gpus"])
    assert sum(len(set(of_one)) > 1 for of_one in sizes.values()) > 10


async def test_named_hosts_have_machines_and_the_rest_of_the_market_stays_as_it_was(sim: StartSim) -> None:
    plain = await found(await sim(offers=120, start=1_700_000_000.0, speed=0.01))
    named = await found(await sim(offers=120, start=1_700_000_000.0, speed=0.01, hosts=(51345, 78246, 160473)))
    assert {51345, 78246, 160473} < {row["host_id"] for row in named}
    assert {51345, 78246, 160473}.isdisjoint(row["host_id"] for row in plain)
    for one, other in zip(plain, named, strict=True):
        assert {**one, "host_id": 0} == {**other, "host_id": 0}


async def test_a_box_may_have_other_gpus_than_its_offer_named(sim: StartSim) -> None:
    server = await sim(speed=400)
    server.set_faults("wrong_gpu=1")
    wanted = server.world.market.find(lambda offer: offer.clean).fixed["gpu_name"]
    boxes = [
        server.world.rent(
            server.world.market.find(lambda offer: offer.clean and offer.fixed["gpu_name"] == wanted), Order("x/y", 20)
        )
        for _ in range(2)
    ]
    rows = [server.world.row(box)["gpu_name"] for box in boxes]
    assert rows[0] != wanted
    assert rows[1] == wanted
    await until(lambda: all(box.actual == "running" for box in boxes))


async def test_a_scoped_key_may_do_what_its_groups_say(sim: StartSim) -> None:
    server = await sim(rights=("user_read", "instance_read"))
    async with client(server) as http:
        (key,) = (await http.get("/api/v0/auth/apikeys/")).json()["apikeys"]
        assert set(key["permissions"]["api"]) == {"user_read", "instance_read"}
        assert (await http.get("/api/v1/instances/")).status_code == 200
        refused = await http.put("/api/v0/asks/1/", json={"image": "x/y"})
    assert (refused.status_code, refused.json()["error"]) == (401, "auth_error")
    assert "lacks the instance_write permission group" in refused.json()["msg"]
    assert {endpoint.group for endpoint in ENDPOINTS} <= {*GROUPS}


async def test_a_full_key_has_no_list_of_permissions(sim: StartSim) -> None:
    async with client(await sim()) as http:
        (key,) = (await http.get("/api/v0/auth/apikeys/")).json()["apikeys"]
    assert (key["rights"], key["permissions"]) == ("*", None)


async def test_an_account_may_lack_the_ssh_key_until_it_is_added(sim: StartSim) -> None:
    server = await sim(ssh_key=False)
    public = server.ssh_private_key.with_suffix(".pub").read_text()
    async with client(server) as http:
        assert (await http.get("/api/v0/ssh/")).json() == []
        await http.post("/api/v0/ssh/", json={"ssh_key": public})
        assert [row["key"] for row in (await http.get("/api/v0/ssh/")).json()] == [public.strip()]


async def test_templates_are_the_accounts_own_and_popular_ones_that_say_what_they_set(sim: StartSim) -> None:
    async with client(await sim()) as http:
        user = (await http.get("/api/v0/users/current")).json()["id"]
        rows = (await http.get("/api/v0/template/")).json()["templates"]
        own = (
            await http.get("/api/v0/template/", params={"select_filters": json.dumps({"creator_id": {"eq": user}})})
        ).json()["templates"]
    assert 0 < len(own) < len(rows)
    assert any("gpu_ram" in json.loads(row["extra_filters"]) for row in rows)
    assert any("\n" in row["onstart"] for row in own)
    assert len({row["hash_id"] for row in rows}) == len(rows)


async def test_a_template_decides_how_a_box_starts_unless_the_order_does(sim: StartSim) -> None:
    server = await sim()
    hashes = {row["name"]: row["hash_id"] for row in server.world.account.templates}
    of_template = make_order(server.context, {"template_hash_id": hashes["vLLM"]})
    assert (of_template.runtype, of_template.image, of_template.disk) == ("args", "vllm/vllm-openai:latest", 64)
    assert make_order(server.context, {"template_hash_id": hashes["vLLM"], "runtype": "ssh"}).runtype == "ssh"


def test_prices_drift_and_offers_come_and_go_within_a_demos_minute() -> None:
    hand = Hand()
    before = {offer.id: (offer.price, offer.taken) for offer in hand.world.market.offers.values()}
    hand.turn(600)
    after = {offer.id: (offer.price, offer.taken) for offer in hand.world.market.offers.values()}
    both = before.keys() & after.keys()
    assert any(after[key][0] < before[key][0] for key in both)
    assert any(after[key][0] > before[key][0] for key in both)
    assert any(after[key][1] and not before[key][1] for key in both)
    assert after.keys() - before.keys()
