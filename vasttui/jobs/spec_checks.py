"""What can be wrong with a specification as a whole. Each check gives key paths and what was expected there."""

from __future__ import annotations

import difflib
import glob
import os
from collections.abc import Iterator

from vasttui.config import Config
from vasttui.config.checking import clip, nearest
from vasttui.config.kinds import spelled
from vasttui.errors import UsageError
from vasttui.jobs.onbox import Switch, job_script, start_command
from vasttui.jobs.placeholders import NAMES, Standing, fill, has_placeholder, words_in
from vasttui.jobs.rental import ONSTART_LIMIT
from vasttui.jobs.spec import Input, JobSpec
from vasttui.jobs.spec_build import Given
from vasttui.logs.patterns import Pattern
from vasttui.offers.query import parse_order, parse_strictly

Problem = tuple[str, str]
"""A key path, and what to say after it."""

ENV_LIMIT = 32_768
"""Characters that Vast.ai takes for an environment (vast-ai/docs, create_instance.yaml)."""

_GROUPS = ("percent", "done", "total", "phase", "rate", "eta")
_ALIKE = 0.8
_NOTHING = Input("", "", 1)


def problems(spec: JobSpec, given: Given, config: Config, *, own_inputs: bool = True) -> list[Problem]:
    """All that is wrong beyond single values, key by key. Raises nothing.

    Args:
        own_inputs: the file's inputs will be used, and not those of a command line.
    """
    found = [
        *_start(spec, given, config),
        *_rent(spec, given, config),
        *_rules(spec),
        *_texts(spec),
        *_result(spec, given, own_inputs=own_inputs),
        *_limits(spec, given),
        *_files(spec, own_inputs=own_inputs),
    ]
    return [problem for problem in found if problem[0] not in given.broken]


def start_problem(spec: JobSpec, job_input: Input, api_url: str) -> str:
    """Why the start command for an input could not be sent, or "".

    Args:
        api_url: what the dead man's switch will call.
    """
    if spec.start.kind in ("ssh", "template"):
        return ""
    switch, run_id = Switch(api_url, spec.lease, spec.grace), f"{spec.name}-xxxx-00000.10"
    try:
        command = start_command(job_script(spec, job_input, run_id), run_id=run_id, switch=switch)
    except UsageError as error:
        return _one_line(error)
    if len(command) <= ONSTART_LIMIT:
        return ""
    more = len(command) - ONSTART_LIMIT
    return (
        f"the start command is {more} characters too long: Vast.ai takes {ONSTART_LIMIT}, vasttui's own part included;"
        " start with `ssh:` or `repo:`, or let it fetch a script"
    )


def _start(spec: JobSpec, given: Given, config: Config) -> Iterator[Problem]:
    ways = given.has("onstart", "repo", "ssh")
    for way in ways[1:]:
        yield way, f"a job starts in one way, and {ways[0]} stands in line {given.lines[ways[0]]}"
    preset_fits = not given.has("rent.preset") or spec.rent.preset in config.presets
    if spec.start.kind == "template" and not spec.rent.plan.template and preset_fits and not given.has("rent.template"):
        yield "onstart", "nothing to run: one of onstart, repo with script, ssh or rent.template was expected"
    if spec.start.kind in ("onstart", "repo") and spec.rent.plan.template:
        yield "rent.template", f"a template has a start command of its own, which {spec.start.kind} would replace"
    yield from _companions(given)
    yield from _after_start(spec, config)


def _companions(given: Given) -> Iterator[Problem]:
    """Keys that make sense only together with another."""
    if given.has("repo") and not given.has("script"):
        yield "script", "is missing: what to run in the repository"
    for key in given.has("branch", "directory", "script", "args"):
        if not given.has("repo"):
            yield key, "goes with repo, which is not given"
    if given.has("ssh") and "ssh" not in given.broken and not given.has("ssh.command"):
        yield "ssh.command", "is missing: what to run on the box"


