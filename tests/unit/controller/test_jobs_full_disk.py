"""The journal cannot be written just when a rental is answered: nothing is forgotten, nothing is rented twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.unit.controller.test_rentals import OFFER, PLAN, Desk
from vasttui.errors import OfferGone, StorageError
from vasttui.journal import Journal


@contextmanager
def full(journal: Journal) -> Iterator[None]:
    """Every change of an intent is refused meanwhile."""
    with sqlite3.connect(journal.path) as db:
        db.execute("CREATE TRIGGER full BEFORE UPDATE ON intents BEGIN SELECT RAISE(FAIL, 'disk is full'); END")
    yield
    with sqlite3.connect(journal.path) as db:
        db.execute("DROP TRIGGER full")


async def test_the_next_listing_settles_a_rental_whose_answer_could_not_be_written(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.sqlite") as journal:
        desk = Desk(journal, 42)
        asked = desk.rentals.begin(OFFER, PLAN)
        with full(journal), pytest.raises(StorageError, match="disk is full"):
            await desk.rentals.send(asked)
        assert [view.label for view in desk.rentals.unconfirmed] == [asked.label]
        assert not desk.rentals.is_sending(asked.label)
        desk.listing(42, label=asked.label)
        intent = journal.intent(asked.label)
        assert intent is not None
        assert (intent.state, intent.instance_id) == ("rented", 42)
        assert desk.rentals.unconfirmed == ()
        assert len(desk.vast.rents) == 1


async def test_a_listing_that_cannot_be_written_is_settled_by_the_next_one(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.sqlite") as journal:
        desk = Desk(journal, 42)
        asked = desk.rentals.begin(OFFER, PLAN)
        with full(journal):
            with pytest.raises(StorageError):
                await desk.rentals.send(asked)
            with pytest.raises(StorageError):
                desk.listing(42, label=asked.label)
        desk.listing(42, label=asked.label)
        assert desk.rentals.owners[42] == ""
        assert desk.rentals.unconfirmed == ()


async def test_a_refusal_that_could_not_be_written_is_not_taken_for_a_box(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.sqlite") as journal:
        desk = Desk(journal, OfferGone("no such ask"))
        asked = desk.rentals.begin(OFFER, PLAN)
        with full(journal), pytest.raises(StorageError):
            await desk.rentals.send(asked)
        for _ in range(130):
            desk.listing()
        intent = journal.intent(asked.label)
        assert intent is not None
        assert intent.state == "failed"
        assert desk.rentals.unconfirmed == ()
