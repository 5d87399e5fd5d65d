"""What 24 hours may cost: the limit `max_per_day` is held against what was spent and against what is to come. Pure."""

from __future__ import annotations

from dataclasses import dataclass

HOURS = 24.0


@dataclass(frozen=True, slots=True)
class Day:
    """The money of a day, $.

    Attributes:
        spent: what all instances cost in the last 24 hours.
        standing: what the instances that no job has cost in the next 24 hours, or until their leases end.
        reserved: what the jobs at work, and the rentals that no listing shows yet, may still cost.
    """

    spent: float
    standing: float = 0.0
    reserved: float = 0.0

    @property
    def taken(self) -> float:
        """$ of the limit that are taken: what stands goes on as it did, so the dearer day of the two counts."""
        return max(self.spent, self.standing) + self.reserved


def ahead(hourly: float, lease: float | None = None) -> float:
    """$ that a box at `hourly` $/h costs in the next 24 hours; less when it ends in `lease` seconds."""
    hours = HOURS if lease is None else min(HOURS, max(0.0, lease) / 3600)
    return hourly * hours


def last_day(by_day: dict[str, float], today: str, yesterday: str, seconds: float) -> float:
    """$ of the last 24 hours from sums by UTC day: today's, and of yesterday's the share that is not 24 hours ago.

    Args:
        seconds: of today that are over.
    """
    return by_day.get(today, 0.0) + by_day.get(yesterday, 0.0) * max(0.0, 1 - seconds / 86_400)


def why_not_today(day: Day, more: float, limit: float | None) -> str:
    """Why `more` $ may not be spent, "" when they may."""
    if limit is None or day.taken + more <= limit + 1e-9:
        return ""
    parts = f"${day.spent:.2f} in the last 24 h"
    if day.standing > day.spent:
        parts = f"${day.standing:.2f} in the next 24 h for what runs"
    if day.reserved:
        parts += f" and ${day.reserved:.2f} for jobs and rentals under way"
    return f"${more:.2f} more would be over ${limit:g} a day: {parts}"
