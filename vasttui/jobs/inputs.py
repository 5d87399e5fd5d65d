"""From what a job file and a command line say to the inputs of a batch, their names and the skips."""

from __future__ import annotations

import asyncio
import glob
import os
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from vasttui.config.checking import clip
from vasttui.errors import UsageError
from vasttui.jobs.local import Ran, run_shell
from vasttui.jobs.placeholders import fill, variables, words_in
from vasttui.jobs.spec import BatchRequest, Input, InputSpec, JobSpec
from vasttui.jobs.spec_checks import shared_folder

__all__ = ["MOST_INPUTS", "expand", "fill", "name_of", "uploads"]

MOST_INPUTS = 10_000
MOST_BYTES = 16 * 1024 * 1024
"""Bytes of a file with inputs."""

LONGEST = 4096
"""Characters of an input."""

LIST_TIME = 300.0
"""Seconds for the command that lists the inputs."""

SKIP_TIME = 120.0
"""Seconds for one command that decides about a skip."""

_AT_ONCE = 8
_NAME_LIMIT = 64
_UNFIT = re.compile(r"[^\w.+=@-]+")
_SUFFIX = re.compile(r"(?<=.)\.(?=\w*[A-Za-z])\w{1,10}$")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


async def expand(spec: JobSpec, request: BatchRequest, *, done: Collection[str]) -> tuple[Input, ...]:
    """The inputs of a batch, in order, those that are skipped with the reason.

    Those of the request stand instead of those of the file. Without any, there is one job with an empty input, named
    after the batch.

    Args:
        done: inputs that have a result already; they are skipped when the job says `skip_done`.

    Raises:
        UsageError: no inputs where some were named, too many, one that cannot be used, a file that cannot be read, a
            command that failed.
    """
    sources = _sources(spec.inputs, request)
    if sources == InputSpec():
        if _uses_input(spec):
            text = f"{spec.name}: {{input}} is used and there are no inputs"
            raise UsageError(text, hint="Name them in the job file (`inputs`, `glob`, …) or by --input.")
        return (Input("", _fit(spec.name), 1),)
    values = [value for part in await _gather(sources, request, spec.folder) for value in part]
    if not values:
        raise UsageError(f"{spec.name}: there are no inputs: what they should come from is empty")
    if len(values) > 1 and (trouble := shared_folder(spec)):
        raise UsageError(f"{spec.name}: result.to: {trouble}")
    inputs = [Input(value, name, n) for n, (value, name) in enumerate(zip(values, _names(values), strict=True), 1)]
    inputs = _without_repeats(inputs)
    if spec.skip_done:
        inputs = [_skipped(each, "has a result") if each.value in done else each for each in inputs]
    return tuple(await _ask_all(inputs, spec) if spec.skip_if else inputs)


def uploads(spec: JobSpec, job_input: Input) -> list[Path]:
    """The files and folders of this computer that a job wants on its box, in order.

    Raises:
        UsageError: there is no such file.
    """
    found: list[Path] = []
    for text in spec.start.upload:
        path = fill(text, job_input, quote=False)
        # An input may hold what a pattern would be read into: `take [1].mp4`.
        matches = [path] if os.path.exists(path) else sorted(glob.glob(path, recursive=True))
        if not matches:
            raise UsageError(f"ssh.upload: there is no {clip(path, 200)}")
        found += map(Path, matches)
    return found


def _sources(inputs: InputSpec, request: BatchRequest) -> InputSpec:
    if request.inputs or request.inputs_from:
        return InputSpec(values=request.inputs, file=request.inputs_from)
    return inputs


def _uses_input(spec: JobSpec) -> bool:
    shell = [spec.start.command, spec.skip_if]
    plain = [*spec.start.args, *spec.start.upload, *spec.rent.plan.env.values(), *spec.result.files]
    words = [word for text in shell for word, _ in words_in(text, shell=True)]
    words += [word for text in plain for word, _ in words_in(text, shell=False)]
    return "input" in words


async def _gather(sources: InputSpec, request: BatchRequest, folder: str) -> list[list[str]]:
    parts = [_checked(sources.values, "inputs")]
    if sources.file == "-":
        parts.append(_checked(_of_lines(request.stdin), "standard input"))
    elif sources.file:
        lines = await asyncio.to_thread(_read_lines, sources.file)
        parts.append(_checked(_of_lines(lines), clip(sources.file, 200)))
    for pattern in sources.glob:
        found = await asyncio.to_thread(glob.glob, pattern, recursive=True)
        if not found:
            raise UsageError(f"glob: nothing matches {clip(pattern, 200)}")
        parts.append(_checked(sorted(found), "glob"))
    if sources.list:
        parts.append(_checked(await _listed(sources.list, folder), "list"))
    if (count := sum(map(len, parts))) > MOST_INPUTS:
        raise UsageError(f"{count} inputs: a batch has at most {MOST_INPUTS}")
    return parts


