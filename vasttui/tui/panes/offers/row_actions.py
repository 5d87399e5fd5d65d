"""What can be done with a row of the offers, apart from the host book."""

from __future__ import annotations

import json
from typing import ClassVar

from vasttui.api.models import Offer
from vasttui.errors import UsageError, VastError
from vasttui.jobs.rental import RentPlan
from vasttui.snapshot import Search
from vasttui.tui.dialogs.compare import FEWEST, MOST, Above, CompareDialog
from vasttui.tui.dialogs.log_pick import Entry, Pick
from vasttui.tui.dialogs.text_page import TextPage
from vasttui.tui.flows import rent
from vasttui.tui.glyphs import glyphs_of
from vasttui.tui.panes.filtered import FilteredPane
from vasttui.tui.panes.offers.copying import Command, commands
from vasttui.tui.panes.offers.pricing import Pricing
from vasttui.tui.panes.offers.standing import Marks


class RowActions(FilteredPane):
    """Rent, compare, look at, copy."""

    SCOPE: ClassVar[str] = "offers"

    @property
    def offer(self) -> Offer | None:
        """The offer under the cursor."""
        raise NotImplementedError

    @property
    def search(self) -> Search:
        """What was asked last."""
        raise NotImplementedError

    @property
    def pricing(self) -> Pricing:
        """How prices are made."""
        raise NotImplementedError

    def action_rent(self) -> None:
        """Open the form."""
        if (offer := self.offer) is not None:
            rent(self.shell, offer)

    def action_compare(self) -> None:
        """Show the marked offers side by side, in the order of the table."""
        marked = [offer for offer in self.table.rows if offer.id in self.table.marks]
        if not FEWEST <= len(marked) <= MOST:
            said = f"Mark {FEWEST} to {MOST} offers with the space bar, then = compares them."
            self.shell.say(f"{said} {len(marked)} marked." if marked else said)
            return
        marks = Marks(lambda: self.snapshot, self.pricing, glyphs_of(self.app))
        first = [
            Above(f"price, {self.pricing.title}", self.pricing.text, self.pricing.of),
            Above("your rentals", lambda offer: _text(marks.history(offer))),
            Above("your host book", lambda offer: _text(marks.yours(offer))),
        ]
        self.app.push_screen(CompareDialog(marked, first))

    def action_raw(self) -> None:
        """Show the API's own row."""
        if (offer := self.offer) is None:
            return
        raw = self.control.raw_offer(offer.id)
        if raw is None:
            self.shell.say(f"The row of offer {offer.id} was not kept as Vast.ai sent it; F5 asks anew.")
            return
        text = json.dumps(raw, indent=2, ensure_ascii=False)
        self.app.push_screen(TextPage(f"Offer {offer.id} as Vast.ai sent it", text))

    def action_copy(self) -> None:
        """Choose a command, and copy it."""
        try:
            found = commands(
                self.search, self.control.config.api_url, self.offer, self._plan(), self._preset_text()
            )
        except UsageError as error:
            self.shell.report(error)
            return
        entries = [Entry(command, f"{command.title}: {command.line}") for command in found]
        text = "Enter sends the line to the terminal's clipboard. None of them holds your API key."
        self.app.push_screen(Pick("Copy a command", text, entries, verb="Copy"), self._copy)

    def _plan(self) -> RentPlan | None:
        if (offer := self.offer) is None:
            return None
        try:
            return self.control.plan_for(offer)
        except VastError:
            return None

    def _preset_text(self) -> str | None:
        preset = self.search.preset
        try:
            return None if preset is None else self.control.default_search(preset).text
        except VastError:
            return None

    def _copy(self, command: Command | None) -> None:
        if command is not None:
            self.app.copy_to_clipboard(command.line)
            self.shell.say(f"Sent to the terminal's clipboard: {command.title}.")


def _text(content: str | tuple[tuple[str, str], ...]) -> str:
    return content if isinstance(content, str) else " ".join(text for text, _ in content)
