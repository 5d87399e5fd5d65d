"""Asks why, and for how long, a host or a machine is blocked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Label

from vasttui.errors import UsageError
from vasttui.journal.records import Whose
from vasttui.offers.until import day_text, read_until
from vasttui.tui.dialogs.dialog import Dialog

SPANS = ("", "1d", "7d", "30d")
"""Ends that the arrow keys go through; "" is never."""

NOTE_LIMIT = 300


@dataclass(frozen=True, slots=True)
class Block:
    """The answer: the reason, and when it ends, None for never."""

    reason: str
    until: float | None


class HostBlock(Dialog[Block]):
    """A reason and an end, both optional; enter in a field blocks at once.

    Args:
        whose / number: what is blocked.
        reason: what is written of it now.
        clock: epoch seconds.
    """

    AUTO_FOCUS = "#reason"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "span(1)", show=False, priority=True),
        Binding("up", "span(-1)", show=False, priority=True),
    ]

    def __init__(self, whose: Whose, number: int, reason: str, clock: Callable[[], float]) -> None:
        super().__init__()
        self._whose = whose
        self._number = number
        self._reason = reason
        self._clock = clock

    def compose(self) -> ComposeResult:
        """The two fields, what they mean, the buttons."""
        what = "All offers of this host" if self._whose == "host" else "This machine's offers"
        with Vertical(classes="dialog") as frame:
            frame.border_title = f"Block {self._whose} {self._number}"
            yield Label(f"{what} are cut, and no job rents them.", classes="sentence")
            with Horizontal(classes="row"):
                yield Label("Reason")
                yield Input(
                    self._reason, id="reason", max_length=NOTE_LIMIT, compact=True, placeholder="e.g. slow disk"
                )
            with Horizontal(classes="row"):
                yield Label("For")
                yield Input(id="until", max_length=40, compact=True, placeholder="ever; or 7d, 12h, 2026-12-03")
            yield Label("", id="means", markup=False)
            yield Label("", id="problem", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Block", id="act", compact=True, variant="primary")

    def on_mount(self) -> None:
        """Say what stands there."""
        self._tell()

    def on_input_changed(self) -> None:
        """Say what it means while one types."""
        self._tell()

    def on_input_submitted(self) -> None:
        """Enter blocks: it spends nothing, and one key takes it back."""
        self.act()

    def action_span(self, step: int) -> None:
        """The next of the usual ends."""
        field = self.query_one("#until", Input)
        place = SPANS.index(field.value) if field.value in SPANS else 0
        field.value = SPANS[(place + step) % len(SPANS)]

    def _tell(self) -> None:
        problem = ""
        try:
            until = self._until()
            means = f"until {day_text(until, self._clock())}" if until is not None else "until you take it back"
            means += " (up and down: 1, 7, 30 days)"
        except UsageError as error:
            problem, means = error.message, error.hint or ""
        self.query_one("#means", Label).update(means)
        self.query_one("#problem", Label).update(problem)
        self.query_one("#act", Button).disabled = bool(problem)

    def _until(self) -> float | None:
        return read_until(self.query_one("#until", Input).value, self._clock())

    def act(self) -> None:
        """Answer with what stands there."""
        try:
            self.dismiss(Block(self.query_one("#reason", Input).value.strip(), self._until()))
        except UsageError:
            self._tell()
