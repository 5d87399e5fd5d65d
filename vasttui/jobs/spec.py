"""What a job is: the specification in a YAML file or a preset, and everything that can be wrong with it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import msgspec

from vasttui.config import Config
from vasttui.errors import StorageError, UsageError
from vasttui.jobs.rental import RentPlan

End = Literal["destroy", "stop", "keep"]
StartKind = Literal["onstart", "repo", "ssh", "template"]

FAILURES = (
    "offer gone", "no offer", "no credit", "bad image", "host fault", "stalled", "outbid", "out of memory", "disk full",
    "network", "cost limit", "time limit", "box lost", "refused", "job failed",
)  # fmt: skip
"""Classes of failures, the values of `vasttui.jobs.lifecycle.Failure`."""

_VARIABLE = re.compile(r"(\$\$?)\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, kw_only=True)
class RentSpec:
    """What to rent.

    Attributes:
        search: the whole search in the query grammar, with the preset's and the configured least memory.
        type: "on-demand", "bid" or "reserved".
        order: e.g. "dph_total"; the cheapest first unless told otherwise.
        max_price: ceiling for a box, $/h with its disk; the configured ceiling holds too. None: that alone.
        preset: preset whose host lists hold, "" for none; all else that it says is in the other fields.
        host_whitelist, host_blacklist, machine_whitelist, machine_blacklist: they hold beside those of config, preset
            and host book.
        plan: image or template, disk, environment, ports, run type, bid. Its `onstart` and `label` are not used.
    """

    search: str = ""
    type: str = "on-demand"
    order: str = "dph_total"
    max_price: float | None = None
    preset: str = ""
    host_whitelist: frozenset[int] = frozenset()
    host_blacklist: frozenset[int] = frozenset()
    machine_whitelist: frozenset[int] = frozenset()
    machine_blacklist: frozenset[int] = frozenset()
    plan: RentPlan = field(default_factory=RentPlan)


@dataclass(frozen=True, kw_only=True)
class StartSpec:
    """How the work begins.

    Attributes:
        kind: "onstart": `command` is the box's start command; "repo": clone `repo` and run `script`; "ssh": put
            `upload` on the box and run `command` detached; "template": the template's own start command.
        command: shell text; `{input}`, `{name}` and `{index}` stand for quoted words.
        repo, branch: address and branch of a git repository; branch "" is its default.
        directory: where the clone goes on the box; removed before.
        script: run in the clone: a path in it, run by bash if it ends in .sh, by python3 if in .py, else itself.
        args: its arguments, with placeholders.
        upload: absolute paths of files and folders of this computer, globs allowed, with placeholders.
        upload_to: folder on the box.
    """

    kind: StartKind = "onstart"
    command: str = ""
    repo: str = ""
    branch: str = ""
    directory: str = "/workspace/project"
    script: str = ""
    args: tuple[str, ...] = ()
    upload: tuple[str, ...] = ()
    upload_to: str = "/workspace"


@dataclass(frozen=True, kw_only=True)
class InputSpec:
    """Where the inputs come from; several add up, in this order. None at all: one job without input.

    Attributes:
        values: the inputs themselves.
        file: a file with one input per line ("-" is standard input); blank lines and # comments are left out.
        glob: files of this computer, absolute.
        list: a command of this computer that prints one input per line.
    """

    values: tuple[str, ...] = ()
    file: str = ""
    glob: tuple[str, ...] = ()
    list: str = ""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a line of the job's output says of its end; lines of other runs do not count.

    Attributes:
        marker: this text within a line, "" for none.
        pattern: this regular expression within a line, "" for none.
    """

    marker: str = ""
    pattern: str = ""


@dataclass(frozen=True, kw_only=True)
class ResultSpec:
    """What comes out.

    Attributes:
        pattern: regular expression of the line with the result's address; its first group, or the whole match.
            "" for the line `::vasttui result=…` alone, which always counts.
        files: globs on the box that are copied back when the work succeeded, with placeholders.
        to: folder on this computer for them, with placeholders; absolute once a file was read.
        required: without a result the job has failed.
    """

    pattern: str = ""
    files: tuple[str, ...] = ()
    to: str = "results/{name}"
    required: bool = False


@dataclass(frozen=True, kw_only=True)
class Limits:
    """When an attempt or a job is given up. Seconds; None is without limit.

    Attributes:
        search: looking for an offer.
        boot: from the rent request until the work begins.
        quiet: without any sign of life while it works.
        work: of the work on the box.
        collect: of fetching the results.
        total: of an attempt, from the rent request.
        cost: $ per job, all its attempts together.
        tries: attempts.
        elsewhere: failures after which another host is tried.
    """

    search: float | None = None
    boot: float | None = 1800.0
    quiet: float | None = 1800.0
    work: float | None = None
    collect: float | None = 1800.0
    total: float | None = None
    cost: float | None = None
    tries: int = 3
    elsewhere: frozenset[str] = frozenset(
        {"offer gone", "host fault", "stalled", "outbid", "network", "box lost", "refused"}
    )


