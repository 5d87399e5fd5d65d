"""Reaching boxes over SSH: addresses, keys, one connection each, and whether it answers yet."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from vasttui.api.models import Instance
from vasttui.config import Config
from vasttui.errors import HostKeyChanged, VastError
from vasttui.instances.phases import Phase
from vasttui.instances.traffic import Meter, received_bytes
from vasttui.snapshot import Box
from vasttui.ssh import FollowEvent, Place, SshConnection, SshLink, SshTarget, follow, log_files

AGAIN = 300.0
"""Seconds between two probes of a box that answered."""

MEASURED_EVERY = 20.0
"""The same in the first minutes after it answered for the first time: it loads its models then."""

MEASURED_FOR = 600.0
"""Seconds for which that goes on."""


@dataclass
class _Seen:
    """What the probes of one box said."""

    instance: Instance
    up_since: float
    ready: bool | None = None
    ms: float | None = None
    text: str = ""
    changed_key: bool = False
    probing: bool = False
    next_at: float = 0.0
    addresses: tuple[tuple[str, int], ...] = ()
    meter: Meter = field(default_factory=Meter)
    answered: float | None = None


class Reach:
    """Probes the boxes that run until their SSH answers, and now and then afterwards."""

    def __init__(
        self,
        config: Config,
        spawn: Callable[[Coroutine[Any, Any, None]], object],
        changed: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self.key: Path | None = None
        """The private key to use; None means the user's usual ones."""
        self._known_hosts = config.paths.state_dir / "known_hosts"
        self._every = config.pace.ssh
        self._spawn = spawn
        self._changed = changed
        self._clock = clock
        self._seen: dict[int, _Seen] = {}
        self._links: dict[int, SshLink] = {}
        self._began = False

    def ready(self, instance_id: int) -> bool | None:
        """Whether SSH answers; None when it was not tried."""
        seen = self._seen.get(instance_id)
        return seen.ready if seen else None

    def received(self, instance_id: int) -> float | None:
        """The fastest that a box was seen to receive, Mbit/s; None when it was not measured."""
        seen = self._seen.get(instance_id)
        return seen.meter.best if seen else None

    def target(self, instance: Instance) -> SshTarget:
        """Where to connect: the machine itself first, then Vast.ai's proxy."""
        seen = self._seen.get(instance.id)
        return SshTarget(
            alias=f"vast-{instance.id}",
            addresses=_addresses(instance),
            known_hosts=self._known_hosts,
            key_paths=(self.key,) if self.key else (),
            up_since=seen.up_since if seen else None,
        )

    def follow(
        self, instance: Instance, path: str, offset: int, resume: Place | None = None
    ) -> AsyncGenerator[FollowEvent, None]:
        """Follow a file on a box from a byte on, or from where a reader stood."""
        return follow(self.target(instance), path, offset, resume=resume, dial=lambda _: self.join(instance))

    async def files(self, instance: Instance) -> list[str]:
        """Log files on the box that are worth following, the newest first. Raises SshError."""
        async with await self.join(instance) as connection:
            return await log_files(connection)

    async def close(self) -> None:
        """Close all connections."""
        links, self._links = self._links, {}
        await asyncio.gather(*(link.close() for link in links.values()))

    async def join(self, instance: Instance) -> AbstractAsyncContextManager[SshConnection]:
        """A share of the connection to a box, as it can be reached now: addresses change when it is restarted."""
        seen = self._seen.get(instance.id)
        link = self._links.setdefault(instance.id, SshLink())
        return await link.join(self.target(seen.instance if seen else instance))

    def probe(self, boxes: tuple[Box, ...]) -> None:
        """Start the probes that are due."""
        up = {box.id: box for box in boxes if box.phase.up and box.phase is not Phase.STOPPING}
        for gone in self._seen.keys() - up.keys():
            del self._seen[gone]
        # What is not up may still answer; what is not there cannot.
        for gone in self._links.keys() - {box.id for box in boxes}:
            self._spawn(self._links.pop(gone).close())
        for box in up.values():
            seen = self._see(box.instance)
            addresses = _addresses(box.instance)
            moved = seen.addresses != addresses
            if addresses and not seen.probing and (moved or self._clock() >= seen.next_at):
                seen.addresses, seen.probing = addresses, True
                self._spawn(self._probe(box.instance, seen))
        self._began = True

    def _see(self, instance: Instance) -> _Seen:
        seen = self._seen.get(instance.id)
        if seen is None:
            # What ran before we looked is as old as it says; what starts before our eyes is new, whatever it says.
            age = 0.0 if self._began else 60 * (instance.uptime_mins or 0.0)
            seen = self._seen[instance.id] = _Seen(instance, time.monotonic() - age)
        seen.instance = instance
        return seen

    async def _probe(self, instance: Instance, seen: _Seen) -> None:
        try:
            async with await self.join(instance) as connection:
                seen.ms = await connection.round_trip()
                seen.ready, seen.text, seen.changed_key = True, "", False
                self._changed()
                await self._measure(connection, seen)
        except HostKeyChanged as error:
            seen.ready, seen.ms, seen.text, seen.changed_key = False, None, error.message, True
        except VastError as error:
            seen.ready, seen.ms, seen.text = False, None, error.message
        finally:
            seen.probing = False
            seen.next_at = self._clock() + self._pause(seen)
        self._changed()

    def _pause(self, seen: _Seen) -> float:
        """Seconds until the next probe."""
        if not seen.ready:
            return self._every
        now = self._clock()
        seen.answered = now if seen.answered is None else seen.answered
        return MEASURED_EVERY if now - seen.answered < MEASURED_FOR else AGAIN

    async def _measure(self, connection: SshConnection, seen: _Seen) -> None:
        """Read how much it has received; a box that cannot tell is as ready as another."""
        with suppress(VastError):
            _, text, _ = await connection.run("cat /proc/net/dev", timeout=MEASURED_EVERY)
            if (count := received_bytes(text)) is not None:
                seen.meter.add(time.monotonic(), count)

    def alarms(self) -> tuple[str, ...]:
        """What wants a look."""
        changed = sum(seen.changed_key for seen in self._seen.values())
        return (f"{changed} host key changed",) if changed else ()

    def dress(self, boxes: tuple[Box, ...]) -> tuple[Box, ...]:
        """The boxes with what their probes said."""
        return tuple(self._dressed(box) for box in boxes)

    def _dressed(self, box: Box) -> Box:
        seen = self._seen.get(box.id)
        return replace(box, ssh_ms=seen.ms, ssh_text=seen.text) if seen else box


def _addresses(instance: Instance) -> tuple[tuple[str, int], ...]:
    return tuple(place for place in (instance.ssh_direct, instance.ssh_proxy) if place is not None)
