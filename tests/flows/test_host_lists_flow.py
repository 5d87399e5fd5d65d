"""What the offers pane is given to draw: the lists of a preset hold, also when the server ignores what was asked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import StartSim
from tests.flows.conftest import Control, seen
from vasttui.api import Pacer, VastClient
from vasttui.config import Preset
from vasttui.controller import fetch_market
from vasttui.offers.hosts import HostFilter
from vasttui.snapshot import Search, Snapshot

LISTED = frozenset({51345, 78246, 160473})
TRUSTED = Preset(
    name="trusted",
    num_gpus=1,
    verified=None,
    max_price=0.9,
    order="dph_total",
    host_whitelist=LISTED,
    host_blacklist=frozenset({160473}),
)


def answered(*, ignored: bool) -> Callable[[Snapshot], bool]:
    """Whether an answer is there, from a server that ignored filters or one that did not."""

    def true(picture: Snapshot) -> bool:
        market = picture.market.value
        return market is not None and bool(market.offers) and bool(market.ignored) == ignored

    return true


@pytest.mark.parametrize("faults", [(), ("ignore_filter=num_gpus,rentable",), ("ignore_filter=dph_total,num_gpus",)])
async def test_the_picture_holds_allowed_hosts_under_the_price_only_and_why_the_others_are_cut(
    sim: StartSim, control: Control, faults: tuple[str, ...]
) -> None:
    world = await sim(offers=400, rows_most=64, hosts=tuple(sorted(LISTED)), speed=0.01)
    world.set_faults(*faults)
    async with control(world, presets={"trusted": TRUSTED}) as controller:
        controller.search(controller.default_search("trusted"))
        market = (await seen(controller, answered(ignored=bool(faults)))).market.value
        assert market is not None
        assert {offer.host_id for offer in market.offers} <= {51345, 78246}
        assert all(offer.dph_total is not None and offer.dph_total <= 0.9 for offer in market.offers)
        assert {offer.num_gpus for offer in market.offers} == {1}
        reasons = {cut.offer.host_id: cut.reason for cut in market.hosts.cut}
        assert "block" in reasons[160473]
        assert all("whitelist" in reason for host, reason in reasons.items() if host != 160473)


@pytest.mark.parametrize(("faults", "requests"), [((), 2), (("ignore_filter=host_id",), 10)])
async def test_whitelisted_hosts_are_asked_for_and_looked_for_where_the_server_does_not_listen(
    sim: StartSim, faults: tuple[str, ...], requests: int
) -> None:
    rare = frozenset({51345, 78246})
    world = await sim(offers=400, rows_most=64, hosts=(51345, 78246, *range(300_000, 300_060)), speed=0.01)
    world.set_faults(*faults)
    market = world.world.market.offers.values()
    theirs = {offer.id for offer in market if offer.fixed["host_id"] in rare and not offer.taken}
    assert theirs
    async with VastClient(world.api_key, world.url, pacer=Pacer(scale=0)) as client:
        found = await fetch_market(client, Search(text="verified=any"), HostFilter(rare))
    assert {offer.id for offer in found.offers} == theirs
    assert 2 <= world.context.endpoints["POST search"] <= requests
    assert not found.more
