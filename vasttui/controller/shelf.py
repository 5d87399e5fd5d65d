"""The logs that are kept: the spools of this program's logs, and those of instances that are gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container

from vasttui.config import Config
from vasttui.controller.events import EventLog
from vasttui.controller.follower import Follower
from vasttui.logs.rows import LogName
from vasttui.logs.spool import Spool, SpoolInfo, Spools
from vasttui.snapshot import Box, Level, LogInfo

PRUNE_EVERY = 600.0
"""Seconds between two looks at how much all logs take."""

_MB = 1_000_000


class Shelf:
    """Opens logs, each once; keeps all together below their limit; tells once when rows cannot be kept."""

    def __init__(self, config: Config, events: EventLog, clock: Callable[[], float]) -> None:
        self.clock = clock
        """Epoch seconds."""
        self._spools = Spools(
            config.paths.state_dir / "logs",
            keep_bytes=int(config.logs.keep_mb * _MB),
            keep_total_bytes=int(config.logs.keep_total_mb * _MB),
        )
        self._events = events
        self._labels: dict[int, str] | None = None
        self._followers: dict[LogName, Follower] = {}
        self._opened: dict[LogName, Spool] = {}
        self._read: dict[LogName, Spool] = {}
        self._trouble: dict[LogName, str] = {}

    def follower(self, name: LogName) -> Follower:
        """The state of a log that this program follows or followed."""
        if name not in self._followers:
            self._followers[name] = Follower(lambda: self._open(name), self.clock)
        return self._followers[name]

    def known(self, name: LogName) -> Follower | None:
        """The same, None when it was never followed."""
        return self._followers.get(name)

    def listed(self, boxes: tuple[Box, ...]) -> None:
        """There is a new listing: a log bears its instance's label, also when that is gone one day."""
        self._labels = {box.id: box.label for box in boxes}
        for name, spool in self._opened.items():
            spool.label = self._labels.get(name.instance_id, spool.label)

    def let_go(self) -> None:
        """Close the logs of instances that are gone; they can still be read."""
        for name in [name for name in self._opened if name.instance_id not in (self._labels or ())]:
            self._read[name] = self._opened.pop(name)
            self._read[name].close()
            self._followers.pop(name, None)
            self._trouble.pop(name, None)

    def rows(self, name: LogName) -> Spool:
        """The rows of a log; more may come if its instance is in the list."""
        if name in self._opened or name.instance_id in (self._labels or ()):
            return self.follower(name).spool
        if name not in self._read:
            self._read[name] = self._spools.read(name)
        return self._read[name]

    def infos(self) -> tuple[LogInfo, ...]:
        """All kept logs, the newest first."""
        return tuple(_info(kept, self._labels) for kept in self._spools.list())

    def note_trouble(self, name: LogName) -> None:
        """Look whether the rows of a log can be kept; what keeps them from it is told once, not by each log."""
        trouble = self._opened[name].trouble
        if trouble == self._trouble.get(name, ""):
            return
        if trouble and trouble not in self._trouble.values():
            self._events.add(Level.LOOK, f"new log lines are held in memory only: {trouble}", name.instance_id)
        self._trouble[name] = trouble

    async def stay_small(self) -> None:
        """Delete the oldest logs of gone instances whenever all take too much, for ever."""
        while True:
            await asyncio.to_thread(self._spools.prune, tuple(self._opened))
            await asyncio.sleep(PRUNE_EVERY)

    def close(self) -> None:
        """Give all logs free for other programs."""
        self._spools.close()

    def _open(self, name: LogName) -> Spool:
        self._opened[name] = self._spools.open(name, (self._labels or {}).get(name.instance_id, ""))
        return self._opened[name]


def _info(kept: SpoolInfo, present: Container[int] | None) -> LogInfo:
    return LogInfo(
        name=kept.name,
        label=kept.label,
        first_at=kept.first_time or None,
        last_at=kept.last_time or None,
        lines=kept.lines,
        bytes=kept.size,
        gone=present is not None and kept.name.instance_id not in present,
    )
