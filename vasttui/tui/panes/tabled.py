"""A pane with a table whose columns the user can choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from textual.widget import Widget

from vasttui.tui.dialogs.columns import ColumnChooser
from vasttui.tui.panes.pane import Pane
from vasttui.tui.widgets.table import Table
from vasttui.tui.widgets.table_layout import Layout, read_layout
from vasttui.tui.widgets.table_messages import ColumnsWanted


class TablePane(Pane):
    """Has a `Table`; which columns it shows is kept beyond the end of the program.

    Attributes:
        MEANINGS: by key, what columns say that do not tell it themselves.
    """

    MEANINGS: ClassVar[Mapping[str, str]] = {}

    @property
    def table(self) -> Table[Any]:
        """The rows."""
        return self.query_one(Table)

    @property
    def focus_target(self) -> Widget | None:
        """The table."""
        return self.table

    def on_mount(self) -> None:
        """Show the columns of the last time."""
        layout = read_layout(self.control.recall(f"{self.SCOPE}.columns"))
        if layout != Layout():
            self.table.set_columns(self.table.columns, layout)

    def on_table_columns_wanted(self, message: ColumnsWanted) -> None:
        """Let the user choose, and keep what was chosen."""
        message.stop()
        table = self.table

        def chosen(layout: Layout | None) -> None:
            if layout is not None:
                table.set_columns(table.columns, layout)
                self.shell.remember(f"{self.SCOPE}.columns", layout.saved())

        columns = [replace(column, help=column.help or self.MEANINGS.get(column.key, "")) for column in table.columns]
        self.app.push_screen(ColumnChooser(f"Columns of {self.NAME}", columns, table.layout_chosen), chosen)
