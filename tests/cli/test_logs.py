"""`vasttui logs` as a script sees it: each line once, kept lines too, and silence where there is nothing to say."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Shell, World
from tests.cli.test_boxes import rented
from vasttui.cli.log_printing import Look, Printer
from vasttui.cli.logs import Talk
from vasttui.logs.clean import clean_line
from vasttui.logs.events import Lines
from vasttui.logs.rows import LogName
from vasttui.logs.spool import TAKEN, Spools
from vasttui.sim.server import SimOptions
from vasttui.snapshot import LogState, LogStatus

TEED = "/var/log/onstart.log"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One that goes slowly enough for its long log to be read while little is added."""
    world = World(SimOptions(speed=10, offers=60, instances=2))
    yield world
    world.stop()


@pytest.fixture
def box(world: World) -> int:
    """A box that has printed a lot, and goes on."""
    return next(iter(world.sim.world.boxes))


def printed(world: World, instance_id: int) -> list[bytes]:
    """What the box has printed, as it prints it: finished lines."""
    got: list[bytes] = []
    sim = world.sim.world
    world.call(lambda: got.append(sim.boxes[instance_id].log_from(sim.clock.now())))
    return got[0].split(b"\n")[:-1]


def shown(raw: list[bytes]) -> list[str]:
    return [clean_line(line.decode("utf-8", "surrogateescape")).text for line in raw]


def inside(part: list[str], whole: list[str]) -> bool:
    """Whether a part lies in the whole as one piece."""
    return any(whole[start : start + len(part)] == part for start in range(len(whole) - len(part) + 1))


def test_the_tail_is_as_long_as_asked_for_and_what_was_kept_is_not_told_twice(
    shell: Shell, world: World, box: int
) -> None:
    target = str(box)
    first = shell("logs", target, "--tail", "30", "--timestamps").out.splitlines()
    again = shell("logs", target, "--tail", "60", "--timestamps").out.splitlines()
    assert (len(first), len(again)) == (30, 60)
    # The lines of the first call are kept with the time at which they came.
    assert inside(first[:-5], again)
    assert inside([re.sub(r"^\S+ ", "", line) for line in again][:-1], shown(printed(world, box)))


@pytest.mark.parametrize("options", [("--source", "api"), ("--path", TEED), ("--source", "auto")])
def test_following_prints_each_line_once_also_after_being_killed(
    shell: Shell, world: World, box: int, options: tuple[str, ...]
) -> None:
    lines: list[str] = []
    for ending in (signal.SIGKILL, signal.SIGINT):
        follower = shell.start("logs", str(box), "-f", "--tail", "20", *options)
        assert follower.stdout is not None
        got = [follower.stdout.readline() for _ in range(26)]
        follower.send_signal(ending)
        out = follower.communicate(timeout=20)[0]
        assert follower.returncode == (-9 if ending is signal.SIGKILL else 130)
        assert ending is signal.SIGKILL or not out or out.endswith("\n")
        lines += ["".join(got) + out]
    every = shell("logs", str(box), "--tail", "100000", *options).out.splitlines()
    whole = shown(printed(world, box))
    assert inside(every[:-1], whole)
    for text in lines:
        part = text.splitlines()
        assert len(part) >= 26
        assert inside(part[:-1], every)


def test_raw_is_byte_for_byte_what_came_and_never_on_a_terminal(shell: Shell, world: World, box: int) -> None:
    command = [sys.executable, "-m", "vasttui", "logs", str(box), "--path", TEED, "--tail", "100", "--raw"]
    out = subprocess.run(command, env=shell.env, cwd=shell.home, capture_output=True, check=True, timeout=60).stdout
    lines = out.split(b"\n")
    assert any(b"\x1b" in line for line in printed(world, box))
    assert len(lines) >= 100
    raw = [line.rpartition(b"\r")[2] or line for line in printed(world, box)]
    assert inside([repr(line) for line in lines[:-1]], [repr(line) for line in raw])
    terminal, side = pty.openpty()
    refused = subprocess.run(
        command, env=shell.env, cwd=shell.home, stdout=side, stderr=subprocess.PIPE, timeout=60, check=False
    )
    os.close(side)
    os.close(terminal)
    assert refused.returncode == 2
    assert b"not on a terminal" in refused.stderr


