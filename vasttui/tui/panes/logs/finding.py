"""Search and filter of one log: the two lines to type them in, and what they do to the view."""

from __future__ import annotations

from time import time
from typing import ClassVar

from textual import on

from vasttui.errors import UsageError
from vasttui.logs import filters, patterns
from vasttui.logs.filters import Filter
from vasttui.logs.patterns import Pattern
from vasttui.tui.format import count, plural
from vasttui.tui.panes.logs.prompt import LogPrompt
from vasttui.tui.panes.pane import Pane
from vasttui.tui.widgets.log.view import Hits, LogView
from vasttui.tui.widgets.prompt import Prompt


class Finding(Pane):
    """Has a view with a prompt to search it and one to filter it. A prompt stays in sight while it holds.

    Attributes:
        view: the lines.
        search_text: the search in force, "" for none.
        filter_text: the filter in force, "" for none.
    """

    SCOPE: ClassVar[str] = "logs"

    def __init__(self) -> None:
        super().__init__()
        self.view = LogView(clock=lambda: self.now if self.is_attached else time())
        self.search_prompt = LogPrompt(
            "/",
            placeholder="text, or /a regular expression/",
            toggle=_toggled,
            id="search",
        )
        self.filter_prompt = LogPrompt(
            "&", placeholder=r"loss & !heartbeat & /step \d+/", toggle=filters.toggle_expression, id="filter"
        )
        self.search_text = ""
        self.filter_text = ""

    # Search

    def find(self, text: str) -> None:
        """Search for this; "" ends the search."""
        self.search_prompt.put(text)
        self._search(text)

    def _search(self, text: str) -> None:
        if text == self.search_text:
            return
        try:
            pattern = Pattern.parse(text)
        except UsageError as error:
            self.search_prompt.note(error.message, wrong=True)
            return
        self.search_text = text
        self.view.set_search(pattern)
        self.note_hits()

    @on(Prompt.Changed, "#search")
    def _search_typed(self, message: Prompt.Changed) -> None:
        message.stop()
        self._search(message.text)

    @on(Prompt.Closed, "#search")
    def _search_closed(self, message: Prompt.Closed) -> None:
        message.stop()
        self._search(message.text)
        self.view.focus()
        if message.text and not self.view.hits.at:
            self.view.previous_hit()

    # Filter

    def narrow(self, text: str) -> None:
        """Show only the lines that this filter lets through; "" shows all."""
        self.filter_prompt.put(text)
        self._filter(text)

    def _filter(self, text: str) -> None:
        if text == self.filter_text:
            return
        try:
            chosen = Filter.parse(text) if text.strip() else None
        except UsageError as error:
            self.filter_prompt.note(error.message, wrong=True)
            return
        self.filter_text = text
        self.view.set_filter(chosen)
        self.note_hits()

    @on(Prompt.Changed, "#filter")
    def _filter_typed(self, message: Prompt.Changed) -> None:
        message.stop()
        self._filter(message.text)

    @on(Prompt.Closed, "#filter")
    def _filter_closed(self, message: Prompt.Closed) -> None:
        message.stop()
        self._filter(message.text)
        self.view.focus()

    # Notes

    def note_hits(self) -> None:
        """Say beside the prompts what they found."""
        view = self.view
        if self.search_prompt.is_open and self.search_prompt.text.strip() == self.search_text.strip():
            trouble = view.search.trouble if view.search is not None else ""
            self.search_prompt.note(trouble or hits_text(view.hits, self.search_text), wrong=bool(trouble))
        if self.filter_prompt.is_open and self.filter_prompt.text.strip() == self.filter_text.strip():
            trouble = view.filter.trouble if view.filter is not None else ""
            self.filter_prompt.note(trouble or filter_note(view.passing, view.filtering), wrong=bool(trouble))


def _toggled(text: str, _: int) -> tuple[str, int]:
    turned = patterns.toggle_expression(text)
    return turned, len(turned)


def hits_text(hits: Hits, search: str) -> str:
    """How many lines a search found, for its prompt."""
    if not search:
        return ""
    if hits.at:
        return f"{count(hits.at)} of {count(hits.total)}" + (" so far" if hits.scanning else "")
    if hits.scanning:
        return f"{plural(hits.total, 'hit')} so far"
    return plural(hits.total, "hit") if hits.total else "nothing found"


def filter_note(passing: int, share: float | None) -> str:
    """How many lines a filter lets through, for its prompt."""
    if share is not None:
        return f"{plural(passing, 'line')} so far, {int(share * 100)}% looked at"
    return plural(passing, "line") if passing else "nothing passes"
