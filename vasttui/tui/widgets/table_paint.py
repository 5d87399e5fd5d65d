"""How a table's lines look: one strip for the headings, one for each row, kept until it must change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Generic

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.strip import Strip

from vasttui.tui.format import cells, fit
from vasttui.tui.glyphs import GlyphSet
from vasttui.tui.palette import Palette, Piece
from vasttui.tui.widgets.table_model import (
    GUTTER,
    Column,
    Content,
    Key,
    Placed,
    Row,
    Sort,
    cell_pieces,
    place,
)

CACHED_LINES: Final = 512

Lit = frozenset[str]
NOT_LIT: Final[Lit] = frozenset()


class Painter(Generic[Row]):
    """Draws rows into strips of one width, with one palette and one set of glyphs.

    Attributes:
        placed: the columns that fit.
        base: the widget's own colours, under everything.
    """

    def __init__(
        self, columns: Sequence[Column[Row]], palette: Palette, glyphs: GlyphSet, width: int, base: Style
    ) -> None:
        self.placed = place(columns, width)
        self.palette = palette
        self.glyphs = glyphs
        self.width = width
        self.base = base
        self._strips: LRUCache[tuple[Key, str, bool, Lit], Strip] = LRUCache(CACHED_LINES)

    def forget(self) -> None:
        """Draw every row anew from now on."""
        self._strips.clear()

    def row(self, key: Key, row: Row, *, ground: str, marked: bool, lit: Lit = NOT_LIT) -> Strip:
        """A row's line; `ground` is the token under it, "" for none; `lit` columns glow."""
        name = (key, ground, marked, lit)
        strip = self._strips.get(name)
        if strip is None:
            strip = self._strips[name] = self._draw(row, ground, marked, lit)
        return strip

    def _draw(self, row: Row, ground: str, marked: bool, lit: Lit) -> Strip:
        style = self.palette.style
        under, glow = self.base + style(ground), self.base + style("glow")
        line = [Segment(self.glyphs["mark"] if marked else " ", self.base + style("mark"))]
        x = GUTTER
        for placed in self.placed:
            line.append(Segment(" " * (placed.x - x), under))
            below = glow if placed.column.key in lit and not ground else under
            pieces = cell_pieces(placed, row, self.glyphs)
            line.extend(Segment(text, below + style(name)) for text, name in pieces if text)
            x = placed.x + placed.width
        line.append(Segment(" " * (self.width - x), under))
        return Strip([segment for segment in line if segment.text], self.width)

    def glow_values(self, row: Row) -> dict[str, Content]:
        """By column what stands in the cells of the row that may light up."""
        return {p.column.key: p.column.content(row, p.width) for p in self.placed if p.column.glow}

    def headings(self, sort: Sort | None, picked: str | None) -> Strip:
        """The line of the headings, the picked one underlined; an arrow and, from the second on, the rank of a sort."""
        ranks = {} if sort is None else {key.column: (i, key.descending) for i, key in enumerate(sort.keys)}
        pieces: list[Piece] = []
        x = 0
        for placed in self.placed:
            text, at = self._heading(placed, ranks.get(placed.column.key))
            pieces.append((" " * max(0, at - x), ""))
            inner = text.strip(" ")
            lead = len(text) - len(text.lstrip(" "))
            name = "text" if placed.column.key in ranks else "dim"
            pieces.append((" " * lead, ""))
            pieces.append((inner, f"{name} underline" if picked == placed.column.key else name))
            pieces.append((" " * (len(text) - lead - len(inner)), ""))
            x = at + cells(text)
        pieces.append((" " * max(0, self.width - x), ""))
        return self._text(pieces)

    def _heading(self, placed: Placed[Row], rank: tuple[int, bool] | None) -> tuple[str, int]:
        """Text and first cell of a heading. An arrow, and its rank, may stand in the gap beside the column."""
        column, title = placed.column, placed.column.title
        if rank is None:
            return fit(title, placed.width, column.align, self.glyphs["ellipsis"]), placed.x
        place, descending = rank
        arrow = self.glyphs["descending" if descending else "ascending"] + (str(place + 1) if place else "")
        if column.align == "right":
            before = min(cells(arrow), placed.x)
            return fit(arrow + title, placed.width + before, "right", self.glyphs["ellipsis"]), placed.x - before
        room = max(placed.width, min(cells(title + arrow), placed.width + 1))
        return fit(title + arrow, room, "left", self.glyphs["ellipsis"]), placed.x

    def column_at(self, x: int) -> Column[Row] | None:
        """The column whose heading is at that cell, the gap before it included."""
        hit = [placed for placed in self.placed if placed.x - 1 <= x < placed.x + placed.width + 1]
        return hit[-1].column if hit else None

    def empty(self, text: str) -> list[Strip]:
        """What an empty table says, word-wrapped; words in backquotes are keys."""
        lines: list[Strip] = []
        for paragraph in text.splitlines():
            line: list[Piece] = [(" " * GUTTER, "")]
            used = GUTTER
            for word, style in _words(paragraph):
                if used + cells(word.rstrip()) > self.width and used > GUTTER:
                    lines.append(self._text(line))
                    line, used = [(" " * GUTTER, "")], GUTTER
                line.append((word, style))
                used += cells(word)
            lines.append(self._text(line))
        return lines

    def _text(self, pieces: Sequence[Piece]) -> Strip:
        strip = Strip(self.palette.segments(tuple(pieces)))
        return strip.adjust_cell_length(self.width).apply_style(self.base)


def _words(paragraph: str) -> list[Piece]:
    """Words with the blank that follows them; between backquotes they are keys."""
    words: list[Piece] = []
    for i, part in enumerate(paragraph.split("`")):
        style = "accent bold" if i % 2 else "dim"
        pieces = part.split(" ")
        words.extend((word + (" " if n < len(pieces) - 1 else ""), style) for n, word in enumerate(pieces))
    return [(word, style) for word, style in words if word]
