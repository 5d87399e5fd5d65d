"""Batches and jobs in memory are what the journal has: never ahead of it, and other programs' changes are heard."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from vasttui.controller.jobs.records import Records
from vasttui.errors import StorageError
from vasttui.jobs.spec import JobSpec, to_json
from vasttui.journal import Journal
from vasttui.journal.records import Job

SPEC = JobSpec(name="train", reuse=True)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.sqlite") as journal:
        yield journal


@pytest.fixture
def records(journal: Journal) -> Records:
    add(journal, "a", "b")
    records = Records(journal)
    records.reload()
    return records


def add(journal: Journal, *ids: str, spec: str = to_json(SPEC)) -> int:
    inputs = [(f"{name}.mp4", name, "") for name in ids]
    return journal.add_batch("train", spec, inputs, budget=None, max_parallel=2, job_ids=ids)


def test_jobs_stand_by_number_and_batches_by_age(journal: Journal, records: Records) -> None:
    add(journal, "c")
    assert records.look_for_news()
    assert [job.job_id for job in records.open()] == ["a", "b", "c"]
    assert [job.job_id for job in records.of(1)] == ["a", "b"]
    assert records.spec(1) == SPEC


def test_what_has_ended_is_not_open(records: Records) -> None:
    records.save(replace(records.jobs["a"], phase="done", outcome="succeeded"), "succeeded")
    assert [job.job_id for job in records.open()] == ["b"]
    records.close(1)
    assert records.open() == []
    records.close(1, closed=False)
    assert [job.job_id for job in records.open()] == ["b"]


def test_wishes_and_pauses_of_other_programs_are_heard_once(journal: Journal, records: Records) -> None:
    journal.wish("a", "cancel")
    journal.set_batch(1, paused=True)
    assert records.look_for_news()
    assert (records.jobs["a"].wish, records.jobs["b"].wish, records.batches[1].paused) == ("cancel", "", True)
    assert not records.look_for_news()
    records.clear_wish(records.jobs["a"])
    assert (records.jobs["a"].wish, journal.wishes()) == ("", {})


def test_a_wish_that_came_meanwhile_outlives_the_one_that_was_heard(journal: Journal, records: Records) -> None:
    journal.wish("a", "cancel")
    records.look_for_news()
    heard = records.jobs["a"]
    journal.wish("a", "retry")
    records.clear_wish(heard)
    records.look_for_news()
    assert records.jobs["a"].wish == "retry"


def test_a_job_that_could_not_be_written_is_as_it_was(records: Records, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "journal.sqlite") as other:
        other.execute("CREATE TRIGGER full BEFORE UPDATE ON jobs BEGIN SELECT RAISE(FAIL, 'disk is full'); END")
    with pytest.raises(StorageError, match="disk is full"):
        records.save(replace(records.jobs["a"], phase="renting"), "renting")
    assert records.jobs["a"].phase == "queued"


def test_a_batch_whose_specification_cannot_be_read_is_left_alone(journal: Journal) -> None:
    add(journal, "a", spec='{"name": 7}')
    add(journal, "b")
    records = Records(journal)
    records.reload()
    assert [job.job_id for job in records.open()] == ["b"]
    assert "cannot be read" in records.unreadable[1]
    assert (records.is_open(1), records.is_open(2)) == (False, True)


# Attempts


def test_each_run_of_a_job_has_its_own_record(records: Records) -> None:
    first = records.attempt(records.jobs["a"])
    first.started = True
    assert records.attempt(replace(records.jobs["a"], phase="working")) is first
    second = records.attempt(replace(records.jobs["a"], runs=1))
    assert second is not first
    assert (second.run_id, second.started) == ("a.1", False)


def test_machines_to_be_avoided_are_those_of_all_attempts(records: Records) -> None:
    job: Job = records.jobs["a"]
    records.attempt(job).avoid.add(7)
    assert records.attempt(replace(job, runs=1)).avoid == {7}
    records.attempt(replace(job, runs=1)).avoid.add(8)
    records.renew(replace(job, runs=1))
    assert records.attempt(replace(job, runs=1)).avoid == {7, 8}
    assert records.attempt(records.jobs["b"]).avoid == set()


async def test_the_work_of_an_attempt_that_is_over_ends(records: Records) -> None:
    attempt = records.attempt(records.jobs["a"])
    task = attempt.task = asyncio.create_task(asyncio.sleep(3600))
    assert attempt.busy
    records.attempt(replace(records.jobs["a"], runs=1))
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not attempt.busy
