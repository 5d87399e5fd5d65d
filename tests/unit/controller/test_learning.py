"""What rentals teach of their hosts, from picture to picture and from program to program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vasttui.api.client import VastClient
from vasttui.api.models import Instance
from vasttui.controller.events import EventLog
from vasttui.controller.fleet import Fleet
from vasttui.controller.learning import AGAIN_AFTER, Learning, learned, worth_writing
from vasttui.controller.rentals import Rentals
from vasttui.errors import StorageError, Unreachable
from vasttui.instances.phases import Phase
from vasttui.instances.verdicts import Kind, Verdict
from vasttui.journal import HostFault, Journal
from vasttui.journal.records import RentalRecord
from vasttui.offers.history import History
from vasttui.snapshot import Box

START = 1_000_000.0
ROW = Instance(id=1, host_id=5, machine_id=50, gpu_name="RTX 4090", start_date=START, inet_down=900.0)
LONG = Verdict(Kind.LONG, "creating, no change for 12 min")


def box(phase: Phase, since: float = START, *, row: Instance = ROW, **fields: Any) -> Box:
    known: dict[str, Any] = {
        "instance": row, "phase": phase, "phase_since": since, "seen_start": True, "label": "a", "ours": True,
        "first_seen": START + 2, "spent": 0.5, "hourly": 0.3,
    }  # fmt: skip
    return Box(**(known | fields))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.sqlite", clock=lambda: START) as journal:
        yield journal


class Watched:
    """A learner, a clock, and what a box received."""

    def __init__(self, journal: Journal, jobs: dict[int, str] | None = None) -> None:
        self.now = START
        self.received: dict[int, float] = {}
        self.journal = journal
        events = EventLog(lambda: self.now, lambda: None)
        self.rentals = Rentals(self._client, journal, events, refresh=lambda: None, clock=lambda: self.now)
        self.rentals.owners |= jobs or {}
        self.fleet = Fleet(journal, events, ssh_ready=lambda _: None, rentals=self.rentals, max_price=4.5)
        self.learning = Learning(journal, self.rentals, self.fleet, received=self.received.get)

    def _client(self) -> VastClient:
        raise Unreachable("nobody is asked here")

    def look(self, *boxes: Box, after: float = 30.0) -> History | None:
        self.now += after
        self.learning.look(boxes, self.now)
        return self.history

    @property
    def history(self) -> History | None:
        return self.learning.histories.hosts.get(5)

    @property
    def kept(self) -> RentalRecord:
        (record,) = self.journal.rental_records()
        return record


def test_a_rental_that_goes_well(journal: Journal) -> None:
    journal.bill(1, 0.5, START)
    watched = Watched(journal)
    watched.look(box(Phase.PULLING))
    watched.look(box(Phase.CONNECTING, START + 40))
    past = watched.look(box(Phase.READY, START + 90))
    assert past is not None
    assert (past.words, past.boot_median, past.spent) == ("1 ok", 90.0, 0.5)
    watched.look(box(Phase.STOPPED))
    journal.note_destroy(1, watched.now)
    watched.look()
    ended = RentalRecord(1, 5, 50, "RTX 4090", START, START + 90, watched.now, promised_down=900.0, spent=0.5)
    assert watched.kept == ended
    assert watched.learning.histories.machines[50].words == "1 ok"


def test_without_ssh_running_is_ready(journal: Journal) -> None:
    watched = Watched(journal)
    past = watched.look(box(Phase.RUNNING, START + 60, row=_row(image_runtype="args")))
    assert past is not None
    assert (past.boots, past.boot_median) == (1, 60.0)
    past = watched.look(box(Phase.RUNNING, row=_row(id=2, image_runtype="ssh_direct")))
    assert past is not None
    assert (past.rentals, past.boots) == (2, 1)


def _row(**fields: Any) -> Instance:
    import msgspec

    return msgspec.structs.replace(ROW, **fields)


def test_what_ran_before_anyone_looked_is_not_called_a_boot(journal: Journal) -> None:
    past = Watched(journal).look(box(Phase.READY, START + 5000, seen_start=False))
    assert past is not None
    assert (past.boots, past.boot_median, past.words) == (0, None, "1 rented")


@pytest.mark.parametrize(
    ("steps", "failure"),
    [
        ([box(Phase.PULLING), box(Phase.FAILED)], "failed to start"),
        ([box(Phase.PULLING, verdicts=(LONG,))], "stuck"),
        ([box(Phase.CREATING)], "vanished"),
        ([box(Phase.PULLING, verdicts=(LONG,)), box(Phase.READY, START + 900)], ""),
        ([box(Phase.READY), box(Phase.PULLING, verdicts=(LONG,))], ""),
    ],
)
def test_how_a_rental_fails(journal: Journal, steps: list[Box], failure: str) -> None:
    watched = Watched(journal)
    for step in steps:
        watched.look(step)
    watched.look()
    assert (watched.kept.failure, watched.kept.ended) == (failure, watched.now)


def test_what_was_given_up_before_it_was_ready_is_no_failure(journal: Journal) -> None:
    watched = Watched(journal)
    watched.look(box(Phase.PULLING))
    watched.rentals.doom(1)
    watched.look()
    assert watched.kept.failure == ""
    assert watched.history is not None
    assert watched.history.words == "1 rented"


def test_what_ended_while_nobody_looked_has_not_vanished(journal: Journal) -> None:
    Watched(journal).look(box(Phase.PULLING))
    later = Watched(journal)
    later.look(after=9000.0)
    assert (later.kept.failure, later.kept.ended) == ("", later.now)


def test_what_comes_back_was_not_gone(journal: Journal) -> None:
    watched = Watched(journal)
    watched.look(box(Phase.PULLING))
    watched.look()
    assert watched.kept.failure == "vanished"
    watched.look(box(Phase.PULLING))
    assert (watched.kept.failure, watched.kept.ended) == ("", None)


def test_each_interruption_counts_once_also_over_a_restart(journal: Journal) -> None:
    watched = Watched(journal)
    for phase in (Phase.READY, Phase.OUTBID, Phase.OUTBID, Phase.READY, Phase.OFFLINE, Phase.OFFLINE):
        watched.look(box(phase))
    again = Watched(journal)
    past = again.look(box(Phase.OFFLINE))
    assert past is not None
    assert (past.interruptions, past.words) == (2, "1 cut off")
    again.look(box(Phase.READY))
    again.look(box(Phase.OFFLINE))
    assert again.kept.interruptions == 3


def test_an_interruption_that_came_while_nobody_looked_counts(journal: Journal) -> None:
    Watched(journal).look(box(Phase.READY))
    later = Watched(journal)
    later.look(box(Phase.OUTBID))
    assert later.kept.interruptions == 1


def test_the_fault_that_a_job_found_is_the_rental_s(journal: Journal) -> None:
    watched = Watched(journal, {1: "train-1"})
    watched.look(box(Phase.READY, START + 60))
    journal.note_host_fault(HostFault(5, 51, START + 100, "network", "another machine's", "train-2"))
    journal.note_host_fault(HostFault(5, 50, START - 100, "network", "before", "train-0"))
    journal.note_host_fault(HostFault(5, 50, START + 100, "host fault", "GPU lost", "train-1"))
    watched.rentals.doom(1)
    past = watched.look(after=200.0)
    assert past is not None
    assert past.failures == {"host fault": 1}
    assert past.words == "1 failed"


def test_the_fastest_download_is_kept_as_a_lower_bound(journal: Journal) -> None:
    watched = Watched(journal)
    for rate in (None, 100.0, 800.0, 300.0):
        if rate is not None:
            watched.received[1] = rate
        past = watched.look(box(Phase.READY))
    assert past is not None
    assert (past.measured_down, past.promised_down) == (800.0, 900.0)
    again = Watched(journal)
    again.received[1] = 20.0
    again.look(box(Phase.READY))
    assert again.kept.measured_down == 800.0


def test_other_people_s_boxes_teach_nothing(journal: Journal) -> None:
    assert Watched(journal).look(box(Phase.READY, ours=False)) is None
    assert journal.rental_records() == ()


def test_a_picture_in_which_nothing_is_new_writes_nothing_and_adds_nothing_up(journal: Journal) -> None:
    watched = Watched(journal)
    watched.look(box(Phase.READY))
    before = watched.learning.histories
    with Journal(journal.path) as other:
        other.changed_elsewhere()
        for _ in range(20):
            watched.look(box(Phase.READY), after=1.0)
        assert not other.changed_elsewhere()
    assert watched.learning.histories is before
    watched.look(box(Phase.READY), after=60.0)
    assert watched.learning.histories is not before, "what it costs goes on"


def test_a_journal_that_fails_is_left_alone_for_a_while_and_then_gets_everything(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(journal)
    tries: list[RentalRecord] = []

    def full(record: RentalRecord) -> None:
        tries.append(record)
        raise StorageError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(journal, "save_rental", full)
        watched.look(box(Phase.PULLING))
        assert watched.fleet.alarms(()) == ("disk full",)
        watched.look(box(Phase.READY, START + 70), after=1.0)
    assert len(tries) == 1
    watched.look(box(Phase.READY, START + 70), after=AGAIN_AFTER)
    assert watched.kept.ready == START + 70


def test_two_programs_that_see_the_same_rental_lose_nothing(journal: Journal) -> None:
    one, other = Watched(journal), Watched(journal)
    one.look(box(Phase.PULLING))
    other.look(box(Phase.PULLING))
    one.received[1] = 500.0
    one.look(box(Phase.READY, START + 50))
    other.look(box(Phase.READY, START + 51))
    other.look(box(Phase.OFFLINE))
    record = other.kept
    assert (record.ready, record.interruptions, record.measured_down) == (START + 50, 1, 500.0)


def test_a_record_takes_what_the_row_tells_later() -> None:
    blank = RentalRecord(1, None, None, "", START)
    first = learned(blank, box(Phase.CREATING, row=_row(host_id=None, gpu_name=None, inet_down=None)), None, None)
    assert (first.host_id, first.machine_id, first.promised_down) == (None, 50, None)
    assert learned(first, box(Phase.PULLING), Phase.CREATING, None).host_id == 5
    whole = learned(first, box(Phase.PULLING), Phase.CREATING, None)
    assert learned(whole, box(Phase.PULLING, row=_row(host_id=None, inet_down=5.0)), Phase.PULLING, None) == whole


@pytest.mark.parametrize(
    ("changes", "worth"),
    [
        ({}, False),
        ({"spent": 9.0}, False),
        ({"measured_down": 104.0}, False),
        ({"measured_down": 130.0}, True),
        ({"ready": START}, True),
        ({"ended": START}, True),
    ],
)
def test_what_is_worth_a_write(changes: dict[str, Any], worth: bool) -> None:
    kept = RentalRecord(1, 5, 50, "RTX 4090", START, measured_down=100.0)
    assert worth_writing(replace(kept, **changes), kept) is worth
    assert worth_writing(kept, None)
