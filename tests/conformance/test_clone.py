"""The clone before a job: a real git repository, real shells, names that would like to be commands."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.realbox import SHELLS, MakeBox, RealBox
from vasttui.jobs.onbox import job_script, start_command
from vasttui.jobs.rental import RentPlan
from vasttui.jobs.spec import Input, JobSpec, RentSpec, StartSpec

GIT = shutil.which("git") or ""
pytestmark = pytest.mark.skipif(not GIT, reason="needs git")

HOSTILE = [
    "a$(touch${IFS}pwned)",
    "a`touch${IFS}pwned`",
    "a;touch${IFS}pwned",
    "a';touch${IFS}pwned;'",
    'a";touch${IFS}pwned;"',
    "a&touch${IFS}pwned&",
    "a|touch${IFS}pwned",
    "a>pwned",
    "$HOME",
    "--upload-pack=touch${IFS}pwned",
    "-b",
    "{input}-%s-#x!ü",
]
UNREAL = ["a b", "';touch pwned;'", "$(touch pwned)", "--upload-pack=touch pwned", "x\ntouch pwned", "*", "../main"]
INPUT = Input("s3://in/a b's.mp4", "a b's", 3)
SHOW = r"""printf '%s\n' "branch $(cat branch)" "$@"
printf '%s\n' "$VASTTUI_INPUT" "$VASTTUI_NAME" "$VASTTUI_INDEX" "$VASTTUI_JOB_ID"
"""


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose branches say their names."""
    place = tmp_path_factory.mktemp("repo it's")
    git(place, "init", "-q", "--initial-branch=main")
    (place / "run.sh").write_text(SHOW)
    (place / "show.py").write_text("import os, sys\nprint('python', sys.argv[1:], os.environ['PYTHONUNBUFFERED'])\n")
    (place / "own").write_text("#!/bin/sh\necho itself $#\nexit 5\n")
    (place / "own").chmod(0o755)
    for branch in ("main", *HOSTILE):
        (place / "branch").write_text(branch)
        git(place, "add", ".")
        git(place, "commit", "-q", "-m", f"for {branch}")
        git(place, "update-ref", f"refs/heads/{branch}", git(place, "rev-parse", "HEAD"))
    git(place, "update-ref", "refs/heads/main", f"HEAD~{len(HOSTILE)}")
    return place


