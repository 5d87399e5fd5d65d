"""Spending: renting with an intent, settling lost answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

from vasttui.api.client import VastClient
from vasttui.api.models import Instance, Offer, RentRequest
from vasttui.controller.destroys import Destroys
from vasttui.controller.events import EventLog
from vasttui.errors import Ambiguous, Rejected, StorageError, VastError
from vasttui.jobs.promise import Promise, promise_of, spec_json
from vasttui.jobs.rental import RentPlan, plain_label, request_of, unique_label
from vasttui.journal import Journal
from vasttui.journal.records import Job
from vasttui.snapshot import Level, Unconfirmed

SETTLE_AFTER = 120.0
"""Seconds after which a label that no listing shows means that nothing was rented. A row is listed at once when a
rental succeeds and the answer takes 5 to 10 s, so this is generous."""

SETTLE_LISTINGS = 2
"""Good listings that must lack the label before an intent is called failed."""


@dataclass
class _Open:
    """An intent that is not settled."""

    intent: int
    view: Unconfirmed
    under_way: bool
    job_id: str = ""
    begun_here: bool = False
    listings_without: int = 0


@dataclass(frozen=True, slots=True)
class Rented:
    """A rental of this run that is known to have made an instance."""

    intent: int
    label: str
    offer_id: int
    instance_id: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to rent whose intent is in the journal."""

    intent: int
    offer_id: int
    label: str
    request: RentRequest