def _after_start(spec: JobSpec, config: Config) -> Iterator[Problem]:
    kind, told = spec.start.kind, (spec.success.marker, spec.success.pattern)
    if trouble := start_problem(spec, _NOTHING, config.api_url):
        yield ("directory" if kind == "repo" else "onstart"), trouble
    if kind == "template" and spec.rent.plan.template and not any(told):
        text = "is missing: a template's own start command does not tell when it ends; a marker or pattern is needed"
        yield "success", f"{text}, such as marker: '::vasttui done'"
    if kind == "template" and spec.reuse:
        yield "reuse", "a template's own start command runs once, so a box cannot take the next input"
    if spec.rent.plan.runtype == "args" and (kind != "template" or spec.result.files):
        yield "rent.runtype", "with args a box has no start command and no SSH"


def _rent(spec: JobSpec, given: Given, config: Config) -> Iterator[Problem]:
    rent, plan = spec.rent, spec.rent.plan
    if rent.preset and rent.preset not in config.presets:
        close = nearest(rent.preset, config.presets)
        yield "rent.preset", f"there is no preset {clip(rent.preset)!r}{close}"
    if plan.bid is not None and rent.type != "bid":
        yield "rent.bid", "goes with type: bid"
    for key, price in (("rent.bid", plan.bid), ("rent.max_price", rent.max_price)):
        if price is not None and price > config.max_price:
            yield key, f"${price:g}/h is over the ceiling of ${config.max_price:g}/h (`max_price` in the config)"
    if plan.bid is not None and rent.max_price is not None and plan.bid > rent.max_price:
        yield "rent.bid", f"${plan.bid:g}/h is over max_price, ${rent.max_price:g}/h"
    if plan.disk_gb < 8:
        yield "rent.disk", f"Vast.ai rents 8 GB or more, got {plan.disk_gb:g}"
    if config.template_ids and plan.template and plan.template not in config.template_ids:
        allowed = ", ".join(config.template_ids)
        yield "rent.template", f"jobs may use these templates only (`template_ids` in the config): {allowed}"
    if sum(len(name) + len(value) for name, value in plan.env.items()) > ENV_LIMIT:
        yield "rent.env", f"Vast.ai takes {ENV_LIMIT} characters in all"
    yield from _search(spec, given)


def _search(spec: JobSpec, given: Given) -> Iterator[Problem]:
    own = given.sections["rent"].get("search", "")
    for key, text in (("rent.search", own), ("rent", spec.rent.search)):
        try:
            parse_strictly(text)
        except UsageError as error:
            yield key, _one_line(error)
            break
    try:
        parse_order(spec.rent.order)
    except UsageError as error:
        yield "rent.order", _one_line(error).removeprefix("order: ")


def _rules(spec: JobSpec) -> Iterator[Problem]:
    for key, pattern in (
        ("success.pattern", spec.success.pattern),
        ("failure.pattern", spec.failure.pattern),
        ("result.pattern", spec.result.pattern),
        *(("progress", pattern) for pattern in spec.progress),
    ):
        if trouble := _wrong_pattern(pattern):
            yield key, trouble
        elif key == "progress":
            yield from _wrong_groups(pattern)
    for name in ("marker", "pattern"):
        text = getattr(spec.success, name)
        if text and text == getattr(spec.failure, name):
            yield f"failure.{name}", f"is the same as success.{name}"


def _wrong_pattern(pattern: str) -> str:
    if not pattern:
        return ""
    try:
        parsed = Pattern.parse(f"/{pattern}/", column=0)
    except UsageError as error:
        return error.message
    everything = parsed is not None and parsed.search("") and not pattern.endswith("$")
    return "matches every line" if everything else ""


def _wrong_groups(pattern: str) -> Iterator[Problem]:
    import regex

    groups = regex.compile(pattern).groupindex.keys()
    for name in groups - set(_GROUPS):
        close = nearest(name, _GROUPS) or "; known are " + ", ".join(_GROUPS)
        yield "progress", f"unknown group {clip(name)!r}{close}"
    if not groups & {"percent", "phase"} and not groups >= {"done", "total"} and groups <= set(_GROUPS):
        yield "progress", "a group percent, groups done and total, or a group phase was expected: (?P<percent>…)"


