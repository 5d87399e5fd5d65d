"""What a template sets, in lines. Its texts are a stranger's: drawn without control characters and secrets. Pure."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from vasttui.api.models import Template
from vasttui.tui.format import clean, cut, plural
from vasttui.tui.panes.jobs.result import masked
from vasttui.tui.panes.sheet import Line, fact

NAMES = 8
SHOWN_LINES = 5
"""Lines of a template's start command that are shown."""

LONGEST = 400
"""Characters of a description that are shown."""


@dataclass(frozen=True, slots=True)
class DockerFlags:
    """What a template's docker flags set.

    Attributes:
        names: variables of the environment; their values may be secrets.
        ports: mappings such as "8080:8080".
        others: other flags, without their values.
    """

    names: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def docker_flags(text: str) -> DockerFlags:
    """Read flags such as `-e A=b -p 80:80 --ipc=host`; what cannot be split as a shell does is split at blanks."""
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    names: list[str] = []
    ports: list[str] = []
    others: list[str] = []
    queue = iter(words)
    for word in queue:
        flag, _, value = word.partition("=")
        if word in ("-e", "--env", "-p", "--publish"):
            flag, value = word, next(queue, "")
        elif word.startswith(("-e", "-p")) and not word.startswith("--") and len(word) > 2:
            flag, value = word[:2], word[2:]
        if flag in ("-e", "--env"):
            names.append(value.partition("=")[0])
        elif flag in ("-p", "--publish"):
            ports.append(value)
        elif flag.startswith("-"):
            others.append(flag)
    return DockerFlags(tuple(filter(None, names)), tuple(filter(None, ports)), tuple(others))


def image_of(template: Template) -> str:
    """`image:tag`, "" when it names none."""
    return f"{template.image}:{template.tag}" if template.image and template.tag else template.image or ""


def title_of(template: Template) -> str:
    """Its name, else its number, in one line."""
    return clean(template.name or "").strip() or f"template {template.id}"


def template_lines(template: Template | None) -> Iterator[Line]:
    """For the plan: what a chosen template brings."""
    if template is None:
        return
    image = masked(image_of(template)) or "of its own"
    yield (fact("template", (masked(title_of(template)), "text"), width=NAMES),)
    yield (fact("image", (image, "text"), (" by the template", "dim"), width=NAMES),)


def detail_lines(template: Template) -> Iterator[Line]:
    """Everything that it sets."""
    yield (fact("name", (masked(title_of(template)), "text bold"), width=NAMES),)
    yield (fact("image", masked(image_of(template)) or "none", width=NAMES),)
    disk = template.recommended_disk_space
    yield (fact("disk", (f"{disk:g} GB" if disk else "not told", "text" if disk else "dim"), width=NAMES),)
    if template.runtype:
        yield (fact("runtype", masked(template.runtype), width=NAMES),)
    flags = docker_flags(template.env or "")
    for name in flags.names:
        yield (fact("env", (f"{masked(name)}=", "text"), ("••••", "dim"), width=NAMES),)
    if flags.ports:
        yield (fact("ports", masked(" ".join(flags.ports)), width=NAMES),)
    if flags.others:
        yield (fact("docker", masked(" ".join(flags.others)), width=NAMES),)
    yield from _command(template.onstart or "")
    if filters := _filters(template.extra_filters or ""):
        yield (fact("offers", masked(filters), width=NAMES),)
    if words := cut(masked(template.desc or "").strip(), LONGEST):
        yield (fact("about", (words, "dim"), width=NAMES),)
    yield (fact("hash", (masked(template.hash_id or "none: it cannot be rented with"), "dim"), width=NAMES),)


def _command(onstart: str) -> Iterator[Line]:
    lines = [line for line in onstart.splitlines() if line.strip()]
    for place, line in enumerate(lines[:SHOWN_LINES]):
        yield (fact("" if place else "onstart", cut(masked(line), LONGEST), width=NAMES),)
    if len(lines) > SHOWN_LINES:
        yield (fact("", (f"and {plural(len(lines) - SHOWN_LINES, 'more line')}", "dim"), width=NAMES),)


def _filters(text: str) -> str:
    """The conditions that it wants of an offer: `gpu_ram gte 16000`; the text itself when it is not read."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return cut(text.strip(), LONGEST)
    if not isinstance(found, dict):
        return ""
    parts = [
        f"{field} {operator} {value}"
        for field, condition in found.items()
        for operator, value in (condition.items() if isinstance(condition, dict) else [("is", condition)])
    ]
    return cut(", ".join(parts), LONGEST)
