"""A job file says what it means."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.unit.jobs.conftest import Load
from vasttui.config import Config
from vasttui.errors import UsageError
from vasttui.jobs.placeholders import fill
from vasttui.jobs.rental import RentPlan
from vasttui.jobs.spec import (
    BatchRequest,
    Input,
    InputSpec,
    JobSpec,
    Limits,
    RentSpec,
    ResultSpec,
    Rules,
    StartSpec,
    spec_of,
)

WHOLE = """\
name: upscale
rent:
  gpu_models: [RTX_4090]
  num_gpus: 1
  search: inet_down>=200
  type: interruptible
  bid: 0.25
  order: dph_total,score-
  max_price: 0.60
  host_whitelist: [5, 6]
  host_blacklist: [7]
  machine_whitelist: [50]
  machine_blacklist: [70]
  image: me/upscale:2
  disk: 120
  env: {SCALE: 4, TOKEN: "${HF_TOKEN}"}
  ports: [8080]
  runtype: ssh
repo: https://example.com/me/upscale.git
branch: main
directory: /workspace/upscale/
script: run.sh
args: --in {input} 'two words'
inputs: [one.mp4, 2]
inputs_from: more.txt
glob: "*.mov"
list: rclone lsf b2:clips
skip_if: test -e out/{name}
skip_done: true
success: {exit_code: any, marker: ALL DONE, pattern: '/saved \\d+/'}
failure: {marker: FATAL, pattern: 'error: \\d'}
result: {pattern: 'url=(\\S+)', files: ["/workspace/out/{name}.mp4"], to: "out/{name}", required: true}
limits:
  {search: 10m, boot: 15m, quiet: none, work: 1h, collect: 90, total: 1h30m, cost: 1.5, tries: 2, elsewhere: stalled}
