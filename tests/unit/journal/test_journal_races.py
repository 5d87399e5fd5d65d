"""Races in the journal: decided once, with what is to be destroyed; intents that are not overtaken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from vasttui.journal import Journal
from vasttui.journal.intents import OvertakenError
from vasttui.journal.races import LOST, RUNS, WON


@pytest.fixture
def now() -> list[float]:
    return [1000.0]


@pytest.fixture
def journal(tmp_path: Path, now: list[float]) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.sqlite", clock=lambda: now[0]) as journal:
        yield journal


def rented(journal: Journal, label: str, instance_id: int) -> None:
    journal.settle(journal.begin_rent(label, 1, "{}", 0.4), "rented", instance_id)


def test_a_race_is_decided_once_and_by_one_program(journal: Journal) -> None:
    number = journal.begin_race(["a~1", "a~2", "a~3"])
    with Journal(journal.path) as other:
        (race,) = other.open_races()
        assert (race.race_id, race.labels, race.at) == (number, ("a~1", "a~2", "a~3"), 1000.0)
        rented(journal, "a~1", 11)
        rented(journal, "a~2", 12)
        assert other.decide_race(number, "a~2", [11])
        assert not journal.decide_race(number, "a~1", [12])
    assert journal.open_races() == ()
    assert journal.pending_destroys() == (11,)
    assert [journal.race_of(label) for label in ("a~1", "a~2", "b")] == [(number, LOST), (number, WON), None]


def test_what_turns_up_after_the_race_has_lost_too(journal: Journal) -> None:
    number = journal.begin_race(["a~1", "a~2"])
    assert journal.race_of("a~2") == (number, RUNS)
    rented(journal, "a~1", 11)
    journal.decide_race(number, "a~1", [])
    assert journal.lost_instances() == ()
    rented(journal, "a~2", 12)
    assert journal.lost_instances() == (12,)
    journal.note_destroy(12, 1001.0)
    assert journal.lost_instances() == ()
    journal.drop_destroy(12)
    assert journal.lost_instances() == (12,), "a refused destroy is wanted again"


def test_races_keep_apart(journal: Journal) -> None:
    first, second = journal.begin_race(["a~1", "a~2"]), journal.begin_race(["b~1", "b~2"])
    assert journal.decide_race(first, None, [])
    assert [race.race_id for race in journal.open_races()] == [second]


def test_an_intent_is_not_begun_when_another_was_meanwhile(journal: Journal) -> None:
    seen = journal.last_intent()
    assert seen == 0
    first = journal.begin_rent("a~1", 1, "{}", 0.4, after=seen)
    with pytest.raises(OvertakenError):
        journal.begin_rent("a~2", 1, "{}", 0.4, after=seen)
    assert journal.intent("a~2") is None
    assert journal.begin_rent("a~2", 1, "{}", 0.4, after=first) == journal.last_intent()


def test_fresh_intents_are_those_that_a_listing_may_lack(journal: Journal, now: list[float]) -> None:
    rented(journal, "old", 11)
    now[0] = 1010.0
    rented(journal, "new", 12)
    open_one = journal.begin_rent("open", 1, "{}", 0.4)
    failed = journal.begin_rent("failed", 1, "{}", 0.4)
    journal.settle(failed, "failed")
    assert [intent.label for intent in journal.fresh_intents(1005.0)] == ["new", "open"]
    assert journal.intent_of(12) == journal.intent("new")
    assert journal.intent_of(99) is None
    journal.settle(open_one, "failed")
    assert [intent.label for intent in journal.fresh_intents(1020.0)] == []
