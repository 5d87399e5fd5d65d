"""What Vast.ai charged, row by row."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.unit.api.conftest import Server
from tests.unit.api.test_api_client import http
from vasttui.api import VastClient
from vasttui.errors import Nonsense, Unreachable

Connect = Callable[..., VastClient]


def row(source: object, amount: object, **more: object) -> dict[str, object]:
    return {"source": source, "amount": amount, "type": "instance", "start": 86_400, "end": 172_800, **more}


async def test_all_pages_of_the_days_that_are_asked_for(server: Server, connect: Connect) -> None:
    server.replies = [
        http({"success": True, "results": [row("instance-12345678", 38.421)], "next_token": "n"}),
        http({"success": True, "results": [row("instance-9", "0.5", end=None)], "next_token": None}),
    ]
    found = await connect().charges(86_400.0, 180_000.9)
    assert [(r.id, r.amount, r.start, r.end) for r in found.items] == [
        (12345678, 38.421, 86_400.0, 172_800.0), (9, 0.5, 86_400.0, None),
    ]  # fmt: skip
    first, second = (parse_qs(urlsplit(seen.target).query) for seen in server.seen)
    assert json.loads(first["select_filters"][0]) == {
        "day": {"gte": 86_400, "lte": 180_000}, "type": {"in": ["instance"]},
    }  # fmt: skip
    assert second.pop("after_token") == ["n"]
    assert first == second


async def test_rows_that_tell_nothing_are_counted_and_other_things_left_out(server: Server, connect: Connect) -> None:
    rows = [
        row("instance-1", None), row("instance-2", "NaN"), row("instance-x", 1.0), row(None, 1.0), row("volume-3", 2.0),
        7, {"type": "volume", "source": "volume-3", "amount": 1.0}, row("instance-4", -0.25),
    ]  # fmt: skip
    server.replies = [http({"results": rows})]
    found = await connect().charges(0.0, 1.0)
    assert [(r.id, r.amount) for r in found.items] == [(1, None), (2, None), (4, -0.25)]
    assert found.skipped == 4


@pytest.mark.parametrize("reply", [{"success": True}, {"results": None}, {"results": [], "next_token": 5}, []])
async def test_an_answer_without_a_list_is_not_free_of_charge(server: Server, connect: Connect, reply: object) -> None:
    server.replies = [http(reply)]
    with pytest.raises(Nonsense):
        await connect().charges(0.0, 1.0)


async def test_a_failed_page_fails_all(server: Server, connect: Connect) -> None:
    server.replies = [http({"results": [row("instance-1", 1.0)], "next_token": "n"}), http({}, 502)]
    with pytest.raises(Unreachable):
        await connect().charges(0.0, 1.0)
