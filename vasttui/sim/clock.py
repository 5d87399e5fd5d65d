"""Simulated time: runs `speed` times faster than the wall, and shows itself to clients as wall time."""

from __future__ import annotations

import time
from collections.abc import Callable


class SimClock:
    """Simulated seconds since the Unix epoch, and their translation to what a client's clock reads.

    All world logic counts in simulated seconds, so its tables hold the real service's figures; only here are
    they divided by `speed`.
    """

    def __init__(
        self,
        speed: float = 1.0,
        *,
        start: float | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if speed <= 0:
            raise ValueError(f"speed must be above 0, not {speed}")
        self.speed = speed
        self.start = time.time() if start is None else start
        self._monotonic = monotonic
        self._zero = monotonic()

    def now(self) -> float:
        """Simulated epoch seconds."""
        return self.start + (self._monotonic() - self._zero) * self.speed

    def wire(self, moment: float) -> float:
        """The epoch seconds that a reply shows for a simulated moment.

        What happened since the start is squeezed by the speed (else it would lie in the client's future);
        what happened before the start is history and keeps its length.
        """
        since = moment - self.start
        return self.start + (since / self.speed if since > 0 else since)

    def real(self, seconds: float) -> float:
        """Wall seconds that a simulated duration lasts."""
        return seconds / self.speed
