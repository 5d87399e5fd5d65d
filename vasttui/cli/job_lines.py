"""Jobs and batches as text and as JSON. Pure; what machines and users wrote is harmless when it leaves here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from vasttui.jobs.lifecycle import JobPhase, Outcome
from vasttui.journal.records import Batch, Job, JobEvent
from vasttui.logs.clean import mask_secrets
from vasttui.snapshot import BatchPlan, BatchView, JobView
from vasttui.tui.format import clean, clock, duration, money, percent, plural

IDLE = frozenset({JobPhase.QUEUED, JobPhase.DONE})
"""Phases in which a job does nothing."""

SHOWN = 5
"""Skipped inputs that a plan names."""

REQUEST = re.compile(r"\b(?:GET|PUT|POST|DELETE) /api/\S+: (?:Vast\.ai says: )?")
"""How the text of an error of the API begins."""

NAMED = 3
"""Jobs that a remark names."""


def harmless(text: str) -> str:
    """On one line, nothing in it that steers a terminal, and no secret."""
    return mask_secrets(" ".join(clean(text).split()))


def short(text: str) -> str:
    """A reason for a line of a person: `harmless`, and without the request that it came from."""
    return harmless(REQUEST.sub("", text))


def dollars(value: float | None) -> str:
    """An amount; below a dollar with tenths of a cent, which is what most jobs cost."""
    return money(value, 2 if value is None or abs(value) >= 1 else 3, sign=True)


# A plan


def plan_json(plan: BatchPlan) -> dict[str, Any]:
    """What a batch would do."""
    spec = plan.spec
    todo = sum(not item.skip for item in plan.inputs)
    return {
        "name": spec.name,
        "jobs": todo,
        "skipped": len(plan.inputs) - todo,
        "max_parallel": spec.max_parallel,
        "budget": spec.budget,
        "hourly": plan.hourly,
        "reserved_per_job": plan.reserved,
        "most": None if plan.reserved is None else _most(plan, todo),
        "watchdog": plan.watchdog,
        "problems": list(plan.problems),
        "remarks": list(plan.remarks),
        "offers": [
            {
                "offer_id": offer.id,
                "gpu_name": offer.gpu_name,
                "num_gpus": offer.num_gpus,
                "host_id": offer.host_id,
                "dph_total": offer.dph_total,
            }
            for offer in plan.offers
        ],
        "inputs": [
            {"index": item.index, "input": item.value, "name": item.name, "skip": item.skip or None}
            for item in plan.inputs
        ],
    }


def plan_lines(plan: BatchPlan) -> Iterable[str]:
    """What a batch would do, beside the table of its offers."""
    spec = plan.spec
    skipped = [item for item in plan.inputs if item.skip]
    todo = len(plan.inputs) - len(skipped)
    left_out = f", {len(skipped)} skipped" if skipped else ""
    yield f"{harmless(spec.name)}: {plural(todo, 'job')}{left_out}, {spec.max_parallel} at a time"
    for item in skipped[:SHOWN]:
        yield f"  skipped: {harmless(item.value or item.name)}: {harmless(item.skip)}"
    if len(skipped) > SHOWN:
        yield f"  and {len(skipped) - SHOWN} more are skipped"
    if plan.reserved is not None:
        budget = f"; budget {dollars(spec.budget)}" if spec.budget is not None else "; no budget"
        most = dollars(_most(plan, todo))
        each = dollars(plan.reserved)
        yield f"  each job may cost {each} on the best offer, all of them {most}{budget}"
    for problem in plan.problems:
        yield f"  problem: {harmless(problem)}"
    for remark in plan.remarks:
        yield f"  note: {harmless(remark)}"


def offer_cells(plan: BatchPlan) -> Iterable[tuple[str, ...]]:
    """The offers that would be rented first."""
    for offer in plan.offers:
        gpus = f"{offer.num_gpus or '?'}×{offer.gpu_name or '?'}"
        yield str(offer.id), gpus, str(offer.host_id or ""), money(offer.dph_total, 3), offer.geolocation or ""


def _most(plan: BatchPlan, todo: int) -> float:
    most = (plan.reserved or 0.0) * todo
    return most if plan.spec.budget is None else min(most, plan.spec.budget)


# What happens


def event_json(event: JobEvent, job: Job | None) -> dict[str, Any]:
    """Something that happened to a job; `job` for the result that came with it, else None."""
    said: dict[str, Any] = {"t": event.at, "job": event.job_id, "event": event.event}
    if event.instance_id is not None:
        said["instance_id"] = event.instance_id
    if event.detail:
        said["detail"] = harmless(event.detail)
    if job is not None and job.result:
        said["result"] = job.result
    return said


def progress_json(view: JobView, now: float) -> dict[str, Any]:
    """How far a job is."""
    assert view.progress is not None
    said = {"t": now, "job": view.id, "event": "progress", "progress": view.progress.fraction}
    if view.job.instance_id is not None:
        said["instance_id"] = view.job.instance_id
    return said | ({"detail": harmless(view.progress.phase)} if view.progress.phase else {})


def named(names: Sequence[str]) -> str:
    """The jobs that something is said of, before a colon; "" for none."""
    if not names:
        return ""
    rest = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{rest}: "


def event_line(event: JobEvent) -> str:
    """Something that happened to a job."""
    box = f"  instance {event.instance_id}" if event.instance_id is not None else ""
    detail = f"  {short(event.detail)}" if event.detail else ""
    return f"{clock(event.at)} {event.job_id} {event.event}{box}{detail}"


def ended_line(view: JobView) -> str:
    """How a job ended."""
    job = view.job
    took = f" in {duration(job.ended - job.created)}" if job.ended is not None else ""
    reason = f": {short(job.reason)}" if job.reason else ""
    result = f" -> {harmless(job.result)}" if job.result else ""
    spent = f"  {dollars(view.spent)}" if view.spent is not None else ""
    return f"{harmless(job.name or job.job_id)} {job.outcome}{took}{spent}{reason}{result}"


# Sums


def outcomes(views: Iterable[BatchView]) -> Counter[str]:
    """Jobs by outcome; those that have none are "unfinished"."""
    return Counter(view.job.outcome or "unfinished" for batch in views for view in batch.jobs)


def summary_json(views: Sequence[BatchView], now: float) -> dict[str, Any]:
    """How it all ended; `spent` is None where it is not known."""
    counts = outcomes(views)
    known = [view.spent for view in views if view.spent is not None]
    return {
        "event": "summary",
        "t": now,
        "batches": [view.id for view in views],
        "jobs": sum(counts.values()),
        **{outcome.value.replace(" ", "_"): counts[outcome] for outcome in Outcome},
        "unfinished": counts["unfinished"],
        "spent": round(sum(known), 6) if known or not views else None,
    }


def summary_line(view: BatchView) -> str:
    """How far a batch is."""
    done = view.count(JobPhase.DONE)
    running = sum(job.job.phase not in IDLE for job in view.jobs)
    parts = [f"{done} of {len(view.jobs)} done"]
    parts += [f"{count} {outcome}" for outcome in Outcome if outcome != "succeeded" and (count := view.ended(outcome))]
    if running:
        parts.append(f"{running} at work")
    if view.spent is not None:
        parts.append(dollars(view.spent))
    if view.expected is not None and done < len(view.jobs):
        parts[-1] += f" of ~{dollars(view.expected)}"
    if view.eta:
        parts.append(f"~{duration(view.eta)} left")
    if view.waiting and not running_out(view.waiting):
        parts.append(harmless(view.waiting))
    return f"batch {view.id} {harmless(view.batch.name)}: " + ", ".join(parts)


def running_out(waiting: str) -> bool:
    """Whether a batch waits only because as many jobs run as may."""
    return waiting.endswith(" run")


def exit_code(counts: Counter[str]) -> int:
    """0 when all succeeded or were skipped, 5 when some did, 1 when none did."""
    bad = sum(counts.values()) - counts[Outcome.SUCCEEDED] - counts[Outcome.SKIPPED]
    if not bad:
        return 0
    return 5 if counts[Outcome.SUCCEEDED] else 1


# What the journal has


def job_json(job: Job, spent: float | None) -> dict[str, Any]:
    """A job as the journal has it; `spent` in $, None when unknown."""
    return {
        "job": job.job_id,
        "batch": job.batch_id,
        "number": job.number,
        "input": job.input,
        "name": job.name,
        "phase": job.phase,
        "since": job.since,
        "outcome": job.outcome or None,
        "failure": job.failure or None,
        "reason": job.reason or None,
        "tries": job.tries,
        "instance_id": job.instance_id,
        "host_id": job.host_id,
        "exit_code": job.exit_code,
        "result": job.result or None,
        "spent": spent,
        "wish": job.wish or None,
        "created": job.created,
        "began": job.began,
        "worked": job.worked,
        "ended": job.ended,
    }


def batch_json(batch: Batch, jobs: Sequence[Job], spent: dict[str, float]) -> dict[str, Any]:
    """A batch with its jobs."""
    return {
        "batch": batch.batch_id,
        "name": batch.name,
        "created": batch.created,
        "budget": batch.budget,
        "max_parallel": batch.max_parallel,
        "paused": batch.paused,
        "closed": batch.closed,
        "spent": sum(spent.get(job.job_id, 0.0) for job in jobs),
        "jobs": [job_json(job, spent.get(job.job_id)) for job in jobs],
    }


def job_cells(job: Job, spent: float | None) -> tuple[str, ...]:
    """A job as a row."""
    said = job.reason or job.result
    return (
        job.job_id,
        str(job.batch_id),
        harmless(job.input)[:40],
        f"{job.outcome} ({job.phase})" if job.outcome and job.phase != JobPhase.DONE else job.outcome or job.phase,
        str(job.tries),
        "" if job.instance_id is None or job.phase == JobPhase.DONE else str(job.instance_id),
        money(spent, 3),
        short(said)[:60],
    )


def timeline(events: Sequence[JobEvent]) -> Iterable[str]:
    """What happened to a job, with how long each step took."""
    for event, after in zip(events, [*events[1:], None], strict=True):
        lasted = f"  ({duration(after.at - event.at)})" if after is not None and after.at - event.at >= 1 else ""
        yield event_line(event) + lasted


def running_row(view: JobView) -> tuple[str, str, str]:
    """Phase, percent and the rest of a job at work, for a line with a bar."""
    progress = view.progress
    facts = []
    if view.collected is not None and view.job.phase == JobPhase.COLLECTING:
        facts.append(f"copied {percent(view.collected)}")
    elif progress is not None and progress.phase:
        facts.append(harmless(progress.phase)[:24])
    if progress is not None and progress.eta is not None:
        facts.append(f"~{duration(progress.eta)} left")
    if view.quiet is not None and view.quiet > 60:
        facts.append(f"quiet for {duration(view.quiet)}")
    if view.spent is not None:
        facts.append(dollars(view.spent))
    if view.waiting:
        facts.append(harmless(view.waiting))
    done = percent(progress.fraction) if progress is not None else ""
    return str(view.job.phase), done, ", ".join(facts)
