"""One rented box: what was asked for, where it stands, what its container has printed."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from vasttui.sim.plays import Play
from vasttui.sim.pulls import Pull
from vasttui.sim.switch import Switch
from vasttui.sim.workloads import Chunk, Tape, Workload

Row = dict[str, Any]

DEFAULT_LOG = "/var/log/onstart.log"
JOBS_FOLDER = "/var/log/vasttui"
JOBS_LOG = f"{JOBS_FOLDER}/onstart.log"
"""Where jobs, and what is started over SSH, write too."""

_TEE = re.compile(r"\btee\s+(?:-a|--append)\s+(?:--\s+)?[\"']?(/[^\s\"';|&)>]+)")
HOURS_PER_MONTH = 720.0


@dataclass(frozen=True)
class Past:
    """What is left of a box: what it has cost by `ended` ($), and its disk's part in that ($/h)."""

    id: int
    label: str | None
    created: float
    ended: float
    spent: float
    disk_per_hour: float


@dataclass(frozen=True)
class Order:
    """What the renter asked for in `PUT /asks/{id}/`. `disk` GB; `bid` $/h or None for on-demand."""

    image: str
    disk: float
    label: str | None = None
    onstart: str | None = None
    env: tuple[tuple[str, str], ...] = ()
    runtype: str = "ssh"
    bid: float | None = None
    image_login: str | None = None
    template: Row | None = None
    args: str | None = None


class Printed(Protocol):
    """What a container has printed by a second of its life."""

    def size(self, second: float) -> int:
        """Bytes printed by that second."""

    def read(self, second: float, start: int = 0) -> bytes:
        """What was printed by that second, from byte `start` on."""


class Work(Protocol):
    """What works in a container."""

    @property
    def kind(self) -> str:
        """A word for it."""

    def busy(self, second: float) -> bool:
        """Whether the GPU works at that second of its life."""


@dataclass(slots=True)
class Segment:
    """What works in the container from `start` to `end` (simulated seconds; None: it lives on). A new life of the
    container begins another, and so does a run that is started over SSH.
    """

    workload: Work
    tape: Printed
    start: float
    end: float | None = None

    def second(self, now: float) -> float:
        """How old this life is, or was when it ended."""
        return (now if self.end is None else min(now, self.end)) - self.start


