"""The plan beside the rent form: figures, checks, what is sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from vasttui.jobs.preflight import Check
from vasttui.tui.dialogs.check_list import CheckList
from vasttui.tui.dialogs.hanging import hanging
from vasttui.tui.dialogs.rent_plan import tally
from vasttui.tui.palette import palette_of
from vasttui.tui.panes.sheet import Line, Sheet


class PlanView(VerticalScroll):
    """Shows a plan; the same again draws nothing."""

    def __init__(self) -> None:
        super().__init__(id="plan", can_focus=False)
        self._drawn: dict[str, tuple[Line, ...]] = {}

    def compose(self) -> ComposeResult:
        """Figures, checks, what is sent."""
        yield Static(id="figures")
        yield Sheet(id="tally")
        yield CheckList(id="checks")
        yield Static(id="sent")

    def show_plan(self, figures: Iterable[Line], sent: Iterable[Line]) -> None:
        """Figures and request of a plan that can be read."""
        self._write("#figures", tuple(figures))
        self._write("#sent", tuple(sent))

    def show_checks(self, checks: Sequence[Check], *, asking: bool) -> None:
        """The checks, and whether more is being found out."""
        self.query_one("#tally", Sheet).set_lines([tally(checks, asking=asking)])
        self.query_one("#checks", CheckList).show(checks)

    def _write(self, place: str, lines: tuple[Line, ...]) -> None:
        if self._drawn.get(place) != lines:
            self._drawn[place] = lines
            self.query_one(place, Static).update(hanging(lines, palette_of(self.app)))
