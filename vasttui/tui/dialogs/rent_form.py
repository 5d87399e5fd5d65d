"""The rent form's texts and the plan they mean. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from vasttui.config.kinds import BadValueError, Duration, spelled
from vasttui.errors import UsageError
from vasttui.jobs.rental import LABEL_LIMIT, RentPlan

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_PORT = re.compile(r"\d{1,5}(?::\d{1,5})?(?:/(?:tcp|udp))?\Z")
_RUNTYPE = re.compile(r"[a-z_]+( [a-z_]+)*\Z")

LEASE = Duration(300, 30 * 86_400)
"""What a lease may be: seconds."""

MOST_RACED = 4
"""Offers that are rented at once at most."""

RUNTYPES = (
    "ssh_direc ssh_proxy",
    "ssh_proxy",
    "jupyter_direc ssh_direc ssh_proxy",
    "jupyter_proxy ssh_proxy",
    "args",
)
"""How a container is reached, as the official CLI spells it."""


@dataclass(frozen=True, slots=True)
class FormText:
    """What stands in the fields."""

    image: str = ""
    template: str = ""
    disk: str = ""
    label: str = ""
    bid: str = ""
    lease: str = ""
    fallback: str = ""
    race: str = ""
    runtype: str = ""
    ports: str = ""
    env: str = ""
    onstart: str = ""


def form_of(plan: RentPlan) -> FormText:
    """The fields for a plan."""
    return FormText(
        image=plan.image,
        template=plan.template,
        disk=f"{plan.disk_gb:g}",
        label=plan.label,
        bid="" if plan.bid is None else f"{plan.bid:g}",
        lease="" if plan.lease is None else spelled(plan.lease) + (" stop" if plan.lease_end == "stop" else ""),
        fallback="yes" if plan.fallback else "no",
        race=str(plan.race),
        runtype=plan.runtype,
        ports=" ".join(plan.ports),
        env="\n".join(f"{name}={value}" for name, value in plan.env.items()),
        onstart=plan.onstart,
    )


def plan_of(form: FormText, base: RentPlan) -> RentPlan:
    """The plan that the fields mean; what has no field is taken from `base`.

    Raises:
        FieldError: names the field and what is expected there.
    """
    lease, end = _lease(form.lease) if form.lease.strip() else (None, base.lease_end)
    return replace(
        base,
        image=form.image.strip(),
        template=form.template.strip(),
        disk_gb=_number("disk", form.disk, "GB"),
        label=form.label.strip()[:LABEL_LIMIT],
        bid=_number("bid", form.bid, "$/h") if form.bid.strip() else None,
        lease=lease,
        lease_end=end,
        fallback=_yes(form.fallback),
        race=_race(form.race),
        runtype=_runtype(form.runtype) if form.runtype.strip() else base.runtype,
        ports=_ports(form.ports),
        env=_env(form.env),
        onstart=form.onstart.strip(),
    )


class FieldError(UsageError):
    """A field does not hold what it should.

    Attributes:
        field: its name.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def _lease(text: str) -> tuple[float | None, str]:
    """Seconds and what happens then; a bare number is hours: `4`, `4h`, `90m stop`."""
    time, _, end = text.strip().lower().partition(" ")
    try:
        seconds = LEASE.parse(f"{time}h" if time.replace(".", "", 1).isdecimal() else time)
    except BadValueError:
        raise FieldError("lease", f"lease: {time[:20]!r} is not {LEASE.expected}; a bare number is hours") from None
    if end.strip() not in ("", "destroy", "stop"):
        raise FieldError("lease", f"lease: after the time stands destroy or stop, not {end.strip()[:20]!r}")
    return seconds, end.strip() or "destroy"


def _yes(text: str) -> bool:
    word = text.strip().lower()
    if word not in ("", "n", "no", "y", "yes"):
        raise FieldError("fallback", f"fallback: {word[:20]!r} is neither yes nor no")
    return word.startswith("y")


def _race(text: str) -> int:
    word = text.strip() or "1"
    if word not in map(str, range(1, MOST_RACED + 1)):
        raise FieldError("race", f"race: {word[:20]!r} is not a whole number from 1 to {MOST_RACED}")
    return int(word)


def _runtype(text: str) -> str:
    if not _RUNTYPE.match(text.strip()):
        raise FieldError("runtype", f"runtype: {text.strip()[:40]!r} is not one such as {RUNTYPES[0]}")
    return text.strip()


def _number(field: str, text: str, unit: str) -> float:
    try:
        value = float(text.strip().removeprefix("$"))
    except ValueError:
        value = math.nan
    if not 0 < value < 1e6:
        raise FieldError(field, f"{field}: {text.strip()[:20]!r} is not a number above 0 ({unit})")
    return value


def _env(text: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        name, equals, value = line.strip().partition("=")
        if not equals or not _NAME.match(name):
            raise FieldError("env", f"env, line {number}: expected NAME=value")
        found[name] = value
    return found


def _ports(text: str) -> tuple[str, ...]:
    ports = tuple(text.replace(",", " ").split())
    for port in ports:
        if not _PORT.match(port):
            raise FieldError("ports", f"ports: {port[:20]!r} is not a port such as 8080, 8080:8080 or 8080/udp")
    return ports
