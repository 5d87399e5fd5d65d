"""Draws the search as chips, and lets one go through them."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from vasttui.tui.actions import bindings
from vasttui.tui.format import cells
from vasttui.tui.glyphs import glyphs_of
from vasttui.tui.palette import Piece, palette_of
from vasttui.tui.panes.offers.chips import GAP, Chip, laid_out
from vasttui.tui.panes.sheet import Part, whole_parts

LABEL = "/ "
NO_CLAUSE = "any GPU"
WALKING_LINES = 5
TALL = 36
"""Lines of a terminal from which two of them are for the chips."""

LONGEST = 48
"""Cells of a chip; of a longer list only the first values are named."""


class ChipLine(Widget):
    """The chips at the left, what is told at the right. It takes the focus only while one goes through them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("chips"),
        Binding("home", "first", show=False),
        Binding("end", "last", show=False),
    ]
    DEFAULT_CSS = """
    ChipLine { height: auto; width: 1fr; }
    """

    class Removed(Message):
        """Search without this chip."""

        def __init__(self, chip: Chip) -> None:
            super().__init__()
            self.chip = chip

    class Edited(Message):
        """Change what this chip says."""

        def __init__(self, chip: Chip) -> None:
            super().__init__()
            self.chip = chip

    def __init__(self) -> None:
        super().__init__()
        self._chips: tuple[Chip, ...] = ()
        self._told: tuple[tuple[Part, ...], ...] = ((),)
        self._picked = 0
        self._before: Widget | None = None

    @property
    def walking(self) -> bool:
        """Whether one goes through the chips."""
        return self.has_focus

    @property
    def picked(self) -> Chip | None:
        """The chip that the keys are for."""
        return self._chips[self._picked] if self.walking and self._chips else None

    def show(self, chips: tuple[Chip, ...], told: tuple[tuple[Part, ...], ...]) -> None:
        """Draw these; the same again cost nothing.

        Args:
            chips: the most important first.
            told: what to say at the right, the longest wording first.
        """
        if (chips, told) == (self._chips, self._told):
            return
        self._chips, self._told = chips, told
        self._picked = max(0, min(self._picked, len(chips) - 1))
        self._redraw()

    def _redraw(self) -> None:
        lines = len(self._layout(self.size.width)[0])
        self.refresh(layout=lines != self.size.height)

    def walk(self, at: int = 0) -> None:
        """Go through the chips."""
        self.can_focus = True
        if not self.walking:
            self._before = self.screen.focused
        self._picked = max(0, min(at, len(self._chips) - 1))
        self.screen.set_focus(self)

    def watch_has_focus(self, has_focus: bool) -> None:
        """While one goes through them all chips are in sight."""
        super().watch_has_focus(has_focus)
        self.can_focus = has_focus
        self._redraw()

    # Keys

    def action_left(self) -> None:
        """Pick the chip before."""
        self._pick(self._picked - 1)

    def action_right(self) -> None:
        """Pick the chip after."""
        self._pick(self._picked + 1)

    def action_first(self) -> None:
        """Pick the first."""
        self._pick(0)

    def action_last(self) -> None:
        """Pick the last."""
        self._pick(len(self._chips) - 1)

    def _pick(self, place: int) -> None:
        self._picked = max(0, min(place, len(self._chips) - 1))
        self.refresh()

    def action_remove(self) -> None:
        """Search without it."""
        if (chip := self.picked) is not None:
            self.post_message(self.Removed(chip))

    def action_edit(self) -> None:
        """Change it."""
        if (chip := self.picked) is not None:
            self.post_message(self.Edited(chip))

    def action_leave(self) -> None:
        """Give the focus back."""
        if self.walking:
            self.screen.set_focus(self._before if self._before is not None and self._before.is_attached else None)

    def on_click(self, event: events.Click) -> None:
        """Pick the chip under the mouse."""
        event.stop()
        rows, _ = self._layout(self.size.width)
        x = len(LABEL) + (0 if self._named else len(NO_CLAUSE + GAP))
        for place in rows[event.y] if event.y < len(rows) else ():
            size = self._width(self._chips[place])
            if x <= event.x < x + size:
                self.walk(place)
                return
            x += size + len(GAP)

    # Drawing

    @property
    def _lines(self) -> int:
        if self.walking:
            return WALKING_LINES
        return 2 if self.app.size.height >= TALL else 1

    @property
    def _named(self) -> bool:
        return any(chip.kind == "clause" for chip in self._chips)

    def _width(self, chip: Chip) -> int:
        return chip.shortened(LONGEST).width(glyphs_of(self.app))

    def _layout(self, width: int) -> tuple[list[list[int]], tuple[Part, ...]]:
        """Places of the chips by line, and what is told beside them."""
        sizes = [self._width(chip) for chip in self._chips]
        free = width - len(LABEL) - (0 if self._named else len(NO_CLAUSE + GAP))
        found = []
        for told in self._told[-1:] if self.walking else self._told:
            rows = laid_out(sizes, free - _cells(told), self._lines)
            if sum(map(len, rows)) == len(sizes):
                found.append((rows, told))
        if found:
            return min(found, key=lambda pair: len(pair[0]))
        told = next((told for told in self._told[1:] or self._told if _cells(told) <= width * 2 // 5), ())
        return laid_out(sizes, free - _cells(told), self._lines), told

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the chips need."""
        return len(self._layout(width)[0])

    def render_line(self, y: int) -> Strip:
        """A line of chips; the first one also has what is told."""
        width = self.size.width
        rows, told = self._layout(width)
        pieces: list[Piece] = [(LABEL if y == 0 else " " * len(LABEL), "mark")]
        if not self._named:
            blank = " " * len(NO_CLAUSE + GAP)
            pieces.append((NO_CLAUSE + GAP, "dim") if y == 0 else (blank, ""))
        if y < len(rows):
            pieces += self._row(rows[y])
        if (rest := len(self._chips) - sum(map(len, rows))) and y == len(rows) - 1:
            pieces.append((f"{GAP}+{rest}", "faint"))
        palette = palette_of(self.app)
        if y == 0 and told:
            said = whole_parts(told, width)
            size = sum(cells(text) for text, _ in said)
            left = Strip(palette.segments(tuple(pieces))).adjust_cell_length(max(0, width - size))
            return Strip.join([left, Strip(palette.segments(said))]).crop(0, width).apply_style(self.rich_style)
        return Strip(palette.segments(tuple(pieces))).adjust_cell_length(width).apply_style(self.rich_style)

    def _row(self, places: list[int]) -> list[Piece]:
        glyphs, pieces = glyphs_of(self.app), list[Piece]()
        for place in places:
            chip = self._chips[place].shortened(LONGEST)
            lit = self.walking and place == self._picked
            pieces += [(GAP, "")] if place != places[0] else []
            pieces += [(text, f"{tone} reverse" if lit else tone) for text, tone in chip.pieces(glyphs)]
        return pieces


def _cells(told: tuple[Part, ...]) -> int:
    said = sum(cells(text) for text, _ in whole_parts(told, 10_000))
    return said + len(GAP) if said else 0
