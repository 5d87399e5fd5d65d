"""The plan beside the rent form: figures, checks, what is sent."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from vasttui.jobs.preflight import Check
from vasttui.tui.dialogs.check_list import CheckList
from vasttui.tui.dialogs.rent_plan import tally
from vasttui.tui.panes.jobs.detail import content_of
from vasttui.tui.panes.sheet import Line, Sheet


class PlanView(VerticalScroll):
    """Shows a plan; the same again draws nothing."""

    def __init__(self) -> None:
        super().__init__(id="plan", can_focus=False)

    def compose(self) -> ComposeResult:
        """Figures, checks, what is sent."""
        yield Static(id="figures")
        yield Sheet(id="tally")
        yield CheckList(id="checks")
        yield Static(id="sent")

    def show_plan(self, figures: Sequence[Line], sent: Sequence[Line]) -> None:
        """Figures and request of a plan that can be read."""
        self._write("#figures", figures)
        self._write("#sent", sent)

    def show_checks(self, checks: Sequence[Check], *, asking: bool) -> None:
        """The checks, and whether more is being found out."""
        self.query_one("#tally", Sheet).set_lines([tally(checks, asking=asking)])
        self.query_one("#checks", CheckList).show(checks)

    def _write(self, place: str, lines: Sequence[Line]) -> None:
        text = Content("\n").join(content_of(line) for line in lines)
        widget = self.query_one(place, Static)
        if widget.content != text:
            widget.update(text)
