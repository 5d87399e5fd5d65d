"""A few lines of facts: names dim, values plain, drawn whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence

from textual.strip import Strip
from textual.widget import Widget

from vasttui.tui.format import cells, clean
from vasttui.tui.glyphs import glyphs_of
from vasttui.tui.palette import Piece, palette_of
from vasttui.tui.widgets.table_model import aligned

Part = tuple[Piece, ...]
"""What belongs together: it is shown whole, or it is left out."""

Line = tuple[Part, ...]
"""Parts from the most to the least important; three blanks stand between them."""

GAP = "   "


def fact(name: str, *values: Piece | str, width: int = 0) -> Part:
    """A dim name, padded to `width`, and its value; nothing when there is no value."""
    pieces = tuple((value, "text") if isinstance(value, str) else value for value in values)
    if not any(text for text, _ in pieces):
        return ()
    return ((name.ljust(width) + ("  " if width else " "), "dim"), *pieces)


def whole_parts(line: Line, width: int) -> tuple[Piece, ...]:
    """The parts of a line that fit into `width` cells, with gaps; the first one always stays."""
    kept: list[Piece] = []
    used = 0
    for part in line:
        size = sum(cells(clean(text)) for text, _ in part)
        if not size:
            continue
        if kept and used + len(GAP) + size > width:
            continue
        if kept:
            kept.append((GAP, ""))
            used += len(GAP)
        kept.extend(part)
        used += size
    return tuple(kept)


class Sheet(Widget):
    """Draws lines of parts; the same lines again cost nothing."""

    DEFAULT_CSS = """
    Sheet { height: 1fr; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._lines: tuple[Line, ...] = ()

    @property
    def lines(self) -> tuple[Line, ...]:
        """What it shows."""
        return self._lines

    def set_lines(self, lines: Sequence[Line]) -> None:
        """Show these lines from now on."""
        new = tuple(lines)
        if new != self._lines:
            self._lines = new
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line, its text made harmless."""
        width = self.size.width
        if y >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        pieces = aligned(whole_parts(self._lines[y], width), width, "left", glyphs_of(self.app)["ellipsis"])
        return Strip(palette_of(self.app).segments(pieces), width).apply_style(self.rich_style)
