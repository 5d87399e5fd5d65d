"""What is sent to a box, and what a box answers: the pure part. Real shells run it in tests/conformance."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vasttui.errors import UsageError
from vasttui.jobs.onbox import (
    FOLDER,
    ONSTART_LIMIT,
    Beat,
    Switch,
    arm_command,
    job_env,
    job_script,
    read_beat,
    run_command,
    script_path,
    start_command,
)
from vasttui.jobs.onbox.start import document, source
from vasttui.jobs.rental import LOG_PATH, RentPlan, request_of, unarmed_reason
from vasttui.jobs.spec import Input, JobSpec, StartSpec

SWITCH = Switch("https://console.vast.ai/api/v0", 14_400.4, 900)
PLAN = RentPlan(image="pytorch/pytorch", onstart="python train.py", env={"TOKEN": "hush"})


def test_most_of_what_vast_ai_takes_is_left_to_the_user() -> None:
    assert len(start_command("x", run_id="123456.12", switch=SWITCH)) - 1 <= 2560
    assert len(start_command("x")) - 1 <= 160


@pytest.mark.parametrize("name", ["box.sh", "ssh.sh"])
def test_what_is_not_sent_is_comment_only(name: str) -> None:
    sent = source(name).splitlines()
    assert not [line for line in sent if line.startswith(("#", " ", "\t")) or not line]
    assert sum(len(line) for line in sent) > 1000


def test_where_nothing_is_to_be_done_nothing_is_sent() -> None:
    assert start_command("") == start_command(" \n", run_id="1.1") == ""


SHELL_TEXT = st.text(st.sampled_from("~'\"$`\\\n (){}#;abEOF&|<>\t%ü"), max_size=80)


@given(SHELL_TEXT)
@settings(max_examples=60)
def test_no_text_can_end_the_document_that_carries_it(text: str) -> None:
    carried = subprocess.run(
        [shutil.which("sh") or "sh", "-c", document("/dev/stdout", text)], capture_output=True, check=True
    )
    assert (carried.stdout.decode(), carried.stderr) == (f"{text}\n", b"")


@given(st.text(max_size=400), st.lists(st.sampled_from(['::vasttui beat left=5 why=""', "::vasttui run id=1.1", "x"])))
def test_no_answer_of_a_box_can_break_the_reader(noise: str, lines: list[str]) -> None:
    found = read_beat("\n".join([noise, *lines, noise]))
    assert (found is not None) == (lines[:] != [] and '::vasttui beat left=5 why=""' in lines)
    assert found is None or set(found.running) <= {"1.1"}


@pytest.mark.parametrize(
    ("output", "beat"),
    [
        ("", None),
        ("Have fun!\n", None),
        ('::vasttui beat left=90 why=""\n', Beat(True, 90.0, "", {}, ())),
        ('Welcome\r\n::vasttui beat left=-3 why=""\r\n', Beat(True, -3.0, "", {}, ())),
        (
            '::vasttui beat left=9 why="no curl, wget or python3"\n::vasttui run id=1.1 code=137\n::vasttui run id=1.2',
            Beat(False, 9.0, "no curl, wget or python3", {"1.1": 137}, ("1.2",)),
        ),
        ('::vasttui beat left=0 why="no switch was sent to this box"', Beat(
            False, None, "no switch was sent to this box", {}, ())),
        ('::vasttui beat left=9 why=""\n::vasttui run id=1.1 code=999\n::vasttui run id=../x code=0', Beat(
            True, 9.0, "", {}, ())),
        ('::vasttui beat left=1e9 why=""', None),
        ('::vasttui beat left=9 why="a"b"', None),
        ("x" * 70_000 + '\n::vasttui beat left=9 why=""', None),
    ],
)  # fmt: skip
def test_what_a_box_answers(output: str, beat: Beat | None) -> None:
    assert read_beat(output) == beat


@pytest.mark.parametrize("run_id", ["", "-n", "a b", "../../etc", "a;b", "a\n", ".hidden", "x" * 65])
def test_a_run_id_is_a_plain_word(run_id: str) -> None:
    for call in (script_path, run_command):
        with pytest.raises(ValueError, match="is no run id"):
            call(run_id)


@pytest.mark.parametrize("url", ["console.vast.ai/api/v0", "https://x/$(reboot)", "https://a b/", "file:///etc", ""])
def test_an_address_that_would_not_pass_a_shell_is_refused(url: str) -> None:
    for call in (arm_command, lambda switch: start_command("", switch=switch)):
        with pytest.raises(UsageError, match="a box could not use it"):
            call(replace(SWITCH, api_url=url))


def test_a_rental_carries_its_switch_and_says_so_in_the_environment() -> None:
    request = request_of(replace(PLAN, switch=SWITCH, run_id="3.1"), "a~bbbbbbbb")
    assert request.onstart == start_command("python train.py", run_id="3.1", switch=SWITCH)
    assert "watch https://console.vast.ai/api/v0 14400 900 destroy 0&" in request.onstart
    assert request.env == {
        "TOKEN": "hush",
        "VASTTUI_LEASE": "14400",
        "VASTTUI_GRACE": "900",
        "VASTTUI_END": "destroy",
        "VASTTUI_FIXED": "0",
    }
    plain = request_of(PLAN, "a~bbbbbbbb")
    assert plain.env == {"TOKEN": "hush"}
    assert f"tee -a {LOG_PATH}" in str(plain.onstart)


def test_a_template_keeps_its_own_start_command() -> None:
    request = request_of(RentPlan(template="abc", switch=SWITCH), "a~bbbbbbbb")
    assert (request.onstart, request.env) == (None, {})


def test_a_start_command_that_stays_too_long_is_refused() -> None:
    text = "".join(chr(0x4E00 + n * 7919 % 20000) for n in range(ONSTART_LIMIT))
    with pytest.raises(UsageError, match=r"onstart is \d+ characters long, Vast.ai takes 4048"):
        request_of(replace(PLAN, onstart=text), "a~bbbbbbbb")


def test_where_no_switch_can_be() -> None:
    assert unarmed_reason(PLAN) == ""
    assert "no start command" in unarmed_reason(replace(PLAN, runtype="args"))


@pytest.mark.parametrize(
    "directory",
    ["", "/", "/workspace", "workspace/project", "/workspace/..", "/a/../b", "//", "/var/log", FOLDER, "//etc"],
)
def test_what_must_not_be_removed_is_no_place_for_a_clone(directory: str) -> None:
    spec = JobSpec(name="a", start=StartSpec(kind="repo", repo="r", script="s", directory=directory))
    with pytest.raises(UsageError, match="it is removed before the clone"):
        job_script(spec, Input("", "", 1), "1.1")


@pytest.mark.parametrize("directory", ["/workspace/project", "/workspace//project/", "/var/logs/x", "/root/a b"])
def test_other_places_are(directory: str) -> None:
    spec = JobSpec(name="a", start=StartSpec(kind="repo", repo="r", script="s", directory=directory))
    assert job_script(spec, Input("", "", 1), "1.1")


def test_a_template_has_no_script_and_a_job_knows_who_it_is() -> None:
    job_input = Input("s3://a", "a", 2)
    assert job_script(JobSpec(name="a", start=StartSpec(kind="template")), job_input, "1.1") == ""
    assert job_env(job_input, "1.1") == {
        "VASTTUI_JOB_ID": "1.1",
        "VASTTUI_INPUT": "s3://a",
        "VASTTUI_NAME": "a",
        "VASTTUI_INDEX": "2",
    }
