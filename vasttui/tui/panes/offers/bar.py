"""The search bar: the effective query as chips, and its place for typing.

    / gpu_ram>=24  dph<2  on-demand  storage 64 GB  verified ×  +2          cut: 4 blocked
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Final, cast

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from vasttui.offers.completion import values_of
from vasttui.offers.query import parse
from vasttui.snapshot import Search, Snapshot
from vasttui.tui.format import count
from vasttui.tui.panes.offers.chip_line import ChipLine
from vasttui.tui.panes.offers.chips import Chip, chips, told, without_chip
from vasttui.tui.panes.offers.saved import HISTORY_KEY, history, with_query
from vasttui.tui.widgets.query_input import QueryInput

if TYPE_CHECKING:
    from vasttui.tui.app import VastApp

MOST_ROWS: Final = 2000
"""Rows that are looked at while one types: all of a usual answer, and quickly enough for each key."""


class SearchBar(Vertical):
    """Shows what is asked and lets one change it; what is to be asked instead goes out as a message."""

    DEFAULT_CSS = """
    SearchBar { height: auto; padding: 0 2; }
    SearchBar.-typing > ChipLine { display: none; }
    """

    class Asked(Message):
        """The user wants another search."""

        def __init__(self, search: Search) -> None:
            super().__init__()
            self.search = search

    class Wanted(Message):
        """The user wants to change what a chip of this kind says."""

        def __init__(self, kind: str) -> None:
            super().__init__()
            self.kind = kind

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._line = ChipLine()
        self._input = QueryInput()
        self._snapshot: Snapshot | None = None
        self._search = Search()

    def compose(self) -> ComposeResult:
        """The chips, and the field in their place."""
        yield self._line
        yield self._input

    @property
    def typing(self) -> bool:
        """Whether the query is being typed."""
        return self._input.is_open

    @property
    def chips(self) -> tuple[Chip, ...]:
        """What is asked."""
        return chips(self._search, self._snapshot.watched if self._snapshot is not None else ())

    def show(self, snapshot: Snapshot, search: Search, asked: Search | None) -> None:
        """Draw a search and what its answer lacks.

        Args:
            snapshot: the picture.
            search: what is asked now.
            asked: the same while its answer has not come, else None.
        """
        self._snapshot, self._search = snapshot, search
        self._line.show(self.chips, told(snapshot, asked))

    def edit(self, cursor: int | None = None) -> None:
        """Open the query for typing, at its end or at a place in it."""
        if self.typing:
            self.screen.set_focus(self._input.field)
            return
        market = self._snapshot.market.value if self._snapshot is not None else None
        rows = tuple(islice(market.offers, MOST_ROWS)) if market is not None else ()
        whole = market is not None and len(rows) == len(market.offers)

        def counted(text: str) -> str:
            query = parse(text)
            return f"{count(sum(map(query.matches, rows)))} of {count(len(rows))} here" if rows and whole else ""

        self._input.open(
            self._search.text,
            cursor,
            earlier=history(self._shell.control.recall(HISTORY_KEY)),
            values=values_of(rows),
            count=counted,
        )
        self.add_class("-typing")

    def walk(self) -> None:
        """Go through the chips."""
        if not self.typing:
            self._line.walk()

    # What the two say

    def on_query_input_asked(self, message: QueryInput.Asked) -> None:
        """Another query."""
        message.stop()
        self._close()
        self._shell.remember(HISTORY_KEY, with_query(self._shell.control.recall(HISTORY_KEY), message.text))
        if message.text.split() != self._search.text.split():
            self.post_message(self.Asked(replace(self._search, text=message.text)))

    def on_query_input_left(self, message: QueryInput.Left) -> None:
        """The query stays."""
        message.stop()
        self._close()

    def _close(self) -> None:
        self._input.close()
        self.remove_class("-typing")

    def on_chip_line_removed(self, message: ChipLine.Removed) -> None:
        """Search without it."""
        message.stop()
        if message.chip.kind == "watch":
            self.post_message(self.Wanted("watch"))
        elif message.chip.removable:
            self.post_message(self.Asked(without_chip(self._search, message.chip)))
        else:
            self._shell.say("Every search has this; enter changes it.")

    def on_chip_line_edited(self, message: ChipLine.Edited) -> None:
        """Change it where it is changed best."""
        message.stop()
        term = message.chip.term
        if term is None:
            self.post_message(self.Wanted(message.chip.kind))
        else:
            self._line.action_leave()
            self.edit(None if term.hidden else term.end)

    @property
    def _shell(self) -> VastApp:
        return cast("VastApp", self.app)