def _of_lines(lines: Iterable[str]) -> list[str]:
    stripped = (line.strip() for line in lines)
    return [line for line in stripped if line and not line.startswith("#")]


def _read_lines(path: str) -> list[str]:
    place = clip(path, 200)
    try:
        with open(os.path.expanduser(path), "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise UsageError(f"{place}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > MOST_BYTES:
        raise UsageError(f"{place}: larger than {MOST_BYTES // 1024**2} MB; that is no list of inputs")
    try:
        return data.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{place}:{line}: not UTF-8 text") from None


async def _listed(command: str, folder: str) -> list[str]:
    ran = await run_shell(command, folder=folder, env={}, time_limit=LIST_TIME, most=MOST_BYTES)
    if ran.trouble or ran.code:
        raise UsageError(f"list: the command {_said(ran)}", hint="It runs in the job file's folder.")
    lines = (line.strip() for line in ran.output.split("\n"))
    return [line for line in lines if line]


def _said(ran: Ran) -> str:
    said = f": {clip(ran.errors, 300)}" if ran.errors else ""
    return (ran.trouble or f"ended with code {ran.code}") + said


def _checked(values: Sequence[str], place: str) -> list[str]:
    for number, value in enumerate(values, 1):
        if not value.strip():
            raise UsageError(f"{place}: input {number} is empty")
        if len(value) > LONGEST:
            raise UsageError(f"{place}: input {number} has {len(value)} characters, at most {LONGEST} can be used")
        if _CONTROL.search(value):
            raise UsageError(f"{place}: input {number}, {clip(value)!r}, holds control characters or no UTF-8 text")
    return list(values)


def _names(values: Sequence[str]) -> list[str]:
    """A name for each input, unique also where capital letters do not count."""
    taken: set[str] = set()
    counts: dict[str, int] = {}
    names = []
    for value in values:
        name = base = name_of(value)
        while name.casefold() in taken:
            counts[base] = counts.get(base, 1) + 1
            name = f"{base}-{counts[base]}"
        taken.add(name.casefold())
        names.append(name)
    return names


def name_of(value: str) -> str:
    """The last part of a path or address without its suffix, fit for a folder, a label and a shell word."""
    path = value
    if "://" in value:
        try:
            # What stands behind ? may be a signature.
            parts = urlsplit(value)
            path = unquote(parts.path).rstrip("/") or parts.hostname or ""
        except ValueError:
            path = value.partition("://")[2]
    last = path.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return _fit(_SUFFIX.sub("", last))


def _fit(text: str) -> str:
    plain = _UNFIT.sub("_", unicodedata.normalize("NFC", text)).strip("_")
    # A name is no option and no hidden file.
    plain = plain.lstrip(".-+=@_")[:_NAME_LIMIT]
    return plain.rstrip("._") or "input"


def _without_repeats(inputs: Sequence[Input]) -> list[Input]:
    first: dict[str, int] = {}
    result = []
    for each in inputs:
        number = first.setdefault(each.value, each.index)
        result.append(each if number == each.index else _skipped(each, f"the same as input {number}"))
    return result


def _skipped(job_input: Input, why: str) -> Input:
    return job_input if job_input.skip else replace(job_input, skip=why)


async def _ask_all(inputs: Sequence[Input], spec: JobSpec) -> list[Input]:
    """Run the job's `skip_if` for each input that is not skipped yet."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def ask(job_input: Input) -> Input:
        if job_input.skip:
            return job_input
        async with slots:
            return await _ask(job_input, spec)

    tasks = [asyncio.ensure_future(ask(each)) for each in inputs]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _ask(job_input: Input, spec: JobSpec) -> Input:
    command = fill(spec.skip_if, job_input, quote=True)
    ran = await run_shell(command, folder=spec.folder, env=variables(job_input), time_limit=SKIP_TIME, most=0)
    if ran.trouble or ran.code >= 126:
        raise UsageError(
            f"skip_if: the command for input {job_input.index}, {job_input.name}, {_said(ran)}",
            hint="0 skips an input, 1 to 125 does not, anything else is a fault of the command.",
        )
    return _skipped(job_input, "skip_if") if ran.code == 0 else job_input
