"""Jobs and batches as text and JSON: what scripts and people read."""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import replace

import pytest

from vasttui.api.models import Offer
from vasttui.cli import job_lines
from vasttui.cli.job_screen import Bars, JsonLines, PlainLines, Steps
from vasttui.jobs.progress import Progress
from vasttui.jobs.spec import Input, JobSpec
from vasttui.journal.records import Batch, Job, JobEvent
from vasttui.snapshot import BatchPlan, BatchView, JobView

SIGNED = "https://results.example/a.mp4?X-Amz-Signature=9db6bfe28279f7c5251b777b91e7992c3615db86474c02eb"
HOSTILE = "bad\x1b[2J\u202e[red]name\nnext"


def job(number: int, **fields: object) -> Job:
    first = Job(f"up-ab12-{number:03d}", 3, number, f"in/{number}.mp4", f"n{number}", "queued", 100.0, 100.0)
    return replace(first, **fields)  # type: ignore[arg-type]


def bar(fraction: float | None, phase: str = "", eta: float | None = None) -> Progress:
    return Progress(fraction, None, None, "", None, eta, phase, (), 0.0)


def batch(*jobs: JobView, **fields: object) -> BatchView:
    first = BatchView(Batch(3, "up", "{}", 100.0, 5.0, 8), jobs, spent=0.5, expected=2.0, eta=125.0)
    return replace(first, **fields)  # type: ignore[arg-type]


DONE = job(1, phase="done", outcome="succeeded", result=SIGNED, ended=160.0, instance_id=7)
FAILED = job(2, phase="done", outcome="failed", failure="out of memory", reason="CUDA out of memory", ended=150.0)
AT_WORK = JobView(job(3, phase="working", instance_id=9, tries=1), progress=bar(0.42, "train", 90.0), spent=0.0123)
VIEW = batch(JobView(DONE, spent=0.2), JobView(FAILED), AT_WORK, JobView(job(4)))


@pytest.mark.parametrize(
    ("counts", "code"),
    [
        ({}, 0),
        ({"succeeded": 3}, 0),
        ({"succeeded": 3, "skipped": 2}, 0),
        ({"skipped": 2}, 0),
        ({"succeeded": 1, "failed": 1}, 5),
        ({"succeeded": 1, "unfinished": 1}, 5),
        ({"skipped": 1, "failed": 1}, 1),
        ({"timed out": 1}, 1),
        ({"cancelled": 2}, 1),
    ],
)
def test_the_exit_code_tells_all_some_or_none(counts: dict[str, int], code: int) -> None:
    assert job_lines.exit_code(Counter(counts)) == code


def test_the_summary_counts_every_job_once() -> None:
    said = job_lines.summary_json([VIEW, batch(JobView(job(9, outcome="timed out", phase="done")))], 200.0)
    assert (said["event"], said["batches"], said["jobs"]) == ("summary", [3, 3], 5)
    parts = ("succeeded", "failed", "timed_out", "cancelled", "skipped", "unfinished")
    assert [said[part] for part in parts] == [1, 1, 1, 0, 0, 2]
    assert said["spent"] == 1.0
    assert job_lines.summary_json([batch(spent=None)], 1.0)["spent"] is None


def test_the_summary_line_says_what_matters() -> None:
    line = job_lines.summary_line(VIEW)
    assert line == "batch 3 up: 2 of 4 done, 1 failed, 1 at work, $0.500 of ~$2.00, ~2m 05s left"
    waiting = replace(VIEW, waiting="budget: $5.00 is used up or reserved", eta=None, expected=None)
    assert job_lines.summary_line(waiting).endswith("$0.500, budget: $5.00 is used up or reserved")
    assert "run" not in job_lines.summary_line(replace(VIEW, waiting="8 of 8 run"))


def test_an_event_is_one_json_object_with_the_result_whole() -> None:
    event = JobEvent(5, DONE.job_id, 160.0, "succeeded", "", 7)
    assert job_lines.event_json(event, DONE) == {
        "t": 160.0, "job": DONE.job_id, "event": "succeeded", "instance_id": 7, "result": SIGNED,
    }  # fmt: skip
    queued = job_lines.event_json(JobEvent(6, "x", 1.0, "again", f"see {SIGNED}", None), None)
    assert "9db6bfe28279" not in json.dumps(queued)


def test_what_strangers_wrote_steers_no_terminal_and_tells_no_secret() -> None:
    event = JobEvent(1, "x", 1.0, "note", f"{HOSTILE} {SIGNED}", None)
    view = JobView(replace(FAILED, name=HOSTILE, reason=HOSTILE + SIGNED, result=SIGNED, input=HOSTILE))
    spec = JobSpec(name=HOSTILE)
    plan = BatchPlan(spec, (Input(HOSTILE, "n", 1, skip=HOSTILE),), problems=(HOSTILE,), remarks=(SIGNED,))
    texts = [
        job_lines.event_line(event),
        job_lines.ended_line(view),
        *job_lines.job_cells(view.job, None),
        *job_lines.plan_lines(plan),
        job_lines.summary_line(batch(view, batch=Batch(3, HOSTILE, "{}", 1.0, None, 1), waiting=HOSTILE)),
        *job_lines.running_row(replace(AT_WORK, progress=bar(0.1, HOSTILE), waiting=HOSTILE)),
    ]
    for text in texts:
        assert text.isprintable(), text
        assert "9db6bfe28279" not in text


