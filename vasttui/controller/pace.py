"""How often each part is fetched: faster what is looked at, slower what is not. Pure."""

from __future__ import annotations

from vasttui.config import Pace
from vasttui.instances.phases import Phase

BOX_PANES = frozenset({"instances", "logs", "jobs", "cost"})
"""Panes that show instances."""

STEADY = frozenset(
    {Phase.READY, Phase.RUNNING, Phase.STOPPED, Phase.OUTBID, Phase.FROZEN, Phase.EXITED, Phase.FAILED, Phase.OFFLINE}
)
"""Phases that are not expected to change within seconds."""


def instances_interval(pace: Pace, panes: frozenset[str], *, moving: bool) -> float:
    """Seconds between two listings; `moving` when a box is between two phases or a command is under way."""
    if moving or panes & BOX_PANES:
        return pace.instances
    return pace.instances_idle


def offers_interval(pace: Pace, panes: frozenset[str], *, searched: bool) -> float | None:
    """Seconds between two searches, None while nobody looks at offers or nothing is searched for."""
    return pace.offers if searched and "offers" in panes else None


def log_interval(pace: Pace, *, looked_at: bool, others: int) -> float:
    """Seconds between two fetches of one log; the logs that nobody looks at share one slow budget."""
    return pace.logs if looked_at else max(pace.logs_idle, 1.0 * others)
