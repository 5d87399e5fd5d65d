"""Money is reserved before it is spent: when may the next job of a batch begin? Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vasttui.jobs.day import ahead
from vasttui.jobs.lifecycle import JobPhase
from vasttui.jobs.spec import JobSpec
from vasttui.journal.records import Batch, Job

IDLE = frozenset({JobPhase.QUEUED, JobPhase.DONE})
"""Phases in which a job does nothing."""

UNLIMITED_HOURS = 1.0
"""Hours that are reserved for a job whose specification sets no limit of time."""


@dataclass(frozen=True, slots=True)
class Account:
    """The money of a batch.

    Attributes:
        spent: $ by now, of all its boxes.
        reserved: $ that the jobs at work may still cost.
        next: $ that one more job may cost, None while no price is known.
    """

    spent: float
    reserved: float
    next: float | None


def reserve(spec: JobSpec, hourly: float) -> float:
    """$ that one attempt on a box at `hourly` $/h may cost by the limits of its specification."""
    seconds = time_limit(spec)
    hours = UNLIMITED_HOURS if seconds is None else seconds / 3600
    most = hourly * hours
    return most if spec.limits.cost is None else min(most, spec.limits.cost)


def time_limit(spec: JobSpec) -> float | None:
    """Seconds that one attempt takes at most, None without a limit."""
    if spec.limits.total is not None or spec.limits.work is None:
        return spec.limits.total
    return spec.limits.work + (spec.limits.boot or 0.0)


def in_a_day(spec: JobSpec, hourly: float, elapsed: float = 0.0) -> float:
    """$ that one attempt on a box at `hourly` $/h, `elapsed` seconds old, may cost in the next 24 hours."""
    seconds = time_limit(spec)
    most = ahead(hourly, None if seconds is None else seconds - elapsed)
    return most if spec.limits.cost is None else min(most, max(0.0, spec.limits.cost - hourly * elapsed / 3600))


def left_to_spend(job: Job, spec: JobSpec, now: float) -> float:
    """$ of its reserve that a job at work has not used up yet."""
    if job.hourly is None or job.began is None:
        return 0.0
    used = job.hourly * max(0.0, now - job.began) / 3600
    return max(0.0, reserve(spec, job.hourly) - used)


def account(jobs: Sequence[Job], spec: JobSpec, spent: float, price: float | None, now: float) -> Account:
    """The money of a batch whose next box would cost `price` $/h."""
    reserved = sum(left_to_spend(job, spec, now) for job in jobs if job.phase not in IDLE)
    return Account(spent, reserved, None if price is None else reserve(spec, price))


def why_it_waits(batch: Batch, money: Account) -> str:
    """Why no further job of a batch may begin, however few run; "" when one may."""
    if batch.paused:
        return "paused"
    if batch.budget is None:
        return ""
    left = batch.budget - money.spent - money.reserved
    if money.next is not None and money.next > left + 1e-9:
        return f"budget: the next job may cost ${money.next:.2f}, ${max(left, 0.0):.2f} of ${batch.budget:.2f} is left"
    if left <= 0:
        return f"budget: ${batch.budget:.2f} is used up or reserved"
    return ""
