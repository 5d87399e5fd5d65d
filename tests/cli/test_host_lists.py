"""Only these hosts: what a preset's lists allow is all that a search shows and all that is ever rented."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cli.conftest import CONFIG, Call, Shell, World
from vasttui.sim.server import SimOptions

WANTED = {51345, 78246}
LISTED = (51345, 78246, 160473)
CEILING = 0.9
PRESETS = f"""\
  trusted:
    query: "num_gpus>=1 reliability>0.9"
    verified: null
    order: dph_total
    max_price: {CEILING}
    host_whitelist: {list(LISTED)}
    host_blacklist: [160473]
    image: pytorch/pytorch
    label: trusted
"""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A market where the cheapest offers are of the host that is on both lists."""
    world = World(SimOptions(speed=100, offers=400, hosts=LISTED, rows_most=64))
    world.call(lambda: _cheapest_is(world, 160473))
    yield world
    world.stop()


def _cheapest_is(world: World, host: int) -> None:
    for offer in world.sim.world.market.offers.values():
        if offer.fixed["host_id"] == host:
            offer.price = 0.05
            offer.changed()


@pytest.fixture(autouse=True)
def presets(shell: Shell) -> None:
    (shell.home / ".config" / "vasttui" / "config.yaml").write_text(CONFIG + PRESETS)


def offers_of(world: World, hosts: set[int]) -> list[float]:
    """Prices, with the disk of the config, of the free and reliable offers of these hosts."""
    market = world.sim.world.market.offers.values()
    return [
        offer.price + offer.storage_cost * 16 / 720
        for offer in market
        if offer.fixed["host_id"] in hosts and not offer.taken and offer.reliability > 0.9
    ]


def rented(world: World) -> list[tuple[int, float]]:
    """Host and price of every box that was ever rented."""
    return [(box.fixed["host_id"], box.dph_total) for box in world.sim.world.rented]


def searched(call: Call, *words: str) -> list[dict[str, Any]]:
    done = call("search", "--preset", "trusted", *words, "--json")
    assert done.code == 0, done.err
    return list(json.loads(done.out))


def test_a_search_shows_the_whitelisted_hosts_without_the_one_that_is_blacklisted_too(call: Call, world: World) -> None:
    found = searched(call)
    assert {row["host_id"] for row in found} == WANTED
    assert all(row["dph_total"] <= CEILING for row in found)
    fitting = [price for price in offers_of(world, WANTED) if price <= CEILING]
    assert len(found) >= 0.9 * len(fitting) > 30, "all of them, also those beyond the first 64 rows"


def test_without_the_lists_the_forbidden_host_is_there_among_others(call: Call) -> None:
    assert {160473, *WANTED} < {row["host_id"] for row in searched(call, "--all-hosts")}


def test_a_dry_run_and_a_rental_take_an_allowed_host_under_the_price(call: Call, world: World) -> None:
    dry = json.loads(call("rent", "--preset", "trusted", "--dry-run").out)
    offer = world.sim.world.market.offers[dry["offer_id"]]
    assert offer.fixed["host_id"] in WANTED
    assert dry["dph_total"] <= CEILING
    before = len(world.sim.world.rented)
    done = call("rent", "--preset", "trusted", "--yes", "--json")
    assert done.code == 0, done.err
    new = rented(world)[before:]
    assert len(new) == 1
    assert new[0][0] in WANTED
    assert new[0][1] <= CEILING


def test_an_offer_of_a_forbidden_host_is_not_rented_by_its_number(call: Call, world: World) -> None:
    market = world.sim.world.market.offers.values()
    forbidden = next(o.id for o in market if o.fixed["host_id"] == 160473 and not o.taken)
    stranger = next(o.id for o in market if o.fixed["host_id"] not in LISTED and not o.taken)
    before = rented(world)
    for offer_id in (forbidden, stranger):
        done = call("rent", str(offer_id), "--preset", "trusted", "--yes")
        assert (done.code, done.out) == (2, "")
    assert rented(world) == before


def test_jobs_run_on_the_allowed_hosts_only(shell: Shell, world: World) -> None:
    before = len(world.sim.world.rented)
    inputs = [word for number in range(2) for word in ("--input", f"{number}.mp4")]
    job = shell.home / "job.yaml"
    job.write_text(
        "name: fenced\nrent: {preset: trusted, disk: 16}\nonstart: python upscale.py {input}\n"
        "max_parallel: 2\nlimits: {work: 30m, tries: 2}\n"
    )
    done = shell("run", "job.yaml", *inputs, "--yes", "--json")
    assert done.code == 0, done.err
    new = rented(world)[before:]
    assert len(new) >= 2
    assert {host for host, _ in new} <= WANTED
    assert all(price <= CEILING for _, price in new)


def test_nothing_that_does_not_match_is_shown_or_rented_when_the_server_ignores_filters(
    call: Call, world: World
) -> None:
    before = len(world.sim.world.rented)
    with world.faults("ignore_filter=dph_total,num_gpus,reliability,rentable"):
        found = searched(call, "num_gpus=1", "gpu_ram>=10")
        done = call("rent", "--preset", "trusted", "--yes", "--json")
    assert found
    assert {row["num_gpus"] for row in found} == {1}
    assert all(row["host_id"] in WANTED and row["dph_total"] <= CEILING for row in found)
    assert done.code == 0, done.err
    (new,) = rented(world)[before:]
    assert new[0] in WANTED
    assert new[1] <= CEILING


def test_no_other_offer_than_the_one_that_is_named_is_rented_when_the_server_ignores_its_number(
    call: Call, world: World
) -> None:
    market = world.sim.world.market.offers.values()
    fitting = (o for o in market if o.fixed["host_id"] in WANTED and not o.taken and o.price < CEILING / 2)
    wanted = max(fitting, key=lambda offer: offer.price)
    with world.faults("ignore_filter=ask_contract_id"):
        done = call("rent", str(wanted.id), "--preset", "trusted", "--dry-run")
    if done.code == 0:
        assert json.loads(done.out)["offer_id"] == wanted.id
    else:
        assert (done.code, done.out) == (1, "")
        assert f"there is no offer {wanted.id}" in done.err
