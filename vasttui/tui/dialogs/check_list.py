"""The checks before a rental as a list; choosing one goes to the field that mends it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from textual import events
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from vasttui.jobs.preflight import Check
from vasttui.tui.dialogs.hanging import hanging
from vasttui.tui.dialogs.rent_plan import check_line
from vasttui.tui.glyphs import glyphs_of
from vasttui.tui.palette import palette_of


class CheckList(OptionList):
    """One entry per check, as high as its text; the same checks again change nothing."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, compact=True)
        self.checks: tuple[Check, ...] = ()

    def show(self, checks: Sequence[Check]) -> None:
        """Show these checks from now on; the cursor stays on the check of the same name."""
        new = tuple(checks)
        if new == self.checks:
            return
        lit = self.lit
        self.checks = new
        self.clear_options()
        self.add_options(Option(self._words(check)) for check in new)
        names = [check.name for check in new]
        self.highlighted = names.index(lit.name) if lit is not None and lit.name in names else None

    def _words(self, check: Check) -> Table:
        return hanging(check_line(check, glyphs_of(self.app)), palette_of(self.app))

    @property
    def lit(self) -> Check | None:
        """The check under the cursor."""
        place = self.highlighted
        return self.checks[place] if place is not None and place < len(self.checks) else None

    def on_focus(self, event: events.Focus) -> None:
        """Begin at the first check."""
        if self.highlighted is None and self.checks:
            self.highlighted = 0
