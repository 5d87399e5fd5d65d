"""Blocking, allowing and noting hosts under keys, and the host book; a real book in a journal stands behind them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input, Label

from tests.conftest import until
from tests.tui.conftest import make_config
from tests.tui.pictures import NOW, offer, snapshot
from tests.tui.standin import StandIn
from tests.tui.still import still
from vasttui.config import Config, Preset
from vasttui.controller.hosts import HostBook
from vasttui.errors import StorageError
from vasttui.journal import Journal
from vasttui.journal.records import RentalRecord, Whose
from vasttui.offers.history import histories
from vasttui.offers.until import day_text
from vasttui.snapshot import Market, Part, Search, Snapshot
from vasttui.tui.app import VastApp
from vasttui.tui.dialogs.host_block import HostBlock
from vasttui.tui.dialogs.host_book import HostBookDialog
from vasttui.tui.dialogs.host_rows import host_lines, host_rows
from vasttui.tui.dialogs.prompt_text import PromptText
from vasttui.tui.panes.offers.pane import OffersPane

DAY = 86_400.0
RENTALS = (
    RentalRecord(
        1, 51_002, 20_002, "A100", NOW - 9 * DAY, NOW - 9 * DAY + 95, NOW - 8 * DAY,
        promised_down=900.0, measured_down=412.0, spent=3.5,
    ),
    RentalRecord(2, 51_002, 20_002, "A100", NOW - 3 * DAY, None, NOW - 3 * DAY + 900, failure="stuck", spent=0.1),
    RentalRecord(3, 51_009, 20_009, "A100", NOW - 2 * DAY, NOW - 2 * DAY + 60, interruptions=2, spent=1.0),
)  # fmt: skip


class BookStandIn(StandIn):
    """Everything of paper but the host book."""

    def __init__(self, config: Config, picture: Snapshot, journal: Journal) -> None:
        super().__init__(config, picture)
        self.hosts = HostBook(config, journal, lambda: NOW)
        self.fault: StorageError | None = None
        self._cut()

    def _cut(self) -> None:
        market = Market(Search(order="dph_total"), self.hosts.filter(None).cut([offer(n) for n in range(12)]))
        self.publish(replace(self.snapshot, market=Part(market, at=NOW), book=self.hosts.book))

    def _may_write(self) -> None:
        if self.fault is not None:
            raise self.fault

    def set_host(
        self, host_id: int, verdict: str | None, note: str = "", *, whose: Whose = "host", until: float | None = None
    ) -> None:
        self._may_write()
        self.hosts.set(host_id, verdict, note, whose=whose, until=until)
        self._cut()

    def note_host(self, host_id: int, text: str, *, whose: Whose = "host") -> None:
        self.hosts.note(host_id, text, whose=whose)
        self._cut()

    def favour_host(self, host_id: int, on: bool, *, whose: Whose = "host") -> None:
        self.hosts.favour(host_id, on, whose=whose)
        self._cut()

    def forget_host(self, host_id: int, *, whose: Whose = "host") -> None:
        self.hosts.forget(host_id, whose=whose)
        self._cut()


@pytest.fixture
def control(tmp_path: Path) -> Iterator[BookStandIn]:
    with Journal(tmp_path / "journal.sqlite", clock=lambda: NOW) as journal:
        config = make_config(
            host_blacklist=frozenset({51_007}),
            presets={"cheap": Preset(name="cheap", host_blacklist=frozenset({51_007}))},
        )
        yield BookStandIn(config, snapshot(histories=histories(RENTALS)), journal)


@asynccontextmanager
async def shown(
    control: BookStandIn, *keys: str, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[tuple[VastApp, Pilot[Any]]]:
    app = VastApp(control, control.config)
    async with app.run_test(size=size) as pilot:
        await app.furnished.wait()
        await still(pilot)
        await press(pilot, *keys)
        yield app, pilot


async def press(pilot: Pilot[Any], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
    await still(pilot)


def page(control: BookStandIn, number: int, whose: Whose = "host") -> tuple[object, ...]:
    found = control.hosts.book.page(whose, number)
    return () if found is None else (found.verdict, found.note, found.until, found.favourite)


def toasts(app: VastApp) -> str:
    return " | ".join(toast.message for toast in app._notifications)


def in_pane(app: VastApp) -> set[int | None]:
    return {row.host_id for row in app.screen_stack[0].query_one(OffersPane).table.rows}


def under_cursor(app: VastApp) -> int:
    row = app.screen_stack[0].query_one(OffersPane).offer
    assert row is not None
    assert row.host_id is not None
    return row.host_id


def dialog_text(app: VastApp, id_: str) -> str:
    return str(app.screen.query_one(f"#{id_}", Label).render())


async def test_enter_blocks_at_once_and_the_offers_are_gone_with_the_reason(control: BookStandIn) -> None:
    async with shown(control) as (app, pilot):
        host = under_cursor(app)
        await press(pilot, "b")
        assert isinstance(app.screen, HostBlock)
        assert app.screen.query_one("#reason", Input).has_focus
        await press(pilot, *"slow", "down", "down", "enter")
        await until(lambda: page(control, host) == ("block", "slow", NOW + 7 * DAY, False))
        await still(pilot)
        assert host not in in_pane(app)
        assert f"Host {host} is blocked until {day_text(NOW + 7 * DAY, NOW)}: slow." in toasts(app)
        await press(pilot, "h")
        table = app.screen.query_one(OffersPane).table
        assert host in {row.host_id for row in table.rows}
        assert table.move_to(next(row.id for row in table.rows if row.host_id == host))
        await press(pilot, "b")
        assert page(control, host) == (None, "slow", None, False), "b takes it back, without a question"


async def test_escape_blocks_nothing_and_plain_enter_blocks_for_ever(control: BookStandIn) -> None:
    async with shown(control) as (app, pilot):
        host = under_cursor(app)
        await press(pilot, "b", *"no", "escape")
        assert page(control, host) == ()
        await press(pilot, "b", "enter")
        assert page(control, host) == ("block", "", None, False)


async def test_an_end_that_is_none_is_told_and_not_taken(control: BookStandIn) -> None:
    async with shown(control, size=(80, 24)) as (app, pilot):
        host = under_cursor(app)
        await press(pilot, "b", "tab", *"soon", "enter")
        assert isinstance(app.screen, HostBlock)
        assert "'soon' is no time" in dialog_text(app, "problem")
        assert "7d, 12h" in dialog_text(app, "means")
        assert app.screen.query_one("#act", Button).disabled
        await press(pilot, "ctrl+u", *"2d")
        assert dialog_text(app, "means").startswith(f"until {day_text(NOW + 2 * DAY, NOW)}")
        await press(pilot, "enter")
        assert page(control, host) == ("block", "", NOW + 2 * DAY, False)


async def test_a_machine_is_blocked_alone(control: BookStandIn) -> None:
    async with shown(control) as (app, pilot):
        row = app.screen.query_one(OffersPane).offer
        assert row is not None
        assert row.machine_id is not None
        await press(pilot, "B", "enter")
        assert page(control, row.machine_id, "machine") == ("block", "", None, False)
        assert page(control, row.host_id or 0) == ()


async def test_allow_favourite_and_note_one_key_each(control: BookStandIn) -> None:
    async with shown(control) as (app, pilot):
        host = under_cursor(app)
        await press(pilot, "a", "asterisk", "n")
        assert isinstance(app.screen, PromptText)
        await press(pilot, *"ok", "enter")
        assert page(control, host) == ("allow", "ok", None, True)
        await press(pilot, "a", "asterisk", "n", "ctrl+u", "enter")
        assert page(control, host) == (None, "", None, False)


async def test_a_reason_that_is_emptied_is_taken_off(control: BookStandIn) -> None:
    async with shown(control) as (app, pilot):
        host = under_cursor(app)
        control.note_host(host, "old")
        await still(pilot)
        await press(pilot, "b", "ctrl+u", "enter")
        assert page(control, host) == ("block", "", None, False)


async def test_what_cannot_be_written_is_a_toast(control: BookStandIn) -> None:
    control.fault = StorageError("the disk is full")
    async with shown(control) as (app, pilot):
        host = under_cursor(app)
        await press(pilot, "a")
        assert "the disk is full" in toasts(app)
        assert page(control, host) == ()


async def test_the_config_s_block_is_lifted_by_a_and_is_not_the_user_s_own(control: BookStandIn) -> None:
    async with shown(control, "h") as (app, pilot):
        assert under_cursor(app) == 51_007
        await press(pilot, "a")
        assert page(control, 51_007) == ("allow", "", None, False)
        assert "The config's block no longer counts. Blocked all the same by preset cheap." in toasts(app)


def book(app: VastApp) -> HostBookDialog:
    assert isinstance(app.screen, HostBookDialog)
    return app.screen


def rows(app: VastApp) -> list[str]:
    return [row.key for row in book(app).table.rows]


def told(app: VastApp) -> str:
    return "\n".join(
        "   ".join("".join(text for text, _ in part) for part in line) for line in book(app).query_one("#page").lines  # type: ignore[attr-defined]
    )


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_the_book_shows_what_is_written_and_what_rentals_taught(
    control: BookStandIn, size: tuple[int, int]
) -> None:
    control.set_host(51_003, "block", "slow disk")
    async with shown(control, "H", size=size) as (app, pilot):
        assert rows(app)[:2] == ["host 51002", "machine 20002"], "by score, the unknown ones last"
        assert set(rows(app)) == {
            "host 51002", "host 51003", "host 51007", "host 51009", "machine 20002", "machine 20009",
        }  # fmt: skip
        assert "2 rentals" in told(app)
        assert "at least 412 of 900 promised Mb/s" in told(app)
        assert "failed 1 stuck" in told(app)
        lines = "\n".join(strip.text for strip in map(book(app).table.render_line, range(12)))
        assert "1 ok, 1 failed" in lines
        assert "blocked" in lines
        await press(pilot, "escape")
        assert not isinstance(app.screen, HostBookDialog)


async def test_the_book_is_searched_and_changed_under_keys(control: BookStandIn) -> None:
    control.set_host(51_003, "block", "slow disk")
    async with shown(control, "H", size=(80, 24)) as (app, pilot):
        await press(pilot, "slash", *"51003", "enter")
        assert "slow disk" in told(app)
        assert rows(app) == ["host 51003"]
        await press(pilot, "n", *"dead", "enter", "asterisk")
        assert page(control, 51_003) == ("block", "dead", None, True)
        await press(pilot, "b")
        assert page(control, 51_003) == (None, "dead", None, True)
        await press(pilot, "a")
        assert page(control, 51_003)[0] == "allow"
        await press(pilot, "X")
        assert page(control, 51_003) == ()
        assert rows(app) == []
        await press(pilot, "slash", "escape")
        assert "host 51003" not in rows(app)
        assert "host 51002" in rows(app)


async def test_the_book_follows_the_picture(control: BookStandIn) -> None:
    async with shown(control, "H") as (app, pilot):
        control.set_host(77, "block", "seen elsewhere")
        await until(lambda: "host 77" in rows(app))
        assert len(control.listeners) > 1
        listening = len(control.listeners)
        await press(pilot, "escape")
        assert len(control.listeners) == listening - 1


def test_hostile_words_stay_words(control: BookStandIn) -> None:
    control.note_host(5, "[bold]\x1b]0;x\x07 evil")
    (row,) = [row for row in host_rows(control.hosts.book, histories(())) if row.page.id == 5]
    assert row.page.note == "[bold] ]0;x evil"
    assert row.has(["[bold]"])
    assert host_lines(row, NOW)
