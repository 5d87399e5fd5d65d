"""The market: a table of offers, a filter as one types, the query, and what the host lists cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widget import Widget

from vasttui.api.models import Offer
from vasttui.errors import UsageError, VastError
from vasttui.offers.filter import LiveFilter, OfferIndex, compile_filter
from vasttui.offers.hosts import Book
from vasttui.snapshot import Market, Search, Snapshot
from vasttui.tui.actions import BY_ID, bindings, keys_of
from vasttui.tui.format import cells, count, plural
from vasttui.tui.glyphs import glyphs_of
from vasttui.tui.messages import OfferChosen
from vasttui.tui.panes.health import freshness
from vasttui.tui.panes.offers.asking import first_rows_text
from vasttui.tui.panes.offers.bar import SearchBar
from vasttui.tui.panes.offers.columns import View, offer_columns
from vasttui.tui.panes.offers.grouping import grouped
from vasttui.tui.panes.offers.host_actions import HostActions
from vasttui.tui.panes.offers.nothing import nothing_text
from vasttui.tui.panes.offers.prices import PriceActions
from vasttui.tui.panes.offers.pricing import Basis
from vasttui.tui.panes.offers.searching import Searching
from vasttui.tui.panes.offers.standing import changes_text
from vasttui.tui.widgets.prompt import Prompt
from vasttui.tui.widgets.table import Column, Sort, Table
from vasttui.tui.widgets.table_messages import Highlighted, Selected

GROUP_KEY = "offers.grouped"

EDGE = 6
"""Cells of a frame's edge that hold no text: its corners, a line and a blank at each side."""