@dataclass(frozen=True, kw_only=True)
class JobSpec:
    """A whole specification.

    Attributes:
        name: of the batch, 1 to 40 letters, digits, `.`, `_` and `-`; jobs and boxes are labelled after it.
        skip_if: command of this computer with placeholders; an input for which it ends with 0 is skipped.
        skip_done: an input that an earlier batch of this name has a result for is skipped.
        exit_code: the exit code that means success; None: any.
        success: if given, such a line must have been printed too.
        failure: such a line fails the job at once.
        ends: what becomes of the box, on success and on failure.
        outbid: "wait" until it resumes, or "move".
        reuse: the next input goes to a box that is there.
        lease: seconds that a box lives on when vasttui does not come any more.
        grace: seconds that a box waits for vasttui after its job has ended.
        progress: regular expressions of the user's own; groups named percent, done, total, phase.
        budget: $ for the whole batch, None without limit.
        folder: where the commands of this computer run, "" for the current folder.
    """

    name: str
    rent: RentSpec = RentSpec()
    start: StartSpec = StartSpec()
    inputs: InputSpec = InputSpec()
    skip_if: str = ""
    skip_done: bool = False
    exit_code: int | None = 0
    success: Rules = Rules()
    failure: Rules = Rules()
    result: ResultSpec = ResultSpec()
    limits: Limits = Limits()
    end_success: End = "destroy"
    end_failure: End = "destroy"
    outbid: Literal["wait", "move"] = "wait"
    reuse: bool = False
    lease: float = 4 * 3600.0
    grace: float = 900.0
    progress: tuple[str, ...] = ()
    budget: float | None = None
    max_parallel: int = 1
    folder: str = ""


@dataclass(frozen=True, kw_only=True)
class BatchRequest:
    """A batch as it is asked for, by the command line or the form.

    Attributes:
        path: the job file, None for a preset.
        preset: name of the preset, "" for a file.
        inputs: beside or instead of those of the file.
        inputs_from: file with inputs, "-" for standard input (read before, see `stdin`), "" for none.
        stdin: the lines of standard input, when it is read.
        max_parallel, budget: instead of those of the file, None to leave them.
    """

    path: Path | None = None
    preset: str = ""
    inputs: tuple[str, ...] = ()
    inputs_from: str = ""
    stdin: tuple[str, ...] = ()
    max_parallel: int | None = None
    budget: float | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """One input: what the placeholders stand for.

    Attributes:
        value: `{input}`.
        name: `{name}`: the last part of a path or address without its suffix, made unique within the batch.
        index: `{index}`, from 1.
        skip: why it is skipped, "" when it is not.
    """

    value: str
    name: str
    index: int
    skip: str = ""


def spec_of(request: BatchRequest, config: Config) -> JobSpec:
    """The specification that a request means; its number at once and budget replace those of the file.

    Relative paths in the file begin at the file's folder, a result's folder at the current one; all are absolute here.

    Raises:
        ConfigError: every mistake of the file, one line each with file, line and key path.
        UsageError: neither or both of file and preset, an unknown preset, a preset that says nothing to run.
    """
    from vasttui.jobs.spec_file import read_job_file, read_preset

    if (request.path is None) == (not request.preset):
        raise UsageError("a job file or a preset was expected, one of the two")
    if request.max_parallel is not None and request.max_parallel < 1:
        raise UsageError(f"{request.max_parallel} jobs at once: 1 or more was expected")
    if request.budget is not None and not 0 < request.budget < math.inf:
        raise UsageError(f"budget ${request.budget:g}: more than $0 was expected")
    if request.path is None:
        spec = read_preset(request.preset, config)
    else:
        spec = read_job_file(request.path, config, own_inputs=not (request.inputs or request.inputs_from))
    parallel = request.max_parallel or spec.max_parallel
    return replace(spec, max_parallel=parallel, budget=spec.budget if request.budget is None else request.budget)


def to_json(spec: JobSpec) -> str:
    """The specification for the journal."""
    return msgspec.json.encode(spec).decode()


def from_json(text: str) -> JobSpec:
    """The specification as `to_json` wrote it, by this version or an earlier one. Raises StorageError."""
    try:
        return msgspec.json.decode(text, type=JobSpec)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        # The decoder's message may show a value, and a value may be a secret.
        raise StorageError(
            f"the journal's specification of a batch cannot be read ({type(error).__name__})",
            hint="It was written by another version of vasttui, or is damaged.",
        ) from None


def resolved_env(spec: JobSpec, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a box: `${NAME}` in a value is taken from vasttui's own environment when it rents.

    `$${NAME}` stands for the text `${NAME}`. Placeholders stay.

    Raises:
        UsageError: variables that are not set.
    """
    wanted = {name for value in spec.rent.plan.env.values() for mark, name in _VARIABLE.findall(value) if mark == "$"}
    missing = sorted(wanted - environ.keys())
    if missing:
        names = ", ".join(name[:64] for name in missing)
        raise UsageError(
            f"{spec.name}: not set here, and wanted in the environment of the box: {names}",
            hint="Set it where vasttui runs; $${NAME} stands for the text ${NAME}.",
        )

    def put(match: re.Match[str]) -> str:
        return environ[match[2]] if match[1] == "$" else match[0][1:]

    return {name: _VARIABLE.sub(put, value) for name, value in spec.rent.plan.env.items()}
