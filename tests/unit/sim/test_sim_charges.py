"""The simulator's charges: of boxes that are gone too, by days, in pages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tests.conftest import StartSim, until
from tests.unit.sim.test_sim_http import client, rent
from vasttui.sim.server import Simulator

DAY = 86_400.0


async def charges(http: httpx.AsyncClient, sim: Simulator, **query: Any) -> Mapping[str, Any]:
    now = sim.world.clock.wire(sim.world.settle())
    query.setdefault("select_filters", {"day": {"gte": now - 60 * DAY, "lte": now}})
    params = {name: value if isinstance(value, str) else json.dumps(value) for name, value in query.items()}
    answer = await http.get("/api/v0/charges/", params=params)
    assert answer.status_code == 200, answer.text
    found: Mapping[str, Any] = answer.json()
    return found


async def test_a_box_that_is_gone_is_charged_to_its_end_and_no_further(sim: StartSim) -> None:
    server = await sim(speed=400)
    world = server.world
    async with client(server) as http:
        made = (await rent(http, label="gone")).json()["new_contract"]
        await http.delete(f"/api/v0/instances/{made}/")
        await until(lambda: world.settle() > 0 and made not in world.boxes)
        first = await charges(http, server)
        later = world.settle() + 200
        await until(lambda: world.settle() > later)
        assert await charges(http, server) == first
    (row,) = first["results"]
    assert (row["source"], row["type"], row["metadata"]["label"]) == (f"instance-{made}", "instance", "gone")
    assert row["amount"] == pytest.approx(world.past[0].spent, abs=1e-6)
    assert row["amount"] == pytest.approx(sum(item["amount"] for item in row["items"]), abs=2e-6)
    assert row["start"] < row["end"] <= world.clock.wire(world.settled)


async def test_the_account_paid_what_is_charged(sim: StartSim) -> None:
    server = await sim(speed=400)
    before = server.world.account.credit
    async with client(server) as http:
        for _ in range(3):
            await rent(http)
        rows = (await charges(http, server))["results"]
        assert before - server.world.account.credit == pytest.approx(sum(row["amount"] for row in rows), abs=0.01)


async def test_pages_follow_each_other_in_both_orders(sim: StartSim) -> None:
    server = await sim(instances=8)
    async with client(server) as http:
        for latest_first in (False, True):
            whole = await charges(http, server, limit=500, latest_first=latest_first)
            sources: list[str] = []
            token: str | None = ""
            pages = 0
            while token is not None:
                page = await charges(http, server, limit=3, latest_first=latest_first, after_token=token)
                sources += [row["source"] for row in page["results"]]
                token, pages = page["next_token"], pages + 1
            assert sources == [row["source"] for row in whole["results"]]
            assert (len(sources), pages, whole["total"]) == (8, 3, 8)
            starts = [row["start"] for row in whole["results"]]
            assert starts == sorted(starts, reverse=latest_first)


async def test_only_the_days_and_kinds_that_are_asked_for(sim: StartSim) -> None:
    server = await sim(instances=4)
    now = server.world.clock.wire(server.world.settle())
    async with client(server) as http:
        past = {"day": {"gte": now - 90 * DAY, "lte": now - 60 * DAY}}
        assert (await charges(http, server, select_filters=past))["results"] == []
        volumes = {"day": {"gte": now - 60 * DAY, "lte": now}, "type": {"in": ["volume"]}}
        assert (await charges(http, server, select_filters=volumes))["results"] == []
        for query in ({"select_filters": "{}"}, {"select_filters": '{"day": {"gte": "x"}}'}):
            assert (await http.get("/api/v0/charges/", params=query)).status_code == 400
        wrong = {"select_filters": json.dumps(past), "after_token": "!!"}
        assert (await http.get("/api/v0/charges/", params=wrong)).status_code == 400
