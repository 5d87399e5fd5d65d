"""The rent form and its plan on one page: what to run, what it costs, what was checked; only then the button."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Input, OptionList, Static, TextArea

from vasttui.api.models import Offer, Template
from vasttui.errors import VastError
from vasttui.jobs.estimate import Estimate, Funds, JobSize, estimate
from vasttui.jobs.onbox import Switch
from vasttui.jobs.preflight import Check
from vasttui.jobs.rental import RentPlan
from vasttui.snapshot import Snapshot
from vasttui.tui.control import Control
from vasttui.tui.dialogs.check_list import CheckList
from vasttui.tui.dialogs.dialog import Dialog
from vasttui.tui.dialogs.rent_fields import RentFields
from vasttui.tui.dialogs.rent_form import form_of, plan_of
from vasttui.tui.dialogs.rent_plan import blocking, cost_lines, figure_lines, hourly_words, request_lines, unseen
from vasttui.tui.dialogs.rent_view import PlanView
from vasttui.tui.format import clean
from vasttui.tui.palette import Piece
from vasttui.tui.panes.jobs.result import masked
from vasttui.tui.panes.sheet import Sheet

WIDE = 110
"""Columns from which form and plan stand side by side."""

NEWS = "The last look before renting found something new: read the checks, then press again."


def offer_words(offer: Offer) -> tuple[Piece, ...]:
    """The offer in one line: `RTX 4090 ×1   24 GB   CZ   host 51345`."""
    facts = [f"{offer.gpu_ram / 1024:.0f} GB"] if offer.gpu_ram else []
    facts += [clean(offer.geolocation)] if offer.geolocation else []
    facts += [f"host {offer.host_id}"] if offer.host_id else []
    name = f"{clean(offer.gpu_name or 'unknown GPU')} ×{offer.num_gpus or '?'}"
    return ((name, "text bold"), ("   " + "   ".join(facts), "dim"))


class RentDialog(Dialog[RentPlan]):
    """The form and the plan for one offer. The result is the plan, only by way of its button."""

    HORIZONTAL_BREAKPOINTS: ClassVar[list[tuple[int, str]] | None] = [(0, "-narrow"), (WIDE, "-wide")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+t", "templates", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
    ]

    def __init__(self, offer: Offer, control: Control) -> None:
        super().__init__()
        self.offer = offer
        self._control = control
        self._base = control.plan_for(offer)
        self._plan: RentPlan | None = None
        self._checks: tuple[Check, ...] = ()
        self._template: Template | None = None
        self._asking = False
        self._deciding = False

    def compose(self) -> ComposeResult:
        """The offer, form and plan, the cost, what is wrong, the buttons."""
        with Vertical(classes="dialog rent") as frame:
            frame.border_title = "Rent"
            yield Sheet(id="offer")
            with VerticalScroll(id="page", can_focus=False):
                yield RentFields(form_of(self._base))
                yield PlanView()
            yield Sheet(id="cost")
            yield Static("", id="problem", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Template ^t", id="templates", compact=True)
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Rent", id="act", compact=True, variant="error")

    def on_mount(self) -> None:
        """Say what it costs, and find out what the checks need."""
        self.query_one("#offer", Sheet).set_lines([(offer_words(self.offer),)])
        self._unsubscribe = self._control.subscribe(self._hear, lambda name: None)
        self._weigh()
        self.run_worker(self._look(), group="inspect", exclusive=True)

    def on_unmount(self) -> None:
        """Stop listening."""
        self._unsubscribe()

    def _hear(self, snapshot: Snapshot) -> None:
        """Credit and what runs have changed, perhaps."""
        self.call_later(self._weigh)

    async def _look(self) -> None:
        self._asking = True
        await self._control.inspect(self.offer)
        self._asking = False
        self._weigh()

    # What the fields mean

    @on(Input.Changed)
    @on(TextArea.Changed)
    def _weigh(self) -> None:
        """Read the fields; show figures, checks and problem while one types."""
        if not self.is_mounted:
            return
        problem = ""
        try:
            self._plan = plan_of(self.query_one(RentFields).text, self._base)
            self._checks = self._control.checks(self.offer, self._plan)
            self._control.check_rent(self.offer, self._plan)
        except VastError as error:
            problem = error.message
        if self._plan is not None:
            self._show_plan(self._plan)
        if (bad := blocking(self._checks)) is not None and self._plan_is_read(problem):
            problem = f"{bad.name}: {bad.mend or bad.text}"
        self._show_problem(problem)
