"""Which offer `vasttui rent` takes, and with what plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from vasttui.errors import OfferGone, UsageError
from vasttui.jobs.preflight import Grade
from vasttui.jobs.rental import RentPlan
from vasttui.offers.price import hourly
from vasttui.offers.query import parse_strictly
from vasttui.snapshot import Market, Search

if TYPE_CHECKING:
    from vasttui.api.models import Offer
    from vasttui.controller import Controller


class Wish(Protocol):
    """What was asked for on the command line; None is "not given"."""

    @property
    def offer_id(self) -> int | None:
        """The offer, None for the best of the preset."""

    @property
    def preset(self) -> str | None:
        """The preset's name."""

    @property
    def changes(self) -> Mapping[str, Any]:
        """What is to be another way than in the preset's plan, by the plan's own names."""

    @property
    def max_price(self) -> float | None:
        """Ceiling in $/h of this rental."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An offer and its plan, and the answer that it is from."""

    offer: Offer
    plan: RentPlan
    market: Market


async def choose(controller: Controller, wish: Wish) -> Choice:
    """The offer that was named, or the best one of the preset that can be rented.

    Raises:
        UsageError: the search cannot be trusted, the host lists forbid the offer, or it is over `--max-price`.
        OfferGone: there is none.
        VastError: what a search raises.
    """
    market = await _market(controller, _search(controller, wish))
    offers = [offer for offer in market.offers if wish.offer_id in (None, offer.id, offer.ask_contract_id)]
    if not offers:
        raise _nothing(market, wish.offer_id)
    choices = [Choice(offer, _plan(controller, offer, wish), market) for offer in offers]
    affordable = [choice for choice in choices if _is_under(choice, wish.max_price)]
    if not affordable:
        raise _too_dear(choices[0], wish.max_price)
    return next((choice for choice in affordable if _can_be_rented(controller, choice)), affordable[0])


def _search(controller: Controller, wish: Wish) -> Search:
    search = controller.default_search(wish.preset)
    _check_query(search)
    if wish.changes.get("bid") is not None:
        search = replace(search, type="bid")
    if (disk := wish.changes.get("disk_gb")) is not None:
        search = replace(search, storage_gb=disk)
    if wish.offer_id is None:
        return search
    # Vast.ai finds nothing by `id`; `ask_contract_id` works.
    text = f"ask_contract_id={wish.offer_id} verified=any rentable=any external=any"
    return replace(search, text=text, limit=None)


def _check_query(search: Search) -> None:
    """Raise UsageError for a search that does not say what it seems to: money goes by it."""
    try:
        parse_strictly(search.text)
    except UsageError as error:
        place = f"preset {search.preset!r}: " if search.preset else ""
        raise UsageError(f"{place}{error.message}", hint="A rental needs a search without such remarks.") from error


async def _market(controller: Controller, search: Search) -> Market:
    controller.search(search)
    while True:
        part = controller.picture().market
        if part.value is not None and part.value.search == search:
            return part.value
        if part.error is not None:
            raise part.error
        await controller.next_change()


def _nothing(market: Market, offer_id: int | None) -> UsageError | OfferGone:
    if offer_id is None:
        cut = f"; the host lists cut {len(market.hosts.cut)}" if market.hosts.cut else ""
        return OfferGone(f"no offer meets the search{cut}", hint=f"It was: {market.search.text or 'everything'}")
    if market.hosts.cut:
        return UsageError(f"offer {offer_id}: {market.hosts.cut[0].reason}")
    return OfferGone(f"there is no offer {offer_id}")


def _plan(controller: Controller, offer: Offer, wish: Wish) -> RentPlan:
    # A script must not depend on what was last rented by hand.
    plan = replace(controller.plan_for(offer, last=False), **wish.changes)
    if wish.changes.get("image"):
        plan = replace(plan, template=wish.changes.get("template", ""))
    elif wish.changes.get("template"):
        plan = replace(plan, image="")
    ceilings = [price for price in (plan.max_price, wish.max_price) if price is not None]
    return replace(plan, max_price=min(ceilings, default=None))


def _is_under(choice: Choice, ceiling: float | None) -> bool:
    if ceiling is None:
        return True
    price = hourly(choice.offer, choice.plan.disk_gb, choice.plan.bid)
    return price is not None and price <= ceiling


def _too_dear(choice: Choice, ceiling: float | None) -> UsageError:
    price = hourly(choice.offer, choice.plan.disk_gb, choice.plan.bid)
    shown = "not known" if price is None else f"${price:.3f}/h"
    return UsageError(f"offer {choice.offer.id}: its price is {shown}, over --max-price ${ceiling:g}/h")


def _can_be_rented(controller: Controller, choice: Choice) -> bool:
    """Whether nothing that is known yet forbids it, such as a disk that this host does not have."""
    return not any(check.grade is Grade.BAD for check in controller.checks(choice.offer, choice.plan))
