"""What a table tells its pane. Handlers: `on_table_highlighted`, or `@on(Table.Highlighted, "#offers")`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.message import Message

from vasttui.tui.widgets.table_model import Key, Sort

if TYPE_CHECKING:
    from vasttui.tui.widgets.table_view import TableView


class TableMessage(Message, namespace="table"):
    """From a table."""

    def __init__(self, table: TableView[Any]) -> None:
        super().__init__()
        self.table = table

    @property
    def control(self) -> TableView[Any]:
        """The table."""
        return self.table


class Highlighted(TableMessage, namespace="table"):
    """The cursor is on another row; `key` is None when there is no row."""

    def __init__(self, table: TableView[Any], key: Key | None) -> None:
        super().__init__(table)
        self.key = key

    def can_replace(self, message: Message) -> bool:
        """Only the last of several waiting ones matters."""
        return isinstance(message, Highlighted) and message.table is self.table


class Selected(TableMessage, namespace="table"):
    """Enter or a double click on a row."""

    def __init__(self, table: TableView[Any], key: Key) -> None:
        super().__init__(table)
        self.key = key


class SortChanged(TableMessage, namespace="table"):
    """Sorted by another column or the other way round."""

    def __init__(self, table: TableView[Any], sort: Sort | None) -> None:
        super().__init__(table)
        self.sort = sort


class MarksChanged(TableMessage, namespace="table"):
    """Rows were marked or unmarked, or marked ones went away."""


class ColumnsWanted(TableMessage, namespace="table"):
    """The user wants to choose the columns."""
