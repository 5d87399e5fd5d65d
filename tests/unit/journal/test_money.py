"""What instances cost: estimates that no two programs add twice, and what Vast.ai says in their place."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vasttui.journal import Bill, Charge, Journal

DAY = 86_400.0


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.sqlite") as opened:
        yield opened


@pytest.mark.parametrize("charged", [5.0, 2.0])
def test_what_vast_says_at_last_takes_the_place_of_the_estimate_on_its_days(journal: Journal, charged: float) -> None:
    journal.record_instance(1, "a", None, 1.0, 0.0)
    journal.bill_many([Bill(1, 1.0, 0.0, 10.0), Bill(1, 3.0, 10.0, DAY + 10.0)])
    journal.settle_charge(1, charged, 2 * DAY, until=DAY + 12.0)
    assert journal.spent_by_instance() == {1: charged}
    assert journal.spent_by_day() == {"1970-01-01": charged / 4, "1970-01-02": 3 * charged / 4}
    assert [(row.spent, row.settled) for row in journal.ledger()] == [(charged, True)]
    assert journal.unsettled_charges() == ()
    assert journal.estimates() == {1: 4.0}


@pytest.mark.parametrize(("said", "counts"), [(3.0, 4.0), (6.0, 6.0)])
def test_until_it_is_final_the_larger_figure_counts(journal: Journal, said: float, counts: float) -> None:
    journal.record_instance(1, "a", None, 1.0, 0.0)
    journal.bill(1, 4.0, 10.0)
    journal.settle_charge(1, said, 20.0, final=False)
    assert journal.spent_by_instance() == {1: counts}
    assert [(row.instance_id, row.spent) for row in journal.unsettled_charges()] == [(1, counts)]
    assert journal.charges() == {1: Charge(1, said, None, 20.0, False)}


def test_a_charge_without_an_estimate_falls_on_the_day_that_it_reaches(journal: Journal) -> None:
    journal.settle_charge(8, 0.5, 9 * DAY, until=2 * DAY)
    journal.settle_charge(9, 0.25, 9 * DAY)
    assert journal.spent_by_day() == {"1970-01-03": 0.5, "1970-01-10": 0.25}


def test_a_rental_is_in_the_ledger_even_if_no_listing_ever_showed_it(journal: Journal) -> None:
    intent = journal.begin_rent("a~aaaaaaaa", 5, "{}", 0.4)
    journal.settle(intent, "rented", 77)
    (row,) = journal.unsettled_charges()
    assert (row.instance_id, row.label, row.dph, row.offer_id, row.last_seen) == (77, "a~aaaaaaaa", 0.4, 5, None)


def test_jobs_and_their_turns_on_an_instance(journal: Journal) -> None:
    journal.add_batch("up", "{}", [("a", "a", ""), ("b", "b", "")], budget=None, max_parallel=1, job_ids=["j1", "j2"])
    first, second = journal.jobs(1)
    intent = journal.begin_rent("up~aaaaaaaa", 5, "{}", 0.4, job=replace(first, phase="renting"))
    journal.settle(intent, "rented", 77)
    journal.save_job(replace(first, instance_id=77), "working")
    journal.save_job(replace(second, instance_id=77), "working")
    spans = journal.job_spans()
    assert {span.instance_id for span in spans} == {77}
    assert [span.job_id for span in spans] == ["j1", "j1", "j2"]
    assert [span.began for span in spans] == sorted(span.began for span in spans)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 50)), min_size=1, max_size=25))
def test_two_programs_that_watch_one_instance_bill_each_moment_once(
    tmp_path_factory: pytest.TempPathFactory, looks: list[tuple[bool, int]]
) -> None:
    path = tmp_path_factory.mktemp("journal") / "j.sqlite"
    with Journal(path) as one, Journal(path) as two:
        one.record_instance(1, None, None, 1.0, 0.0)
        now, billed = 0.0, {True: 0.0, False: 0.0}
        for first, seconds in looks:
            now += seconds
            (one if first else two).bill_many([Bill(1, now - billed[first], billed[first], now)])
            billed[first] = now
        assert math.isclose(one.spent_by_instance()[1], now)
