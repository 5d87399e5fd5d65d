"""Asks before something is spent or lost."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Label

from vasttui.tui.dialogs.dialog import Dialog
from vasttui.tui.format import clean


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Attributes:
        title: a few words.
        text: the consequence in one sentence, with the figures in it.
        verb: the word on the button that does it.
        danger: that button is red.
        proof: what has to be typed before the button works, "" for nothing.
    """

    title: str
    text: str
    verb: str
    danger: bool = False
    proof: str = ""


class Confirm(Dialog[bool]):
    """A question with Cancel, which has the focus, and a verb. The result is True only for the verb."""

    def __init__(self, question: Question) -> None:
        super().__init__()
        self.question = question

    def compose(self) -> ComposeResult:
        """The sentence, the proof if one is wanted, the buttons."""
        asked = self.question
        with Vertical(classes="dialog") as frame:
            frame.border_title = clean(asked.title).replace("[", r"\[")
            yield Label(clean(asked.text), markup=False, classes="sentence")
            if asked.proof:
                with Horizontal(classes="row"):
                    yield Label(f"Type {asked.proof}, the end of its id", markup=False)
                    yield Input(id="proof", max_length=len(asked.proof), compact=True, select_on_focus=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button(
                    asked.verb,
                    id="act",
                    compact=True,
                    variant="error" if asked.danger else "primary",
                    disabled=bool(asked.proof),
                )

    @property
    def armed(self) -> bool:
        """Whether the proof has been given."""
        proof = self.question.proof
        return not proof or self.query_one("#proof", Input).value == proof

    def on_key(self, event: events.Key) -> None:
        """Take the proof also while a button has the focus."""
        if self.question.proof and event.character and event.character.isdigit():
            field = self.query_one("#proof", Input)
            if self.focused is not field:
                event.stop()
                field.focus()
                field.insert_text_at_cursor(event.character)

    def on_input_changed(self) -> None:
        """Arm or disarm the button."""
        self.query_one("#act", Button).disabled = not self.armed

    def on_input_submitted(self) -> None:
        """Enter in the field only leads to the button."""
        if self.armed:
            self.query_one("#act", Button).focus()

    def act(self) -> None:
        """Answer yes, when armed."""
        if self.armed:
            self.dismiss(True)
