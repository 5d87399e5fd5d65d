"""What happens next to a job: all cases, as a table, and what holds whatever is known."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from random import Random
from typing import Any, get_args

import pytest

from vasttui.instances.phases import Phase
from vasttui.jobs.lifecycle import (
    LATER,
    SOON,
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
    next_step,
)
from vasttui.jobs.spec import JobSpec, Limits, ResultSpec, StartSpec
from vasttui.journal.records import Job

NOW = 100_000.0
SPEC = JobSpec(name="up")
FILES = JobSpec(name="up", result=ResultSpec(files=("out/*",)))
SSH = JobSpec(name="up", start=StartSpec(kind="ssh"))
TEMPLATE = JobSpec(name="up", start=StartSpec(kind="template"))
GOOD = Ended(True, None, "", 0)


def queued(**facts: Any) -> Job:
    """A job that has not begun."""
    base = Job("up-k3x9-007", 1, 7, "in/7.mp4", "7", JobPhase.QUEUED, since=NOW - 60, created=NOW - 3600)
    return replace(base, **facts)


def searching(**facts: Any) -> Job:
    return queued(**{"phase": JobPhase.SEARCHING, **facts})


def renting(**facts: Any) -> Job:
    return queued(**{"phase": JobPhase.RENTING, "label": "up~abc", "tries": 1, "began": NOW - 60, **facts})


def boxed(at: JobPhase, **facts: Any) -> Job:
    """A job with a box that was rented for it ten minutes ago."""
    return renting(**{"phase": at, "instance_id": 5, "began": NOW - 600, **facts})


def working(at: JobPhase = JobPhase.WORKING, **facts: Any) -> Job:
    return boxed(at, **{"worked": NOW - 60, **facts})


def taken(at: JobPhase, **facts: Any) -> Job:
    """A job on a box that served another one before."""
    return boxed(at, **{"label": "", **facts})


def collecting(**facts: Any) -> Job:
    return working(JobPhase.COLLECTING, **facts)


def cleaning(outcome: Outcome, **facts: Any) -> Job:
    return boxed(JobPhase.CLEANING, **{"outcome": outcome, **facts})


def known(**facts: Any) -> Known:
    return Known(**{"now": NOW, **facts})


def rent(state: str, failure: Failure | None = None, reason: str = "") -> Known:
    return known(rent=Rent(state, failure, reason))


def box(phase: Phase | None, **facts: Any) -> Known:
    return known(box=phase, rent=Rent("rented"), **facts)


def limited(spec: JobSpec = SPEC, **limits: Any) -> JobSpec:
    return replace(spec, limits=replace(spec.limits, **limits))


QUEUE = [
    ("a slot is free", queued(), SPEC, known(), Search()),
    ("another must end first", queued(), SPEC, known(waits="8 of 8 run"), Wait("8 of 8 run")),
    ("the money does not reach", queued(), SPEC, known(waits="budget: …", idle_box=True), Wait("budget: …")),
    ("a box of the batch is free", queued(), SPEC, known(idle_box=True), TakeBox()),
    ("it failed a moment ago", queued(not_before=NOW + 5, failure="network"), SPEC, known(),
     Wait("waits before its next try: network")),
    ("its time has come", queued(not_before=NOW), SPEC, known(), Search()),
    ("cancelled", queued(wish="cancel"), SPEC, known(waits="paused"), Finish(Outcome.CANCELLED, None, "cancelled")),
    ("earlier attempts took all it may cost", queued(spent=2.0), limited(cost=2.0), known(),
     Finish(Outcome.FAILED, Failure.COST, "it has cost $2.00 of at most $2.00")),
    ("its last box is still there", queued(instance_id=5), SPEC, known(), Release("destroy")),
    ("its last box is gone", queued(instance_id=5), SPEC, known(box_released=True), Search()),
    ("an old request is not settled", queued(label="x"), SPEC, rent("lost"),
     Wait("its rent request is not settled yet")),
    ("an old request made a box", queued(label="x"), SPEC, rent("rented"),
     Enter(JobPhase.RENTING, "its rental was found")),
]  # fmt: skip

SEARCH = [
    ("no answer yet", searching(), SPEC, known(), Wait()),
    ("an offer", searching(), SPEC, known(offer=True), RentBox()),
    ("an offer, but a box of the batch is free", searching(), SPEC, known(offer=True, idle_box=True), TakeBox()),
    ("an offer, but the batch was paused", searching(), SPEC, known(offer=True, waits="paused"),
     Enter(JobPhase.QUEUED, "paused")),
    ("none", searching(), SPEC, known(offer=False, offer_reason="none under $0.30/h"), Wait("none under $0.30/h")),
    ("none, without a word", searching(), SPEC, known(offer=False), Wait("no offer fits")),
    ("none for days, and no limit", searching(since=0.0), SPEC, known(offer=False), Wait("no offer fits")),
    ("none within its limit", searching(since=NOW - 900), limited(search=900.0), known(offer=False, offer_reason="x"),
     Finish(Outcome.FAILED, Failure.NO_OFFER, "no offer within 15 min: x")),
    ("no answer within its limit", searching(since=NOW - 900), limited(search=900.0), known(),
     Finish(Outcome.FAILED, Failure.NO_OFFER, "no offer within 15 min: the search was not answered")),
    ("an offer at the last moment", searching(since=NOW - 900), limited(search=900.0), known(offer=True), RentBox()),
    ("cancelled", searching(wish="cancel"), SPEC, known(offer=True), Finish(Outcome.CANCELLED, None, "cancelled")),
]  # fmt: skip

RENT = [
    ("under way", renting(), SPEC, rent("sending"), Wait()),
    ("rented", renting(), SPEC, rent("rented"), Enter(JobPhase.CREATING)),
    ("adopted", renting(instance_id=5), SPEC, rent("rented"), Enter(JobPhase.CREATING)),
    ("never sent", renting(), SPEC, rent("none"),
     Again(Failure.OFFER_GONE, "nothing was rented", counts=False, elsewhere=False, delay=SOON)),
    ("gone", renting(tries=3), SPEC, rent("refused", Failure.OFFER_GONE, "no_such_ask"),
     Again(Failure.OFFER_GONE, "no_such_ask", counts=False, elsewhere=False, delay=SOON)),
    ("gone, and no other is wanted", renting(), limited(elsewhere=frozenset()),
     rent("refused", Failure.OFFER_GONE, "no_such_ask"), Finish(Outcome.FAILED, Failure.OFFER_GONE, "no_such_ask")),
    ("no credit", renting(), SPEC, rent("refused", Failure.NO_CREDIT, "$0.01 left"),
     Finish(Outcome.FAILED, Failure.NO_CREDIT, "$0.01 left")),
    ("Vast.ai does not answer", renting(tries=3), SPEC, rent("refused", Failure.NETWORK, "no connection"),
     Again(Failure.NETWORK, "no connection", counts=False, elsewhere=False, delay=LATER)),
    ("refused", renting(), SPEC, rent("refused", Failure.REFUSED, "bad port"),
     Again(Failure.REFUSED, "bad port", delay=10.0)),
    ("refused a third time", renting(tries=3), SPEC, rent("refused", Failure.REFUSED, "bad port"),
     Finish(Outcome.FAILED, Failure.REFUSED, "bad port")),
    ("its answer is lost", renting(), SPEC, rent("lost"), Enter(JobPhase.UNCONFIRMED)),
    ("still lost", renting(phase=JobPhase.UNCONFIRMED), SPEC, rent("lost"),
     Wait("its answer was lost: the next listings tell")),
    ("lost, and found by its label", renting(phase=JobPhase.UNCONFIRMED), SPEC, rent("rented"),
     Enter(JobPhase.CREATING)),
    ("lost, and nothing bears its label", renting(phase=JobPhase.UNCONFIRMED), SPEC,
     rent("refused", Failure.OFFER_GONE, "no instance bears its label"),
     Again(Failure.OFFER_GONE, "no instance bears its label", counts=False, elsewhere=False, delay=SOON)),
    ("cancelled while it is under way", renting(wish="cancel"), SPEC, rent("sending"),
     Wait("is being cancelled: its rent request is not settled yet")),
    ("cancelled while it is lost", renting(wish="cancel"), SPEC, rent("lost"), Enter(JobPhase.UNCONFIRMED)),
    ("cancelled and still lost", renting(wish="cancel", phase=JobPhase.UNCONFIRMED), SPEC, rent("lost"),
     Wait("is being cancelled: its rent request is not settled yet")),
    ("cancelled and refused", renting(wish="cancel"), SPEC, rent("refused", Failure.OFFER_GONE, "x"),
     Finish(Outcome.CANCELLED, None, "cancelled")),
    ("cancelled and rented", renting(wish="cancel"), SPEC, rent("rented"), Enter(JobPhase.CREATING)),
]  # fmt: skip

BOOT = [
    ("just rented", boxed(JobPhase.CREATING), SPEC, box(None, listed=False), Wait()),
    ("creating", boxed(JobPhase.CREATING), SPEC, box(Phase.CREATING), Wait()),
    ("pulling", boxed(JobPhase.CREATING), SPEC, box(Phase.PULLING), Enter(JobPhase.LOADING)),
    ("starting", boxed(JobPhase.LOADING), SPEC, box(Phase.STARTING), Enter(JobPhase.STARTING)),
    ("connecting", boxed(JobPhase.STARTING), SPEC, box(Phase.CONNECTING), Enter(JobPhase.CONNECTING)),
    ("ready", boxed(JobPhase.CONNECTING), SPEC, box(Phase.READY), Enter(JobPhase.WORKING)),
    ("ready at once", boxed(JobPhase.CREATING), SPEC, box(Phase.READY), Enter(JobPhase.WORKING)),
    ("runs without SSH", boxed(JobPhase.STARTING), TEMPLATE, box(Phase.RUNNING), Enter(JobPhase.WORKING)),
    ("begun before SSH answers", boxed(JobPhase.STARTING), SPEC, box(Phase.STARTING, started=True),
     Enter(JobPhase.WORKING)),
    ("ended before SSH answers", boxed(JobPhase.STARTING), SPEC, box(Phase.STARTING, ended=GOOD),
     Enter(JobPhase.WORKING)),
    ("waits for a free GPU", boxed(JobPhase.CREATING), SPEC, box(Phase.SCHEDULING),
     Wait("waits for a free GPU on its host")),
    ("to be started over SSH: connecting", boxed(JobPhase.CONNECTING), SSH, box(Phase.CONNECTING), Wait()),
    ("to be started over SSH: up", boxed(JobPhase.STARTING), SSH, box(Phase.READY), Enter(JobPhase.CONNECTING)),
    ("to be started over SSH: answers", boxed(JobPhase.CONNECTING), SSH, box(Phase.READY), StartWork()),
    ("to be started over SSH: no SSH", boxed(JobPhase.CONNECTING), SSH, box(Phase.RUNNING), Wait("waits for SSH")),
    ("to be started over SSH: started", boxed(JobPhase.CONNECTING), SSH, box(Phase.READY, started=True),
     Enter(JobPhase.WORKING)),
    ("to be started over SSH: cannot", boxed(JobPhase.CONNECTING), SSH, box(Phase.READY, start_error="no sftp"),
     Again(Failure.NETWORK, "the work could not be started: no sftp", delay=10.0)),
    ("a box that was there", taken(JobPhase.CONNECTING), SPEC, box(Phase.READY), StartWork()),
    ("a box that was there: started", taken(JobPhase.CONNECTING), SPEC, box(Phase.READY, started=True),
     Enter(JobPhase.WORKING)),
    ("too slow", boxed(JobPhase.LOADING, began=NOW - 1800), SPEC, box(Phase.PULLING, box_text="f2: Downloading"),
     Again(Failure.STALLED, "its box did not come up within 30 min: f2: Downloading", blame=True)),
    ("too slow a third time", boxed(JobPhase.LOADING, began=NOW - 1800, tries=3), SPEC, box(Phase.PULLING),
     Finish(Outcome.FAILED, Failure.STALLED, "its box did not come up within 30 min")),
    ("no free GPU for too long, which is nobody's fault", boxed(JobPhase.CREATING, began=NOW - 1800), SPEC,
     box(Phase.SCHEDULING),
     Again(Failure.STALLED, "its box did not come up within 30 min: waits for a free GPU on its host")),
    ("no limit", boxed(JobPhase.LOADING, began=0.0), limited(boot=None), box(Phase.PULLING), Wait()),
    ("slow, but ready now", boxed(JobPhase.LOADING, began=NOW - 9999), SPEC, box(Phase.READY), Enter(JobPhase.WORKING)),
    ("outbid before it was up: the wait does not count", boxed(JobPhase.LOADING, began=NOW - 7200), SPEC,
     box(Phase.PULLING, paused=6000.0), Wait()),
    ("boots again after it worked: the limit begins anew", boxed(JobPhase.LOADING, began=0.0, worked=50.0), SPEC,
     box(Phase.PULLING), Wait()),
    ("no listing since", boxed(JobPhase.CREATING, began=NOW - 9999), SPEC, box(None, listed=False), Wait()),
    ("not in the list", boxed(JobPhase.CREATING), SPEC, box(None),
     Again(Failure.LOST, "its box was gone before its work ended", delay=5.0)),
    ("being destroyed by someone", boxed(JobPhase.CREATING), SPEC, box(Phase.DESTROYING),
     Wait("its box is being destroyed")),
    ("stopped by someone", boxed(JobPhase.LOADING), SPEC, box(Phase.STOPPED),
     Enter(JobPhase.CREATING, "its box was stopped: start the box, or cancel the job")),
    ("stopped, and never was up", boxed(JobPhase.CREATING, began=NOW - 1800), SPEC, box(Phase.STOPPED),
     Again(Failure.STALLED, "its box did not come up within 30 min")),
    ("no such image", boxed(JobPhase.LOADING), SPEC, box(Phase.FAILED, box_text="manifest unknown"),
     Finish(Outcome.FAILED, Failure.BAD_IMAGE, "manifest unknown")),
    ("a broken host", boxed(JobPhase.LOADING), SPEC, box(Phase.FAILED, box_text="OCI runtime create failed"),
     Again(Failure.HOST, "OCI runtime create failed", blame=True)),
    ("failed without a word", boxed(JobPhase.LOADING), SPEC, box(Phase.FAILED),
     Again(Failure.HOST, "its box failed to start", blame=True)),
    ("a broken host a third time", boxed(JobPhase.LOADING, tries=3), SPEC, box(Phase.FAILED, box_text="OCI"),
     Finish(Outcome.FAILED, Failure.HOST, "OCI")),
    ("cancelled", boxed(JobPhase.LOADING, wish="cancel"), SPEC, box(Phase.PULLING),
     Finish(Outcome.CANCELLED, None, "cancelled")),
    ("sent elsewhere", boxed(JobPhase.LOADING, wish="elsewhere", tries=3), SPEC, box(Phase.PULLING),
     Again(Failure.HOST, "sent elsewhere by the user", counts=False)),
    ("too dear", boxed(JobPhase.LOADING, spent=1.5), limited(cost=2.0), box(Phase.PULLING, spent=0.5),
     Finish(Outcome.FAILED, Failure.COST, "it has cost $2.00 of at most $2.00")),
    ("out of time", boxed(JobPhase.LOADING), limited(total=600.0), box(Phase.PULLING),
     Finish(Outcome.TIMED_OUT, Failure.TIME, "it took longer than 10 min")),
]  # fmt: skip

WORK = [
    ("goes on", working(), SPEC, box(Phase.READY, quiet=5.0, started=True), Wait()),
    ("SSH is away, the work is not", working(), SPEC, box(Phase.CONNECTING, quiet=5.0), Wait()),
    ("no listing since", working(), SPEC, box(None, listed=False), Wait()),
    ("succeeded", working(), SPEC, box(Phase.READY, ended=GOOD), Finish(Outcome.SUCCEEDED, None, "", 0)),
    ("succeeded, and the box is gone", working(), SPEC, box(None, ended=GOOD), Finish(Outcome.SUCCEEDED, None, "", 0)),
    ("succeeded with files", working(), FILES, box(Phase.READY, ended=GOOD), Collect()),
    ("succeeded, and the box is gone with the files", working(), FILES, box(None, ended=GOOD),
     Again(Failure.LOST, "its box was gone before its results were fetched", delay=5.0)),
    ("succeeded at the last moment", working(since=NOW - 60), limited(work=60.0), box(Phase.READY, ended=GOOD),
     Finish(Outcome.SUCCEEDED, None, "", 0)),
    ("failed by itself", working(), SPEC, box(Phase.READY, ended=Ended(False, Failure.JOB, "exit code 3", 3)),
     Finish(Outcome.FAILED, Failure.JOB, "exit code 3", 3)),
    ("out of memory", working(), SPEC, box(Phase.READY, ended=Ended(False, Failure.MEMORY, "CUDA out of memory", 1)),
     Finish(Outcome.FAILED, Failure.MEMORY, "CUDA out of memory", 1)),
    ("out of memory, and a bigger one is wanted", working(), limited(elsewhere=frozenset({"out of memory"})),
     box(Phase.READY, ended=Ended(False, Failure.MEMORY, "CUDA out of memory", 1)),
     Again(Failure.MEMORY, "CUDA out of memory")),
    ("the GPU is broken", working(), SPEC, box(Phase.READY, ended=Ended(False, Failure.HOST, "ECC", 1)),
     Again(Failure.HOST, "ECC", blame=True)),
    ("the network was away", working(tries=2), SPEC, box(Phase.READY, ended=Ended(False, Failure.NETWORK, "x", 128)),
     Again(Failure.NETWORK, "x", delay=20.0)),
    ("the network was away a third time", working(tries=3), SPEC,
     box(Phase.READY, ended=Ended(False, Failure.NETWORK, "x", 128)),
     Finish(Outcome.FAILED, Failure.NETWORK, "x", 128)),
    ("silent", working(since=NOW - 9999), SPEC, box(Phase.READY, quiet=1799.0), Wait()),
    ("silent for too long", working(since=NOW - 9999), SPEC, box(Phase.READY, quiet=1800.0),
     Again(Failure.STALLED, "no sign of life for 30 min")),
    ("came up again: the silence before does not count", working(since=NOW - 60), SPEC, box(Phase.READY, quiet=9000.0),
     Wait()),
    ("nobody could listen", working(since=NOW - 9999), SPEC, box(Phase.READY, quiet=None), Wait()),
    ("works for too long", working(since=NOW - 7200), limited(work=7200.0), box(Phase.READY, quiet=1.0),
     Finish(Outcome.TIMED_OUT, Failure.TIME, "the work took longer than 2 h")),
    ("out of time", working(began=NOW - 7201), limited(total=7201.0), box(Phase.READY),
     Finish(Outcome.TIMED_OUT, Failure.TIME, "it took longer than 7201 s")),
    ("too dear", working(), limited(cost=0.5), box(Phase.READY, spent=0.75),
     Finish(Outcome.FAILED, Failure.COST, "it has cost $0.75 of at most $0.50")),
    ("no heartbeat", working(), SPEC, box(Phase.UNKNOWN, box_for=299.0), Wait("no heartbeat from its host")),
    ("no heartbeat for too long", working(), SPEC, box(Phase.UNKNOWN, box_for=300.0),
     Again(Failure.HOST, "no heartbeat from its host for 5 min", blame=True)),
    ("the host is offline", working(), SPEC, box(Phase.OFFLINE, box_for=10.0), Wait("its host is offline")),
    ("the host is offline for too long", working(tries=3), SPEC, box(Phase.OFFLINE, box_for=300.0),
     Finish(Outcome.FAILED, Failure.HOST, "its host is offline for 5 min")),
    ("the box is gone", working(), SPEC, box(None),
     Again(Failure.LOST, "its box was gone before its work ended", delay=5.0)),
    ("the container died: its log may still tell", working(), SPEC, box(Phase.EXITED, box_for=59.0),
     Wait("its container has exited")),
    ("the container died", working(), SPEC, box(Phase.EXITED, box_for=60.0),
     Again(Failure.LOST, "its container exited", delay=5.0)),
    ("the container died by its host", working(), SPEC,
     box(Phase.EXITED, box_for=60.0, box_text="nvidia-container-cli: x"),
     Again(Failure.HOST, "its container exited: nvidia-container-cli: x", blame=True)),
    ("a template's container ended", working(), TEMPLATE, box(Phase.EXITED, box_for=60.0),
     Finish(Outcome.FAILED, Failure.JOB, "its container exited without a sign of success")),
    ("outbid, and it waits", working(), SPEC, box(Phase.OUTBID),
     Enter(JobPhase.CREATING, "outbid: it goes on when the bid is high enough again")),
    ("outbid, and it still waits", working(JobPhase.CREATING, since=0.0), SPEC, box(Phase.OUTBID, started=True),
     Wait("outbid: it goes on when the bid is high enough again")),
    ("outbid, and its whole time is over", working(JobPhase.CREATING), limited(total=600.0), box(Phase.OUTBID),
     Finish(Outcome.TIMED_OUT, Failure.TIME, "it took longer than 10 min")),
    ("goes on after that", working(JobPhase.CREATING, since=0.0), SPEC, box(Phase.CREATING),
     Enter(JobPhase.LOADING)),
    ("works again after that", working(JobPhase.LOADING), SPEC, box(Phase.STARTING, started=True),
     Enter(JobPhase.WORKING)),
    ("outbid, and it moves", working(), replace(SPEC, outbid="move"), box(Phase.OUTBID),
     Again(Failure.OUTBID, "outbid")),
    ("stopped by the user", working(), SPEC, box(Phase.STOPPED),
     Enter(JobPhase.CREATING, "its box was stopped: start the box, or cancel the job")),
    ("stopped for days", working(JobPhase.CREATING, since=0.0, began=0.0), SPEC, box(Phase.STOPPED),
     Wait("its box was stopped: start the box, or cancel the job")),
    ("frozen", working(JobPhase.CREATING), SPEC, box(Phase.FROZEN),
     Wait("its box is frozen, and its GPU billed: start the box, or cancel the job")),
    ("reboots", working(), SPEC, box(Phase.REBOOTING), Enter(JobPhase.LOADING, "its box comes up again")),
    ("broke on its restart", working(), SPEC, box(Phase.FAILED, box_text="OCI runtime create failed"),
     Again(Failure.HOST, "OCI runtime create failed", blame=True)),
    ("cancelled", working(wish="cancel"), SPEC, box(Phase.READY), Finish(Outcome.CANCELLED, None, "cancelled")),
    ("sent elsewhere", working(wish="elsewhere"), SPEC, box(Phase.READY),
     Again(Failure.HOST, "sent elsewhere by the user", counts=False)),
]  # fmt: skip

COLLECT = [
    ("begins", collecting(), FILES, box(Phase.READY, ended=GOOD), Collect()),
    ("under way", collecting(), FILES, box(Phase.READY, ended=GOOD, collecting="running"), Wait()),
    ("done", collecting(), FILES, box(Phase.READY, ended=GOOD, collecting="done"),
     Finish(Outcome.SUCCEEDED, None, "", 0)),
    ("done although the box is gone", collecting(), FILES, box(None, ended=GOOD, collecting="done"),
     Finish(Outcome.SUCCEEDED, None, "", 0)),
    ("failed", collecting(), FILES,
     box(Phase.READY, ended=GOOD, collecting="failed", collect_reason="no file fits out/*"),
     Finish(Outcome.FAILED, Failure.NETWORK, "no file fits out/*", 0)),
    ("too long", collecting(since=NOW - 1800), FILES, box(Phase.READY, ended=GOOD, collecting="running"),
     Finish(Outcome.TIMED_OUT, Failure.TIME, "fetching its results took longer than 30 min", 0)),
    ("the box is lost", collecting(), FILES, box(None, ended=GOOD, collecting="running"),
     Again(Failure.LOST, "its box was gone before its results were fetched", delay=5.0)),
    ("too dear", collecting(), limited(FILES, cost=1.0), box(Phase.READY, ended=GOOD, collecting="running", spent=1.0),
     Finish(Outcome.FAILED, Failure.COST, "it has cost $1.00 of at most $1.00", 0)),
    ("cancelled", collecting(wish="cancel"), FILES, box(Phase.READY, ended=GOOD, collecting="running"),
     Finish(Outcome.CANCELLED, None, "cancelled")),
]  # fmt: skip

ENDS = replace(SPEC, end_success="stop", end_failure="keep", reuse=True)
UNFETCHED = {"failure": "network", "exit_code": 0}

CLEAN = [
    ("after success", cleaning(Outcome.SUCCEEDED), SPEC, box(Phase.READY), Release("destroy")),
    ("after success, as told", cleaning(Outcome.SUCCEEDED), replace(ENDS, reuse=False), box(Phase.READY),
     Release("stop")),
    ("after success, for the next input", cleaning(Outcome.SUCCEEDED), ENDS, box(Phase.READY),
     Release("stop", reuse=True)),
    ("after success, but the box does not answer", cleaning(Outcome.SUCCEEDED), ENDS, box(Phase.OFFLINE),
     Release("stop")),
    ("after failure", cleaning(Outcome.FAILED), SPEC, box(Phase.READY), Release("destroy")),
    ("after failure, as told", cleaning(Outcome.FAILED), ENDS, box(Phase.READY), Release("keep")),
    ("timed out", cleaning(Outcome.TIMED_OUT), ENDS, box(Phase.READY), Release("keep")),
    ("cancelled", cleaning(Outcome.CANCELLED), ENDS, box(Phase.READY), Release("keep")),
    ("its results could not be fetched", cleaning(Outcome.FAILED, **UNFETCHED), FILES, box(Phase.READY, ended=GOOD),
     Release("stop")),
    ("its results could not be fetched, and we were restarted", cleaning(Outcome.FAILED, **UNFETCHED), FILES,
     box(Phase.READY), Release("stop")),
    ("its work failed, there are no results", cleaning(Outcome.FAILED, failure="network", exit_code=128), FILES,
     box(Phase.READY), Release("destroy")),
    ("released", cleaning(Outcome.FAILED), SPEC, box(None, box_released=True), Close()),
    ("never had a box", cleaning(Outcome.CANCELLED, instance_id=None, label=""), SPEC, known(), Close()),
    ("its request was refused", cleaning(Outcome.FAILED, instance_id=None), SPEC,
     rent("refused", Failure.NO_CREDIT, "x"), Close()),
    ("its request is not settled", cleaning(Outcome.CANCELLED, instance_id=None), SPEC, rent("lost"),
     Wait("its rent request is not settled yet")),
    ("its request made a box", cleaning(Outcome.CANCELLED, instance_id=None), SPEC, rent("rented"),
     Release("destroy")),
    ("done", boxed(JobPhase.DONE, outcome=Outcome.SUCCEEDED), SPEC, known(), Wait()),
    ("decided, but not cleaning yet", working(outcome=Outcome.FAILED), SPEC, box(Phase.READY, ended=GOOD),
     Enter(JobPhase.CLEANING)),
]  # fmt: skip

TABLE = [
    pytest.param(job, spec, around, step, id=f"{part}: {what}")
    for part, rows in (
        ("queued", QUEUE), ("searching", SEARCH), ("renting", RENT), ("booting", BOOT), ("working", WORK),
        ("collecting", COLLECT), ("cleaning", CLEAN),
    )
    for what, job, spec, around, step in rows
]  # fmt: skip


@pytest.mark.parametrize(("job", "spec", "around", "step"), TABLE)
def test_what_is_next(job: Job, spec: JobSpec, around: Known, step: Step) -> None:
    assert next_step(job, spec, around) == step


# Whatever is known: a crowd of jobs, specifications and facts, most of which go together badly

CROWD = 8000


def any_job(pick: Random) -> Job:
    times = [0.0, NOW - 99_000, NOW - 1800, NOW - 60, NOW]
    return queued(
        phase=pick.choice(list(JobPhase)), since=pick.choice(times), tries=pick.randint(0, 4),
        instance_id=pick.choice([None, 5]), label=pick.choice(["", "up~abc"]), began=pick.choice([None, *times]),
        worked=pick.choice([None, *times]), outcome=pick.choice(["", "", *Outcome]),
        failure=pick.choice(["", *Failure]), exit_code=pick.choice([None, 0, 1]), spent=pick.choice([0.0, 0.5, 5.0]),
        wish=pick.choice(["", "", "", "cancel", "elsewhere", "retry"]), not_before=pick.choice([0.0, 0.0, NOW + 10]),
    )  # fmt: skip


def any_spec(pick: Random) -> JobSpec:
    times = [None, 60.0, 3600.0]
    failures = [str(failure) for failure in Failure]
    limits = Limits(
        search=pick.choice(times), boot=pick.choice(times), quiet=pick.choice(times), work=pick.choice(times),
        collect=pick.choice(times), total=pick.choice(times), cost=pick.choice([None, 1.0]), tries=pick.randint(1, 3),
        elsewhere=frozenset(pick.sample(failures, pick.randint(0, len(failures)))),
    )  # fmt: skip
    return JobSpec(
        name="up", start=StartSpec(kind=pick.choice(["onstart", "repo", "ssh", "template"])), limits=limits,
        result=ResultSpec(files=pick.choice([(), ("out/*",)]), required=pick.choice([True, False])),
        end_success=pick.choice(["destroy", "stop", "keep"]), end_failure=pick.choice(["destroy", "stop", "keep"]),
        outbid=pick.choice(["wait", "move"]), reuse=pick.choice([True, False]),
    )  # fmt: skip


def any_known(pick: Random) -> Known:
    ages = [None, 0.0, 61.0, 301.0, 9999.0]
    failed = Ended(False, pick.choice(list(Failure)), "x", pick.choice([None, 1]))
    return Known(
        now=NOW, waits=pick.choice(["", "", "paused"]), idle_box=pick.random() < 0.3,
        offer=pick.choice([True, False, None]), offer_reason=pick.choice(["", "none"]),
        rent=Rent(
            pick.choice(["none", "sending", "lost", "rented", "refused"]), pick.choice([None, *Failure]),
            pick.choice(["", "no"]),
        ),
        listed=pick.random() < 0.8, box=pick.choice([None, *Phase, *[Phase.READY] * 6]), box_for=pick.choice(ages),
        box_text=pick.choice(["", "manifest unknown", "OCI runtime create failed", "outbid", "odd"]),
        paused=pick.choice([0.0, 9999.0]), quiet=pick.choice(ages), started=pick.random() < 0.5,
        start_error=pick.choice(["", "", "no sftp"]), ended=pick.choice([None, None, GOOD, failed]),
        collecting=pick.choice(["none", "running", "done", "failed"]), collect_reason=pick.choice(["", "no file"]),
        spent=pick.choice([None, 0.0, 0.5, 5.0]), box_released=pick.random() < 0.5,
    )  # fmt: skip


@cache
def crowd() -> tuple[tuple[Job, JobSpec, Known], ...]:
    pick = Random(7)
    return tuple((any_job(pick), any_spec(pick), any_known(pick)) for _ in range(CROWD))


def test_there_is_always_an_answer_always_the_same_and_it_leads_on() -> None:
    kinds = set()
    for job, spec, around in crowd():
        step = next_step(job, spec, around)
        assert step == next_step(job, spec, around)
        assert not isinstance(step, Enter) or step.phase != job.phase, (job, spec, around)
        kinds.add(type(step))
    assert kinds == set(get_args(Step))


def test_nothing_is_begun_while_a_box_or_a_request_may_be_open() -> None:
    for job, spec, around in crowd():
        if isinstance(next_step(job, spec, around), RentBox | TakeBox):
            case = (job, spec, around)
            assert job.instance_id is None or around.box_released, case
            assert around.rent.state in ("none", "refused") or around.box_released, case
            assert not around.waits, case
            assert job.wish != "cancel", case
            assert not job.outcome, case


def test_a_job_is_done_only_when_its_box_is_given_up() -> None:
    for job, spec, around in crowd():
        if isinstance(next_step(job, spec, around), Close):
            assert job.phase == JobPhase.CLEANING, (job, spec, around)
            assert around.rent.state not in ("sending", "lost"), (job, spec, around)
            never_had_one = job.instance_id is None and around.rent.state != "rented"
            assert around.box_released or never_had_one, (job, spec, around)


def test_an_outcome_that_is_decided_stays() -> None:
    for job, spec, around in crowd():
        if job.outcome:
            step = next_step(job, spec, around)
            assert isinstance(step, Wait | Release | Close) or step == Enter(JobPhase.CLEANING), (job, spec, around)


def test_no_more_tries_than_allowed_and_only_where_they_are_wanted() -> None:
    for job, spec, around in crowd():
        step = next_step(job, spec, around)
        if isinstance(step, Again) and step.counts:
            assert job.tries < spec.limits.tries, (job, spec, around)
            assert step.failure in spec.limits.elsewhere, (job, spec, around)


WITH_BOX = frozenset(JobPhase) - {
    JobPhase.QUEUED, JobPhase.SEARCHING, JobPhase.RENTING, JobPhase.UNCONFIRMED, JobPhase.CLEANING, JobPhase.DONE
}  # fmt: skip


@pytest.mark.parametrize("limit", [{"cost": 1.0}, {"total": 3600.0}], ids=["money", "time"])
def test_a_limit_ends_what_has_not_ended_by_itself(limit: dict[str, float]) -> None:
    for job, spec, around in crowd():
        by_itself = job.outcome or job.wish or around.ended is not None or around.collecting == "done"
        if job.phase not in WITH_BOX or by_itself:
            continue
        spec = limited(spec, **{"cost": None, "total": None, **limit})
        job, around = replace(job, began=NOW - 3600), replace(around, spent=1.0)
        step = next_step(job, spec, around)
        if step == Enter(JobPhase.WORKING):
            step = next_step(replace(job, phase=JobPhase.WORKING), spec, around)
        assert isinstance(step, Finish), (job, spec, around)


def test_a_cancelled_job_ends_as_soon_as_its_request_is_settled() -> None:
    for job, spec, around in crowd():
        if job.outcome or job.phase in (JobPhase.CLEANING, JobPhase.DONE):
            continue
        around = replace(around, rent=Rent("rented" if job.instance_id else "refused"))
        job = replace(job, wish="cancel")
        step = next_step(job, spec, around)
        if step == Enter(JobPhase.CREATING):
            step = next_step(replace(job, phase=JobPhase.CREATING), spec, around)
        assert isinstance(step, Finish), (job, spec, around)
        assert step.outcome is Outcome.CANCELLED
