"""The row of numbered panes under the header."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.strip import Strip
from textual.widget import Widget

from vasttui.tui.format import cells
from vasttui.tui.messages import OpenPane
from vasttui.tui.palette import Piece, palette_of

if TYPE_CHECKING:
    from vasttui.snapshot import Snapshot

NAMES = ("Offers", "Instances", "Log", "Jobs", "Cost", "Events")
"""What the panes of the keys 1 to 6 are called; the row is drawn before the panes themselves are loaded."""


class Tabs(Widget):
    """Names the panes, says which is chosen, and takes clicks."""

    def __init__(self) -> None:
        super().__init__(id="tabs")
        self._counts: dict[int, str] = {}
        self._current = 1

    def show(self, snapshot: Snapshot) -> None:
        """Bring the counts up to date."""
        boxes = snapshot.boxes.value
        self._set({} if boxes is None else {2: str(len(boxes))}, self._current)

    def choose(self, number: int) -> None:
        """Mark the chosen pane."""
        self._set(self._counts, number)

    def _set(self, counts: dict[int, str], current: int) -> None:
        if (counts, current) != (self._counts, self._current):
            self._counts, self._current = counts, current
            self.refresh()

    def _labels(self) -> list[tuple[int, str]]:
        counts = {n: f" {count}" for n, count in self._counts.items()}
        return [(n, f" {n} {name}{counts.get(n, '')} ") for n, name in enumerate(NAMES, 1)]

    def render_line(self, y: int) -> Strip:
        """The row."""
        pieces: list[Piece] = []
        for number, label in self._labels():
            pieces.append((label, "accent bold reverse" if number == self._current else "dim"))
            pieces.append((" ", ""))
        strip = Strip(palette_of(self.app).segments(tuple(pieces)))
        return strip.adjust_cell_length(self.size.width).apply_style(self.rich_style)

    def on_click(self, event: events.Click) -> None:
        """Open the pane that was clicked."""
        x = 0
        for number, label in self._labels():
            if x <= event.x < x + cells(label):
                self.post_message(OpenPane(number))
            x += cells(label) + 1
