"""What can be said of an offer's host or machine, and the way to the host book."""

from __future__ import annotations

from vasttui.api.models import Offer
from vasttui.journal.records import Whose
from vasttui.offers.hosts import Page
from vasttui.tui.dialogs import host_verbs
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
            host_verbs.allow(self.shell, page)

    def action_block_host(self) -> None:
        """Ask for a reason and an end, and block the row's host; or take the block back."""
        if (page := self._page("host")) is not None:
            host_verbs.block(self.shell, page)

    def action_block_machine(self) -> None:
        """The same for the row's machine alone."""
        if (page := self._page("machine")) is not None:
            host_verbs.block(self.shell, page)

    def action_favourite(self) -> None:
        """Make the row's host a favourite, or no longer."""
        if (page := self._page("host")) is not None:
            host_verbs.favour(self.shell, page)

    def action_note(self) -> None:
        """Write a note on the row's host."""
        if (page := self._page("host")) is not None:
            host_verbs.note(self.shell, page)

    def action_hosts(self) -> None:
        """Open the host book."""
        from vasttui.tui.dialogs.host_book import HostBookDialog

        self.app.push_screen(HostBookDialog(self.control))

    def _page(self, whose: Whose) -> Page | None:
        """What is written of the row's host or machine, an empty page when nothing is; None without an id."""
        offer = self.offer
        if offer is None:
            return None
        number = offer.host_id if whose == "host" else offer.machine_id
        if number is None:
            self.shell.say(f"Vast.ai does not tell which {whose} this is.")
            return None
        return self.snapshot.book.page(whose, number) or Page(whose, number)
