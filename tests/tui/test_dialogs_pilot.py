"""Dialogs under keys: nothing is spent or lost by one key."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.pictures import stopped
from tests.tui.standin import StandIn
from vasttui.config import Config
from vasttui.errors import NoKey, UsageError
from vasttui.tui.app import VastApp
from vasttui.tui.dialogs.confirm import Confirm, Question
from vasttui.tui.dialogs.prompt_text import PromptText

QUESTION = Question("Destroy x", "Destroy x: all is lost.", "Destroy", danger=True)
PROVEN = Question("Destroy x", "Destroy x: all is lost.", "Destroy", danger=True, proof="7367")


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
