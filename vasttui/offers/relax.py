"""Why a search found nothing: which condition cut how many, and which one to relax. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vasttui.api.models import Offer
from vasttui.offers.query import Query


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a search and what it cuts from a sample of the market.

    Attributes:
        text: the clause as one would write it, `gpu_ram>=24`.
        field: its field's official name.
        hidden: it is one of the defaults that the query does not name.
        cuts: rows of the sample that do not meet it.
        alone: rows of the sample that meet all conditions but this: so many appear when it goes.
        nearest: the value at which the first of those appears (text in the query's units), "" when there is none.
    """

    text: str
    field: str
    hidden: bool
    cuts: int
    alone: int
    nearest: str = ""


@dataclass(frozen=True, slots=True)
class Relaxation:
    """What a search without its conditions found, and what each condition cuts from that.

    Attributes:
        sample: rows that were looked at.
        conditions: the one to relax first: the one that alone hides the most.
    """

    sample: int
    conditions: tuple[Condition, ...] = ()


def relaxation(query: Query, sample: Iterable[Offer], *, defaults: bool = True) -> Relaxation:
    """Hold each condition against each row of the sample."""
    raise NotImplementedError
