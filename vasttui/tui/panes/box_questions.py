"""The sentences that dialogs about an instance say, with the figures in them. Pure."""

from __future__ import annotations

import math

from vasttui.instances.money import disk_hourly, running_hourly
from vasttui.instances.phases import Phase
from vasttui.instances.verdicts import runway
from vasttui.snapshot import Box, Snapshot
from vasttui.tui.dialogs.confirm import Question
from vasttui.tui.format import duration, gigabytes, hours, money
from vasttui.tui.panes.box_columns import name_of

PROOF = 4
"""Characters of the id to type before a running instance is destroyed."""

_DOWN = frozenset({Phase.STOPPED, Phase.EXITED, Phase.OUTBID})


def can_start(box: Box) -> bool:
    """Whether starting it is what one would want; else it can be stopped."""
    return box.phase in _DOWN


def destroy_question(box: Box, now: float) -> Question:
    """What is lost for good."""
    lost = [_since(box, now), _spent(box), _disk(box)]
    known = ", ".join(part for part in lost if part) or "the instance and all on its disk"
    text = f"Destroy {name_of(box)}: {known} are lost for good."
    if box.progress is not None and box.progress.fraction is not None and box.progress.fraction < 1:
        text += f" Its job is at {box.progress.fraction:.0%}."
    proof = str(box.id)[-PROOF:] if box.phase.up else ""
    return Question(f"Destroy {name_of(box)}?", text, "Destroy", danger=True, proof=proof)


def stop_question(box: Box) -> Question:
    """What stopping saves and what it risks."""
    disk = disk_hourly(box.instance)
    left = f"its disk goes on at {_rate(disk)}" if disk is not None else "its disk goes on billing"
    now = f"from {_rate(box.hourly)}; " if box.hourly is not None else ""
    text = f"Stop {name_of(box)}: what runs on it ends, {now}{left} until it is destroyed. Its GPU may be gone later."
    if box.phase is Phase.SCHEDULING:
        text = f"Stop {name_of(box)}: the start that waits for a GPU is cancelled, {left} until it is destroyed."
    return Question(f"Stop {name_of(box)}?", text, "Stop", danger=True)


def start_question(box: Box, snapshot: Snapshot) -> Question:
    """What starting costs."""
    rate = running_hourly(box.instance)
    text = f"Start {name_of(box)}: it bills {_rate(rate)}" if rate is not None else f"Start {name_of(box)}: it bills again"
    account = snapshot.account.value
    burn = None if rate is None or snapshot.burn is None else snapshot.burn - (box.hourly or 0.0) + rate
    lasts = runway(account.credit if account is not None else None, burn)
    if lasts is not None and math.isfinite(lasts):
        text += f", the credit then lasts {hours(lasts)}"
    text += ". When its GPU is taken the start waits in a queue, and may fire and bill hours later."
    return Question(f"Start {name_of(box)}?", text, "Start")


def reboot_question(box: Box) -> Question:
    """What a reboot ends."""
    text = f"Reboot {name_of(box)}: its container restarts, what runs on it ends, the disk and the GPU stay."
    return Question(f"Reboot {name_of(box)}?", text, "Reboot", danger=True)


def _since(box: Box, now: float) -> str:
    start = box.instance.start_date
    if start is None or not 0 < start <= now:
        return ""
    return f"{duration(now - start)} of work"


def _spent(box: Box) -> str:
    return "" if box.spent is None else f"{money(box.spent, sign=True)} spent"


def _disk(box: Box) -> str:
    used = box.instance.disk_usage
    if used is None:
        return "all on its disk"
    return f"{gigabytes(used)} GB on its disk"


def _rate(rate: float | None) -> str:
    return f"{money(rate, 3, sign=True)}/h"
