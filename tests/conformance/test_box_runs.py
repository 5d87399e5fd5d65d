"""Runs on a box, in real shells: marks, exit codes, restarts, and starts over SSH."""

from __future__ import annotations

import random

import pytest

from tests.conformance.realbox import SHELLS, MakeBox
from tests.conformance.sshd import Sshd
from tests.conftest import until
from vasttui.jobs.onbox import (
    ONSTART_LIMIT,
    Beat,
    beat_command,
    read_beat,
    run_command,
    start_command,
)
from vasttui.ssh import SshTarget, connect

END = "::vasttui done id=5.1 code="
SCRIPTS = [
    ("true", "", 0),
    ("echo one; exit 7", "one\n", 7),
    ("set -e\nfalse\necho never", "", 1),
    ("echo two # a comment", "two\n", 0),
    ("cat <<'~'\nthree\n~\ncat <<'~~'\nfour\n~~", "three\nfour\n", 0),
    ("echo 'it'\\''s' \"a $((1+1))\" `echo tick` \\\\", "it's a 2 tick \\\n", 0),
    ("echo five\r\necho six\r\n", "five\nsix\n", 0),
    ("echo before\n) ; echo after", "before\n", 2),
    ("} ; echo 'x\n", "", 2),
    ("printf 99%%", "99%\n", 0),
    ("kill 0; sleep 30", "", 143),
    ("kill -9 $$; sleep 30", "", 137),
    ("trap '' TERM; kill 0; echo stubborn; exit 4", "stubborn\n", 4),
    ("kill -INT $$; echo survived", "", 130),
    ("cat; echo no input", "no input\n", 0),
    ("exec >/dev/null 2>&1; exit 6", "", 6),
    ("echo $VASTTUI_TICK ${0##*/}", "0.05 script\n", 0),
]  # fmt: skip


def command(script: str) -> str:
    return start_command(script, run_id="5.1")


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(("script", "out", "code"), SCRIPTS)
async def test_whatever_a_script_does_its_marks_and_its_code_come(
    script: str, out: str, code: int, shell: str, make_box: MakeBox
) -> None:
    box = make_box(shell)
    box.start(command(script))
    await until(lambda: END in box.log() and END in box.note("onstart.log"))
    lines = box.log().splitlines(keepends=True)
    assert lines[0] == "::vasttui start id=5.1\n"
    assert lines[-1] == f"{END}{code}\n"
    assert out in "".join(lines[1:-1])
    assert not {"never\n", "after\n"} & set(lines)
    assert box.note("onstart.log") == box.log().strip(), "SSH can follow all of it"
    assert box.note("runs/5.1/code") == str(code)


@pytest.mark.parametrize("shell", SHELLS)
async def test_a_script_that_kills_its_group_is_outlived_without_setsid_too(shell: str, make_box: MakeBox) -> None:
    box = make_box(shell)
    (box.bin / "setsid").unlink()
    box.start(command("echo mine; kill 0; sleep 30"))
    await until(lambda: END + "143" in box.log())
    assert "mine" in box.log()


@pytest.mark.parametrize("shell", SHELLS)
async def test_a_restarted_container_does_not_run_again_what_has_ended(shell: str, make_box: MakeBox) -> None:
    box = make_box(shell)
    box.start(command("echo once; exit 3")).wait(10)
    box.start(command("echo once; exit 3")).wait(10)
    assert box.log().count("once") == 1
    assert box.log().count(END) == 1


@pytest.mark.parametrize("shell", SHELLS)
async def test_a_restarted_container_runs_again_what_was_cut(shell: str, make_box: MakeBox) -> None:
    box = make_box(shell)
    script = "echo round; [ -f mark ] && exit 0; touch mark; sleep 60"
    box.start(command(script))
    await until(lambda: (box.home / "mark").exists() and "round" in box.log())
    box.kill()
    box.start(command(script))
    await until(lambda: END in box.log())
    assert box.log().count("::vasttui start id=5.1") == 2
    assert box.log().count("round") == 2
    assert END + "0" in box.log()


async def test_what_a_script_leaves_behind_does_not_hold_up_its_end(make_box: MakeBox) -> None:
    box = make_box("bash")
    box.start(command("sleep 60 & echo started; exit 9"))
    await until(lambda: END + "9" in box.log())


