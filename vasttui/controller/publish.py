"""Telling what changed: new pictures, not more often than a screen can use them, and logs with new rows."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

from vasttui.logs.rows import LogName
from vasttui.snapshot import Snapshot

PUBLISH_EVERY = 0.1
"""Least seconds between two pictures."""


class Publisher:
    """Makes a new picture soon after something changed, and tells those who subscribed.

    Args:
        first: the picture before anything is known.
        picture: makes one as of now.
    """

    def __init__(self, first: Snapshot, picture: Callable[[], Snapshot]) -> None:
        self.snapshot = first
        """The last picture that was told."""
        self._picture = picture
        self._listeners: list[tuple[Callable[[Snapshot], None], Callable[[LogName], None]]] = []
        self._running = False
        self._due: asyncio.TimerHandle | None = None
        self._told_at = -math.inf
        self._tick = asyncio.Event()

    def start(self) -> None:
        """Publish from now on."""
        self._running = True

    def stop(self) -> None:
        """Publish no more."""
        self._running = False
        if self._due is not None:
            self._due.cancel()

    def subscribe(
        self, on_snapshot: Callable[[Snapshot], None], on_log: Callable[[LogName], None]
    ) -> Callable[[], None]:
        """Be told of new pictures and of new log rows; the answer ends it."""
        entry = (on_snapshot, on_log)
        self._listeners.append(entry)
        return lambda: self._listeners.remove(entry)

    def changed(self) -> None:
        """Something may have changed: a new picture, at once if the last one is older than `PUBLISH_EVERY`."""
        self._tick.set()
        if self._due is None and self._running:
            loop = asyncio.get_running_loop()
            self._due = loop.call_at(max(loop.time(), self._told_at + PUBLISH_EVERY), self._publish)

    async def next_change(self) -> None:
        """Wait until something may have changed."""
        self._tick.clear()
        await self._tick.wait()

    def log_advanced(self, name: LogName) -> None:
        """Tell that a log has new rows."""
        for _, on_log in tuple(self._listeners):
            on_log(name)

    def _publish(self) -> None:
        self._due = None
        self._told_at = asyncio.get_running_loop().time()
        self.snapshot = self._picture()
        for on_snapshot, _ in tuple(self._listeners):
            on_snapshot(self.snapshot)