class Rentals(Destroys):
    """Every request that spends, and every one that ends spending.

    Args:
        client: gives the connected client; raises Unreachable before there is one.
        refresh: asks for a listing soon.
        repeat_after: seconds after which a destroy is repeated for an instance that is still listed.
    """

    def __init__(
        self,
        client: Callable[[], VastClient],
        journal: Journal,
        events: EventLog,
        *,
        refresh: Callable[[], None],
        clock: Callable[[], float],
        repeat_after: float = 10.0,
    ) -> None:
        super().__init__(client, journal, events, refresh=refresh, clock=clock, repeat_after=repeat_after)
        self._open: dict[str, _Open] = {}
        self.rented: list[Rented] = []
        self.alone: Callable[[], bool] = lambda: True
        """Whether no other program may still be about to send the request of an intent that it began."""
        self.listed_at: float | None = None
        """When the last listing was asked for, None before the first."""
        self.present: frozenset[int] = frozenset()
        """Instances that exist as far as the listings tell."""
        self.listed_whole = False
        """Whether the last listing had no unreadable row, so that what it lacks is not there."""
        self._strangers: set[tuple[int, str]] = set()
        self._promises: dict[int, Promise] = {}
        self.owners: dict[int, str] = {}
        """Our instances, present or gone -> the job that each was rented for, "" by hand."""
        self.reload()

    def reload(self) -> None:
        """Take over what the journal has and this program does not know of: another one may have begun it."""
        self.owners = self._journal.owners()
        unsettled = self._journal.unsettled()
        open_labels = {row.label for row in unsettled}
        for label in [label for label, row in self._open.items() if not row.begun_here and label not in open_labels]:
            del self._open[label]  # The program that began it has settled it.
        for row in unsettled:
            view = Unconfirmed(row.label, row.offer_id, row.at, "its answer was lost")
            self._open.setdefault(row.label, _Open(row.intent_id, view, under_way=False, job_id=row.job_id))
        super().reload()

    @property
    def unconfirmed(self) -> tuple[Unconfirmed, ...]:
        """Rentals under way or without an answer."""
        return tuple(row.view for row in self._open.values())

    @property
    def busy(self) -> bool:
        """Whether something waits for a listing."""
        return bool(self._open or self._doomed)

    async def rent(self, offer: Offer, plan: RentPlan) -> int | None:
        """Rent once.

        Returns:
            The instance's id, or None when the answer was lost: a later listing settles it by its label.

        Raises:
            VastError: nothing was rented; what a refused request left behind is being destroyed.
        """
        return await self.send(self.begin(offer, plan))

    def begin(
        self,
        offer: Offer,
        plan: RentPlan,
        job: Job | None = None,
        *,
        label: str = "",
        after: int | None = None,
        seen: Offer | None = None,
    ) -> Asked:
        """Commit the intent to rent, and the job whose attempt it is; nothing is sent yet.

        Args:
            label: with its token, when it was made before.
            after: the newest intent that the caller's checks went by; None when that does not matter.
            seen: the offer as it was last seen, by which the instance is held against what was rented.

        Raises:
            OvertakenError: there is a newer one.
            VastError: the plan cannot be sent, there is no connection, or the journal cannot be written.
        """
        self._client()
        label = job.label if job else label or label_for(offer, plan)
        request = request_of(plan, label)
        spec = spec_json(plan, seen or offer)
        intent = self._journal.begin_rent(label, offer.id, spec, offer.dph_total, job=job, after=after)
        view = Unconfirmed(label, offer.id, self._clock(), "renting")
        self._open[label] = _Open(intent, view, True, job.job_id if job else "", begun_here=True)
        return Asked(intent, offer.id, label, request)

    async def send(self, asked: Asked) -> int | None:
        """Send the request of an intent that was begun, once. Returns and raises as `rent`."""
        label, opened = asked.label, self._open[asked.label]
        there = self.present
        try:
            rental = await self._client().rent(asked.offer_id, asked.request)
        except Ambiguous as error:
            self._lost(opened, error.message)
            return None
        except Rejected as error:
            await self._refused(label, error, there)
            raise
        except VastError as error:
            self._settle(label, "failed", None, error.message)
            raise
        finally:
            opened.under_way = False
            self._refresh()
        if rental.instance_id in there:
            self._lost(opened, f"the answer names instance {rental.instance_id}, which was there before")
            return None
        self._settle(label, "rented", rental.instance_id, "")
        self._events.add(Level.GOOD, f"{plain_label(label)}: rented offer {asked.offer_id}", rental.instance_id)
        return rental.instance_id

    def _lost(self, opened: _Open, why: str) -> None:
        """What became of a request is not known; how long that is waited for is counted from now."""
        opened.view = replace(opened.view, text="its answer was lost", since=self._clock())
        self._events.add(Level.LOOK, f"{plain_label(opened.view.label)}: rental not confirmed: {why}")

    def forgo(self, begun: Iterable[Asked]) -> None:
        """Do not send the requests of intents that were begun; where that cannot be written, listings settle them."""
        for asked in begun:
            self._open[asked.label].under_way = False
            with suppress(StorageError):
                self._settle(asked.label, "failed", None, "it was not asked for")

    @property
    def sending(self) -> int:
        """How many requests to rent are under way."""
        return sum(row.under_way for row in self._open.values())

    def is_sending(self, label: str) -> bool:
        """Whether the request with that label is under way."""
        return label in self._open and self._open[label].under_way

    async def _refused(self, label: str, error: Rejected, there: frozenset[int]) -> None:
        """Settle a refusal; what it left behind is destroyed, but nothing that was there before the request."""
        if error.new_contract is None or error.new_contract in there:
            self._settle(label, "failed", None, error.message)
            return
        self._settle(label, "left", error.new_contract, error.message)
        self._events.add(
            Level.LOOK,
            f"{plain_label(label)}: the refused rental left instance {error.new_contract} behind: destroying it",
            error.new_contract,
        )
        try:
            await self.destroy(error.new_contract)
        except VastError as fault:
            self._events.add(Level.BAD, f"destroy failed: {fault.message}", error.new_contract)

    def _settle(self, label: str, state: str, instance_id: int | None, detail: str) -> None:
        opened = self._open[label]
        self._journal.settle(opened.intent, state, instance_id, detail)
        del self._open[label]
        if instance_id is not None:
            self.owners[instance_id] = opened.job_id
        if instance_id is not None and state == "rented":
            self.rented.append(Rented(opened.intent, label, opened.view.offer_id, instance_id))

    def listed(self, rows: tuple[Instance, ...], asked_at: float, *, whole: bool = True) -> list[int]:
        """Learn from a listing that was asked for at `asked_at`.

        Args:
            whole: no row was unreadable; otherwise nothing is concluded from what is missing.

        Returns:
            Instances whose destroy has to be sent again.
        """
        ids = {row.id for row in rows}
        self.present = frozenset(ids) if whole else self.present | ids
        self.listed_at, self.listed_whole = asked_at, whole
        self._settle_by_label(rows, asked_at, whole=whole)
        self._take_latecomers(rows)
        return super().listed(rows, asked_at, whole=whole)

    def promise(self, instance_id: int) -> Promise:
        """What was promised of one of our instances; nothing is known of others. Raises StorageError."""
        if instance_id not in self.owners:
            return Promise()
        if instance_id not in self._promises:
            intent = self._journal.intent_of(instance_id)
            self._promises[instance_id] = promise_of(intent.spec) if intent else Promise()
        return self._promises[instance_id]

    def _settle_by_label(self, rows: tuple[Instance, ...], asked_at: float, *, whole: bool) -> None:
        by_label = {row.label: row.id for row in rows if row.label}
        for label, opened in list(self._open.items()):
            if opened.under_way:
                continue
            instance_id = by_label.get(label)
            if instance_id is not None:
                self._settle(label, "rented", instance_id, "found by its label")
                self._events.add(Level.GOOD, f"{plain_label(label)}: confirmed by the listing", instance_id)
                continue
            opened.listings_without += whole
            old = asked_at - opened.view.since >= SETTLE_AFTER
            if old and opened.listings_without >= SETTLE_LISTINGS and (opened.begun_here or self.alone()):
                self._settle(label, "failed", None, "no instance bears its label")
                self._events.add(Level.INFO, f"{plain_label(label)}: was not rented: no instance bears its label")

    def _take_latecomers(self, rows: tuple[Instance, ...]) -> None:
        """A box that bears the label of a rental which was given up came of it, however late."""
        for row in rows:
            label = row.label or ""
            if row.id in self.owners or plain_label(label) == label or (row.id, label) in self._strangers:
                continue
            intent = self._journal.intent(label)
            if intent is None:
                self._strangers.add((row.id, label))
            elif intent.state == "failed":
                self._journal.settle(intent.intent_id, "rented", row.id, "found by its label, late")
                self.owners[row.id] = intent.job_id
                self._events.add(Level.LOOK, f"{plain_label(label)}: was rented after all", row.id)


def label_for(offer: Offer, plan: RentPlan) -> str:
    """A label that no other rental bears: the plan's, else after the GPU."""
    return unique_label(plan.label or "-".join((offer.gpu_name or "gpu").lower().split()))
