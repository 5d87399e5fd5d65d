"""What the Jobs pane says of jobs, batches, results and leases, without a screen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui.job_pictures import (
    ARMED,
    SIGNED,
    bar,
    batch,
    busy,
    ended,
    history,
    job,
    leased,
    many_states,
    plan,
    view,
)
from tests.tui.pictures import NOW, box, snapshot
from vasttui.errors import UsageError
from vasttui.jobs.lifecycle import JobPhase, Outcome
from vasttui.jobs.spec import JobSpec, Limits
from vasttui.snapshot import BatchPlan, JobView, Part, SwitchState
from vasttui.tui.dialogs.batch_form import BatchText, foreseen, plan_lines, request_of_text
from vasttui.tui.dialogs.job_questions import cancel_question, elsewhere_question, resume_question, retry_question
from vasttui.tui.format import cells, clean, money
from vasttui.tui.glyphs import ASCII, UNICODE
from vasttui.tui.panes.jobs.facts import job_lines, series_lines, timeline
from vasttui.tui.panes.jobs.result import is_link, masked, read_result
from vasttui.tui.panes.jobs.rows import beside, chosen_batch, job_rows
from vasttui.tui.panes.jobs.summary import batch_line, head_lines, row_line
from vasttui.tui.panes.jobs.work import fraction, work_bar, work_glyph, work_words
from vasttui.tui.panes.lease import lease_cell, lease_parts, read_hours
from vasttui.tui.panes.sheet import Line, whole_parts


def text(*lines: Line) -> str:
    return "\n".join("".join(word for word, _ in whole_parts(line, 10_000)) for line in lines)


# One job


@pytest.mark.parametrize(
    ("shown", "glyph", "told"),
    [
        (view(1, "queued"), "·", "queued"),
        (view(1, "queued", waiting="8 of 8 run"), "·", "queued: 8 of 8 run"),
        (view(1, "queued", of_job={"not_before": NOW + 40, "failure": "host fault"}), "·", "host fault, again in 40s"),
        (view(1, "searching", waiting="no offer"), "◌", "looks for an offer: no offer"),
        (view(1, "unconfirmed"), "?", "rental unconfirmed 11m"),
        (view(1, "loading"), "◐", "loads its image 11m"),
        (view(1, "working"), "▶", "works 11m, no bar yet"),
        (view(1, "working", quiet=900.0, progress=bar()), "▶", "no sign of life for 15m"),
        (view(1, "working", progress=bar()), "▶", "train  420/1000"),
        (view(1, "working", of_job={"wish": "cancel"}), "▶", "is to be cancelled"),
        (ended(1, "succeeded"), "✔", "done"),
        (view(1, "cleaning", of_job={"outcome": "succeeded"}), "✔", "done, gives its box up"),
        (ended(1, "failed", failure="disk full", reason="No space left"), "✖", "disk full: No space left"),
        (ended(1, "timed out", failure="time limit"), "✖", "timed out"),
        (ended(1, "cancelled"), "■", "cancelled"),
        (ended(1, "cancelled", reason="cancelled"), "■", "cancelled"),
        (ended(1, "skipped", reason="has a result"), "·", "skipped: has a result"),
    ],
)
def test_a_job_tells_its_state_by_a_glyph_and_in_words(shown: JobView, glyph: str, told: str) -> None:
    assert work_glyph(shown, UNICODE)[0] == glyph
    assert work_words(shown, 44, NOW)[0] == told


@given(
    phase=st.sampled_from(JobPhase), outcome=st.sampled_from(["", *Outcome]), width=st.integers(12, 60),
    quiet=st.none() | st.floats(0, 1e6), progress=st.none() | st.floats(0, 1).map(bar), waiting=st.text(max_size=30),
    of_job=st.fixed_dictionaries({}, optional={"reason": st.text(), "failure": st.sampled_from(["", "box lost"]),
                                               "not_before": st.floats(0, NOW * 2)}),
)  # fmt: skip
def test_no_job_says_nothing_and_words_fit_or_are_the_shortest(
    phase: JobPhase, outcome: str, width: int, quiet: float | None, progress: Any, waiting: str, of_job: dict[str, Any]
) -> None:
    fields = {"outcome": outcome, **of_job}
    shown = view(1, phase, of_job=fields, quiet=quiet, progress=progress, waiting=waiting)
    said = work_words(shown, width, NOW)[0]
    assert said.strip()
    assert cells(clean(said)) <= max(width, 24)
    assert sum(len(piece[0]) for piece in work_bar(shown, width, UNICODE)) == width


def test_only_a_success_is_whole() -> None:
    assert fraction(ended(1, "succeeded")) == 1.0
    assert fraction(replace(ended(1, "failed"), progress=bar(0.3))) == 0.3
    assert fraction(view(1, "queued", progress=bar(0.3))) is None
    assert fraction(view(1, "collecting", collected=0.5, progress=bar(1.0))) == 0.5


# Batches


def test_the_newest_open_batch_is_shown_unless_another_is_asked_for() -> None:
    newest = batch(batch_id=9, head={"closed": True})
    opened, old = batch(batch_id=8), batch(batch_id=3)
    batches = (newest, opened, old)
    assert chosen_batch(batches, None) is opened
    assert chosen_batch(batches, 3) is old
    assert chosen_batch(batches, 77) is opened
    assert chosen_batch((newest,), None) is newest
    assert chosen_batch((), None) is None
    assert [beside(batches, opened, step).id for step in (-5, -1, 1, 5)] == [9, 9, 3, 3]


def test_a_box_of_a_job_has_no_row_of_its_own() -> None:
    rows = job_rows(busy(), many_states())
    assert [row.view.job.number for row in rows if row.view] == list(range(1, 41))
    assert [row.box.label for row in rows if row.view is None and row.box] == ["lora-flux", "upscale-08", "notebook"]
    assert rows[0].box is not None
    assert rows[0].box.id == 28_397_584
    done = batch(ended(1, "succeeded", instance_id=box(7).id))
    kept = job_rows(snapshot(boxes=Part((box(7),), at=NOW), batches=(done,)), done)
    assert [row.key for row in kept] == ["upscale-k3x9-001", f"box {box(7).id}"], "a box that was kept is not hidden"


def test_the_summary_counts_each_job_once() -> None:
    shown = many_states()
    said = text(batch_line(shown, UNICODE, chosen=False))
    assert said == (
        "upscale #7   1/40 done   2 failed   5 running   $3.21 of ~$9.80   ETA 1h 12m   31 queued   1 cancelled"
    )
    assert len(shown.jobs) == 1 + 2 + 5 + 31 + 1


def test_a_long_text_hides_nothing_else() -> None:
    link, reason = "https://e.example/" + "x" * 4000, "no such file " * 400
    shown = ended(1, "failed", failure="job failed", reason=reason, result=link, input="y" * 4000)
    said = text(*job_lines(shown, None, NOW, UNICODE), *timeline(history(), NOW, ended=True))
    assert len(said) < 3000
    assert all(words in said for words in ("job failed: no such file", "https://e.example/xxx", "spent", "searching"))
    assert text(row_line(job_rows(snapshot(boxes=Part()), batch(shown))[0], NOW)).startswith("job failed  no such")
    long = plan(inputs=tuple(replace(item, value="z" * 1000, name="z" * 80) for item in plan().inputs))
    assert all(len(line) < 140 for line in text(*plan_lines(long, UNICODE)).splitlines())


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        (view(1, "queued", of_job={"failure": "offer gone", "reason": "404"}), "last try  offer gone  404"),
        (view(1, of_job={"failure": "offer gone", "reason": "404"}, progress=bar()), "loss 0.31   lr 1e-4"),
        (ended(1, "failed", failure="disk full", reason="No space left"), "disk full  No space left"),
        (ended(1, "cancelled", reason="cancelled"), "cancelled"),
        (ended(1, "succeeded", result="/home/me/out"), "result /home/me/out"),
    ],
)
def test_the_line_below_tells_the_present_and_names_what_is_past(shown: JobView, told: str) -> None:
    (row,) = job_rows(snapshot(boxes=Part()), batch(shown))
    assert text(row_line(row, NOW)).strip() == told


def test_a_job_that_gives_its_box_up_is_counted_by_its_end_alone() -> None:
    shown = batch(ended(1, "succeeded"), view(2, "cleaning", of_job={"outcome": "failed"}), eta=0.0)
    assert text(batch_line(shown, UNICODE, chosen=False)) == "upscale #7   1/2 done   1 failed   $3.21 of ~$9.80"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"head": {"paused": True}}, "paused"),
        ({"spent": None}, "$? of ~$9.80"),
        ({"expected": None}, "$3.21 of at most $12.00"),
        ({"expected": None, "head": {"budget": None}}, "$3.21"),
    ],
)
def test_the_summary_never_says_a_figure_that_is_not_known(fields: dict[str, Any], said: str) -> None:
    assert said in text(batch_line(batch(view(), **fields), UNICODE, chosen=False)).split("   ")


def test_who_drives_and_why_nothing_begins_is_said() -> None:
    picture = busy()
    said = text(*head_lines(picture, many_states(), UNICODE))
    assert "vasttui 4711 drives the jobs: this one watches" in said
    assert "no further job begins: budget: $12.00 set" in said
    assert text(*head_lines(replace(picture, batches=()), None, UNICODE)).startswith("vasttui 4711 drives the jobs")
    assert head_lines(snapshot(), None, UNICODE) == ()


# Results: what a machine printed


@pytest.mark.parametrize(
    ("result", "link"),
    [
        ("https://example.org/a.mp4", True),
        ("http://example.org:8080/a?b=c", True),
        ("HTTPS://example.org/", True),
        ("file:///etc/passwd", False),
        ("javascript:alert(1)", False),
        ("--new-window https://example.org", False),
        ("https://example.org/a b", False),
        ("https://", False),
        ("http://[::1", False),
        ("results/clip_01", False),
    ],
)
def test_only_a_whole_http_address_is_opened(result: str, link: bool) -> None:
    assert is_link(result) is link


def test_a_signature_is_never_drawn_but_can_be_copied() -> None:
    result = read_result(f"\x1b]8;;x\x07{SIGNED}\n")
    assert result is not None
    assert result.text == SIGNED
    assert "0123456789abcdef" not in result.told
    everything = text(*job_lines(ended(1, "succeeded", result=SIGNED), None, NOW, UNICODE))
    assert "0123456789abcdef" not in everything
    rows = job_rows(snapshot(), batch(ended(1, "succeeded", result=SIGNED)))
    assert "0123456789abcdef" not in text(row_line(rows[0], NOW))


@given(st.text())
def test_nothing_that_is_drawn_has_a_control_character(said: str) -> None:
    assert masked(said).isprintable() or not masked(said)


# The detail


def test_the_detail_tells_money_by_attempt_and_the_last_failure() -> None:
    shown = view(2, spent=0.37, progress=bar(), of_job={"tries": 2, "spent": 0.11, "failure": "outbid"})
    said = text(*job_lines(shown, replace(box(7), switch=ARMED), NOW, UNICODE))
    assert "spent      $0.37   earlier attempts $0.11   this attempt $0.26   price $0.300/h   tries 2" in said
    assert "last try   outbid" in said
    assert "switch armed" in said
    assert "loss 0.31   lr 1e-4" in said


@pytest.mark.parametrize(("phase", "place"), [("done", "gone"), ("cleaning", "gone, or not listed yet")])
def test_a_job_that_has_ended_tells_its_money_in_one_sum_and_that_its_box_is_gone(phase: str, place: str) -> None:
    fields = {"outcome": "succeeded", "spent": 0.31, "instance_id": 7, "host_id": None}
    said = text(*job_lines(view(1, phase, spent=0.31, of_job=fields), None, NOW, UNICODE)).splitlines()
    assert "box        7   " + place in said
    assert "spent      $0.31   price $0.300/h   tries 1" in said


def test_the_timeline_tells_how_long_each_phase_lasted() -> None:
    lines = text(*timeline(history(), NOW, ended=False)).splitlines()
    assert lines[0].split()[1:] == ["33m", "ago", "queued", "4m", "10s"]
    assert lines[4].split()[1:] == ["16m", "ago", "working", "16m"], "the note after it does not end a phase"
    assert "offer 9000001" in lines[2]
    assert not text(*timeline(history()[:5], NOW, ended=True)).splitlines()[4].endswith("m")


def test_a_metric_is_drawn_between_its_least_and_its_most() -> None:
    line = text(*series_lines({"loss": [3.0, 2.0, 1.0, float("nan")], "once": [1.0]}, UNICODE))
    assert "█▅▁  1   1 to 3" in line
    assert "once" not in line
    long = text(*series_lines({"loss": [float(n) for n in range(500)]}, ASCII))
    assert long.isascii()
    assert "499" in long


# Questions


def test_the_questions_tell_what_is_lost_or_spent() -> None:
    shown = view(1, spent=0.21, progress=bar(0.83), of_job={"instance_id": 1})
    assert "25m of its box, $0.21 spent, work at 83%" in cancel_question(shown, NOW).text
    assert "another host than host 51001" in elsewhere_question(shown, NOW).text
    assert "Lost" not in cancel_question(view(1, "queued"), NOW).text
    said = retry_question(ended(7, "failed", failure="out of memory"), NOW).text
    assert "(out of memory, 11m ago)" in said
    assert "$0.19 went into it so far" in said
    assert "31 jobs in the queue, 8 at a time" in resume_question(many_states()).text
    assert "leaves $8.79" in resume_question(many_states()).text


# Leases


@pytest.mark.parametrize(
    ("switch", "cell", "said"),
    [
        (ARMED, "5h 12m", "ends itself in 5h 12m   switch armed   extended while vasttui runs"),
        (SwitchState(True, NOW + 60, "stop", fixed=True), "1m 00s", "stops itself in 1m 00s   switch armed   fixed"),
        (SwitchState(True, NOW - 5), "now", "ends itself now"),
        (SwitchState(None, NOW + 900, text="waits for its first line"), "15m", "waits for its first line"),
        (SwitchState(None, None), "?", "its end is not known"),
        (SwitchState(False, None, text="no curl or wget"), "off", "switch not armed: no curl or wget"),
    ],
)
def test_a_lease_says_whether_the_box_ends_itself(switch: SwitchState, cell: str, said: str) -> None:
    assert lease_cell(switch, NOW)[0] == cell
    assert said in text(lease_parts(switch, NOW, 5))


@pytest.mark.parametrize(("typed", "seconds"), [("6", 21_600), (" 0.5h ", 1800)])
def test_hours_are_read(typed: str, seconds: float) -> None:
    assert read_hours(typed) == seconds


@pytest.mark.parametrize("typed", ["", "0", "-1", "nan", "inf", "1e9", "six"])
def test_what_is_no_number_of_hours_is_refused(typed: str) -> None:
    with pytest.raises(UsageError, match="lease"):
        read_hours(typed)


def test_an_orphan_is_called_one() -> None:
    from vasttui.tui.panes.box_columns import phase_word
    from vasttui.tui.panes.instance_detail import box_lines

    orphan = leased()[3]
    assert phase_word(orphan) == ("orphan", "look")
    assert "orphan, $0.440/h: X destroys it   no job or rental here claims it" in text(*box_lines(orphan, NOW))


# The form


def test_the_fields_mean_a_request() -> None:
    form = BatchText(file=" jobs.yaml ", inputs="a\n\n b \n", more="list.txt", parallel="8", budget="$5")
    request = request_of_text(form)
    assert str(request.path) == "jobs.yaml"
    assert (request.inputs, request.inputs_from) == (("a", "b"), "list.txt")
    assert (request.max_parallel, request.budget) == (8, 5.0)
    bare = request_of_text(BatchText(preset="demo"))
    assert (bare.path, bare.preset, bare.max_parallel, bare.budget) == (None, "demo", None, None)


@pytest.mark.parametrize(
    ("form", "named"),
    [
        (BatchText(), "file or preset"),
        (BatchText(file="a", preset="b"), "not both"),
        (BatchText(file="a", parallel="0"), "parallel"),
        (BatchText(file="a", parallel="1.5"), "parallel"),
        (BatchText(file="a", parallel="9" * 30), "parallel"),
        (BatchText(file="a", budget="free"), "budget"),
        (BatchText(file="a", budget="nan"), "budget"),
        (BatchText(file="a", more="-"), "from"),
    ],
)
def test_a_wrong_field_of_the_batch_is_named(form: BatchText, named: str) -> None:
    with pytest.raises(UsageError, match=named):
        request_of_text(form)


@pytest.mark.parametrize(
    ("fields", "usd", "rests_on"),
    [
        ({}, 2 * 0.586, "at most, with one try each"),
        ({"spec": JobSpec(name="x", limits=Limits(total=7200.0, tries=1))}, 2 * 0.586, "at most"),
        ({"spec": JobSpec(name="x", limits=Limits(cost=0.586))}, 2 * 0.586, "at most"),
        ({"spec": JobSpec(name="x", limits=Limits(tries=1))}, 2 * 0.586, "if each takes an hour"),
        ({"spec": JobSpec(name="x", budget=1.0)}, 1.0, "at most: its budget"),
        ({"spec": JobSpec(name="x", budget=9.0)}, 2 * 0.586, "if each takes an hour"),
    ],
)
def test_a_dry_run_promises_a_limit_only_where_one_is_set(fields: dict[str, Any], usd: float, rests_on: str) -> None:
    told = foreseen(plan(**fields))
    assert told is not None
    assert told[0] == pytest.approx(usd)
    assert told[1] == rests_on
    assert f"{money(usd, sign=True)} expected {rests_on}" in text(*plan_lines(plan(**fields), UNICODE))


def test_without_a_price_a_dry_run_promises_nothing() -> None:
    assert foreseen(plan(reserved=None)) is None


def test_the_dry_run_tells_all_that_would_happen() -> None:
    said = text(*plan_lines(plan(remarks=("the host list lets 3 offers through",)), UNICODE))
    for words in (
        "2 jobs   1 skipped   8 at a time", "$0.59 set aside   $0.293/h   for 2h 00m at most", "budget $5.00",
        "RTX 4090 ×1   $0.293/h   host 51000", "switch    armed", "in/a.mp4", "in/c.mp4  has a result already",
        "⚠ the host list lets 3 offers through",
    ):  # fmt: skip
        assert words in said
    bad = text(*plan_lines(BatchPlan(JobSpec(name="x"), (), problems=("no offer",), watchdog=False), UNICODE))
    assert bad.startswith("✖ no offer")
    assert "cannot be armed" in bad
    assert "not known" in bad


def test_a_job_without_a_name_is_still_called_something() -> None:
    assert job_rows(snapshot(boxes=Part()), batch(JobView(job(1, name="", input=""))))[0].name == "upscale-k3x9-001"
