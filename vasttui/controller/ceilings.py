"""The user's ceilings of all rentals together: instances at once, and $ in 24 hours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from vasttui.config import Config
from vasttui.controller.rentals import Rentals
from vasttui.jobs.day import Day, ahead, last_day, why_not_today
from vasttui.jobs.promise import promise_of
from vasttui.journal import Journal
from vasttui.journal.records import Intent, Lease

OLD = 120.0
"""Seconds after which a listing no longer tells how many instances there are; longer where listings are rare."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand before a rental; None is "not known".

    Attributes:
        instances: how many exist or are on their way.
        day: the money of the last and the next 24 hours.
        intent: the newest intent that this goes by.
    """

    instances: int | None = None
    day: Day | None = None
    intent: int = 0


class Ceilings:
    """Counts what is there, what is on its way, and what it costs; other programs' rentals in the journal too.

    Args:
        hourly: what each listed instance costs now, $/h, None where unknown.
        leases: the leases in force, by instance.
        at_work: the instances that jobs have, and $ that all jobs at work may still cost in the next 24 hours.
        unreadable: rows of the last listing that could not be read: each is an instance.
    """

    def __init__(
        self,
        config: Config,
        journal: Journal,
        rentals: Rentals,
        *,
        hourly: Callable[[], dict[int, float | None]],
        leases: Callable[[], dict[int, Lease]],
        at_work: Callable[[], tuple[frozenset[int], float]],
        unreadable: Callable[[], int],
        clock: Callable[[], float],
    ) -> None:
        self._config = config
        self._journal = journal
        self._rentals = rentals
        self._hourly = hourly
        self._leases = leases
        self._at_work = at_work
        self._unreadable = unreadable
        self._clock = clock

    @property
    def set(self) -> bool:
        """Whether there is any."""
        return self._config.max_instances is not None or self._config.max_per_day is not None

    @property
    def sees(self) -> bool:
        """Whether the last listing is recent enough to count by."""
        pace, listed_at = self._config.pace, self._rentals.listed_at
        old = max(OLD, 6 * pace.instances, 3 * pace.instances_idle)
        return listed_at is not None and abs(self._clock() - listed_at) <= old

    def look(self) -> Standing:
        """How things stand now; unknown by an old picture. Raises StorageError."""
        if not self.set or not self.sees or self._rentals.listed_at is None:
            return Standing()
        newest = self._journal.last_intent()
        fresh = [
            intent
            for intent in self._journal.fresh_intents(self._rentals.listed_at)
            if intent.instance_id is None or not self._rentals.is_gone(intent.instance_id)
        ]
        unlisted = [intent for intent in fresh if intent.instance_id not in self._rentals.present]
        count = len(self._rentals.present) + self._unreadable() + len(unlisted)
        day = self._day(unlisted) if self._config.max_per_day is not None else None
        return Standing(count, day, newest)

    def _day(self, unlisted: list[Intent]) -> Day | None:
        now = self._clock()
        with_jobs, reserved = self._at_work()
        prices, leases = self._hourly(), self._leases()
        standing = 0.0
        for instance_id in self._rentals.present - with_jobs:
            price = prices.get(instance_id)
            if price is None or price < 0:
                return None
            lease = leases.get(instance_id)
            # A box that outlives its lease may go on doing so.
            keeps = lease is not None and lease.end == "destroy" and lease.until > now
            standing += ahead(price, lease.until - now if lease is not None and keeps else None)
        for intent in unlisted:
            promise = promise_of(intent.spec)
            price = promise.expected if promise.expected is not None else intent.dph
            if price is None:
                return None
            lasts = promise.lease if promise.lease_end == "destroy" else None
            reserved += 0.0 if intent.job_id else ahead(price, lasts)
        return Day(self._spent(now), standing, reserved)

    def _spent(self, now: float) -> float:
        today = datetime.fromtimestamp(now, UTC)
        yesterday = (today - timedelta(days=1)).date().isoformat()
        return last_day(self._journal.spent_by_day(), today.date().isoformat(), yesterday, now % 86_400)

    def why_not(self, standing: Standing, more: float) -> str:
        """Why one more instance that may cost `more` $ in a day may not be rented; "" when it may."""
        most, limit = self._config.max_instances, self._config.max_per_day
        if most is not None:
            if standing.instances is None:
                return "how many instances there are is not known"
            if standing.instances >= most:
                return f"max_instances: {standing.instances} of {most} are there or on their way"
        if limit is None:
            return ""
        if standing.day is None:
            return "max_per_day: what a day costs is not known"
        why = why_not_today(standing.day, more, limit)
        return f"max_per_day: {why}" if why else ""
