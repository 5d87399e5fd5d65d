"""The market: a table of offers, a filter as one types, the query, and what the host lists cut."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget

from vasttui.api.models import Offer
from vasttui.errors import UsageError, VastError
from vasttui.offers.filter import LiveFilter, OfferIndex, compile_filter
from vasttui.offers.query import parse
from vasttui.snapshot import Market, Search, Snapshot
from vasttui.tui.actions import bindings
from vasttui.tui.format import count
from vasttui.tui.glyphs import glyphs_of
from vasttui.tui.messages import OfferChosen
from vasttui.tui.panes import offer_search
from vasttui.tui.panes.health import freshness
from vasttui.tui.panes.offer_columns import Basis, offer_columns, reason_column, stand_column
from vasttui.tui.panes.offer_detail import standing
from vasttui.tui.panes.pane import Pane
from vasttui.tui.panes.sheet import Sheet
from vasttui.tui.widgets.prompt import Prompt
from vasttui.tui.widgets.table import Sort, Table

SORT_KEY = "offers.sort"
BASIS_KEY = "offers.basis"


class OffersPane(Pane):
    """Looks for offers, and rents one."""

    SCOPE: ClassVar[str] = "offers"
    NUMBER: ClassVar[int | None] = 1
    NAME: ClassVar[str] = "Offers"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("offers"),
        Binding("escape", "clear_filter", show=False),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._market: Market | None = None
        self._lists: tuple[frozenset[int], frozenset[int]] = (frozenset(), frozenset())
        self._asked: Search | None = None
        self._index = OfferIndex(())
        self._reasons: dict[int, str] = {}
        self._wanted = LiveFilter()
        self._filter_text = ""
        self._filter_error = ""
        self._showing_cut = False
        self._basis = Basis.HOUR

    def compose(self) -> ComposeResult:
        """What is asked, the rows, and the line to type in."""
        yield Sheet(id="search-line")
        yield Table[Offer](self._columns(), key=lambda offer: offer.id, sort=Sort("price"), markable=True, glow=True)
        yield Prompt()

    def on_mount(self) -> None:
        """Sort and price as the last time."""
        name, self._sorted = self.control.recall(BASIS_KEY), self.control.recall(SORT_KEY)
        if isinstance(name, str) and name in Basis.__members__:
            self._basis = Basis[name]
        self._set_columns()
        if sort := _sort_of(self.control.recall(SORT_KEY)):
            self.table.sort_by(sort)

    @property
    def table(self) -> Table[Offer]:
        """The rows."""
        return self.query_one(Table)

    @property
    def focus_target(self) -> Widget | None:
        """The table."""
        return self.table
