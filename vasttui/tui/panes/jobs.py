"""What the instances work at, and how far they are by their logs."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widget import Widget

from vasttui.snapshot import Box, Snapshot
from vasttui.tui.actions import bindings
from vasttui.tui.format import age
from vasttui.tui.glyphs import glyphs_of
from vasttui.tui.messages import BoxChosen, OpenPane
from vasttui.tui.panes.job_columns import job_boxes, job_columns, moving, summary
from vasttui.tui.panes.pane import Pane
from vasttui.tui.panes.sheet import Line, Sheet
from vasttui.tui.widgets.table import Table
from vasttui.tui.widgets.table_messages import Highlighted, Selected

EMPTY = "What your instances work at appears here, with a bar as soon as their logs tell how far they are."


def job_line(box: Box | None, now: float) -> Line:
    """The line that tells of the end, with its age, else the job's figures."""
    if box is None:
        return ()
    if box.sign is not None:
        tone = {"failed": "bad", "finished": "good"}.get(box.sign.kind, "dim")
        return (((f"{age(now - box.sign.seen_at)} ago  ", "dim"), (box.sign.line, tone)),)
    if box.progress is None:
        return ()
    return tuple(((f"{name} ", "dim"), (value, "text")) for name, value in box.progress.metrics)


class JobsPane(Pane):
    """One row for each instance that runs something."""

    SCOPE: ClassVar[str] = "jobs"
    NUMBER: ClassVar[int | None] = 4
    NAME: ClassVar[str] = "Jobs"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("jobs")]

    DEFAULT_CSS = """
    JobsPane > Sheet { height: 1; padding: 0 1; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._shown: tuple[Box, ...] | None = None
        self._jobs: list[Box] = []

    def compose(self) -> ComposeResult:
        """The rows, and the line under the cursor."""
        yield Table(job_columns(glyphs_of(self.app), lambda: self.now), key=lambda box: box.id, empty=EMPTY)
        yield Sheet()

    @property
    def table(self) -> Table[Box]:
        """The rows."""
        return self.query_one(Table)

    @property
    def focus_target(self) -> Widget | None:
        """The table."""
        return self.table

    def show(self, snapshot: Snapshot) -> None:
        """Draw the jobs if they are others."""
        boxes = snapshot.boxes.value
        if boxes is not self._shown:
            self._shown = boxes
            self._jobs = job_boxes(boxes or ())
            self.table.set_rows(self._jobs)
        working = sum(moving(box) for box in self._jobs)
        self.title(f"{working} of {len(self._jobs)}" if self._jobs else "")
        self.state(summary(self._jobs))
        self._tell()

    def tick(self, now: float) -> None:
        """Ages go on."""
        self.table.repaint()
        self._tell()

    def box_chosen(self, instance_id: int | None) -> None:
        """Put the cursor there."""
        if instance_id is not None and self.table.move_to(instance_id):
            self._tell()

    def _tell(self) -> None:
        self.query_one(Sheet).set_lines([job_line(self.table.cursor_row, self.now)])

    def on_table_highlighted(self, message: Highlighted) -> None:
        """Log and details follow the cursor, while the user moves it."""
        message.stop()
        self._tell()
        if self.table.has_focus and isinstance(message.key, int):
            self.post_message(BoxChosen(message.key))

    def on_table_selected(self, message: Selected) -> None:
        """Enter goes to the log."""
        message.stop()
        self.action_log()

    def action_log(self) -> None:
        """Go to its log."""
        self._open(3)

    def action_instance(self) -> None:
        """Go to its instance."""
        self._open(2)

    def _open(self, number: int) -> None:
        box = self.table.cursor_row
        if box is not None:
            self.post_message(BoxChosen(box.id))
            self.post_message(OpenPane(number))
