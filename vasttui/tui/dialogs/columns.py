"""Which columns a table shows: a list of all with what they mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Label

from vasttui.tui.dialogs.dialog import Dialog
from vasttui.tui.format import clean
from vasttui.tui.glyphs import GlyphSet, glyphs_of
from vasttui.tui.widgets.prompt import Prompt
from vasttui.tui.widgets.table import Column, Table
from vasttui.tui.widgets.table_layout import Choice, Layout, choice_of
from vasttui.tui.widgets.table_messages import Highlighted, Selected

KEYS = "space shows or hides, J and K move, + and - set the width, r resets, / finds, enter takes it."


class ColumnList(Table[Column[Any]], inherit_bindings=True):
    """The columns as rows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "screen.show_or_hide", show=False),
        Binding("J,shift+down", "screen.move(1)", show=False),
        Binding("K,shift+up", "screen.move(-1)", show=False),
        Binding("plus,right", "screen.widen(1)", show=False),
        Binding("minus,left", "screen.widen(-1)", show=False),
        Binding("r", "screen.reset", show=False),
        Binding("slash", "screen.find", show=False),
    ]


class ColumnChooser(Dialog[Layout]):
    """Show, hide, move and size columns; its answer is the layout.

    Args:
        title: a few words.
        columns: all that there are.
        layout: what is chosen now.
    """

    AUTO_FOCUS = "ColumnList"

    def __init__(self, title: str, columns: Sequence[Column[Any]], layout: Layout) -> None:
        super().__init__()
        self._heading = title
        self._columns = {column.key: column for column in columns}
        self._choice = choice_of(columns, layout)

    def compose(self) -> ComposeResult:
        """The keys, the columns, the line to find one, the buttons."""
        with Vertical(classes="dialog columns") as frame:
            frame.border_title = Content(clean(self._heading))
            yield Label(KEYS, markup=False, classes="sentence")
            yield ColumnList(
                list_columns(glyphs_of(self.app), lambda: self._choice),
                key=lambda column: column.key,
                empty="No column has these words. `esc` shows all.",
            )
            yield Label("", id="meaning", markup=False)
            yield Prompt(placeholder="words of a column's name or meaning")
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Take", id="act", compact=True, variant="primary")

    def on_mount(self) -> None:
        """List all."""
        self._list()

    @property
    def table(self) -> ColumnList:
        """The rows."""
        return self.query_one(ColumnList)

    def _list(self) -> None:
        words = self.query_one(Prompt).text.lower().split()
        listed = [self._columns[key] for key in self._choice.order]
        self.table.set_rows([column for column in listed if has_words(column, words)])

    def _take(self, choice: Choice) -> None:
        self._choice = choice
        self._list()

    def action_show_or_hide(self) -> None:
        """Show the column under the cursor, or hide it."""
        if (column := self.table.cursor_row) is not None:
            self._take(self._choice.toggled(column.key))

    def action_move(self, step: int) -> None:
        """Move it."""
        if (column := self.table.cursor_row) is not None:
            self._take(self._choice.moved(column.key, step))
            self.table.move_to(column.key)

    def action_widen(self, step: int) -> None:
        """Make it wider or narrower."""
        if (column := self.table.cursor_row) is not None:
            self._take(self._choice.wider(column, step))

    def action_reset(self) -> None:
        """As it is by default."""
        self._take(choice_of(tuple(self._columns.values()), Layout()))

    def action_find(self) -> None:
        """Narrow the list as one types."""
        self.query_one(Prompt).open()

    @on(Prompt.Changed)
    @on(Prompt.Closed)
    def _typed(self, message: Prompt.Changed | Prompt.Closed) -> None:
        message.stop()
        self._list()

    def on_table_highlighted(self, message: Highlighted) -> None:
        """The whole meaning of the column under the cursor, which the list may cut."""
        message.stop()
        column = self.table.cursor_row
        self.query_one("#meaning", Label).update(clean(column.help) if column is not None else "")

    def on_table_selected(self, message: Selected) -> None:
        """Enter takes it."""
        message.stop()
        self.act()

    def act(self) -> None:
        """Answer with what is chosen."""
        self.dismiss(self._choice.layout(tuple(self._columns.values())))


def has_words(column: Column[Any], words: Sequence[str]) -> bool:
    """Whether all the words are in the column's name, title or meaning."""
    text = f"{column.key} {column.title} {column.help}".lower()
    return all(word in text for word in words)


def list_columns(glyphs: GlyphSet, choice: Callable[[], Choice]) -> list[Column[Column[Any]]]:
    """The columns of the list; `choice` gives the present choice."""
    return [
        Column(
            key="shown",
            title="",
            width=1,
            style="good",
            cell=lambda column: glyphs["done"] if column.key in choice().shown else " ",
        ),
        Column(
            key="title",
            title="COLUMN",
            width=10,
            cell=lambda column: column.title.strip() or column.key,
            style=lambda column: "text" if column.key in choice().shown else "dim",
        ),
        Column(
            key="width",
            title="WIDTH",
            width=5,
            align="right",
            style="dim",
            cell=lambda column: str(choice().widths.get(column.key, column.width)),
            priority=1,
        ),
        Column(key="help", title="WHAT IT SAYS", width=20, flex=1, style="dim", cell=lambda column: column.help),
    ]
