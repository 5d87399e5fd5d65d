"""A pane with a table that is filtered as one types."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget

from vasttui.tui.panes.pane import Pane
from vasttui.tui.widgets.prompt import Prompt
from vasttui.tui.widgets.table import Sort, Table
from vasttui.tui.widgets.table_messages import SortChanged


class FilteredPane(Pane):
    """Has a `Table` and a `Prompt`; a subclass answers `refilter` and `relabel`. The sorting is kept.

    Attributes:
        filter_text: what was typed, "" for no filter.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "clear_filter", show=False)]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self.filter_text = ""

    @property
    def table(self) -> Table[Any]:
        """The rows."""
        return self.query_one(Table)

    @property
    def focus_target(self) -> Widget | None:
        """The table."""
        return self.table

    def refilter(self) -> None:
        """Show the rows that `filter_text` leaves."""
        raise NotImplementedError

    def relabel(self) -> None:
        """Bring title and edge up to date."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Sort as the last time."""
        kept = self.control.recall(f"{self.SCOPE}.sort")
        if isinstance(kept, list) and len(kept) == 2 and isinstance(kept[0], str):
            self.table.sort_by(Sort(kept[0], bool(kept[1])))

    def on_table_sort_changed(self, message: SortChanged) -> None:
        """Keep the sorting."""
        message.stop()
        sort = message.sort
        self.shell.remember(f"{self.SCOPE}.sort", None if sort is None else [sort.column, sort.descending])
        self.relabel()

    def action_filter(self) -> None:
        """Filter as one types."""
        self.query_one(Prompt).open(self.filter_text)

    def action_clear_filter(self) -> None:
        """Show all rows again."""
        self.query_one(Prompt).close()
        self._filter_by("")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Escape is for the filter only while there is one."""
        if action == "clear_filter":
            return bool(self.filter_text)
        return super().check_action(action, parameters)

    @on(Prompt.Changed)
    def _typed(self, message: Prompt.Changed) -> None:
        message.stop()
        self._filter_by(message.text)

    @on(Prompt.Closed)
    def _left(self, message: Prompt.Closed) -> None:
        message.stop()
        self._filter_by(message.text)
        self.table.focus()

    def _filter_by(self, text: str) -> None:
        if text.strip() != self.filter_text:
            self.filter_text = text.strip()
            self.refilter()
            self.relabel()
