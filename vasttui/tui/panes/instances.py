"""Your instances: what state they are in, what they do and what they cost."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from vasttui.errors import UsageError, VastError
from vasttui.instances.phases import Phase
from vasttui.jobs.rental import LABEL_LIMIT
from vasttui.snapshot import Box, Snapshot, Unconfirmed
from vasttui.tui.actions import bindings
from vasttui.tui.dialogs.confirm import Confirm, Question
from vasttui.tui.dialogs.prompt_text import PromptText
from vasttui.tui.dialogs.questions import destroy_question, reboot_question, start_question, stop_question
from vasttui.tui.format import money
from vasttui.tui.glyphs import glyphs_of
from vasttui.tui.messages import BoxChosen, OpenPane
from vasttui.tui.panes.box_columns import MEANINGS, BoxRow, box_columns, box_rows, filter_rows, name_of
from vasttui.tui.panes.filtered import FilteredPane
from vasttui.tui.panes.health import freshness
from vasttui.tui.panes.lease import lease_cell, read_hours
from vasttui.tui.panes.rentals import on_their_way
from vasttui.tui.panes.shell_out import shell_out
from vasttui.tui.widgets.prompt import Prompt
from vasttui.tui.widgets.table import Column, Table
from vasttui.tui.widgets.table_messages import Highlighted, Selected

STARTABLE = frozenset({Phase.STOPPED, Phase.EXITED, Phase.OUTBID})


class InstancesPane(FilteredPane):
    """The list of instances and what can be done with them."""

    SCOPE: ClassVar[str] = "instances"
    NUMBER: ClassVar[int | None] = 2
    NAME: ClassVar[str] = "Instances"
    MEANINGS: ClassVar[Mapping[str, str]] = MEANINGS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("instances")]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._shown: tuple[tuple[Box, ...] | None, tuple[Unconfirmed, ...], frozenset[str]] = (None, (), frozenset())
        self._leases = False

    def compose(self) -> ComposeResult:
        """The rows, and the line to filter them."""
        yield Table(self._columns(), key=lambda row: row.key)
        yield Prompt(placeholder="label, GPU, host or state; !word for without")

    def _columns(self) -> tuple[Column[BoxRow], ...]:
        return box_columns(glyphs_of(self.app), lambda: self.now, leases=self._leases)

    @property
    def box(self) -> Box | None:
        """The instance under the cursor."""
        row = self.table.cursor_row
        return None if row is None else row.box

    # Pictures

    def show(self, snapshot: Snapshot) -> None:
        """Draw the list if it is another one."""
        now = (snapshot.boxes.value, snapshot.unconfirmed, on_their_way(snapshot))
        if now[0] is not self._shown[0] or now[1:] != self._shown[1:]:
            self._shown = now
            self._show_leases(now[0] or ())
            self.refilter()
        self.relabel()

    def _show_leases(self, boxes: Sequence[Box]) -> None:
        """The column is there as soon as a box has a switch: without any it would be an empty one."""
        leases = any(box.switch is not None for box in boxes)
        if leases != self._leases:
            self._leases = leases
            self.table.set_columns(self._columns())

    def tick(self, now: float) -> None:
        """Timers go on."""
        self.table.repaint()
        self.relabel()

    def box_chosen(self, instance_id: int | None) -> None:
        """Put the cursor there."""
        if instance_id is not None:
            self.table.move_to(instance_id)

    def refilter(self) -> None:
        """Show the rows that have the words typed."""
        boxes, lost, expected = self._shown
        self.table.set_rows(filter_rows(box_rows(boxes or (), lost, expected), self.filter_text))

    def relabel(self) -> None:
        """Bring title, edge and the text of an empty list up to date."""
        snapshot, table = self.snapshot, self.table
        table.set_empty(nothing_text(snapshot, self.filter_text))
        self.title(count_text(snapshot, len(table.rows), filtered=bool(self.filter_text)))
        self.state(edge_text(snapshot, table.sort_label, self.now))

    def on_table_highlighted(self, message: Highlighted) -> None:
        """Log and details follow the cursor."""
        message.stop()
        box = self.box
        self.post_message(BoxChosen(None if box is None else box.id))

    def on_table_selected(self, message: Selected) -> None:
        """Enter goes to the log."""
        message.stop()
        self.action_log()

    # Actions

    def action_log(self) -> None:
        """Go to the log."""
        if self.box is not None:
            self.post_message(OpenPane(3))

    def action_shell(self) -> None:
        """Open a shell in place of the dashboard."""
        if (argv := self._ssh_argv()) is not None:
            self.run_command(shell_out(self.app, argv), "shell")

    def action_copy(self) -> None:
        """Copy the SSH command."""
        if (argv := self._ssh_argv()) is not None:
            self.app.copy_to_clipboard(shlex.join(argv))
            self.shell.say("The SSH command was sent to the terminal's clipboard; whether it took it, it does not say.")

    def _ssh_argv(self) -> list[str] | None:
        box = self.box
        if box is None:
            return None
        try:
            return self.control.ssh_argv(box.id)
        except VastError as error:
            self.shell.report(error, f"SSH to {name_of(box)}")
        return None

    def action_stop_start(self) -> None:
        """Ask, then stop or start it."""
        if (box := self.box) is None:
            return
        if box.phase in STARTABLE:
            self._ask(start_question(box), lambda: self.control.start(box.id), f"start {name_of(box)}")
        else:
            self._ask(stop_question(box), lambda: self.control.stop(box.id), f"stop {name_of(box)}")

    def action_reboot(self) -> None:
        """Ask, then reboot it."""
        if (box := self.box) is not None:
            self._ask(reboot_question(box), lambda: self.control.reboot(box.id), f"reboot {name_of(box)}")

    def action_destroy(self) -> None:
        """Ask, then destroy it."""
        if (box := self.box) is not None:
            question = destroy_question(box, self.now)
            self._ask(question, lambda: self.control.destroy(box.id), f"destroy {name_of(box)}")

    def _ask(self, question: Question, command: Callable[[], Coroutine[Any, Any, None]], what: str) -> None:
        def answered(yes: bool | None) -> None:
            if yes:
                self.run_command(command(), what)

        self.app.push_screen(Confirm(question), answered)

    def action_lease(self) -> None:
        """Ask for how many hours from now it may live on."""
        if (box := self.box) is None:
            return
        if box.switch is None:
            self.shell.say(f"{name_of(box)} was rented without a lease: it bills until you end it.")
            return

        def answered(text: str | None) -> None:
            if text is not None:
                self.run_command(self.control.extend_lease(box.id, read_hours(text)), f"lease of {name_of(box)}")

        self.app.push_screen(lease_dialog(box, self.now), answered)

    def action_label(self) -> None:
        """Change its label."""
        if (box := self.box) is None:
            return

        def answered(text: str | None) -> None:
            if text is not None and text != box.label:
                self.run_command(self.control.set_label(box.id, text), f"label {name_of(box)}")

        dialog = PromptText("Label", f"The new label of {name_of(box)}.", box.label, max_length=LABEL_LIMIT)
        self.app.push_screen(dialog, answered)

    def action_bid(self) -> None:
        """Change the bid of an interruptible instance."""
        if (box := self.box) is None:
            return
        if not box.instance.is_bid:
            self.shell.say(f"{name_of(box)} is rented on demand: it has no bid.")
            return

        def answered(text: str | None) -> None:
            if text is not None:
                self.run_command(self.control.change_bid(box.id, read_price(text)), f"bid for {name_of(box)}")

        self.app.push_screen(bid_dialog(box), answered)


def bid_dialog(box: Box) -> PromptText:
    """Asks for the new bid, and tells the lowest that runs."""
    present = box.instance.dph_base or box.instance.dph_total
    lowest = box.instance.min_bid
    told = f" The lowest that runs now is {money(lowest, 3, sign=True)}/h." if lowest else ""
    text = f"What you pay for its GPUs, $/h.{told}"
    return PromptText(f"Bid for {name_of(box)}", text, money(present, 3), verb="Bid", check=read_price)


def lease_dialog(box: Box, now: float) -> PromptText:
    """Asks for the new lease, and tells the present one and what an hour costs."""
    cell = lease_cell(box.switch, now)[0]
    left = f" Now: {cell}." if cell else ""
    price = f" It costs {money(box.hourly, 3, sign=True)}/h." if box.hourly is not None else ""
    text = f"Hours from now after which {name_of(box)} ends itself.{left}{price}"
    return PromptText(f"Lease of {name_of(box)}", text, "4", verb="Extend", check=read_hours)


def read_price(text: str) -> float:
    """A price in $/h. Raises UsageError for what is none."""
    try:
        price = float(text.strip().removeprefix("$"))
    except ValueError:
        price = 0.0
    if not 0 < price < 1000:
        raise UsageError("a price in $/h is expected, e.g. 0.35")
    return price


def count_text(snapshot: Snapshot, shown: int, *, filtered: bool) -> str:
    """What stands behind the title: how many there are, "" before the first listing."""
    if snapshot.boxes.value is None:
        return ""
    total = len(snapshot.boxes.value) + len(snapshot.unconfirmed)
    return f"{shown} of {total}" if filtered else str(total)


def edge_text(snapshot: Snapshot, sorting: str, now: float) -> str:
    """The lower edge: what is wrong, the sorting, and what all cost."""
    parts = [sorting]
    if snapshot.skipped_instances:
        parts.append(f"{snapshot.skipped_instances} unreadable")
    if snapshot.boxes.error is not None:
        parts.append(freshness(snapshot.boxes, now))
    if snapshot.burn:
        parts.append(f"{money(snapshot.burn, 2, sign=True)}/h")
    return "   ".join(filter(None, parts))


def nothing_text(snapshot: Snapshot, filter_text: str) -> str:
    """What an empty list says."""
    part = snapshot.boxes
    if part.value is None:
        if part.error is not None:
            return f"Your instances are not known yet: {part.error.message}\n{part.error.hint}"
        return snapshot.starting or "Asking Vast.ai for your instances."
    if filter_text and part.value:
        return "No instance matches what you typed. `/` changes the filter, `esc` clears it."
    return "You rent nothing now. `1` goes to the offers; `r` there rents one, and it appears here with its phases."
