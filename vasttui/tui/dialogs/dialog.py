"""What all dialogs have in common: a calm frame in the middle, Cancel focused, escape leaves."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Button

from vasttui.tui.actions import bindings

Result = TypeVar("Result")


class Dialog(ModalScreen[Result | None]):
    """A dialog; left with escape or Cancel its result is None, and nothing happens.

    A subclass names the button that does it `#act`, and answers `act`.
    """

    AUTO_FOCUS = "#cancel"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("dialog"),
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
        Binding("space", "press", show=False),
    ]

    def action_cancel(self) -> None:
        """Leave; nothing happens."""
        self.dismiss(None)

    def action_press(self) -> None:
        """Press the focused button."""
        if isinstance(self.focused, Button):
            self.focused.press()

    def act(self) -> None:
        """What the verb's button does."""
        raise NotImplementedError

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Cancel, or do it."""
        event.stop()
        if event.button.id == "act":
            self.act()
        else:
            self.dismiss(None)