@pytest.mark.parametrize("shell", SHELLS)
async def test_a_run_over_ssh_has_the_containers_environment_and_outlives_the_session(
    shell: str, make_box: MakeBox
) -> None:
    odd = "it's \"odd\" $HOME `id` \\ \n and more\t!"
    box = make_box(shell, env={"ODD": odd, "CONTAINER_ID": "7"})
    box.start(start_command("echo the first", run_id="5.1")).wait(10)
    box.put_script("5.2", 'printf "%s" "$ODD" >odd; echo working; until [ -f go ]; do sleep 0.02; done; exit 8')
    for _ in range(3):
        done = box.ssh(run_command("5.2"))
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    await until(lambda: "working" in box.note("onstart.log"))
    said = box.ssh(beat_command(60)).stdout
    assert "::vasttui run id=5.1 code=0\n" in said
    assert "::vasttui run id=5.2\n" in said
    (box.home / "go").touch()
    await until(lambda: "::vasttui done id=5.2 code=8" in box.note("onstart.log"))
    assert "::vasttui run id=5.2 code=8\n" in box.ssh(beat_command(60)).stdout
    assert (box.home / "odd").read_text() == odd
    assert (box.init / "fd" / "1").read_text().splitlines() == [
        "::vasttui start id=5.2", "working", "", "::vasttui done id=5.2 code=8",
    ]  # fmt: skip
    assert box.ssh(run_command("5.2")).returncode == 0
    assert box.note("onstart.log").count("working") == 1


async def test_a_run_over_ssh_needs_no_start_command_and_no_output_of_the_container(make_box: MakeBox) -> None:
    box = make_box("dash")
    (box.init / "fd" / "1").unlink()
    (box.init / "fd").rmdir()
    box.put_script("5.2", "echo hello")
    box.ssh(run_command("5.2"))
    await until(lambda: "::vasttui done id=5.2 code=0" in box.note("onstart.log"))
    found = read_beat(box.ssh(beat_command(60)).stdout)
    assert found is not None
    assert (found.armed, found.text) == (False, "no switch was sent to this box")
    assert (found.left, found.codes) == (None, {"5.2": 0})


async def test_a_run_that_was_cut_can_be_started_again_and_a_missing_one_is_told(make_box: MakeBox) -> None:
    box = make_box("dash")
    box.put_script("5.2", "[ -f mark ] && exit 2; touch mark; sleep 60")
    box.ssh(run_command("5.2"))
    await until(lambda: (box.home / "mark").exists())
    box.kill()
    assert "id=5.2" not in box.ssh(beat_command(60)).stdout
    box.ssh(run_command("5.2"))
    await until(lambda: "::vasttui done id=5.2 code=2" in box.note("onstart.log"))
    done = box.ssh(run_command("5.3"))
    assert (done.returncode, done.stderr) == (66, "run 5.3 was not put on this box\n")


async def test_a_run_outlives_the_ssh_connection_that_started_it(
    sshd: Sshd, target: SshTarget, make_box: MakeBox
) -> None:
    box = make_box("dash")
    box.start(start_command("true", run_id="5.1")).wait(10)
    box.put_script("5.2", f"echo working; until [ -f {box.folder}/go ]; do sleep 0.02; done; exit 8")
    async with await connect(target) as connection:
        assert await connection.run(box.placed(run_command("5.2"))) == (0, "", "")
        (_, said, _) = await connection.run(box.placed(beat_command(60)))
        assert read_beat(said) == Beat(False, None, "no switch was sent to this box", {"5.1": 0}, ("5.2",))
    sshd.stop()
    await until(lambda: "working" in box.note("onstart.log"))
    (box.folder / "go").touch()
    await until(lambda: "::vasttui done id=5.2 code=8" in box.note("onstart.log"))


@pytest.mark.parametrize("shell", SHELLS)
async def test_a_start_command_without_a_job_runs_at_each_start(shell: str, make_box: MakeBox) -> None:
    box = make_box(shell)
    for count in (1, 2):
        box.start(start_command("echo mine; exit 5 # the end")).wait(10)
        assert box.log() == "mine\n" * count
        assert box.note("onstart.log") == "\n".join(["mine"] * count)


@pytest.mark.parametrize("shell", SHELLS)
async def test_a_long_start_command_is_packed(shell: str, make_box: MakeBox) -> None:
    box = make_box(shell)
    text = "".join(random.Random(1).choice("abcdefgh ") for _ in range(4500))
    sent = command(f"cat <<'~'\n{text}\n~\nexit 2")
    assert len(sent) <= ONSTART_LIMIT
    box.give("gzip")
    box.start(sent)
    await until(lambda: END + "2" in box.log())
    assert text in box.log()


async def test_a_packed_start_command_says_what_it_needs(make_box: MakeBox) -> None:
    box = make_box("dash")
    box.start(command("echo " + "x" * ONSTART_LIMIT)).wait(10)
    assert "vasttui: this start command needs base64 and gzip\n" in box.log()
