"""A text field for NAME=value lines, whose values are hidden while nobody edits them."""

from __future__ import annotations

from rich.segment import Segment
from textual.strip import Strip
from textual.widgets import TextArea

from vasttui.tui.format import clean, cut
from vasttui.tui.glyphs import glyphs_of

DOTS = 4
"""Dots that stand for a value, whatever its length."""


def hidden_values(text: str, dot: str) -> list[str]:
    """The lines with dots for their values; what is no NAME=value is hidden whole."""
    lines = []
    for line in text.splitlines():
        name, equals, _ = line.partition("=")
        lines.append(f"{clean(name)}={dot * DOTS}" if equals else dot * DOTS if line.strip() else "")
    return lines


class SecretArea(TextArea):
    """Shows the values only while it has the focus."""

    def render_line(self, y: int) -> Strip:
        """A line as it is for the one who edits it, else with its value hidden."""
        if self.has_focus or not self.text:
            return super().render_line(y)
        glyphs = glyphs_of(self.app)
        lines = hidden_values(self.text, glyphs["mask"])
        place = y + self.scroll_offset.y
        text = lines[place] if place < len(lines) else ""
        width = self.size.width
        shown = Strip([Segment(cut(text, width, glyphs["ellipsis"]))]).adjust_cell_length(width)
        return shown.apply_style(self.rich_style)

    def on_focus(self) -> None:
        """Show the values."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide them."""
        self.refresh()
