"""Jobs in the frozen picture that a screen draws. Times are epoch seconds, money is US dollars."""

from __future__ import annotations

from dataclasses import dataclass

from vasttui.api.models import Offer
from vasttui.jobs.progress import Progress
from vasttui.jobs.spec import Input, JobSpec
from vasttui.journal.records import Batch, Job


@dataclass(frozen=True, slots=True)
class SwitchState:
    """The dead man's switch of a box: does it end by itself when nobody comes any more?

    Attributes:
        armed: it is; None while that is not known yet.
        until: when the box ends itself, by what it last said; None when unknown.
        end: "destroy" or "stop".
        fixed: the lease ends then whatever happens, unless the user extends it.
        text: why it is not armed, or what it waits for; may be "".
    """

    armed: bool | None
    until: float | None
    end: str = "destroy"
    fixed: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class JobView:
    """A job and what we make of it.

    Attributes:
        waiting: why it waits, "" while it does not.
        spent: $ of all its attempts so far, None when unknown.
        progress: by its log, None before.
        quiet: seconds since the last sign of life of its work, None when it does not work.
        collected: 0..1 of its results' bytes, None while they are not fetched.
    """

    job: Job
    waiting: str = ""
    spent: float | None = None
    progress: Progress | None = None
    quiet: float | None = None
    collected: float | None = None

    @property
    def id(self) -> str:
        """The job's id."""
        return self.job.job_id


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch and how far it is.

    Attributes:
        jobs: by number.
        spent: $ so far, None when unknown.
        expected: $ that it will have cost in all, None while that cannot be told.
        eta: seconds until its end, None while that cannot be told.
        waiting: why no further job begins ("paused", "budget: …"), "" when that is not so.
    """

    batch: Batch
    jobs: tuple[JobView, ...]
    spent: float | None = None
    expected: float | None = None
    eta: float | None = None
    waiting: str = ""

    @property
    def id(self) -> int:
        """The batch's number."""
        return self.batch.batch_id

    def count(self, *phases: str) -> int:
        """Jobs in one of these phases."""
        return sum(view.job.phase in phases for view in self.jobs)

    def ended(self, outcome: str) -> int:
        """Jobs with that outcome."""
        return sum(view.job.outcome == outcome for view in self.jobs)


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """What a batch would do: a dry run, nothing is spent.

    Attributes:
        inputs: all, the ones to be skipped with their reason.
        offers: the first ones that would be rented, the best first.
        hourly: $/h of a box on the best offer; None without an offer.
        reserved: $ that are set aside for each job, None when the specification sets no limit to go by.
        problems: what would keep it from running: no offer, over a ceiling, no credit.
        remarks: what is worth knowing, such as a switch that cannot be armed.
        watchdog: whether the dead man's switch can be armed on its boxes.
    """

    spec: JobSpec
    inputs: tuple[Input, ...]
    offers: tuple[Offer, ...] = ()
    hourly: float | None = None
    reserved: float | None = None
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    watchdog: bool = True
