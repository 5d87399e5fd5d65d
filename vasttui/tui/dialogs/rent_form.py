"""The rent form's texts, the plan they mean and what that costs. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from vasttui.api.models import Offer
from vasttui.errors import UsageError
from vasttui.jobs.rental import LABEL_LIMIT, RentPlan
from vasttui.offers.price import cost, credit_hours
from vasttui.tui.format import hours, money
from vasttui.tui.panes.lease import read_hours
from vasttui.tui.panes.sheet import Line, Part, fact

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
NAMES = 8
"""Width of the names in front of the cost's lines."""
_PORT = re.compile(r"\d{1,5}(?::\d{1,5})?(?:/(?:tcp|udp))?\Z")


@dataclass(frozen=True, slots=True)
class FormText:
    """What stands in the fields."""

    image: str = ""
    template: str = ""
    disk: str = ""
    bid: str = ""
    lease: str = ""
    label: str = ""
    env: str = ""
    ports: str = ""
    onstart: str = ""


def form_of(plan: RentPlan) -> FormText:
    """The fields for a plan."""
    return FormText(
        image=plan.image,
        template=plan.template,
        disk=f"{plan.disk_gb:g}",
        bid="" if plan.bid is None else f"{plan.bid:g}",
        lease="" if plan.lease is None else f"{plan.lease / 3600:g}",
        label=plan.label,
        env="\n".join(f"{name}={value}" for name, value in plan.env.items()),
        ports=" ".join(plan.ports),
        onstart=plan.onstart,
    )


def plan_of(form: FormText, base: RentPlan) -> RentPlan:
    """The plan that the fields mean; what has no field is taken from `base`.

    Raises:
        UsageError: names the field and what is expected there.
    """
    return replace(
        base,
        image=form.image.strip(),
        template=form.template.strip(),
        disk_gb=_number("disk", form.disk, "GB"),
        bid=_number("bid", form.bid, "$/h") if form.bid.strip() else None,
        lease=read_hours(form.lease) if form.lease.strip() else None,
        label=form.label.strip()[:LABEL_LIMIT],
        env=_env(form.env),
        ports=_ports(form.ports),
        onstart=form.onstart.strip(),
    )


def _number(field: str, text: str, unit: str) -> float:
    try:
        value = float(text.strip().removeprefix("$"))
    except ValueError:
        value = math.nan
    if not 0 < value < 1e6:
        raise UsageError(f"{field}: {text.strip()[:20]!r} is not a number above 0 ({unit})")
    return value


def _env(text: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        name, equals, value = line.strip().partition("=")
        if not equals or not _NAME.match(name):
            raise UsageError(f"env, line {number}: expected NAME=value")
        found[name] = value
    return found


def _ports(text: str) -> tuple[str, ...]:
    ports = tuple(text.replace(",", " ").split())
    for port in ports:
        if not _PORT.match(port):
            raise UsageError(f"ports: {port[:20]!r} is not a port such as 8080, 8080:8080 or 8080/udp")
    return ports


def hourly_text(offer: Offer, plan: RentPlan) -> str:
    """`$0.304/h`, "" when unknown."""
    known = cost(offer, plan.disk_gb, plan.bid)
    return f"{money(known.total, 3, sign=True)}/h" if known else ""


def cost_lines(offer: Offer, plan: RentPlan, *, credit: float | None, burn: float | None) -> tuple[Line, Line]:
    """What it will cost, in two lines: per hour and day with this disk; how long the credit lasts."""
    known = cost(offer, plan.disk_gb, plan.bid)
    if known is None:
        return (fact("cost", ("not known: the offer does not tell its price", "look"), width=NAMES),), ()
    kind = "bid" if plan.bid is not None else "GPU"
    hourly: Part = (
        *fact("cost", (f"{money(known.total, 3, sign=True)}/h", "money bold"), width=NAMES),
        (f" = {kind} {money(known.gpu, 3)} + disk {money(known.disk, 3)}", "dim"),
    )
    daily: Part = ((money(known.daily, sign=True), "money"), (" a day", "dim"))
    stopped: Part = ((f"stopped {money(known.disk, 3, sign=True)}/h", "dim"),)
    return (hourly, daily, stopped), (_credit_part(known.total, credit, burn),)


def _credit_part(rate: float, credit: float | None, burn: float | None) -> Part:
    left = credit_hours(credit, None if burn is None else burn + rate)
    if credit is None or burn is None or left is None:
        return fact("credit", ("not known yet", "dim"), width=NAMES)
    before = credit_hours(credit, burn)
    tail = "" if before is None or math.isinf(before) else f", {hours(before)} without it"
    return (
        *fact("credit", (money(credit, sign=True), "money"), width=NAMES),
        (" lasts ", "dim"),
        (hours(left), "bad bold" if left < 1 else "look bold" if left < 6 else "good bold"),
        (f" with all that runs{tail}", "dim"),
    )
