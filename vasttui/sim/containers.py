"""How containers come and go: played ones here, real shells in `vasttui.sim.real`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from vasttui.sim.boxes import Box


class Containers(Protocol):
    """What starts, ends and forgets the containers of boxes. Moments are simulated epoch seconds."""

    def start(self, box: Box, now: float) -> None:
        """Begin a new life of the container; its files are kept."""

    def end(self, box: Box, now: float) -> None:
        """End the present life, if there is one."""

    def wipe(self, box: Box) -> None:
        """Forget its log and its files: the next life is that of a fresh container."""

    def remove(self, box: Box) -> None:
        """The box is gone for good."""


class PlayedContainers:
    """Containers that only print. `wire` shows a simulated moment as clients count."""

    def __init__(self, wire: Callable[[float], float]) -> None:
        self._wire = wire

    def start(self, box: Box, now: float) -> None:
        """Print from now on; a switch is armed and says so first."""
        greeting = b""
        if box.switch is not None:
            box.switch.arm(now)
            until = int(self._wire(box.switch.until))
            greeting = f"::vasttui switch armed=1 until={until} end={box.switch.end}\n".encode()
        box.start_container(now, greeting)

    def end(self, box: Box, now: float) -> None:
        """Print no more."""
        box.end_container(now)

    def wipe(self, box: Box) -> None:
        """Forget everything."""
        box.wipe()

    def remove(self, box: Box) -> None:
        """Nothing is left of it anyway."""