def test_without_an_answer_what_was_kept_is_printed(shell: Shell, world: World, box: int) -> None:
    target = str(box)
    before = shell("logs", target, "--tail", "40").out.splitlines()
    with world.faults("drop=1.0"):
        offline = shell("logs", target, "--tail", "40")
        assert (offline.code, len(offline.out.splitlines())) == (0, 40)
        assert inside(offline.out.splitlines()[:20], before)
        assert re.search(r"^-- .*: what was kept --$", offline.err, re.MULTILINE)
        follower = shell.start("logs", target, "-f", "--tail", "40")
        assert follower.stdout is not None
        kept = [follower.stdout.readline() for _ in range(39)]
    new = [follower.stdout.readline() for _ in range(5)]
    follower.send_signal(signal.SIGINT)
    assert shell.end(follower).code == 130
    assert inside([line.rstrip("\n") for line in (*kept, *new)][:-1], shown(printed(world, box)))


def test_an_alert_is_one_line_of_talk(shell: Shell, box: int) -> None:
    with (shell.home / ".config/vasttui/config.yaml").open("a") as config:
        config.write("alerts:\n  - {name: at work, pattern: processing frame, do: [toast, bell]}\n")
    follower = shell.start("logs", str(box), "-f", "--tail", "1")
    assert follower.stderr is not None
    talk = iter(follower.stderr.readline, "")
    alert = next(line for line in talk if "alert" in line)
    assert re.fullmatch(r"-- alert at work: \[Real-ESRGAN\] Processing frame \d+/\d+ --\n", alert)
    follower.send_signal(signal.SIGINT)
    assert shell.end(follower).code == 130


def test_a_box_that_is_gone_is_read_from_what_was_kept(shell: Shell, world: World) -> None:
    target = rented(shell, "mortal")
    follower = shell.start("logs", target, "-f", "--tail", "5")
    assert follower.stdout is not None
    line = follower.stdout.readline()
    assert shell("destroy", target, "--yes").code == 0
    whole = line + shell.end(follower, 30).out
    gone = shell("logs", target)
    assert gone.code == 0
    assert gone.err.splitlines() == [f"-- instance {target} is gone: what was kept --"]
    assert whole.splitlines()[0] in gone.out
    assert inside(whole.splitlines()[:-1], gone.out.splitlines())
    assert shell("logs", target, "--daemon").code == 1


def test_two_followers_of_one_log_do_not_hurt_each_other(shell: Shell, world: World, box: int) -> None:
    first, second = (shell.start("logs", str(box), "-f", "--tail", "10", "--path", TEED) for _ in range(2))
    assert first.stdout is not None
    assert second.stdout is not None
    for follower in (first, second):
        assert follower.stdout is not None
        got = [follower.stdout.readline().rstrip("\n") for _ in range(16)]
        assert inside(got, shown(printed(world, box)))
    for follower in (first, second):
        follower.send_signal(signal.SIGINT)
        assert shell.end(follower).code == 130
    assert inside(shell("logs", str(box), "--path", TEED).out.splitlines()[:-1], shown(printed(world, box)))


def test_logs_print_a_box_and_follow_it_to_its_end(shell: Shell, world: World) -> None:
    target = rented(shell, "logged")
    once = shell("logs", target, "--tail", "50")
    assert once.code == 0
    assert once.out
    follower = shell.start("logs", target, "-f", "--tail", "5", "--timestamps")
    assert follower.stdout is not None
    assert follower.stdout.readline()[:2] == "20"
    assert shell("destroy", target, "--yes").code == 0
    done = shell.end(follower, 20)
    assert done.code == 0
    assert f"instance {target} is gone" in done.err


