"""Reaching boxes over SSH: addresses, keys, and whether it answers yet."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vasttui.api.models import Instance
from vasttui.config import Config
from vasttui.errors import HostKeyChanged, VastError
from vasttui.instances.phases import Phase
from vasttui.snapshot import Box
from vasttui.ssh import FollowEvent, SshTarget, follow, probe

AGAIN = 300.0
"""Seconds between two probes of a box that answered."""


@dataclass
class _Seen:
    """What the probes of one box said."""

    up_since: float
    ready: bool | None = None
    ms: float | None = None
    text: str = ""
    changed_key: bool = False
    probing: bool = False
    next_at: float = 0.0
    addresses: tuple[tuple[str, int], ...] = ()


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

    def ready(self, instance_id: int) -> bool | None:
        """Whether SSH answers; None when it was not tried."""
        seen = self._seen.get(instance_id)
        return seen.ready if seen else None

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

    def follow(self, instance: Instance, path: str, offset: int) -> AsyncGenerator[FollowEvent, None]:
        """Follow a file on a box."""
        return follow(self.target(instance), path, offset)

    def probe(self, boxes: tuple[Box, ...]) -> None:
        """Start the probes that are due."""
        up = {box.id: box for box in boxes if box.phase.up and box.phase is not Phase.STOPPING}
        for gone in self._seen.keys() - up.keys():
            del self._seen[gone]
        for box in up.values():
            addresses = _addresses(box.instance)
            seen = self._seen.setdefault(box.id, _Seen(up_since=time.monotonic()))
            moved = seen.addresses != addresses
            if addresses and not seen.probing and (moved or self._clock() >= seen.next_at):
                seen.addresses, seen.probing = addresses, True
                self._spawn(self._probe(box.instance, seen))

    async def _probe(self, instance: Instance, seen: _Seen) -> None:
        try:
            seen.ms = await probe(self.target(instance))
        except HostKeyChanged as error:
            seen.ready, seen.ms, seen.text, seen.changed_key = False, None, error.message, True
        except VastError as error:
            seen.ready, seen.ms, seen.text = False, None, error.message
        else:
            seen.ready, seen.text, seen.changed_key = True, "", False
        finally:
            seen.probing = False
            seen.next_at = self._clock() + (AGAIN if seen.ready else self._every)
        self._changed()

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
