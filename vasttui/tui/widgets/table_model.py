"""What a table knows without a screen: its columns, which of them fit, and the order of its rows. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, Final, Generic, TypeVar

from vasttui.tui.format import Align, cells, clean, cut
from vasttui.tui.glyphs import GlyphSet
from vasttui.tui.palette import Piece

Row = TypeVar("Row")
Key = int | str
Content = str | tuple[Piece, ...]

GAP: Final = 2
GUTTER: Final = 1


@dataclass(frozen=True, kw_only=True)
class Column(Generic[Row]):
    """One column of a table.

    Attributes:
        key: its name in settings and messages.
        title: its heading; the unit stands here and not in the cells.
        cell: a row's text in it, or pieces of text with a style each.
        width: cells it takes; a flexible column's least width.
        align: numbers stand at the right.
        style: the style of plain text in it, or what gives it for a row.
        priority: columns with the highest number leave first when the table is narrow; 0 stays.
        flex: its share of the width that is left over; 0 keeps `width`.
        max_width: where a flexible column ends, None for no end.
        sort_key: a row's place when sorting by it, None for "not known"; without it the column does not
            sort.
        descending: whether sorting by it starts with the largest.
        draw: replaces `cell` where the text depends on the width, such as a progress line.
        glow: whether a changed value lights up once.
        help: one sentence for those who choose columns.
        extra: it is there only when chosen.
    """

    key: str
    title: str
    width: int
    cell: Callable[[Row], Content] = lambda _row: ""
    align: Align = "left"
    style: str | Callable[[Row], str] = "text"
    priority: int = 0
    flex: int = 0
    max_width: int | None = None
    sort_key: Callable[[Row], Any] | None = None
    descending: bool = False
    draw: Callable[[Row, int], Content] | None = None
    glow: bool = False
    help: str = ""
    extra: bool = False

    def content(self, row: Row, width: int) -> Content:
        """What stands in the cell of that row."""
        return self.cell(row) if self.draw is None else self.draw(row, width)


@dataclass(frozen=True, slots=True)
class Placed(Generic[Row]):
    """A column that fits: its first cell from the left edge of the table, and its width."""

    column: Column[Row]
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class Sort:
    """By which column a table is sorted, and by which ones `then` where rows are equal."""

    column: str
    descending: bool = False
    then: tuple[Sort, ...] = ()

    @property
    def keys(self) -> tuple[Sort, ...]:
        """Each column with its direction, the first one first."""
        return (Sort(self.column, self.descending), *self.then)

    def also(self, column: str, *, descending: bool) -> Sort:
        """Sorted by that column as the last one; one that it is sorted by already is turned in its place."""
        if all(key.column != column for key in self.keys):
            return replace(self, then=(*self.then, Sort(column, descending)))
        first, *rest = (Sort(k.column, k.descending is not (k.column == column)) for k in self.keys)
        return replace(first, then=tuple(rest))


def place(columns: Sequence[Column[Row]], available: int) -> tuple[Placed[Row], ...]:
    """The columns that fit into `available` cells, whole, in their order.

    Those with the highest priority number leave first, of equal ones the rightmost. What is left over goes to
    the flexible columns.
    """
    kept = list(columns)
    while len(kept) > 1 and _width(kept) > available:
        leaving = max(range(len(kept)), key=lambda i: (kept[i].priority, i))
        del kept[leaving]
    widths = _stretched(kept, available - _width(kept))
    placed, x = [], GUTTER
    for column, width in zip(kept, widths, strict=True):
        width = max(0, min(width, available - x))
        placed.append(Placed(column, x, width))
        x += width + GAP
    return tuple(placed)


def _width(columns: Sequence[Column[Row]]) -> int:
    return GUTTER + sum(column.width for column in columns) + GAP * (len(columns) - 1)


def _stretched(columns: Sequence[Column[Row]], rest: int) -> list[int]:
    widths = [column.width for column in columns]
    growing = [i for i, column in enumerate(columns) if column.flex > 0]
    while rest > 0 and growing:
        shares = sum(columns[i].flex for i in growing)
        spent = 0
        for i in tuple(growing):
            share, most = max(1, rest * columns[i].flex // shares), columns[i].max_width
            room = share + 1 if most is None else most - widths[i]
            step = max(0, min(share, room, rest - spent))
            widths[i] += step
            spent += step
            if room <= share:
                growing.remove(i)
        rest -= spent
        if not spent:
            break
    return widths


Values = tuple[Callable[[Sequence[int]], list[Any]], bool]
"""What rows, named by their places, are sorted by, and whether downwards."""


def order(keys: Sequence[Key], by: Sequence[Values]) -> list[int]:
    """The places of rows by their sort values; unknown ones (None, NaN) last in both directions, ties by key.

    O(n log n). Ties have an order of their own, so a refresh in another order moves nothing. The second and
    later values are asked of rows only that are equal so far.
    """
    return _ordered(range(len(keys)), keys, by)


def _ordered(places: Sequence[int], keys: Sequence[Key], by: Sequence[Values]) -> list[int]:
    if not by:
        return sorted(places, key=keys.__getitem__)
    (values_of, descending), rest = by[0], by[1:]
    values = values_of(places)
    known = [i for i, value in enumerate(values) if value is not None and value == value]
    known.sort(key=values.__getitem__, reverse=descending)
    unknown = set(range(len(values))).difference(known) if len(known) < len(values) else ()
    found = [places[i] for i in known]
    start = 0
    for i in range(1, len(known) + 1):
        if i == len(known) or values[known[i]] != values[known[start]]:
            if i - start > 1:
                found[start:i] = _ordered(found[start:i], keys, rest)
            start = i
    return found + _ordered([places[i] for i in unknown], keys, rest)


def cell_pieces(place: Placed[Row], row: Row, glyphs: GlyphSet) -> tuple[Piece, ...]:
    """A cell's text, cleaned, in exactly the column's width. Text that is too long ends in an ellipsis.

    A number that is too long is replaced by the ellipsis: digits that are missing would be a wrong number.
    """
    column, width = place.column, place.width
    content = column.content(row, width)
    if isinstance(content, str):
        style = column.style if isinstance(column.style, str) else column.style(row)
        content = ((content, style),)
    return aligned(content, width, column.align, glyphs["ellipsis"])


def aligned(pieces: Sequence[Piece], width: int, align: Align, ellipsis: str) -> tuple[Piece, ...]:
    """Pieces of text, cleaned, cut or padded to exactly `width` cells."""
    texts = [(clean(text), style) for text, style in pieces]
    total = sum(cells(text) for text, _ in texts)
    if total > width:
        if align == "right":
            texts, total = [(ellipsis[:width], texts[-1][1])], min(1, width)
        else:
            texts, total = _cut(texts, width, ellipsis), width
            total = sum(cells(text) for text, _ in texts)
    blanks: tuple[Piece, ...] = ((" " * (width - total), ""),) if total < width else ()
    return (*blanks, *texts) if align == "right" else (*texts, *blanks)


def _cut(pieces: Sequence[Piece], width: int, ellipsis: str) -> list[Piece]:
    kept: list[Piece] = []
    for text, style in pieces:
        if cells(text) >= width:
            kept.append((cut(text + " ", width, ellipsis), style))
            break
        kept.append((text, style))
        width -= cells(text)
    return kept


def _values(column: Column[Row], rows: Sequence[Row], descending: bool) -> Values:
    sort_key = column.sort_key
    assert sort_key is not None
    return (lambda places: [sort_key(rows[place]) for place in places]), descending


class RowSet(Generic[Row]):
    """The rows of a table in the order shown, found by their key.

    Attributes:
        rows: the rows in the order shown.
        keys: their keys, in the same order.
        index: the place of each key.
    """

    def __init__(self, key: Callable[[Row], Key]) -> None:
        self._key = key
        self.rows: list[Row] = []
        self.keys: list[Key] = []
        self.index: dict[Key, int] = {}

    def replace(self, rows: Iterable[Row], by: Sequence[tuple[Column[Row], bool]] = ()) -> None:
        """Take other rows, sorted `by` columns, each with whether downwards. A key that comes twice counts once."""
        given = list(rows)
        keys = list(map(self._key, given))
        places: Sequence[int] = range(len(keys))
        if len(set(keys)) != len(keys):
            places = list(dict(zip(keys, places, strict=True)).values())
            given, keys = [given[i] for i in places], [keys[i] for i in places]
        if values := [_values(column, given, descending) for column, descending in by if column.sort_key is not None]:
            places = order(keys, values)
            given, keys = [given[i] for i in places], [keys[i] for i in places]
        self.rows, self.keys = given, keys
        self.index = dict(zip(keys, range(len(keys)), strict=True))

    def row_of(self, key: Key) -> Row | None:
        """The row with that key, or None."""
        place = self.index.get(key)
        return None if place is None else self.rows[place]

    def nearest(self, keys: Sequence[Key], cursor: int) -> int:
        """Where a cursor at place `cursor` of former `keys` belongs now: its key or the nearest after it."""
        for i in chain(range(cursor, len(keys)), range(min(cursor, len(keys)) - 1, -1, -1)):
            place = self.index.get(keys[i])
            if place is not None:
                return place
        return 0
