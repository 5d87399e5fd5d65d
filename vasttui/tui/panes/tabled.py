"""A pane with a table whose columns the user can choose."""

from __future__ import annotations

from typing import Any

from textual.widget import Widget

from vasttui.tui.dialogs.columns import ColumnChooser
from vasttui.tui.panes.pane import Pane
from vasttui.tui.widgets.table import Table
from vasttui.tui.widgets.table_layout import Layout, read_layout
from vasttui.tui.widgets.table_messages import ColumnsWanted


class TablePane(Pane):
    """Has a `Table`; which columns it shows is kept beyond the end of the program."""

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

        self.app.push_screen(ColumnChooser(f"Columns of {self.NAME}", table.columns, table.layout_chosen), chosen)
