"""`vasttui run`: jobs to their end, as scripts see it."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tests.cli.conftest import Call, Done, Shell, World

HIDDEN, SHOWN = b"\x1b[?25l", b"\x1b[?25h"
"""What hides the cursor, and what shows it again."""

JOB = """\
name: {name}
rent: {{search: "num_gpus=1", image: pytorch/pytorch, disk: 16}}
onstart: python upscale.py {{input}}
inputs: [one.mp4, two.mp4]
max_parallel: 2
limits: {{work: 30m, tries: 2}}
"""


def write_job(shell: Shell, name: str = "upscale", extra: str = "") -> str:
    (shell.home / "job.yaml").write_text(JOB.format(name=name) + extra)
    return "job.yaml"


def lines(done: Done) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.out.splitlines()]


def ours(world: World, name: str) -> list[str]:
    return [label for label in world.labels.values() if label.startswith(name)]


def asked(world: World) -> dict[str, Any]:
    """What the simulator says of itself."""
    with urlopen(world.sim.url.partition("/api/")[0] + "/_sim/state", timeout=10) as answer:
        said: dict[str, Any] = json.load(answer)
    return said


def test_every_input_ends_once_and_the_last_line_is_the_summary(shell: Shell, call: Call, world: World) -> None:
    done = shell("run", write_job(shell, "mixed"), "--input", "fine.mp4", "--input", "oom.mp4", "--yes", "--json")
    said = lines(done)
    assert done.code == 5
    assert all({"t", "job", "event"} <= set(line) for line in said[:-1])
    by_job: dict[str, list[str]] = {}
    for line in said[:-1]:
        by_job.setdefault(line["job"], []).append(line["event"])
    first, second = sorted(job for job in by_job if job)
    assert [by_job[first].count(word) for word in ("succeeded", "failed", "done")] == [1, 0, 1]
    assert [by_job[second].count(word) for word in ("succeeded", "failed", "done")] == [0, 1, 1]
    (result,) = [line["result"] for line in said if "result" in line]
    assert "fine.mp4" in result
    (reason,) = [line["detail"] for line in said if line["event"] == "failed"]
    assert "out of memory" in reason.lower()
    summary = said[-1]
    assert (summary["event"], summary["jobs"], summary["succeeded"], summary["failed"]) == ("summary", 2, 1, 1)
    assert summary["spent"] > 0
    assert not ours(world, "mixed")
    listed = json.loads(call("jobs", "--json").out)
    assert [job["outcome"] for job in listed[0]["jobs"]] == ["succeeded", "failed"]


def test_a_dry_run_says_all_and_sends_no_write(shell: Shell, call: Call, world: World) -> None:
    file = write_job(shell)
    before = asked(world)["writes"]
    done = call("run", file, "--dry-run", "--json", "--budget", "2")
    plan = json.loads(done.out)
    assert (done.code, plan["jobs"], plan["budget"]) == (0, 2, 2.0)
    assert plan["offers"][0]["dph_total"] > 0
    assert [item["input"] for item in plan["inputs"]] == ["one.mp4", "two.mp4"]
    text = call("run", file, "--dry-run", "--max-parallel", "1")
    assert (text.code, text.err) == (0, "")
    assert "2 jobs, 1 at a time" in text.out
    assert str(plan["offers"][0]["offer_id"]) in text.out
    assert asked(world)["writes"] == before
    assert json.loads(call("jobs", "--json").out) == []


@pytest.mark.parametrize(
    ("words", "extra", "code", "says"),
    [
        (("job.yaml",), "", 2, "--yes"),
        ((), "", 2, "preset"),
        (("absent.yaml", "--yes"), "", 2, "absent.yaml"),
        (("--preset", "nobody", "--yes"), "", 2, "nobody"),
        (("job.yaml", "--yes"), "lease: soon\nonstrat: x\n", 2, "onstrat"),
        (("job.yaml", "--yes", "--budget", "0.01"), "budget: 5\n", 1, "budget"),
        (("job.yaml", "--yes", "--inputs-from", "none.txt"), "", 2, "none.txt"),
        (("job.yaml", "--yes", "--max-parallel", "0"), "", 2, "max-parallel"),
        (("job.yaml", "--yes", "--budget", "nan"), "", 2, "'nan' is no amount"),
        (("job.yaml", "--yes", "--budget", "inf"), "", 2, "'inf' is no amount"),
    ],
)
def test_what_cannot_run_is_told_and_rents_nothing(
    shell: Shell, call: Call, world: World, words: tuple[str, ...], extra: str, code: int, says: str
) -> None:
    write_job(shell, "never", extra)
    done = call("run", *words)
    assert (done.code, done.out) == (code, "")
    assert says in done.err
    assert not ours(world, "never")


def test_a_read_only_run_is_a_dry_run_or_nothing(shell: Shell, call: Call) -> None:
    file = write_job(shell)
    assert call("--read-only", "run", file, "--yes").code == 2
    assert call("--read-only", "run", file, "--dry-run").code == 0


@pytest.mark.parametrize(
    ("given", "code", "says"),
    [
        ("a.mp4\n" * 3_000_000, 2, "no list of inputs"),
        ("a.mp4\nb\x0bc.mp4\n", 2, "input 2"),
        ("\ufeffa.mp4\r\n", 0, '"input": "a.mp4"'),
        ("\n", 2, "no inputs"),
    ],
    ids=["endless", "control", "mark", "empty"],
)
def test_standard_input_is_read_as_a_file_of_inputs_is(shell: Shell, given: str, code: int, says: str) -> None:
    words = [sys.executable, "-m", "vasttui", "run", write_job(shell), "--inputs-from", "-", "--dry-run", "--json"]
    done = subprocess.run(words, input=given.encode(), capture_output=True, env=shell.env, cwd=shell.home, timeout=60)
    assert done.returncode == code
    assert says.encode() in (done.stdout or done.stderr)


def test_inputs_come_from_standard_input_and_done_ones_are_skipped(shell: Shell) -> None:
    file = write_job(shell, "piped", "skip_done: true\n")

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "vasttui", "run", file, "--inputs-from", "-", "--yes", *more]
        return subprocess.run(
            words, input="a.mp4\n\n# none\n", capture_output=True, text=True, env=shell.env, cwd=shell.home, timeout=60
        )

    first = run()
    assert first.returncode == 0
    assert "succeeded" in first.stdout
    assert "batch 1 piped: 1 of 1 done" in first.stdout
    second = run("--json")
    assert second.returncode == 0
    assert json.loads(second.stdout)["skipped"] == 1
    assert "nothing to do" in second.stderr


def test_an_interrupt_pauses_and_resume_goes_on(shell: Shell, call: Call, world: World) -> None:
    process = shell.start("run", write_job(shell, "broken"), "--max-parallel", "1", "--yes", "--json")
    assert process.stdout is not None
    while json.loads(process.stdout.readline())["event"] != "rented":
        pass
    process.send_signal(signal.SIGINT)
    done = shell.end(process)
    assert done.code == 130
    assert "vasttui jobs resume 1" in done.err
    assert "1 box at work" in done.err
    (batch,) = json.loads(call("jobs", "--json").out)
    assert (batch["paused"], batch["closed"]) == (True, False)
    assert "nobody drives the jobs" in call("jobs").err
    resumed = call("jobs", "resume", "--json")
    assert resumed.code == 0
    assert lines(resumed)[-1]["succeeded"] == 2
    assert not ours(world, "broken")
    assert call("jobs", "resume").err == "no batch is open\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_end_gives_the_terminal_back_and_says_how_to_go_on(
    shell: Shell, call: Call, world: World, number: signal.Signals
) -> None:
    mine, theirs = pty.openpty()
    command = [sys.executable, "-m", "vasttui", "run", write_job(shell, "ended"), "--max-parallel", "1"]
    command.append("--yes")
    seen = b""
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=shell.env | {"TERM": "xterm"}, cwd=shell.home
    ) as process:
        os.close(theirs)
        while b"creating" not in seen:
            seen += os.read(mine, 65536)
        process.send_signal(number)
        with suppress(OSError):  # Linux says EIO when the last program has left the terminal.
            while more := os.read(mine, 65536):
                seen += more
    os.close(mine)
    assert process.returncode == 128 + number
    assert seen.rindex(HIDDEN) < seen.rindex(SHOWN)
    assert b"Traceback" not in seen
    assert b"vasttui jobs resume 1" in seen
    assert call("jobs", "cancel", "1", "--yes").code == 0
    assert not ours(world, "ended")


def test_when_nobody_reads_any_more_it_is_told_what_is_left(shell: Shell, call: Call, world: World) -> None:
    process = shell.start("run", write_job(shell, "unread"), "--max-parallel", "1", "--yes", "--json")
    assert process.stdout is not None
    while json.loads(process.stdout.readline())["event"] != "rented":
        pass
    process.stdout.close()
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 141
    assert "1 box at work" in said
    assert "vasttui jobs resume 1" in said
    assert call("jobs", "cancel", "1", "--yes").code == 0
    assert not ours(world, "unread")


def test_a_box_that_stays_is_told_with_its_price(shell: Shell, call: Call, world: World) -> None:
    done = call("run", write_job(shell, "stays", "end: stop\n"), "--input", "one.mp4", "--yes")
    assert done.code == 0, done.err
    (box,) = [i for i, label in world.labels.items() if label.startswith("stays")]
    assert "1 box left as wanted, $0.0" in done.err
    assert f"vasttui destroy {box}\n" in done.err
    assert call("destroy", str(box), "--yes").code == 0


def test_a_killed_run_is_gone_on_with(shell: Shell, call: Call, world: World) -> None:
    # One at a time: of a request that is under way when we are killed, only time tells that nothing came of it.
    process = shell.start("run", write_job(shell, "killed"), "--max-parallel", "1", "--yes", "--json")
    assert process.stdout is not None
    while json.loads(process.stdout.readline())["event"] != "rented":
        pass
    os.kill(process.pid, signal.SIGKILL)
    shell.end(process)
    resumed = call("jobs", "resume", "--json")
    summary = lines(resumed)[-1]
    assert (resumed.code, summary["jobs"], summary["succeeded"]) == (0, 2, 2)
    assert not ours(world, "killed")


@pytest.mark.skipif(not Path("/usr/bin/script").exists(), reason="needs util-linux script")
def test_on_a_terminal_there_are_bars_and_a_question(shell: Shell, world: World) -> None:
    file = write_job(shell, "seen")
    command = f"stty rows 30 cols 100; {sys.executable} -m vasttui run {file} --input one.mp4"
    done = subprocess.run(
        ["/usr/bin/script", "-qec", command, "/dev/null"],
        input="y\n", capture_output=True, text=True, env=shell.env | {"TERM": "xterm"}, cwd=shell.home, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "Run 1 job of seen" in done.stdout
    assert "1 at work" in done.stdout
    assert "one succeeded in" in done.stdout
    assert "batch 1 seen: 1 of 1 done" in done.stdout
    assert not ours(world, "seen")
