"""Hand-made batches: one factory each for a job, a batch, a plan, and a picture with forty jobs in all states."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.tui.pictures import NOW, box, fleet, offer, snapshot
from vasttui.jobs.progress import Progress
from vasttui.jobs.spec import Input, JobSpec, Limits
from vasttui.journal.records import Batch, Job, JobEvent
from vasttui.snapshot import BatchPlan, BatchView, Box, JobView, Part, Snapshot, SwitchState

SIGNED = "https://bucket.example/clip.mp4?X-Amz-Credential=AKIAABCDEFGHIJKLMNOP&X-Amz-Signature=0123456789abcdef0123"


def bar(fraction: float = 0.42, **fields: Any) -> Progress:
    known: dict[str, Any] = {
        "fraction": fraction, "done": fraction * 1000, "total": 1000.0, "unit": "it", "rate": 3.1,
        "eta": (1 - fraction) * 1000 / 3.1, "phase": "train", "metrics": (("loss", "0.31"), ("lr", "1e-4")),
        "seen_at": NOW - 3,
    }  # fmt: skip
    return Progress(**(known | fields))


def job(number: int = 1, phase: str = "working", **fields: Any) -> Job:
    """A job of batch 7."""
    known: dict[str, Any] = {
        "job_id": f"upscale-k3x9-{number:03d}", "batch_id": 7, "number": number, "input": f"in/clip_{number:02d}.mp4",
        "name": f"clip_{number:02d}", "phase": phase, "since": NOW - 700, "created": NOW - 5000,
    }  # fmt: skip
    if phase not in ("queued", "searching"):
        known |= {"tries": 1, "host_id": 51_000 + number, "hourly": 0.3, "began": NOW - 1500, "worked": NOW - 700}
    return Job(**(known | fields))


def view(number: int = 1, phase: str = "working", *, of_job: dict[str, Any] | None = None, **fields: Any) -> JobView:
    return JobView(job(number, phase, **(of_job or {})), **fields)


def ended(number: int, outcome: str, **of_job: Any) -> JobView:
    return view(number, "done", spent=0.19, of_job={"outcome": outcome, "ended": NOW - 700, **of_job})


def batch(*views: JobView, **fields: Any) -> BatchView:
    known: dict[str, Any] = {"name": "upscale", "spec": "{}", "created": NOW - 5000, "budget": 12.0, "max_parallel": 8}
    head = Batch(batch_id=fields.pop("batch_id", 7), **(known | fields.pop("head", {})))
    return BatchView(head, views, **({"spent": 3.21, "expected": 9.8, "eta": 4330.0} | fields))


ARMED = SwitchState(armed=True, until=NOW + 18_720)


def many_states() -> BatchView:
    """A batch with a job in each state that matters."""
    return batch(
        view(1, spent=0.21, progress=bar(0.83), quiet=3.0, of_job={"instance_id": 28_397_584}),
        view(2, spent=0.37, progress=bar(0.42), quiet=900.0, of_job={"tries": 2, "spent": 0.11, "failure": "outbid"}),
        view(3, "loading", spent=0.01, of_job={"since": NOW - 131}),
        view(4, "collecting", spent=0.4, collected=0.5),
        view(5, "unconfirmed"),
        ended(6, "succeeded", result=SIGNED),
        ended(7, "failed", failure="out of memory", reason="CUDA out of memory. Tried to allocate 2.4 GiB"),
        ended(8, "timed out", failure="time limit", reason="no end after 2 h"),
        ended(9, "cancelled"),
        view(10, "queued", waiting="8 of 8 run"),
        view(11, "queued", of_job={"failure": "host fault", "not_before": NOW + 40, "tries": 1}),
        *(view(number, "queued") for number in range(12, 41)),
        waiting="budget: $12.00 set, $3.21 spent and $8.70 reserved",
    )


def leased() -> tuple[Box, ...]:
    """The fleet with a box of a job, one that no switch ends, one with a lease, and an orphan."""
    first, second, third, fourth, last = fleet()
    job_box = replace(box(7), job_id="upscale-k3x9-001", switch=ARMED, progress=bar(0.83))
    return (
        replace(first, instance=job_box.instance, job_id=job_box.job_id, switch=ARMED, progress=bar(0.83)),
        replace(second, switch=SwitchState(False, None, text="no curl, wget or python3")),
        replace(third, switch=SwitchState(None, NOW + 900, fixed=True)),
        replace(fourth, orphan=True),
        last,
    )


def busy() -> Snapshot:
    """A batch under way, an older one that has ended, another program that drives, and leases."""
    old = batch(ended(1, "succeeded"), batch_id=5, head={"name": "lora", "closed": True}, eta=None, spent=1.1)
    return snapshot(boxes=Part(leased(), at=NOW - 2), batches=(many_states(), old), driver="vasttui 4711")


def plan(**fields: Any) -> BatchPlan:
    """What a dry run of three inputs says, one of them skipped."""
    inputs = (Input("in/a.mp4", "a", 1), Input("in/b.mp4", "b", 2), Input("in/c.mp4", "c", 3, "has a result already"))
    known: dict[str, Any] = {
        "spec": JobSpec(name="upscale", limits=Limits(total=7200.0), budget=5.0, max_parallel=8),
        "inputs": inputs,
        "offers": tuple(offer(n) for n in range(3)),
        "hourly": 0.293,
        "reserved": 0.586,
    }
    return BatchPlan(**(known | fields))


def history(job_id: str = "upscale-k3x9-001") -> tuple[JobEvent, ...]:
    steps = [("queued", ""), ("searching", ""), ("renting", "offer 9000001, $0.300/h, host 51001"), ("loading", ""),
             ("working", ""), ("note", "42 %")]  # fmt: skip
    return tuple(
        JobEvent(n, job_id, NOW - 2000 + 250 * n, event, detail, None) for n, (event, detail) in enumerate(steps)
    )
