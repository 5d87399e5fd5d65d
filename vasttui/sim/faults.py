"""Faults that a simulator can be told to show, one `NAME=ARG` each.

ARG is a count or a chance: a whole number N means the next N times, a number with a point a probability
(`1` is once, `1.0` always). `NAME=ARG@METHOD:PART` limits a fault to one method and to paths that contain
PART; `*` is any method.

| name | what happens |
|---|---|
| 429 | plain text "API requests too frequent", nothing is done |
| 500 | an HTML page, nothing is done |
| empty | the request is done, the reply has no body |
| truncated | the request is done, its JSON is cut in the middle |
| slow | each reply comes ARG wall seconds late (no chance: ARG is the delay) |
| hung | no reply at all |
| drop | the connection is cut before a reply |
| create_lost | the box is created, the connection is cut instead of the answer |
| destroy_repeat | a destroy says success and does nothing |
| offer_gone | renting says that the offer is gone |
| no_capacity | a start is queued: resources_unavailable |
| key_refused | the account key is unknown |
| ssh_drop | SSH connections are cut: the open ones at once, the next ones after a moment |
"""

from __future__ import annotations

import difflib
import random
from dataclasses import dataclass

NAMES = (
    "429",
    "500",
    "empty",
    "truncated",
    "slow",
    "hung",
    "drop",
    "create_lost",
    "destroy_repeat",
    "offer_gone",
    "no_capacity",
    "key_refused",
    "ssh_drop",
)


class FaultSyntaxError(ValueError):
    """A fault that cannot be understood; its text says which and what was expected."""


@dataclass(frozen=True)
class Fault:
    """One fault. `count` times, or with `chance` each time; `seconds` is the delay of `slow`."""

    name: str
    count: int | None = None
    chance: float | None = None
    seconds: float = 0.0
    method: str = "*"
    path: str = ""

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Read `NAME=ARG[@METHOD:PART]`. Raises FaultSyntaxError with the nearest valid name."""
        name, equals, rest = text.partition("=")
        if name not in NAMES:
            near = difflib.get_close_matches(name, NAMES, n=2) or NAMES
            raise FaultSyntaxError(f"no fault is named {name!r}; did you mean {' or '.join(near)}?")
        value, _, place = rest.partition("@")
        if not equals or not value:
            raise FaultSyntaxError(
                f"fault {name}: an argument is missing, as in {name}=1 (once) or {name}=0.2 (chance)"
            )
        method, _, path = place.partition(":") if place else ("*", "", "")
        return cls._make(name, value, method.upper() or "*", path)

    @classmethod
    def _make(cls, name: str, value: str, method: str, path: str) -> Fault:
        try:
            number = float(value)
        except ValueError:
            raise FaultSyntaxError(f"fault {name}: {value!r} is not a number") from None
        if number < 0:
            raise FaultSyntaxError(f"fault {name}: {value} is below 0")
        if name == "slow":
            return cls(name, chance=1.0, seconds=number, method=method, path=path)
        if value.isdigit():
            return cls(name, count=int(value), method=method, path=path)
        if number > 1:
            raise FaultSyntaxError(f"fault {name}: a chance lies between 0.0 and 1.0, not {value}")
        return cls(name, chance=number, method=method, path=path)


class FaultBoard:
    """The faults in force. Counts go down as they are used."""

    def __init__(self, faults: tuple[Fault, ...] = (), seed: int = 1) -> None:
        self._rng = random.Random(f"{seed}:faults")
        self._left: list[list[object]] = []
        self.set(faults)

    def set(self, faults: tuple[Fault, ...]) -> None:
        """Put these in force instead of all others."""
        self._left = [[fault, fault.count] for fault in faults]

    def present(self, name: str) -> bool:
        """Whether a fault of that name is in force and not used up."""
        return any(isinstance(f, Fault) and f.name == name and left != 0 for f, left in self._left)

    def take(self, name: str, method: str = "*", path: str = "") -> Fault | None:
        """The fault, when it strikes this time."""
        for entry in self._left:
            fault, left = entry
            if not isinstance(fault, Fault) or fault.name != name or not _fits(fault, method, path):
                continue
            if isinstance(left, int):
                if left > 0:
                    entry[1] = left - 1
                    return fault
            elif self._rng.random() < (fault.chance or 0.0):
                return fault
        return None


def _fits(fault: Fault, method: str, path: str) -> bool:
    return fault.method in ("*", method) and fault.path in path
