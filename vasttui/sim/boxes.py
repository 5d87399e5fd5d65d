"""One rented box: what was asked for, where it stands, what its container has printed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from vasttui.sim.pulls import Pull
from vasttui.sim.workloads import Tape, Workload

Row = dict[str, Any]

DEFAULT_LOG = "/var/log/onstart.log"
_TEE = re.compile(r"\btee\s+(?:-a|--append)\s+(?:--\s+)?[\"']?(/[^\s\"';|&)>]+)")
HOURS_PER_MONTH = 720.0


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


@dataclass(slots=True)
class Segment:
    """One life of the container: from `start` to `end` (simulated seconds; None = still alive)."""

    workload: Workload
    tape: Tape
    start: float
    end: float | None = None

    def second(self, now: float) -> float:
        """How old this life is, or was when it ended."""
        return (now if self.end is None else min(now, self.end)) - self.start


@dataclass(slots=True)
class Box:
    """The state of one instance. `actual`, `intended`, `cur`, `next` are the API's four status fields."""

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
    workload: Workload
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

    @property
    def log_paths(self) -> tuple[str, ...]:
        """Files on the box that hold what its start command prints."""
        found = _TEE.findall(self.order.onstart or "")
        return tuple(dict.fromkeys((*found, DEFAULT_LOG)))

    def start_container(self, now: float) -> None:
        """Begin a new life of the container; its script starts from the top, as a reused container does."""
        self.segments.append(Segment(self.workload, Tape(self.workload.script()), now))
        self.began_running = now

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
