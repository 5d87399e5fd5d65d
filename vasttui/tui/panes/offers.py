"""The market: a table of offers, a filter as one types, the query, and what the host lists cut."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widget import Widget

from vasttui.api.models import Offer
from vasttui.errors import UsageError, VastError
from vasttui.offers.filter import LiveFilter, OfferIndex, compile_filter
from vasttui.offers.query import parse
from vasttui.snapshot import Market, Search, Snapshot
from vasttui.tui.actions import bindings
from vasttui.tui.glyphs import glyphs_of
from vasttui.tui.messages import OfferChosen
from vasttui.tui.panes import offer_search
from vasttui.tui.panes.health import freshness
from vasttui.tui.panes.offer_columns import Basis, last_column, offer_columns
from vasttui.tui.panes.offer_detail import standing
from vasttui.tui.panes.pane import Pane
from vasttui.tui.panes.sheet import Sheet
from vasttui.tui.widgets.prompt import Prompt
from vasttui.tui.widgets.table import Sort, Table

FRESH = 120.0
"""Seconds for which offers count as fresh."""


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
        self._wanted: LiveFilter | None = None
        self._filter_error = ""
        self._showing_cut = False
        self._basis = Basis.HOUR
