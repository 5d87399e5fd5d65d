"""Faults that a simulator can be told to show, one `NAME=ARG` each.

ARG is mostly a count or a chance: a whole number N means the next N times, a number with a point a probability
(`1` is once, `1.0` always). `NAME=ARG@METHOD:PART` limits a fault to one method and to paths that contain
PART; `*` is any method.

| name | what happens |
|---|---|
| 429 | plain text "API requests too frequent", nothing is done |
| 500 | an HTML page, nothing is done |
| empty | the request is done, the reply has no body |
| truncated | the request is done, its JSON is cut in the middle |
| dirty | a list has three more rows that are no rows: null, a text, an object without id |
| slow | each reply comes ARG wall seconds late (no chance: ARG is the delay) |
| hung | no reply at all |
| drop | the connection is cut before a reply |
| create_lost | the box is created, the connection is cut instead of the answer |
| destroy_repeat | a destroy says success and does nothing |
| offer_gone | renting says that the offer is gone |
| no_capacity | a start is queued: resources_unavailable |
| key_refused | the account key is unknown |
| ssh_drop | SSH connections are cut: the open ones at once, the next ones after a moment |
| cdi, oci | the next box's container cannot be created (for these eight, PART may name a `machine/ID/` or `host/ID/`) |
| bad_image | the next box's image is in no registry |
| stuck | the next box never leaves loading |
| offline | the next box's host goes offline soon after the box runs |
| vanish | the next box is gone soon after it runs |
| outbid | the next bid box loses its bid soon after it runs |
| wrong_gpu | the next box has GPUs of another model than its offer named |
| ignore_filter | searches do as if these fields were not asked for (ARG: field, or field,field) |
"""

from __future__ import annotations

import difflib
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from vasttui.sim import mishaps

if TYPE_CHECKING:
    from vasttui.sim.market import Offer

NAMES = (
    "429",
    "500",
    "empty",
    "truncated",
    "dirty",
    "slow",
    "hung",
    "drop",
    "create_lost",
    "destroy_repeat",
    "offer_gone",
    "no_capacity",
    "key_refused",
    "ssh_drop",
    *mishaps.FAULTS,
    "ignore_filter",
)


_NO_NUMBER = "a number is missing, as in {name}=1 (once) or {name}=0.2 (chance)"
_MISSING = {"ignore_filter": "a field is missing, as in {name}=dph_total"}


class FaultSyntaxError(ValueError):
    """A fault that cannot be understood; its text says which and what was expected."""


@dataclass(frozen=True)
class Fault:
    """One fault. `count` times, or with `chance` each time; `seconds` is the delay of `slow`, `fields` those of
    `ignore_filter`.
    """

    name: str
    count: int | None = None
    chance: float | None = None
    seconds: float = 0.0
    method: str = "*"
    path: str = ""
    fields: tuple[str, ...] = ()


def parse_fault(text: str) -> Fault:
    """Read `NAME=ARG[@METHOD:PART]`. Raises FaultSyntaxError with the nearest valid names."""
    name, equals, rest = text.partition("=")
    if name not in NAMES:
        near = difflib.get_close_matches(name, NAMES, n=2) or NAMES
        raise FaultSyntaxError(f"no fault is named {name!r}; did you mean {' or '.join(near)}?")
    value, _, place = rest.partition("@")
    if not equals or not value:
        raise FaultSyntaxError(f"fault {name}: {_MISSING.get(name, _NO_NUMBER).format(name=name)}")
    method, colon, path = place.partition(":")
    if place and not colon:
        raise FaultSyntaxError(f"fault {name}: after @ comes METHOD:PART, as in @GET:instances, not {place!r}")
    fault = Fault(name, method=method.upper() or "*", path=path)
    return replace(fault, **_strength(name, value))


def _strength(name: str, value: str) -> dict[str, Any]:
    """How often, or how long, or which fields, as fields of a Fault."""
    if name == "ignore_filter":
        return {"chance": 1.0, "fields": tuple(field.strip() for field in value.split(","))}
    try:
        number = float(value)
    except ValueError:
        raise FaultSyntaxError(f"fault {name}: {value!r} is not a number") from None
    if not 0 <= number < float("inf"):
        raise FaultSyntaxError(f"fault {name}: {value} is not a finite number of 0 or more")
    if name == "slow":
        return {"chance": 1.0, "seconds": number}
    if value.isdigit():
        return {"count": int(value)}
    if number > 1:
        raise FaultSyntaxError(f"fault {name}: a chance lies between 0.0 and 1.0, not {value}")
    return {"chance": number}


@dataclass
class _InForce:
    fault: Fault
    left: int | None


class FaultBoard:
    """The faults in force. Counts go down as they are used."""

    def __init__(self, faults: tuple[Fault, ...] = (), seed: int = 1) -> None:
        self._rng = random.Random(f"{seed}:faults")
        self._board: list[_InForce] = []
        self.set(faults)

    def set(self, faults: tuple[Fault, ...]) -> None:
        """Put these in force instead of all others."""
        self._board = [_InForce(fault, fault.count) for fault in faults]

    def present(self, name: str) -> bool:
        """Whether a fault of that name is in force and not used up."""
        return any(item.fault.name == name and item.left != 0 for item in self._board)

    def take(self, name: str, method: str = "*", path: str = "") -> Fault | None:
        """The fault, when it strikes this time."""
        for item in self._board:
            fault = item.fault
            if fault.name != name or not _fits(fault, method, path):
                continue
            if item.left is not None:
                if item.left > 0:
                    item.left -= 1
                    return fault
            elif self._rng.random() < (fault.chance or 0.0):
                return fault
        return None

    def ignored_fields(self) -> frozenset[str]:
        """Fields whose filters searches ignore."""
        return frozenset(field for item in self._board for field in item.fault.fields)

    def flaw_of(self, offer: Offer) -> str:
        """The flaw that a fault gives to a box on this offer, "" for none."""
        place = f"machine/{offer.fixed['machine_id']}/host/{offer.fixed['host_id']}/"
        return next((name for name in mishaps.FAULTS if self.take(name, "*", place)), "")


def _fits(fault: Fault, method: str, path: str) -> bool:
    return fault.method in ("*", method) and fault.path in path
