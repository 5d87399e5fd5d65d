"""The offers of one machine as one row. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from math import inf

from vasttui.api.models import Offer


def grouped(
    offers: Iterable[Offer], price_of: Callable[[Offer], float | None]
) -> tuple[tuple[Offer, ...], dict[int, int]]:
    """For each machine its cheapest offer by the GPU, and by that offer's id how many others it has.

    An offer that does not tell its machine stands for itself; an unknown price is never the cheapest, and of
    equal ones the one with the lower id stays, so that a refresh does not swap them.

    Args:
        offers: in their order; each machine stands where its first offer stood.
        price_of: the price of an offer, None when unknown.
    """
    best: dict[int | tuple[int], tuple[float, int, Offer]] = {}
    counts: Counter[int | tuple[int]] = Counter()
    for offer in offers:
        # An offer without a machine is alone under its own id, apart from all numbers of machines.
        machine = offer.machine_id if offer.machine_id is not None else (offer.id,)
        price = price_of(offer)
        rank = inf if price is None else price / (offer.num_gpus or 1)
        counts[machine] += 1
        if (found := best.get(machine)) is None or (rank, offer.id) < found[:2]:
            best[machine] = (rank, offer.id, offer)
    rows = tuple(offer for _, _, offer in best.values())
    return rows, {best[machine][2].id: count - 1 for machine, count in counts.items() if count > 1}
