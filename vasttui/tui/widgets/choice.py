"""One of a few words, changed by the arrow keys: `‹ verified ›`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from vasttui.tui.format import clean
from vasttui.tui.glyphs import glyphs_of
from vasttui.tui.palette import palette_of


class Choice(Widget, can_focus=True):
    """Shows the chosen word; left and right, or space, go round.

    Args:
        words: what can be chosen.
        chosen: the present one, which is added in front when it is none of them.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "turn(-1)", show=False),
        Binding("right,space", "turn(1)", show=False),
        Binding("enter,down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]
    DEFAULT_CSS = """
    Choice { height: 1; width: 1fr; padding: 0 1; background: $bar; }
    Choice:focus { background: $selection; }
    """

    class Changed(Message):
        """Another word was chosen."""

    def __init__(self, words: Sequence[str], chosen: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's
        super().__init__(id=id)
        self._words = tuple(words) if chosen in words else (chosen, *words)
        self._at = self._words.index(chosen)

    @property
    def value(self) -> str:
        """The chosen word."""
        return self._words[self._at]

    def action_turn(self, step: int) -> None:
        """Choose the next word, round and round."""
        self._at = (self._at + step) % len(self._words)
        self.refresh()
        self.post_message(self.Changed())

    def on_click(self, event: events.Click) -> None:
        """A click chooses the next word."""
        event.stop()
        self.action_turn(1)

    def render_line(self, y: int) -> Strip:
        """The word between its arrows."""
        glyphs = glyphs_of(self.app)
        tone = "accent" if self.has_focus else "faint"
        pieces = ((f"{glyphs['before']} ", tone), (clean(self.value), "text"), (f" {glyphs['beyond']}", tone))
        strip = Strip(palette_of(self.app).segments(pieces))
        return strip.adjust_cell_length(self.size.width).apply_style(self.rich_style)
