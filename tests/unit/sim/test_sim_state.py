"""What the simulator tells of itself, and what can be made to happen from another process."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.conftest import StartSim, until
from vasttui.sim.boxes import Order
from vasttui.sim.server import Simulator


def client(sim: Simulator) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=sim.url, headers={"Authorization": f"Bearer {sim.api_key}"}, timeout=10)


async def state(http: httpx.AsyncClient) -> dict[str, Any]:
    return dict((await http.get("/_sim/state")).json())


async def test_reads_are_no_writes_and_writes_are_counted_by_endpoint(sim: StartSim) -> None:
    server = await sim(speed=400, instances=1)
    box = next(iter(server.world.boxes.values()))
    async with client(server) as http:
        found = await http.post("/api/v0/bundles/", json={"verified": {"eq": True}, "rentable": {"eq": True}})
        await http.get("/api/v1/instances/")
        await http.put(f"/api/v0/instances/request_logs/{box.id}/", json={"tail": "1"})
        seen = await state(http)
        assert (seen["writes"], seen["writes_by_endpoint"]) == (0, {})
        assert seen["endpoints"] == {"POST search": 1, "GET list": 1, "PUT request_logs": 1}
        ask = found.json()["offers"][0]["id"]
        await http.put(f"/api/v0/asks/{ask}/", json={"image": "x/y", "label": "mine"})
        await http.delete(f"/api/v0/instances/{box.id}/")
        seen = await state(http)
    assert seen["writes_by_endpoint"] == {"PUT create": 1, "DELETE destroy": 1}
    assert [rented["label"] for rented in seen["rented"]] == ["mine"]


async def test_the_spending_is_that_of_all_boxes_there_and_gone(sim: StartSim) -> None:
    server = await sim(speed=2000)
    for _ in range(3):
        server.world.rent(server.world.market.find(lambda offer: offer.clean), Order("x/y", 20.0, label="train"))
    boxes = list(server.world.boxes.values())
    await until(lambda: all(box.actual == "running" for box in boxes))
    async with client(server) as http:
        for box in boxes:
            await http.delete(f"/api/v0/instances/{box.id}/")
        await until(lambda: not server.world.boxes)
        seen = await state(http)
    assert seen["instances"] == []
    assert all(rented["gone"] for rented in seen["rented"])
    assert seen["spent"] == pytest.approx(sum(rented["spent"] for rented in seen["rented"]))
    assert seen["spent"] == pytest.approx(41.20 - seen["credit"])
    assert seen["spent"] > 0


async def test_it_tells_of_jobs_and_of_boxes_that_ended_themselves(sim: StartSim) -> None:
    server = await sim(speed=2000)
    env = (("VASTTUI_JOB_ID", "ab.1"), ("VASTTUI_LEASE", "3600"), ("VASTTUI_GRACE", "60"))
    offer = server.world.market.find(lambda offer: offer.clean)
    box = server.world.rent(offer, Order("x/y", 20.0, label="fails", env=env))
    await until(lambda: box.gone)
    async with client(server) as http:
        seen = await state(http)
    assert seen["ended_themselves"] == [box.id]
    assert (seen["rented"][0]["run_id"], seen["rented"][0]["codes"]) == ("ab.1", {"ab.1": 3})
    assert seen["writes"] == 0


async def test_things_can_be_made_to_happen_to_a_box(sim: StartSim) -> None:
    server = await sim(speed=400)
    offer = server.world.market.find(lambda offer: offer.clean)
    box = server.world.rent(offer, Order("x/y", 20.0, label="train", bid=offer.min_bid * 3))
    async with client(server) as http:

        async def act(action: str) -> int:
            return (await http.post(f"/_sim/boxes/{box.id}/{action}")).status_code

        await until(lambda: box.actual == "running")
        assert await act("resume") == 400, "it was not outbid"
        assert await act("outbid") == 200
        assert (box.actual, box.intended, box.outbid) == ("exited", "stopped", True)
        assert await act("resume") == 200
        await until(lambda: box.actual == "running")
        assert await act("offline") == 200
        assert (box.actual, box.burn()) == ("offline", 0.0)
        assert await act("online") == 200
        await until(lambda: box.actual == "running")
        assert await act("explode") == 400
        assert await act("vanish") == 200
        assert box.gone
        assert await act("vanish") == 404
        assert (await http.get("/api/v1/instances/")).json()["instances"] == []


async def test_a_box_on_demand_cannot_be_outbid(sim: StartSim) -> None:
    server = await sim(instances=1)
    box = next(iter(server.world.boxes.values()))
    async with client(server) as http:
        answer = await http.post(f"/_sim/boxes/{box.id}/outbid")
    assert (answer.status_code, "on demand" in answer.json()["msg"]) == (400, True)


async def test_faults_of_hosts_are_set_from_outside(sim: StartSim) -> None:
    server = await sim(speed=400)
    async with client(server) as http:
        assert (await http.put("/_sim/faults", json={"faults": ["cdi=1"]})).status_code == 200
        found = await http.post("/api/v0/bundles/", json={"verified": {"eq": True}, "rentable": {"eq": True}})
        await http.put(f"/api/v0/asks/{found.json()['offers'][0]['id']}/", json={"image": "x/y"})
        box = next(iter(server.world.boxes.values()))
        await until(lambda: box.actual == "created" and box.intended == "stopped")
        assert "CDI" in (await http.get("/api/v1/instances/")).json()["instances"][0]["status_msg"]
        assert (await state(http))["rented"][0]["flaw"] == "cdi"
