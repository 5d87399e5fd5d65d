"""The table of offers under keys: columns, groups, prices, comparing, raw rows, copying."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from textual.pilot import Pilot

from tests.conftest import until
from tests.tui.pictures import NOW, market, offer
from tests.tui.standin import StandIn
from vasttui.api.models import Offer
from vasttui.offers.changes import Change
from vasttui.offers.hosts import HostFilter
from vasttui.snapshot import Market, Part, Search
from vasttui.tui.app import VastApp
from vasttui.tui.dialogs.columns import ColumnChooser, ColumnList
from vasttui.tui.dialogs.compare import CompareDialog
from vasttui.tui.dialogs.log_pick import Pick
from vasttui.tui.dialogs.prompt_text import PromptText
from vasttui.tui.dialogs.text_page import TextPage
from vasttui.tui.panes.instances import InstancesPane
from vasttui.tui.panes.offer_detail import OfferDetailPane
from vasttui.tui.panes.offers.pane import OffersPane
from vasttui.tui.panes.sheet import Sheet
from vasttui.tui.widgets.prompt import Prompt
from vasttui.tui.widgets.table import Sort, Table
from vasttui.tui.widgets.table_layout import Layout


@asynccontextmanager
async def started(app: VastApp, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Pilot[Any]]:
    """The app with its first offers drawn."""
    async with app.run_test(size=size) as pilot:
        await until(lambda: bool(app.screen.query(OffersPane)) and len(pane_of(app).table.rows) > 0)
        yield pilot


def pane_of(app: VastApp) -> OffersPane:
    return app.screen_stack[0].query_one(OffersPane)


def heading(app: VastApp) -> str:
    return pane_of(app).table.render_line(0).text


def title(app: VastApp) -> str:
    return str(pane_of(app).frame.border_title)


def edge(app: VastApp) -> str:
    return str(pane_of(app).frame.border_subtitle)


def has_width(app: VastApp, width: int) -> bool:
    return pane_of(app).frame.outer_size.width == width


async def opened(app: VastApp, dialog: type) -> Any:
    await until(lambda: isinstance(app.screen, dialog) and app.screen.is_mounted)
    return app.screen


def found(*rows: Offer, search: Search = Search(), **fields: Any) -> Part[Market]:  # noqa: B008 - frozen
    return Part(Market(search, HostFilter().cut(rows), **fields), at=NOW)


async def publish(app: VastApp, control: StandIn, part: Part[Market]) -> None:
    control.publish(replace(control.snapshot, market=part))
    await until(lambda: part.value is not None and pane_of(app)._market is part.value)


# Columns


async def test_columns_are_chosen_moved_sized_and_kept(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        await pilot.press("C")
        dialog = await opened(app, ColumnChooser)
        await pilot.press("slash", *"gpu_mem", "enter", "space")
        await until(lambda: app.focused is dialog.query_one(ColumnList))
        dialog.action_move(-40)
        await pilot.press("K", "plus", "plus", "enter")
        await until(lambda: "GPU MEM" in heading(app))
        assert heading(app).split()[:3] == ["GPU", "MEM", "GPU"]
        kept = control.kept["offers.columns"]
        assert kept["shown"][0] == "gpu_mem_bw"
        assert kept["widths"] == {"gpu_mem_bw": 9}
    again = VastApp(control, control.config)
    async with started(again):
        assert heading(again).split()[:2] == ["GPU", "MEM"]


async def test_a_column_goes_and_reset_brings_it_back(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        await pilot.press("C")
        await opened(app, ColumnChooser)
        await pilot.press("j", "space", "enter")
        await until(lambda: " N " not in heading(app))
        assert control.kept["offers.columns"]["hidden"] == ["n"]
        await pilot.press("C")
        await opened(app, ColumnChooser)
        await pilot.press("r", "enter")
        await until(lambda: " N " in heading(app))
        assert control.kept["offers.columns"] == Layout().saved()


async def test_escape_leaves_the_columns_as_they_were(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        before = heading(app)
        await pilot.press("C")
        await opened(app, ColumnChooser)
        await pilot.press("space", "j", "space", "escape")
        await until(lambda: not isinstance(app.screen, ColumnChooser))
        assert heading(app) == before
        assert "offers.columns" not in control.kept


async def test_other_tables_have_the_same_chooser(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        await pilot.press("2")
        await until(lambda: app.focused is app.screen.query_one(InstancesPane).table)
        first = app.screen.query_one(InstancesPane).table.columns[1].key
        await pilot.press("C")
        dialog = await opened(app, ColumnChooser)
        assert all(column.help for column in dialog.query_one(ColumnList).rows)
        await pilot.press("j", "space", "enter")
        await until(lambda: control.kept.get("instances.columns", {}).get("hidden") == [first])


async def test_a_bad_memory_of_columns_sorts_and_jobs_is_ignored(control: StandIn) -> None:
    control.kept |= {
        "offers.columns": {"shown": "gpu", "hidden": [1], "widths": {"gpu": -4, "n": "9"}},
        "offers.sort": [["price"], 3],
        "offers.job": ["x", None, 1],
        "offers.basis": "NOPE",
        "offers.grouped": "yes",
    }
    app = VastApp(control, control.config)
    async with started(app):
        assert heading(app).split()[:3] == ["GPU", "N", "VRAM"]
        assert pane_of(app).table.sort == Sort("price")
        assert title(app) == "1 Offers  143"


async def test_several_keys_of_a_sort_are_kept(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        pane_of(app).table.sort_by(Sort("n"))
        await pilot.press("shift+left", "plus")
        await until(lambda: control.kept.get("offers.sort") == ["n", False, "gpu", False])
        rows = [(o.num_gpus, o.gpu_name) for o in pane_of(app).table.rows]
        assert rows == sorted(rows)
        assert "sorted by N ▲, GPU ▲" in edge(app)
    again = VastApp(control, control.config)
    async with started(again):
        assert pane_of(again).table.sort == Sort("n", then=(Sort("gpu"),))


# Prices


async def test_the_job_is_asked_for_priced_and_kept(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        rows = (offer(0, inet_down_cost=0.5), offer(1, inet_down_cost=0.0), offer(2, inet_down_cost=None))
        await publish(app, control, found(*rows))
        await pilot.press("percent_sign")
        dialog = await opened(app, PromptText)
        dialog.query_one("#text").value = "10 h 20 in"
        await pilot.press("enter")
        await until(lambda: "$ JOB" in heading(app))
        assert [row.id for row in pane_of(app).table.rows] == [rows[1].id, rows[0].id, rows[2].id]
        assert ">" in pane_of(app).table.render_line(3).text
        assert "$ for 10 h, 20 GB in, 64 GB disk" in edge(app)
        assert control.kept["offers.job"] == [10.0, 20.0, 0.0]
        assert control.kept["offers.basis"] == "JOB"


async def test_the_price_follows_the_storage_that_is_asked_for(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        row = offer(0, dph_base=0.3, storage_cost=0.36, storage_total_cost=0.036, dph_total=0.332)
        await publish(app, control, found(row, search=Search(storage_gb=64)))
        assert "0.332" in pane_of(app).table.render_line(1).text
        pane_of(app).ask(Search(storage_gb=200))
        await pilot.pause()
        assert "0.400" in pane_of(app).table.render_line(1).text


# What changed, and groups


async def test_the_details_are_those_of_the_last_answer_while_the_cursor_stays(app: VastApp, control: StandIn) -> None:
    async with started(app):
        details = app.screen.query_one(OfferDetailPane).query_one(Sheet)

        def price() -> str:
            return "".join(text for part in details.lines[1] for text, _ in part)

        await publish(app, control, found(offer(0, dph_base=0.4, dph_total=0.4, storage_cost=0.0)))
        await until(lambda: "$0.400/h" in price())
        await publish(app, control, found(offer(0, dph_base=0.2, dph_total=0.2, storage_cost=0.0)))
        await until(lambda: "$0.200/h" in price())


async def test_the_edge_is_never_cut_in_a_word(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        await publish(app, control, found(offer(0), offer(3), more=True))
        whole = len(edge(app)) + len("╰─  ─╯")
        for width in (whole, whole - 1):
            await pilot.resize_terminal(width, 30)
            await until(partial(has_width, app, width))
            lines = [strip.text for strip in app.screen._compositor.render_strips()]
            last = next(line for line in lines if "fresh" in line or "sorted by" in line)
            assert "…" not in last
            assert last.endswith("─╯")


async def test_what_changed_stands_in_the_row_and_in_the_edge(app: VastApp, control: StandIn) -> None:
    async with started(app):
        rows = [offer(0), offer(3), offer(6)]
        changes = {rows[0].id: Change(), rows[1].id: Change(0.9)}
        await publish(app, control, found(*rows, changes=changes, gone=(offer(9),)))
        lines = [pane_of(app).table.render_line(y).text for y in (1, 2, 3)]
        assert [("new" in line, "↓" in line) for line in lines] == [(True, False), (False, True), (False, False)]
        assert "1 new, 1 cheaper, 1 gone" in edge(app)


async def test_slices_of_a_machine_fold_and_unfold(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        rows = [offer(n, machine_id=7, num_gpus=n) for n in (1, 2, 4)] + [offer(5)]
        await publish(app, control, found(*rows))
        await pilot.press("z")
        await until(lambda: len(pane_of(app).table.rows) == 2)
        assert [row.id for row in pane_of(app).table.rows] == [rows[2].id, rows[3].id]
        assert "+2" in pane_of(app).table.render_line(1).text
        assert title(app) == "1 Offers  4 on 2 machines"
        assert control.kept["offers.grouped"] is True
        await pilot.press("z")
        await until(lambda: len(pane_of(app).table.rows) == 4)
        assert "MORE" not in heading(app)


# Comparing, raw rows, copying


async def test_two_marked_offers_are_compared_and_equal_rows_go(app: VastApp) -> None:
    async with started(app) as pilot:
        await pilot.press("space", "space", "equals_sign")
        dialog = await opened(app, CompareDialog)
        table = dialog.query_one(Table)
        names = [row.name for row in table.rows]
        assert names[0] == "price, $/h"
        assert {"GPU", "REL %", "DISK GB"} <= set(names)
        await pilot.press("d")
        await until(lambda: len(table.rows) < len(names))
        assert not any(row.same for row in table.rows)
        await pilot.press("escape")
        await until(lambda: not isinstance(app.screen, CompareDialog))


async def test_comparing_nothing_says_how_it_is_done(app: VastApp) -> None:
    async with started(app) as pilot:
        await pilot.press("equals_sign")
        await until(lambda: any("space" in toast.message for toast in app._notifications))
        assert not isinstance(app.screen, CompareDialog)


async def test_offers_that_do_not_fit_beside_each_other_are_counted(app: VastApp) -> None:
    async with started(app, size=(60, 24)) as pilot:
        await pilot.press("1", *["space"] * 5, "equals_sign")
        dialog = await opened(app, CompareDialog)
        subtitle = dialog.query_one(".compare")
        await until(lambda: "of 5 offers fit" in str(subtitle.border_subtitle))
        table = dialog.query_one(Table)
        first = table.columns[1].title
        await pilot.press("greater_than_sign")
        await until(lambda: table.columns[-1].title == first)
        await pilot.press("less_than_sign")
        await until(lambda: table.columns[1].title == first)


async def test_the_raw_row_is_shown_harmless_narrowed_and_copied(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        row = pane_of(app).offer
        assert row is not None
        control.raw[row.id] = {"id": row.id, "gpu_name": "[red]x[/red]\x1b[2J", "note": "ключ"}
        await pilot.press("y")
        page = await opened(app, TextPage)
        told = page.query_one("#told")
        assert "[red]x[/red]" in str(told.render())
        assert "\x1b" not in str(told.render())
        await pilot.press("c")
        assert json.loads(app.clipboard) == control.raw[row.id]
        await pilot.press("slash", *"gpu_n")
        await until(lambda: "note" not in str(told.render()))
        assert "1 of 5 lines" in str(page.query_one(Prompt)._note.render())
        await pilot.press("escape")
        await until(lambda: "note" in str(told.render()))
        await pilot.press("escape")
        await until(lambda: not isinstance(app.screen, TextPage))


async def test_a_row_that_was_not_kept_says_so(app: VastApp) -> None:
    async with started(app) as pilot:
        await pilot.press("y")
        await until(lambda: any("not kept" in toast.message for toast in app._notifications))


async def test_a_command_is_copied_from_the_menu(app: VastApp) -> None:
    async with started(app) as pilot:
        row = pane_of(app).offer
        assert row is not None
        await pilot.press("c")
        menu = await opened(app, Pick)
        assert len(menu._entries) == 5
        await pilot.press("enter")
        await until(lambda: app.clipboard == f"vasttui rent {row.id} --disk 64")
        await pilot.press("c")
        await opened(app, Pick)
        await pilot.press(*"curl", "enter")
        await until(lambda: app.clipboard.startswith("curl "))
        assert "$VASTAI_API_KEY" in app.clipboard


async def test_cut_offers_tell_why(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        await publish(app, control, Part(market(80, blocked=[51_003]), at=NOW))
        await pilot.press("h")
        await until(lambda: title(app) == "1 Offers  2 cut")
        assert "51003 is blocked" in pane_of(app).table.render_line(1).text
