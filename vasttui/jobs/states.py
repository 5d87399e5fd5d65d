"""The words of a job's life: where it is, what is known around it, what can be done next.

What follows from what is decided in `vasttui.jobs.lifecycle`, which gives all these names on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vasttui.instances.phases import Phase
from vasttui.jobs.spec import End


class JobPhase(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    SEARCHING = "searching"
    RENTING = "renting"
    UNCONFIRMED = "unconfirmed"
    CREATING = "creating"
    LOADING = "loading"
    STARTING = "starting"
    CONNECTING = "connecting"
    WORKING = "working"
    COLLECTING = "collecting"
    CLEANING = "cleaning"
    DONE = "done"


class Outcome(StrEnum):
    """How a job ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


class Failure(StrEnum):
    """Why an attempt failed."""

    OFFER_GONE = "offer gone"
    NO_OFFER = "no offer"
    NO_CREDIT = "no credit"
    BAD_IMAGE = "bad image"
    HOST = "host fault"
    STALLED = "stalled"
    OUTBID = "outbid"
    MEMORY = "out of memory"
    DISK = "disk full"
    NETWORK = "network"
    COST = "cost limit"
    TIME = "time limit"
    LOST = "box lost"
    REFUSED = "refused"
    JOB = "job failed"


@dataclass(frozen=True, slots=True)
class Ended:
    """How the work on the box ended, by its own marks and the job's rules (see `vasttui.jobs.outcome`)."""

    ok: bool
    failure: Failure | None
    reason: str
    exit_code: int | None = None


@dataclass(frozen=True, slots=True)
class Rent:
    """How the rent request of this attempt stands.

    Attributes:
        state: "none" (not sent), "sending", "lost" (unconfirmed), "rented" or "refused".
        failure, reason: of a refused one.
    """

    state: str = "none"
    failure: Failure | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known around one job at a moment. Times in seconds.

    Attributes:
        waits: why this job may not begin now ("paused", "8 of 8 run", "budget: …"), "" when it may; the others count.
        idle_box: a box of the batch is free for the next input, and answers.
        offer: an offer that may be rented is at hand: True, False (a search found none), None (not searched yet).
        offer_reason: what the search said when it found none.
        rent: how the rent request stands.
        listed: there is a whole listing that is younger than this attempt's last request.
        box: phase of its box; None when the listing lacks it, or there is none.
        box_for: since when the box has been in that phase, in seconds; None when unknown.
        box_text: Vast.ai's own words about the box, without secrets; may be "".
        paused: how long of this attempt its box was outbid.
        quiet: between the last sign of life of its work and the last time that one was looked for; None when unknown.
        started: its work has begun since the box last came up: it printed the start mark, or the start over SSH worked.
        start_error: why the start over SSH failed for good, "" otherwise.
        ended: how the work ended, None while it goes on.
        collecting: "none", "running", "done" or "failed".
        collect_reason: why collecting failed, or "".
        spent: $ that this attempt has cost so far, None when unknown.
        box_released: the box is seen to be gone, stopped, or was handed on or left as told.
    """

    now: float
    waits: str = ""
    idle_box: bool = False
    offer: bool | None = None
    offer_reason: str = ""
    rent: Rent = Rent()
    listed: bool = True
    box: Phase | None = None
    box_text: str = ""
    box_for: float | None = None
    paused: float = 0.0
    quiet: float | None = None
    started: bool = False
    start_error: str = ""
    ended: Ended | None = None
    collecting: str = "none"
    collect_reason: str = ""
    spent: float | None = None
    box_released: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do now; `why` is shown ("" when the phase says it all)."""

    why: str = ""


@dataclass(frozen=True, slots=True)
class Enter:
    """The job is in another phase now; nothing else to do."""

    phase: JobPhase
    note: str = ""


@dataclass(frozen=True, slots=True)
class Search:
    """Look for an offer."""


@dataclass(frozen=True, slots=True)
class RentBox:
    """Begin an attempt: rent the offer at hand."""


@dataclass(frozen=True, slots=True)
class TakeBox:
    """Begin an attempt on the idle box."""


@dataclass(frozen=True, slots=True)
class StartWork:
    """Start the work over SSH."""


@dataclass(frozen=True, slots=True)
class Collect:
    """Fetch the results."""


@dataclass(frozen=True, slots=True)
class Finish:
    """The outcome is decided; the box is cleaned up next."""

    outcome: Outcome
    failure: Failure | None = None
    reason: str = ""
    exit_code: int | None = None


@dataclass(frozen=True, slots=True)
class Again:
    """This attempt is over: give its box up, and queue the job again.

    Attributes:
        counts: it was a try; an offer that was gone is none.
        elsewhere: not on that host again.
        blame: the host is at fault: it goes into the host book.
        delay: seconds before the next attempt.
    """

    failure: Failure
    reason: str
    counts: bool = True
    elsewhere: bool = True
    blame: bool = False
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Release:
    """Give the box up: "destroy", "stop" or "keep"; with `reuse` it may serve the next input instead."""

    end: End
    reuse: bool = False


@dataclass(frozen=True, slots=True)
class Close:
    """Nothing is left to do: done."""


Step = Wait | Enter | Search | RentBox | TakeBox | StartWork | Collect | Finish | Again | Release | Close
