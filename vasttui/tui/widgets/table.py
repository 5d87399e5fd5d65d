"""The table that panes use: a `TableView` with the keys of `actions.py` and the mouse.

    columns = [Column(key="gpu", title="GPU", width=12, cell=lambda offer: offer.gpu_name or "?"), ...]
    table = Table(columns, key=lambda offer: offer.id, empty="No offers yet. `e` edits the search.")
    table.set_rows(offers)

A click picks a row, a second one opens it, a click on a heading sorts, the wheel scrolls.
"""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from vasttui.tui.actions import bindings
from vasttui.tui.glyphs import glyphs_of
from vasttui.tui.widgets.table_layout import arranged
from vasttui.tui.widgets.table_model import Column, Content, Key, Row, Sort
from vasttui.tui.widgets.table_view import HEADINGS, TableView

__all__ = ["Column", "Content", "Key", "Sort", "Table"]


class Table(TableView[Row], can_focus=True, inherit_bindings=False):
    """Rows that keys and mouse move over, sort and mark."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("table"),
        Binding("down", "down", show=False),
        Binding("up", "up", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("ctrl+home", "top", show=False),
        Binding("ctrl+end", "bottom", show=False),
        Binding("enter", "choose", show=False),
        Binding("space", "mark", show=False),
    ]

    def sort_by(self, sort: Sort | None) -> None:
        """Sort by a column, None for the order in which rows come next. A cursor at the top stays there."""
        at_top = self.cursor == 0
        self.sort = sort
        if sort is not None and all(key.column != self.picked for key in sort.keys):
            self.picked = sort.column
        self.set_rows(self._set.rows)
        if at_top:
            self._scroll(0)
        self.move_cursor(0 if at_top else self.cursor)
        self.refresh()
        self.post_message(self.SortChanged(self, sort))

    @property
    def sort_label(self) -> str:
        """For the lower edge of a frame: `sorted by $/h ▲, REL ▼`, or nothing."""
        glyphs = glyphs_of(self.app)
        words = [
            f"{column.title.strip()} {glyphs['descending' if descending else 'ascending']}"
            for column, descending in self._sorted_by()
        ]
        return f"sorted by {', '.join(words)}" if words else ""

    @property
    def hidden_columns(self) -> tuple[str, ...]:
        """Titles of the columns that do not fit now."""
        shown = {placed.column.key for placed in self.painter.placed}
        wanted = arranged(self._columns, self.layout_chosen)
        return tuple(column.title for column in wanted if column.key not in shown)

    def action_down(self) -> None:
        """One row down."""
        self.move_cursor(self.cursor + 1)

    def action_up(self) -> None:
        """One row up."""
        self.move_cursor(self.cursor - 1)

    def action_page(self, pages: int) -> None:
        """Some pages down, or up when negative."""
        self.move_cursor(self.cursor + pages * max(1, self.page))

    def action_top(self) -> None:
        """The first row."""
        self.move_cursor(0)

    def action_bottom(self) -> None:
        """The last row."""
        self.move_cursor(len(self.rows) - 1)

    def action_choose(self) -> None:
        """Open the row under the cursor."""
        if self.cursor_key is not None:
            self.post_message(self.Selected(self, self.cursor_key))

    def action_mark(self) -> None:
        """Mark the row under the cursor, or unmark it, and go on to the next."""
        if self.markable and self.cursor_key is not None:
            self.set_marks(self.marks ^ {self.cursor_key})
            self.action_down()

    def action_column_left(self) -> None:
        """Pick the column at the left."""
        self._pick(-1)

    def action_column_right(self) -> None:
        """Pick the column at the right."""
        self._pick(1)

    def action_sort(self) -> None:
        """Sort by the picked column, or turn the order."""
        picked = self.picked or (self.sort.column if self.sort is not None else None)
        if picked is None:
            self._pick(1)
        else:
            self._sort_or_turn(picked)

    def action_sort_also(self) -> None:
        """Sort rows that are equal by the picked column too; again: the other way round."""
        if self.sort is None or self.picked in (None, self.sort.column):
            self.action_sort()
        elif (column := self.column_named(self.picked)) is not None:
            self.sort_by(self.sort.also(column.key, descending=column.descending))

    def action_columns(self) -> None:
        """Choose the columns: the pane asks, since it keeps the answer."""
        self.post_message(self.ColumnsWanted(self))

    def action_sort_previous(self) -> None:
        """Sort by the next column at the left."""
        self._sort_beside(-1)

    def action_sort_next(self) -> None:
        """Sort by the next column at the right."""
        self._sort_beside(1)

    def on_click(self, event: events.Click) -> None:
        """Pick or open a row, or sort by a heading."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y < HEADINGS:
            column = self.painter.column_at(offset.x)
            if column is not None:
                self._sort_or_turn(column.key)
            return
        index = offset.y - HEADINGS + self.scroll_offset.y
        if index < len(self.rows):
            self.move_cursor(index)
            if event.chain == 2:
                self.action_choose()

    def _sortable(self) -> list[str]:
        return [p.column.key for p in self.painter.placed if p.column.sort_key is not None]

    def _beside(self, present: str | None, step: int) -> str | None:
        keys = self._sortable()
        if not keys:
            return None
        if present not in keys:
            return keys[0 if step > 0 else -1]
        return keys[(keys.index(present) + step) % len(keys)]

    def _pick(self, step: int) -> None:
        self.picked = self._beside(self.picked or (self.sort.column if self.sort else None), step)
        self.refresh_line(self.scroll_offset.y)

    def _sort_beside(self, step: int) -> None:
        key = self._beside(self.sort.column if self.sort is not None else None, step)
        if key is not None:
            self._sort_or_turn(key)

    def _sort_or_turn(self, key: str) -> None:
        column = self.column_named(key)
        if column is None or column.sort_key is None:
            return
        turned = self.sort is not None and self.sort.column == key
        down = not self.sort.descending if turned and self.sort is not None else column.descending
        self.sort_by(Sort(key, down))
