"""What changed between two answers of the same search. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from vasttui.api.models import Offer

LEAST = 0.0005
"""$/h: a smaller difference does not show in a price."""

Kind = tuple[int | None, int | None, str | None]


@dataclass(frozen=True, slots=True)
class Change:
    """What became of an offer since the answer before: new (`before` is None), or another price."""

    before: float | None = None

    @property
    def is_new(self) -> bool:
        """Whether it was not there before."""
        return self.before is None


def shown_price(offer: Offer, type: str) -> float | None:  # noqa: A002 - the API's own name
    """The price by which offers of a type are compared, $/h: the least bid for bids, else the whole price."""
    return offer.min_bid if type == "bid" else offer.dph_total


def changes(
    before: Iterable[Offer],
    now: Iterable[Offer],
    type: str,  # noqa: A002 - the API's own name
    *,
    reached_before: Callable[[Offer], bool] = lambda offer: True,
    reached_now: Callable[[Offer], bool] = lambda offer: True,
) -> tuple[Mapping[int, Change], tuple[Offer, ...]]:
    """What is new or has another price, by id, and what is gone.

    The ids of offers change: one that went and one that came on the same machine with the same GPUs are the same.

    Args:
        type: the search's.
        reached_before / reached_now: whether that answer would have held the offer, if there was one. An answer that
            was cut off says nothing of what lies beyond its end.
    """
    left = {offer.id: offer for offer in before}
    came: list[Offer] = []
    pairs: list[tuple[Offer, Offer]] = []
    for offer in now:
        old = left.pop(offer.id, None)
        came.append(offer) if old is None else pairs.append((old, offer))
    successors = _successors(left, came)
    found = {offer.id: Change() for offer in came if offer.id not in successors and reached_before(offer)}
    pairs += [(left.pop(successors[offer.id]), offer) for offer in came if offer.id in successors]
    for old, offer in pairs:
        was, price = shown_price(old, type), shown_price(offer, type)
        if was is not None and price is not None and abs(price - was) >= LEAST:
            found[offer.id] = Change(was)
    return found, tuple(offer for offer in left.values() if reached_now(offer))


def _successors(left: Mapping[int, Offer], came: Iterable[Offer]) -> dict[int, int]:
    """New ids -> the ids that the same offers had before."""
    open_ids: dict[Kind, list[int]] = defaultdict(list)
    for offer in left.values():
        if offer.machine_id is not None:
            open_ids[_kind(offer)].append(offer.id)
    return {offer.id: ids.pop(0) for offer in came if (ids := open_ids.get(_kind(offer)))}


def _kind(offer: Offer) -> Kind:
    return offer.machine_id, offer.num_gpus, offer.gpu_name
