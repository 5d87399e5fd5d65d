"""The market: a table of offers, a filter as one types, the query, and what the host lists cut."""

from __future__ import annotations

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
from vasttui.offers.query import parse_strictly
from vasttui.snapshot import Market, Search, Snapshot
from vasttui.tui.actions import bindings
from vasttui.tui.dialogs.prompt_text import PromptText
from vasttui.tui.flows import rent
from vasttui.tui.format import count
from vasttui.tui.glyphs import glyphs_of
from vasttui.tui.messages import OfferChosen
from vasttui.tui.panes.filtered import FilteredPane
from vasttui.tui.panes.health import freshness
from vasttui.tui.panes.offer_detail import standing
from vasttui.tui.panes.offer_search import next_preset, next_trust, next_type, nothing_text, search_line
from vasttui.tui.panes.offers.columns import Basis, offer_columns, reason_column, stand_column
from vasttui.tui.panes.sheet import Sheet
from vasttui.tui.widgets.prompt import Prompt
from vasttui.tui.widgets.table import Column, Sort, Table
from vasttui.tui.widgets.table_messages import Highlighted, Selected

BASIS_KEY = "offers.basis"
QUERY_HELP = "Clauses of field, operator and value: gpu_name in [RTX_4090,RTX_5090] dph<0.5 verified=any"


