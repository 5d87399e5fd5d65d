"""What happens next to a job: one pure function of the job and what is known.

    queued → searching → renting (→ unconfirmed) → creating → loading → starting → connecting → working → collecting
        → cleaning → done

An attempt that fails for a reason that another host may not have goes back to queued. A box that stands still while
its job works (outbid, stopped) takes the job back to creating. The outcome is decided before cleaning; cleaning ends
when the box is seen to be gone, stopped, kept or handed on.
"""

from __future__ import annotations

from vasttui.instances.phases import Phase
from vasttui.jobs.attempts import give_up, length, over_limit, step_with_box
from vasttui.jobs.spec import End, JobSpec
from vasttui.jobs.states import (
    Again,
    Close,
    Collect,
    Ended,
    Enter,
    Failure,
    Finish,
    JobPhase,
    Known,
    Outcome,
    Release,
    Rent,
    RentBox,
    Search,
    StartWork,
    Step,
    TakeBox,
    Wait,
)
from vasttui.journal.records import Job

__all__ = [
    "Again", "Close", "Collect", "Ended", "Enter", "Failure", "Finish", "JobPhase", "Known", "Outcome", "Release",
    "Rent", "RentBox", "Search", "StartWork", "Step", "TakeBox", "Wait", "next_step",
]  # fmt: skip

SOON = 2.0
"""Seconds before the next offer is tried when one was gone."""

LATER = 30.0
"""The same when Vast.ai could not be asked, or takes no more requests."""

_UNSETTLED = "its rent request is not settled yet"


def next_step(job: Job, spec: JobSpec, known: Known) -> Step:
    """What happens next to a job. Pure: the same answer for the same question."""
    phase = JobPhase(job.phase)
    if phase is JobPhase.DONE:
        return Wait()
    if phase is JobPhase.CLEANING:
        return _cleaning(job, spec, known)
    if job.outcome:
        return Enter(JobPhase.CLEANING)
    if phase in (JobPhase.QUEUED, JobPhase.SEARCHING):
        return _before_an_attempt(job, spec, known)
    if phase in (JobPhase.RENTING, JobPhase.UNCONFIRMED) and job.instance_id is None:
        return _renting(job, spec, known)
    if phase in (JobPhase.RENTING, JobPhase.UNCONFIRMED):
        return Enter(JobPhase.CREATING)
    return step_with_box(job, spec, known)


def _before_an_attempt(job: Job, spec: JobSpec, known: Known) -> Step:
    if job.wish == "cancel":
        return Finish(Outcome.CANCELLED, None, "cancelled", job.exit_code)
    left = _left_behind(job, known)
    if left is not None:
        return left
    limit = over_limit(job, spec, known)
    if limit is not None:
        return limit
    if known.waits:
        return Wait(known.waits) if job.phase == JobPhase.QUEUED else Enter(JobPhase.QUEUED, known.waits)
    if known.now < job.not_before:
        return Wait(f"waits before its next try: {job.failure}" if job.failure else "waits before its next try")
    if known.idle_box:
        return TakeBox()
    return Search() if job.phase == JobPhase.QUEUED else _searching(job, spec, known)


def _left_behind(job: Job, known: Known) -> Step | None:
    """Nothing is begun while the attempt before may still have a box: there are never two for one job."""
    if known.rent.state in ("sending", "lost"):
        return Wait(_UNSETTLED)
    if job.instance_id is not None and not known.box_released:
        return Release("destroy")
    if known.rent.state == "rented" and job.instance_id is None:
        return Enter(JobPhase.RENTING, "its rental was found")
    return None


def _searching(job: Job, spec: JobSpec, known: Known) -> Step:
    if known.offer:
        return RentBox()
    limit = spec.limits.search
    if limit is not None and known.now - job.since >= limit:
        why = known.offer_reason or "the search was not answered"
        return Finish(Outcome.FAILED, Failure.NO_OFFER, f"no offer within {length(limit)}: {why}")
    return Wait("" if known.offer is None else known.offer_reason or "no offer fits")


def _renting(job: Job, spec: JobSpec, known: Known) -> Step:
    state = known.rent.state
    if state == "rented":
        return Enter(JobPhase.CREATING)
    if state in ("sending", "lost"):
        return _unanswered(job, known)
    if job.wish == "cancel":
        return Finish(Outcome.CANCELLED, None, "cancelled")
    if state == "none":
        return Again(Failure.OFFER_GONE, "nothing was rented", counts=False, elsewhere=False, delay=SOON)
    return _refused(job, spec, known.rent)


def _unanswered(job: Job, known: Known) -> Step:
    """Even a cancelled job waits here: what its request made has to be known before it can be cleaned up."""
    if known.rent.state == "lost" and job.phase == JobPhase.RENTING:
        return Enter(JobPhase.UNCONFIRMED)
    if job.wish == "cancel":
        return Wait(f"is being cancelled: {_UNSETTLED}")
    return Wait("its answer was lost: the next listings tell" if known.rent.state == "lost" else "")


def _refused(job: Job, spec: JobSpec, rent: Rent) -> Step:
    failure = rent.failure or Failure.REFUSED
    reason = rent.reason or "nothing was rented"
    if failure in (Failure.NO_CREDIT, Failure.BAD_IMAGE):
        return Finish(Outcome.FAILED, failure, reason)
    if failure is Failure.NETWORK:
        return Again(failure, reason, counts=False, elsewhere=False, delay=LATER)
    if failure is Failure.OFFER_GONE and failure in spec.limits.elsewhere:
        return Again(failure, reason, counts=False, elsewhere=False, delay=SOON)
    return give_up(job, spec, failure, reason)


def _cleaning(job: Job, spec: JobSpec, known: Known) -> Step:
    if known.rent.state in ("sending", "lost"):
        return Wait(_UNSETTLED)
    if job.instance_id is None and known.rent.state != "rented":
        return Close()
    if known.box_released:
        return Close()
    good = job.outcome == Outcome.SUCCEEDED
    return Release(_end(job, spec, known), reuse=spec.reuse and good and known.box is Phase.READY)


def _end(job: Job, spec: JobSpec, known: Known) -> End:
    """What becomes of the box. One that holds the only results of good work is not destroyed but stopped."""
    if job.outcome in (Outcome.SUCCEEDED, Outcome.SKIPPED):
        return spec.end_success
    if spec.end_failure == "destroy" and _holds_results(job, spec, known):
        return "stop"
    return spec.end_failure


def _holds_results(job: Job, spec: JobSpec, known: Known) -> bool:
    if not spec.result.files or job.failure not in (Failure.NETWORK, Failure.TIME, Failure.COST):
        return False
    return known.ended.ok if known.ended else job.exit_code is not None and job.exit_code == spec.exit_code
