"""A text to read: it scrolls, can be narrowed to lines with some words, and copied."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Label, Static

from vasttui.tui.dialogs.dialog import Dialog
from vasttui.tui.format import clean
from vasttui.tui.widgets.prompt import Prompt

KEYS = "j and k scroll, / finds lines, c copies all of it, esc leaves."


class TextPage(Dialog[None]):
    """Shows a text.

    Args:
        title: a few words.
        text: its lines, long ones are wrapped.
    """

    AUTO_FOCUS = "VerticalScroll"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
        Binding("g,home", "edge(False)", show=False),
        Binding("G,end", "edge(True)", show=False),
        Binding("slash", "find", show=False),
        Binding("c", "copy", show=False),
        Binding("q,enter", "cancel", show=False),
    ]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._heading = title
        self._text = text
        self._lines = [clean(line) for line in text.splitlines()]

    def compose(self) -> ComposeResult:
        """The keys, the text, the line to find something, the way out."""
        with Vertical(classes="dialog page") as frame:
            frame.border_title = Content(clean(self._heading))
            yield Label(KEYS, markup=False, classes="sentence")
            with VerticalScroll():
                yield Static(Content("\n".join(self._lines)), id="told")
            yield Prompt(placeholder="words of a line")
            with Horizontal(classes="buttons"):
                yield Button("Copy", id="act", compact=True)
                yield Button("Close", id="cancel", compact=True, variant="primary")

    @property
    def _scroll(self) -> VerticalScroll:
        return self.query_one(VerticalScroll)

    @on(Prompt.Changed)
    @on(Prompt.Closed)
    def _narrow(self, message: Prompt.Changed | Prompt.Closed) -> None:
        message.stop()
        words = message.text.lower().split()
        lines = [line for line in self._lines if all(word in line.lower() for word in words)]
        self.query_one("#told", Static).update(Content("\n".join(lines) or "No line has these words."))
        self.query_one(Prompt).note(f"{len(lines)} of {len(self._lines)} lines" if words else "")

    def action_scroll(self, lines: int) -> None:
        """Move the text."""
        self._scroll.scroll_relative(y=lines, animate=False)

    def action_edge(self, end: bool) -> None:
        """Go to the first or to the last line."""
        self._scroll.scroll_to(y=self._scroll.max_scroll_y if end else 0, animate=False)

    def action_find(self) -> None:
        """Show only lines with some words."""
        self.query_one(Prompt).open()

    def action_copy(self) -> None:
        """Send the whole text to the terminal's clipboard."""
        self.app.copy_to_clipboard(self._text)
        self.notify("The text was sent to the terminal's clipboard.", markup=False)

    def act(self) -> None:
        """The button copies; the page stays."""
        self.action_copy()
