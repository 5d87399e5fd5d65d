"""By what offers are priced in the table: by the hour, per part of the machine, or for a whole job. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from typing import Any

from vasttui.api.models import Offer
from vasttui.config import Preset
from vasttui.errors import UsageError
from vasttui.offers.price import Job, JobCost, hourly_with_disk, job_cost
from vasttui.tui.format import money, number

Reader = Callable[[Offer], float | None]

MOST = 1e6
"""Hours and GB of a job; more is a slip of the finger."""


class Basis(Enum):
    """What a price is divided by, so that machines of different size compare, or what it is for."""

    HOUR = ("$/h", 3)
    GPU = ("$/GPU h", 3)
    VRAM = ("$/GB h", 4)
    DLPERF = ("$/100DLP", 3)
    JOB = ("$ JOB", 2)

    @property
    def title(self) -> str:
        """The column's heading."""
        return self.value[0]

    @property
    def decimals(self) -> int:
        """Places after the point."""
        return self.value[1]

    def next(self) -> Basis:
        """The one that follows, round and round."""
        bases = list(Basis)
        return bases[(bases.index(self) + 1) % len(bases)]


@dataclass(frozen=True, slots=True)
class Pricing:
    """How the prices of the table are made.

    Attributes:
        basis: what they are for.
        bid: the search is for interruptible instances: the GPUs cost the least bid, the disk comes on top.
        job: the job, for that basis; its disk is the one that all prices include.
    """

    basis: Basis = Basis.HOUR
    bid: bool = False
    job: Job = field(default_factory=Job)

    @property
    def title(self) -> str:
        """The column's heading; the least bid buys no disk, so it has a name of its own."""
        return "BID $/h" if self.bid and self.basis is Basis.HOUR else self.basis.title

    def of(self, offer: Offer) -> float | None:
        """The price of an offer, None when a part of it is unknown."""
        return self.reader()(offer)

    def reader(self) -> Reader:
        """What gives the price of an offer, made for thousands of them."""
        if self.basis is Basis.JOB:
            return self._of_job
        hourly: Reader = _least_bid if self.bid else partial(hourly_with_disk, disk_gb=self.job.disk_gb)
        if self.basis is Basis.HOUR:
            return hourly
        divisor = _DIVISORS[self.basis]

        def divided(offer: Offer) -> float | None:
            price, parts = hourly(offer), divisor(offer)
            return price / parts if price is not None and parts else None

        return divided

    def per(self, offer: Offer, price: float | None) -> float | None:
        """A price in $/h on this basis; None when unknown, or when no hour is what is priced."""
        if self.basis is Basis.JOB:
            return None
        parts = 1.0 if self.basis is Basis.HOUR else _DIVISORS[self.basis](offer)
        return price / parts if price is not None and parts else None

    def text(self, offer: Offer) -> str:
        """As it stands in a cell; `>1.20` for a job of which only a part of the price is known."""
        price = self.of(offer)
        if price is None and self.basis is Basis.JOB and (whole := self._whole(offer)) is not None:
            return f">{money(whole.least, self.basis.decimals)}"
        return money(price, self.basis.decimals)

    def _of_job(self, offer: Offer) -> float | None:
        whole = self._whole(offer)
        return whole.total if whole is not None else None

    def _whole(self, offer: Offer) -> JobCost | None:
        bid = _least_bid(offer) if self.bid else None
        return None if self.bid and bid is None else job_cost(offer, self.job, bid)


def vram(offer: Offer) -> float | None:
    """Memory of all its GPUs in GB as people count it: a 4090 tells 24564 MB and is called 24 GB."""
    total = offer.gpu_total_ram
    if total is None and offer.gpu_ram is not None:
        total = offer.gpu_ram * (offer.num_gpus or 1)
    return None if total is None else total / 1024


def _least_bid(offer: Offer) -> float | None:
    bid = offer.min_bid
    return bid if bid is not None and bid > 0 else None


_DIVISORS: Mapping[Basis, Reader] = {
    Basis.GPU: lambda offer: offer.num_gpus,
    Basis.VRAM: vram,
    Basis.DLPERF: lambda offer: None if offer.dlperf is None else offer.dlperf / 100,
}


def kept_job(kept: Any) -> Job | None:
    """The job of the last time, None for what is none."""
    if isinstance(kept, list) and len(kept) == 3 and all(_is_size(size) for size in kept) and kept[0] > 0:
        return Job(*map(float, kept))
    return None


def preset_job(preset: Preset | None) -> Job:
    """The preset's job; what it does not say is a day without transfers."""
    if preset is None:
        return Job()
    return Job(preset.hours or Job().hours, preset.gb_in or 0.0, preset.gb_out or 0.0)


def _is_size(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= MOST


def job_text(job: Job) -> str:
    """The job as one writes it: `24 h 10 in 2 out`."""
    return f"{job.hours:g} h {job.gb_in:g} in {job.gb_out:g} out"


def job_said(job: Job) -> str:
    """The job as one reads it; what it does not transfer is left out."""
    sizes = (("in", job.gb_in), ("out", job.gb_out))
    return ", ".join((f"{job.hours:g} h", *(f"{size:g} GB {name}" for name, size in sizes if size)))


def read_job(text: str, present: Job) -> Job:
    """A job from what was typed: `24 h 10 in 2 out`, in any order; what is not named stays.

    Raises:
        UsageError: says what was expected.
    """
    words = text.lower().replace("gb", " ").replace("hours", "h").replace("hour", "h").split()
    sizes, units = words[::2], words[1::2]
    names = {"h": "hours", "in": "gb_in", "out": "gb_out", "down": "gb_in", "up": "gb_out"}
    if not words or len(sizes) != len(units) or not all(unit in names for unit in units):
        raise UsageError("job: write hours and GB, for example `24 h 10 in 2 out`")
    found = {names[unit]: _size(size) for size, unit in zip(sizes, units, strict=True)}
    if found.get("hours") == 0:
        raise UsageError("job: it runs for more than 0 h")
    return replace(present, **found)


def _size(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise UsageError(f"job: a number was expected, got {text[:20]!r}") from None
    if not 0 <= value <= MOST:
        raise UsageError(f"job: a number from 0 to {number(MOST)} was expected, got {text[:20]!r}")
    return value