class OffersPane(HostActions, PriceActions, Searching):
    """Looks for offers, and rents one."""

    SCOPE: ClassVar[str] = "offers"
    NUMBER: ClassVar[int | None] = 1
    NAME: ClassVar[str] = "Offers"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("offers")]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._market: Market | None = None
        self._drawn: Snapshot | None = None
        self._lists = Book()
        self._asked: Search | None = None
        self._index = OfferIndex(())
        self._reasons: dict[int, str] = {}
        self._others: dict[int, int] = {}
        self._changes = ""
        self._wanted = LiveFilter()
        self._wrong = ""
        self._showing_cut = False
        self._grouped = False
        self._made_for: tuple[object, ...] = ()
        self._told: Offer | None = None

    def compose(self) -> ComposeResult:
        """What is asked, the rows, and the line to filter them."""
        yield SearchBar()
        with Vertical(classes="frame"):
            yield Table[Offer](self._columns(), key=lambda o: o.id, sort=Sort("price"), markable=True, glow=True)
            yield Prompt(placeholder="words, field>value, !word")

    @property
    def frame(self) -> Widget:
        """The frame of the rows; what is asked stands above it."""
        return self.query_one(".frame")

    def on_mount(self) -> None:
        """Group as the last time."""
        self._grouped = self.control.recall(GROUP_KEY) is True

    @property
    def offer(self) -> Offer | None:
        """The offer under the cursor."""
        return self.table.cursor_row

    @property
    def search(self) -> Search:
        """What was asked last; before the first answer what is asked at the start."""
        if self._asked is not None:
            return self._asked
        if (market := self.snapshot.market.value) is not None:
            return market.search
        try:
            return self.control.default_search()
        except VastError:  # the dashboard has told it
            return Search()

    # Pictures

    def show(self, snapshot: Snapshot) -> None:
        """Draw the market if it is another one."""
        market, lists, before = snapshot.market.value, snapshot.book, self._market
        self._drawn = snapshot
        if market is not before:
            self._take(market, before)
        elif lists is not self._lists:
            self.table.repaint()
        self._lists = lists
        if self.recolumn():
            self.refilter()
        self.relabel()

    def tick(self, now: float) -> None:
        """The age goes on."""
        self.relabel()

    def on_resize(self) -> None:
        """Another width has room for more or less in the edge."""
        self.relabel()

    def _take(self, market: Market | None, before: Market | None) -> None:
        self._market = market
        if market is not None and market.search == self._asked:
            self._asked = None
        self._changes = changes_text(market) if market is not None else ""
        if market is not None and before is not None and market.hosts is before.hosts:
            self.table.repaint()
            return
        cut = market.hosts.cut if market is not None else ()
        self._reasons.clear()
        self._reasons.update((gone.offer.id, gone.reason) for gone in cut)
        self.recolumn()
        self._index_rows()

    def _index_rows(self) -> None:
        market = self._market
        if market is None:
            self._index = OfferIndex(())
        elif self._showing_cut:
            self._index = OfferIndex(gone.offer for gone in market.hosts.cut)
        else:
            self._index = OfferIndex(market.offers)
        self.refilter()

    def refilter(self) -> None:
        """Show the rows that pass; a clause at the end that is not whole yet does not count."""
        self._wanted, self._wrong = read_filter(self.filter_text, self._wanted)
        rows = self._index.select(self._wanted)
        self._others.clear()
        if self._grouped:
            rows, others = grouped(rows, replace(self.pricing, basis=Basis.HOUR).reader())
            self._others.update(others)
        self.table.set_rows(rows)
        if self.offer is not self._told:
            self._tell()

    def relabel(self) -> None:
        """Bring title, edge, search line and the text of an empty table up to date."""
        snapshot = self.snapshot
        table, filtered = self.table, bool(self.filter_text)
        table.set_empty(nothing_text(snapshot, showing_cut=self._showing_cut, filtered=filtered))
        text = self._count_text()
        if (prompt := self.query_one(Prompt)).is_open:
            prompt.note(self._wrong or text, wrong=bool(self._wrong))
        self.title(f"{text} cut" if self._showing_cut else text)
        key = keys_of(BY_ID["offers.more"], self.control.config.keys)
        first = "" if self._showing_cut else first_rows_text(self._market, key)
        told = (self.job_label, self._changes, first, table.sort_label, freshness(snapshot.market, self.now))
        width = self.frame.outer_size.width
        self.state(fitting(told, width - EDGE) if width else "   ".join(filter(None, told)))
        self.bar.show(snapshot, self.search, self._asked)

    def _count_text(self) -> str:
        if self._market is None:
            return ""
        total, passed = len(self._index.offers), len(self.table.rows) + sum(self._others.values())
        known = f"{count(total)}+" if self._market.more and not self._showing_cut else count(total)
        grouped_or_all = count(passed) if self._grouped else known
        text = f"{count(passed)} of {known}" if self.filter_text else grouped_or_all
        return f"{text} on {plural(len(self.table.rows), 'machine')}" if self._grouped else text

    # Columns

    def _columns(self) -> tuple[Column[Offer], ...]:
        view = View(
            pricing=self.pricing,
            snapshot=lambda: self._drawn or self.snapshot,
            glyphs=glyphs_of(self.app),
            others=self._others if self._grouped else None,
            reasons=self._reasons if self._showing_cut else None,
        )
        return offer_columns(view)

    def recolumn(self) -> bool:
        """Make the columns anew if something that they are made for is another; True when the rows are to follow."""
        known = self.snapshot.histories
        wanted = (self.pricing, self._grouped, self._showing_cut, bool(known.hosts or known.machines))
        if wanted == self._made_for:
            return False
        self._made_for = wanted
        self.table.set_columns(self._columns())
        return True

    def action_cut(self) -> None:
        """Show the cut offers, or the kept ones again."""
        self._showing_cut = not self._showing_cut
        self.recolumn()
        self._index_rows()
        self.relabel()

    def action_group(self) -> None:
        """One row for each machine, or all offers."""
        self._grouped = not self._grouped
        self.shell.remember(GROUP_KEY, self._grouped)
        self.recolumn()
        self.refilter()
        self.relabel()

    # What the table says

    def on_table_highlighted(self, message: Highlighted) -> None:
        """The details follow the cursor."""
        message.stop()
        self._tell()

    def _tell(self) -> None:
        """Another offer is under the cursor, or the same one with other figures."""
        self._told = self.offer
        self.post_message(OfferChosen(self._told))

    def on_table_selected(self, message: Selected) -> None:
        """Enter opens the form, in which nothing is spent yet."""
        message.stop()
        if not self.snapshot.read_only:
            self.action_rent()

    def ask(self, search: Search) -> None:
        """Ask this from now on."""
        self._asked = search
        self.control.search(search)
        if self.recolumn():
            self.refilter()
        self.relabel()


def fitting(parts: Sequence[str], width: int) -> str:
    """Parts of an edge with gaps; those at the left, the least important, leave when it is narrow."""
    kept = [part for part in parts if part]
    while len(kept) > 1 and cells("   ".join(kept)) > width:
        del kept[0]
    return "   ".join(kept)


def read_filter(text: str, before: LiveFilter) -> tuple[LiveFilter, str]:
    """The filter that a text means, and what is wrong with it.

    While its last clause cannot be read the rest of it holds, and while that cannot be read either, `before`.
    """
    try:
        return compile_filter(text), ""
    except UsageError as error:
        wrong = error.message.removeprefix("filter, ").removeprefix("query, ")
    try:
        return compile_filter(text.rpartition(" ")[0]), wrong
    except UsageError:
        return before, wrong
