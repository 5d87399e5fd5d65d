"""Renting by hand: the plan, its checks, the request; another offer when one is gone, several when asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from vasttui.api.models import Instance, Offer, Rows, Template
from vasttui.controller.equals import equal_offers, names_one, one_per_machine
from vasttui.controller.inspection import Inspection
from vasttui.controller.jobs.desk import JobDesk
from vasttui.controller.market import starting_search
from vasttui.controller.races import Races
from vasttui.controller.rentals import Asked, Rented, label_for
from vasttui.errors import OfferGone, StorageError, Unreachable, VastError
from vasttui.jobs.onbox import Switch
from vasttui.jobs.preflight import CEILINGS, Check, Facts, preflight, refuse
from vasttui.jobs.rental import RentPlan
from vasttui.journal.intents import OvertakenError
from vasttui.offers.hosts import HostFilter
from vasttui.offers.price import hourly
from vasttui.snapshot import Level, Search

TRIES = 3
"""Offers that are asked for in all when each is gone and the next equal one may be taken."""


class RentDesk(JobDesk):
    """The part of the controller that rents."""

    @cached_property
    def _inspection(self) -> Inspection:
        return Inspection(
            lambda: self._client, lambda: self._account.part.value, lambda: self._reach.key, self.clock
        )

    @cached_property
    def _races(self) -> Races:
        return Races(self._journal, self._rentals, self._events, self._spawn, self.clock)

    @cached_property
    def _asked_for(self) -> dict[int, tuple[str, ...]]:
        """Offer that was picked -> labels of what was last rented for it."""
        return {}

    def plan_for(self, offer: Offer, *, last: bool = True) -> RentPlan:
        """The plan that a rental starts from: the preset's, else the last rental's (with `last`), else the config's."""
        return self._plans.plan_for(offer, self._search, last=last)

    # Checks

    def checks(self, offer: Offer, plan: RentPlan) -> tuple[Check, ...]:
        """The checks of a plan by what is known now; nothing is asked for."""
        return preflight(offer, self._armed_if_connected(plan), self._facts(offer, plan), self.config)

    def _facts(self, offer: Offer, plan: RentPlan) -> Facts:
        standing = self._ceilings.look()
        offer_now, gone = self._inspection.offer_now(offer.id)
        return Facts(
            credit=self._account.part.value.credit if self._account.part.value else None,
            burn=self._fleet.burn if self._boxes.part.value is not None else None,
            instances=standing.instances,
            day=standing.day,
            may_rent=self._inspection.may_rent,
            ssh_keys=self._inspection.ssh_keys,
            own_keys=self._inspection.own_keys,
            offer_now=offer_now,
            offer_gone=gone,
            host_reason=self._lists(plan).reason(offer) or "",
        )

    def _lists(self, plan: RentPlan) -> HostFilter:
        """The host lists that hold for a plan."""
        return self._hosts.filter(Search(preset=plan.preset) if plan.preset is not None else self._search)

    async def inspect(self, offer: Offer) -> None:
        """Find out what the checks need and is not known: the offer now, the account's SSH keys, the key's rights.

        What could not be found out stays unknown; raises nothing that is expected to go wrong.
        """
        await self.connected()
        await self._inspection.ask(offer, self._search.type if self._search else "on-demand")
        self._changed()

    def latest(self, offer: Offer) -> Offer:
        """The offer as it was last looked at, itself when it was not of late: its price may have moved."""
        return self._inspection.offer_now(offer.id)[0] or offer

    def check_rent(self, offer: Offer, plan: RentPlan) -> None:
        """Raise the reason for which this could not be rented."""
        self._writable()
        refuse(self.checks(offer, plan))

    # Renting

    async def rent(self, offer: Offer, plan: RentPlan) -> int | None:
        """Rent; the new instance's id, or None when the answer was lost and a listing will settle it.

        With `plan.fallback` the next equal offer is rented when this one is gone. With `plan.race` several are, and
        the id is that of the first of them: `settled` tells which one stays.
        """
        self.check_rent(offer, plan)
        if self._ceilings.set:
            await self._recent_listing()
        self._plans.remember(plan)
        self._changed()
        return await (self._race(offer, plan) if plan.race > 1 else self._rent_or_next(offer, plan))

    async def _rent_or_next(self, first: Offer, plan: RentPlan) -> int | None:
        offer, tried = first, {first.id}
        while True:
            try:
                return await self._rent_one(offer, plan, first)
            except OfferGone as gone:
                if not plan.fallback or gone.new_contract is not None or len(tried) >= TRIES:
                    raise
                following = await self._next_equal(first, plan, tried)
                if following is None:
                    gone.hint = "No other offer is as good and not dearer: pick one yourself."
                    raise
            offer = following
            tried.add(offer.id)
            self._events.add(Level.LOOK, f"offer {first.id} is gone: renting offer {offer.id} in its place")

    async def _rent_one(self, offer: Offer, plan: RentPlan, first: Offer) -> int | None:
        asked = self._begin(offer, plan)
        self._asked_for[first.id] = (asked.label,)
        return await self._rentals.send(asked)

    def _begin(self, offer: Offer, plan: RentPlan, label: str = "") -> Asked:
        """Commit the intent, with the checks made on what is in the journal at that moment.

        Raises what forbids the rental.
        """
        while True:
            self._writable()
            checked_by = self._ceilings.look().intent if self._ceilings.set else None
            refuse(self.checks(offer, plan), must_know=CEILINGS)
            try:
                seen = self.latest(offer)
                return self._rentals.begin(offer, self.armed(plan), label=label, after=checked_by, seen=seen)
            except OvertakenError:
                continue

    async def _next_equal(self, first: Offer, plan: RentPlan, tried: set[int]) -> Offer | None:
        """The cheapest equal offer that nothing forbids; None without one, or when the search failed."""
        try:
            rows = await self._equals(first, plan)
        except VastError:
            return None
        return next((row for row in rows if row.id not in tried and self._may_rent(row, plan)), None)

    async def _equals(self, offer: Offer, plan: RentPlan) -> tuple[Offer, ...]:
        search = self._search
        if search is not None and names_one(search.text):
            search = starting_search(self.config, search.preset) if search.preset else None
        return await equal_offers(self._client, offer, plan, search, self._lists(plan))

    def _may_rent(self, offer: Offer, plan: RentPlan) -> bool:
        try:
            refuse(self.checks(offer, plan), must_know=CEILINGS)
        except VastError:
            return False
        return True

    # Racing

    async def _race(self, offer: Offer, plan: RentPlan) -> int | None:
        """Rent several; their race is in the journal before the first request. Raises when none could be rented."""
        offers = await self._field(offer, plan)
        if len(offers) < 2:
            self._events.add(Level.LOOK, f"no race: no other offer is as good as {offer.id}")
            return await self._rent_or_next(offer, replace(plan, race=1))
        if len(offers) < plan.race:
            self._events.add(Level.LOOK, f"a boot race of {len(offers)}: no other offers are as good as {offer.id}")
        labels = [label_for(row, plan) for row in offers]
        self._journal.begin_race(labels)
        asked = self._begin_all(offers, labels, plan)
        self._asked_for[offer.id] = tuple(one.label for one in asked)
        answers = await asyncio.gather(*map(self._rentals.send, asked), return_exceptions=True)
        faults = [answer for answer in answers if isinstance(answer, BaseException)]
        unexpected = next((fault for fault in faults if not isinstance(fault, VastError)), None)
        if unexpected is not None or len(faults) == len(answers):
            raise unexpected or faults[0]
        for fault in faults:
            self._events.add(Level.LOOK, f"one less in the boot race: {fault}")
        return next((answer for answer in answers if isinstance(answer, int)), None)

    async def _field(self, offer: Offer, plan: RentPlan) -> tuple[Offer, ...]:
        """The offer and the next equal ones, each on a machine of its own."""
        one, price = replace(plan, race=1), hourly(offer, plan.disk_gb, plan.bid)
        member = replace(one, max_price=None if price is None else plan.member_cap(price))
        others = one_per_machine(await self._equals(offer, member), {offer.machine_id})
        good = (row for row in others if self._may_rent(row, one))
        return (offer, *(row for row, _ in zip(good, range(plan.race - 1), strict=False)))

    def _begin_all(self, offers: Sequence[Offer], labels: Sequence[str], plan: RentPlan) -> list[Asked]:
        """Commit all intents; a member that the checks forbid by now is left out. Raises when that is the first."""
        asked: list[Asked] = []
        for row, label in zip(offers, labels, strict=True):
            try:
                asked.append(self._begin(row, replace(plan, race=1), label))
            except StorageError:
                self._rentals.forgo(asked)
                raise
            except VastError as error:
                if not asked:
                    raise
                self._events.add(Level.LOOK, f"one less in the boot race: {error.message}")
        return asked

    async def settled(self, offer_id: int) -> Rented | None:
        """Wait until the rental of an offer, or what was taken in its place, is settled, and its race decided.

        None when no instance bears its label, or none of a race is left.
        """
        labels = self._asked_for.get(offer_id)
        if labels is None:
            while any(view.offer_id == offer_id for view in self._rentals.unconfirmed):
                await self.next_change()
            return next((row for row in reversed(self._rentals.rented) if row.offer_id == offer_id), None)
        while any(view.label in labels for view in self._rentals.unconfirmed) or not self._decided(labels):
            await self.next_change()
        mine = [self._journal.intent(label) for label in labels if self._races.has_won(label)]
        stays = next((one for one in mine if one is not None and one.state == "rented"), None)
        if stays is None or stays.instance_id is None:
            return None
        return Rented(stays.intent_id, stays.label, stays.offer_id, stays.instance_id)

    async def losers_gone(self, offer_id: int) -> None:
        """Wait until no listing shows what lost the race of an offer's rental; at once when there was none."""
        while any(self._has_to_go(label) for label in self._asked_for.get(offer_id, ())):
            await self.next_change()

    def _has_to_go(self, label: str) -> bool:
        intent = self._journal.intent(label)
        if intent is None or intent.instance_id is None or self._races.has_won(label):
            return False
        return self._rentals.is_doomed(intent.instance_id) or intent.instance_id in self._journal.lost_instances()

    def _decided(self, labels: tuple[str, ...]) -> bool:
        return all(self._races.is_over(label) for label in labels)

    async def _fetch_boxes(self) -> Rows[Instance]:
        rows = await super()._fetch_boxes()
        if not self._read_only:
            try:
                self._races.look(self._present)
            except StorageError as error:
                self._fleet.cannot_store(error)
        return rows

    # What is sent

    def armed(self, plan: RentPlan) -> RentPlan:
        """The plan with the dead man's switch that its lease means."""
        if plan.lease is None:
            return plan
        switch = Switch(self._client.base_url, lease=plan.lease, end=plan.lease_end, fixed=True)
        return replace(plan, switch=switch)

    def _armed_if_connected(self, plan: RentPlan) -> RentPlan:
        try:
            return self.armed(plan)
        except Unreachable:
            return plan

    async def templates(self, text: str) -> Sequence[Template]:
        """Templates whose name or image contains the text, the account's own and the popular ones first.

        Raises what a request raises.
        """
        rows = (await self._client.templates()).items
        mine = self._account.part.value.id if self._account.part.value else None
        words = text.lower().split()
        found = [row for row in rows if all(word in f"{row.name} {row.image} {row.tag}".lower() for word in words)]
        return sorted(found, key=lambda row: (mine is None or row.creator_id != mine, -(row.count_created or 0)))
