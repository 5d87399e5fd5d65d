"""What a played box answers to vasttui's own script on it: beats, runs that are started over SSH, a switch armed late.

The script itself is not run: the box knows it by the way it is called, `… /var/log/vasttui/box VERB WORDS`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

from vasttui.sim.boxes import JOBS_FOLDER, Box
from vasttui.sim.plays import JOB_ID, play_of
from vasttui.sim.shell_tools import Outcome
from vasttui.sim.switch import Switch, switch_of
from vasttui.sim.world import World

_CALL = re.compile(rf"{JOBS_FOLDER}/box (?P<verb>arm|beat|start)(?P<words>(?: [\w.:/\[\]-]+)*)\s*\Z")
_BEGIN = re.compile(rf"sh -c '|\[ -f {JOBS_FOLDER}/box \]|mkdir -p {JOBS_FOLDER}")
_NO_SWITCH = "no switch was sent to this box"


def answer(world: World, box: Box, command: str) -> tuple[str, Outcome] | None:
    """What a command over SSH does, when it calls vasttui's script: (what stands before, the answer). None for any
    other command.
    """
    call = _CALL.search(command)
    begin = _BEGIN.search(command)
    if call is None or begin is None:
        return None
    if f"cat >{JOBS_FOLDER}/box " in command:
        box.made.setdefault(f"{JOBS_FOLDER}/box", b"#!/bin/sh\n")
    outcome = _VERBS[call["verb"]](world, box, call["words"].split()) if _installed(box) else Outcome(b"")
    return command[: begin.start()], outcome


def _installed(box: Box) -> bool:
    return JOBS_FOLDER in (box.order.onstart or "") or f"{JOBS_FOLDER}/box" in box.made


def _beat(world: World, box: Box, words: list[str]) -> Outcome:
    """`beat SECONDS FORCE`: says how long the box lives on, and how its runs go."""
    now = world.settle()
    left, why = 0, _NO_SWITCH
    if box.switch is not None:
        box.switch.beat(float(words[0]), now, force=words[1:2] == ["1"])
        left, why = int(world.clock.real(box.switch.until - now)), ""
    runs = [(run_id, code) for run_id, _, code in box.runs(now) if _is_ours(box, run_id)]
    lines = [f'::vasttui beat left={left} why="{why}"']
    lines += [f"::vasttui run id={run_id}" + ("" if code is None else f" code={code}") for run_id, code in runs]
    return Outcome("".join(f"{line}\n" for line in lines).encode())


def _is_ours(box: Box, run_id: str) -> bool:
    """Whether the script ran it; of a template's own work it knows nothing."""
    return run_id in (box.order.onstart or "") or _script(run_id) in box.made


def _script(run_id: str) -> str:
    return f"{JOBS_FOLDER}/runs/{run_id}/script"


def _start(world: World, box: Box, words: list[str]) -> Outcome:
    """`start RUN_ID`: the job of the script that was put there begins, once."""
    run_id = words[0]
    text = box.made.get(_script(run_id))
    if text is None:
        return Outcome(b"", f"run {run_id} was not put on this box\n".encode(), 66)
    now = world.settle()
    env = {**_exported(text.decode(errors="replace")), JOB_ID: run_id}
    play = play_of(env, f"{world.seed}:{box.id}", box.label, box.order.image)
    if play is not None and box.start_run(play, now):
        world.life.watch(box, now)
    return Outcome(b"")


def _exported(script: str) -> dict[str, str]:
    """The variables that the first command of a script exports."""
    lines = script.split("\n")
    for count in range(1, len(lines) + 1):
        try:
            words = shlex.split("\n".join(lines[:count]))
        except ValueError:
            continue  # a quoted value goes on in the next line
        if words[:1] == ["export"]:
            return {name: value for name, _, value in (word.partition("=") for word in words[1:])}
        return {}
    return {}


def _arm(world: World, box: Box, words: list[str]) -> Outcome:
    """`arm URL LEASE GRACE END FIXED`: a switch where no start command brought one."""
    names = ("VASTTUI_LEASE", "VASTTUI_GRACE", "VASTTUI_END", "VASTTUI_FIXED")
    switch: Switch | None = switch_of(dict(zip(names, words[1:], strict=False)))
    if box.switch is None and switch is not None:
        now = world.settle()
        box.switch = switch
        switch.arm(now)
        world.life.watch(box, now)
    return Outcome(b"")


_VERBS: dict[str, Callable[[World, Box, list[str]], Outcome]] = {"arm": _arm, "beat": _beat, "start": _start}
