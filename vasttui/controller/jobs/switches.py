"""The dead man's switches of our boxes: their leases are extended while we live, and whether they are armed is told."""

from __future__ import annotations

import math
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Any

from vasttui.api.models import Instance
from vasttui.errors import SshError, VastError
from vasttui.jobs.marks import Mark
from vasttui.jobs.onbox import Beat, Switch, arm_command, beat_command, extend_command, read_beat
from vasttui.journal import Journal
from vasttui.journal.records import Lease
from vasttui.snapshot import Box, SwitchState
from vasttui.ssh import SshConnection

BEAT_EVERY = 60.0
"""Seconds between two visits to a box."""

SOON = 5.0
"""The same while its job has just begun, or may have ended."""

NOTED_EVERY = 300.0
"""Seconds by which a lease must have moved to be written to the journal again."""

OVERDUE = 180.0
"""Seconds after the end of a lease at which a box that still runs is ended from here: its own switch did not."""

LONGEST = 366 * 86_400.0
"""Seconds from now within which a lease can end."""

Join = Callable[[Instance], Coroutine[Any, Any, AbstractAsyncContextManager[SshConnection]]]


@dataclass
class _Visited:
    """What is known of one box's switch."""

    armed: bool | None = None
    until: float | None = None
    text: str = ""
    beat: Beat | None = None
    beat_at: float = -math.inf
    asked_at: float = -math.inf
    noted: float = 0.0
    visiting: bool = False


