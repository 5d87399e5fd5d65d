"""How a job's work goes by what its box prints."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vasttui.errors import UsageError
from vasttui.jobs.lifecycle import Ended, Failure
from vasttui.jobs.outcome import LAST_LINES, LOG_LAG, OutcomeReader
from vasttui.jobs.spec import JobSpec, ResultSpec, Rules, StartSpec

RUN = "up-k3x9-007.2"
START = f"::vasttui start id={RUN}"
GOOD = f"::vasttui done id={RUN} code=0"
OLD_START = "::vasttui start id=up-k3x9-001.1"
OLD_DONE = "::vasttui done id=up-k3x9-001.1 code=0"
OOM = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 750.00 MiB."
SIGNED = "https://b.example/x.mp4?X-Amz-Signature=0123456789abcdef0123"

PLAIN = JobSpec(name="up")
MARKED = JobSpec(name="up", success=Rules(marker="=== ALL DONE ==="))
TEMPLATE = JobSpec(name="up", start=StartSpec(kind="template"), success=Rules(marker="=== ALL DONE ==="))


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def code(number: int | str) -> str:
    return f"::vasttui done id={RUN} code={number}"


def read(spec: JobSpec, *lines: str, fresh: bool = True) -> OutcomeReader:
    reader = OutcomeReader(spec, RUN, fresh=fresh)
    for line in lines:
        reader.feed(line)
    return reader


def ended(spec: JobSpec, *lines: str, fresh: bool = True) -> tuple[bool, Failure | None, str, int | None]:
    end = read(spec, *lines, fresh=fresh).ended
    assert end is not None
    return end.ok, end.failure, end.reason, end.exit_code


SUCCESS = (True, None, "", 0)


# Its own marks


def test_a_run_begins_and_ends_by_its_marks() -> None:
    reader = read(PLAIN)
    assert (reader.started, reader.ended, reader.result) == (False, None, "")
    reader.feed(START)
    assert (reader.started, reader.ended) == (True, None)
    reader.feed(GOOD)
    assert reader.ended == Ended(True, None, "", 0)


@pytest.mark.parametrize(
    "lines",
    [
        [OLD_DONE],
        [OLD_START, "=== ALL DONE ===", OLD_DONE],
        ["::vasttui done code=0"],
        ["::vasttui done id= code=0"],
        [f"::vasttui done id={RUN}.1 code=0"],
        [f"+ echo '{GOOD}'"],
        ["=== ALL DONE ===", "Pipeline finished", "JOB DONE."],
        ["::vasttui result=https://b.example/old.mp4"],
    ],
)
@pytest.mark.parametrize("spec", [PLAIN, MARKED], ids=["plain", "marked"])
def test_what_was_printed_before_it_began_does_not_count(spec: JobSpec, lines: list[str]) -> None:
    reader = read(spec, *lines, fresh=False)
    assert (reader.started, reader.ended, reader.result) == (False, None, "")
    reader.feed(START)
    assert (reader.started, reader.ended, reader.result) == (True, None, "")


def test_yesterdays_marker_in_a_reused_container_is_no_success() -> None:
    assert ended(MARKED, OLD_START, "=== ALL DONE ===", OLD_DONE, START, "nothing to do", GOOD, fresh=False) == (
        False, Failure.JOB, "exit code 0, but its success marker was not printed", 0
    )  # fmt: skip


def test_another_runs_start_ends_the_counting() -> None:
    reader = read(MARKED, START, OLD_START, "=== ALL DONE ===", "::vasttui result=https://b.example/other.mp4")
    assert (reader.ended, reader.result) == (None, "")


def test_the_end_counts_although_the_start_was_lost_with_a_gap_of_the_log() -> None:
    reader = read(MARKED, "frame 900/1000", "=== ALL DONE ===", f"::vasttui result={SIGNED}", GOOD)
    assert (reader.started, reader.result) == (True, SIGNED)
    assert reader.ended == Ended(True, None, "", 0)


def test_what_another_run_printed_does_not_fill_the_gap() -> None:
    lines = ["=== ALL DONE ===", "::vasttui result=https://b.example/old.mp4", OLD_DONE, "frame 900/1000", GOOD]
    reader = read(MARKED, *lines, fresh=False)
    assert reader.ended == Ended(False, Failure.JOB, "exit code 0, but its success marker was not printed", 0)
    assert reader.result == ""


def test_a_container_that_was_restarted_begins_anew() -> None:
    reader = read(MARKED, START, "=== ALL DONE ===", f"::vasttui result={SIGNED}", START)
    assert (reader.started, reader.ended, reader.result) == (True, None, "")
    reader.feed(GOOD)
    assert reader.ended == Ended(False, Failure.JOB, "exit code 0, but its success marker was not printed", 0)


@pytest.mark.parametrize("later", [START, code(1), code(0), OOM, "=== FAILED ===", OLD_START])
def test_an_end_that_is_decided_stays(later: str) -> None:
    spec = JobSpec(name="up", failure=Rules(marker="=== FAILED ==="))
    for first in (GOOD, code(3)):
        reader = read(spec, START, first)
        before = reader.ended
        reader.feed(later)
        reader.exited(7)
        assert reader.ended == before


# Rules


MARKERS = Rules(marker="=== ALL DONE ===", pattern=r"wrote \d+ frames")


@pytest.mark.parametrize(
    ("spec", "lines", "end"),
    [
        (PLAIN, [code(0)], SUCCESS),
        (PLAIN, [code(3)], (False, Failure.JOB, "exit code 3", 3)),
        (JobSpec(name="up", exit_code=3), [code(3)], (True, None, "", 3)),
        (JobSpec(name="up", exit_code=3), [code(0)], (False, Failure.JOB, "exit code 0 instead of 3", 0)),
        (JobSpec(name="up", exit_code=None), [code(9)], (True, None, "", 9)),
        (JobSpec(name="up", exit_code=None), [f"::vasttui done id={RUN}"], (True, None, "", None)),
        (PLAIN, [code("x")], (False, Failure.JOB, "it said that it was done, but not with which exit code", None)),
        (PLAIN, [f"::vasttui done id={RUN}"],
         (False, Failure.JOB, "it said that it was done, but not with which exit code", None)),
        (MARKED, ["=== ALL DONE ===", code(0)], SUCCESS),
        (MARKED, ["x\x1b[32m=== ALL DONE ===\x1b[0m y", code(0)], SUCCESS),
        (MARKED, ["=== ALL DONE ===\r 100%|####| 9/9", code(0)], SUCCESS),
        (MARKED, [f"100%|####| 9/9 === ALL DONE === {GOOD}"], SUCCESS),
        (MARKED, ["=== ALL DONE ===" + "x" * 1_000_000, code(0)], SUCCESS),
        (MARKED, ["x" * 1_000_000 + "=== ALL DONE ===", code(0)], SUCCESS),
        (MARKED, ["=== all done ===", code(0)],
         (False, Failure.JOB, "exit code 0, but its success marker was not printed", 0)),
        (MARKED, ["=== ALL DONE ===", code(1)], (False, Failure.JOB, "exit code 1", 1)),
        (JobSpec(name="up", success=MARKERS), ["=== ALL DONE ===", "wrote 90 frames", code(0)], SUCCESS),
        (JobSpec(name="up", success=MARKERS), ["=== ALL DONE ===", code(0)],
         (False, Failure.JOB, "exit code 0, but its success pattern was not printed", 0)),
        (JobSpec(name="up", success=Rules(marker="done id")), [code(0)],
         (False, Failure.JOB, "exit code 0, but its success marker was not printed", 0)),
        (JobSpec(name="up", failure=Rules(marker="FATAL")), ["FATAL: no input"],
         (False, Failure.JOB, "it printed that it failed: FATAL: no input", None)),
        (JobSpec(name="up", failure=Rules(pattern="^bad .* frame")), ["bad 7 frame"],
         (False, Failure.JOB, "it printed that it failed: bad 7 frame", None)),
        (JobSpec(name="up", failure=Rules(marker="out of memory")), [OOM],
         (False, Failure.MEMORY, f"it printed that it failed: {OOM}", None)),
        (JobSpec(name="up", result=ResultSpec(required=True)), [code(0)],
         (False, Failure.JOB, "exit code 0, but it printed no result", 0)),
        (JobSpec(name="up", result=ResultSpec(required=True)), [f"::vasttui result={SIGNED}", code(0)], SUCCESS),
        (JobSpec(name="up", result=ResultSpec(required=True, files=("out/*",))), [code(0)], SUCCESS),
    ],
)  # fmt: skip
def test_how_a_run_ended(
    spec: JobSpec, lines: list[str], end: tuple[bool, Failure | None, str, int | None]
) -> None:
    assert ended(spec, START, *lines) == end


@pytest.mark.parametrize("rules", [Rules(marker="FATAL"), Rules(pattern="FATAL")])
def test_a_failure_marker_before_the_start_or_of_another_run_does_not_count(rules: Rules) -> None:
    spec = JobSpec(name="up", failure=rules)
    assert read(spec, "FATAL").ended is None
    assert read(spec, START, OLD_START, "FATAL").ended is None
    assert ended(spec, "FATAL", START, GOOD) == SUCCESS


def test_a_pattern_that_would_take_for_ever_is_given_up_on_that_line() -> None:
    spec = JobSpec(name="up", success=Rules(pattern=r"^(a|aa)+$"))
    reader = read(spec, START, "a" * 4000 + "b", GOOD)
    assert reader.ended is not None
    assert not reader.ended.ok


def test_a_pattern_that_cannot_be_read_is_told() -> None:
    with pytest.raises(UsageError, match="bad regular expression"):
        read(JobSpec(name="up", success=Rules(pattern="(")))


# Templates: their own start command prints no marks of ours


@pytest.mark.parametrize(
    ("lines", "end"),
    [
        (["=== ALL DONE ==="], Ended(True, None, "")),
        (["working", GOOD], Ended(False, Failure.JOB, "exit code 0, but its success marker was not printed", 0)),
        (["working", code(1)], Ended(False, Failure.JOB, "exit code 1", 1)),
        (["working"], None),
        ([OLD_START, "=== ALL DONE ==="], None),
    ],
)
def test_a_template_ends_by_its_marker_alone(lines: list[str], end: Ended | None) -> None:
    reader = read(TEMPLATE, *lines)
    assert (reader.started, reader.ended) == (lines[0] != OLD_START, end)


def test_a_template_on_a_box_that_was_there_needs_its_start_mark() -> None:
    assert read(TEMPLATE, "=== ALL DONE ===", fresh=False).ended is None
    assert read(TEMPLATE, START, "=== ALL DONE ===", fresh=False).ended == Ended(True, None, "")


def test_a_template_that_owes_a_result_ends_with_it() -> None:
    spec = replace(TEMPLATE, result=ResultSpec(pattern=r"url: (\S+)", required=True))
    assert read(spec, "=== ALL DONE ===").ended is None
    reader = read(spec, "=== ALL DONE ===", "url: https://b.example/x.mp4")
    assert (reader.ended, reader.result) == (Ended(True, None, ""), "https://b.example/x.mp4")


# The exit code as the box tells it over SSH, which may be sooner than the log


def test_an_exit_code_waits_for_the_last_lines_of_the_log() -> None:
    clock = Clock()
    reader = OutcomeReader(MARKED, RUN, fresh=True, clock=clock)
    reader.exited(0)
    assert (reader.started, reader.ended) == (True, None)
    for line in (START, "=== ALL DONE ===", f"::vasttui result={SIGNED}", GOOD):
        reader.feed(line)
    assert (reader.ended, reader.result) == (Ended(True, None, "", 0), SIGNED)


@pytest.mark.parametrize(
    ("number", "lines", "end"),
    [
        (0, ["=== ALL DONE ==="], Ended(True, None, "", 0)),
        (0, [], Ended(False, Failure.JOB, "exit code 0, but its success marker was not printed", 0)),
        (1, [OOM], Ended(False, Failure.MEMORY, f"exit code 1: {OOM}", 1)),
    ],
)
def test_an_exit_code_decides_when_the_log_stays_silent(number: int, lines: list[str], end: Ended) -> None:
    clock = Clock()
    reader = OutcomeReader(MARKED, RUN, fresh=True, clock=clock)
    reader.feed(START)
    reader.exited(number)
    clock.now += LOG_LAG - 1
    for line in lines:
        reader.feed(line)
    reader.exited(number)
    assert reader.ended is None
    clock.now += 1
    assert reader.ended == end


# The result


@pytest.mark.parametrize(
    ("pattern", "lines", "result"),
    [
        ("", [f"::vasttui result={SIGNED}"], SIGNED),
        ("", [f"::vasttui result={SIGNED}", "::vasttui result=https://b.example/2"], "https://b.example/2"),
        ("", ["::vasttui progress=100 result='/workspace/out 1/x.mp4'"], "/workspace/out 1/x.mp4"),
        ("", ["::vasttui result=", '::vasttui result="  "'], ""),
        ("", ["::vasttui result=https://b.example/" + "a" * 5000], ""),
        ("", ["https://b.example/x.mp4"], ""),
        (r"https://\S+", ["see https://b.example/x.mp4 now"], "https://b.example/x.mp4"),
        (r"Download: (\S+)", ["Download: https://b.example/1", "Download: https://b.example/2"], "https://b.example/2"),
        (r"Download: (\S+)", ["Download: a Download: b"], "b"),
        (r"(?:url|link)=(\S+)|file=(\S+)", ["file=x.mp4"], "x.mp4"),
        (r"Download: (\S+)", [f"::vasttui result={SIGNED}", "Download: https://b.example/1"], SIGNED),
        (r"Download: (\S+)", ["Download: https://b.example/1", f"::vasttui result={SIGNED}"], SIGNED),
        (r"Download: (.+)", ["Download: \x1b]0;evil\x07x.mp4\x1b[0m "], "x.mp4"),
    ],
)
def test_the_result(pattern: str, lines: list[str], result: str) -> None:
    spec = JobSpec(name="up", result=ResultSpec(pattern=pattern))
    assert read(spec, "Download: https://b.example/old", START, *lines).result == result


def test_a_result_that_comes_after_the_end_of_a_template_is_still_heard() -> None:
    assert read(TEMPLATE, "=== ALL DONE ===", f"::vasttui result={SIGNED}").result == SIGNED


# Why it failed


@pytest.mark.parametrize(
    ("lines", "number", "failure", "reason"),
    [
        ([OOM], 1, Failure.MEMORY, f"exit code 1: {OOM}"),
        (["Traceback (most recent call last):", '  File "x.py", line 1, in f', OOM], 1, Failure.MEMORY,
         f"exit code 1: {OOM}"),
        ([OOM, "torch.distributed.elastic.multiprocessing.errors.ChildFailedError: x.py FAILED"], 1, Failure.MEMORY,
         f"exit code 1: {OOM}"),
        (["OSError: [Errno 28] No space left on device"], 1, Failure.DISK,
         "exit code 1: OSError: [Errno 28] No space left on device"),
        (["ValueError: bad shape"], 1, Failure.JOB, "exit code 1: ValueError: bad shape"),
        (["Killed"], 137, Failure.MEMORY, "exit code 137: Killed"),
        ([], 137, Failure.MEMORY, "exit code 137: killed: its host or container was out of memory"),
        (["RuntimeError: CUDA error: uncorrectable ECC error encountered"], 1, Failure.HOST,
         "exit code 1: RuntimeError: CUDA error: uncorrectable ECC error encountered"),
        (["fatal: unable to access 'https://x/y.git/': Could not resolve host: x"], 128, Failure.NETWORK,
         "exit code 128: fatal: unable to access 'https://x/y.git/': Could not resolve host: x"),
        (["Could not resolve host: x", *["frame"] * 30], 1, Failure.JOB, "exit code 1"),
        ([OOM, *["frame"] * LAST_LINES], 1, Failure.JOB, "exit code 1"),
        (["all well"], 1, Failure.JOB, "exit code 1"),
    ],
)  # fmt: skip
def test_the_reason_is_the_last_sign(lines: list[str], number: int, failure: Failure, reason: str) -> None:
    assert ended(PLAIN, START, *lines, code(number)) == (False, failure, reason, number)


def test_a_sign_of_an_earlier_run_is_no_reason() -> None:
    assert ended(PLAIN, OOM, START, code(1)) == (False, Failure.JOB, "exit code 1", 1)


def test_a_reason_is_one_short_line_without_secrets() -> None:
    secret = "hf_" + "aB3" * 12
    spec = JobSpec(name="up", failure=Rules(marker="FATAL"))
    for end in (
        ended(PLAIN, START, f"ValueError: token {secret} " + "x" * 5000, code(1)),
        ended(spec, START, f"\x1b[31mFATAL\x1b[0m: {secret} \x07" + "x" * 5000),
    ):
        assert secret not in end[2]
        assert len(end[2]) <= 300
        assert end[2].isprintable()


TEXTS = st.one_of(
    st.text(max_size=60),
    st.sampled_from([START, GOOD, code(1), OLD_START, OLD_DONE, OOM, "=== ALL DONE ===", f"::vasttui result={SIGNED}"]),
)


@given(st.sampled_from([PLAIN, MARKED, TEMPLATE]), st.lists(TEXTS, max_size=20), st.booleans())
@settings(max_examples=150, deadline=None)
def test_success_takes_this_runs_own_good_end(spec: JobSpec, lines: list[str], fresh: bool) -> None:
    reader = OutcomeReader(spec, RUN, fresh=fresh)
    decided: Ended | None = None
    for number, line in enumerate(lines):
        reader.feed(line)
        assert decided is None or reader.ended == decided, "an end that is decided stays"
        decided = reader.ended
        if decided is not None and decided.ok:
            own_end = GOOD in lines[: number + 1]
            assert own_end or (spec is TEMPLATE and "=== ALL DONE ===" in lines[: number + 1])
