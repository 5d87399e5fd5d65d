"""The frozen picture that a screen draws, and the events.

The controller builds one `Snapshot`, replaces it and never changes it. Each part tells how old it is and how its
last try went: a failed try keeps the last good value, so unknown is never drawn as empty.
Times are epoch seconds, money is US dollars, rates are $/h.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from vasttui.api.models import Account, Instance
from vasttui.errors import VastError
from vasttui.instances.phases import Phase
from vasttui.instances.verdicts import Verdict
from vasttui.jobs.picture import (
    BatchPlan as BatchPlan,
)
from vasttui.jobs.picture import (
    BatchView as BatchView,
)
from vasttui.jobs.picture import (
    JobView as JobView,
)
from vasttui.jobs.picture import (
    SwitchState as SwitchState,
)
from vasttui.jobs.progress import Progress
from vasttui.jobs.signs import Sign
from vasttui.logs.rows import LogName
from vasttui.offers.changes import Change as Change
from vasttui.offers.history import Histories
from vasttui.offers.hosts import Book
from vasttui.offers.market import (
    Market as Market,
)
from vasttui.offers.market import (
    Search as Search,
)
from vasttui.offers.market import (
    WatchedSearch as WatchedSearch,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """One part of the picture: its last good value, its age and its health.

    Attributes:
        value: last good value, None before the first.
        at: when it was fetched, None before the first.
        error: what the last try said, None when it went well.
        failures: failed tries in a row.
        next_try: when the next try is due, None when unknown or under way.
    """

    value: T | None = None
    at: float | None = None
    error: VastError | None = None
    failures: int = 0
    next_try: float | None = None

    def age(self, now: float) -> float | None:
        """Seconds since the last good value, None before the first."""
        return None if self.at is None else max(0.0, now - self.at)


class LogState(StrEnum):
    """How the following of one log goes."""

    OFF = "off"
    WAITING = "waiting for logs"
    FOLLOWING = "following"
    TROUBLE = "trouble"


@dataclass(frozen=True, slots=True)
class LogStatus:
    """Health of one followed log.

    Attributes:
        source: "api", "ssh" or "" before the first line.
        lines: lines received, those of earlier programs that the spool counted included.
        at_least: repeating text may have hidden lines: `lines` is a lower bound.
        gaps: how often lines were missed since this program follows it.
        since: when this program began to follow it, None before.
        last_at: when the last new line came, None before the first.
        checked_at: when the source last said that there is no more at the moment, None before the first time.
        failures: failed tries in a row.
        text: one line to show when nothing comes: what is waited for, or the trouble.
        kept: why its rows are held in memory only ("disk full"), "" while they go to the disk.
    """

    state: LogState = LogState.OFF
    source: str = ""
    lines: int = 0
    at_least: bool = False
    gaps: int = 0
    since: float | None = None
    last_at: float | None = None
    checked_at: float | None = None
    failures: int = 0
    text: str = ""
    kept: str = ""

    def quiet(self, now: float) -> float | None:
        """Seconds since the last line, or since the following began; None when it was not followed."""
        last = max((at for at in (self.last_at, self.since) if at is not None), default=None)
        return None if last is None else max(0.0, now - last)


@dataclass(frozen=True, slots=True)
class LogInfo:
    """One log that is kept, of an instance that is there or of one that is gone.

    Attributes:
        label: the instance's label as it was last known, or "".
        first_at / last_at: when its first and its last row that are kept came, None without rows.
        lines: lines of the machine that are kept.
        bytes: room that it takes.
        gone: the instance is no longer in the list; False too while there was no list yet.
    """

    name: LogName
    label: str
    first_at: float | None
    last_at: float | None
    lines: int
    bytes: int
    gone: bool


@dataclass(frozen=True, slots=True)
class Box:
    """An instance and what we make of it.

    Attributes:
        label: the label as the user gave it (the intent's token removed), or "".
        phase_since: when it entered this phase; for a box found at the start, when it was first seen.
        seen_start: whether we saw the phase begin; else `phase_since` is a lower bound.
        ours: rented by this vasttui.
        spent: dollars since it exists, None when unknown.
        hourly: what it costs now, $/h; None when unknown.
        ssh_ms: round trip of the last SSH probe in milliseconds, None when not ready.
        ssh_text: why SSH is not ready, or "".
        log_path: file on the box that its start command tees to, None when unknown.
        gpu_history: last GPU utilisations in percent, oldest first.
        status: one line about the state: Vast.ai's own text without secrets, or what the phase means; may be "".
        command: what was asked of it and is under way: "stopping", "destroying", ... or "".
        idle_since: since when its GPU does nothing, None when it works or is not known.
        switch: its dead man's switch, None for a box that was rented without one.
        job_id: the job that has it, "" for none.
        orphan: it bears our label, and no job and no rental of ours claims it.
    """

    instance: Instance
    phase: Phase
    phase_since: float
    seen_start: bool
    label: str
    ours: bool
    first_seen: float
    spent: float | None
    hourly: float | None
    verdicts: tuple[Verdict, ...] = ()
    ssh_ms: float | None = None
    ssh_text: str = ""
    log_path: str | None = None
    log: LogStatus = LogStatus()
    progress: Progress | None = None
    sign: Sign | None = None
    gpu_history: tuple[float, ...] = ()
    status: str = ""
    command: str = ""
    idle_since: float | None = None
    switch: SwitchState | None = None
    job_id: str = ""
    orphan: bool = False

    @property
    def id(self) -> int:
        """The instance's id."""
        return self.instance.id


class Level(StrEnum):
    """How loud an event is."""

    INFO = "info"
    GOOD = "good"
    LOOK = "look"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Alert:
    """A line that an alert rule was waiting for.

    Attributes:
        number: grows by one per alert, so that each is shown once.
        rule: the rule's name.
        label: the instance's label, or its id.
        line: the line, without escapes and secrets, cut to a few hundred characters.
        suppressed: how many more the rule found since its last alert about this instance.
        toast / bell: what the screen is to do.
    """

    number: int
    rule: str
    label: str
    line: str
    suppressed: int = 0
    toast: bool = False
    bell: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: a command, a change of phase, trouble, recovery, an alert."""

    at: float
    level: Level
    text: str
    instance_id: int | None = None
    alert: Alert | None = None


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """A rental whose answer was lost; the next listings settle it by its label."""

    label: str
    offer_id: int
    since: float
    text: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole picture.

    Attributes:
        now: when it was made.
        starting: what the program is still waiting for before the first request, or "".
        boxes: all instances, in the API's order.
        burn: what everything costs now, $/h; None when unknown.
        runway: hours that the credit lasts at this burn; None when unknown, infinite when nothing burns.
        book: the host book and the config's lists.
        histories: what our own rentals taught.
        watched: searches that are repeated in the background.
        events: newest last.
        batches: the open ones and the latest of the others, the newest first.
        driver: "" when this program drives the jobs, else who does, e.g. "vasttui 4711".
    """

    now: float
    demo: bool = False
    read_only: bool = False
    paused: bool = False
    starting: str = ""
    account: Part[Account] = Part()
    market: Part[Market] = Part()
    boxes: Part[tuple[Box, ...]] = Part()
    skipped_instances: int = 0
    unconfirmed: tuple[Unconfirmed, ...] = ()
    burn: float | None = None
    runway: float | None = None
    alarms: tuple[str, ...] = ()
    book: Book = field(default_factory=Book)
    histories: Histories = field(default_factory=Histories)
    watched: tuple[WatchedSearch, ...] = ()
    events: tuple[Event, ...] = ()
    batches: tuple[BatchView, ...] = ()
    driver: str = ""

    def job(self, job_id: str) -> JobView | None:
        """The job of that id, None when it is not in the picture."""
        return next((view for batch in self.batches for view in batch.jobs if view.id == job_id), None)

    def box(self, instance_id: int | None) -> Box | None:
        """The box of that id, None when it is not in the picture."""
        return next((b for b in self.boxes.value or () if b.id == instance_id), None)

    def alerts_after(self, number: int) -> tuple[Alert, ...]:
        """The alerts with a higher number, oldest first."""
        new: list[Alert] = []
        for event in reversed(self.events):
            if event.alert is not None:
                if event.alert.number <= number:
                    break
                new.append(event.alert)
        return tuple(reversed(new))

    @property
    def trouble(self) -> VastError | None:
        """The error of the most important part that is failing, None when all is well."""
        return self.boxes.error or self.account.error or self.market.error
