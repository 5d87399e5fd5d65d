"""A pane with a table that is filtered as one types."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType

from vasttui.tui.panes.tabled import TablePane
from vasttui.tui.widgets.prompt import Prompt
from vasttui.tui.widgets.table_layout import read_sort, saved_sort
from vasttui.tui.widgets.table_messages import SortChanged


class FilteredPane(TablePane):
    """Has a `Table` and a `Prompt`; a subclass answers `refilter` and `relabel`. The sorting is kept.

    Attributes:
        filter_text: what was typed, "" for no filter.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "clear_filter", show=False)]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self.filter_text = ""

    def refilter(self) -> None:
        """Show the rows that `filter_text` leaves."""
        raise NotImplementedError

    def relabel(self) -> None:
        """Bring title and edge up to date."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Sort as the last time."""
        if (kept := read_sort(self.control.recall(f"{self.SCOPE}.sort"))) is not None:
            self.table.sort_by(kept)

    def on_table_sort_changed(self, message: SortChanged) -> None:
        """Keep the sorting."""
        message.stop()
        self.shell.remember(f"{self.SCOPE}.sort", saved_sort(message.sort))
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
