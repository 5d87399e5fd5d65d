"""Where inputs come from, what they are called, which are skipped. The commands run in a real shell."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import until
from vasttui.errors import UsageError
from vasttui.jobs import inputs
from vasttui.jobs.inputs import MOST_INPUTS, expand, name_of, uploads
from vasttui.jobs.local import run_shell
from vasttui.jobs.spec import BatchRequest, Input, InputSpec, JobSpec, ResultSpec, StartSpec

NONE = BatchRequest(preset="x")


def job(**fields: object) -> JobSpec:
    return JobSpec(name="batch", inputs=InputSpec(**fields))  # type: ignore[arg-type]


async def values(spec: JobSpec, request: BatchRequest = NONE) -> list[str]:
    return [each.value for each in await expand(spec, request, done=())]


async def refusal(spec: JobSpec, request: BatchRequest = NONE) -> str:
    with pytest.raises(UsageError) as caught:
        await expand(spec, request, done=())
    assert "\n" not in caught.value.message
    return caught.value.message


async def test_without_inputs_there_is_one_job_named_after_the_batch() -> None:
    assert await expand(job(), NONE, done=()) == (Input("", "batch", 1),)


async def test_all_sources_add_up_in_order(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes("\ufeffthree\r\n\n  # no\n four \n".encode())
    for name in ("b.mov", "a.mov", "c [1].mov"):
        (tmp_path / name).touch()
    spec = job(
        values=("one", "two"),
        file=str(tmp_path / "list.txt"),
        glob=(str(tmp_path / "*.mov"),),
        list="printf '%s\\n' z y '# x' '' \"$PWD\"",
    )
    spec = JobSpec(name="batch", inputs=spec.inputs, folder=str(tmp_path))
    globbed = [str(tmp_path / name) for name in ("a.mov", "b.mov", "c [1].mov")]
    assert await values(spec) == ["one", "two", "three", "four", *globbed, "z", "y", "# x", str(tmp_path)]


async def test_inputs_of_the_command_line_stand_instead_of_the_files(tmp_path: Path) -> None:
    (tmp_path / "more").write_text("c\n")
    spec = job(values=("x",), list="exit 1")
    request = BatchRequest(preset="x", inputs=("a", "b"), inputs_from=str(tmp_path / "more"))
    assert await values(spec, request) == ["a", "b", "c"]


@pytest.mark.parametrize("request_", [BatchRequest(inputs_from="-", stdin=("a", "#b", " ", "c")), None])
async def test_standard_input(request_: BatchRequest | None) -> None:
    if request_ is None:
        assert await values(job(file="-"), BatchRequest(stdin=("a", "c"))) == ["a", "c"]
    else:
        assert await values(job(), request_) == ["a", "c"]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"file": "-"}, "batch: there are no inputs: what they should come from is empty"),
        ({"file": "/nowhere/x"}, "/nowhere/x: cannot be read: No such file or directory"),
        ({"file": "/"}, "/: cannot be read: Is a directory"),
        ({"glob": ("/nowhere/*.x",)}, "glob: nothing matches /nowhere/*.x"),
        ({"list": "echo a; echo 'no such bucket' >&2; exit 3"}, "list: the command ended with code 3: no such bucket"),
        ({"list": "true"}, "batch: there are no inputs"),
        ({"list": "kill -9 $$"}, "list: the command ended with code 137"),
        ({"list": "no-such-program-here"}, "list: the command ended with code 127"),
        ({"list": "printf '\\033[2Jx'"}, "list: input 1, '?[2Jx', holds control characters"),
        ({"list": "printf 'a\\377'"}, "list: input 1, 'a?', holds control characters or no UTF-8 text"),
        ({"list": "echo https://x/?X-Amz-Signature=0123456789abcdef >&2; exit 1"}, "…"),
        ({"values": ("a", " ")}, "inputs: input 2 is empty"),
        ({"values": ("a" * 5000,)}, "inputs: input 1 has 5000 characters, at most 4096"),
        ({"values": ("a\nb",)}, "inputs: input 1, 'a?b', holds control characters"),
        ({"values": tuple(map(str, range(MOST_INPUTS + 1)))}, "10001 inputs: a batch has at most 10000"),
    ],
)
async def test_what_cannot_be_used_is_told_with_its_place(fields: dict[str, object], problem: str) -> None:
    message = await refusal(job(**fields))
    assert problem in message
    assert "0123456789abcdef" not in message


async def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_bytes(b"a\nb\xff\n")
    assert await refusal(job(file=str(path))) == f"{path}:2: not UTF-8 text"


async def test_an_endless_file_is_not_read_to_its_end() -> None:
    assert await refusal(job(file="/dev/zero")) == "/dev/zero: larger than 16 MB; that is no list of inputs"


async def test_an_endless_command_is_ended_with_its_children(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(inputs, "LIST_TIME", 0.3)
    spec = job(list=f"sleep 600 & echo $! >{tmp_path}/pid; wait")
    assert await refusal(spec) == "list: the command took longer than 0.3 s and was killed"
    await until(lambda: not alive(int((tmp_path / "pid").read_text())))


@pytest.mark.skipif(not shutil.which("setsid"), reason="no setsid here")
async def test_a_child_that_leaves_its_group_holds_nobody_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(inputs, "LIST_TIME", 0.3)
    spec = job(list=f"setsid sh -c 'echo $$ >{tmp_path}/pid; exec sleep 60' & wait")
    assert "took longer than 0.3 s" in await refusal(spec)
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


async def test_a_command_that_prints_for_ever_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "MOST_BYTES", 2 * 1024**2)
    assert await refusal(job(list="yes")) == "list: the command printed more than 2 MB and was killed"


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("clips/one.mp4", "one"),
        ("C:\\clips\\one.mp4", "one"),
        ("archive.tar.gz", "archive.tar"),
        ("https://x.org/a/two%20b.mp4?X-Amz-Signature=abc#t", "two_b"),
        ("s3://bucket/path/", "path"),
        ("https://x.org", "x"),
        ("http://[x/y.z", "y"),
        ("https://x/%2e%2e%2f%2e%2e", "input"),
        ("../..", "input"),
        ("..", "input"),
        (".hidden", "hidden"),
        ("--help", "help"),
        ("a/b/", "b"),
        ("$(reboot)", "reboot"),
        ("日本 語.png", "日本_語"),
        ("~", "input"),
        ("x" * 300, "x" * 64),
        ("lr=0.1", "lr=0.1"),
        ("clip.7z", "clip"),
    ],
)
def test_names(value: str, name: str) -> None:
    assert name_of(value) == name


TEXTS = st.text(max_size=20) | st.lists(st.sampled_from([*"/.~-%?#\\:", "a", "A", "%2f", "https://"])).map("".join)


@given(st.lists(TEXTS.filter(lambda text: text.strip() and text.isprintable()), min_size=1, max_size=12))
async def test_names_are_safe_and_unique_where_capitals_do_not_count(given_: list[str]) -> None:
    found = await expand(job(values=tuple(given_)), NONE, done=())
    names = [each.name for each in found]
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        assert 1 <= len(name) <= 70
        assert len(name.encode()) < 255
        assert name[0] not in ".-~"
        assert "/" not in name
        assert name.isprintable()
        assert shlex.quote(name) == name or not name.isascii()
    assert [each.index for each in found] == list(range(1, len(given_) + 1))


async def test_the_same_stems_are_told_apart() -> None:
    found = await expand(job(values=("a.mp4", "b/a.mov", "A.mkv", "a-2.mp4")), NONE, done=())
    assert [each.name for each in found] == ["a", "a-2", "A-3", "a-2-2"]


async def test_a_repeated_input_runs_once_and_is_told() -> None:
    found = await expand(job(values=("a", "b", "a")), NONE, done=())
    assert [each.skip for each in found] == ["", "", "the same as input 1"]


async def test_inputs_with_a_result_are_skipped_only_when_the_job_says_so() -> None:
    sources = InputSpec(values=("a", "b"))
    skipping = JobSpec(name="x", inputs=sources, skip_done=True)
    assert [each.skip for each in await expand(skipping, NONE, done={"a"})] == ["has a result", ""]
    assert [each.skip for each in await expand(JobSpec(name="x", inputs=sources), NONE, done={"a"})] == ["", ""]


async def test_skip_if_asks_for_each_input_in_the_files_folder(tmp_path: Path) -> None:
    for name in ("one", "it's"):
        (tmp_path / f"{name}.done").touch()
    spec = JobSpec(
        name="x", folder=str(tmp_path), skip_if="test -e {input}.done",
        inputs=InputSpec(values=("one", "two", "it's", "$(touch pwned)", "one")),
    )  # fmt: skip
    found = await expand(spec, NONE, done=())
    assert [each.skip for each in found] == ["skip_if", "", "skip_if", "", "the same as input 1"]
    assert not (tmp_path / "pwned").exists()


async def test_skip_if_runs_eight_at_a_time(tmp_path: Path) -> None:
    # Eight begin and wait for each other; were it fewer they would wait for ever.
    command = f"mkdir {tmp_path}/{{index}}; until [ $(ls {tmp_path} | wc -l) -ge 8 ]; do sleep 0.01; done; exit 1"
    spec = JobSpec(name="x", skip_if=command, inputs=InputSpec(values=tuple("abcdefgh")))
    assert all(not each.skip for each in await expand(spec, NONE, done=()))


@pytest.mark.parametrize(("code", "said"), [(126, "code 126"), (127, "code 127"), (255, "code 255: bad key")])
async def test_a_skip_if_that_does_not_work_stops_before_anything_is_rented(code: int, said: str) -> None:
    command = f"[ {{index}} = 1 ] && exit 1; {'echo bad key >&2;' if code == 255 else ''} exit {code}"
    spec = JobSpec(name="x", skip_if=command, inputs=InputSpec(values=("a", "b.mp4")))
    assert await refusal(spec) == f"skip_if: the command for input 2, b, ended with {said}"


async def test_a_skip_if_that_is_killed_is_no_answer() -> None:
    spec = JobSpec(name="x", skip_if=f"kill -{int(signal.SIGKILL)} $$", inputs=InputSpec(values=("a",)))
    assert await refusal(spec) == "skip_if: the command for input 1, a, ended with code 137"


async def test_a_job_that_wants_an_input_does_not_run_without_one() -> None:
    for spec in (
        JobSpec(name="x", start=StartSpec(command="run {input}")),
        JobSpec(name="x", start=StartSpec(kind="repo", args=("--in={input}",))),
    ):
        assert await refusal(spec) == "x: {input} is used and there are no inputs"
    quiet = JobSpec(name="x", start=StartSpec(command="run {name} {{input}}"))
    assert await expand(quiet, NONE, done=()) == (Input("", "x", 1),)


async def test_results_of_several_inputs_do_not_overwrite_each_other() -> None:
    spec = JobSpec(name="x", result=ResultSpec(files=("/out/*",), to="/results"), inputs=InputSpec(values=("a",)))
    assert await values(spec) == ["a"]
    assert "all results would go into one folder" in await refusal(spec, BatchRequest(inputs=("a", "b")))


def test_uploads_are_found_with_the_input_in_place(tmp_path: Path) -> None:
    for name in ("take [1].mp4", "take 1.mp4", "x.py", "y.py"):
        (tmp_path / name).touch()
    spec = JobSpec(name="x", start=StartSpec(kind="ssh", upload=("{input}", f"{tmp_path}/*.py")))
    video = str(tmp_path / "take [1].mp4")
    assert uploads(spec, Input(video, "take", 1)) == [Path(video), tmp_path / "x.py", tmp_path / "y.py"]
    with pytest.raises(UsageError, match=r"^ssh\.upload: there is no /nowhere$"):
        uploads(spec, Input("/nowhere", "n", 1))


async def test_a_folder_that_is_gone_is_told() -> None:
    ran = await run_shell("true", folder="/nowhere", env={}, time_limit=5, most=0)
    assert (ran.code, ran.trouble) == (127, "cannot be run: No such file or directory")


async def test_asking_is_given_up_with_its_commands(tmp_path: Path) -> None:
    task = asyncio.ensure_future(expand(job(list=f"echo $$ >{tmp_path}/pid; sleep 600"), NONE, done=()))
    await until(lambda: (tmp_path / "pid").exists() and bool((tmp_path / "pid").read_text()))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not alive(int((tmp_path / "pid").read_text()))
