"""What an instance has cost: estimates that grow with time, and charges that settle them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import StartSim, until
from vasttui.api import RentRequest, Timeouts, VastClient
from vasttui.api.models import Instance
from vasttui.controller.ledger import DAY, GIVE_UP, POSTED_AFTER, UNLISTED, Ledger, Statement, fetch_charges
from vasttui.journal import Journal

BEGIN = 20_000 * DAY
BOX = Instance(id=1, actual_status="running", dph_total=3.6, start_date=BEGIN)
OTHER = Instance(id=2, actual_status="running", dph_total=3.6, start_date=BEGIN)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.sqlite", clock=lambda: BEGIN) as journal:
        journal.record_instance(1, "a", None, 3.6, BEGIN)
        journal.record_instance(2, "b", None, 3.6, BEGIN)
        yield journal


def said(at: float, *, usd: float = 1.0, reaches: float | None = None, whole: bool = True) -> Statement:
    return Statement(BEGIN, at, {1: (usd, reaches)}, whole)


def gone(journal: Journal, at: float = 100.0) -> Ledger:
    """A ledger whose box 1 was listed until BEGIN + at, and is missing 5 seconds later."""
    ledger = Ledger(journal)
    ledger.listed([BOX, OTHER], BEGIN + at)
    ledger.listed([OTHER], BEGIN + at + 5)
    return ledger


def test_time_costs_at_the_price_that_was_in_force(journal: Journal) -> None:
    ledger = Ledger(journal)
    ledger.listed([BOX], BEGIN + 100)
    ledger.listed([Instance(id=1, actual_status="running", dph_total=7.2)], BEGIN + 200)
    ledger.listed([Instance(id=1, actual_status="running", dph_total=7.2)], BEGIN + 300)
    assert ledger.spent(1) == pytest.approx(0.1 + 0.1 + 0.2)
    assert ledger.spent(9) is None


def test_the_time_that_nobody_looked_is_estimated_once(journal: Journal) -> None:
    Ledger(journal).listed([BOX], BEGIN + 100)
    late = Ledger(journal)
    late.listed([BOX], BEGIN + 1000)
    assert late.spent(1) == pytest.approx(1.0)
    assert journal.spent_by_instance() == {1: pytest.approx(1.0)}


def test_two_programs_do_not_bill_the_same_time_twice(journal: Journal) -> None:
    first, second = Ledger(journal), Ledger(journal)
    for step in range(1, 60):
        (first if step % 3 else second).listed([BOX], BEGIN + 10 * step)
    first.write(BEGIN + 590)
    second.write(BEGIN + 590)
    assert journal.spent_by_instance() == {1: pytest.approx(0.59)}


def test_a_charge_settles_what_is_gone(journal: Journal) -> None:
    ledger = gone(journal)
    ledger.settle(said(BEGIN + 110, usd=0.02, reaches=BEGIN + 103))
    assert ledger.spent(1) == 0.02
    assert [row.instance_id for row in journal.unsettled_charges()] == [2]
    assert Ledger(journal).spent(1) == 0.02


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        (said(BEGIN + 101, reaches=BEGIN + 103), "asked for before it was seen to be gone"),
        (said(BEGIN + 200, reaches=None), "it does not tell how far it reaches"),
        (said(BEGIN + 200, reaches=BEGIN), "the day's charges are not posted yet"),
        (said(BEGIN + POSTED_AFTER, reaches=BEGIN - 2 * DAY), "its last day is missing"),
        (said(BEGIN + 200, reaches=BEGIN + 103, whole=False), "a row could not be read"),
    ],
)
def test_a_charge_that_may_still_grow_is_not_final(journal: Journal, statement: Statement, why: str) -> None:
    ledger = gone(journal)
    ledger.settle(statement)
    assert not journal.charges()[1].final, why
    assert ledger.spent(1) == 1.0


def test_charges_by_the_day_are_final_a_day_later(journal: Journal) -> None:
    ledger = gone(journal)
    ledger.settle(said(BEGIN + 100 + POSTED_AFTER, usd=0.01, reaches=BEGIN))
    assert journal.charges()[1].final


def test_what_is_still_there_is_never_settled_for_good(journal: Journal) -> None:
    ledger = Ledger(journal)
    ledger.settle(said(BEGIN + 3 * DAY, reaches=BEGIN + 3 * DAY))
    assert not journal.charges()[1].final, "nothing was listed yet"
    ledger.listed([BOX], BEGIN + 3 * DAY)
    ledger.settle(said(BEGIN + 5 * DAY, usd=999.0, reaches=BEGIN + 5 * DAY))
    assert not journal.charges()[1].final
    assert ledger.spent(1) == 999.0
    ledger.listed([], BEGIN + 5 * DAY, whole=False)
    ledger.settle(said(BEGIN + 5 * DAY + 1, reaches=BEGIN + 5 * DAY))
    assert not journal.charges()[1].final, "a list with an unreadable row proves nothing"


def test_a_rental_that_no_listing_showed_yet_is_not_gone(journal: Journal) -> None:
    ledger = Ledger(journal)
    ledger.listed([OTHER], BEGIN + 5)
    ledger.settle(said(BEGIN + 10, usd=0.001, reaches=BEGIN + 10))
    assert not journal.charges()[1].final
    ledger.settle(said(BEGIN + UNLISTED, usd=0.001, reaches=BEGIN + UNLISTED))
    assert journal.charges()[1].final


def test_what_was_gone_before_this_program_began_is_settled(journal: Journal) -> None:
    gone(journal).write(BEGIN + 105)
    ledger = Ledger(journal)
    ledger.listed([OTHER], BEGIN + 500)
    ledger.settle(said(BEGIN + 510, usd=0.02, reaches=BEGIN + 103))
    assert ledger.spent(1) == 0.02


def test_what_came_back_costs_again(journal: Journal) -> None:
    ledger = gone(journal)
    ledger.listed([BOX, OTHER], BEGIN + 200)
    assert ledger.spent(1) == pytest.approx(0.2)
    ledger.settle(said(BEGIN + 210, usd=0.3, reaches=BEGIN + 210))
    assert not journal.charges()[1].final


def test_a_part_of_an_instances_life_is_not_its_cost(journal: Journal) -> None:
    ledger = gone(journal)
    ledger.settle(Statement(BEGIN + DAY, BEGIN + 2 * DAY, {1: (0.5, BEGIN + 2 * DAY)}))
    assert journal.charges() == {}


def test_charges_are_asked_for_until_all_are_told_or_too_old(journal: Journal) -> None:
    journal.record_instance(2, "b", None, 3.6, BEGIN - 50)
    ledger = gone(journal)
    ledger.write(BEGIN + 105)
    assert ledger.unsettled_since(BEGIN + 110) == BEGIN - 50
    journal.settle_charge(2, 1.0, BEGIN + 110)
    assert ledger.unsettled_since(BEGIN + 110) == BEGIN
    assert ledger.unsettled_since(BEGIN + 110 + GIVE_UP) is None


async def test_the_simulators_bill_is_met_to_the_cent(sim: StartSim, tmp_path: Path) -> None:
    server = await sim(speed=400, offers=200, instances=1)
    world = server.world
    with Journal(tmp_path / "sim.sqlite") as journal:
        async with VastClient(server.api_key, server.url, timeouts=Timeouts()) as client:
            ledger = Ledger(journal)
            found = await client.search_offers({"verified": {"eq": True}, "rentable": {"eq": True}})
            begun = world.clock.wire(world.settle())
            (seeded,) = world.boxes.values()
            journal.record_instance(seeded.id, "seeded", None, None, world.clock.wire(seeded.created))
            made = (await client.rent(found.items[0].id, RentRequest(image="x/y", disk=10))).instance_id
            journal.record_instance(made, "x", None, None, begun)
            ledger.listed((await client.instances()).items, world.clock.wire(world.settle()))
            await until(lambda: world.settle() > 0 and world.boxes[made].spent > 0.02)
            await client.destroy(made)
            await until(lambda: world.settle() > 0 and made not in world.boxes)
            now = world.clock.wire(world.settle())
            ledger.listed((await client.instances()).items, now)
            since = ledger.unsettled_since(now)
            assert since is not None
            ledger.settle(await fetch_charges(client, since, now))
        assert [row.instance_id for row in journal.unsettled_charges()] == [seeded.id]
    (past,) = world.past
    assert past.spent > 0.02
    assert ledger.spent(made) == pytest.approx(past.spent, abs=1e-6)
    assert ledger.spent(seeded.id) == pytest.approx(seeded.spent, rel=0.1)
