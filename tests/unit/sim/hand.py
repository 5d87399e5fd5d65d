"""A simulated world whose clock is turned by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vasttui.sim.boxes import Box, Order
from vasttui.sim.clock import SimClock
from vasttui.sim.market import Offer
from vasttui.sim.world import World

START = 1_700_000_000.0


class Hand:
    """A clock turned by hand, and the world it drives."""

    def __init__(self, seed: int = 1, **options: Any) -> None:
        self.second = 0.0
        self.world = World(SimClock(1.0, start=START, monotonic=lambda: self.second), seed=seed, **options)

    def turn(self, seconds: float) -> None:
        self.second += seconds
        self.world.settle()

    def until(self, true: Callable[[], bool], limit: float) -> float:
        """Seconds until `true` holds; fails after `limit`."""
        begun = self.second
        while not true():
            assert self.second - begun <= limit, f"not within {limit} s"
            self.turn(0.25)
        return self.second - begun

    def offer(self, wanted: Callable[[Offer], bool] = lambda offer: offer.clean) -> Offer:
        return self.world.market.find(wanted)

    def rent(self, **order: Any) -> Box:
        return self.world.rent(
            self.offer(), Order(**{"image": "vastai/pytorch", "disk": 20.0, "label": "train", **order})
        )

    def running(self, **order: Any) -> Box:
        box = self.rent(**order)
        self.until(lambda: box.key_ok, 170)
        return box
