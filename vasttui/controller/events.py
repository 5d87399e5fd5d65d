"""What happened, newest last, bounded."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from vasttui.snapshot import Alert, Event, Level

KEPT = 500


class EventLog:
    """The last events; tells when one is added."""

    def __init__(self, clock: Callable[[], float], changed: Callable[[], None]) -> None:
        self._events: deque[Event] = deque(maxlen=KEPT)
        self._all: tuple[Event, ...] | None = ()
        self._clock = clock
        self._changed = changed
        self._alerts = 0

    def add(self, level: Level, text: str, instance_id: int | None = None, *, alert: Alert | None = None) -> None:
        """Note what happened."""
        self._events.append(Event(self._clock(), level, text, instance_id, alert))
        self._all = None
        self._changed()

    def next_alert(self) -> int:
        """The number of a new alert, one more than the last."""
        self._alerts += 1
        return self._alerts

    def all(self) -> tuple[Event, ...]:
        """All that are kept, newest last; the same tuple until there is a new one."""
        if self._all is None:
            self._all = tuple(self._events)
        return self._all
