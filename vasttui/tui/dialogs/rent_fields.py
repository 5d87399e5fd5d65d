"""The fields of the rent form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Final

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Input, Label, TextArea

from vasttui.jobs.rental import LABEL_LIMIT
from vasttui.tui.dialogs.rent_form import RUNTYPES, FormText
from vasttui.tui.format import clean
from vasttui.tui.widgets.secret_area import SecretArea

FIELDS: Final = {
    "image": "e.g. pytorch/pytorch:latest",
    "template": "a hash, instead of an image",
    "disk": "GB, fixed for its life",
    "label": "a name for it",
    "bid": "$/h; empty: on-demand",
    "lease": "e.g. 4h, or 4h stop; empty: never",
    "fallback": "yes: when gone, the next equal one",
    "race": "1 to 4; the first ready one stays",
    "runtype": "how it is reached",
    "ports": "e.g. 8080 7860/tcp",
}
"""One-line fields and what they take."""

KNOWN: Final = {"fallback": ("no", "yes"), "runtype": RUNTYPES}
"""What a field suggests."""


class RentFields(VerticalScroll):
    """One row per field."""

    def __init__(self, form: FormText) -> None:
        super().__init__(id="fields", can_focus=False)
        self._form = asdict(form)

    def compose(self) -> ComposeResult:
        """The one-line fields, then those of several lines."""
        for name, hint in FIELDS.items():
            yield Horizontal(Label(name), self._line(name, hint), classes="row")
        for area in self._areas():
            yield Horizontal(Label(area.id or ""), area, classes="row")

    def _line(self, name: str, hint: str) -> Input:
        known = KNOWN.get(name)
        return Input(
            self._form[name],
            placeholder=hint,
            id=name,
            compact=True,
            max_length=LABEL_LIMIT if name == "label" else 1000,
            suggester=SuggestFromList(known) if known else None,
        )

    def _areas(self) -> Iterator[TextArea]:
        yield SecretArea(self._form["env"], placeholder="one a line: NAME=value", id="env", compact=True)
        hint = "a shell command, run at each start"
        yield TextArea(self._form["onstart"], placeholder=hint, id="onstart", compact=True)

    def on_mount(self) -> None:
        """Show the beginnings of long values, not their ends, once there is room for them."""
        self.call_after_refresh(self._go_to_beginnings)

    def _go_to_beginnings(self) -> None:
        for field in self.query(Input):
            field.cursor_position = 0

    @property
    def text(self) -> FormText:
        """What stands in the fields."""
        lines = {field.id or "": field.value for field in self.query(Input)}
        areas = {area.id or "": area.text for area in self.query(TextArea)}
        return FormText(**lines, **areas)

    def fill(self, values: Mapping[str, str]) -> None:
        """Write into one-line fields."""
        for name, value in values.items():
            field = self.query_one(f"#{name}", Input)
            field.value, field.cursor_position = value, 0

    def hint(self, name: str, text: str = "") -> None:
        """Say something else in an empty field; "" for what it said at first."""
        self.query_one(f"#{name}", Input).placeholder = clean(text) or FIELDS[name]

    def go_to(self, name: str) -> bool:
        """Focus a field; whether there is one of that name."""
        found: Widget | None = next((w for w in self.query("Input, TextArea").results(Widget) if w.id == name), None)
        if found is not None:
            found.focus()
        return found is not None
