"""What an offer promised when it was rented, kept in the intent, and whether the instance keeps it. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from vasttui.api.models import Instance, Offer
from vasttui.instances.money import running_hourly
from vasttui.jobs.rental import RentPlan
from vasttui.offers.gpus import same_model
from vasttui.offers.price import hourly

TOLERANCE = 1.05
"""By which a price may be above the promised one: rows are rounded, and disks too."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What was rented.

    Attributes:
        price: $/h with its disk; None when unknown, or when it is a bid, which may be changed.
        expected: $/h with its disk, bid or not, by which ceilings count before a listing shows it.
        lease: seconds after which it ends itself, None for never.
        lease_end: "destroy" or "stop".
        needs_ssh: it is ready when SSH answers, not before.
    """

    gpu_name: str | None = None
    num_gpus: int | None = None
    price: float | None = None
    expected: float | None = None
    lease: float | None = None
    lease_end: str = "destroy"
    needs_ssh: bool = True


def spec_json(plan: RentPlan, offer: Offer) -> str:
    """The plan and its offer for the journal, without the values of its environment: they may be secrets."""
    said = asdict(plan)
    said["env"] = sorted(plan.env)
    price = hourly(offer, plan.disk_gb, plan.bid)
    said["offer"] = {"gpu_name": offer.gpu_name, "num_gpus": offer.num_gpus, "price": price}
    return json.dumps(said)


def promise_of(spec: str) -> Promise:
    """What an intent's specification promises; what it does not tell, as in older journals, is unknown."""
    try:
        said = json.loads(spec)
    except ValueError:
        return Promise()
    said = said if isinstance(said, Mapping) else {}
    offer = said.get("offer")
    offer = offer if isinstance(offer, Mapping) else {}
    expected, runtype = _number(offer.get("price")), said.get("runtype")
    return Promise(
        gpu_name=offer.get("gpu_name") if isinstance(offer.get("gpu_name"), str) else None,
        num_gpus=offer.get("num_gpus") if isinstance(offer.get("num_gpus"), int) else None,
        price=expected if said.get("bid") is None else None,
        expected=expected,
        lease=_number(said.get("lease")),
        lease_end="stop" if said.get("lease_end") == "stop" else "destroy",
        needs_ssh=bool(said.get("template")) or not isinstance(runtype, str) or "ssh" in runtype,
    )


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def other_gpus(promise: Promise, row: Instance) -> str:
    """E.g. "rented RTX 4090 ×1, got RTX 3090 ×1"; "" when they are the same, or one is not known."""
    same = None in (promise.gpu_name, row.gpu_name) or same_model(promise.gpu_name or "", row.gpu_name or "")
    same_count = None in (promise.num_gpus, row.num_gpus) or promise.num_gpus == row.num_gpus
    if same and same_count:
        return ""
    return f"rented {_gpus(promise.gpu_name, promise.num_gpus)}, got {_gpus(row.gpu_name, row.num_gpus)}"


def _gpus(name: str | None, count: int | None) -> str:
    return f"{name or '?'} ×{count if count is not None else '?'}"


def dearer(promise: Promise, row: Instance) -> str:
    """E.g. "rented at $0.300/h, costs $0.420/h"; "" when it is not, or not known."""
    price = running_hourly(row)
    if promise.price is None or price is None or row.is_bid or price <= TOLERANCE * promise.price + 0.001:
        return ""
    return f"rented at ${promise.price:.3f}/h, costs ${price:.3f}/h"
