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
from vasttui.jobs.estimate import Estimate, Funds, estimate
from vasttui.jobs.onbox import Switch
from vasttui.jobs.preflight import Check
from vasttui.jobs.rental import RentPlan
from vasttui.snapshot import Snapshot
from vasttui.tui.control import Control
from vasttui.tui.dialogs.check_list import CheckList
from vasttui.tui.dialogs.dialog import Dialog
from vasttui.tui.dialogs.rent_fields import RentFields
from vasttui.tui.dialogs.rent_form import FieldError, form_of, plan_of
from vasttui.tui.dialogs.rent_plan import (
    blocking,
    cost_lines,
    figure_lines,
    hourly_words,
    job_of,
    offer_words,
    request_lines,
    unseen,
)
from vasttui.tui.dialogs.rent_view import PlanView
from vasttui.tui.dialogs.template_text import template_lines
from vasttui.tui.glyphs import glyphs_of
from vasttui.tui.panes.jobs.result import masked
from vasttui.tui.panes.offers.prices import JOB_KEY
from vasttui.tui.panes.sheet import Sheet

WIDE = 110
"""Columns from which form and plan stand side by side."""

NEWS = "The last look before renting found something new: read the checks, then press again."


class RentDialog(Dialog[RentPlan]):
    """The form and the plan for one offer. The result is the plan, only by way of its button."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012 - declared by Textual
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
        self._problem = ""
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
        """Read the fields; show figures, checks and what is wrong while one types."""
        if not self.is_mounted:
            return
        self._problem = ""
        try:
            self._plan = plan_of(self.query_one(RentFields).text, self._base)
        except FieldError as error:
            self._problem = error.message
        else:
            self._judge(self._plan)
        if self._plan is not None:
            self._draw(self._plan)
        self._draw_button()

    def _judge(self, plan: RentPlan) -> None:
        self._checks = self._control.checks(self.offer, plan)
        if (bad := blocking(self._checks)) is not None:
            self._problem = f"{bad.name}: {bad.mend or bad.text}"
            return
        try:
            self._control.check_rent(self.offer, plan)
        except VastError as error:
            self._problem = error.message

    def _draw(self, plan: RentPlan) -> None:
        figures = self._estimate(plan)
        self.query_one("#cost", Sheet).set_lines(cost_lines(figures))
        view = self.query_one(PlanView)
        view.show_checks(self._checks, asking=self._asking)
        image = self._template if self._template is not None and self._template.hash_id == plan.template else None
        lease, url = plan.lease, self._control.config.api_url
        armed = plan if lease is None else replace(plan, switch=Switch(url, lease, end=plan.lease_end, fixed=True))
        view.show_plan(
            (*template_lines(image), *figure_lines(figures, self._control.clock())),
            request_lines(self.offer, armed, glyphs_of(self.app)),
        )
        self.query_one(RentFields).hint("image", "the template's" if plan.template else "")

    def _estimate(self, plan: RentPlan) -> Estimate:
        picture = self._control.snapshot
        market, account = picture.market.value, picture.account.value
        preset = self._control.config.presets.get(market.search.preset or "") if market is not None else None
        return estimate(
            self._control.latest(self.offer),
            plan,
            now=self._control.clock(),
            funds=Funds(account.credit if account is not None else None, picture.burn),
            job=job_of(preset, self._control.recall(JOB_KEY)),
            prices=market.prices if market is not None else None,
        )

    def _draw_button(self) -> None:
        self.query_one("#problem", Static).update(masked(self._problem))
        button = self.query_one("#act", Button)
        button.disabled = bool(self._problem)
        button.label = "checking…" if self._deciding else self._verb()
        button.refresh(layout=True)  # A label that has grown does not ask for room by itself.

    def _verb(self) -> str:
        price = hourly_words(self._estimate(self._plan)) if self._plan is not None else ""
        count = f" {self._plan.race}" if self._plan is not None and self._plan.race > 1 else ""
        return f"Rent{count} for {price}" if price else f"Rent{count}"

    # Keys

    def on_input_submitted(self) -> None:
        """Enter in a field goes to the next one; it never rents."""
        self.focus_next()

    @on(OptionList.OptionSelected)
    def _mend(self, event: OptionList.OptionSelected) -> None:
        """Go to the field that mends the chosen check."""
        event.stop()
        check = self._checks[event.option_index] if event.option_index < len(self._checks) else None
        if check is not None and check.field:
            self.query_one(RentFields).go_to(check.field)

    def action_page(self, pages: int) -> None:
        """Read on, or back: the plan where it has a column of its own, else the page."""
        place = self.query_one(PlanView) if self.has_class("-wide") else self.query_one("#page")
        place.scroll_relative(y=pages * max(1, place.size.height - 1), animate=False)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Templates; what the other buttons do is every dialog's."""
        if event.button.id == "templates":
            event.prevent_default()
            event.stop()
            self.action_templates()

    def action_templates(self) -> None:
        """Choose a template."""
        from vasttui.tui.dialogs.templates import TemplateDialog

        self.app.push_screen(TemplateDialog(self._control), self._take)

    def _take(self, template: Template | None) -> None:
        """Fill in a chosen template: its hash in place of an image, and the disk that it recommends."""
        if template is None:
            return
        self._template = template
        values = {"image": "", "template": template.hash_id or ""}
        if template.recommended_disk_space:
            values["disk"] = f"{max(8.0, template.recommended_disk_space):g}"
        self.query_one(RentFields).fill(values)

    def act(self) -> None:
        """Look once more, for offers go, prices move and credit is spent; then answer with the plan."""
        self._weigh()
        if self._plan is not None and not self._problem and not self._deciding:
            self.run_worker(self._decide(self._plan), group="inspect", exclusive=True)

    async def _decide(self, plan: RentPlan) -> None:
        before = self._checks
        self._deciding = True
        self._draw_button()
        try:
            await self._control.inspect(self.offer)
        finally:
            self._deciding = self._asking = False
        self._weigh()
        if plan != self._plan:
            return  # Somebody went on typing.
        if not self._problem and not unseen(before, self._checks):
            self.dismiss(plan)
            return
        # The focus leaves the button: whoever presses enter twice shall not rent past what was found.
        self.query_one(CheckList).focus()
        if not self._problem:
            self.query_one("#problem", Static).update(NEWS)
