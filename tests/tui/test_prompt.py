from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Button

from vasttui.tui.widgets.prompt import Prompt


class Demo(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.prompt = Prompt()
        self.typed: list[str] = []
        self.closed: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.prompt
        yield Button("below")

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        self.typed.append(event.text)

    def on_prompt_closed(self, event: Prompt.Closed) -> None:
        self.closed.append(event.text)
        self.query_one(Button).focus()


async def test_it_takes_a_line_only_while_it_is_open() -> None:
    app = Demo()
    async with app.run_test(size=(40, 6)) as pilot:
        assert app.query_one(Button).region.y == 0
        app.prompt.open()
        await pilot.press("r", "t", "x")
        assert app.query_one(Button).region.y == 1
        assert app.typed[-1] == "rtx"


async def test_enter_keeps_and_escape_clears() -> None:
    app = Demo()
    async with app.run_test(size=(40, 6)) as pilot:
        app.prompt.open()
        await pilot.press("a", "b", "enter")
        assert app.closed == ["ab"]
        assert app.prompt.has_class("-open")
        assert app.focused is app.query_one(Button)
        app.prompt.open()
        await pilot.press("c")
        assert app.prompt.text == "abc"
        await pilot.press("escape")
        assert app.closed == ["ab", ""]
        assert not app.prompt.is_open
        assert app.prompt.text == ""


async def test_a_note_is_text_and_goes_with_the_prompt() -> None:
    app = Demo()
    async with app.run_test(size=(60, 6)) as pilot:
        app.prompt.open("x")
        app.prompt.note("[red]no field 'x'\x1b[0m", wrong=True)
        await pilot.pause()
        note = app.query_one(".prompt--note")
        assert str(note.render()) == "[red]no field 'x'"
        assert note.has_class("-wrong")
        app.prompt.close()
        assert not note.has_class("-wrong")


async def test_nothing_kept_closes_it() -> None:
    app = Demo()
    async with app.run_test(size=(40, 6)) as pilot:
        app.prompt.open()
        await pilot.press("space", "enter")
        assert app.closed == [""]
        assert not app.prompt.is_open
