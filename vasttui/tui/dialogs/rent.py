"""The rent form: what to run, and what it will cost, before anything is spent."""

from __future__ import annotations

from collections.abc import Iterator

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Static, TextArea

from vasttui.api.models import Offer
from vasttui.errors import VastError
from vasttui.jobs.rental import LABEL_LIMIT, RentPlan
from vasttui.tui.control import Control
from vasttui.tui.dialogs.dialog import Dialog
from vasttui.tui.dialogs.rent_form import FormText, cost_lines, form_of, hourly_text, plan_of
from vasttui.tui.format import clean
from vasttui.tui.palette import Piece
from vasttui.tui.panes.sheet import Sheet

FIELDS = {
    "image": "e.g. pytorch/pytorch:latest",
    "template": "a template's hash, instead of an image",
    "disk": "GB, fixed for its life",
    "bid": "$/h; empty: on-demand",
    "lease": "hours after which it destroys itself; empty: never",
    "label": "a name for it",
    "ports": "e.g. 8080 7860/tcp",
}
AREAS = {"env": "one a line: NAME=value", "onstart": "a shell command, run at each start"}


def offer_words(offer: Offer) -> tuple[Piece, ...]:
    """The offer in one line: `RTX 4090 ×1   24 GB   CZ   host 51345`."""
    facts = [f"{offer.gpu_ram / 1024:.0f} GB"] if offer.gpu_ram else []
    facts += [clean(offer.geolocation)] if offer.geolocation else []
    facts += [f"host {offer.host_id}"] if offer.host_id else []
    name = f"{clean(offer.gpu_name or 'unknown GPU')} ×{offer.num_gpus or '?'}"
    return ((name, "text bold"), ("   " + "   ".join(facts), "dim"))


class RentDialog(Dialog[RentPlan]):
    """The form for one offer. The result is the plan, only by way of its button."""

    def __init__(self, offer: Offer, control: Control) -> None:
        super().__init__()
        self.offer = offer
        self._control = control
        self._base = control.plan_for(offer)
        self._plan: RentPlan | None = None

    def compose(self) -> ComposeResult:
        """The offer, the fields, the cost, what is wrong, the buttons."""
        form = form_of(self._base)
        with Vertical(classes="dialog rent") as frame:
            frame.border_title = "Rent"
            yield Sheet(id="offer")
            with VerticalScroll(id="fields", can_focus=False):
                yield from self._fields(form)
            yield Sheet(id="cost")
            yield Static("", id="problem", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Rent", id="act", compact=True, variant="error")

    def _fields(self, form: FormText) -> Iterator[Widget]:
        for name, hint in FIELDS.items():
            limit = LABEL_LIMIT if name == "label" else 1000
            field = Input(getattr(form, name), placeholder=hint, id=name, compact=True, max_length=limit)
            yield Horizontal(Label(name), field, classes="row")
        for name, hint in AREAS.items():
            area = TextArea(getattr(form, name), placeholder=hint, id=name, compact=True)
            yield Horizontal(Label(name), area, classes="row")

    def on_mount(self) -> None:
        """Say what it costs."""
        self.query_one("#offer", Sheet).set_lines([(offer_words(self.offer),)])
        self._weigh()

    @on(Input.Changed)
    @on(TextArea.Changed)
    def _weigh(self) -> None:
        """Read the fields, and show cost and problem while one types."""
        problem = ""
        try:
            self._plan = plan_of(self._form(), self._base)
            self._control.check_rent(self.offer, self._plan)
        except VastError as error:
            problem = error.message
        self._show_cost()
        self.query_one("#problem", Static).update(clean(problem))
        button = self.query_one("#act", Button)
        price = hourly_text(self.offer, self._plan) if self._plan else ""
        button.label = f"Rent for {price}" if price else "Rent"
        button.disabled = bool(problem)

    def _show_cost(self) -> None:
        if self._plan is not None:
            snapshot = self._control.snapshot
            credit = snapshot.account.value.credit if snapshot.account.value else None
            lines = cost_lines(self.offer, self._plan, credit=credit, burn=snapshot.burn)
            self.query_one("#cost", Sheet).set_lines(lines)

    def _form(self) -> FormText:
        fields = {field.id or "": field.value for field in self.query(Input)}
        areas = {area.id or "": area.text for area in self.query(TextArea)}
        return FormText(**fields, **areas)

    def on_input_submitted(self) -> None:
        """Enter in a field goes to the next one; it never rents."""
        self.focus_next()

    def act(self) -> None:
        """Answer with the plan; checked once more, for credit and prices move."""
        self._weigh()
        if self._plan is not None and not self.query_one("#act", Button).disabled:
            self.dismiss(self._plan)
