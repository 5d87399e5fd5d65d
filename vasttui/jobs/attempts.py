"""What is next for an attempt that has a box: it boots, works, its results are fetched; or it is given up."""

from __future__ import annotations

from collections.abc import Callable

from vasttui.instances.phases import Phase
from vasttui.jobs.failures import failure_of_status
from vasttui.jobs.spec import JobSpec
from vasttui.jobs.states import (
    Again,
    Collect,
    Ended,
    Enter,
    Failure,
    Finish,
    JobPhase,
    Known,
    Outcome,
    StartWork,
    Step,
    Wait,
)
from vasttui.journal.records import Job

DEAF = 300.0
"""Seconds without a heartbeat from its host after which a box is given up; many hosts come back within a minute."""

LAST_WORDS = 60.0
"""Seconds after the end of a container in which its log may still tell how the work ended."""

_DELAYS = {Failure.NETWORK: 10.0, Failure.REFUSED: 10.0, Failure.LOST: 5.0}
"""Seconds before the next attempt, times the attempts so far; after other failures it begins at once."""

_BOOTING = {
    Phase.CREATING: JobPhase.CREATING,
    Phase.SCHEDULING: JobPhase.CREATING,
    Phase.PULLING: JobPhase.LOADING,
    Phase.REBOOTING: JobPhase.STARTING,
    Phase.STARTING: JobPhase.STARTING,
    Phase.CONNECTING: JobPhase.CONNECTING,
    Phase.READY: JobPhase.CONNECTING,
    Phase.RUNNING: JobPhase.CONNECTING,
}
_PARKED = {
    Phase.OUTBID: "outbid: it goes on when the bid is high enough again",
    Phase.STOPPED: "its box was stopped: start the box, or cancel the job",
    Phase.FROZEN: "its box is frozen, and its GPU billed: start the box, or cancel the job",
}
_UP = frozenset({Phase.STARTING, Phase.CONNECTING, Phase.READY, Phase.RUNNING})
_WHY = {
    Phase.SCHEDULING: "waits for a free GPU on its host",
    Phase.STOPPING: "its box is being stopped",
    Phase.DESTROYING: "its box is being destroyed",
    Phase.EXITED: "its container has exited",
    Phase.OFFLINE: "its host is offline",
    Phase.UNKNOWN: "no heartbeat from its host",
}


def step_with_box(job: Job, spec: JobSpec, known: Known) -> Step:
    """The next step of a job that has a box: creating to collecting."""
    if job.wish == "cancel":
        return Finish(Outcome.CANCELLED, None, "cancelled", job.exit_code)
    if job.wish == "elsewhere":
        return Again(Failure.HOST, "sent elsewhere by the user", counts=False)
    rule = {JobPhase.WORKING: _working, JobPhase.COLLECTING: _collecting}.get(JobPhase(job.phase), _booting)
    return rule(job, spec, known)


def give_up(
    job: Job, spec: JobSpec, failure: Failure, reason: str, *, blame: bool = False, exit_code: int | None = None
) -> Step:
    """The end of an attempt that failed: another one elsewhere, if the job may have it, else the job's end."""
    if failure not in spec.limits.elsewhere or job.tries >= spec.limits.tries:
        return Finish(Outcome.FAILED, failure, reason, exit_code)
    return Again(failure, reason, blame=blame, delay=_DELAYS.get(failure, 0.0) * max(1, job.tries))


def over_limit(job: Job, spec: JobSpec, known: Known) -> Finish | None:
    """The end of a job that has used up its money, or an attempt's whole time; None while it has not."""
    limits, cost = spec.limits, job.spent + (known.spent or 0.0)
    if limits.cost is not None and cost >= limits.cost:
        return Finish(Outcome.FAILED, Failure.COST, f"it has cost ${cost:.2f} of at most ${limits.cost:.2f}")
    if limits.total is not None and job.began is not None and known.now - job.began >= limits.total:
        return _too_long("it", limits.total)
    return None


def _too_long(what: str, limit: float) -> Finish:
    return Finish(Outcome.TIMED_OUT, Failure.TIME, f"{what} took longer than {length(limit)}")