def test_following_outlives_an_outage(shell: Shell, world: World) -> None:
    target = rented(shell, "outage")
    follower = shell.start("logs", target, "-f", "--source", "ssh")
    assert follower.stdout is not None
    follower.stdout.readline()
    with world.faults("ssh_drop=2"):
        assert "trying again" in _line(follower, "trying again")
    assert "restored" in _line(follower, "restored")
    follower.send_signal(signal.SIGINT)
    assert shell.end(follower).code == 130


def _line(process: subprocess.Popen[str], part: str) -> str:
    """The next line on stderr that says so."""
    assert process.stderr is not None
    return next((line for line in process.stderr if part in line), "")


def test_a_reader_that_leaves_is_met_with_silence(shell: Shell, world: World) -> None:
    target = rented(shell, "piped")
    command = f"{sys.executable} -m vasttui logs {target} -f | head -n 2; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], env=shell.env, cwd=shell.home, capture_output=True, text=True, timeout=40
    )
    assert len(done.stdout.splitlines()) == 3
    assert done.stdout.splitlines()[-1] == "141"
    assert not [line for line in done.stderr.splitlines() if not line.startswith("-- ")]
    assert shell("destroy", target, "--yes").code == 0


@pytest.mark.parametrize("options", ["--tail 2", "--tail 2 --raw", "-f"])
def test_a_closed_stdout_is_told_in_one_sentence(shell: Shell, box: int, options: str) -> None:
    command = f"{sys.executable} -m vasttui logs {box} {options} >&-"
    done = subprocess.run(
        ["sh", "-c", command], env=shell.env, cwd=shell.home, capture_output=True, text=True, timeout=40
    )
    assert done.returncode == 1
    said = [line for line in done.stderr.splitlines() if not line.startswith("-- ")]
    assert said == ["vasttui: the output cannot be written: Bad file descriptor"]


def test_closed_stdin_and_stderr_do_not_matter(shell: Shell, box: int) -> None:
    command = f"{sys.executable} -m vasttui logs {box} --tail 2 <&- 2>&-"
    done = subprocess.run(["sh", "-c", command], env=shell.env, cwd=shell.home, stdout=subprocess.PIPE, timeout=40)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 2


def test_logs_of_a_missing_box(shell: Shell) -> None:
    assert (missing := shell("logs", "4242", "-f")).code == 1
    assert "no instance 4242" in missing.err


@pytest.mark.parametrize(
    "options",
    [
        ("--daemon", "--source", "ssh"),
        ("--daemon", "--path", "/x"),
        ("--path", "/x", "--source", "api"),
        ("--raw", "--timestamps"),
        ("--raw", "--raw-ansi"),
    ],
)
def test_contradictory_wishes_are_refused(shell: Shell, options: tuple[str, ...]) -> None:
    assert shell("logs", "4242", *options).code == 2


# Without a program of its own


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 10_000.0

    def __call__(self) -> float:
        return self.now


