"""The host book: what is written of hosts and machines, and what our rentals taught; each can be changed here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Label

from vasttui.offers.hosts import Page
from vasttui.snapshot import Snapshot
from vasttui.tui.control import Control
from vasttui.tui.dialogs import host_verbs
from vasttui.tui.dialogs.dialog import Dialog
from vasttui.tui.dialogs.host_rows import HostRow, host_columns, host_lines, host_rows
from vasttui.tui.glyphs import glyphs_of
from vasttui.tui.panes.sheet import Sheet
from vasttui.tui.widgets.prompt import Prompt
from vasttui.tui.widgets.table import Sort, Table
from vasttui.tui.widgets.table_messages import ColumnsWanted, Highlighted, Selected

if TYPE_CHECKING:
    from vasttui.tui.app import VastApp

KEYS = "a allows, b blocks, * favourite, n or enter writes a note, delete forgets, / finds, O sorts, esc closes."
EMPTY = "Nothing is written yet, and nothing was rented. `b` on an offer blocks its host."
NOT_FOUND = "Nothing in the book has these words. `esc` there shows all."


class HostTable(Table[HostRow], inherit_bindings=True):
    """The pages as rows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "screen.allow", show=False),
        Binding("b", "screen.block", show=False),
        Binding("asterisk", "screen.favour", show=False),
        Binding("n", "screen.note", show=False),
        Binding("delete,X", "screen.forget", show=False),
        Binding("slash", "screen.find", show=False),
    ]


class HostBookDialog(Dialog[None]):
    """All pages with their histories; follows the picture while it is open."""

    AUTO_FOCUS = "HostTable"

    def __init__(self, control: Control) -> None:
        super().__init__()
        self._control = control
        self._shown: tuple[object, ...] = ()
        self._rows: list[HostRow] = []

    def compose(self) -> ComposeResult:
        """The keys, the pages, the line to find one, what is known of it."""
        with Vertical(classes="dialog hosts") as frame:
            frame.border_title = "Host book"
            yield Label(KEYS, markup=False, classes="sentence")
            columns = host_columns(glyphs_of(self.app), self._control.clock)
            yield HostTable(columns, key=lambda row: row.key, sort=Sort("score", descending=True), empty=EMPTY)
            yield Prompt(placeholder="words of an id, a verdict, a note")
            yield Sheet(id="page")
            with Horizontal(classes="buttons"):
                yield Button("Close", id="cancel", compact=True)

    def on_mount(self) -> None:
        """Draw it, and go on drawing it."""
        self._end: Callable[[], None] = self._control.subscribe(self._draw, lambda _: None)
        self._draw(self._control.snapshot)

    def on_unmount(self) -> None:
        """Draw no more."""
        self._end()

    @property
    def table(self) -> HostTable:
        """The rows."""
        return self.query_one(HostTable)

    @property
    def shell(self) -> VastApp:
        """The app."""
        return cast("VastApp", self.app)

    def _draw(self, snapshot: Snapshot) -> None:
        shown = (snapshot.book, snapshot.histories)
        if all(old is new for old, new in zip(self._shown or (None, None), shown, strict=True)):
            return
        self._shown = shown
        self._rows = host_rows(snapshot.book, snapshot.histories)
        self._list()

    def _list(self) -> None:
        words = self.query_one(Prompt).text.lower().split()
        self.table.set_empty(NOT_FOUND if words else EMPTY)
        self.table.set_rows([row for row in self._rows if row.has(words)])
        self._tell()

    def _tell(self) -> None:
        row = self.table.cursor_row
        self.query_one("#page", Sheet).set_lines(host_lines(row, self._control.clock()) if row is not None else ())

    def _with_page(self, verb: Callable[[VastApp, Page], None]) -> None:
        if (row := self.table.cursor_row) is not None:
            verb(self.shell, row.page)

    def action_allow(self) -> None:
        """Allow it, or no longer."""
        self._with_page(host_verbs.allow)

    def action_block(self) -> None:
        """Block it, or no longer."""
        self._with_page(host_verbs.block)

    def action_favour(self) -> None:
        """Make it a favourite, or no longer."""
        self._with_page(host_verbs.favour)

    def action_note(self) -> None:
        """Write a note."""
        self._with_page(host_verbs.note)

    def action_forget(self) -> None:
        """Remove what is written of it."""
        self._with_page(host_verbs.forget)

    def action_find(self) -> None:
        """Narrow the list as one types."""
        self.query_one(Prompt).open()

    @on(Prompt.Changed)
    @on(Prompt.Closed)
    def _typed(self, message: Prompt.Changed | Prompt.Closed) -> None:
        message.stop()
        self._list()

    def on_table_highlighted(self, message: Highlighted) -> None:
        """The lines below follow the cursor."""
        message.stop()
        self._tell()

    def on_table_selected(self, message: Selected) -> None:
        """Enter writes a note."""
        message.stop()
        self.action_note()

    def on_table_columns_wanted(self, message: ColumnsWanted) -> None:
        """These columns stay as they are."""
        message.stop()
