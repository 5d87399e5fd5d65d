"""Instances from listing to listing: phases and timers, what is gone, commands under way, alarms; what they cost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from vasttui.api.client import VastClient
from vasttui.api.models import Instance
from vasttui.controller.events import EventLog
from vasttui.controller.fleet import COMMAND_SHOWN, Fleet
from vasttui.controller.ledger import Ledger
from vasttui.controller.rentals import Rentals
from vasttui.errors import StorageError, Unreachable
from vasttui.instances.phases import Phase
from vasttui.journal import Journal

LOADING = Instance(id=1, label="a~aaaaaaaa", actual_status="loading", intended_status="running", dph_total=0.5)
RUNNING = Instance(
    id=1,
    label="a~aaaaaaaa",
    actual_status="running",
    intended_status="running",
    dph_total=0.5,
    ssh_host="ssh4.vast.ai",
    ssh_port=12345,
)
STOPPED = Instance(id=1, label="a~aaaaaaaa", actual_status="exited", intended_status="stopped", dph_total=0.5)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.sqlite") as journal:
        yield journal


class Yard:
    """A fleet, a clock, and what SSH says."""

    def __init__(self, journal: Journal) -> None:
        self.now = 1000.0
        self.ssh: dict[int, bool] = {}
        self.log = EventLog(lambda: self.now, lambda: None)
        rentals = Rentals(self._client, journal, self.log, refresh=lambda: None, clock=lambda: self.now)
        self.fleet = Fleet(journal, self.log, ssh_ready=self.ssh.get, rentals=rentals, max_price=4.5)

    def _client(self) -> VastClient:
        raise Unreachable("nobody is asked here")

    def listing(self, *rows: Instance, after: float = 5.0, whole: bool = True) -> None:
        self.now += after
        self.fleet.listed(rows, self.now, whole=whole)

    @property
    def phase(self) -> Phase:
        return self.fleet.boxes(self.now)[0].phase

    @property
    def alarms(self) -> tuple[str, ...]:
        return self.fleet.alarms(self.fleet.boxes(self.now))

    @property
    def texts(self) -> list[str]:
        return [event.text for event in self.log.all()]


def test_the_timer_starts_with_each_phase_and_knows_whether_it_saw_it_begin(journal: Journal) -> None:
    yard = Yard(journal)
    yard.listing(LOADING)
    (box,) = yard.fleet.boxes(yard.now)
    assert (box.phase_since, box.seen_start, box.label) == (1005.0, False, "a")
    yard.listing(LOADING, after=20)
    assert yard.fleet.boxes(yard.now)[0].phase_since == 1005.0
    yard.ssh[1] = False
    yard.listing(RUNNING)
    (box,) = yard.fleet.boxes(yard.now)
    assert (box.phase, box.phase_since, box.seen_start) == (Phase.CONNECTING, 1030.0, True)
    yard.ssh[1] = True
    yard.now += 3
    yard.fleet.advance(yard.now)
    (box,) = yard.fleet.boxes(yard.now)
    assert (box.phase, box.phase_since) == (Phase.READY, 1033.0)
    assert any("ready" in text for text in yard.texts)


def test_only_a_whole_listing_says_that_a_box_is_gone(journal: Journal) -> None:
    yard = Yard(journal)
    yard.listing(RUNNING)
    yard.listing(whole=False)
    assert [box.id for box in yard.fleet.boxes(yard.now)] == [1]
    assert not any("no longer" in text for text in yard.texts)
    yard.listing()
    assert yard.fleet.boxes(yard.now) == ()
    assert [text for text in yard.texts if "no longer" in text] == ["no longer in the list"]


def test_a_stop_of_ones_own_is_not_outbid(journal: Journal) -> None:
    yard = Yard(journal)
    yard.listing(RUNNING)
    yard.fleet.user_stopped(1, True)
    yard.listing(STOPPED)
    assert yard.phase is Phase.STOPPED
    assert not yard.fleet.moving


def test_a_box_that_somebody_else_started_after_our_stop_is_not_called_stopping(journal: Journal) -> None:
    yard = Yard(journal)
    yard.listing(RUNNING)
    yard.fleet.user_stopped(1, True)
    yard.listing(RUNNING)
    yard.listing(STOPPED)
    assert yard.phase is Phase.STOPPED
    yard.listing(RUNNING)
    assert yard.phase.value in ("starting", "connecting")


def test_a_command_is_under_way_until_the_row_changes_it_fails_or_time_passes(journal: Journal) -> None:
    yard = Yard(journal)
    yard.listing(RUNNING)
    yard.ssh[1] = True
    yard.fleet.advance(yard.now)

    def command() -> str:
        return yard.fleet.boxes(yard.now)[0].command

    yard.fleet.begin(1, "stopping", yard.now)
    yard.listing(RUNNING)
    assert (command(), yard.fleet.moving) == ("stopping", True)
    yard.listing(STOPPED)
    assert (command(), yard.fleet.moving) == ("", False)
    yard.fleet.begin(1, "starting", yard.now)
    yard.fleet.finish(1)
    assert command() == ""
    yard.fleet.begin(1, "starting", yard.now)
    yard.listing(STOPPED, after=COMMAND_SHOWN + 1)
    assert command() == ""


def test_what_wants_a_look_is_an_alarm_and_a_full_disk_too(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    yard = Yard(journal)
    yard.listing(RUNNING)
    assert yard.alarms == ()

    def full(*_: object) -> None:
        raise StorageError("the disk is full")

    monkeypatch.setattr(journal, "record_instance", full)
    yard.listing(RUNNING, Instance(id=2, actual_status="running"))
    assert "the disk is full" in yard.alarms
    assert len(yard.fleet.boxes(yard.now)) == 2


def test_unknown_prices_are_unknown_and_not_nothing(journal: Journal) -> None:
    yard = Yard(journal)
    yard.listing(Instance(id=3, actual_status="running"))
    (box,) = yard.fleet.boxes(yard.now)
    assert (box.hourly, box.spent, yard.fleet.burn) == (None, None, None)


PRICED = Instance(id=4, actual_status="running", intended_status="running", dph_total=3.6, start_date=3600.0)


def test_the_ledger_adds_up_at_the_price_in_force_and_survives_a_restart(journal: Journal) -> None:
    ledger = Ledger(journal)
    ledger.listed([PRICED], 7200.0)
    first = ledger.spent(4)
    assert first == pytest.approx(3.6)
    ledger.listed([PRICED], 7300.0)
    assert ledger.spent(4) == pytest.approx(3.7)
    ledger.write(7300.0)
    again = Ledger(journal)
    assert again.spent(4) == pytest.approx(3.7)
    again.listed([PRICED], 8300.0)
    assert again.spent(4) == pytest.approx(4.7), "what passed while nobody looked is counted, once"


def test_a_clock_that_goes_back_takes_no_money_back(journal: Journal) -> None:
    ledger = Ledger(journal)
    ledger.listed([PRICED], 7200.0)
    ledger.listed([PRICED], 7000.0)
    assert ledger.spent(4) == pytest.approx(3.6)