def git(place: Path, *words: str) -> str:
    settings = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run([GIT, *settings, *words], cwd=place, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def directory(box: RealBox) -> Path:
    return box.folder / "work space" / "it's"


def work(box: RealBox, repo: str | Path, **start: Any) -> str:
    given = {"script": "run.sh", "directory": str(directory(box)), "repo": str(repo), **start}
    spec = JobSpec(name="a", start=StartSpec(kind="repo", **given))
    return job_script(spec, INPUT, "5.1")


def run(box: RealBox, script: str, before: str = "") -> int:
    """Run it as a job; gives its exit code."""
    box.start(before + start_command(script, run_id="5.1")).wait(30)
    return int(box.note("runs/5.1/code"))


def pwned(box: RealBox) -> list[Path]:
    """What a name that became a command would have made, in the clone or where the clone is made from."""
    found = [*box.folder.rglob("pwned"), *Path("/").glob("pwned")]
    for place in found:
        place.unlink()
    return found


@pytest.mark.parametrize("shell", ["dash", "bash"])
@pytest.mark.parametrize("branch", HOSTILE)
def test_a_branch_name_never_becomes_a_command_or_an_option(
    branch: str, shell: str, repo: Path, make_box: MakeBox
) -> None:
    box = make_box(shell, "git")
    assert run(box, work(box, repo, branch=branch)) == 0
    assert f"\nbranch {branch}\n" in box.log()
    assert f": commit {git(repo, 'rev-parse', '--short', f'refs/heads/{branch}')} for {branch}\n" in box.log()
    assert pwned(box) == []


@pytest.mark.parametrize("branch", UNREAL)
def test_a_branch_that_cannot_be_fails_and_does_nothing_else(branch: str, repo: Path, make_box: MakeBox) -> None:
    box = make_box("dash", "git")
    box.script("sleep", f"echo $1 >>{box.folder}/waits")
    assert run(box, work(box, repo, branch=branch)) == 128
    assert "branch main" not in box.log()
    assert (box.folder / "waits").read_text().split() == ["5", "10", "20"]
    assert pwned(box) == []


@pytest.mark.parametrize(
    "address", ["--upload-pack=touch pwned", "-oProxyCommand=touch pwned", "ext::touch pwned", "$(touch pwned)"]
)
def test_an_address_never_becomes_a_command_or_an_option(address: str, make_box: MakeBox) -> None:
    box = make_box("dash", "git")
    box.script("sleep", "exit 0")
    assert run(box, work(box, address)) == 128
    assert not address.startswith("-") or f"repository '{address}' does not exist" in box.log()
    assert pwned(box) == []


@pytest.mark.parametrize("shell", SHELLS)
def test_what_an_earlier_run_left_is_gone_and_what_it_linked_to_stays(
    shell: str, repo: Path, make_box: MakeBox
) -> None:
    box = make_box(shell, "git")
    old = directory(box)
    (old / "deep" / "er").mkdir(parents=True)
    (old / "deep" / "old.txt").write_text("of the last run")
    (old / "deep").chmod(0o500)
    (old / "outside").symlink_to(box.home)
    (old / ".git").write_text("gitdir: /nowhere")
    (box.home / "precious").touch()
    assert run(box, work(box, repo), before=f'cd "{old}/deep"\n') == 0
    assert "\nbranch main\n" in box.log()
    assert not (old / "deep").exists()
    assert (old / "run.sh").exists()
    assert (box.home / "precious").exists()


def test_it_works_from_a_directory_that_is_no_more(repo: Path, make_box: MakeBox) -> None:
    box = make_box("dash", "git")
    assert run(box, work(box, repo), before=f"mkdir {box.folder}/x; cd {box.folder}/x; rm -rf {box.folder}/x\n") == 0


def test_a_directory_that_is_a_link_is_replaced_and_its_target_stays(repo: Path, make_box: MakeBox) -> None:
    box = make_box("dash", "git")
    directory(box).parent.mkdir()
    directory(box).symlink_to(box.home)
    (box.home / "precious").touch()
    assert run(box, work(box, repo)) == 0
    assert (box.home / "precious").exists()
    assert not directory(box).is_symlink()


@pytest.mark.parametrize(
    ("rm", "kept", "waits"),
    [
        ("[ -f {f}/once ] || {{ : >{f}/once; exit 1; }}; exec {rm} \"$@\"", [], "2"),
        ("exit 1", ["old.txt"], "2"),
        ("{rm} -rf \"$3\"/*; exit 1", [], "2"),
    ],
    ids=["busy for a moment", "busy for good: moved aside", "a mount: emptied"],
)
def test_a_directory_that_cannot_be_removed(
    rm: str, kept: list[str], waits: str, repo: Path, make_box: MakeBox
) -> None:
    box = make_box("dash", "git")
    directory(box).mkdir(parents=True)
    (directory(box) / "old.txt").touch()
    box.script("rm", rm.format(f=box.folder, rm=shutil.which("rm")))
    box.script("sleep", f"echo $1 >>{box.folder}/waits")
    if not kept:
        box.script("mv", "exit 1")
    assert run(box, work(box, repo)) == 0
    assert "\nbranch main\n" in box.log()
    assert [place.name for place in directory(box).parent.glob("*.old*/*")] == kept
    assert (box.folder / "waits").read_text().strip() == waits


@pytest.mark.parametrize("shell", SHELLS)
def test_a_network_that_fails_twice_is_tried_again(shell: str, repo: Path, make_box: MakeBox) -> None:
    box = make_box(shell)
    box.script("sleep", f"echo $1 >>{box.folder}/waits")
    count = f"{box.folder}/count"
    fails = f"echo x >>{count}; [ $(wc -l <{count}) -gt 2 ] || exit 128"
    box.script("git", f'case $1 in clone) {fails};; esac; {GIT} "$@"')
    assert run(box, work(box, repo)) == 0
    assert (box.folder / "waits").read_text().split() == ["5", "10"]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(("tool", "said"), [("apt-get", "update\ninstall -y git\n"), ("apk", "add git\n")])
def test_git_is_installed_where_it_is_missing(
    tool: str, said: str, shell: str, repo: Path, make_box: MakeBox
) -> None:
    box = make_box(shell)
    box.script(tool, f'echo "$*" >>{box.folder}/said; case "$*" in *git*) ln -s {GIT} {box.bin}/git;; esac')
    assert run(box, work(box, repo)) == 0
    assert (box.folder / "said").read_text() == said


@pytest.mark.parametrize("shell", SHELLS)
def test_an_image_without_git_and_without_a_way_to_it_says_so(shell: str, repo: Path, make_box: MakeBox) -> None:
    box = make_box(shell)
    directory(box).mkdir(parents=True)
    assert run(box, work(box, repo)) == 127
    assert "vasttui: the image has no git, and it cannot be installed\n" in box.log()
    assert directory(box).exists(), "nothing is removed that cannot be replaced"


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_gets_its_arguments_and_its_identity(shell: str, repo: Path, make_box: MakeBox) -> None:
    box = make_box(shell, "git")
    args = ("--in", "{input}", "$(touch pwned)", "{name}-{index}", "")
    assert run(box, work(box, repo, args=args)) == 0
    identity = [INPUT.value, INPUT.name, "3", "5.1"]
    wanted = ["branch main", "--in", INPUT.value, "$(touch pwned)", "a b's-3", "", *identity]
    assert "\n".join(wanted) in box.log()
    assert pwned(box) == []


@pytest.mark.parametrize(("script", "said", "code"), [("show.py", "python ['x'] 1", 0), ("own", "itself 1", 5)])
def test_each_kind_of_script_is_run_as_it_wants(
    script: str, said: str, code: int, repo: Path, make_box: MakeBox
) -> None:
    box = make_box("dash", "git", "python3")
    assert run(box, work(box, repo, script=script, args=("x",))) == code
    assert f"\n{said}\n" in box.log()


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    "value", ["$(touch pwned)", "'; touch pwned; '", "a\ntouch pwned", "`touch pwned`", "--help", ""]
)
def test_an_input_never_becomes_a_command(value: str, shell: str, make_box: MakeBox) -> None:
    box = make_box(shell)
    plan = RentPlan(env={"PLAIN": "as it is", "TARGET": "out/{input}!"})
    folder = str(box.folder / "up load")
    command = 'printf "%s|" {input} "<{input}>" "$TARGET" "${PLAIN-unset}" "$PWD"'
    start = StartSpec(kind="ssh", command=command, upload_to=folder)
    spec = JobSpec(name="a", rent=RentSpec(plan=plan), start=start)
    assert run(box, job_script(spec, Input(value, "n", 1), "5.1")) == 0
    assert f"{value}|<{value}>|out/{value}!|unset|{folder}|" in box.log()
    assert pwned(box) == []