def length(seconds: float) -> str:
    """A limit in words, e.g. "30 min"."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def _booting(job: Job, spec: JobSpec, known: Known) -> Step:
    box = known.box
    if known.ended is not None or (known.started and box in _UP):
        return Enter(JobPhase.WORKING)
    if box in (Phase.READY, Phase.RUNNING) and not _starts_over_ssh(job, spec):
        return Enter(JobPhase.WORKING)
    step = over_limit(job, spec, known) or _trouble(job, spec, known) or _parked(job, spec, known)
    step = step or _boots_too_long(job, spec, known)
    if step is not None:
        return step
    if known.start_error:
        return give_up(job, spec, Failure.NETWORK, f"the work could not be started: {known.start_error}")
    phase = _BOOTING.get(box) if box else None
    if phase is JobPhase.CREATING and job.worked is not None:
        phase = JobPhase.LOADING
    if phase is not None and phase != job.phase:
        return Enter(phase)
    if box is Phase.READY:
        return StartWork()
    return Wait("waits for SSH" if box is Phase.RUNNING else _why(known))


def _starts_over_ssh(job: Job, spec: JobSpec) -> bool:
    """A box that was not rented for this attempt has run its start command for another one."""
    return spec.start.kind == "ssh" or not job.label


def _boots_too_long(job: Job, spec: JobSpec, known: Known) -> Step | None:
    limit = spec.limits.boot
    # A box that had come up before boots again: it has the whole time once more, from when it no longer stands still.
    since = job.began if job.worked is None else job.since
    stood_still = job.worked is not None and job.phase == JobPhase.CREATING
    if limit is None or since is None or known.box is None or stood_still:
        return None
    if known.now - since - known.paused < limit:
        return None
    why = known.box_text or _why(known)
    reason = f"its box did not come up within {length(limit)}" + (f": {why}" if why else "")
    return give_up(job, spec, Failure.STALLED, reason, blame=known.box not in (Phase.SCHEDULING, *_PARKED))


def _working(job: Job, spec: JobSpec, known: Known) -> Step:
    if known.ended is not None:
        return _after_work(job, spec, known, known.ended)
    step = over_limit(job, spec, known)
    if step is None and spec.limits.work is not None and known.now - job.since >= spec.limits.work:
        step = _too_long("the work", spec.limits.work)
    return step or _trouble(job, spec, known) or _parked(job, spec, known) or _at_work(job, spec, known)


def _at_work(job: Job, spec: JobSpec, known: Known) -> Step:
    if known.box in (Phase.CREATING, Phase.SCHEDULING, Phase.PULLING, Phase.REBOOTING):
        return Enter(JobPhase.LOADING, "its box comes up again")
    limit = spec.limits.quiet
    # After its box came up again the silence before that does not count.
    quiet = None if known.quiet is None else min(known.quiet, known.now - job.since)
    if limit is not None and quiet is not None and quiet >= limit:
        return give_up(job, spec, Failure.STALLED, f"no sign of life for {length(limit)}")
    return Wait(_why(known))


def _after_work(job: Job, spec: JobSpec, known: Known, ended: Ended) -> Step:
    if not ended.ok:
        failure = ended.failure or Failure.JOB
        blame = failure is Failure.HOST
        return give_up(job, spec, failure, ended.reason, blame=blame, exit_code=ended.exit_code)
    if not spec.result.files:
        return Finish(Outcome.SUCCEEDED, None, ended.reason, ended.exit_code)
    return _box_is_gone(job, spec, known) or Collect()


def _collecting(job: Job, spec: JobSpec, known: Known) -> Step:
    code = known.ended.exit_code if known.ended else job.exit_code
    if known.collecting == "done":
        return Finish(Outcome.SUCCEEDED, None, "", code)
    step: Step | None = over_limit(job, spec, known)
    limit = spec.limits.collect
    if step is None and limit is not None and known.now - job.since >= limit:
        step = _too_long("fetching its results", limit)
    if step is None and known.collecting == "failed":
        step = Finish(Outcome.FAILED, Failure.NETWORK, known.collect_reason or "its results could not be fetched")
    if isinstance(step, Finish):
        return Finish(step.outcome, step.failure, step.reason, code)
    step = _box_is_gone(job, spec, known)
    if step is not None:
        return step
    return Collect() if known.collecting == "none" else Wait()


def _box_is_gone(job: Job, spec: JobSpec, known: Known) -> Step | None:
    if known.listed and known.box in (None, Phase.GONE):
        before = "its results were fetched" if job.phase == JobPhase.COLLECTING or known.ended else "its work ended"
        return give_up(job, spec, Failure.LOST, f"its box was gone before {before}")
    return None


def _trouble(job: Job, spec: JobSpec, known: Known) -> Step | None:
    """The end of an attempt whose box is lost or broken; None while it may go on."""
    rule = _TROUBLES.get(known.box)
    return rule(job, spec, known) if rule else None


def _failed(job: Job, spec: JobSpec, known: Known) -> Step:
    failure = failure_of_status(known.box_text) or Failure.HOST
    reason = known.box_text or "its box failed to start"
    if failure is Failure.BAD_IMAGE:
        return Finish(Outcome.FAILED, failure, reason)
    return give_up(job, spec, failure, reason, blame=failure is Failure.HOST)


def _exited(job: Job, spec: JobSpec, known: Known) -> Step | None:
    if _for(job, known) < LAST_WORDS:
        return None
    told = f": {known.box_text}" if known.box_text else ""
    if spec.start.kind == "template":
        # Its container runs nothing but the template's own command.
        return give_up(job, spec, Failure.JOB, f"its container exited without a sign of success{told}")
    failure = failure_of_status(known.box_text) or Failure.LOST
    return give_up(job, spec, failure, f"its container exited{told}", blame=failure is Failure.HOST)


def _deaf(job: Job, spec: JobSpec, known: Known) -> Step | None:
    if _for(job, known) < DEAF:
        return None
    return give_up(job, spec, Failure.HOST, f"{_why(known)} for {length(DEAF)}", blame=True)


def _outbid(job: Job, spec: JobSpec, known: Known) -> Step | None:
    return give_up(job, spec, Failure.OUTBID, "outbid") if spec.outbid == "move" else None


_TROUBLES: dict[Phase | None, Callable[[Job, JobSpec, Known], Step | None]] = {
    None: _box_is_gone,
    Phase.GONE: _box_is_gone,
    Phase.FAILED: _failed,
    Phase.EXITED: _exited,
    Phase.OFFLINE: _deaf,
    Phase.UNKNOWN: _deaf,
    Phase.OUTBID: _outbid,
}


def _parked(job: Job, spec: JobSpec, known: Known) -> Step | None:
    """A box that stands still and may go on; a box that never came up and was stopped by nobody has a limit."""
    if known.box not in _PARKED:
        return None
    if known.box is not Phase.OUTBID and job.worked is None:
        too_long = _boots_too_long(job, spec, known)
        if too_long is not None:
            return too_long
    why = _PARKED[known.box]
    return Wait(why) if job.phase == JobPhase.CREATING else Enter(JobPhase.CREATING, why)


def _for(job: Job, known: Known) -> float:
    """Seconds for which its box is as it is."""
    return known.box_for if known.box_for is not None else known.now - job.since


def _why(known: Known) -> str:
    return _WHY.get(known.box, "") if known.box else ""
