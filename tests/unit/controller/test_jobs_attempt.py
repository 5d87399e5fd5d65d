"""What is known of one try of a job: its log is read once, and the time without its box is added up."""

from __future__ import annotations

from pathlib import Path

import pytest

from vasttui.controller.jobs import attempt as attempt_module
from vasttui.controller.jobs.attempt import READ_AT_ONCE, Attempt
from vasttui.jobs.marks import Mark
from vasttui.jobs.outcome import OutcomeReader
from vasttui.jobs.spec import JobSpec
from vasttui.logs.events import Lines
from vasttui.logs.rows import LogName
from vasttui.logs.spool import Spool, Spools

RUN = "train-x9-001.1"
START, DONE = f"::vasttui start id={RUN}", f"::vasttui done id={RUN} code=0"
RESULT = "::vasttui result=https://example.org/a.mp4"


def reading() -> Attempt:
    return Attempt(RUN, reader=OutcomeReader(JobSpec(name="train"), RUN, fresh=True))


def read(attempt: Attempt, log: Spool) -> list[Mark]:
    return [mark for marks in attempt.read(log) for mark in marks]


def test_a_log_is_read_once_as_it_grows() -> None:
    attempt, log = reading(), Spool(LogName(1))
    log.apply(Lines(new=(START, "epoch 1")), 10.0)
    assert [mark.verb for mark in read(attempt, log)] == ["start"]
    assert (attempt.last_sign, read(attempt, log)) == (10.0, [])
    log.apply(Lines(new=(RESULT, DONE)), 20.0)
    assert [mark.verb for mark in read(attempt, log)] == ["", "done"]
    assert attempt.reader is not None
    assert attempt.reader.ended is not None
    assert (attempt.reader.ended.ok, attempt.reader.result) == (True, "https://example.org/a.mp4")


def test_what_vasttui_noted_in_the_log_is_no_sign_of_life_and_no_mark() -> None:
    attempt, log = reading(), Spool(LogName(1))
    log.note(DONE, 10.0)
    assert (read(attempt, log), attempt.last_sign) == ([], None)


def test_others_run_between_two_slices_of_a_long_log() -> None:
    attempt, log = reading(), Spool(LogName(1))
    log.apply(Lines(new=(START, *(f"line {n}" for n in range(2 * READ_AT_ONCE)), DONE)), 10.0)
    slices = 0
    for _ in attempt.read(log):
        slices += 1
        assert attempt.read_to == min(log.next_seq, slices * READ_AT_ONCE)
    assert slices == 3
    assert attempt.reader is not None
    assert attempt.reader.ended is not None


def test_after_a_restart_only_the_end_of_a_long_log_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempt_module, "LOOK_BACK", 10)
    attempt, log = reading(), Spool(LogName(1))
    log.apply(Lines(new=("::vasttui start id=other.1", *(f"line {n}" for n in range(20)), DONE)), 10.0)
    assert [mark.values.get("id") for mark in read(attempt, log)] == [RUN]


def test_rows_that_were_dropped_meanwhile_are_passed_over(tmp_path: Path) -> None:
    attempt, log = reading(), Spools(tmp_path, keep_bytes=4000).open(LogName(1))
    log.apply(Lines(new=(START,)), 10.0)
    read(attempt, log)
    for number in range(100):
        log.apply(Lines(new=("x" * 100,)), 11.0 + number)
    assert log.first_seq > 1
    log.apply(Lines(new=(DONE,)), 200.0)
    assert [mark.verb for mark in read(attempt, log)] == ["done"]


def test_the_time_while_it_was_outbid_adds_up_over_several_times() -> None:
    attempt = Attempt(RUN)
    assert attempt.outbid_for(0.0, outbid=False) == 0.0
    assert [attempt.outbid_for(now, outbid=True) for now in (10.0, 15.0)] == [0.0, 5.0]
    assert [attempt.outbid_for(now, outbid=False) for now in (20.0, 50.0)] == [10.0, 10.0]
    assert [attempt.outbid_for(now, outbid=True) for now in (60.0, 61.0)] == [10.0, 11.0]
    assert attempt.outbid_for(70.0, outbid=False) == 20.0


def test_what_comes_after_its_container_came_down_is_read_anew() -> None:
    attempt, log = reading(), Spool(LogName(1))
    log.apply(Lines(new=(START, "works")), 10.0)
    read(attempt, log)
    attempt.started = True
    attempt.came_down()
    assert (attempt.reader, attempt.started) == (None, False)
    attempt.reader = OutcomeReader(JobSpec(name="train"), RUN, fresh=True)
    assert read(attempt, log) == []
    assert not attempt.reader.started
