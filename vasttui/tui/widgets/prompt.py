"""The one-line input for a filter or a search, which appears in its place and goes away again.

    / gpu_ram>=24 dph<2                                          143 of 812

Enter keeps what was typed and gives the focus back, Esc empties it and closes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from vasttui.tui.actions import bindings
from vasttui.tui.format import clean


class PromptInput(Input, inherit_bindings=True):
    """The field in a prompt."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("prompt"), Binding("down,tab", "keep", show=False)]

    def __init__(self, placeholder: str, leave: Callable[[bool], None]) -> None:
        """Make a field; `leave` is called with whether its text is kept."""
        super().__init__(placeholder=placeholder, compact=True, select_on_focus=False)
        self._leave = leave

    def action_close(self) -> None:
        """Empty it and close."""
        self._leave(False)

    def action_keep(self) -> None:
        """Keep the text and give the focus back."""
        self._leave(True)


class Prompt(Horizontal):
    """A label, a field and a note at the right. Closed, it takes no room."""

    DEFAULT_CSS = """
    Prompt {
        height: 1;
        display: none;
        padding: 0 1;
        & > .prompt--label { width: auto; height: 1; color: $accent; text-style: bold; }
        & > PromptInput { width: 1fr; height: 1; border: none; padding: 0; background: $background; }
        & > PromptInput:focus { border: none; }
        & > .prompt--note { width: auto; height: 1; padding: 0 0 0 2; color: $foreground-muted; }
        & > .prompt--note.-wrong { color: $error; }
    }
    Prompt.-open { display: block; }
    """

    class Changed(Message):
        """Another text stands in the field."""

        def __init__(self, prompt: Prompt, text: str) -> None:
            super().__init__()
            self.prompt = prompt
            self.text = text

        @property
        def control(self) -> Prompt:
            """The prompt."""
            return self.prompt

        def can_replace(self, message: Message) -> bool:
            """Only the last text of several waiting ones matters."""
            return isinstance(message, Prompt.Changed) and message.prompt is self.prompt

    class Closed(Message):
        """The field lost the keys; `text` is what holds from now on, "" after Esc."""

        def __init__(self, prompt: Prompt, text: str) -> None:
            super().__init__()
            self.prompt = prompt
            self.text = text

        @property
        def control(self) -> Prompt:
            """The prompt."""
            return self.prompt

    def __init__(
        self,
        label: str = "/",
        *,
        placeholder: str = "",
        id: str | None = None,  # noqa: A002 - Textual's name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._label = label
        self._input = PromptInput(placeholder, self._leave)
        self._before: Widget | None = None
        self._note = Static(classes="prompt--note")

    def compose(self) -> ComposeResult:
        """Label, field, note."""
        yield Static(Content(f"{self._label} "), classes="prompt--label")
        yield self._input
        yield self._note

    @property
    def text(self) -> str:
        """What stands in the field."""
        return self._input.value

    @property
    def is_open(self) -> bool:
        """Whether it is visible."""
        return self.has_class("-open")

    def open(self, text: str | None = None) -> None:
        """Show it with the focus in it; with a text, that text stands in it."""
        self.add_class("-open")
        if text is not None:
            self._input.value = text
        self._input.cursor_position = len(self._input.value)
        if self.screen.focused is not self._input:
            self._before = self.screen.focused
        self.screen.set_focus(self._input)

    def close(self) -> None:
        """Empty and hide it."""
        self.remove_class("-open")
        self._input.value = ""
        self.note("")

    def note(self, text: str, *, wrong: bool = False) -> None:
        """Say something at the right: a count, or what is wrong with the text."""
        self._note.set_class(wrong, "-wrong")
        self._note.update(Content(clean(text)))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell the pane, as one types."""
        event.stop()
        if self.is_open:
            self.post_message(self.Changed(self, event.value))

    def _leave(self, keep: bool) -> None:
        text = self.text.strip() if keep else ""
        self.screen.set_focus(self._before if self._before is not None and self._before.is_attached else None)
        if not text:
            self.close()
        self.post_message(self.Closed(self, text))
