"""When a boot race is decided, and who stays. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from vasttui.instances.phases import BOOT, Phase

GIVE_UP = 1800.0
"""Seconds after which a race without a winner ends: the one that has come furthest stays."""

_OUT = frozenset({Phase.STOPPING, Phase.STOPPED, Phase.OUTBID, Phase.EXITED, Phase.FAILED, Phase.OFFLINE})
_NO_MORE = frozenset({Phase.DESTROYING, Phase.GONE})


class State(IntEnum):
    """How a member stands: nothing was rented or it is no more; it failed; it may come; it boots; it is ready."""

    NONE = 0
    FAILED = 1
    AWAITED = 2
    BOOTS = 3
    READY = 4


@dataclass(frozen=True, slots=True)
class Runner:
    """A member of a race.

    Attributes:
        instance_id: its instance, None while it has none or when it is gone.
        step: how far its boot has come, a place in `vasttui.instances.phases.BOOT`.
    """

    label: str
    state: State
    instance_id: int | None = None
    step: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """Who stays (None: nobody is left), and why."""

    winner: Runner | None
    reason: str


def runner(label: str, instance_id: int, phase: Phase, *, running: bool, needs_ssh: bool) -> Runner:
    """A member whose instance is listed in a phase.

    Args:
        running: Vast.ai says that its container runs.
        needs_ssh: it is ready when SSH answers; else when its container runs.
    """
    if phase in _NO_MORE:
        return Runner(label, State.NONE)
    if phase in _OUT:
        return Runner(label, State.FAILED, instance_id)
    if phase is Phase.READY or (running and not needs_ssh):
        return Runner(label, State.READY, instance_id, len(BOOT))
    step = BOOT.index(phase) if phase in BOOT else BOOT.index(Phase.STARTING) if running else 0
    return Runner(label, State.BOOTS, instance_id, step)


def decide(runners: Sequence[Runner], age: float) -> Decision | None:
    """The end of a race that has run for `age` seconds; None while it goes on. The first choice stands first.

    Where the clock was set back by long since its beginning (a negative age), it ends as if it had run for long.
    """
    best = max(runners, key=lambda one: (one.state, one.step), default=None)
    if best is None or best.state is State.NONE:
        return Decision(None, "none of its members came to be")
    if best.state is State.READY:
        return Decision(best, "it is ready first")
    on_the_way = [one for one in runners if one.state in (State.AWAITED, State.BOOTS)]
    if not on_the_way:
        return Decision(best, "all of its members failed")
    if best.state is State.BOOTS and len(on_the_way) == 1:
        return Decision(best, "the others failed")
    if best.state is State.BOOTS and abs(age) >= GIVE_UP:
        return Decision(best, f"none was ready after {abs(age) / 60:.0f} min, it has come furthest")
    return None
