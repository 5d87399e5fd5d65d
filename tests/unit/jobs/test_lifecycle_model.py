"""A small world and a small runner, with faults and restarts at random: the decisions of `next_step` keep the promise.

The world rents, boots, breaks, outbids and loses answers. The runner does what the steps say; it may be killed between
a commit and the effect that it announces, and then knows only what was committed. Whatever happens: no intent makes two
boxes, no job has two boxes at work, and once the faults stop every job ends and no box is left.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vasttui.instances.phases import Phase
from vasttui.jobs.lifecycle import (
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
    Wait,
    next_step,
)
from vasttui.jobs.spec import JobSpec, ResultSpec, StartSpec
from vasttui.journal.records import Job

TICK = 60.0
BEFORE_A_BOX = (JobPhase.QUEUED, JobPhase.SEARCHING)
ASKING = (JobPhase.RENTING, JobPhase.UNCONFIRMED)
GOES_ON = {
    Phase.CREATING: Phase.PULLING, Phase.PULLING: Phase.STARTING, Phase.STARTING: Phase.CONNECTING,
    Phase.CONNECTING: Phase.READY, Phase.OUTBID: Phase.STARTING, Phase.STOPPED: Phase.STARTING,
    Phase.UNKNOWN: Phase.CONNECTING, Phase.REBOOTING: Phase.STARTING,
}  # fmt: skip
ACCIDENTS = [
    Phase.FAILED, Phase.OFFLINE, Phase.UNKNOWN, Phase.OUTBID, Phase.STOPPED, Phase.EXITED, Phase.REBOOTING, Phase.GONE
]  # fmt: skip


class KilledError(Exception):
    """The program ends here."""


@dataclass
class Box:
    label: str
    run_id: str
    phase: Phase = Phase.CREATING
    since: float = 0.0
    hangs: bool = False
    working: bool = False
    log: list[str] = field(default_factory=list)
    printed_at: float = 0.0

    def move(self, phase: Phase, now: float) -> None:
        self.phase, self.since = phase, now
        self.working = self.working and phase in (Phase.READY, Phase.CONNECTING, Phase.UNKNOWN, Phase.OFFLINE)

    def print(self, text: str, now: float) -> None:
        self.log.append(text)
        self.printed_at = now


@dataclass
class World:
    pick: Random
    by_ssh: bool
    now: float = 1_000_000.0
    calm: bool = False
    boxes: dict[int, Box] = field(default_factory=dict)
    spool: dict[int, Box] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    failures: set[str] = field(default_factory=set)

    def fault(self, chance: float) -> bool:
        return not self.calm and self.pick.random() < chance

    def rent(self, label: str, run_id: str) -> int | Failure | None:
        """The new box, a refusal, or None: no answer, and nobody knows."""
        self.requests.append(label)
        if self.fault(0.2):
            return self.pick.choice([Failure.OFFER_GONE, Failure.NETWORK, Failure.REFUSED])
        if self.fault(0.15):
            return None
        number = len(self.spool) + 1
        hangs = self.fault(0.25)
        self.boxes[number] = self.spool[number] = Box(label, run_id, since=self.now, hangs=hangs)
        return None if self.fault(0.2) else number

    def tick(self) -> None:
        self.now += TICK
        for number, box in list(self.boxes.items()):
            if self.fault(0.06):
                box.move(self.pick.choice(ACCIDENTS), self.now)
            elif box.phase in GOES_ON and self.pick.random() < 0.6 and (self.calm or not box.hangs):
                box.move(GOES_ON[box.phase], self.now)
            if box.phase is Phase.GONE:
                del self.boxes[number]
            elif box.phase is Phase.READY:
                self._work(box)

    def _work(self, box: Box) -> None:
        if any(line.startswith("done") for line in box.log):
            return
        if not box.working and not self.by_ssh:
            self.start(box)
        elif box.working and not box.hangs and self.pick.random() < 0.4:
            code = self.pick.choice([1, 137]) if self.fault(0.3) else 0
            box.print(f"done {code}", self.now)

    def start(self, box: Box) -> None:
        if not box.working:
            box.working = True
            box.print("start", self.now)


@dataclass
class Journal:
    """What outlives the program."""

    job: Job
    intents: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    doomed: set[int] = field(default_factory=set)


class Runner:
    """One run of the program."""

    def __init__(self, world: World, journal: Journal, spec: JobSpec) -> None:
        self.world, self.journal, self.spec = world, journal, spec
        self.listing: dict[int, Phase] = {}
        self.listed_at = self.asked_at = 0.0
        self.without: dict[str, int] = {}
        self.refused: Failure | None = None
        self.started_by_us = False
        self.collecting = "none"

    def committed(self) -> None:
        """The moment between a commit and what it announces."""
        if self.world.fault(0.05):
            raise KilledError

    def list(self) -> None:
        if self.world.fault(0.2):
            return
        self.listing = {number: box.phase for number, box in self.world.boxes.items()}
        self.listed_at = self.world.now
        labels = {box.label: number for number, box in self.world.boxes.items()}
        for label, (state, _) in self.journal.intents.items():
            if state == "open" and label in labels:
                self.journal.intents[label] = ("rented", labels[label])
            elif state == "open":
                self.without[label] = self.without.get(label, 0) + 1
                if self.without[label] >= 2:
                    self.journal.intents[label] = ("failed", None)
        for number in self.journal.doomed & self.listing.keys():
            self.destroy(number)

    def destroy(self, number: int) -> None:
        self.asked_at = self.world.now
        if not self.world.fault(0.3):
            self.world.boxes.pop(number, None)

    def turn(self) -> None:
        self.list()
        for _ in range(6):
            self.adopt()
            step = next_step(self.journal.job, self.spec, self.known())
            before = self.journal.job
            self.perform(step)
            if self.journal.job is before:
                return

    def adopt(self) -> None:
        job = self.journal.job
        state, number = self.journal.intents.get(job.label, ("", None))
        if job.phase in ASKING and job.instance_id is None and state == "rented":
            self.save(instance_id=number)

    def rent_state(self) -> Rent:
        job = self.journal.job
        if job.phase not in ASKING:
            return Rent("rented" if job.instance_id is not None else "none")
        if self.refused is not None:
            return Rent("refused", self.refused, "no")
        state, _ = self.journal.intents.get(job.label, ("", None))
        return {"open": Rent("lost"), "rented": Rent("rented")}.get(state, Rent("refused", Failure.OFFER_GONE, "no"))

    def known(self) -> Known:
        job, now = self.journal.job, self.world.now
        box = self.world.spool.get(job.instance_id or 0)
        log = box.log if box else []
        codes = [int(line.split()[1]) for line in log if line.startswith("done")]
        ended = None
        if codes:
            ok = codes[0] == 0
            ended = Ended(ok, None if ok else Failure.HOST if codes[0] == 137 else Failure.JOB, "", codes[0])
        return Known(
            now=now,
            offer=True if job.phase == JobPhase.SEARCHING and not self.world.fault(0.3) else None,
            rent=self.rent_state(),
            listed=self.listed_at > max(self.asked_at, job.began or 0.0),
            box=self.listing.get(job.instance_id or 0),
            box_for=now - box.since if box else None,
            quiet=now - max(box.printed_at, job.worked or 0.0) if box else None,
            started=self.started_by_us or "start" in log,
            ended=ended,
            collecting=self.collecting,
            box_released=job.instance_id is None
            or (job.instance_id in self.journal.doomed and self.listed_at > self.asked_at > 0
                and job.instance_id not in self.listing)
            or (self.listed_at > 0 and job.instance_id not in self.listing and self.listed_at > (job.began or 0)),
        )  # fmt: skip

    def save(self, **facts: object) -> None:
        self.journal.job = replace(self.journal.job, **facts)  # type: ignore[arg-type]
        self.committed()

    def enter(self, phase: JobPhase) -> None:
        job, now = self.journal.job, self.world.now
        worked = now if phase is JobPhase.WORKING and job.worked is None else job.worked
        self.save(phase=phase, since=now, worked=worked)

    def perform(self, step: Step) -> None:
        match step:
            case Enter(phase=phase):
                self.enter(phase)
            case Search() if self.journal.job.phase != JobPhase.SEARCHING:
                self.enter(JobPhase.SEARCHING)
            case RentBox():
                self.rent()
            case StartWork() if not self.world.fault(0.2):
                self.start()
            case Collect():
                self.collect()
            case Finish():
                self.finish(step)
            case Again():
                self.again(step)
            case Release():
                self.release()
            case Close():
                self.enter(JobPhase.DONE)
            case _:
                assert isinstance(step, Wait | Search | StartWork)

    def rent(self) -> None:
        job, now = self.journal.job, self.world.now
        label = f"up~{len(self.journal.intents)}"
        self.refused, self.started_by_us, self.collecting = None, False, "none"
        self.journal.intents[label] = ("open", None)
        self.save(phase=JobPhase.RENTING, since=now, began=now, worked=None, tries=job.tries + 1, label=label)
        self.asked_at = now
        answer = self.world.rent(label, self.journal.job.run_id)
        self.committed()
        if isinstance(answer, Failure):
            self.refused = answer
            self.journal.intents[label] = ("failed", None)
        elif answer is not None:
            self.journal.intents[label] = ("rented", answer)

    def start(self) -> None:
        box = self.world.boxes.get(self.journal.job.instance_id or 0)
        if box is not None and box.phase is Phase.READY:
            self.world.start(box)
            self.started_by_us = True

    def collect(self) -> None:
        if self.journal.job.phase != JobPhase.COLLECTING:
            self.enter(JobPhase.COLLECTING)
        if self.journal.job.instance_id in self.world.boxes and not self.world.fault(0.5):
            self.collecting = "failed" if self.world.fault(0.2) else "done"

    def finish(self, step: Finish) -> None:
        assert not self.journal.job.outcome
        self.save(
            phase=JobPhase.CLEANING, since=self.world.now, outcome=step.outcome, failure=step.failure or "",
            exit_code=step.exit_code, wish="",
        )  # fmt: skip

    def again(self, step: Again) -> None:
        job = self.journal.job
        self.world.failures.add(step.failure)
        if job.instance_id is not None:
            self.journal.doomed.add(job.instance_id)
            self.committed()
            self.destroy(job.instance_id)
        self.refused, self.started_by_us, self.collecting = None, False, "none"
        self.save(
            phase=JobPhase.QUEUED, since=self.world.now, instance_id=None, label="", began=None, worked=None,
            failure=step.failure, tries=job.tries - (not step.counts), not_before=self.world.now + step.delay,
            wish="" if job.wish == "elsewhere" else job.wish,
        )  # fmt: skip

    def release(self) -> None:
        job = self.journal.job
        assert job.instance_id is not None
        self.journal.doomed.add(job.instance_id)
        self.committed()
        self.destroy(job.instance_id)


def check(world: World, journal: Journal, spec: JobSpec) -> None:
    """What holds at every moment."""
    assert len(world.requests) == len(set(world.requests)), "an intent was sent twice"
    alive = [number for number in world.boxes if number not in journal.doomed]
    assert len(alive) <= 1, "two boxes for one job"
    assert journal.job.tries <= spec.limits.tries
    if journal.job.phase == JobPhase.DONE:
        assert not alive, "a box is left, and nobody destroys it"
    assert (journal.job.outcome != "") == (journal.job.phase in (JobPhase.CLEANING, JobPhase.DONE))


def play(seed: int, kind: str, files: bool, outbid: str, wish: str) -> tuple[World, Journal]:
    pick = Random(seed)
    world = World(pick, by_ssh=kind == "ssh")
    spec = JobSpec(
        name="up",
        start=StartSpec(kind="ssh" if kind == "ssh" else "onstart"),
        result=ResultSpec(files=("out/*",) if files else ()),
        outbid="move" if outbid == "move" else "wait",
    )
    job = Job("up-1", 1, 1, "", "1", JobPhase.QUEUED, since=world.now, created=world.now)
    journal = Journal(job)
    runner = Runner(world, journal, spec)
    wished_at = pick.randint(1, 60)
    for round_number in range(600):
        world.calm = round_number > 60
        if round_number == wished_at and wish and not journal.job.outcome:
            journal.job = replace(journal.job, wish=wish)
        try:
            runner.committed()
            runner.turn()
        except KilledError:
            runner = Runner(world, journal, spec)
        check(world, journal, spec)
        if journal.job.phase == JobPhase.DONE and not world.boxes:
            break
        world.tick()
    return world, journal


@pytest.mark.parametrize("kind", ["onstart", "ssh"])
@given(
    seed=st.integers(0, 2**32),
    files=st.booleans(),
    outbid=st.sampled_from(["wait", "move"]),
    wish=st.sampled_from(["", "", "cancel", "elsewhere"]),
)
@settings(max_examples=250, deadline=None)
def test_every_job_ends_once_and_no_box_is_left(kind: str, seed: int, files: bool, outbid: str, wish: str) -> None:
    world, journal = play(seed, kind, files, outbid, wish)
    job = journal.job
    assert job.phase == JobPhase.DONE, "it never ends"
    assert job.outcome in set(Outcome)
    assert not world.boxes, "a box is left"
    assert wish == "cancel" or job.outcome != Outcome.CANCELLED


def test_the_world_is_wild_enough() -> None:
    outcomes: set[str] = set()
    failures: set[str] = set()
    rentals = 0
    for seed in range(200):
        wish, outbid = "cancel" if seed % 9 == 0 else "", "move" if seed % 3 == 0 else "wait"
        world, journal = play(seed, "onstart", files=seed % 2 == 0, outbid=outbid, wish=wish)
        outcomes.add(journal.job.outcome)
        failures |= world.failures | {journal.job.failure}
        rentals = max(rentals, len(world.requests))
    assert outcomes == {Outcome.SUCCEEDED, Outcome.FAILED, Outcome.CANCELLED}
    assert failures >= {
        Failure.HOST, Failure.LOST, Failure.STALLED, Failure.JOB, Failure.NETWORK, Failure.OUTBID, Failure.OFFER_GONE
    }  # fmt: skip
    assert rentals > 4