def _texts(spec: JobSpec) -> Iterator[Problem]:
    """Placeholders that are none, or that stand where nothing replaces them."""
    start = spec.start
    command = "ssh.command" if start.kind == "ssh" else "onstart"
    for key, text in ((command, start.command), ("skip_if", spec.skip_if)):
        for word, standing in words_in(text, shell=True):
            if word in NAMES and standing is Standing.LITERAL:
                yield key, _in_quotes(word)
            elif standing in (Standing.BARE, Standing.EXPANDED):
                yield from _misspelt(key, word)
    plain = [("rent.env", text) for text in spec.rent.plan.env.values()]
    plain += [("args", text) for text in start.args] + [("ssh.upload", text) for text in start.upload]
    plain += [("result.files", text) for text in spec.result.files] + [("result.to", spec.result.to)]
    for key, text in plain:
        for word, _standing in words_in(text, shell=False):
            yield from _misspelt(key, word)


def _in_quotes(word: str) -> str:
    return (
        f"{{{word}}} stands in single quotes, where nothing is replaced; leave them out, it is quoted by itself,"
        f" or use the variable VASTTUI_{word.upper()}, or write {{{{{word}}}}} for the text"
    )


def _misspelt(key: str, word: str) -> Iterator[Problem]:
    """A word in braces that was probably meant for a placeholder; all others are the shell's business."""
    for name in NAMES:
        same_letters = word[0] == name[0] and sorted(word) == sorted(name)
        alike = same_letters or difflib.SequenceMatcher(None, word.lower(), name).ratio() >= _ALIKE
        if word not in NAMES and alike:
            yield key, f"{{{word}}} is no placeholder; did you mean {{{name}}}?"


def _result(spec: JobSpec, given: Given, *, own_inputs: bool) -> Iterator[Problem]:
    to = spec.result.to
    if given.has("result.to") and not given.has("result.files"):
        yield "result.to", "goes with result.files, which are not given"
    words = {word for word, _standing in words_in(to, shell=False)}
    if "input" in words:
        yield "result.to", "an input may hold any path; {name} is the part of it that is fit for a folder"
    elif own_inputs and given.has("inputs", "inputs_from", "glob", "list") and (trouble := shared_folder(spec)):
        yield "result.to", trouble
    to = fill(to, _NOTHING, quote=False)
    if not words & set(NAMES) and os.path.lexists(to) and not os.path.isdir(to):
        yield "result.to", f"{clip(to, 200)} is there and no folder"


def shared_folder(spec: JobSpec) -> str:
    """What is wrong when several inputs would write their results over each other, or ""."""
    if not spec.result.files or has_placeholder(spec.result.to):
        return ""
    return "all results would go into one folder; {name} or {index} was expected in it"


def _limits(spec: JobSpec, given: Given) -> Iterator[Problem]:
    limits = spec.limits
    for name in ("boot", "quiet", "work", "collect"):
        part = getattr(limits, name)
        if part and limits.total and part > limits.total and given.has(f"limits.{name}"):
            yield f"limits.{name}", f"{spelled(part)} is more than limits.total, {spelled(limits.total)}"
    if limits.cost is not None and spec.budget is not None and limits.cost > spec.budget:
        yield "limits.cost", f"${limits.cost:g} per job is more than the budget of all, ${spec.budget:g}"


def _files(spec: JobSpec, *, own_inputs: bool) -> Iterator[Problem]:
    for path in (fill(text, _NOTHING, quote=False) for text in spec.start.upload if not has_placeholder(text)):
        if not os.path.exists(path) and not glob.glob(path):
            yield "ssh.upload", f"there is no {clip(path, 200)}"
    file = spec.inputs.file
    if own_inputs and file not in ("", "-") and (not os.path.exists(file) or os.path.isdir(file)):
        yield "inputs_from", f"there is no file {clip(file, 200)}"


def _one_line(error: UsageError) -> str:
    return " ".join(f"{error.message} {error.hint}".split())
