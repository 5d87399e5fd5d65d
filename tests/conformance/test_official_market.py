"""The official client on a market that behaves as badly as the real one: caps, ignored filters, scoped keys."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.test_official_client import Official, OfficialError
from tests.conftest import StartSim, until


@pytest.fixture
async def official(sim: StartSim, tmp_path: Path) -> Callable[..., Awaitable[Official]]:
    async def start(**options: Any) -> Official:
        return Official(await sim(**options), tmp_path)

    return start


async def test_its_search_meets_the_cap_ignored_filters_and_equal_prices(
    official: Callable[..., Awaitable[Official]],
) -> None:
    vastai = await official(offers=300, rows_most=64, price_step=0.5, speed=0.01)
    capped = await vastai.raw("search", "offers", "verified=any", "--limit", "500", "-o", "dph", "--storage", "16")
    assert len(capped) == 64
    assert len({row["dph_total"] for row in capped}) == 1
    above = await vastai.raw("search", "offers", f"verified=any dph>{capped[-1]['dph_total']}", "-o", "dph")
    assert above[0]["dph_total"] > capped[-1]["dph_total"]
    assert await vastai.raw("search", "offers", f"verified=any id={capped[0]['id']}") == []
    vastai.sim.set_faults("ignore_filter=gpu_ram")
    ignored = await vastai.raw("search", "offers", "verified=any gpu_ram>=80 num_gpus=1")
    assert any(row["gpu_ram"] < 80_000 for row in ignored)
    assert {row["num_gpus"] for row in ignored} == {1}


async def test_a_scoped_key_searches_and_lists_and_does_not_rent(official: Callable[..., Awaitable[Official]]) -> None:
    vastai = await official(speed=100, rights=("misc", "user_read", "instance_read"))
    (offer,) = await vastai.raw("search", "offers", "num_gpus=1", "--limit", "1")
    assert await vastai.raw("show", "instances") == []
    with pytest.raises(OfficialError, match="lacks the instance_write permission group"):
        await vastai("create", "instance", str(offer["id"]), "--image", "x/y", "--disk", "16")
    assert not vastai.sim.world.boxes


async def test_templates_are_found_and_rented_with_what_they_set(official: Callable[..., Awaitable[Official]]) -> None:
    vastai = await official(speed=100, ssh_key=False)
    assert await vastai.raw("show", "ssh-keys") == []
    templates = await vastai.raw("search", "templates", "creator_id=88412")
    chosen = next(row for row in templates if "axolotl" in row["image"])
    (offer,) = await vastai.raw("search", "offers", "num_gpus=1 disk_space>200 reliability>0.99", "--limit", "1")
    vastai.sim.set_faults("wrong_gpu=1")
    made = await vastai.raw("create", "instance", str(offer["id"]), "--template_hash", chosen["hash_id"])
    box = vastai.sim.world.boxes[made["new_contract"]]
    assert box.order.image == "axolotlai/axolotl:main-latest"
    assert dict(box.order.env)["NOTE"] == "two words"
    assert "accelerate launch" in (box.order.onstart or "")
    row = await vastai.raw("show", "instance", str(box.id))
    assert row["gpu_name"] != offer["gpu_name"]
    await until(lambda: box.actual == "running")
