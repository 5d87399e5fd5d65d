"""What the journal keeps. Times are epoch seconds, money US dollars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

HostVerdict = Literal["allow", "block"]
Whose = Literal["host", "machine"]


@dataclass(frozen=True, slots=True)
class Intent:
    """A rent that was about to be requested.

    Attributes:
        dph: the offer's price when it was chosen, $/h.
        state: "open" until settled, then "rented", "failed" or "left" (refused, an instance stayed behind).
        job_id: the job that it is for, "" for a rental by hand.
    """

    intent_id: int
    label: str
    offer_id: int
    spec: str
    dph: float | None
    at: float
    state: str
    instance_id: int | None
    detail: str
    job_id: str = ""


@dataclass(frozen=True, slots=True)
class HostNote:
    """What is written of a host, or of one machine.

    Attributes:
        host_id: the host's id, or the machine's.
        verdict: what the user decided, None when nothing.
        note: the user's own words, or "".
        fault: how it last failed one of our rentals, or "".
        until: when the verdict ends, None for never.
        favourite: the user likes it.
        whose: which of the two the id is of.
    """

    host_id: int
    verdict: HostVerdict | None
    note: str
    at: float
    fault: str = ""
    until: float | None = None
    favourite: bool = False
    whose: Whose = "host"

    @property
    def text(self) -> str:
        """The note and the fault, as they are shown."""
        return "; ".join(part for part in (self.note, self.fault) if part)


@dataclass(frozen=True, slots=True)
class RentalRecord:
    """What one rental taught about its host. Times are epoch seconds.

    Attributes:
        gpu: the model, "" when unknown.
        ready: when SSH was ready for the first time, None when it never was.
        ended: when it was last seen, None while it is there.
        failure: class of its failure (`vasttui.jobs.lifecycle.Failure` or a phase that never ended), or "".
        interruptions: how often it was outbid or went offline.
        promised_down / measured_down: network in Mbps: what the offer said, and the fastest that was measured.
        spent: $ that it cost.
    """

    instance_id: int
    host_id: int | None
    machine_id: int | None
    gpu: str
    rented: float
    ready: float | None = None
    ended: float | None = None
    failure: str = ""
    interruptions: int = 0
    promised_down: float | None = None
    measured_down: float | None = None
    spent: float = 0.0


@dataclass(frozen=True, slots=True)
class PriceSample:
    """What a GPU model cost in one search, $ per GPU and hour.

    Attributes:
        type: "on-demand", "bid" (the least bids) or "reserved".
        offers: how many offers it is made of.
        q1 / q3: the quarter below and above which they lie.
    """

    gpu: str
    type: str
    at: float
    offers: int
    low: float
    q1: float
    median: float
    q3: float


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """An instance that was ours, also after it is gone.

    Attributes:
        spent: $ so far: what Vast.ai says, else what its prices add up to.
        last_seen: until when its cost was last estimated, so when it was last listed; None when it never was.
        settled: `spent` is what Vast.ai finally charged, not an estimate.
    """

    instance_id: int
    label: str | None
    gpu: str | None
    dph: float | None
    first_seen: float
    offer_id: int | None
    spent: float
    host_id: int | None = None
    last_seen: float | None = None
    settled: bool = False


@dataclass(frozen=True, slots=True)
class Bill:
    """What an instance is estimated to have cost over a time.

    Attributes:
        usd: $.
        since: beginning of that time, None when unknown.
        until: its end; it counts for this day (UTC).
    """

    instance_id: int
    usd: float
    since: float | None
    until: float


@dataclass(frozen=True, slots=True)
class Charge:
    """What Vast.ai says that an instance has cost in all its life, $.

    Attributes:
        until: how far the charge reaches, None when not told.
        at: when Vast.ai said so.
        final: nothing is added any more.
    """

    instance_id: int
    usd: float
    until: float | None
    at: float
    final: bool


@dataclass(frozen=True, slots=True)
class JobSpan:
    """A job that had an instance, from the first to the last that is known of the two together."""

    instance_id: int
    job_id: str
    began: float
    ended: float


@dataclass(frozen=True, slots=True)
class Batch:
    """Jobs that were asked for together.

    Attributes:
        batch_id: number of the batch, growing.
        spec: the job's specification as JSON (see `vasttui.jobs.spec`), as it was when the batch began.
        budget: $ that all its jobs may cost together, None without a limit.
        max_parallel: jobs that may run at once.
        paused: no further job begins until it is taken up again.
        closed: all its jobs have ended and nothing is left to clean up.
    """

    batch_id: int
    name: str
    spec: str
    created: float
    budget: float | None
    max_parallel: int
    paused: bool = False
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """One input's way through the machinery. Replaced, never changed.

    Attributes:
        job_id: unique for ever, fit for labels, file names and shell words, e.g. "upscale-k3x9-007".
        number: place in the batch, from 1.
        input: what `{input}` stands for, "" for a job without inputs.
        name: what `{name}` stands for.
        phase: a `vasttui.jobs.lifecycle.JobPhase`.
        since: when it entered the phase.
        tries: attempts that count against the limit, the present one included.
        runs: attempts that were ever begun; the present one's number, which is never used twice.
        instance_id: the box it has, None while it has none.
        label: label of the rental it waits for or has, "" before; a lost answer is settled by it.
        hourly: price of its box, $/h, None before.
        began: when the present attempt began to cost (the rent request), None before.
        worked: when the present attempt's work began on the box, None before.
        outcome: a `vasttui.jobs.lifecycle.Outcome` once it is decided, else "".
        failure: class of the last failure (`vasttui.jobs.lifecycle.Failure`), of the last attempt or the job's, or "".
        reason: why it failed, or what is to be known of how it ended, one line.
        result: an address, or the folder on this computer with its files, "" before.
        exit_code: of its command, None when unknown.
        spent: $ that its earlier attempts cost.
        wish: what the user asked for and is not done yet: "cancel", "retry", "elsewhere" or "".
        not_before: it is not begun again before this moment, 0 for at once.
        created: when it was queued.
        ended: when its outcome was decided, None before.
    """

    job_id: str
    batch_id: int
    number: int
    input: str
    name: str
    phase: str
    since: float
    created: float
    tries: int = 0
    runs: int = 0
    instance_id: int | None = None
    label: str = ""
    offer_id: int | None = None
    host_id: int | None = None
    machine_id: int | None = None
    hourly: float | None = None
    began: float | None = None
    worked: float | None = None
    outcome: str = ""
    failure: str = ""
    reason: str = ""
    result: str = ""
    exit_code: int | None = None
    spent: float = 0.0
    wish: str = ""
    not_before: float = 0.0
    ended: float | None = None

    @property
    def run_id(self) -> str:
        """What `VASTTUI_JOB_ID` holds on the box: the job and its attempt, so that no other run's marks count."""
        return f"{self.job_id}.{self.runs}"


@dataclass(frozen=True, slots=True)
class JobEvent:
    """Something that happened to a job.

    Attributes:
        event_id: number of the event, growing over all jobs.
        event: the phase that it entered, or a word such as "retry", "wait", "note".
        detail: one line, may be "".
    """

    event_id: int
    job_id: str
    at: float
    event: str
    detail: str
    instance_id: int | None


@dataclass(frozen=True, slots=True)
class Lease:
    """Until when a box that we rented may live without being looked after.

    Attributes:
        job_id: the job that it was rented for, "" for a box that was rented by hand.
        seconds: how far each extension reaches.
        until: when it ends by what we last told the box; the box's own watchdog decides.
        end: "destroy" or "stop".
        fixed: it was given by the user and is extended by the user only.
    """

    instance_id: int
    job_id: str
    seconds: float
    until: float
    end: str
    fixed: bool


@dataclass(frozen=True, slots=True)
class HostFault:
    """A host that failed one of our rentals."""

    host_id: int | None
    machine_id: int | None
    at: float
    failure: str
    reason: str
    job_id: str
