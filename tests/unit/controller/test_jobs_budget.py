"""Money is reserved before it is spent: the next job begins only when what it may cost is left."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.controller.jobs.budget import Account, account, left_to_spend, reserve, why_it_waits
from vasttui.jobs.spec import JobSpec, Limits
from vasttui.journal.records import Batch, Job

HOUR = 3600.0
SPEC = JobSpec(name="train")
BATCH = Batch(1, "train", "{}", 0.0, budget=10.0, max_parallel=4)
JOB = Job("train-x9-001", 1, 1, "a", "a", "working", 0.0, 0.0, hourly=2.0, began=0.0)


@pytest.mark.parametrize(
    ("limits", "dollars"),
    [
        (Limits(), 2.0),
        (Limits(total=2 * HOUR), 4.0),
        (Limits(work=HOUR, boot=HOUR / 2), 3.0),
        (Limits(work=HOUR, boot=None), 2.0),
        (Limits(total=HOUR / 2, work=9 * HOUR), 1.0),
        (Limits(cost=0.5), 0.5),
        (Limits(total=HOUR, cost=5.0), 2.0),
    ],
)
def test_what_a_job_may_cost_by_its_limits(limits: Limits, dollars: float) -> None:
    assert reserve(replace(SPEC, limits=limits), 2.0) == pytest.approx(dollars)


@pytest.mark.parametrize(
    ("job", "now", "left"),
    [
        (JOB, 0.0, 2.0),
        (JOB, HOUR / 4, 1.5),
        (JOB, 5 * HOUR, 0.0),
        (JOB, -HOUR, 2.0),  # a clock that was set back makes no money
        (replace(JOB, hourly=None), 0.0, 0.0),
        (replace(JOB, began=None), 0.0, 0.0),
    ],
)
def test_a_reserve_is_used_up_as_its_box_costs(job: Job, now: float, left: float) -> None:
    assert left_to_spend(job, SPEC, now) == pytest.approx(left)


def test_jobs_that_do_nothing_reserve_nothing() -> None:
    jobs = [replace(JOB, phase=phase) for phase in ("queued", "searching", "renting", "working", "cleaning", "done")]
    jobs[1] = replace(jobs[1], hourly=None, began=None)
    assert account(jobs, SPEC, 1.0, 0.5, now=0.0) == Account(spent=1.0, reserved=6.0, next=0.5)
    assert account(jobs, SPEC, 1.0, None, now=0.0).next is None


@pytest.mark.parametrize(
    ("batch", "money", "why"),
    [
        (BATCH, Account(0.0, 0.0, 10.0), ""),
        (BATCH, Account(4.0, 4.0, 2.0), ""),
        (BATCH, Account(4.0, 4.0, 2.01), "budget: the next job may cost $2.01, $2.00 of $10.00 is left"),
        (BATCH, Account(12.0, 1.0, 1.0), "budget: the next job may cost $1.00, $0.00 of $10.00 is left"),
        (BATCH, Account(9.0, 1.0, None), "budget: $10.00 is used up or reserved"),
        (BATCH, Account(9.0, 0.5, None), ""),
        (replace(BATCH, budget=None), Account(1e6, 1e6, 1e6), ""),
        (replace(BATCH, budget=None, paused=True), Account(0.0, 0.0, 1.0), "paused"),
        (replace(BATCH, paused=True), Account(99.0, 0.0, 1.0), "paused"),
        (replace(BATCH, budget=20.0), Account(12.0, 1.0, 1.0), ""),
    ],
)
def test_why_the_next_job_waits(batch: Batch, money: Account, why: str) -> None:
    assert why_it_waits(batch, money) == why


_PRICES = st.lists(st.floats(0.01, 20.0), min_size=1, max_size=30)


@given(_PRICES, st.floats(0.1, 50.0), st.floats(1.0, 5.0))
def test_jobs_within_their_limits_never_cost_more_than_the_budget(
    prices: list[float], budget: float, hours: float
) -> None:
    """Whatever the prices: those that were let begin may all run to the end of their time."""
    spec = replace(SPEC, limits=Limits(total=hours * HOUR))
    batch = replace(BATCH, budget=budget)
    begun: list[Job] = []
    for number, price in enumerate(prices):
        now = number * 60.0
        spent = sum(price_of * (now - began) / HOUR for price_of, began in _bills(begun))
        if not why_it_waits(batch, account(begun, spec, spent, price, now)):
            begun.append(replace(JOB, job_id=f"j-{number}", hourly=price, began=now))
    assert sum(price * hours for price, _ in _bills(begun)) <= budget + 1e-6


def _bills(jobs: list[Job]) -> list[tuple[float, float]]:
    return [(job.hourly or 0.0, job.began or 0.0) for job in jobs]
