"""Money: one request for one intent, whatever the answer; a destroy until it is seen to be gone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vasttui.api.client import VastClient
from vasttui.api.models import Instance, Offer, Rental, RentRequest
from vasttui.controller.events import EventLog
from vasttui.controller.rentals import SETTLE_AFTER, Rentals
from vasttui.errors import Ambiguous, KeyRefused, NoCredit, NotFound, OfferGone, RateLimited, Rejected, VastError
from vasttui.jobs.rental import RentPlan
from vasttui.journal import Journal

OFFER = Offer(id=7, gpu_name="RTX 4090", dph_total=0.4)
PLAN = RentPlan(image="pytorch/pytorch", label="train", env={"TOKEN": "hush"})


@dataclass
class Vast:
    """A Vast.ai that answers as it is told and writes down what it was asked."""

    answers: list[int | VastError] = field(default_factory=list)
    destroy_answers: list[VastError | None] = field(default_factory=list)
    rents: list[RentRequest] = field(default_factory=list)
    destroys: list[int] = field(default_factory=list)

    async def rent(self, offer_id: int, request: RentRequest) -> Rental:
        self.rents.append(request)
        await asyncio.sleep(0)
        answer = self.answers.pop(0)
        if isinstance(answer, VastError):
            raise answer
        return Rental(answer)

    async def destroy(self, instance_id: int) -> None:
        self.destroys.append(instance_id)
        answer = self.destroy_answers.pop(0) if self.destroy_answers else None
        if answer is not None:
            raise answer


class Desk:
    """Rentals over a journal, with a clock that stands until it is moved."""

    def __init__(self, journal: Journal, *answers: int | VastError) -> None:
        self.vast = Vast(list(answers))
        self.journal = journal
        self.now = 1000.0
        self.log = EventLog(lambda: self.now, lambda: None)
        self.restart()

    def restart(self) -> None:
        self.rentals = Rentals(
            lambda: cast(VastClient, self.vast),
            self.journal,
            self.log,
            refresh=lambda: None,
            clock=lambda: self.now,
            repeat_after=10.0,
        )

    def listing(self, *ids: int, label: str | None = None, whole: bool = True) -> list[int]:
        """A listing a second later."""
        self.now += 1
        rows = tuple(Instance(id=i, label=label) for i in ids)
        return self.rentals.listed(rows, self.now, whole=whole)

    @property
    def states(self) -> list[tuple[str, int | None]]:
        rows = self.journal._read("SELECT state, instance_id FROM intents ORDER BY id")
        return [tuple(row) for row in rows]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.sqlite") as journal:
        yield journal


@pytest.mark.parametrize(
    ("answer", "raised", "state", "destroys"),
    [
        (55, None, ("rented", 55), []),
        (Ambiguous("no answer"), None, ("open", None), []),
        (OfferGone("taken"), OfferGone, ("failed", None), []),
        (NoCredit("no credit"), NoCredit, ("failed", None), []),
        (RateLimited("too fast"), RateLimited, ("failed", None), []),
        (KeyRefused("no"), KeyRefused, ("failed", None), []),
        (Rejected("half done", new_contract=66), Rejected, ("left", 66), [66]),
    ],
)
async def test_every_answer_to_a_rental(
    journal: Journal,
    answer: int | VastError,
    raised: type[VastError] | None,
    state: tuple[str, int | None],
    destroys: list[int],
) -> None:
    desk = Desk(journal, answer)
    if raised is None:
        rented = await desk.rentals.rent(OFFER, PLAN)
        assert rented == (answer if isinstance(answer, int) else None)
    else:
        with pytest.raises(raised):
            await desk.rentals.rent(OFFER, PLAN)
    assert len(desk.vast.rents) == 1
    assert desk.states == [state]
    assert desk.vast.destroys == destroys
    assert bool(desk.rentals.unconfirmed) is (state[0] == "open")


async def test_the_intent_is_on_the_disk_before_the_request_and_holds_no_secret(journal: Journal) -> None:
    desk = Desk(journal, 55)
    seen: list[str] = []
    real = desk.vast.rent

    async def rent(offer_id: int, request: RentRequest) -> Rental:
        (intent,) = journal.unsettled()
        seen.append(intent.spec)
        assert intent.label == request.label
        return await real(offer_id, request)

    desk.vast.rent = rent  # type: ignore[method-assign]
    await desk.rentals.rent(OFFER, PLAN)
    assert "TOKEN" in seen[0]
    assert "hush" not in seen[0]


async def test_a_lost_answer_is_settled_by_the_label_also_after_a_restart(journal: Journal) -> None:
    desk = Desk(journal, Ambiguous("no answer"))
    await desk.rentals.rent(OFFER, PLAN)
    desk.restart()
    (open_one,) = desk.rentals.unconfirmed
    desk.listing(1, 2, label="somebody-else~aaaaaaaa")
    assert desk.rentals.unconfirmed
    desk.listing(77, label=open_one.label)
    assert desk.states == [("rented", 77)]
    assert desk.rentals.rented[0].instance_id == 77
    assert 77 in desk.rentals.owners


async def test_nothing_is_called_not_rented_too_early_or_from_a_list_with_unreadable_rows(journal: Journal) -> None:
    desk = Desk(journal, Ambiguous("no answer"))
    await desk.rentals.rent(OFFER, PLAN)
    desk.listing()
    desk.listing()
    assert desk.rentals.unconfirmed
    desk.restart()  # What was counted before does not count now.
    desk.now = max(desk.now, desk.rentals.unconfirmed[0].since) + SETTLE_AFTER
    desk.listing(whole=False)
    desk.listing(whole=False)
    desk.listing()
    assert desk.rentals.unconfirmed
    desk.listing()
    assert desk.states == [("failed", None)]


async def test_destroy_is_repeated_until_it_is_seen_to_be_gone(journal: Journal) -> None:
    desk = Desk(journal)
    await desk.rentals.destroy(5)
    assert desk.listing(5) == []
    desk.now += 10
    assert desk.listing(5) == [5]
    await desk.rentals.repeat_destroy(5)
    assert desk.vast.destroys == [5, 5]
    assert desk.listing(5) == []
    assert desk.rentals.is_doomed(5)
    desk.listing(whole=False)
    assert desk.rentals.is_doomed(5)
    desk.listing()
    assert not desk.rentals.is_doomed(5)
    assert journal.pending_destroys() == ()


async def test_a_listing_from_before_the_destroy_proves_nothing(journal: Journal) -> None:
    desk = Desk(journal)
    await desk.rentals.destroy(5)
    desk.rentals.listed((), desk.now - 1)
    assert desk.rentals.is_doomed(5)


async def test_what_comes_back_is_destroyed_again(journal: Journal) -> None:
    desk = Desk(journal)
    await desk.rentals.destroy(5)
    desk.listing()
    assert desk.listing(5) == [5]
    assert journal.pending_destroys() == (5,)


async def test_a_destroy_outlives_a_restart_and_is_sent_at_the_first_listing(journal: Journal) -> None:
    desk = Desk(journal)
    desk.vast.destroy_answers = [Ambiguous("no answer")]
    await desk.rentals.destroy(5)
    desk.restart()
    assert desk.rentals.is_doomed(5)
    assert desk.listing(5) == [5]


@pytest.mark.parametrize(
    ("answer", "raised", "doomed"),
    [
        (NotFound("there is none"), None, True),
        (Ambiguous("no answer"), None, True),
        (KeyRefused("no"), KeyRefused, True),
        (Rejected("you must not"), Rejected, False),
    ],
)
async def test_every_answer_to_a_destroy(
    journal: Journal, answer: VastError, raised: type[VastError] | None, doomed: bool
) -> None:
    desk = Desk(journal)
    desk.vast.destroy_answers = [answer]
    if raised is None:
        await desk.rentals.destroy(5)
    else:
        with pytest.raises(raised):
            await desk.rentals.destroy(5)
    assert desk.rentals.is_doomed(5) is doomed
    assert journal.pending_destroys() == ((5,) if doomed else ())


FAULTS = (Ambiguous("lost"), OfferGone("gone"), RateLimited("fast"), Rejected("half", new_contract=9))
STEPS = st.sampled_from(("rent", "restart", "list", "list without", "later", "box appears"))


@given(st.lists(STEPS, max_size=12), st.lists(st.sampled_from((50, 51, *FAULTS)), min_size=12, max_size=12))
@settings(deadline=None, max_examples=60)
def test_never_two_requests_for_one_intent(steps: list[str], answers: list[int | VastError]) -> None:
    async def story() -> None:
        with TemporaryDirectory() as folder, Journal(Path(folder) / "journal.sqlite") as journal:
            desk = Desk(journal, *answers)
            wished = 0
            for step in steps:
                if step == "rent":
                    wished += 1
                    with suppress(VastError):
                        await desk.rentals.rent(OFFER, PLAN)
                elif step == "restart":
                    desk.restart()
                elif step == "later":
                    desk.now += SETTLE_AFTER
                elif step == "box appears" and desk.rentals.unconfirmed:
                    desk.listing(80, label=desk.rentals.unconfirmed[0].label)
                else:
                    for again in desk.listing(50, 51, whole=step == "list"):
                        await desk.rentals.repeat_destroy(again)
            labels = [request.label for request in desk.vast.rents]
            assert len(labels) == len(set(labels)) == wished
            known = journal._read("SELECT COUNT(*) FROM intents")[0][0]
            assert known == wished

    asyncio.run(story())


async def test_what_another_program_has_settled_is_dropped_and_never_overwritten(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.sqlite") as journal, Journal(tmp_path / "journal.sqlite") as other:
        intent = other.begin_rent("train~abcdefgh", 1, "{}", 0.5)
        desk = Desk(journal)
        assert [view.label for view in desk.rentals.unconfirmed] == ["train~abcdefgh"]
        other.settle(intent, "rented", 77)
        journal.settle(intent, "failed", None, "no instance bears its label")
        desk.rentals.reload()
        assert desk.rentals.unconfirmed == ()
        assert desk.rentals.owners == {77: ""}
        settled = journal.intent("train~abcdefgh")
        assert settled is not None
        assert (settled.state, settled.instance_id) == ("rented", 77)


async def test_what_was_there_before_a_refused_rental_is_never_destroyed_for_it(journal: Journal) -> None:
    desk = Desk(journal, Rejected("half done", new_contract=66))
    desk.listing(66, label="somebody-elses")
    with pytest.raises(Rejected):
        await desk.rentals.rent(OFFER, PLAN)
    assert desk.vast.destroys == []
    assert journal.pending_destroys() == ()
    assert desk.states == [("failed", None)]


async def test_an_answer_that_names_what_was_there_before_is_no_answer(journal: Journal) -> None:
    desk = Desk(journal, 66)
    desk.listing(66, label="somebody-elses")
    assert await desk.rentals.rent(OFFER, PLAN) is None
    assert 66 not in desk.rentals.owners
    (open_one,) = desk.rentals.unconfirmed
    desk.listing(77, label=open_one.label)
    assert desk.states == [("rented", 77)]


async def test_a_lost_answer_is_waited_for_from_the_moment_at_which_it_was_lost(journal: Journal) -> None:
    desk = Desk(journal, Ambiguous("no answer"))
    real = desk.vast.rent

    async def late(offer_id: int, request: RentRequest) -> Rental:
        desk.now += SETTLE_AFTER  # It waited its turn.
        return await real(offer_id, request)

    desk.vast.rent = late  # type: ignore[method-assign]
    await desk.rentals.rent(OFFER, PLAN)
    desk.listing()
    desk.listing()
    assert desk.rentals.unconfirmed


async def test_a_box_that_appears_after_its_rental_was_given_up_is_taken(journal: Journal) -> None:
    desk = Desk(journal, Ambiguous("no answer"))
    await desk.rentals.rent(OFFER, PLAN)
    (open_one,) = desk.rentals.unconfirmed
    desk.now += SETTLE_AFTER
    desk.listing()
    desk.listing()
    assert desk.states == [("failed", None)]
    desk.listing(5, label="somebody-else~aaaaaaaa")
    assert desk.rentals.owners == {}
    desk.listing(77, label=open_one.label)
    assert desk.states == [("rented", 77)]
    assert desk.rentals.owners == {77: ""}
    events = len(desk.log.all())
    desk.listing(77, label=open_one.label)
    assert len(desk.log.all()) == events, "told once"


async def test_an_intent_that_is_not_sent_after_all_is_settled(journal: Journal) -> None:
    desk = Desk(journal)
    asked = desk.rentals.begin(OFFER, PLAN)
    desk.rentals.forgo([asked])
    assert desk.states == [("failed", None)]
    assert not desk.rentals.busy


async def test_what_another_living_program_asks_for_is_left_to_it(journal: Journal) -> None:
    journal.begin_rent("train~abcdefgh", 1, "{}", 0.5)
    desk = Desk(journal)
    desk.rentals.alone = lambda: False
    desk.now = desk.rentals.unconfirmed[0].since + SETTLE_AFTER
    for _ in range(3):
        desk.listing()
    assert desk.states == [("open", None)]
    desk.rentals.alone = lambda: True
    desk.listing()
    assert desk.states == [("failed", None)]


async def test_a_refused_rental_is_told_as_such_though_what_it_left_cannot_be_destroyed(journal: Journal) -> None:
    desk = Desk(journal, Rejected("half done", new_contract=66))
    desk.vast.destroy_answers = [Rejected("you must not")]
    with pytest.raises(Rejected, match="half done"):
        await desk.rentals.rent(OFFER, PLAN)
    assert [event.instance_id for event in desk.log.all() if "you must not" in event.text] == [66]