end: {success: stop, failure: keep}
outbid: move
reuse: yes
lease: 2h
grace: 5m
progress: ['done (?P<done>\\d+) of (?P<total>\\d+)']
budget: 20
max_parallel: 8
"""


def test_a_whole_file(read: Load, job_file: Path) -> None:
    folder = job_file.parent
    (folder / "more.txt").touch()
    spec = read(WHOLE)
    assert spec == JobSpec(
        name="upscale",
        rent=RentSpec(
            search='gpu_name="RTX 4090" num_gpus=1 gpu_ram>=16 dph_total<=0.6 disk_space>=120 inet_down>=200',
            type="bid",
            order="dph_total,score-",
            max_price=0.6,
            host_whitelist=frozenset({5, 6}),
            host_blacklist=frozenset({7}),
            machine_whitelist=frozenset({50}),
            machine_blacklist=frozenset({70}),
            plan=RentPlan(
                image="me/upscale:2",
                disk_gb=120,
                env={"SCALE": "4", "TOKEN": "${HF_TOKEN}"},
                ports=("8080",),
                bid=0.25,
                runtype="ssh",
            ),
        ),
        start=StartSpec(
            kind="repo",
            repo="https://example.com/me/upscale.git",
            branch="main",
            directory="/workspace/upscale",
            script="run.sh",
            args=("--in", "{input}", "two words"),
        ),
        inputs=InputSpec(
            values=("one.mp4", "2"),
            file=str(folder / "more.txt"),
            glob=(str(folder / "*.mov"),),
            list="rclone lsf b2:clips",
        ),
        skip_if="test -e out/{name}",
        skip_done=True,
        exit_code=None,
        success=Rules(marker="ALL DONE", pattern=r"saved \d+"),
        failure=Rules(marker="FATAL", pattern=r"error: \d"),
        result=ResultSpec(
            pattern=r"url=(\S+)",
            files=("/workspace/out/{name}.mp4",),
            to=str(Path.cwd() / "out/{name}"),
            required=True,
        ),
        limits=Limits(
            search=600,
            boot=900,
            quiet=None,
            work=3600,
            collect=90,
            total=5400,
            cost=1.5,
            tries=2,
            elsewhere=frozenset({"stalled"}),
        ),
        end_success="stop",
        end_failure="keep",
        outbid="move",
        reuse=True,
        lease=7200,
        grace=300,
        progress=(r"done (?P<done>\d+) of (?P<total>\d+)",),
        budget=20,
        max_parallel=8,
        folder=str(folder),
    )


def test_the_shortest_file_has_the_defaults_and_its_own_name(read: Load, job_file: Path) -> None:
    spec = read("onstart: nvidia-smi\n")
    assert (spec.name, spec.start) == ("job", StartSpec(command="nvidia-smi"))
    assert spec.limits == Limits()
    assert (spec.end_success, spec.end_failure, spec.max_parallel, spec.budget) == ("destroy", "destroy", 1, None)
    assert spec.rent.plan == RentPlan(image="vastai/base-image:@vastai-automatic-tag", disk_gb=64)
    assert spec.rent.search == "gpu_ram>=16 disk_space>=64"


def test_one_word_for_both_ends(read: Load) -> None:
    spec = read("onstart: x\nend: stop\n")
    assert (spec.end_success, spec.end_failure) == ("stop", "stop")


def test_ssh_uploads_begin_at_the_files_folder(read: Load, job_file: Path) -> None:
    folder = job_file.parent
    (folder / "a.py").touch()
    upload = '[a.py, "*.p?", /etc/hosts, "clips/{name}", "{input}"]'
    spec = read(f"ssh: {{upload: {upload}, to: /data, command: python3 a.py}}\n")
    assert spec.start.kind == "ssh"
    mine = (str(folder / "a.py"), str(folder / "*.p?"), "/etc/hosts", str(folder / "clips/{name}"), "{input}")
    assert spec.start.upload == mine
    assert (spec.start.upload_to, spec.start.command) == ("/data", "python3 a.py")


def test_a_template_starts_by_itself_when_its_end_can_be_told(read: Load) -> None:
    spec = read("rent: {template: deadbeef}\nsuccess: {marker: All done}\n")
    assert (spec.start.kind, spec.rent.plan.template, spec.rent.plan.image) == ("template", "deadbeef", "")


def test_a_preset_holds_where_the_file_is_silent(read: Load) -> None:
    spec = read("rent: {preset: train, disk: 90, env: {MODE: fast}, search: num_gpus=2}\n")
    assert spec.rent.preset == "train"
    assert spec.rent.plan == RentPlan(image="me/train:1", disk_gb=90, env={"EPOCHS": "3", "MODE": "fast"})
    assert spec.rent.search == 'gpu_name="RTX 4090" gpu_ram>=16 dph_total<=0.7 disk_space>=90 num_gpus=2'
    assert (spec.rent.max_price, spec.start.command) == (0.7, "python3 train.py {input}")


def test_the_file_starts_in_its_own_way_whatever_the_preset_says(read: Load) -> None:
    spec = read("rent: {preset: train}\nssh: {command: ./mine}\n")
    assert (spec.start.kind, spec.start.command) == ("ssh", "./mine")


def test_a_preset_with_a_start_command_is_a_job(config: Config) -> None:
    spec = spec_of(BatchRequest(preset="cheap", max_parallel=3, budget=5), config)
    assert (spec.name, spec.start.kind, spec.start.command) == ("cheap", "onstart", "./run")
    assert (spec.rent.type, spec.rent.plan.bid, spec.max_parallel, spec.budget) == ("bid", 0.2, 3, 5)


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (BatchRequest(), "a job file or a preset was expected"),
        (BatchRequest(path=Path("x"), preset="train"), "a job file or a preset was expected"),
        (BatchRequest(preset="trian"), "there is no preset 'trian'"),
        (BatchRequest(preset="search only"), "presets.search only: says nothing to run"),
        (BatchRequest(preset="dear"), "presets.dear.max_price: $50/h is over the ceiling of $3/h"),
        (BatchRequest(preset="dear"), "presets.dear.onstart: {input} stands in single quotes"),
        (BatchRequest(preset="train", max_parallel=0), "0 jobs at once: 1 or more"),
        (BatchRequest(preset="train", budget=0), "budget $0: more than $0"),
        (BatchRequest(preset="train", budget=float("inf")), "budget $inf"),
    ],
)
def test_requests_that_mean_no_job(request_: BatchRequest, text: str, config: Config) -> None:
    with pytest.raises(UsageError) as caught:
        spec_of(request_, config)
    assert text in caught.value.message


def test_a_misspelt_preset_has_the_nearest_as_its_hint(config: Config) -> None:
    with pytest.raises(UsageError) as caught:
        spec_of(BatchRequest(preset="trian"), config)
    assert caught.value.hint == "Did you mean train?"


@pytest.mark.parametrize(
    ("stem", "name"),
    [("job", "job"), ("my job", "my-job"), ("-x~", "x"), ("…", "job"), ("é" * 50, "job"), ("a" * 50, "a" * 40)],
)
def test_a_batch_is_named_after_its_file(stem: str, name: str, config: Config, tmp_path: Path) -> None:
    path = tmp_path / f"{stem}.yaml"
    path.write_text("onstart: x\n")
    assert spec_of(BatchRequest(path=path), config).name == name


def test_work_over_ssh_may_be_long(read: Load) -> None:
    assert read(f"ssh: {{command: {'x' * 20_000}}}\n").start.kind == "ssh"


@pytest.mark.parametrize(
    "command",
    ["echo ${NAME} ${name}", "awk '{print $1}' {input}", "cp a.{jpg,png} b", "f() { x; }", "echo {{input}} '{{name}}'",
     "cat <<EOF\n{name}\nEOF", "python3 -c 'print(f\"{nmes}\")'", "x='a' # isn't {input}", 'echo "it\'s {name}"'],
)  # fmt: skip
def test_a_shells_own_braces_are_no_mistake(command: str, read: Load) -> None:
    document = yaml.safe_dump({"onstart": command})
    assert read(document).start.command == command


def test_inputs_of_the_command_line_stand_instead_of_the_files(config: Config, job_file: Path) -> None:
    job_file.write_text("onstart: x\ninputs_from: nowhere.txt\n")
    spec = spec_of(BatchRequest(path=job_file, inputs=("a",)), config)
    assert spec.inputs.file == str(job_file.parent / "nowhere.txt")


def test_braces_in_the_names_of_folders_are_no_placeholders(config: Config, tmp_path: Path) -> None:
    folder = tmp_path / "{name}"
    folder.mkdir()
    (folder / "a.py").touch()
    (folder / "job.yaml").write_text("ssh: {upload: a.py, command: x}\n")
    spec = spec_of(BatchRequest(path=folder / "job.yaml"), config)
    assert fill(spec.start.upload[0], Input("i", "n", 1), quote=False) == str(folder / "a.py")
