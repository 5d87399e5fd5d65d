"""From the values of a job file, or a preset, to a specification."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from vasttui.config import Config, Preset
from vasttui.jobs.placeholders import escaped
from vasttui.jobs.rental import RentPlan
from vasttui.jobs.spec import InputSpec, JobSpec, Limits, RentSpec, ResultSpec, Rules, StartKind, StartSpec
from vasttui.jobs.spec_keys import SECTIONS
from vasttui.logs.patterns import is_expression
from vasttui.offers.query import preset_text

Values = Mapping[str, Any]


@dataclass
class Given:
    """What a job file says, checked value by value.

    Attributes:
        top: values of the top level, `args` as a tuple.
        sections: values of each section; `end` has both of its keys also when the file has one word.
        lines: key path -> line, of every key in the file, also of one whose value is wrong.
        broken: key paths whose value is wrong.
    """

    top: dict[str, Any] = field(default_factory=dict)
    sections: dict[str, dict[str, Any]] = field(default_factory=lambda: {name: {} for name in SECTIONS})
    lines: dict[str, int] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)

    def has(self, *keys: str) -> list[str]:
        """Those of the keys that the file has, in the file's order."""
        return sorted((key for key in keys if key in self.lines), key=self.lines.__getitem__)


def build(given: Given, config: Config, *, name: str, folder: Path) -> JobSpec:
    """The specification that the values mean; what is wrong with them together is for `spec_checks`.

    Args:
        name: for a file that gives none.
        folder: what relative paths on this computer begin at; a result's folder begins at the current one.
    """
    top, sections = given.top, given.sections
    preset = config.presets.get(sections["rent"].get("preset", ""))
    limits = sections["limits"]
    return JobSpec(
        name=top.get("name") or _word(name),
        rent=_rent(sections["rent"], preset, config),
        start=_start(given, preset, folder),
        inputs=_inputs(top, folder),
        exit_code=_exit_code(sections["success"]),
        success=_rules(sections["success"]),
        failure=_rules(sections["failure"]),
        result=_result(sections["result"]),
        limits=replace(Limits(), **limits),
        end_success=sections["end"].get("success", "destroy"),
        end_failure=sections["end"].get("failure", "destroy"),
        progress=tuple(_bare(text) for text in top.get("progress", ())),
        folder=str(folder),
        **_some(top, "skip_if", "skip_done", "outbid", "reuse", "lease", "grace", "budget", "max_parallel"),
    )


def _word(text: str) -> str:
    """A name for the batch out of that of its file or preset."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.")
    return plain[:40] or "job"


def _some(values: Values, *names: str) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}


def _rent(values: Values, preset: Preset | None, config: Config) -> RentSpec:
    base = preset or Preset()
    plan = _plan(values, base, config)
    given = {name: value for name, value in values.items() if name not in ("preset", "search")}
    query = f"{base.query} {values.get('search', '')}".strip()
    wanted = replace(base, **given, query=query)
    # A host whose disk is too small cannot be rented anyway.
    wanted = replace(wanted, min_disk=max(wanted.min_disk or 0.0, plan.disk_gb))
    order = values.get("order") or (base.order if base.order != Preset().order else RentSpec.order)
    return RentSpec(
        search=preset_text(wanted, config),
        type=wanted.type,
        order=order,
        max_price=wanted.max_price,
        preset=values.get("preset", ""),
        host_whitelist=values.get("host_whitelist", frozenset()),
        host_blacklist=values.get("host_blacklist", frozenset()),
        machine_whitelist=values.get("machine_whitelist", frozenset()),
        machine_blacklist=values.get("machine_blacklist", frozenset()),
        plan=plan,
    )


def _plan(values: Values, preset: Preset, config: Config) -> RentPlan:
    template = values.get("template") or ("" if "image" in values else preset.template or "")
    image = values.get("image") or ("" if "template" in values else preset.image or "")
    return RentPlan(
        image=image or ("" if template else config.image),
        template=template,
        disk_gb=values.get("disk") or preset.disk or config.disk_gb,
        env={**preset.env, **values.get("env", {})},
        ports=values.get("ports", preset.ports),
        bid=values.get("bid", preset.bid if values.get("type", preset.type) == "bid" else None),
        runtype=values.get("runtype", preset.runtype),
    )


def _start(given: Given, preset: Preset | None, folder: Path) -> StartSpec:
    top, ssh = given.top, given.sections["ssh"]
    kind: StartKind = "template"
    command = ""
    if given.has("onstart"):
        kind, command = "onstart", top.get("onstart", "")
    elif given.has("repo"):
        kind = "repo"
    elif given.has("ssh"):
        kind, command = "ssh", ssh.get("command", "")
    elif preset and preset.onstart:
        kind, command = "onstart", preset.onstart
    # An input from a glob is an absolute path already.
    upload = tuple(t if t.startswith("{input}") else _absolute(t, folder) for t in ssh.get("upload", ()))
    start = StartSpec(kind=kind, command=command, upload=upload, **_some(top, "repo", "branch", "script", "args"))
    start = replace(start, directory=top.get("directory", start.directory).rstrip("/"))
    return replace(start, upload_to=ssh.get("to", start.upload_to))


def _absolute(path: str, folder: Path) -> str:
    """A path with placeholders as one that begins at `folder`, unless it is absolute already."""
    return os.path.join(escaped(str(folder)), os.path.expanduser(path))


def _inputs(top: Values, folder: Path) -> InputSpec:
    file = top.get("inputs_from", "")
    if file not in ("", "-"):
        file = os.path.join(folder, os.path.expanduser(file))
    patterns = (os.path.expanduser(text) for text in top.get("glob", ()))
    return InputSpec(
        values=top.get("inputs", ()),
        file=file,
        glob=tuple(os.path.join(glob.escape(str(folder)), text) for text in patterns),
        list=top.get("list", ""),
    )


def _exit_code(success: Values) -> int | None:
    code = success.get("exit_code", "0")
    return None if code == "any" else int(code)


def _rules(values: Values) -> Rules:
    return Rules(marker=values.get("marker", ""), pattern=_bare(values.get("pattern", "")))


def _result(values: Values) -> ResultSpec:
    result = ResultSpec(pattern=_bare(values.get("pattern", "")), **_some(values, "files", "to", "required"))
    return replace(result, to=os.path.normpath(_absolute(result.to, Path.cwd())))


def _bare(pattern: str) -> str:
    """A regular expression; between slashes it may be written, as for the alerts."""
    return pattern[1:-1] if is_expression(pattern) else pattern
