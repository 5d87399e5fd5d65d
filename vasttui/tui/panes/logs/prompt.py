"""The lines to type a search or a filter of a log in."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import BindingType

from vasttui.tui.actions import bindings
from vasttui.tui.widgets.prompt import Prompt


class LogPrompt(Prompt):
    """A prompt in which ^t turns plain text into a regular expression, or back.

    Args:
        label: what stands before the field.
        placeholder: what stands in the empty field.
        toggle: text and cursor with the other kind of expression at the cursor.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("log-prompt")]

    def __init__(
        self,
        label: str,
        *,
        placeholder: str,
        toggle: Callable[[str, int], tuple[str, int]],
        id: str,  # noqa: A002 - Textual's name for it
    ) -> None:
        super().__init__(label, placeholder=placeholder, id=id)
        self._toggle = toggle

    def action_expression(self) -> None:
        """Turn plain text into a regular expression, or back."""
        self._input.value, self._input.cursor_position = self._toggle(self.text, self._input.cursor_position)

    def put(self, text: str) -> None:
        """Show this text without taking the focus; "" closes."""
        if not text:
            self.close()
        elif text != self.text or not self.is_open:
            self._input.value = text
            self.add_class("-open")