def test_somebody_at_a_terminal_is_told_of_quiet_minutes(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    talk = Talk(terminal=True, clock=clock)
    status = LogStatus(state=LogState.FOLLOWING, lines=1234, last_at=clock.now - 71)
    assert talk.quiet_left(status) == 0
    talk.heartbeat(status)
    assert talk.quiet_left(status) == 60
    clock.now += 60
    assert talk.quiet_left(status) == 0
    talk.heartbeat(LogStatus(state=LogState.FOLLOWING, lines=1, at_least=True, last_at=clock.now - 131))
    assert capsys.readouterr().err.splitlines() == [
        "-- quiet for 1m 11s, 1,234 lines --",
        "-- quiet for 2m 11s, at least 1 line --",
    ]
    assert talk.quiet_left(LogStatus(last_at=clock.now)) == 60
    assert Talk(terminal=False, clock=clock).quiet_left(status) is None


def test_trouble_is_told_as_often_as_the_source_tells_it(capsys: pytest.CaptureFixture[str]) -> None:
    talk = Talk(terminal=False, clock=Clock())
    for count in (1, 1, 2, 3, 3, 15):
        talk.about(LogStatus(state=LogState.TROUBLE, failures=count, text=f"no connection ({count}×)"))
    talk.about(LogStatus(state=LogState.FOLLOWING))
    talk.about(LogStatus(state=LogState.WAITING, text="waiting for logs"))
    said = [f"-- no connection ({count}×); trying again --" for count in (1, 2, 3, 15)]
    assert capsys.readouterr().err.splitlines() == [*said, "-- waiting for logs --"]


def test_that_lines_are_not_kept_is_told_once_and_not_when_another_program_keeps_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    talk = Talk(terminal=False, clock=Clock())
    for kept in (TAKEN, "", "disk full", "disk full", "", "disk full"):
        talk.about(LogStatus(state=LogState.FOLLOWING, kept=kept))
    assert capsys.readouterr().err.splitlines() == ["-- new lines are held in memory only: disk full --"] * 2


@pytest.mark.parametrize(
    ("tail", "printed"), [(1, "g"), (2, "f g"), (3, "e f g"), (5, "c d e f g"), (99, "a b c d e f g")]
)
async def test_the_tail_counts_lines_and_no_marks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], tail: int, printed: str
) -> None:
    rows = Spools(tmp_path / "logs").open(LogName(7))
    rows.apply(Lines(new=("a", "b")), 1.0)
    rows.apply(Lines(new=("c", "d", "e"), gap=True), 2.0)
    rows.apply(Lines(new=("f",), reset=True), 3.0)
    rows.apply(Lines(live="g"), 4.0)
    printer = Printer(Look())
    await printer.begin(rows, tail)
    printer.print_live(rows)
    said = capsys.readouterr()
    assert said.out.split() == printed.split()
    assert said.err.count("gap: lines missed") == ("b c" in printed)


async def test_a_line_that_was_unfinished_at_the_end_is_printed_whole_when_it_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spools = Spools(tmp_path / "logs")
    before = spools.open(LogName(7))
    before.apply(Lines(new=("a",), live="ha"), 1.0)
    before.close()
    printer = Printer(Look())
    await printer.begin(spools.read(LogName(7)), 10, going_on=True)
    # Nobody answers for a while.
    await printer.print_new(spools.read(LogName(7)))
    rows = spools.open(LogName(7))
    rows.apply(Lines(new=("half", "b")), 2.0)
    await printer.print_new(rows)
    assert capsys.readouterr().out.split() == ["a", "half", "b"]


async def test_a_line_that_was_never_finished_is_printed_when_the_box_is_gone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = Spools(tmp_path / "logs").open(LogName(7))
    rows.apply(Lines(new=("a",), live="ha"), 1.0)
    rows.close()
    printer = Printer(Look())
    await printer.begin(rows, 10, going_on=True)
    await printer.print_new(rows, going_on=False)
    assert capsys.readouterr().out.split() == ["a", "ha"]


async def test_whatever_a_machine_prints_one_line_stays_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = Spools(tmp_path / "logs").open(LogName(7))
    hostile = ("\x1b]0;title\x07\x1b[31mred\x1b[0m", "a\u2028b\x85c\x0bd", "caf\udce9", "token hf_" + "x" * 30)
    rows.apply(Lines(new=hostile), 1.0)
    await Printer(Look()).begin(rows, 10)
    out = capsys.readouterr().out
    assert len(out.split("\n")) == 5
    assert "\x1b" not in out
    assert "xxx" not in out
    await Printer(Look(raw_ansi=True)).begin(rows, 10)
    assert capsys.readouterr().out.startswith("\x1b[31mred\x1b[0m\n")