def test_a_plan_says_what_is_done_skipped_and_spent() -> None:
    inputs = tuple(Input(f"in/{i}", f"{i}", i, skip="has a result" if i <= 7 else "") for i in range(1, 18))
    offer = Offer(id=11, gpu_name="RTX 4090", num_gpus=2, host_id=5, dph_total=0.5)
    spec = JobSpec(name="up", max_parallel=4, budget=3.0)
    plan = BatchPlan(spec, inputs, (offer,), hourly=0.5, reserved=0.25, problems=("no credit",), remarks=("slow",))
    text = "\n".join(job_lines.plan_lines(plan))
    assert "up: 10 jobs, 7 skipped, 4 at a time" in text
    assert text.count("has a result") == job_lines.SHOWN
    assert "2 more are skipped" in text
    assert "$0.250 on the best offer, all of them $2.50; budget $3.00" in text
    assert "problem: no credit" in text
    assert "note: slow" in text
    said = job_lines.plan_json(plan)
    assert (said["jobs"], said["skipped"], said["most"], len(said["inputs"])) == (10, 7, 2.5, 17)
    assert said["offers"][0]["offer_id"] == 11
    assert job_lines.plan_json(replace(plan, spec=replace(spec, budget=1.0)))["most"] == 1.0


def test_a_timeline_tells_how_long_each_step_took() -> None:
    events = [JobEvent(1, "x", 10.0, "searching", "", None), JobEvent(2, "x", 75.0, "renting", "offer 4", None)]
    first, last = job_lines.timeline(events)
    assert first.endswith("x searching  (1m 05s)")
    assert last.endswith("x renting  offer 4")


def at(fraction: float, **fields: object) -> list[BatchView]:
    return [batch(replace(AT_WORK, progress=bar(fraction), **fields))]  # type: ignore[arg-type]


def test_progress_is_told_when_it_moved_by_a_step_and_not_too_often() -> None:
    steps = Steps(0.1, every=2.0)
    told = [bool(steps.moved(at(fraction), now)) for now, fraction in enumerate((0.05, 0.11, 0.12, 0.31, 0.29, 0.299))]
    assert told == [False, True, False, True, False, True]
    assert not steps.moved(at(0.9, job=job(3, phase="collecting")), 100.0)
    assert steps.moved(at(0.9, job=job(3, phase="working", tries=2)), 100.0)


def test_json_lines_are_json_and_end_with_the_summary(capsys: pytest.CaptureFixture[str]) -> None:
    with JsonLines({DONE.job_id: DONE}.get) as screen:
        screen.tell([VIEW], [JobEvent(5, DONE.job_id, 160.0, "succeeded", "", 7)], 200.0)
        screen.remark("Vast.ai is away", 200.0)
        screen.end([VIEW], 201.0)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in lines] == ["succeeded", "progress", "note", "summary"]
    assert lines[0]["result"] == SIGNED
    assert lines[1] | {"detail": ""} == {
        "t": 200.0, "job": AT_WORK.id, "event": "progress", "progress": 0.42, "instance_id": 9, "detail": "",
    }  # fmt: skip


def test_plain_lines_are_data_and_remarks_are_talk(capsys: pytest.CaptureFixture[str]) -> None:
    with PlainLines() as screen:
        screen.tell([VIEW], [JobEvent(5, DONE.job_id, 160.0, "succeeded", "", 7)], 200.0)
        screen.remark("paused", 200.0)
        screen.end([VIEW], 201.0)
    out, err = capsys.readouterr()
    assert [line.split(" ", 1)[-1] for line in out.splitlines()][:2] == [
        f"{DONE.job_id} succeeded  instance 7",
        f"{AT_WORK.id} 42%",
    ]
    assert err == "-- paused --\n"


def drawn(height: int, width: int, views: list[BatchView], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("LINES", str(height))
    monkeypatch.setenv("COLUMNS", str(width))
    return [row.plain for row in Bars(ascii_only=True).rows(views)]


def test_bars_take_a_line_a_job_and_leave_room(monkeypatch: pytest.MonkeyPatch) -> None:
    many = batch(*(replace(AT_WORK, job=replace(AT_WORK.job, job_id=f"j{i}")) for i in range(50)))
    rows = drawn(24, 80, [many], monkeypatch)
    assert len(rows) <= 22
    assert "more at work" in rows[-2]
    assert rows[0].startswith("n3                       working     =========")
    assert "42% train, ~1m 30s left, $0.012" in rows[0]
    assert drawn(24, 80, [VIEW], monkeypatch)[-1].startswith("batch 3 up: 2 of 4 done")


def test_bars_print_each_end_once_and_again_after_a_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr("sys.stdout", out)
    bars = Bars(ascii_only=True)
    with bars:
        for view in (VIEW, VIEW, batch(JobView(job(2, phase="queued"))), batch(JobView(FAILED))):
            bars.tell([view], [JobEvent(1, "up-ab12-003", 1.0, "again", f"stalled {HOSTILE}", None)], 200.0)
        bars.end([VIEW], 201.0)
    said = out.getvalue()
    assert said.count("n1 succeeded in 1m 00s $0.200") + said.count("n1 succeeded in 1m 00s  $0.200") == 1
    assert said.count("n2 failed") == 2
    assert "\u202e" not in said
    assert "9db6bfe28279" not in said
