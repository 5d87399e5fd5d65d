"""The new-batch form's texts, the request they mean, and the lines of its dry run. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vasttui.errors import UsageError
from vasttui.jobs.spec import BatchRequest, JobSpec
from vasttui.snapshot import BatchPlan
from vasttui.tui.format import cut, duration, money, plural
from vasttui.tui.glyphs import GlyphSet
from vasttui.tui.panes.jobs.result import masked
from vasttui.tui.panes.sheet import Line, Part, fact

NAME = 8
LONGEST = 60
"""Cells of an input that is named."""

SHOWN = 12
"""Inputs that are named; of more, how many there are."""


@dataclass(frozen=True, slots=True)
class BatchText:
    """What stands in the fields."""

    file: str = ""
    preset: str = ""
    inputs: str = ""
    more: str = ""
    parallel: str = ""
    budget: str = ""


def request_of_text(form: BatchText) -> BatchRequest:
    """The request that the fields mean.

    Raises:
        UsageError: names the field and what is expected there.
    """
    file, preset = form.file.strip(), form.preset.strip()
    if bool(file) == bool(preset):
        raise UsageError("file or preset: one of the two is needed" + (", not both" if file else ""))
    if form.more.strip() == "-":
        raise UsageError("from: a file with one input per line is expected")
    inputs = tuple(line.strip() for line in form.inputs.splitlines() if line.strip())
    return BatchRequest(
        path=Path(file).expanduser() if file else None,
        preset=preset,
        inputs=inputs,
        inputs_from=str(Path(form.more.strip()).expanduser()) if form.more.strip() else "",
        max_parallel=_whole(form.parallel) if form.parallel.strip() else None,
        budget=_amount(form.budget) if form.budget.strip() else None,
    )


def _whole(text: str) -> int:
    if not (text.strip().isascii() and text.strip().isdigit() and 0 < int(text.strip()[:6]) <= 10_000):
        raise UsageError(f"parallel: {text.strip()[:20]!r} is not a whole number from 1 to 10000")
    return int(text.strip())


def _amount(text: str) -> float:
    try:
        value = float(text.strip().removeprefix("$"))
    except ValueError:
        value = math.nan
    if not 0 < value < 1e6:
        raise UsageError(f"budget: {text.strip()[:20]!r} is not an amount in $ above 0")
    return value


def plan_lines(plan: BatchPlan, glyphs: GlyphSet) -> Iterator[Line]:
    """What the batch would do: problems, inputs, money, boxes, the switch, remarks."""
    for problem in plan.problems:
        yield (((f"{glyphs['failed']} {masked(problem)}", "bad"),),)
    yield _jobs(plan)
    yield from _money(plan)
    yield from _boxes(plan)
    yield _switch(plan)
    for remark in plan.remarks:
        yield (((f"{glyphs['look']} {masked(remark)}", "look"),),)
    yield from _inputs(plan)


def _jobs(plan: BatchPlan) -> Line:
    skipped = sum(bool(item.skip) for item in plan.inputs)
    spec = plan.spec
    return (
        fact("batch", (spec.name, "text bold"), width=NAME),
        ((plural(len(plan.inputs) - skipped, "job"), "text"),),
        ((f"{skipped} skipped", "dim"),) if skipped else (),
        ((f"{spec.max_parallel} at a time", "text"),),
        ((plural(spec.limits.tries, "try", "tries") + " each", "dim"),),
    )


def foreseen(plan: BatchPlan) -> tuple[float, str] | None:
    """$ that the batch is expected to cost, and what that rests on; None while no price is known."""
    spec = plan.spec
    if plan.reserved is None:
        return None
    one_each = plan.reserved * sum(not item.skip for item in plan.inputs)
    if spec.budget is not None and spec.budget <= one_each:
        return spec.budget, "at most: its budget"
    if limit_of_time(spec) is None and spec.limits.cost is None:
        return one_each, "if each takes an hour"
    sure = spec.limits.tries == 1 or spec.limits.cost == plan.reserved
    return one_each, "at most" if sure else "at most, with one try each"


def limit_of_time(spec: JobSpec) -> float | None:
    """Seconds that an attempt may take by its limits, None without one."""
    return spec.limits.total if spec.limits.total is not None else spec.limits.work


def _money(plan: BatchPlan) -> Iterator[Line]:
    hours = limit_of_time(plan.spec)
    price: Part = ((f"{money(plan.hourly, 3, sign=True)}/h", "money"),) if plan.hourly is not None else ()
    if plan.reserved is None:
        yield (fact("each job", ("no offer, so no price", "dim"), width=NAME),)
    else:
        how = f"for {duration(hours)} at most" if hours is not None else "for an hour: no limit of time is set"
        aside = (f"{money(plan.reserved, sign=True)} set aside", "money")
        yield (fact("each job", aside, width=NAME), price, ((how, "dim"),))
    total, budget = foreseen(plan), plan.spec.budget
    limit: Part = (("no budget", "look"),)
    if budget is not None:
        limit = fact("budget", (money(budget, sign=True), "money"))
    if total is None:
        yield (fact("in all", ("not known", "dim"), width=NAME), limit)
    else:
        expected = (f"{money(total[0], sign=True)} expected", "money bold")
        yield (fact("in all", expected, (f" {total[1]}", "dim"), width=NAME), limit)


def _boxes(plan: BatchPlan) -> Iterator[Line]:
    for place, offer in enumerate(plan.offers):
        name = f"{offer.gpu_name or 'unknown GPU'} ×{offer.num_gpus or '?'}"
        price = f"{money(offer.dph_total, 3, sign=True)}/h" if offer.dph_total is not None else ""
        yield (
            fact("boxes" if not place else "", (name, "text"), width=NAME),
            ((price, "money"),),
            fact("host", str(offer.host_id or "")),
            ((offer.geolocation or "", "dim"),),
        )


def _switch(plan: BatchPlan) -> Line:
    lease = f"a box ends itself {duration(plan.spec.lease)} after vasttui has gone"
    if plan.watchdog:
        return (fact("switch", ("armed", "good"), width=NAME), ((lease, "dim"),))
    return (fact("switch", ("cannot be armed: a box bills until somebody ends it", "bad"), width=NAME),)


def _inputs(plan: BatchPlan) -> Iterator[Line]:
    todo = [item for item in plan.inputs if not item.skip]
    for place, item in enumerate(todo[:SHOWN]):
        name: Part = ((cut(item.name, LONGEST), "dim"),) if item.value and item.name != item.value else ()
        yield (fact("inputs" if not place else "", cut(masked(item.value), LONGEST) or "(none)", width=NAME), name)
    if len(todo) > SHOWN:
        yield (fact("", (f"and {len(todo) - SHOWN} more", "dim"), width=NAME),)
    for place, item in enumerate([item for item in plan.inputs if item.skip]):
        value, why = cut(masked(item.value), LONGEST), f"  {masked(item.skip)}"
        yield (fact("skipped" if not place else "", (value, "dim"), (why, "look"), width=NAME),)