class OffersPane(FilteredPane):
    """Looks for offers, and rents one."""

    SCOPE: ClassVar[str] = "offers"
    NUMBER: ClassVar[int | None] = 1
    NAME: ClassVar[str] = "Offers"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("offers")]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._market: Market | None = None
        self._lists = Book()
        self._asked: Search | None = None
        self._index = OfferIndex(())
        self._reasons: dict[int, str] = {}
        self._wanted = LiveFilter()
        self._wrong = ""
        self._showing_cut = False
        self._basis = Basis.HOUR

    def compose(self) -> ComposeResult:
        """What is asked, the rows, and the line to filter them."""
        yield Sheet(id="search-line")
        with Vertical(classes="frame"):
            yield Table[Offer](self._columns(), key=lambda o: o.id, sort=Sort("price"), markable=True, glow=True)
            yield Prompt(placeholder="words, field>value, !word")

    @property
    def frame(self) -> Widget:
        """The frame of the rows; what is asked stands above it."""
        return self.query_one(".frame")

    def on_mount(self) -> None:
        """Price as the last time."""
        name = self.control.recall(BASIS_KEY)
        if isinstance(name, str) and name in Basis.__members__:
            self._basis = Basis[name]
            self.table.set_columns(self._columns())

    @property
    def offer(self) -> Offer | None:
        """The offer under the cursor."""
        return self.table.cursor_row

    @property
    def search(self) -> Search:
        """What was asked last."""
        market = self.snapshot.market.value
        return self._asked or (market.search if market is not None else Search())

    # Pictures

    def show(self, snapshot: Snapshot) -> None:
        """Draw the market if it is another one."""
        market = snapshot.market.value
        lists = snapshot.book
        if market is not self._market:
            self._take(market)
        elif lists is not self._lists:
            self.table.repaint()
        self._lists = lists
        self.relabel()

    def tick(self, now: float) -> None:
        """The age goes on."""
        self.relabel()

    def _take(self, market: Market | None) -> None:
        bid_before = self._bid
        self._market = market
        if market is not None and market.search == self._asked:
            self._asked = None
        cut = market.hosts.cut if market is not None else ()
        self._reasons = {gone.offer.id: gone.reason for gone in cut}
        if self._bid != bid_before:
            self.table.set_columns(self._columns())
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
        self.table.set_rows(self._index.select(self._wanted))

    def relabel(self) -> None:
        """Bring title, edge, search line and the text of an empty table up to date."""
        snapshot = self.snapshot
        table, filtered = self.table, bool(self.filter_text)
        table.set_empty(nothing_text(snapshot, showing_cut=self._showing_cut, filtered=filtered))
        shown, total = len(table.rows), len(self._index.offers)
        known = snapshot.market.value is not None
        text = f"{count(shown)} of {count(total)}" if filtered else count(shown) if known else ""
        if (prompt := self.query_one(Prompt)).is_open:
            prompt.note(self._wrong or text, wrong=bool(self._wrong))
        self.title(f"{text} cut" if self._showing_cut else text)
        self.state("   ".join(filter(None, (table.sort_label, freshness(snapshot.market, self.now)))))
        self.query_one(Sheet).set_lines([search_line(snapshot, self._asked)])

    # Columns

    @property
    def _bid(self) -> bool:
        return self._market is not None and self._market.search.type == "bid"

    def _columns(self) -> tuple[Column[Offer], ...]:
        glyphs = glyphs_of(self.app)
        if self._showing_cut:
            last = reason_column(lambda offer: self._reasons.get(offer.id, ""))
        else:
            last = stand_column(lambda offer: standing(self.snapshot, offer), glyphs["star"], glyphs["blocked"])
        return offer_columns(self._basis, bid=self._bid, last=last)

    def action_basis(self) -> None:
        """Divide prices by the next thing."""
        self._basis = self._basis.next()
        self.table.set_columns(self._columns())
        self.table.sort_by(Sort("price"))
        self.shell.remember(BASIS_KEY, self._basis.name)

    def action_cut(self) -> None:
        """Show the cut offers, or the kept ones again."""
        self._showing_cut = not self._showing_cut
        self.table.set_columns(self._columns())
        self._index_rows()
        self.relabel()

    # What the table says

    def on_table_highlighted(self, message: Highlighted) -> None:
        """The details follow the cursor."""
        message.stop()
        self.post_message(OfferChosen(self.offer))

    def on_table_selected(self, message: Selected) -> None:
        """Enter opens the form, in which nothing is spent yet."""
        message.stop()
        if not self.snapshot.read_only:
            self.action_rent()

    # What is asked

    def _ask(self, search: Search) -> None:
        self._asked = search
        self.control.search(search)
        self.relabel()

    def action_type(self) -> None:
        """On-demand, interruptible or reserved."""
        self._ask(next_type(self.search))

    def action_verified(self) -> None:
        """Verified machines, any, or datacenters."""
        try:
            self._ask(next_trust(self.search))
        except UsageError as error:
            self.shell.report(error)

    def action_preset(self) -> None:
        """The next preset of the config."""
        try:
            search = next_preset(self.search, self.control.config)
        except UsageError as error:
            self.shell.report(error)
            return
        if search is None:
            self.shell.say("The config has no presets; config.yaml, key presets.")
        else:
            self._ask(search)

    def action_search(self) -> None:
        """Edit the query."""
        present = self.search

        def answered(text: str | None) -> None:
            if text is not None and text != present.text:
                self._ask(replace(present, text=text, preset=None))

        dialog = PromptText("Search", QUERY_HELP, present.text, verb="Search", check=parse_strictly)
        self.app.push_screen(dialog, answered)

    # What can be done with a row

    def action_rent(self) -> None:
        """Open the form."""
        if (offer := self.offer) is not None:
            rent(self.shell, offer)

    def action_allow_host(self) -> None:
        """Allow the row's host, or take it off the list."""
        self._put_host("allow")

    def action_block_host(self) -> None:
        """Block the row's host, or take it off the list."""
        self._put_host("block")

    def _put_host(self, stand: str) -> None:
        offer = self.offer
        if offer is None:
            return
        if offer.host_id is None:
            self.shell.say("Vast.ai does not tell whose host this is.")
            return
        wanted = None if standing(self.snapshot, offer) == stand else stand
        try:
            self.control.set_host(offer.host_id, wanted)
        except VastError as error:
            self.shell.report(error, f"host {offer.host_id}")
        else:
            self.shell.say(host_note(offer.host_id, wanted))

    def action_copy(self) -> None:
        """Copy the command that rents this offer."""
        if (offer := self.offer) is not None:
            self.app.copy_to_clipboard(f"vasttui rent {offer.id}")
            self.shell.say("The rent command was sent to the terminal's clipboard.")


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


def host_note(host_id: int, stand: str | None) -> str:
    """What was done with a host, and where it shows."""
    if stand == "block":
        return f"Host {host_id} is blocked: its offers are cut. h shows them, b there takes it back."
    if stand == "allow":
        return f"Host {host_id} is allowed: marked, and never cut. a again takes it back."
    return f"Host {host_id} is no longer on your list; what the config says of it holds."
