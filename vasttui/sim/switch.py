"""The dead man's switch of a box that plays it: a lease, a grace period, and how the box ends.

Its settings come with the environment of the box: `VASTTUI_LEASE` and `VASTTUI_GRACE` (seconds, simulated ones),
`VASTTUI_END` ("destroy" or "stop") and `VASTTUI_FIXED` (1: beats do not extend the lease).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(slots=True)
class Switch:
    """An armed switch. `until` and `beaten` are simulated epoch seconds: the lease's end, and the last beat."""

    lease: float
    grace: float
    end: str
    fixed: bool
    until: float = 0.0
    beaten: float = 0.0

    def arm(self, now: float) -> None:
        """The container has started: the lease begins; the end of a fixed one stays where it was."""
        if not (self.fixed and self.until):
            self.until = now + self.lease

    def beat(self, seconds: float, now: float, *, force: bool = False) -> None:
        """Somebody came, who wants the box to live that much longer; with `force` also by a fixed lease."""
        self.beaten = now
        if force or not self.fixed:
            self.until = now + seconds

    def due(self, ended: float | None) -> float:
        """When it ends the box: at the lease's end, or some time after its last run has `ended` (None: none began)."""
        if ended is None or self.grace <= 0:
            return self.until
        return min(self.until, max(ended, self.beaten) + self.grace)


def switch_of(env: Mapping[str, str]) -> Switch | None:
    """The switch that an environment asks for, None when it asks for none."""
    lease = _seconds(env.get("VASTTUI_LEASE"))
    if lease <= 0:
        return None
    end = "stop" if env.get("VASTTUI_END") == "stop" else "destroy"
    return Switch(lease, _seconds(env.get("VASTTUI_GRACE")), end, env.get("VASTTUI_FIXED") == "1")


def _seconds(text: str | None) -> float:
    try:
        value = float(text or 0)
    except ValueError:
        return 0.0
    return value if math.isfinite(value) else 0.0
