"""The simulator over HTTP, in the documented words."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.conftest import StartSim, until
from vasttui.sim.server import Simulator


def client(sim: Simulator, key: str | None = None) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {key or sim.api_key}"}
    return httpx.AsyncClient(base_url=sim.url, headers=headers, timeout=10)


async def offer_id(http: httpx.AsyncClient) -> int:
    found = await http.post("/api/v0/bundles/", json={"verified": {"eq": True}, "rentable": {"eq": True}})
    return int(found.json()["offers"][0]["id"])


async def rent(http: httpx.AsyncClient, **order: Any) -> httpx.Response:
    return await http.put(f"/api/v0/asks/{await offer_id(http)}/", json={"image": "x/y", "disk": 10, **order})


async def listed(http: httpx.AsyncClient) -> list[dict[str, Any]]:
    return list((await http.get("/api/v1/instances/")).json()["instances"])


@pytest.mark.parametrize(
    ("headers", "method", "path", "status", "error", "words"),
    [
        ({}, "GET", "/api/v1/instances/", 403, "auth_error", "This action requires login."),
        ({"Authorization": "Bearer no"}, "GET", "/api/v1/instances/", 404, "auth_error", "Invalid user key"),
        ({"Authorization": "Bearer no"}, "POST", "/api/v0/bundles/", 404, "auth_error", "Invalid user key"),
        (None, "GET", "/api/v0/instances/", 410, "deprecated_endpoint", "/api/v1/instances/"),
        (None, "DELETE", "/api/v0/instances/1/", 404, "no_such_instance", "1"),
        (None, "PUT", "/api/v0/instances/request_logs/1/", 404, "invalid_id", "1"),
        (None, "GET", "/api/v0/charges/", 400, "invalid_request", "day"),
        (None, "GET", "/api/v1/instances/?after_token=!!", 400, "invalid_token", "after_token"),
        (None, "GET", "/api/v1/nothing", 404, "not_found", "nothing"),
    ],
)
async def test_refusals(
    sim: StartSim, headers: dict[str, str] | None, method: str, path: str, status: int, error: str, words: str
) -> None:
    server = await sim()
    sent = {"Authorization": f"Bearer {server.api_key}"} if headers is None else headers
    async with httpx.AsyncClient(base_url=server.url) as http:
        answer = await http.request(method, path, headers=sent)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["content-type"] == "application/json"
    assert words in answer.json()["msg"]


@pytest.mark.parametrize(
    ("order", "status", "error"),
    [
        ({"image": ""}, 400, "invalid_args"),
        ({"label": "x" * 300}, 400, "invalid_args"),
        ({"price": 0.0001}, 400, "invalid_price"),
        ({"disk": "big"}, 400, "invalid_args"),
        ({"template_hash_id": "none"}, 400, "invalid_args"),
    ],
)
async def test_an_order_that_makes_no_sense_rents_nothing(
    sim: StartSim, order: dict[str, Any], status: int, error: str
) -> None:
    server = await sim(speed=100)
    async with client(server) as http:
        answer = await rent(http, **order)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert not server.world.boxes


async def test_an_offer_can_be_rented_once(sim: StartSim) -> None:
    server = await sim(speed=100)
    async with client(server) as http:
        offer = await offer_id(http)
        first = await http.put(f"/api/v0/asks/{offer}/", json={"image": "x"})
        again = await http.put(f"/api/v0/asks/{offer}/", json={"image": "x"})
        certain = await http.put(f"/api/v0/asks/{offer}/", json={"image": "x", "cancel_unavail": True})
        unknown = await http.put("/api/v0/asks/1/", json={"image": "x"})
    assert first.json()["success"]
    assert [again.status_code, certain.status_code, unknown.status_code] == [400, 410, 404]
    assert all("no_such_ask" in answer.text for answer in (again, certain, unknown))


async def test_a_bid_that_is_too_low_is_an_error_that_leaves_an_instance_behind(sim: StartSim) -> None:
    server = await sim(speed=100)
    async with client(server) as http:
        answer = await rent(http, price=0.001)
        assert answer.status_code == 400
        row = (await listed(http))[0]
    assert row["id"] == answer.json()["new_contract"]
    assert (row["intended_status"], row["cur_state"]) == ("stopped", "stopped")


async def test_the_row_is_listed_before_the_create_is_answered(sim: StartSim) -> None:
    server = await sim(speed=20)
    async with client(server) as http:
        renting = asyncio.create_task(rent(http, label="mine"))
        await until(lambda: bool(server.world.boxes))
        assert [row["label"] for row in await listed(http)] == ["mine"]
        assert not renting.done()
        assert (await renting).json()["success"]


async def test_an_instances_own_key_works_for_that_instance_alone(sim: StartSim) -> None:
    server = await sim(speed=100, instances=2)
    mine, other = list(server.world.boxes)
    async with client(server, server.world.boxes[mine].api_key) as http:
        assert (await http.get(f"/api/v0/instances/{mine}/")).json()["instances"]["id"] == mine
        assert (await http.put(f"/api/v0/instances/{mine}/", json={"label": "new"})).json()["success"]
        for answer in (
            await http.get(f"/api/v0/instances/{other}/"),
            await http.delete(f"/api/v0/instances/{other}/"),
            await http.get("/api/v1/instances/"),
            await http.get("/api/v0/users/current"),
        ):
            assert answer.status_code == 401
        assert (await http.delete(f"/api/v0/instances/{mine}/")).json()["success"]


async def test_the_list_comes_in_pages_of_25_and_each_row_once(sim: StartSim) -> None:
    server = await sim(instances=60)
    ids: list[int] = []
    token: str | None = ""
    async with client(server) as http:
        while token is not None:
            params = {"limit": "100", **({"after_token": token} if token else {})}
            page = (await http.get("/api/v1/instances/", params=params)).json()
            assert len(page["instances"]) <= 25
            ids += [row["id"] for row in page["instances"]]
            token = page["next_token"]
    assert page["total_instances"] == 60
    assert ids == sorted(server.world.boxes)


async def test_the_list_can_be_cut_filtered_and_turned_around(sim: StartSim) -> None:
    server = await sim(instances=5)
    async with client(server) as http:
        params = {
            "select_filters": '{"actual_status": {"eq": "running"}}',
            "select_cols": '["id", "label", "nonsense"]',
            "order_by": '[{"col": "id", "dir": "desc"}]',
        }
        rows = (await http.get("/api/v1/instances/", params=params)).json()["instances"]
        refused = await http.get("/api/v1/instances/", params={"select_filters": '{"dph_total": {"gt": 1}}'})
    assert [row["label"] for row in rows] == ["notebook", "lora-flux", "upscale-07"]
    assert rows[0]["nonsense"] is None
    assert refused.json()["msg"] == "Error in query parameters: dph_total is not a valid search key"


async def test_limits_are_enforced_when_asked_for_and_shrink_with_the_speed(sim: StartSim) -> None:
    server = await sim(enforce_rates=True)
    async with client(server) as http:
        first, second = await http.get("/api/v1/instances/"), await http.get("/api/v1/instances/")
    assert (first.status_code, second.status_code) == (200, 429)
    assert second.text == "API requests too frequent: endpoint threshold=1.0"
    assert second.headers["content-type"].startswith("text/plain")
    assert "retry-after" not in second.headers


async def test_a_log_is_forbidden_then_there_and_needs_no_key(sim: StartSim) -> None:
    server = await sim(speed=5, instances=1)
    box = next(iter(server.world.boxes))
    async with client(server) as http:
        asked = (await http.put(f"/api/v0/instances/request_logs/{box}/", json={"tail": "3"})).json()
    assert asked["result_url"] == asked["temp_download_url"]
    async with httpx.AsyncClient() as bare:
        early = await bare.get(asked["result_url"])
        assert (early.status_code, "<Code>AccessDenied</Code>" in early.text) == (403, True)
        while (answer := await bare.get(asked["result_url"])).status_code == 403:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert len(answer.text.splitlines()) == 3
    assert "Processing frame" in answer.text


@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        ("429=1", 429, "API requests too frequent"),
        ("500=1", 500, "<html>"),
        ("empty=1", 200, ""),
        ("truncated=1", 200, '{"id":'),
        ("key_refused=1", 404, "Invalid user key"),
    ],
)
async def test_a_fault_spoils_one_reply_and_then_all_is_well(sim: StartSim, fault: str, status: int, text: str) -> None:
    server = await sim()
    server.set_faults(fault)
    async with client(server) as http:
        spoiled = await http.get("/api/v0/users/current")
        assert spoiled.status_code == status
        assert text in spoiled.text
        with pytest.raises(KeyError if fault.startswith("key") else ValueError):
            spoiled.json()["credit"]
        assert (await http.get("/api/v0/users/current")).json()["credit"] > 0


async def test_a_dropped_request_gets_no_answer(sim: StartSim) -> None:
    server = await sim()
    server.set_faults("drop=1")
    async with client(server) as http:
        with pytest.raises(httpx.RemoteProtocolError):
            await http.get("/api/v0/users/current")
        assert (await http.get("/api/v0/users/current")).status_code == 200


async def test_a_hung_request_hangs_until_the_server_ends(sim: StartSim) -> None:
    server = await sim()
    server.set_faults("hung=1@GET:users")
    async with client(server) as http:
        with pytest.raises(httpx.ReadTimeout):
            await http.get("/api/v0/users/current", timeout=0.1)


async def test_a_lost_create_has_rented_all_the_same(sim: StartSim) -> None:
    server = await sim(speed=200)
    server.set_faults("create_lost=1")
    async with client(server) as http:
        with pytest.raises(httpx.RemoteProtocolError):
            await rent(http, label="lost")
        assert [row["label"] for row in await listed(http)] == ["lost"]


async def test_a_destroy_may_have_to_be_repeated(sim: StartSim) -> None:
    server = await sim(speed=100, instances=1)
    box = next(iter(server.world.boxes))
    server.set_faults("destroy_repeat=1")
    async with client(server) as http:
        assert (await http.delete(f"/api/v0/instances/{box}/")).json()["success"]
        assert server.world.boxes[box].destroyed is None
        assert (await http.delete(f"/api/v0/instances/{box}/")).json()["success"]
        await until(lambda: not server.world.boxes)
        gone = await http.get(f"/api/v0/instances/{box}/")
    assert (gone.status_code, gone.json()) == (200, {"instances": None})


async def test_faults_can_be_switched_over_http_and_a_wrong_one_is_named(sim: StartSim) -> None:
    server = await sim()
    async with client(server) as http:
        wrong = await http.put("/_sim/faults", json={"faults": ["hang=1"]})
        assert wrong.status_code == 400
        assert "did you mean hung" in wrong.json()["msg"]
        await http.put("/_sim/faults", json={"faults": ["500=1"]})
        assert (await http.get("/api/v0/users/current")).status_code == 500


async def test_rows_carry_the_secrets_that_a_client_must_hide(sim: StartSim) -> None:
    server = await sim(instances=1)
    async with client(server) as http:
        row = (await listed(http))[0]
    assert ["HF_TOKEN", "hf_SIMULATEDxTOKENxDOxNOTxSHOW"] in row["extra_env"]
    assert row["onstart"]
    assert row["jupyter_token"]
    assert row["instance_api_key"] == server.world.boxes[row["id"]].api_key


async def test_junk_in_a_list_leaves_the_real_rows_where_they_are(sim: StartSim) -> None:
    server = await sim(instances=2)
    server.set_faults("dirty=1")
    async with client(server) as http:
        rows = await listed(http)
    assert [type(row) for row in rows[:3]] == [type(None), str, dict]
    assert [row["id"] for row in rows[3:]] == list(server.world.boxes)


async def test_two_destroys_at_once_are_too_frequent_in_json(sim: StartSim) -> None:
    server = await sim(instances=2, enforce_rates=True)
    async with client(server) as http:
        answers = [await http.delete(f"/api/v0/instances/{box}/") for box in list(server.world.boxes)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert answers[1].json()["error"] == "rate_limit_exceeded"


async def test_a_start_without_capacity_says_no_with_status_200_and_happens_later(sim: StartSim) -> None:
    server = await sim(speed=300, instances=5)
    box = list(server.world.boxes.values())[4]
    server.set_faults("no_capacity=1")
    async with client(server) as http:
        answer = await http.put(f"/api/v0/instances/{box.id}/", json={"state": "running"})
    assert (answer.status_code, answer.json()["success"], answer.json()["error"]) == (
        200,
        False,
        "resources_unavailable",
    )
    assert (box.actual, box.intended) == ("exited", "running")
    await until(lambda: box.actual == "running")
