"""What is checked before money is spent: each check with how to mend it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from vasttui.api.models import Offer
from vasttui.config import Config
from vasttui.errors import KeyRefused, NoCredit, OfferGone, UsageError, VastError
from vasttui.jobs import box_checks as box
from vasttui.jobs import money_checks as money
from vasttui.jobs.check import Case
from vasttui.jobs.check import Check as Check
from vasttui.jobs.check import Facts as Facts
from vasttui.jobs.check import Grade as Grade
from vasttui.jobs.rental import RentPlan
from vasttui.offers.price import hourly

CEILINGS = frozenset({"instances", "per day"})
"""Checks without whose answer nothing is rented; each is made only where its ceiling is set."""

_TOPICS: tuple[Callable[[Case], Iterator[Check]], ...] = (
    money.offer_check, money.price_check, box.host_check, money.ceiling_check, money.bid_check, money.credit_check,
    money.instances_check, money.per_day_check, box.key_check, box.ssh_key_check, box.image_check, box.cuda_check,
    box.disk_check, box.start_check, box.lease_check, box.race_check,
)  # fmt: skip


def preflight(offer: Offer, plan: RentPlan, facts: Facts, config: Config) -> tuple[Check, ...]:
    """All checks in the order in which they are shown. Raises nothing."""
    prices = [hourly(row, plan.disk_gb, plan.bid) for row in (offer, facts.offer_now) if row is not None]
    known = [price for price in prices if price is not None]
    case = Case(offer, plan, facts, config, max(known) if len(known) == len(prices) else None)
    return tuple(check for topic in _TOPICS for check in topic(case))


def refuse(checks: Sequence[Check], must_know: Collection[str] = ()) -> None:
    """Raise for the first check that forbids the rental, or that is unknown although it must be known.

    Raises:
        NoCredit, OfferGone, KeyRefused, UsageError: by what it is about; the hint is how to mend it.
    """
    kinds: dict[str, type[VastError]] = {"credit": NoCredit, "offer": OfferGone, "key": KeyRefused}
    for check in checks:
        if check.grade is Grade.BAD:
            raise kinds.get(check.name, UsageError)(check.text, hint=check.mend)
        if check.grade is Grade.UNKNOWN and check.name in must_know:
            raise UsageError(f"{check.name}: {check.text}", hint="Try again when Vast.ai has answered.")