@dataclass(slots=True)
class Box:
    """The state of one instance. `actual`, `intended`, `cur`, `next` are the API's four status fields; its flaw was
    `told` by a fault, or is its host's.
    """

    id: int
    order: Order
    offer_id: int
    fixed: Row
    gpu_price: float
    storage_cost: float
    market_bid: float
    clean: bool
    flaw: str
    created: float
    api_key: str
    port: int
    workload: Workload | Play
    pull: Pull
    label: str | None = None
    actual: str | None = None
    intended: str = "running"
    cur: str = "running"
    next: str = "running"
    status_msg: str | None = None
    pull_start: float = 0.0
    pull_end: float = 0.0
    pull_stops_at: float = 1.0
    segments: list[Segment] = field(default_factory=list)
    boots: int = 0
    generation: int = 0
    port_open: bool = False
    key_ok: bool = False
    outbid: bool = False
    queued: bool = False
    destroyed: float | None = None
    gone: bool = False
    spent: float = 0.0
    began_running: float | None = None
    ssh_keys: dict[int, str] = field(default_factory=dict)
    told: bool = False
    switch: Switch | None = None
    made: dict[str, bytes] = field(default_factory=dict)
    changed: dict[str, float] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    delivered: set[str] = field(default_factory=set)

    @property
    def disk_per_hour(self) -> float:
        """$/h for its disk, due from creation to the end."""
        return self.storage_cost * self.order.disk / HOURS_PER_MONTH

    @property
    def dph_total(self) -> float:
        """$/h while it runs. A bid box costs its bid."""
        return self.order.bid if self.order.bid is not None else self.gpu_price + self.disk_per_hour

    def burn(self) -> float:
        """$/h that it costs now: nothing while its host is offline, disk only while it does not run."""
        if self.gone or self.actual == "offline":
            return 0.0
        return self.dph_total if self.actual in ("running", "rebooting", "recycling") else self.disk_per_hour

    def past(self, now: float) -> Past:
        """What it has cost by `now`."""
        return Past(self.id, self.label, self.created, now, self.spent, self.disk_per_hour)

    @property
    def log_paths(self) -> tuple[str, ...]:
        """Files on the box that hold what its start command prints."""
        found = _TEE.findall(self.order.onstart or "")
        plays = [JOBS_LOG] if self.switch or any(isinstance(item.workload, Play) for item in self.segments) else []
        return tuple(dict.fromkeys((*found, *plays, DEFAULT_LOG)))

    def start_container(self, now: float, greeting: bytes = b"") -> None:
        """Begin a new life of the container: its script starts from the top, but a job that has ended is not run
        again. `greeting` is printed first.
        """
        work: Workload | Play = self.workload
        if isinstance(work, Play) and work.run_id in self.codes(now):
            work = QUIET
        self.segments.append(Segment(work, Tape(_greeted(greeting, work.script())), now))
        self.began_running = now

    def start_run(self, play: Play, now: float) -> bool:
        """Begin a job in the container that lives; what worked there before is over. False: it was begun before."""
        life = self.segments[-1]
        if life.end is not None or any(play.run_id == run_id for run_id, _, _ in self.runs(now)):
            return False
        life.end = now
        self.segments.append(Segment(play, Tape(play.script()), now))
        return True

    def end_container(self, now: float) -> None:
        """End the present life, if there is one: nothing is printed any more."""
        if self.segments and self.segments[-1].end is None:
            self.segments[-1].end = now
        self.began_running = None
        self.port_open = self.key_ok = False

    def log_size(self, now: float) -> int:
        """Bytes the container has printed in all its lives by `now`."""
        return sum(segment.tape.size(segment.second(now)) for segment in self.segments)

    def log_from(self, now: float, offset: int = 0) -> bytes:
        """The container's output by `now` from byte `offset` on."""
        parts = []
        for segment in self.segments:
            size = segment.tape.size(segment.second(now))
            if offset < size:
                parts.append(segment.tape.read(segment.second(now), offset))
            offset = max(0, offset - size)
        return b"".join(parts)

    def runs(self, now: float) -> list[tuple[str, float, int | None]]:
        """(run id, when it ended or will, exit code or None while it works) of the jobs that were not cut off."""
        out: list[tuple[str, float, int | None]] = []
        for segment in self.segments:
            play = segment.workload
            if isinstance(play, Play):
                ended = segment.second(now) >= play.ends
                if ended or segment.end is None:
                    out.append((play.run_id, segment.start + play.ends, play.code if ended else None))
        return out

    def codes(self, now: float) -> dict[str, int]:
        """Exit codes of the jobs that ended, by run id."""
        return {run_id: code for run_id, _, code in self.runs(now) if code is not None}

    def deliver(self, now: float) -> None:
        """Put the files of jobs that have ended into their places, once."""
        for run_id in self.codes(now).keys() - self.delivered:
            self.delivered.add(run_id)
            for segment in self.segments:
                if isinstance(segment.workload, Play) and segment.workload.run_id == run_id:
                    files = segment.workload.files()
                    self.made.update(files)
                    self.changed.update(dict.fromkeys(files, segment.start + segment.workload.ends))

    def switch_due(self, now: float) -> float | None:
        """When its switch ends it, as things stand; None without an armed switch."""
        if self.switch is None or self.began_running is None:
            return None
        return self.switch.due(max((end for _, end, _ in self.runs(now)), default=None))

    def wipe(self) -> None:
        """Forget what it printed and its files, as a recycled container does."""
        self.segments.clear()
        self.made.clear()
        self.changed.clear()
        self.folders.clear()
        self.delivered.clear()

    def busy(self, now: float) -> bool:
        """Whether its GPU works."""
        if self.actual != "running" or not self.segments:
            return False
        life = self.segments[-1]
        return life.end is None and life.workload.busy(now - life.start)

    def pull_share(self, now: float) -> float:
        """How far its image pull is, 0..1; stands still where a pull is stuck."""
        if not self.pull_start:
            return 0.0
        return min(self.pull_stops_at, (now - self.pull_start) / max(0.001, self.pull_end - self.pull_start))


QUIET = Workload("quiet", "", 0.0)
"""What works where nothing does."""


def _greeted(greeting: bytes, script: Iterator[Chunk]) -> Iterator[Chunk]:
    return itertools.chain([(0.1, greeting)] if greeting else [], script)
