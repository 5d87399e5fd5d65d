"""The rows of a table on the screen: what it holds, where the cursor is, and its visible lines.

Only what is visible is drawn, so ten thousand rows cost no more than forty. The rows are the caller's own
objects, found by a key. `set_rows` is the whole of updating: the cursor stays on its key, the scroll where it
was, and only lines that look different are painted again. Keys and mouse are in `table.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, Generic

from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from vasttui.tui.glyphs import glyphs_of
from vasttui.tui.palette import palette_of
from vasttui.tui.widgets import table_messages
from vasttui.tui.widgets.table_layout import Layout, arranged
from vasttui.tui.widgets.table_model import Column, Content, Key, Row, RowSet, Sort
from vasttui.tui.widgets.table_paint import NOT_LIT, Lit, Painter

GLOW_SECONDS: Final = 0.9
HEADINGS: Final = 1


class TableView(ScrollView, Generic[Row], inherit_bindings=False):
    """Rows under dim headings, with a cursor and marks, in an order.

    Attributes:
        sort: the columns it is sorted by, None for the order in which the rows came.
        layout_chosen: which columns are shown, in which order.
        marks: keys of the marked rows.
        markable: whether the user can mark rows.
        cursor: the place of the cursor's row.
        picked: the column that the sort key acts on, None for none yet.
    """

    DEFAULT_CSS = """
    TableView {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
    }
    """

    Highlighted = table_messages.Highlighted
    Selected = table_messages.Selected
    SortChanged = table_messages.SortChanged
    MarksChanged = table_messages.MarksChanged
    ColumnsWanted = table_messages.ColumnsWanted

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        key: Callable[[Row], Key],
        *,
        sort: Sort | None = None,
        empty: str = "",
        markable: bool = False,
        glow: bool = False,
        id: str | None = None,  # noqa: A002 - Textual's name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._columns = tuple(columns)
        self.layout_chosen = Layout()
        self._set: RowSet[Row] = RowSet(key)
        self.cursor = 0
        self._empty = empty
        self.markable = markable
        self._glow = glow
        self._lit: dict[Key, Lit] = {}
        self.picked: str | None = None
        self._painter_made: Painter[Row] | None = None
        self.sort = sort
        self.marks: frozenset[Key] = frozenset()

    # What it holds

    @property
    def rows(self) -> Sequence[Row]:
        """The rows in the order shown. Not to be changed."""
        return self._set.rows

    @property
    def cursor_key(self) -> Key | None:
        """The key under the cursor, None in an empty table."""
        return self._set.keys[self.cursor] if self._set.keys else None

    @property
    def cursor_row(self) -> Row | None:
        """The row under the cursor, None in an empty table."""
        return self._set.rows[self.cursor] if self._set.rows else None

    def row_of(self, key: Key) -> Row | None:
        """The row with that key."""
        return self._set.row_of(key)

    def set_rows(self, rows: Iterable[Row]) -> None:
        """Show these rows from now on.

        The cursor stays on its key. When its row is gone it goes to the nearest one that followed it. The
        scroll stays, unless the cursor's row was in sight and would leave it.
        """
        before, old_key, old_cursor, seen = self._painted(), self.cursor_key, self.cursor, self._seen()
        old_keys, in_sight = self._set.keys, self._in_sight(self.cursor)
        self._set.replace(rows, self._sorted_by())
        self.cursor = self._set.nearest(old_keys, old_cursor)
        self.virtual_size = Size(0, len(self._set.rows) + HEADINGS)
        if in_sight and not self._in_sight(self.cursor):
            self._scroll(self.scroll_offset.y + self.cursor - old_cursor)
            before = None
        self._light_up(seen)
        self._repaint_since(before)
        self._announce(old_key)

    def _announce(self, old_key: Key | None) -> None:
        if self.cursor_key != old_key:
            self.post_message(self.Highlighted(self, self.cursor_key))
        if not self.marks <= self._set.index.keys():
            self.set_marks(self.marks)

    def set_columns(self, columns: Sequence[Column[Row]], chosen: Layout | None = None) -> None:
        """Show other columns, or the same in another layout."""
        self._columns = tuple(columns)
        self.layout_chosen = self.layout_chosen if chosen is None else chosen
        self._painter_made = None
        self.refresh()

    @property
    def columns(self) -> tuple[Column[Row], ...]:
        """All columns that there are, also those that are not shown."""
        return self._columns

    def set_empty(self, text: str) -> None:
        """What an empty table says: what it will show, and in backquotes the key that fills it."""
        if text != self._empty:
            self._empty = text
            if not self._set.rows:
                self.refresh()

    def repaint(self) -> None:
        """Ask all visible cells anew, for example because time has passed; paint the lines that changed."""
        self._repaint_since(self._painted())

    # Cursor

    def move_to(self, key: Key) -> bool:
        """Put the cursor on that key; False when it is not there."""
        index = self._set.index.get(key)
        if index is not None:
            self.move_cursor(index)
        return index is not None

    def move_cursor(self, index: int) -> None:
        """Put the cursor on the row at that place, the nearest there is, and show it."""
        index = max(0, min(index, len(self._set.rows) - 1))
        if index != self.cursor:
            old, self.cursor = self.cursor, index
            self.refresh_line(old + HEADINGS)
            self.refresh_line(index + HEADINGS)
            self.post_message(self.Highlighted(self, self.cursor_key))
        if not self._in_sight(index) and self.page > 0:
            self._scroll(index if index < self.scroll_offset.y else index - self.page + 1)

    def _scroll(self, top: int) -> None:
        self.scroll_to(y=top, animate=False, force=True)

    def _in_sight(self, index: int) -> bool:
        return 0 <= index - self.scroll_offset.y < self.page

    @property
    def page(self) -> int:
        """How many rows are visible at a time."""
        return max(0, self.scrollable_content_region.height - HEADINGS)

    # Marks

    def set_marks(self, keys: Iterable[Key]) -> None:
        """Mark these rows, as far as they are here, and no others."""
        marks = frozenset(keys) & self._set.index.keys()
        if marks != self.marks:
            self.marks = marks
            self.refresh()
            self.post_message(self.MarksChanged(self))

    def column_named(self, key: str | None) -> Column[Row] | None:
        """The column with that key, also when it is not shown."""
        return next((column for column in self._columns if column.key == key), None)

    def _sorted_by(self) -> list[tuple[Column[Row], bool]]:
        named = [(self.column_named(key.column), key.descending) for key in self.sort.keys] if self.sort else []
        return [(column, descending) for column, descending in named if column is not None]

    # Drawing

    @property
    def painter(self) -> Painter[Row]:
        """Draws lines for the present width, theme and glyphs."""
        width, base = self.scrollable_content_region.width, self.rich_style
        palette, glyphs = palette_of(self.app), glyphs_of(self.app)
        wanted, made = (palette, glyphs, width, base), self._painter_made
        if made is None or (made.palette, made.glyphs, made.width, made.base) != wanted:
            made = self._painter_made = Painter(arranged(self._columns, self.layout_chosen), *wanted)
        return made

    def render_line(self, y: int) -> Strip:
        """One line of the visible part; 0 is the headings."""
        return self._line(self.painter, y)

    def _line(self, painter: Painter[Row], y: int) -> Strip:
        if y < HEADINGS:
            return painter.headings(self.sort, self.picked)
        index = y - HEADINGS + self.scroll_offset.y
        if index < len(self._set.rows):
            return self._row_line(painter, index)
        said = painter.empty(self._empty) if not self._set.rows and y > HEADINGS else []
        line = y - HEADINGS - 1
        return said[line] if 0 <= line < len(said) else Strip.blank(painter.width, painter.base)

    def _row_line(self, painter: Painter[Row], index: int) -> Strip:
        key = self._set.keys[index]
        ground = ("selection" if self.has_focus else "selection-blurred") if index == self.cursor else ""
        lit = self._lit.get(key, NOT_LIT)
        return painter.row(key, self._set.rows[index], ground=ground, marked=key in self.marks, lit=lit)

    def _painted(self) -> list[Strip] | None:
        if not self.is_mounted or not self.size:
            return None
        painter = self.painter
        return [self._line(painter, y) for y in range(self.scrollable_content_region.height)]

    def _repaint_since(self, before: list[Strip] | None) -> None:
        """Paint what looks different from `before`, everything if that is not known."""
        if self._painter_made is not None:
            self._painter_made.forget()
        after = self._painted()
        if before is None or after is None or len(before) != len(after):
            self.refresh()
            return
        changed = [y for y, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def watch_has_focus(self, value: bool) -> None:
        """Show whether keys go here: the cursor's line is fainter when they do not."""
        super().watch_has_focus(value)
        self.refresh_line(self.cursor + HEADINGS)

    # Changed values light up once

    def _seen(self) -> dict[Key, dict[str, Content]]:
        if not self._glow or self.app.no_color or self.app.animation_level == "none":
            return {}
        top = self.scroll_offset.y
        return self._glow_values(self._set.keys[top : top + self.page])

    def _glow_values(self, keys: Iterable[Key]) -> dict[Key, dict[str, Content]]:
        return {key: self.painter.glow_values(row) for key in keys if (row := self._set.row_of(key)) is not None}

    def _light_up(self, seen: dict[Key, dict[str, Content]]) -> None:
        for key, new in self._glow_values(seen).items():
            old = seen[key]
            changed = frozenset(name for name, value in new.items() if value != old.get(name))
            if changed:
                self._lit[key] = self._lit.get(key, NOT_LIT) | changed
                self.set_timer(GLOW_SECONDS, lambda key=key: self._end_glow(key))

    def _end_glow(self, key: Key) -> None:
        before = self._painted()
        self._lit.pop(key, None)
        self._repaint_since(before)
