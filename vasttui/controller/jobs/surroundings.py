"""What the runner works with: the controller's other parts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from vasttui.api.client import VastClient
from vasttui.api.models import Instance
from vasttui.config import Config
from vasttui.controller.ceilings import Ceilings
from vasttui.controller.events import EventLog
from vasttui.controller.hosts import HostBook
from vasttui.controller.plans import Plans
from vasttui.controller.rentals import Rentals
from vasttui.controller.shelf import Shelf
from vasttui.journal import Journal
from vasttui.snapshot import Box
from vasttui.ssh import SshConnection


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The parts of the controller that jobs need.

    Attributes:
        client: the connected client; raises Unreachable before there is one.
        boxes: all instances as the last good listing shows them, by id.
        spent: $ that an instance has cost so far, None when unknown.
        join: a share of the SSH connection to a box.
        stop: stops an instance.
        changed: tells that the picture has changed.
    """

    config: Config
    journal: Journal
    events: EventLog
    rentals: Rentals
    hosts: HostBook
    plans: Plans
    ceilings: Ceilings
    shelf: Shelf
    client: Callable[[], VastClient]
    boxes: Callable[[], Mapping[int, Box]]
    spent: Callable[[int], float | None]
    join: Callable[[Instance], Coroutine[Any, Any, AbstractAsyncContextManager[SshConnection]]]
    stop: Callable[[int], Awaitable[None]]
    spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]
    changed: Callable[[], None]
    clock: Callable[[], float]
