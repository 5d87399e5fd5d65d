"""Dialogs under keys: nothing is spent or lost by one key."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input, Static, TextArea

from tests.tui.pictures import offer, stopped
from tests.tui.standin import StandIn
from vasttui.config import Config
from vasttui.errors import NoKey, OfferGone, UsageError
from vasttui.jobs.rental import RentPlan
from vasttui.tui.app import VastApp
from vasttui.tui.dashboard import Dashboard
from vasttui.tui.dialogs.confirm import Confirm, Question
from vasttui.tui.dialogs.prompt_text import PromptText
from vasttui.tui.dialogs.rent import RentDialog
from vasttui.tui.flows import rent

QUESTION = Question("Destroy x", "Destroy x: all is lost.", "Destroy", danger=True)
PROVEN = Question("Destroy x", "Destroy x: all is lost.", "Destroy", danger=True, proof="7367")
SIZES = [(80, 24), (120, 40)]


async def ask(app: VastApp, pilot: Pilot[Any], question: Question, *keys: str) -> list[bool | None]:
    """The answers that were given after these keys."""
    answers: list[bool | None] = []
    await app.push_screen(Confirm(question), answers.append)
    await pilot.pause()
    assert app.focused is not None
    assert app.focused.id == "cancel"
    for key in keys:
        await pilot.press(key)
        await pilot.pause()
    return answers


@pytest.mark.parametrize(
    ("question", "keys", "answers"),
    [
        (QUESTION, ["enter"], [None]),
        (QUESTION, ["escape"], [None]),
        (QUESTION, ["y"], []),
        (QUESTION, ["right", "enter"], [True]),
        (QUESTION, ["tab", "space"], [True]),
        (PROVEN, ["right", "enter"], []),
        (PROVEN, ["tab", "enter"], []),
        (PROVEN, ["7", "3", "6", "8", "enter", "enter"], []),
        (PROVEN, ["7", "3", "6", "7"], []),
        (PROVEN, ["7", "3", "6", "7", "enter"], []),
        (PROVEN, ["7", "3", "6", "7", "enter", "enter"], [True]),
        (PROVEN, ["7", "3", "6", "7", "enter", "left", "enter"], [None]),
    ],
)
async def test_only_the_verb_answers_yes(
    app: VastApp, question: Question, keys: list[str], answers: list[bool | None]
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        assert await ask(app, pilot, question, *keys) == answers


async def test_a_label_cannot_write_markup_into_a_dialog(app: VastApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        evil = Question("Stop [red]x[/", "Stop [@click=app.exit]x[/]: gone.\x1b[31m", "Stop")
        assert await ask(app, pilot, evil, "escape") == [None]


async def test_destroy_from_the_list_asks_with_figures_and_then_does_it(app: VastApp, control: StandIn) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2", "X")
        await pilot.pause()
        assert isinstance(app.screen, Confirm)
        assert "3h 34m of work, $1.04 spent, 12 GB on its disk are lost" in app.screen.question.text
        await pilot.press(*app.screen.question.proof, "enter", "enter")
        await app.workers.wait_for_complete()
        assert control.asked[-1] == ("destroy", control.snapshot.boxes.value[0].id)  # type: ignore[index]


async def test_a_stopped_box_is_started_and_not_stopped(app: VastApp, control: StandIn) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("2", "G", "S")
        await pilot.pause()
        assert isinstance(app.screen, Confirm)
        await pilot.press("right", "enter")
        await app.workers.wait_for_complete()
        assert control.asked[-1] == ("start", stopped().id)


# The rent form


async def open_form(app: VastApp, pilot: Pilot[Any]) -> RentDialog:
    rent(app, offer(0))
    await pilot.pause()
    await pilot.pause()
    dialog = app.screen
    assert isinstance(dialog, RentDialog)
    return dialog


@pytest.mark.parametrize("size", SIZES)
async def test_the_form_opens_on_cancel_with_everything_that_matters_in_sight(
    app: VastApp, size: tuple[int, int]
) -> None:
    async with app.run_test(size=size) as pilot:
        dialog = await open_form(app, pilot)
        assert app.focused is not None
        assert app.focused.id == "cancel"
        assert str(dialog.query_one("#act", Button).label) == "Rent for $0.293/h"
        for name in ("#cancel", "#act", "#cost", "#problem", "#offer"):
            assert dialog.region.contains_region(dialog.query_one(name).region)


async def test_enter_in_a_field_never_rents(app: VastApp, control: StandIn) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await open_form(app, pilot)
        dialog.query_one("#image", Input).focus()
        await pilot.press(*["enter"] * 9)
        assert app.screen is dialog
        assert not [asked for asked in control.asked if asked[0] == "rent"]


async def test_the_price_follows_what_one_types(app: VastApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await open_form(app, pilot)
        dialog.query_one("#disk", Input).value = "720"
        await pilot.pause()
        assert str(dialog.query_one("#act", Button).label) == "Rent for $0.430/h"
        dialog.query_one("#bid", Input).value = "0.1"
        await pilot.pause()
        assert str(dialog.query_one("#act", Button).label) == "Rent for $0.250/h"


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [("#disk", "4", "8 GB or more"), ("#disk", "x", "disk:"), ("#bid", "x", "bid:"), ("#ports", "a b", "ports:")],
)
async def test_a_problem_is_told_while_one_types_and_disarms_the_button(
    app: VastApp, field: str, value: str, problem: str
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await open_form(app, pilot)
        dialog.query_one(field, Input).value = value
        await pilot.pause()
        assert problem in str(dialog.query_one("#problem", Static).visual)
        assert dialog.query_one("#act", Button).disabled


async def test_renting_sends_the_plan_and_goes_to_the_new_instance(app: VastApp, control: StandIn) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await open_form(app, pilot)
        dialog.query_one("#env", TextArea).text = "HF_HOME=/data"
        dialog.query_one("#onstart", TextArea).text = "python train.py"
        await pilot.pause()
        await pilot.press("right", "enter")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert control.asked[-1] == (
            "rent",
            offer(0).id,
            RentPlan(
                image="pytorch/pytorch:latest",
                label="upscale-09",
                env={"HF_HOME": "/data"},
                onstart="python train.py",
            ),
        )
        assert isinstance(app.screen, Dashboard)
        assert app.screen.here is not None
        assert app.screen.here.SCOPE == "instances"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (None, "The answer was lost"),
        (OfferGone("offer 9000000 was taken"), "was taken"),
        (28_400_001, "instance 28400001"),
    ],
)
async def test_every_outcome_of_a_rental_is_told(app: VastApp, control: StandIn, answer: Any, told: str) -> None:
    control.answer = answer
    async with app.run_test(size=(80, 24)) as pilot:
        await open_form(app, pilot)
        await pilot.press("right", "enter")
        await app.workers.wait_for_complete()
        assert [toast for toast in app._notifications if told in toast.message]


async def test_cancel_spends_nothing(app: VastApp, control: StandIn) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await open_form(app, pilot)
        await pilot.press("enter")
        await app.workers.wait_for_complete()
        assert not [asked for asked in control.asked if asked[0] == "rent"]


# One line of text


async def test_a_text_is_answered_by_enter_and_checked_while_one_types(app: VastApp) -> None:
    def number(text: str) -> float:
        try:
            return float(text)
        except ValueError:
            raise UsageError("not a number") from None

    answers: list[str | None] = []
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(PromptText("Bid", "$/h", "0.2", check=number), answers.append)
        await pilot.press("end", "x", "enter")
        await pilot.pause()
        assert answers == []
        await pilot.press("backspace", "5", "enter")
        await pilot.pause()
    assert answers == ["0.25"]


# Without a key


@pytest.mark.parametrize("keys", [["d"], ["enter"]])
async def test_the_welcome_page_leads_to_the_demo(config: Config, keys: list[str]) -> None:
    app = VastApp(None, config, problem=NoKey("no API key was found"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*keys)
    assert app.return_value == "demo"


@pytest.mark.parametrize("key", ["q", "escape", "ctrl+q"])
async def test_the_welcome_page_can_be_left(config: Config, key: str) -> None:
    app = VastApp(None, config, problem=NoKey("no API key was found"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(key)
    assert app.return_value is None
