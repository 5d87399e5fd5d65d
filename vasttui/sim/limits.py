"""Rate limits as the real service has them: a minimum interval for each endpoint and identity."""

from __future__ import annotations

# A create that came too soon must wait this long (vast-ai/docs, create_instance.yaml).
PENALTIES = {"create": 12.0}


class RateLimiter:
    """Times of the last allowed call per (endpoint, identity), in simulated seconds."""

    def __init__(self) -> None:
        self._next: dict[tuple[str, str], float] = {}

    def refuse(self, endpoint: str, identity: str, interval: float, now: float) -> bool:
        """Whether this call comes too soon; an allowed call starts the next interval."""
        key = (endpoint, identity)
        free_at = self._next.get(key, 0.0)
        if now < free_at:
            if endpoint in PENALTIES:
                self._next[key] = now + PENALTIES[endpoint]
            return True
        self._next[key] = now + interval
        return False
