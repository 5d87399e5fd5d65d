"""Renting by hand: the plan, its checks, the request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vasttui.api.models import Offer, Template
from vasttui.controller.jobs.desk import JobDesk
from vasttui.controller.rentals import Rented
from vasttui.jobs.onbox import Switch
from vasttui.jobs.preflight import Check
from vasttui.jobs.rental import RentPlan


class RentDesk(JobDesk):
    """The part of the controller that rents."""

    def plan_for(self, offer: Offer) -> RentPlan:
        """The plan that the rent form starts from."""
        return self._plans.plan_for(offer, self._search)

    def check_rent(self, offer: Offer, plan: RentPlan) -> None:
        """Raise the reason for which this could not be rented."""
        self._writable()
        credit = self._account.part.value.credit if self._account.part.value else None
        self._plans.check(offer, plan, credit=credit)

    async def rent(self, offer: Offer, plan: RentPlan) -> int | None:
        """Rent once; the new instance's id, or None when the answer was lost and a listing will settle it."""
        self.check_rent(offer, plan)
        self._plans.remember(plan)
        self._changed()
        return await self._rentals.rent(offer, self.armed(plan))

    def armed(self, plan: RentPlan) -> RentPlan:
        """The plan with the dead man's switch that its lease means."""
        if plan.lease is None:
            return plan
        return replace(plan, switch=Switch(self._client.base_url, lease=plan.lease, fixed=True))

    def checks(self, offer: Offer, plan: RentPlan) -> tuple[Check, ...]:
        """The checks of a plan by what is known now; nothing is asked for."""
        raise NotImplementedError

    async def inspect(self, offer: Offer) -> None:
        """Find out what the checks need and is not known: the offer now, the account's SSH keys, the key's rights.

        What could not be found out stays unknown; raises nothing that is expected to go wrong.
        """
        raise NotImplementedError

    async def templates(self, text: str) -> Sequence[Template]:
        """Templates whose name or image contains the text, the account's own and the popular ones first.

        Raises what a request raises.
        """
        raise NotImplementedError

    async def settled(self, offer_id: int) -> Rented | None:
        """Wait until the rental of an offer is settled; None when no instance bears its label."""
        while any(view.offer_id == offer_id for view in self._rentals.unconfirmed):
            await self.next_change()
        return next((row for row in reversed(self._rentals.rented) if row.offer_id == offer_id), None)
