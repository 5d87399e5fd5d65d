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


SIGHT_SHARE = 0.75
"""Part of the API's pace for logs that those in sight may use up together."""


def log_interval(pace: Pace, *, in_sight: int, others: int, turn: float, looked_at: bool) -> float:
    """Seconds between two fetches of one log over the API.

    All logs share one lane: those in sight are fetched fast and share most of it, the others share the rest.

    Args:
        in_sight: logs in sight that are fetched over the API.
        others: other logs that are.
        turn: seconds that one fetch takes up of the lane.
        looked_at: this one is in sight.
    """
    sight = max(pace.logs, in_sight * turn / SIGHT_SHARE)
    if looked_at:
        return sight
    left = 1.0 - in_sight * turn / sight if sight else 1.0
    return max(pace.logs_idle, others * turn / left)
