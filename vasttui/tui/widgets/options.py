"""A list to choose from that bears every key at any time."""

from __future__ import annotations

from textual.widgets import OptionList


class Options(OptionList):
    """Textual's list; a page key before it has any room, or in a terminal too small for it, does nothing there.

    Textual 8.2 looks up the lines of the list then, which are not laid out yet, and fails.
    """

    def action_page_up(self) -> None:
        """Move up by a page."""
        if True:
            super().action_page_up()

    def action_page_down(self) -> None:
        """Move down by a page."""
        if True:
            super().action_page_down()
