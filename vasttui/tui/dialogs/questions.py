"""The questions about instances: one sentence each, with what it costs or loses. Pure."""

from __future__ import annotations

from vasttui.instances.money import disk_hourly, hourly, running_hourly
from vasttui.instances.phases import Phase
from vasttui.snapshot import Box
from vasttui.tui.dialogs.confirm import Question
from vasttui.tui.format import duration, gigabytes, money, percent

PROOF_DIGITS = 4
"""Digits of the id to type before a running instance is destroyed."""


def name_of(box: Box) -> str:
    """How a box is called in a sentence: its label, else its id."""
    return box.label or f"instance {box.id}"


def _rate(value: float | None) -> str:
    """`$0.018/h ($0.43 a day)`, or words for an unknown price."""
    if value is None:
        return "an unknown price"
    decimals = 3 if value < 1 else 2
    return f"{money(value, decimals, sign=True)}/h ({money(24 * value, sign=True)} a day)"


def is_running(box: Box) -> bool:
    """Whether its container runs, by Vast.ai's word."""
    return box.instance.actual_status == "running"


def destroy_question(box: Box, now: float) -> Question:
    """Destroy: names the time, the money and the data that are gone for good."""
    start = box.instance.start_date
    since = start if start and 0 < start <= now else box.first_seen
    lost = [f"{duration(now - since)} of work"]
    if box.spent is not None:
        lost.append(f"{money(box.spent, sign=True)} spent")
    used = gigabytes(box.instance.disk_usage)
    lost.append(f"{used} GB on its disk" if used else "all on its disk")
    fraction = None if box.progress is None else box.progress.fraction
    job = f" Its job is at {percent(fraction)}." if fraction is not None and fraction < 1 else ""
    return Question(
        title=f"Destroy {name_of(box)}",
        text=f"Destroy {name_of(box)}: {', '.join(lost)} are lost.{job} This cannot be undone.",
        verb="Destroy",
        danger=True,
        proof=str(box.id)[-PROOF_DIGITS:] if is_running(box) else "",
    )


def stop_question(box: Box) -> Question:
    """Stop: the disk goes on billing, the GPU may be gone."""
    disk = f"its disk goes on billing {_rate(disk_hourly(box.instance))} until you destroy it"
    if box.phase is Phase.SCHEDULING:
        text = f"Stop {name_of(box)}: the start that waits for a GPU is cancelled; {disk}."
    else:
        text = f"Stop {name_of(box)}: what runs there ends, {disk}, and others may take its GPU meanwhile."
    return Question(title=f"Stop {name_of(box)}", text=text, verb="Stop", danger=True)


def start_question(box: Box) -> Question:
    """Start: what it costs, and that a queued start may fire much later."""
    return Question(
        title=f"Start {name_of(box)}",
        text=(
            f"Start {name_of(box)}: it bills {_rate(running_hourly(box.instance))} again. "
            "If its GPU is taken, the start is queued and may fire, and bill, hours later."
        ),
        verb="Start",
        danger=True,
    )


def reboot_question(box: Box) -> Question:
    """Reboot: what runs ends, the disk stays, billing goes on."""
    return Question(
        title=f"Reboot {name_of(box)}",
        text=(
            f"Reboot {name_of(box)}: what runs in its container ends; the disk stays, and it goes on billing "
            f"{_rate(hourly(box.instance))}."
        ),
        verb="Reboot",
        danger=True,
    )
