"""Asks for one line of text."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Label

from vasttui.errors import UsageError
from vasttui.tui.dialogs.dialog import Dialog
from vasttui.tui.format import clean


class PromptText(Dialog[str]):
    """One field with its present text; enter in the field answers with it.

    Args:
        title: a few words.
        text: one sentence that says what will happen.
        value: what stands in the field.
        verb: the word on the button.
        check: raises UsageError for a text that cannot be taken.
    """

    AUTO_FOCUS = "#text"

    def __init__(
        self,
        title: str,
        text: str,
        value: str = "",
        *,
        verb: str = "Set",
        check: Callable[[str], object] = str,
        max_length: int = 1000,
    ) -> None:
        super().__init__()
        self._texts = (title, text, value, verb)
        self._check = check
        self._max_length = max_length

    def compose(self) -> ComposeResult:
        """The sentence, the field, what is wrong with it, the buttons."""
        title, text, value, verb = self._texts
        with Vertical(classes="dialog") as frame:
            frame.border_title = clean(title).replace("[", r"\[")
            yield Label(clean(text), markup=False, classes="sentence")
            yield Input(clean(value), id="text", max_length=self._max_length, compact=True)
            yield Label("", id="problem", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button(verb, id="act", compact=True, variant="primary")

    def _problem(self) -> str:
        try:
            self._check(self.query_one("#text", Input).value)
        except UsageError as error:
            return error.message
        return ""

    def on_input_changed(self) -> None:
        """Say what is wrong while one types."""
        problem = self._problem()
        self.query_one("#problem", Label).update(clean(problem))
        self.query_one("#act", Button).disabled = bool(problem)

    def on_input_submitted(self) -> None:
        """Enter answers: a text spends nothing."""
        self.act()

    def act(self) -> None:
        """Answer with the text."""
        if not self._problem():
            self.dismiss(self.query_one("#text", Input).value.strip())
