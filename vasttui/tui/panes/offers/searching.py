"""What is asked of the market: the actions that change the search."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from vasttui.errors import UsageError, VastError
from vasttui.offers.price import hourly
from vasttui.snapshot import Market, Search
from vasttui.tui.dialogs.prompt_text import PromptText
from vasttui.tui.dialogs.query_form import QueryForm
from vasttui.tui.dialogs.searches import Searches
from vasttui.tui.format import gigabytes, money
from vasttui.tui.panes.filtered import FilteredPane
from vasttui.tui.panes.offers.asking import (
    all_here,
    next_preset,
    next_trust,
    next_type,
    read_storage,
    read_watch,
    watch_of,
    wider,
)
from vasttui.tui.panes.offers.bar import SearchBar
from vasttui.tui.panes.offers.saved import (
    HISTORY_KEY,
    SAVED_KEY,
    Named,
    named_searches,
    read_name,
    with_saved,
    without_query,
    without_saved,
)

STORAGE_HELP = "The disk that prices include, in GB; a rental from here starts with as much."
SAVE_HELP = "Query, type, order and storage are kept under this name; F and the palette go to it."
WATCH_HELP = (
    "The search is repeated in the background, and a toast tells when an offer costs less than so many $/h. "
    "Empty or 0 ends it."
)

BY_CHIP = {
    "type": "type",
    "storage": "storage",
    "watch": "watch",
    "preset": "load",
    "order": "form",
    "limit": "more",
}
"""Which action changes what a chip says."""


class Searching(FilteredPane):
    """The search bar's pane."""

    SCOPE: ClassVar[str] = "offers"

    @property
    def search(self) -> Search:
        """What was asked last."""
        raise NotImplementedError

    def ask(self, search: Search) -> None:
        """Ask this from now on."""
        raise NotImplementedError

    @property
    def bar(self) -> SearchBar:
        """What is asked."""
        return self.query_one(SearchBar)

    @property
    def _answer(self) -> Market | None:
        """The answer to the present search, None while it has not come."""
        market = self.snapshot.market.value
        return market if market is not None and market.search == self.search else None

    # The bar

    def on_search_bar_asked(self, message: SearchBar.Asked) -> None:
        """Ask it."""
        message.stop()
        self.ask(message.search)

    def on_search_bar_wanted(self, message: SearchBar.Wanted) -> None:
        """Change what a chip says."""
        message.stop()
        getattr(self, f"action_{BY_CHIP[message.kind]}")()

    def action_search(self) -> None:
        """Edit the query."""
        self.bar.edit()

    def action_conditions(self) -> None:
        """Go through the chips."""
        self.bar.walk()

    def action_form(self) -> None:
        """Edit the query in a form."""
        market = self.snapshot.market.value
        offers = market.offers if market is not None else ()

        def answered(search: Search | None) -> None:
            if search is not None and search != self.search:
                self.ask(search)

        self.app.push_screen(QueryForm(self.search, offers), answered)

    # By single keys

    def action_type(self) -> None:
        """On-demand, interruptible or reserved."""
        self.ask(next_type(self.search))

    def action_verified(self) -> None:
        """Verified machines, any, or datacenters."""
        try:
            self.ask(next_trust(self.search))
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
            self.ask(search)

    def action_more(self) -> None:
        """Twice as many offers."""
        search = wider(self.search, self._answer)
        if search is None:
            self.shell.say(all_here(self._answer))
        else:
            self.ask(search)

    def action_storage(self) -> None:
        """Ask for the disk that prices include."""
        present = self.search

        def answered(text: str | None) -> None:
            if text is not None and (size := read_storage(text)) != self.search.storage_gb:
                self.ask(replace(self.search, storage_gb=size))

        value = gigabytes(present.storage_gb)
        self.app.push_screen(PromptText("Storage, GB", STORAGE_HELP, value, check=read_storage), answered)

    # Watching

    def action_watch(self) -> None:
        """Ask below which price to tell."""
        search = self.search
        watched = watch_of(search, self.snapshot.watched)
        value = watched.below if watched is not None else self._cheapest()

        def answered(text: str | None) -> None:
            if text is not None:
                self._watch(watched.search if watched is not None else search, read_watch(text))

        shown = "" if value is None else money(value, 3 if value < 1 else 2)
        dialog = PromptText("Watch this search", WATCH_HELP, shown, verb="Watch", check=read_watch)
        self.app.push_screen(dialog, answered)

    def _cheapest(self) -> float | None:
        """The lowest price in sight, $/h; of bids the lowest minimum bid."""
        market = self._answer
        if market is None:
            return None
        disk, bids = market.search.storage_gb, market.search.type == "bid"
        prices = [hourly(offer, disk, offer.min_bid if bids else None) for offer in market.offers]
        return min((price for price in prices if price is not None), default=None)

    def _watch(self, search: Search, below: float | None) -> None:
        known = watch_of(search, self.snapshot.watched) is not None
        if below is None and not known:
            return
        try:
            self.control.watch_search(search, below)
        except VastError as error:
            self.shell.report(error, "watch")
            return
        if below is None:
            self.shell.say("This search is watched no more.")
        else:
            self.shell.say(f"You are told when an offer of this search costs less than ${below:g}/h.")

    # Named searches

    def action_save(self) -> None:
        """Ask for a name, and keep the search."""
        search = self.search

        def answered(text: str | None) -> None:
            if text is not None:
                name = read_name(text)
                self.shell.remember(SAVED_KEY, with_saved(self.control.recall(SAVED_KEY), name, search))
                self.shell.say(f"Saved as {name}; F goes to it.")

        dialog = PromptText("Save this search", SAVE_HELP, "", verb="Save", check=read_name, max_length=60)
        self.app.push_screen(dialog, answered)

    def action_load(self) -> None:
        """List named searches, presets and earlier queries."""

        def answered(named: Named | None) -> None:
            if named is not None and named.search != self.search:
                self.ask(named.search)

        self.app.push_screen(Searches(self.named_searches(), forget=self._forget), answered)

    def named_searches(self) -> tuple[Named, ...]:
        """All that one can go to."""
        recall = self.control.recall
        return tuple(named_searches(self.control.config, recall(SAVED_KEY), recall(HISTORY_KEY), self.search))

    def _forget(self, named: Named) -> tuple[Named, ...]:
        """Forget a search of the user's own; those that are left."""
        recall, remember = self.control.recall, self.shell.remember
        if named.kind == "saved":
            remember(SAVED_KEY, without_saved(recall(SAVED_KEY), named.name))
        elif named.kind == "earlier":
            remember(HISTORY_KEY, without_query(recall(HISTORY_KEY), named.name))
        return self.named_searches()
