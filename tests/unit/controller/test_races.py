"""Boot races by what listings tell: nothing is concluded from what they cannot tell."""

from __future__ import annotations

from collections.abc import Coroutine
from pathlib import Path
from typing import Any, cast

import pytest

from vasttui.api.client import VastClient
from vasttui.api.models import Instance
from vasttui.controller.events import EventLog
from vasttui.controller.races import Races
from vasttui.controller.rentals import SETTLE_AFTER, Rentals
from vasttui.journal import Journal

BEGAN = 1000.0
LABELS = ("train~aaaaaaaa", "train~bbbbbbbb")


class Desk:
    """A race of two over a journal, with a clock that stands until it is moved; no box is ever seen."""

    def __init__(self, folder: Path, rented: tuple[int, ...] = ()) -> None:
        self.now = BEGAN
        self.journal = Journal(folder / "journal.sqlite", clock=lambda: self.now)
        self.log = EventLog(lambda: self.now, lambda: None)
        self.rentals = Rentals(
            lambda: cast(VastClient, None), self.journal, self.log, refresh=lambda: None, clock=lambda: self.now
        )
        self.races = Races(self.journal, self.rentals, self.log, self._spawn, lambda: self.now)
        self.journal.begin_race(LABELS)
        for label, instance_id in zip(LABELS, rented, strict=False):
            intent = self.journal.begin_rent(label, 7, "{}", 0.4)
            self.journal.settle(intent, "rented", instance_id)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        work.close()

    def look(self, *ids: int, whole: bool = True) -> None:
        """A listing a second later."""
        self.now += 1
        self.rentals.listed(tuple(Instance(id=i) for i in ids), self.now, whole=whole)
        self.races.look(dict)

    def is_over(self) -> bool:
        return not self.journal.open_races()


def test_members_that_a_listing_with_unreadable_rows_lacks_are_not_given_up(tmp_path: Path) -> None:
    desk = Desk(tmp_path, rented=(51, 52))
    desk.look(whole=False)
    desk.look(whole=False)
    assert not desk.is_over()
    assert desk.journal.pending_destroys() == ()
    desk.look()
    assert desk.is_over(), "they are gone"


@pytest.mark.parametrize("passed", [SETTLE_AFTER, -SETTLE_AFTER - 10])
def test_a_race_whose_program_ended_before_the_first_intent_ends_whatever_the_clock_does(
    tmp_path: Path, passed: float
) -> None:
    desk = Desk(tmp_path)
    desk.look()
    assert not desk.is_over()
    desk.now += passed
    desk.look()
    assert desk.is_over()
    assert desk.journal.pending_destroys() == ()


def test_a_member_that_is_rented_after_the_race_was_decided_is_destroyed(tmp_path: Path) -> None:
    desk = Desk(tmp_path, rented=(51,))
    desk.now += SETTLE_AFTER
    desk.look()
    assert desk.is_over()
    intent = desk.journal.begin_rent(LABELS[1], 8, "{}", 0.4)
    desk.journal.settle(intent, "failed", None)
    desk.rentals.listed((Instance(id=77, label=LABELS[1]),), desk.now + 1)
    desk.races.look(dict)
    assert 77 in desk.journal.pending_destroys()