class Switches:
    """Visits the boxes that have a lease.

    Args:
        join: a share of the SSH connection to a box.
        api_url: Vast.ai's API, for the boxes' own use.
        spawn: starts a task.
        changed: told when a visit said something.
    """

    def __init__(
        self,
        journal: Journal,
        join: Join,
        api_url: Callable[[], str],
        spawn: Callable[[Coroutine[Any, Any, None]], object],
        changed: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self._journal = journal
        self._join = join
        self._api_url = api_url
        self._spawn = spawn
        self._changed = changed
        self._clock = clock
        self._visited: dict[int, _Visited] = {}
        self._granted_at: dict[int, float] = {}
        self._looked_at = self._looking_since = -math.inf
        self.leases: dict[int, Lease] = {}
        """By instance."""
        self.reload()

    def reload(self) -> None:
        """Read the leases from the journal again."""
        leases = {lease.instance_id: lease for lease in self._journal.leases()}
        for new in leases.keys() - self.leases.keys():
            self._granted_at.setdefault(new, self._clock())
        self.leases = leases

    def granted(self, lease: Lease) -> None:
        """A box was rented with a lease."""
        self.leases[lease.instance_id] = lease
        self._granted_at.setdefault(lease.instance_id, self._clock())
        self._journal.set_lease(lease)

    def beat(self, instance_id: int) -> Beat | None:
        """What the box said at the last visit, None before the first."""
        visited = self._visited.get(instance_id)
        return visited.beat if visited else None

    def beat_at(self, instance_id: int) -> float | None:
        """When it was visited last, None before."""
        visited = self._visited.get(instance_id)
        return visited.beat_at if visited and visited.beat else None

    def told(self, instance_id: int, mark: Mark, at: float) -> None:
        """The box printed a mark about its switch."""
        if mark.verb != "switch" or instance_id not in self.leases:
            return
        visited = self._visited.setdefault(instance_id, _Visited())
        if visited.beat is None:
            visited.armed = mark.values.get("armed") == "1"
            visited.until = _moment(mark.values.get("until"), at)
            visited.text = mark.values.get("why", "")

    def visit(self, boxes: Mapping[int, Box], urgent: frozenset[int]) -> None:
        """Visit the boxes that are due; `urgent` ones every few seconds."""
        now = self._clock()
        if now - self._looked_at > BEAT_EVERY:
            self._looking_since = now
        self._looked_at = now
        for instance_id in self.leases.keys() & boxes.keys():
            box = boxes[instance_id]
            visited = self._visited.setdefault(instance_id, _Visited())
            every = SOON if instance_id in urgent else BEAT_EVERY
            if box.ssh_ms is not None and not visited.visiting and now - visited.asked_at >= every:
                visited.visiting, visited.asked_at = True, now
                self._spawn(self._visit(box.instance, visited))

    def overdue(self, boxes: Mapping[int, Box]) -> list[Lease]:
        """Leases of boxes that were rented by hand which ended a while ago, and the boxes are still there.

        A box that answers has to say so itself: it may have been extended without our knowledge. One that does not is
        given the same time, counted from when this program began to look, or woke up.
        """
        now = self._clock()
        late = []
        for instance_id in self.leases.keys() & boxes.keys():
            lease, visited = self.leases[instance_id], self._visited.get(instance_id) or _Visited()
            until = visited.until if visited.until is not None else lease.until
            silent = boxes[instance_id].ssh_ms is None and now - self._looking_since > OVERDUE
            if lease.fixed and now - until > OVERDUE and (silent or visited.beat_at > until):
                late.append(lease)
        return late

    def forget(self, present: frozenset[int], asked_at: float) -> None:
        """These were all instances at that moment: the leases of others are over."""
        for gone in [i for i in self.leases.keys() - present if self._granted_at.get(i, 0.0) < asked_at]:
            del self.leases[gone]
            self._visited.pop(gone, None)
            self._journal.drop_lease(gone)

    async def _visit(self, instance: Instance, visited: _Visited) -> None:
        try:
            await self._extend(instance, visited, self.leases[instance.id].seconds)
        except (VastError, KeyError):
            pass  # It is tried again; the log or the lease itself tells in the meantime.
        finally:
            visited.visiting = False
        self._changed()

    async def extend(self, instance: Instance, seconds: float) -> None:
        """Let a box live for so many more seconds, once. Raises SshError when it cannot be told."""
        lease = self.leases.get(instance.id)
        if lease is None:
            raise SshError(f"instance {instance.id} has no lease", hint="It was rented without one.")
        self.granted(replace(lease, seconds=seconds))
        await self._extend(instance, self._visited.setdefault(instance.id, _Visited()), seconds, by_hand=True)
        self._changed()

    async def _extend(self, instance: Instance, visited: _Visited, seconds: float, *, by_hand: bool = False) -> None:
        command = extend_command(seconds) if by_hand else beat_command(seconds)
        async with await self._join(instance) as connection:
            beat = read_beat((await connection.run(command))[1])
            if beat is None:
                # A template's own start command ran in place of ours.
                await connection.run(arm_command(self._switch(self.leases[instance.id])))
                beat = read_beat((await connection.run(command))[1])
        if beat is None:
            visited.armed, visited.text = False, "vasttui's script cannot be put on the box"
            return
        visited.beat, visited.beat_at = beat, self._clock()
        visited.armed, visited.text = beat.armed, beat.text
        visited.until = None if beat.left is None else self._clock() + beat.left
        lease = self.leases.get(instance.id)
        if lease is not None and visited.until is not None and abs(visited.until - visited.noted) > NOTED_EVERY:
            visited.noted = visited.until
            self.granted(replace(lease, until=visited.until))

    def _switch(self, lease: Lease) -> Switch:
        return Switch(self._api_url(), lease.seconds, end=lease.end, fixed=lease.fixed)

    def state(self, instance_id: int) -> SwitchState | None:
        """The switch of a box for the picture; None for a box without a lease."""
        lease = self.leases.get(instance_id)
        if lease is None:
            return None
        visited = self._visited.get(instance_id) or _Visited()
        until = visited.until if visited.until is not None else lease.until
        return SwitchState(visited.armed, until, lease.end, lease.fixed, visited.text)


def _moment(text: str | None, now: float) -> float | None:
    """A time that a box told, if a lease could end then."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if max(0.0, now - LONGEST) < value < now + LONGEST else None
