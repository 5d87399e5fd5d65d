"""`vasttui logs -f` as a process, through trouble: what comes out is, byte for byte, what the workload printed.

The truth is the simulator's own tape; how a redrawn line ends up is worked out here and not by the program.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.conftest import World
from vasttui.sim.boxes import Box, Segment
from vasttui.sim.server import SimOptions
from vasttui.sim.workloads import Tape, Workload

SPEED = 20.0
KINDS = ("upscale", "train", "finetune", "oom", "restart", "idle")
LENGTH = 300.0
"""Simulated seconds of a workload's main part."""

TROUBLE = (
    ("429=6@PUT:request_logs",),
    ("500=6@PUT:request_logs", "ssh_drop=1"),
    ("slow=1.5@GET:instance_logs", "truncated=2@PUT:request_logs"),
    ("hung=1@GET:instance_logs", "drop=3@PUT:request_logs"),
    ("ssh_drop=1", "429=2@GET:instances", "empty=2@PUT:request_logs"),
)
_ESCAPES = re.compile(rb"\x1b\][^\x07]*\x07|\x1b\[[0-?]*[ -/]*[@-~]")


def finished_lines(printed: bytes) -> list[bytes]:
    """The lines that ended in a newline; of a redrawn one the last drawing that shows something."""
    return [_last_drawing(line.removesuffix(b"\r")) for line in printed.split(b"\n")[:-1]]


def _last_drawing(line: bytes) -> bytes:
    if b"\r" not in line:
        return line
    return next((part for part in reversed(line.split(b"\r")) if _ESCAPES.sub(b"", part).strip()), b"")


@dataclass
class Follower:
    """One `vasttui logs -f` with a home of its own."""

    kind: str
    source: str
    box: Box
    out: Path
    err: Path
    process: subprocess.Popen[bytes]

    @property
    def lines(self) -> list[bytes]:
        return self.out.read_bytes().split(b"\n")[:-1]

    @property
    def talk(self) -> str:
        return self.err.read_text()


def follow(world: World, box: Box, kind: str, source: str, home: Path) -> Follower:
    home.mkdir(parents=True)
    config = home / "config.yaml"
    config.write_text("pace: {instances: 1, instances_idle: 1, logs: 1, ssh: 1}\n")
    command = [sys.executable, "-m", "vasttui", "--config", str(config), "logs", str(box.id), "-f", "--raw"]
    command += ["--tail", "5000", "--source", source]
    command += ["--path", "/var/log/onstart.log"] if source != "api" else []
    key = {"VASTAI_API_KEY": world.sim.api_key, "VASTAI_API_BASE_URL": world.sim.url}
    env = {"HOME": str(home), "PATH": "/usr/bin:/bin", "VASTAI_SSH_KEY_PATH": str(world.sim.ssh_private_key)} | key
    out, err = home / "out", home / "err"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, env=env, cwd=ROOT)
    return Follower(kind, source, box, out, err, process)


ROOT = Path(__file__).parents[2]


@pytest.fixture
def world() -> Iterator[World]:
    world = World(SimOptions(speed=SPEED, offers=20, instances=12, start=time.time()))
    yield world
    world.stop()


@pytest.fixture
def boxes(world: World) -> dict[str, Box]:
    """A running box for each kind of workload, whose container has just begun."""
    running = [box for box in world.sim.world.boxes.values() if box.actual == "running"]

    def begin() -> None:
        now = world.sim.world.clock.now()
        for kind, box in zip(KINDS, running, strict=False):
            seconds = 40.0 if kind == "restart" else LENGTH
            box.workload = Workload.make(kind, f"whole:{kind}", seconds)
            box.segments[:] = [Segment(box.workload, Tape(box.workload.script()), now)]

    world.call(begin)
    return dict(zip(KINDS, running, strict=False))


def until(true: Callable[[], object], what: Callable[[], str], limit: float = 60.0) -> None:
    end = time.monotonic() + limit
    while not true():
        assert time.monotonic() < end, what()
        time.sleep(0.05)


@pytest.mark.timeout(240)
def test_every_workload_comes_out_as_it_was_printed(world: World, boxes: dict[str, Box], tmp_path: Path) -> None:
    followers = [
        follow(world, box, kind, source, tmp_path / f"{kind}-{source}")
        for kind, box in boxes.items()
        for source in ("api", "ssh")
    ]
    clock = world.sim.world.clock
    try:
        until(lambda: all(one.lines for one in followers), lambda: _first_words(followers))
        for faults in TROUBLE:
            with world.faults(*faults):
                moment = clock.now() + 50
                until(lambda moment=moment: clock.now() > moment, lambda: "")  # type: ignore[misc]
            if faults is TROUBLE[1]:
                world.call(lambda: world.sim.world.life.reboot(boxes["train"], clock.now()))
                world.call(lambda: world.sim.world.life.reboot(boxes["upscale"], clock.now()))
        ended = [one for one in followers if one.kind not in ("restart", "idle")]
        until(lambda: all(_done(one.box, clock.now()) for one in ended), lambda: "the workloads do not end")
        for kind in ("restart", "idle"):
            world.call(lambda kind=kind: boxes[kind].end_container(clock.now()))  # type: ignore[misc]
        until(lambda: not any(_missing(one) for one in followers), lambda: "\n".join(map(_difference, followers)), 90)
        assert not [_difference(one) for one in followers if _difference(one)]
        assert not [f"{one.kind} {one.source}: {one.talk}" for one in followers if "gap" in one.talk]
        # The trouble was real.
        assert not [one.kind for one in followers if "trying again" not in one.talk]
    finally:
        for one in followers:
            one.process.terminate()
            one.process.wait()
    assert not [one.talk for one in followers if "Traceback" in one.talk]


def _printed(box: Box) -> list[bytes]:
    return finished_lines(b"".join(bytes(s.tape.read(s.second(s.end or 1e18))) for s in box.segments))


def _done(box: Box, now: float) -> bool:
    """Its last container has printed all that it ever will."""
    life = box.segments[-1]
    return life.second(now) > LENGTH + 40


def _missing(one: Follower) -> int:
    return len(_printed(one.box)) - len(one.lines)


def _difference(one: Follower) -> str:
    """Where what came out differs from what was printed; "" when it does not."""
    wanted, got = _printed(one.box), one.lines
    if wanted == got:
        return ""
    same = (pair[0] == pair[1] for pair in zip(wanted, got, strict=False))
    at = next((number for number, alike in enumerate(same) if not alike), min(len(wanted), len(got)))
    place = f"line {at} of {len(wanted)} (came: {len(got)})"
    return f"{one.kind} {one.source}: {place}: {wanted[at : at + 2]} / {got[at : at + 2]}; {one.talk[-600:]}"


def _first_words(followers: list[Follower]) -> str:
    return "; ".join(f"{one.kind} {one.source}: {one.talk[-300:]}" for one in followers if not one.lines)
