"""The search bar under keys: typing, completion, mistakes, history, chips; the form; named searches."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, Label, OptionList, Static

from tests.conftest import until
from tests.tui.pictures import NOW, market, snapshot
from tests.tui.standin import StandIn
from vasttui.config import Config
from vasttui.errors import StorageError
from vasttui.offers.hosts import HostCut
from vasttui.offers.query import parse
from vasttui.offers.relax import Condition, Relaxation
from vasttui.snapshot import Market, Part, Search, WatchedSearch
from vasttui.tui.app import VastApp
from vasttui.tui.dialogs.prompt_text import PromptText
from vasttui.tui.dialogs.query_form import QueryForm
from vasttui.tui.dialogs.searches import Searches
from vasttui.tui.panes.offers.bar import SearchBar
from vasttui.tui.panes.offers.chip_line import ChipLine
from vasttui.tui.panes.offers.pane import OffersPane
from vasttui.tui.panes.offers.saved import HISTORY_KEY, SAVED_KEY, with_saved
from vasttui.tui.widgets.candidates import Candidates
from vasttui.tui.widgets.query_input import QueryInput

FIRST = "gpu_ram>=24 dph<2"
"""What the pictures ask."""


@asynccontextmanager
async def started(app: VastApp, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Pilot[Any]]:
    async with app.run_test(size=size) as pilot:
        await app.furnished.wait()
        await pilot.pause()
        yield pilot


def pane(app: VastApp) -> OffersPane:
    return app.screen.query_one(OffersPane)


def field(app: VastApp) -> QueryInput:
    return app.screen.query_one(QueryInput)


def words(app: VastApp) -> Candidates:
    return app.screen.query_one(Candidates)


def lines(app: VastApp) -> list[str]:
    chips = app.screen.query_one(ChipLine)
    return [chips.render_line(y).text.rstrip() for y in range(chips.size.height)]


def asked(control: StandIn) -> list[Search]:
    return [call[1] for call in control.asked if call[0] == "search"]


async def publish(control: StandIn, **fields: Any) -> None:
    control.publish(replace(control.snapshot, **fields))


async def answer(control: StandIn) -> None:
    """The answer to the last search comes."""
    await publish(control, market=Part(replace(market(), search=asked(control)[-1]), at=NOW))


# Typing


async def test_a_mistake_is_marked_under_its_token_and_mended_by_what_is_said(
    app: VastApp, control: StandIn
) -> None:
    async with started(app) as pilot:
        await pilot.press("e")
        assert field(app).field.has_focus
        assert field(app).field.value == f"{FIRST} "
        before = len(asked(control))
        await pilot.press(*"gpu_rma>=48 ")
        await until(lambda: field(app).said == ("^^^^^^^ unknown field 'gpu_rma'; did you mean gpu_ram?", True))
        underline = field(app).field.underline
        assert field(app).field.value[underline.start : underline.end] == "gpu_rma"
        await pilot.press("enter")
        assert field(app).is_open
        assert len(asked(control)) == before, "a query with a mistake is not asked"
        await pilot.press(*["backspace"] * 12, *"num_gpus>=2")
        await until(lambda: not field(app).said[1])
        await pilot.press("enter")
        await until(lambda: len(asked(control)) > before)
        assert asked(control)[-1].text == f"{FIRST} num_gpus>=2"
        assert not field(app).is_open
        assert app.focused is pane(app).table


async def test_the_clause_at_the_end_is_judged_after_a_pause(app: VastApp) -> None:
    async with started(app) as pilot:
        await pilot.press("e", *"num_gpus<")
        assert not field(app).said[1]
        await until(lambda: field(app).said[1])
        assert "no value after '<'" in field(app).said[0]


async def test_words_are_offered_and_taken(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        await pilot.press("e", *"gpu_na")
        await until(lambda: words(app).shown)
        await pilot.press("tab")
        assert field(app).field.value.endswith("gpu_name")
        operator = words(app).candidate
        assert operator is not None, "behind a field its operators are offered"
        assert operator.text == "="
        await pilot.press("tab")
        await until(lambda: words(app).shown)
        await pilot.press("down", "up", "down", "enter")
        chosen = field(app).field.value.rpartition("=")[2]
        await until(lambda: not words(app).shown)
        await pilot.press("enter")
        await until(lambda: asked(control) != [])
        assert asked(control)[-1].text == f"{FIRST} gpu_name={chosen}"
        assert chosen in {(o.gpu_name or "").replace(" ", "_") for o in market().offers}


async def test_escape_hides_the_words_and_then_leaves_the_query_as_it_was(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        await pilot.press("e", *"gpu")
        await until(lambda: words(app).shown)
        await pilot.press("escape")
        assert not words(app).shown
        assert field(app).is_open
        await pilot.press("escape")
        await until(lambda: not field(app).is_open)
        assert app.focused is pane(app).table
        assert pane(app).search.text == FIRST


async def test_earlier_queries_come_back_by_up_and_what_was_typed_by_down(app: VastApp, control: StandIn) -> None:
    control.kept[HISTORY_KEY] = ["num_gpus=1", "num_gpus=2"]
    async with started(app) as pilot:
        await pilot.press("e", *"dph<1 ")
        typed = field(app).field.value
        seen = []
        for key in ("up", "up", "up", "down", "down"):
            await pilot.press(key)
            seen.append(field(app).field.value)
        assert seen == ["num_gpus=2", "num_gpus=1", "num_gpus=1", "num_gpus=2", typed]
        await pilot.press("up", "enter")
        await until(lambda: asked(control) != [])
        assert control.kept[HISTORY_KEY] == ["num_gpus=1", "num_gpus=2"]
        await answer(control)
        await pilot.press("e", *"dph<1", "enter")
        await until(lambda: len(control.kept[HISTORY_KEY]) == 3)
        assert control.kept[HISTORY_KEY][-1] == "num_gpus=2 dph<1"


async def test_the_present_query_is_no_earlier_one_and_one_that_came_back_offers_no_words(
    app: VastApp, control: StandIn
) -> None:
    control.kept[HISTORY_KEY] = ["num_gpus=1", "gpu_name", FIRST]
    async with started(app) as pilot:
        await pilot.press("e", "up")
        assert field(app).field.value == "gpu_name"
        before = app.focused
        await pilot.press("up")
        await pilot.press("down")
        assert field(app).field.value == "gpu_name"
        assert not words(app).shown, "else the next key would go through words"
        assert app.focused is before
        await pilot.press("down")
        assert field(app).field.value.strip() == FIRST


async def test_before_the_first_answer_the_search_of_the_start_is_what_one_changes(config: Config) -> None:
    control = StandIn(config, snapshot(market=Part()))
    control.default_search = lambda preset=None: Search(text="gpu_ram>=24", preset=preset)  # type: ignore[method-assign]
    app = VastApp(control, config)
    async with started(app) as pilot:
        await pilot.press("t")
        await until(lambda: asked(control) != [])
        assert asked(control)[-1] == Search(text="gpu_ram>=24", type="bid")


async def test_several_lines_can_be_pasted(app: VastApp) -> None:
    async with started(app) as pilot:
        await pilot.press("e", "ctrl+u")
        field(app).field.post_message(events.Paste("num_gpus=2\r\n  dph<1\x1b[31m\n\nverified=any\n"))
        await until(lambda: field(app).field.value == "num_gpus=2 dph<1 verified=any")


async def test_it_says_how_many_of_the_rows_in_hand_would_match(app: VastApp) -> None:
    async with started(app) as pilot:
        await pilot.press("e", *"num_gpus=2")
        note = field(app).query_one(".query--note", Static)
        matching = sum(map(parse(f"{FIRST} num_gpus=2").matches, market().offers))
        assert 0 < matching < 143
        await until(lambda: str(note.render()) == f"{matching} of 143 here")


# Chips


async def test_conditions_are_walked_and_removed_by_keys(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        await pilot.press("x")
        chips = app.screen.query_one(ChipLine)
        await until(lambda: app.focused is chips)
        assert chips.picked is not None
        assert chips.picked.text == "gpu_ram>=24"
        await pilot.press("right", "x")
        await until(lambda: asked(control) != [])
        assert asked(control)[-1].text == "gpu_ram>=24"
        assert app.focused is chips, "one after the other can be removed"
        await pilot.press("end")
        await until(lambda: chips.picked is not None and chips.picked.text == "rentable")
        await pilot.press("delete")
        await until(lambda: len(asked(control)) == 2)
        assert asked(control)[-1].text == "rentable=any gpu_ram>=24"
        await pilot.press("escape")
        await until(lambda: app.focused is pane(app).table)
        assert not chips.can_focus


async def test_enter_edits_the_query_at_the_chip(app: VastApp) -> None:
    async with started(app) as pilot:
        await pilot.press("x", "enter")
        await until(lambda: app.focused is field(app).field)
        assert field(app).field.cursor_position == len("gpu_ram>=24")
        await pilot.press("escape")
        await until(lambda: app.focused is pane(app).table)


@pytest.mark.parametrize("place", [2, 3])
async def test_enter_changes_type_and_storage(app: VastApp, control: StandIn, place: int) -> None:
    async with started(app) as pilot:
        await pilot.press("x", *["right"] * place, "enter")
        if place == 2:
            await until(lambda: asked(control) != [] and asked(control)[-1].type == "bid")
        else:
            await until(lambda: isinstance(app.screen, PromptText))


async def test_at_eighty_columns_whole_chips_and_a_count_of_the_rest(app: VastApp, control: StandIn) -> None:
    async with started(app, (80, 24)) as pilot:
        whole = "/ gpu_ram>=24  dph<2  on-demand  storage 64 GB  by dph_total  verified ×  +2"
        await until(lambda: lines(app) == [whole])
        await publish(control, market=Part(market(80, blocked=[51_003]), at=NOW))
        await until(lambda: lines(app)[0].endswith("cut: 2 blocked"))
        assert "  +4 " in lines(app)[0]
        await pilot.press("x")
        await until(lambda: len(lines(app)) == 2)
        assert "rentable ×" in " ".join(lines(app)), "all of them stand there while one walks"


async def test_a_hostile_query_stays_text(app: VastApp, control: StandIn) -> None:
    async with started(app):
        bad = "gpu_name=[red]\x1b[31mx\u202e machine_id=`rm`"
        await publish(control, market=Part(replace(market(), search=Search(bad)), at=NOW))
        await until(lambda: "[red]" in lines(app)[0])
        assert all(line.isprintable() for line in lines(app))


async def test_nothing_found_is_explained_in_the_table(app: VastApp, control: StandIn) -> None:
    async with started(app):
        why = Relaxation(300, (Condition("dph<0.1", "dph_total", False, 290, 42, "0.113"),))
        await publish(control, market=Part(Market(Search("dph<0.1"), HostCut(), relaxation=why), at=NOW))
        table = pane(app).table
        await until(lambda: any("hides 42 offers" in table.render_line(y).text for y in range(8)))


# Single keys


async def test_storage_is_asked_and_goes_into_the_search(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        await pilot.press("T")
        await until(lambda: isinstance(app.screen, PromptText))
        await pilot.press("ctrl+u", *"1TB", "enter")
        await until(lambda: asked(control) != [])
        assert asked(control)[-1] == replace(market().search, storage_gb=1000.0)


async def test_more_asks_for_twice_as_many_or_says_that_all_are_here(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        await pilot.press("m")
        assert asked(control) == []
        await publish(control, market=Part(replace(market(), more=True), at=NOW))
        await pilot.press("m")
        await until(lambda: asked(control) != [])
        assert asked(control)[-1].limit == 128


async def test_a_watch_begins_at_the_cheapest_price_and_ends_with_nothing(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        await pilot.press("w")
        await until(lambda: isinstance(app.screen, PromptText))
        cheapest = min(o.dph_total for o in market().offers if o.dph_total is not None)
        assert app.screen.query_one(Input).value == f"{cheapest:.3f}"
        await pilot.press("ctrl+u", *"0.25", "enter")
        search = market().search
        await until(lambda: ("watch", search, 0.25) in control.asked)
        await publish(control, watched=(WatchedSearch(search.text, search, 0.25),))
        await until(lambda: "watched below $0.250/h" in lines(app)[0])
        await pilot.press("w")
        await until(lambda: isinstance(app.screen, PromptText))
        assert app.screen.query_one(Input).value == "0.250"
        await pilot.press("ctrl+u", "enter")
        await until(lambda: ("watch", search, None) in control.asked)


async def test_a_watch_that_cannot_be_kept_is_said(
    app: VastApp, control: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(search: Search, below: float | None) -> None:
        raise StorageError("the journal cannot be written: disk full")

    monkeypatch.setattr(control, "watch_search", full)
    async with started(app) as pilot:
        await pilot.press("w", "enter")
        await until(lambda: any("disk full" in note.message for note in app._notifications))


# The form and the list


async def test_the_form_makes_the_query_while_one_fills_it(app: VastApp, control: StandIn) -> None:
    async with started(app) as pilot:
        await pilot.press("E")
        await until(lambda: isinstance(app.screen, QueryForm))
        await until(lambda: isinstance(app.focused, Input) and app.focused.id == "models")
        await pilot.press(*"rtx 50")
        suggested = app.screen.query_one("#models", Input)
        await until(lambda: suggested._suggestion == "rtx 5090")
        await pilot.press("right", "tab", "tab", "tab", *"cheap")
        problem = app.screen.query_one("#problem", Label)
        await until(lambda: "most $/h" in str(problem.render()))
        assert app.screen.query_one("#row-price").has_class("-wrong")
        await pilot.press("enter")
        assert isinstance(app.screen, QueryForm), "a wrong field is not asked"
        await pilot.press("ctrl+u", *"0.6")
        query = app.screen.query_one("#query", Static)
        await until(lambda: "gpu_ram>=24 dph<0.6 gpu_name=RTX_5090" in str(query.render()))
        machines = app.screen.query_one("#machines")
        machines.focus()
        await pilot.press("right", "ctrl+s")
        await until(lambda: asked(control) != [])
        assert asked(control)[-1].text == "gpu_ram>=24 dph<0.6 gpu_name=RTX_5090 verified=any"


@pytest.mark.parametrize("size", [(80, 24), (60, 16)])
async def test_the_form_fits_and_its_buttons_are_in_sight(app: VastApp, size: tuple[int, int]) -> None:
    async with started(app, size) as pilot:
        await pilot.press("E")
        await until(lambda: isinstance(app.screen, QueryForm))
        await pilot.pause()
        region = app.screen.query_one("#act").region
        assert region.bottom <= size[1]
        assert region.right <= size[0]


async def test_a_search_is_saved_found_again_and_forgotten(app: VastApp, control: StandIn) -> None:
    control.kept[HISTORY_KEY] = ["num_gpus=4"]
    async with started(app) as pilot:
        await pilot.press("s")
        await until(lambda: isinstance(app.screen, PromptText))
        await pilot.press(*"my [b]", "enter")
        await until(lambda: SAVED_KEY in control.kept)
        control.kept[SAVED_KEY] = with_saved(control.kept[SAVED_KEY], "other", Search("dph<1"))
        await pilot.press("F")
        await until(lambda: isinstance(app.screen, Searches))
        options = app.screen.query_one(OptionList)
        assert options.option_count == 3
        await pilot.press(*"my")
        await until(lambda: options.option_count == 1)
        await pilot.press("ctrl+d")
        await until(lambda: list(control.kept[SAVED_KEY]) == ["other"])
        await pilot.press("ctrl+u")
        await until(lambda: options.option_count == 2)
        await pilot.press("enter")
        await until(lambda: asked(control) != [])
        assert asked(control)[-1] == Search("dph<1")


async def test_named_searches_are_in_the_palette(app: VastApp, control: StandIn) -> None:
    control.kept[SAVED_KEY] = with_saved(None, "mine", Search("dph<1"))
    async with started(app) as pilot:
        await pilot.press("2", "ctrl+p", *"search: mine")
        hits = app.screen.query_one(OptionList)
        await until(lambda: hits.option_count > 0 and hits.highlighted == 0)
        await pilot.press("enter")
        await until(lambda: asked(control) != [])
        assert asked(control)[-1] == Search("dph<1")
        assert app.focused is pane(app).table


async def test_the_bar_needs_no_answer(control: StandIn) -> None:
    control.snapshot = snapshot(market=Part())
    app = VastApp(control, control.config)
    async with started(app) as pilot:
        await until(lambda: lines(app)[0].endswith("asking Vast.ai"))
        await pilot.press("e", *"dph<1", "enter")
        await until(lambda: asked(control)[-1].text == "dph<1")
        assert not app.screen.query_one(SearchBar).typing
