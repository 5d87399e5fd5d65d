"""When a boot race is decided: never while it may still be won, and never for more than one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.instances.phases import Phase
from vasttui.jobs.race import GIVE_UP, Runner, State, decide, runner

READY, BOOTS, AWAITED, FAILED, NONE = State.READY, State.BOOTS, State.AWAITED, State.FAILED, State.NONE


def runners(*states: State | tuple[State, int]) -> list[Runner]:
    pairs = [state if isinstance(state, tuple) else (state, 0) for state in states]
    return [
        Runner(f"m{place}", state, place if state not in (NONE, AWAITED) else None, step)
        for place, (state, step) in enumerate(pairs)
    ]


@pytest.mark.parametrize(
    ("states", "age", "winner"),
    [
        ((BOOTS, BOOTS), 10, ...),
        ((BOOTS, READY), 10, "m1"),
        ((READY, READY), 10, "m0"),
        ((READY, AWAITED), 10, "m0"),
        ((BOOTS, AWAITED), 10, ...),
        ((BOOTS, FAILED), 10, "m0"),
        ((NONE, BOOTS), 10, "m1"),
        ((AWAITED, FAILED), 10, ...),
        ((FAILED, FAILED), 10, "m0"),
        ((NONE, NONE), 10, None),
        (((BOOTS, 2), (BOOTS, 4), (BOOTS, 3)), GIVE_UP - 1, ...),
        (((BOOTS, 2), (BOOTS, 4), (BOOTS, 3)), GIVE_UP, "m1"),
        (((BOOTS, 2), (BOOTS, 4), (BOOTS, 3)), 1 - GIVE_UP, ...),
        (((BOOTS, 2), (BOOTS, 4), (BOOTS, 3)), -GIVE_UP, "m1"),
        ((AWAITED, AWAITED), GIVE_UP, ...),
        ((AWAITED, BOOTS), GIVE_UP, "m1"),
        ((), 0, None),
    ],
)
def test_who_stays(states: tuple[State | tuple[State, int], ...], age: float, winner: object) -> None:
    decision = decide(runners(*states), age)
    if winner is ...:
        assert decision is None
    else:
        assert decision is not None
        assert (decision.winner.label if decision.winner else None) == winner


@given(st.lists(st.tuples(st.sampled_from(State), st.integers(0, 6)), min_size=1, max_size=5), st.floats(0, 4000))
def test_what_is_ready_is_never_given_up_for_what_is_not(states: list[tuple[State, int]], age: float) -> None:
    decision = decide(runners(*states), age)
    kinds = {state for state, _ in states}
    if READY in kinds:
        assert decision is not None
        assert decision.winner is not None
        assert decision.winner.state is READY
    elif decision is None:
        assert kinds & {AWAITED, BOOTS}
    elif kinds - {NONE}:
        assert decision.winner is not None
        assert decision.winner.instance_id is not None


def test_members_by_phase() -> None:
    def state(phase: Phase, *, running: bool = False, needs_ssh: bool = True) -> State:
        return runner("m", 1, phase, running=running, needs_ssh=needs_ssh).state

    assert state(Phase.READY) is READY
    assert state(Phase.CONNECTING, running=True) is BOOTS
    assert state(Phase.CONNECTING, running=True, needs_ssh=False) is READY
    assert state(Phase.FAILED) is FAILED
    assert state(Phase.DESTROYING) is NONE
    way = (Phase.CREATING, Phase.PULLING, Phase.STARTING)
    steps = [runner("m", 1, phase, running=False, needs_ssh=True).step for phase in way]
    assert steps == sorted(set(steps))
    found = runner("m", 1, Phase.RUNNING, running=True, needs_ssh=True)
    assert (found.state, found.step > steps[1]) == (BOOTS, True), "it ran before we looked, and SSH was not tried yet"
