"""What can be said of an offer's host or machine: allow, block, favourite, note; and the way to the host book."""

from __future__ import annotations

from vasttui.api.models import Offer
from vasttui.errors import VastError
from vasttui.journal.records import Whose
from vasttui.offers.hosts import Page
from vasttui.offers.until import day_text
from vasttui.tui.dialogs.host_block import NOTE_LIMIT, Block, HostBlock
from vasttui.tui.dialogs.prompt_text import PromptText
from vasttui.tui.panes.pane import Pane


class HostActions(Pane):
    """The actions of the offers that write the host book."""

    @property
    def offer(self) -> Offer | None:
        """The offer under the cursor."""
        raise NotImplementedError

    def action_allow_host(self) -> None:
        """Allow the row's host, or take it off the list."""
        if (page := self._page("host")) is not None:
            on = page.verdict != "allow" or page.origin != "book"
            self._set(page, "allow" if on else None)

    def action_block_host(self) -> None:
        """Ask for a reason and an end, and block the row's host; or take the block back."""
        self._block("host")

    def action_block_machine(self) -> None:
        """The same for the row's machine alone."""
        self._block("machine")

    def action_favourite(self) -> None:
        """Make the row's host a favourite, or no longer."""
        page = self._page("host")
        if page is None:
            return
        try:
            self.control.favour_host(page.id, not page.favourite)
        except VastError as error:
            self.shell.report(error, name_of(page))
        else:
            self.shell.say(f"{name_of(page)} is {'no longer' if page.favourite else 'now'} a favourite.")

    def action_note(self) -> None:
        """Write a note on the row's host."""
        if (page := self._page("host")) is not None:
            ask_note(self, page)

    def action_hosts(self) -> None:
        """Open the host book."""
        from vasttui.tui.dialogs.host_book import HostBookDialog

        self.app.push_screen(HostBookDialog(self.control))

    def _page(self, whose: Whose) -> Page | None:
        """What is written of the row's host or machine, an empty page when nothing is; None without an id."""
        offer = self.offer
        number = None if offer is None else offer.host_id if whose == "host" else offer.machine_id
        if offer is not None and number is None:
            self.shell.say(f"Vast.ai does not tell which {whose} this is.")
        if number is None:
            return None
        return self.snapshot.book.page(whose, number) or Page(whose, number)
