"""The panes under keys: filters, sorting, host lists, searches, dialogs; and what a refresh leaves in its place."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from tests.tui.pictures import NOW, box, fleet, instance, market, offer, snapshot, stopped
from tests.tui.standin import StandIn
from vasttui.config import Config
from vasttui.errors import SshNotReady, Unreachable
from vasttui.instances.phases import Phase
from vasttui.jobs.progress import Progress
from vasttui.logs.rows import LogName
from vasttui.offers.hosts import HostFilter
from vasttui.snapshot import Market, Part, Search
from vasttui.tui.app import VastApp
from vasttui.tui.dialogs.confirm import Confirm
from vasttui.tui.dialogs.rent import RentDialog
from vasttui.tui.panes.events import EventsPane
from vasttui.tui.panes.instance_detail import InstanceDetailPane
from vasttui.tui.panes.instances import InstancesPane
from vasttui.tui.panes.jobs import JobsPane
from vasttui.tui.panes.logs.tail import LogTail
from vasttui.tui.panes.offer_detail import OfferDetailPane
from vasttui.tui.panes.offers.chip_line import ChipLine
from vasttui.tui.panes.offers.pane import OffersPane
from vasttui.tui.panes.sheet import Sheet
from vasttui.tui.panes.shell_out import shell_out
from vasttui.tui.widgets.log.view import LogView
from vasttui.tui.widgets.prompt import Prompt
from vasttui.tui.widgets.table import Table

WIDE = (120, 40)


@asynccontextmanager
async def started(app: App[Any], size: tuple[int, int] = WIDE) -> AsyncIterator[Pilot[Any]]:
    """The app under test, its first picture drawn."""
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.pause()
        yield pilot


async def press(pilot: Pilot[Any], *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()


async def publish(pilot: Pilot[Any], control: StandIn, **fields: Any) -> None:
    control.publish(replace(control.snapshot, **fields))
    await pilot.pause()
    await pilot.pause()


def offers(app: App[Any]) -> OffersPane:
    return app.screen.query_one(OffersPane)


def instances(app: App[Any]) -> InstancesPane:
    return app.screen.query_one(InstancesPane)


def bar_line(app: VastApp) -> str:
    line = offers(app).query_one(ChipLine)
    return "".join(segment.text for segment in line.render_line(0))


def line_of(pane: Any) -> str:
    lines = pane.query_one(Sheet).lines
    return "\n".join("   ".join("".join(text for text, _ in part) for part in line if part) for line in lines)


def title(widget: Any) -> str:
    return str(widget.frame.border_title)


# Offers


async def test_the_filter_works_as_one_types_and_escape_ends_it(app: VastApp) -> None:
    async with started(app) as pilot:
        pane = offers(app)
        assert title(pane) == "1 Offers  143"
        await press(pilot, "slash", *"5090 !TW")
        assert {o.gpu_name for o in pane.table.rows} == {"RTX 5090"}
        assert not any("TW" in (o.geolocation or "") for o in pane.table.rows)
        shown = len(pane.table.rows)
        assert title(pane) == f"1 Offers  {shown} of 143"
        await press(pilot, *" dph<")
        assert len(pane.table.rows) == shown, "a clause that is not whole keeps the last good filter"
        await press(pilot, *"0.5", "enter")
        assert app.focused is pane.table
        assert 0 < len(pane.table.rows) < shown
        await press(pilot, "escape")
        assert len(pane.table.rows) == 143
        assert not pane.query_one(Prompt).is_open


async def test_a_refresh_leaves_the_cursor_on_its_offer(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        pane = offers(app)
        await press(pilot, *["down"] * 7)
        chosen, top = pane.table.cursor_key, pane.table.scroll_offset
        cheap = [replace_offer(o, dph_total=0.01) if o.id == 9_000_099 else o for o in market().offers]
        hosts = HostFilter().cut(cheap)
        await publish(pilot, control, market=Part(replace(market(), hosts=hosts), at=NOW))
        assert pane.table.rows[0].id == 9_000_099
        assert (pane.table.cursor_key, pane.table.scroll_offset) == (chosen, top)


def replace_offer(row: Any, **fields: Any) -> Any:
    import msgspec

    return msgspec.structs.replace(row, **fields)


async def test_the_same_picture_again_does_not_touch_the_rows(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        rows = offers(app).table.rows
        await publish(pilot, control, burn=2.0)
        assert offers(app).table.rows is rows


async def test_cut_offers_are_shown_with_their_reason(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        await publish(pilot, control, market=Part(market(80, blocked=[51_003]), at=NOW))
        await press(pilot, "h")
        pane = offers(app)
        assert [o.host_id for o in pane.table.rows] == [51_003, 51_003]
        assert title(pane) == "1 Offers  2 cut"
        assert "51003 is blocked" in str(pane.table.render_line(1).text)
        await press(pilot, "h")
        assert len(pane.table.rows) == 78


async def test_a_host_that_is_not_told_cannot_be_blocked(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        unknown = HostFilter().cut([offer(host_id=None)])
        await publish(pilot, control, market=Part(Market(Search(), unknown), at=NOW))
        await press(pilot, "b")
        assert not [asked for asked in control.asked if asked[0] == "host"]


async def test_type_trust_and_query_go_into_the_search(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        await press(pilot, "t")
        await press(pilot, "v")
        await press(pilot, "e", *"num_gpus=2", "enter")
        searches = [asked[1] for asked in control.asked if asked[0] == "search"]
        assert [s.type for s in searches] == ["bid"] * 3
        assert searches[1].text == "gpu_ram>=24 dph<2 verified=any"
        assert searches[2].text == "gpu_ram>=24 dph<2 verified=any num_gpus=2"
        assert "asking" in bar_line(app)
        await publish(pilot, control, market=Part(replace(market(), search=searches[2]), at=NOW))
        assert "asking" not in bar_line(app)


async def test_sorting_and_price_basis_are_kept(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        await press(pilot, "full_stop")
        await press(pilot, "dollar_sign")
        assert control.kept["offers.basis"] == "GPU"
        assert control.kept["offers.sort"] == ["price", False]
        prices = [(o.dph_total or 0) / (o.num_gpus or 1) for o in offers(app).table.rows]
        assert prices == sorted(prices)
    again = VastApp(control, control.config)
    async with started(again) as pilot:
        assert "$/GPU h" in str(offers(again).table.render_line(0).text)


async def test_enter_and_r_open_the_form_and_read_only_opens_none(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        await press(pilot, "r")
        assert isinstance(app.screen, RentDialog)
        await press(pilot, "escape")
        assert not [asked for asked in control.asked if asked[0] == "rent"]
        await publish(pilot, control, read_only=True)
        await press(pilot, "r")
        await press(pilot, "enter")
        assert not isinstance(app.screen, RentDialog)


async def test_the_offers_details_follow_the_cursor(app: VastApp) -> None:
    async with started(app) as pilot:
        await press(pilot, "down")
        assert title(app.screen.query_one(OfferDetailPane)) == "Offer  9000001"


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (Part(), "Asking Vast.ai"),
        (Part(error=Unreachable("no answer from console.vast.ai"), failures=1), "no answer from console.vast.ai"),
        (Part(Market(Search(), HostFilter().cut([])), at=NOW), "No machine on the market"),
        (Part(market(1, blocked=[51_000]), at=NOW), "cut by the host lists"),
    ],
)
async def test_an_empty_market_says_why(config: Config, part: Any, said: str) -> None:
    app = VastApp(StandIn(config, snapshot(market=part)), config)
    async with started(app):
        assert said in "".join(offers(app).table.render_line(y).text for y in range(2, 6))


# Instances


async def test_log_and_details_follow_the_cursor_of_the_instances(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        await press(pilot, "2", "down")
        assert title(app.screen.query_one(LogTail)) == "3 Log  lora-flux"
        assert title(app.screen.query_one(InstanceDetailPane)) == "Details  lora-flux"
        assert control.attended[1] == (LogName(fleet()[1].id),)


async def test_destroy_asks_first_and_wants_the_end_of_a_running_ones_id(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        await press(pilot, "2", "X")
        assert isinstance(app.screen, Confirm)
        await press(pilot, "enter")
        assert not control.asked, "Cancel has the focus"
        await press(pilot, "X")
        app.screen.query_one("#proof").focus()
        await press(pilot, *str(fleet()[0].id)[-4:], "enter", "enter")
        assert control.asked == [("destroy", fleet()[0].id)]


async def test_s_stops_a_running_one_and_starts_a_stopped_one(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        for keys in (("2", "S"), ("G", "S")):
            await press(pilot, *keys)
            assert isinstance(app.screen, Confirm)
            app.screen.act()
            await pilot.pause()
        assert control.asked == [("stop", fleet()[0].id), ("start", stopped().id)]


async def test_label_copy_and_filter(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        await press(pilot, "2", "e", "end", *"-b", "enter")
        assert control.asked == [("label", fleet()[0].id, "upscale-07-b")]
        await press(pilot, "c")
        assert app.clipboard == "ssh -p 41022 root@203.0.113.8"
        await press(pilot, "slash", *"notebook", "enter")
        assert [row.box.label for row in instances(app).table.rows if row.box] == ["notebook"]
        assert title(instances(app)) == "2 Instances  1 of 5"
        await press(pilot, "escape")
        assert len(instances(app).table.rows) == 5


async def test_why_there_is_no_ssh_is_a_toast_and_no_crash(app: VastApp, control: StandIn) -> None:
    def refuse(instance_id: int) -> list[str]:
        raise SshNotReady("no SSH address yet")

    control.ssh_argv = refuse  # type: ignore[method-assign]
    async with started(app) as pilot:
        await press(pilot, "2", "s")
        assert any("no SSH address yet" in str(note.message) for note in app._notifications)
        assert "no SSH address yet" in line_of(app.screen.query_one(InstanceDetailPane))


async def test_a_terminal_that_cannot_be_handed_over_says_so(app: VastApp) -> None:
    async with started(app):
        with pytest.raises(Exception, match="cannot be handed"):
            await shell_out(app, ["true"])


async def test_timers_go_on_without_a_new_picture(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        await press(pilot, "2")
        pane = instances(app)
        assert "pulling 2m 11s" in pane.table.render_line(3).text
        control.now += 5
        pane.tick(control.now)
        assert "pulling 2m 16s" in pane.table.render_line(3).text


async def test_a_failed_listing_keeps_the_rows_and_tells_their_age(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        await press(pilot, "2")
        failed = replace(control.snapshot.boxes, error=Unreachable("x"), failures=2, at=NOW - 34, next_try=NOW + 6)
        await publish(pilot, control, boxes=failed)
        assert len(instances(app).table.rows) == 5
        assert "stale 34s, next try 6s" in str(instances(app).border_subtitle)


# Jobs, cost, events


async def test_nothing_that_a_machine_says_becomes_an_escape_or_markup(config: Config) -> None:
    hostile = instance(7, label="\x1b]0;x\x07[bold]evil")
    shown = box(7, row=hostile, progress=Progress(0.5, 1, 2, "it", 2.0, 60, "p\x1b[2J", (), NOW))
    control = StandIn(config, snapshot(boxes=Part((shown, *fleet()[1:]), at=NOW)))
    control.receive(LogName(shown.id), "step 1", "\x1b]0;owned\x07step 2", "done")
    app = VastApp(control, config)
    async with started(app, (200, 60)) as pilot:
        await press(pilot, "2")
        for pane in (InstancesPane, JobsPane, LogTail, InstanceDetailPane):
            found = app.screen.query_one(pane)
            widget = next(iter(w for w in found.children if w.size.height > 1))
            drawn = "".join(widget.render_line(y).text for y in range(widget.size.height))
            assert "\x1b" not in drawn
            assert "\x07" not in drawn
        assert "[bold" in instances(app).table.render_line(1).text
        assert "[bold]evil" in title(app.screen.query_one(LogTail))


async def test_jobs_lead_to_their_log_and_tell_their_last_line(app: VastApp) -> None:
    async with started(app) as pilot:
        await press(pilot, "4", "down", "l")
        assert title(app.screen.query_one(LogTail)) == "3 Log  lora-flux"
        assert isinstance(app.focused, LogView)


async def test_events_stay_at_the_bottom_while_the_cursor_is_there(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        await press(pilot, "6")
        first = control.snapshot.events
        many = tuple(replace(first[0], at=NOW + n, text=f"event {n}") for n in range(80))
        await publish(pilot, control, events=(*first, *many))
        table = app.screen.query_one(EventsPane).query_one(Table)
        assert table.cursor == 80
        await press(pilot, "g")
        await publish(pilot, control, events=(*first, *many, replace(first[0], text="new")))
        assert table.cursor == 0


async def test_unchanged_pictures_do_not_touch_the_rows(app: VastApp, control: StandIn) -> None:
    async with started(app, (200, 60)) as pilot:
        await press(pilot, "2")
        tables = [app.screen.query_one(pane).query_one(Table) for pane in (OffersPane, InstancesPane, JobsPane)]
        rows = [table.rows for table in tables]
        for second in range(5):
            await publish(pilot, control, now=NOW + second)
        assert all(table.rows is before for table, before in zip(tables, rows, strict=True))


def test_the_phases_that_can_be_started_are_down() -> None:
    from vasttui.tui.panes.instances import STARTABLE

    assert not any(phase.up for phase in STARTABLE)
    assert Phase.STOPPED in STARTABLE
