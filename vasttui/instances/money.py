"""What instances cost now and have cost. Unknown stays None; rates in $/h, sums in $.

GPUs are billed while the container runs or is frozen, the disk from creation to destroy except while the
host is offline (vast-ai/docs, guides/instances/pricing). Bandwidth comes on top.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from vasttui.api.models import Instance

_HOURS_PER_MONTH = 720.0
_BILLS_GPU = frozenset({"running", "frozen", "rebooting", "recycling", "stopping", "unknown"})


def hourly(instance: Instance) -> float | None:
    """What the instance costs now, $/h; None when unknown.

    A 0 in Vast.ai's price blocks means that they are empty.
    """
    actual = (instance.actual_status or "").lower()
    if actual == "offline":
        return 0.0
    if actual in _BILLS_GPU:
        return instance.instance_total_hour or running_hourly(instance)
    return disk_hourly(instance)


def running_hourly(instance: Instance) -> float | None:
    """What it costs while it runs, $/h with its disk; None when unknown."""
    told = instance.search_total_hour or instance.dph_total
    if told:
        return told
    disk = disk_hourly(instance)
    return instance.dph_base + disk if instance.dph_base and disk is not None else None


def disk_hourly(instance: Instance) -> float | None:
    """What its disk costs, $/h, also while it is stopped; None when unknown."""
    told = instance.instance_disk_hour or instance.storage_total_cost
    if told:
        return told
    if instance.storage_cost is None or instance.disk_space is None:
        down = (instance.actual_status or "").lower() in ("stopped", "exited")
        return (instance.instance_total_hour or None) if down else None
    return instance.storage_cost * instance.disk_space / _HOURS_PER_MONTH


def burn(instances: Iterable[Instance]) -> float | None:
    """What all cost now, $/h: the sum of what is known; None when there are some and nothing is known."""
    rates = [hourly(instance) for instance in instances]
    known = [rate for rate in rates if rate is not None]
    return math.fsum(known) if known or not rates else None


def unpriced(instances: Iterable[Instance]) -> int:
    """How many instances `burn` could not count."""
    return sum(1 for instance in instances if hourly(instance) is None)


def runway(credit: float | None, rate: float | None) -> float | None:
    """Hours that the credit lasts at a burn of `rate` $/h: infinite without burn, None when unknown."""
    if credit is None or rate is None:
        return None
    if rate <= 0:
        return math.inf
    return max(0.0, credit / rate)


def spent(instance: Instance, now: float, billed: float | None = None) -> float | None:
    """$ since the instance exists; None when unknown.

    Args:
        instance: the row.
        now: epoch seconds.
        billed: what the journal has added up for it, which counts more than an estimate.

    Without `billed` it is estimated for a running one, as if it had run since its start: an upper bound.
    """
    if billed is not None:
        return billed
    start, rate = instance.start_date, hourly(instance)
    running = (instance.actual_status or "").lower() in _BILLS_GPU
    if not running or rate is None or start is None or not 0 < start <= now:
        return None
    return rate * (now - start) / 3600.0
