"""`vasttui jobs`: from the journal, and what is asked of jobs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.conftest import Call, Shell, World
from tests.cli.test_run import lines, ours, write_job
from vasttui.journal import Journal
from vasttui.journal.driver import DriverLock


def state(shell: Shell, world: World) -> Path:
    place = world.sim.url.partition("//")[2].partition("/")[0].replace(":", "_")
    return shell.home / ".local/state/vasttui/elsewhere" / place


@pytest.fixture
def journal(shell: Shell, world: World) -> Journal:
    """The journal with a batch of three jobs that nobody drives: queued, failed, skipped."""
    from vasttui.config import Config, Paths
    from vasttui.jobs.spec import BatchRequest, spec_of, to_json

    places = ("config_file", "config_dir", "state_dir", "cache_dir", "themes_dir")
    config = Config(paths=Paths(**dict.fromkeys(places, shell.home)), min_vram_gb=0)
    spec = spec_of(BatchRequest(path=shell.home / write_job(shell, "kept")), config)
    journal = Journal(state(shell, world) / "journal.sqlite")
    inputs = [("in/a\x1b[2J", "a", ""), ("in/b", "b", ""), ("in/c", "c", "has a result")]
    ids = [f"kept-ab12-00{number}" for number in (1, 2, 3)]
    journal.add_batch("kept", to_json(spec), inputs, budget=None, max_parallel=2, job_ids=ids)
    return journal


def fail(journal: Journal, job_id: str, reason: str = "exit code 3") -> None:
    job = journal.job(job_id)
    assert job is not None
    failed = replace(job, phase="done", outcome="failed", failure="job failed", reason=reason, ended=9.0)
    journal.save_job(failed, "failed", reason)


def test_the_list_needs_no_key_and_no_network(
    call: Call, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(journal, "kept-ab12-002")
    monkeypatch.delenv("VASTAI_API_KEY")
    done = call("jobs")
    assert done.code == 0
    heads, *rows = done.out.splitlines()
    assert heads.split()[0] == "JOB"
    assert [row.split()[0] for row in rows] == ["kept-ab12-001", "kept-ab12-002", "kept-ab12-003"]
    assert "\x1b" not in done.out
    assert "exit code 3" in rows[1]
    assert "has a result" in rows[2]
    (batch,) = json.loads(call("jobs", "--json").out)
    assert [job["outcome"] for job in batch["jobs"]] == [None, "failed", "skipped"]
    assert call("jobs", "--batch", "7").code == 1


def test_a_job_is_shown_with_what_happened(call: Call, journal: Journal) -> None:
    fail(journal, "kept-ab12-002")
    done = call("jobs", "show", "kept-ab12-002")
    assert done.code == 0
    assert "exit code 3" in done.out
    assert done.out.splitlines()[-1].endswith("kept-ab12-002 failed  exit code 3")
    said = json.loads(call("jobs", "show", "kept-ab12-002", "--json").out)
    assert (said["failure"], said["events"][0]["event"]) == ("job failed", "failed")
    assert (wrong := call("jobs", "show", "kept")).code == 2
    assert "3 jobs" in wrong.err
    assert call("jobs", "show", "other").code == 1


def test_pause_unpause_and_retry_are_written_for_who_drives(
    call: Call, shell: Shell, journal: Journal, world: World
) -> None:
    fail(journal, "kept-ab12-002")
    journal.set_batch(1, closed=True)
    assert "jobs resume" in call("jobs", "pause", "1").err
    batch = journal.batch(1)
    assert batch is not None
    assert batch.paused
    lock = DriverLock(state(shell, world) / "driver.lock")
    assert lock.try_take()
    assert "vasttui" in (said := call("jobs", "unpause", "1").err)
    assert "drives the jobs" in said
    assert call("jobs", "retry", "1").code == 0
    assert journal.wishes() == {"kept-ab12-002": "retry"}
    assert call("jobs", "cancel", "kept-ab12-001", "--yes").code == 0
    assert journal.wishes()["kept-ab12-001"] == "cancel"
    lock.release()
    batch = journal.batch(1)
    assert batch is not None
    assert (batch.paused, batch.closed) == (False, False)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("pause", "9"), 1, "no batch 9"),
        (("cancel", "nobody", "--yes"), 1, "no job 'nobody'"),
        (("cancel", "1"), 2, "--yes"),
        (("retry", "kept-ab12-001"), 2, "nothing to try again"),
        (("resume", "9"), 1, "no batch 9"),
        (("resume", "--budget", "3"), 2, "number of a batch"),
        (("resume", "1", "--budget", "nan"), 2, "'nan' is no amount"),
        (("cancel", "", "--yes"), 2, "a job's id was expected"),
        (("pause", "9" * 30), 1, "no batch 999"),
        (("resume", "9" * 30), 1, "no batch 999"),
        (("--batch", "9" * 30), 1, "no batch 999"),
    ],
)
def test_what_cannot_be_asked_is_told(
    call: Call, journal: Journal, words: tuple[str, ...], code: int, says: str
) -> None:
    done = call("jobs", *words)
    assert (done.code, done.out) == (code, "")
    assert says in done.err
    assert journal.wishes() == {}


def test_without_a_driver_a_cancel_gives_the_box_up_and_begins_nothing(
    shell: Shell, call: Call, world: World
) -> None:
    process = shell.start("run", write_job(shell, "doomed"), "--input", "hang.mp4", "--input", "b", "--input", "c",
                          "--max-parallel", "1", "--yes", "--json")  # fmt: skip
    assert process.stdout is not None
    while json.loads(process.stdout.readline())["event"] != "rented":
        pass
    process.kill()
    shell.end(process)
    (batch,) = json.loads(call("jobs", "--json").out)
    first, second, third = (job["job"] for job in batch["jobs"])
    assert ours(world, "doomed")
    done = call("jobs", "cancel", first, second, "--yes")
    assert done.code == 0, done.err
    assert not ours(world, "doomed")
    (batch,) = json.loads(call("jobs", "--json").out)
    assert [job["outcome"] for job in batch["jobs"]] == ["cancelled", "cancelled", None]
    assert [job["phase"] for job in batch["jobs"]] == ["done", "done", "queued"]
    assert third in call("jobs").out


def test_resume_leaves_alone_what_the_user_paused_unless_it_is_named(call: Call, journal: Journal) -> None:
    journal.set_batch(1, paused=True)
    done = call("jobs", "resume", "--json")
    assert lines(done)[-1]["unfinished"] == 2
    assert done.code == 1
    assert "batch 1 is paused" in done.err
    done = call("jobs", "resume", "1", "--max-parallel", "1", "--json")
    assert (done.code, lines(done)[-1]["succeeded"], lines(done)[-1]["skipped"]) == (0, 2, 1)


def test_what_is_to_be_tried_again_is_followed_to_its_end(call: Call, journal: Journal) -> None:
    for number in (1, 2):
        fail(journal, f"kept-ab12-00{number}")
    journal.set_batch(1, closed=True)
    assert call("jobs", "retry", "1").code == 0
    done = call("jobs", "resume", "--json")
    assert (done.code, lines(done)[-1]["succeeded"]) == (0, 2)
    assert journal.wishes() == {}


@pytest.mark.parametrize("words", [("jobs",), ("jobs", "cancel", "1", "--yes"), ("jobs", "resume"), ("hosts",)])
def test_a_demo_leaves_the_real_journal_alone(call: Call, journal: Journal, words: tuple[str, ...]) -> None:
    done = call("--demo", *words)
    assert (done.code, done.out) == (2, "")
    assert "--demo" in done.err
    assert journal.wishes() == {}


def test_a_reason_is_short_in_a_line_and_whole_in_json(call: Call, journal: Journal) -> None:
    whole = "PUT /api/v0/asks/{id}/: Vast.ai says: error 404/3603: no such ask"
    fail(journal, "kept-ab12-002", whole)
    assert call("jobs").out.splitlines()[2].endswith("  error 404/3603: no such ask")
    assert "/api/" not in call("jobs", "show", "kept-ab12-002").out.splitlines()[-1]
    assert json.loads(call("jobs", "--json").out)[0]["jobs"][1]["reason"] == whole
