"""The Jobs pane: the batches, a row for each job, and what other instances work at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from vasttui.snapshot import BatchView, Snapshot
from vasttui.tui.actions import bindings
from vasttui.tui.glyphs import glyphs_of
from vasttui.tui.messages import BoxChosen, OpenPane
from vasttui.tui.panes.jobs.asking import JobActions
from vasttui.tui.panes.jobs.columns import MEANINGS, job_columns, moved
from vasttui.tui.panes.jobs.detail import FOLLOWING, JobDetail
from vasttui.tui.panes.jobs.rows import JobRow, beside, box_key, chosen_batch, job_rows
from vasttui.tui.panes.jobs.summary import edge, head_lines, row_line
from vasttui.tui.panes.sheet import Sheet
from vasttui.tui.widgets.table import Column, Table
from vasttui.tui.widgets.table_messages import Highlighted, Selected

EMPTY = (
    "Jobs appear here, with a bar as soon as their logs tell how far they are. "
    "`n` starts a batch; what your instances work at stands here too."
)

VERBS = (*FOLLOWING.values(), "pause")
"""Actions that only some jobs or batches can be asked for."""


class JobsPane(JobActions):
    """One row for each job of a batch, and for each other instance that runs something."""

    NUMBER: ClassVar[int | None] = 4
    NAME: ClassVar[str] = "Jobs"
    MEANINGS: ClassVar[Mapping[str, str]] = MEANINGS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("jobs")]

    DEFAULT_CSS = """
    JobsPane > #batches { height: auto; max-height: 5; padding: 0 1; display: none; }
    JobsPane > #said { height: 1; padding: 0 1; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._shown: tuple[object, ...] = ()
        self._wanted: int | None = None
        self._to_first = False
        self._able: tuple[bool, ...] = ()
        self._batch: BatchView | None = None

    def compose(self) -> ComposeResult:
        """The batches, the rows, and the line about the one under the cursor."""
        yield Sheet(id="batches")
        yield Table(self._columns(), key=lambda row: row.key, empty=EMPTY)
        yield Sheet(id="said")

    def _columns(self) -> tuple[Column[JobRow], ...]:
        return job_columns(glyphs_of(self.app), lambda: self.now, jobs=self._batch is not None)

    @property
    def row(self) -> JobRow | None:
        """The row under the cursor."""
        return self.table.cursor_row

    @property
    def shown_batch(self) -> BatchView | None:
        """The batch that is shown."""
        return self._batch

    # Pictures

    def show(self, snapshot: Snapshot) -> None:
        """Draw the jobs if they are others."""
        had, self._batch = self._batch, chosen_batch(snapshot.batches, self._wanted)
        if (had is None) is not (self._batch is None):
            self.table.set_columns(self._columns())
        now = (snapshot.boxes.value, snapshot.batches, self._wanted)
        if not self._shown or any(new is not old for new, old in zip(now, self._shown, strict=True)):
            self._shown = now
            self.table.set_rows(job_rows(snapshot, self._batch))
            self._go_to_first()
            self._offer_keys()
        self._head(snapshot)
        rows = self.table.rows
        self.title(title_count(rows))
        self.state(edge(rows, self._batch, snapshot.batches))
        self._tell()

    def _go_to_first(self) -> None:
        if self._to_first and self._batch is not None and self._batch.id == self._wanted:
            self._to_first = False
            self.table.move_cursor(0)

    def _offer_keys(self) -> None:
        """The footer follows the job under the cursor when that moves on by itself."""
        able = tuple(bool(self.check_action(verb, ())) for verb in VERBS)
        if able != self._able:
            self._able = able
            self.refresh_bindings()

    def _head(self, snapshot: Snapshot) -> None:
        lines = head_lines(snapshot, self._batch, glyphs_of(self.app))
        sheet = self.query_one("#batches", Sheet)
        if len(lines) != len(sheet.lines):
            sheet.styles.height = len(lines)
            sheet.display = bool(lines)
        sheet.set_lines(lines)

    def tick(self, now: float) -> None:
        """Ages go on."""
        self.table.repaint()
        self._tell()

    def box_chosen(self, instance_id: int | None) -> None:
        """Put the cursor there."""
        if instance_id is None:
            return
        row = next((r for r in self.table.rows if r.box is not None and r.box.id == instance_id), None)
        if self.table.move_to(row.key if row is not None else box_key(instance_id)):
            self._tell()

    def _tell(self) -> None:
        self.query_one("#said", Sheet).set_lines([row_line(self.row, self.now)])

    def on_table_highlighted(self, message: Highlighted) -> None:
        """Log and details follow the cursor, while the user moves it."""
        message.stop()
        self._tell()
        self.refresh_bindings()
        row = self.row
        if self.table.has_focus and row is not None and row.box is not None:
            self.post_message(BoxChosen(row.box.id))

    def on_table_selected(self, message: Selected) -> None:
        """Enter goes into a job, or to the log of another instance."""
        message.stop()
        row = self.row
        if row is not None and row.view is not None:
            self.action_open()
        else:
            self.action_log()

    # Where one looks

    def action_previous_batch(self) -> None:
        """The batch that is newer."""
        self._turn(-1)

    def action_next_batch(self) -> None:
        """The batch that is older."""
        self._turn(1)

    def _turn(self, step: int) -> None:
        if self._batch is not None:
            self.choose_batch(beside(self.snapshot.batches, self._batch, step).id)

    def choose_batch(self, batch_id: int) -> None:
        """Show this batch from now on, as soon as it is there, with the cursor on its first job."""
        self._wanted, self._to_first = batch_id, True
        self.show(self.snapshot)

    def action_open(self) -> None:
        """All that is known of the job."""
        row = self.row
        if row is not None and row.view is not None:
            # What is asked for in the detail is done to the cursor's row: a new batch must not take its place.
            self._wanted = row.view.job.batch_id
            self.app.push_screen(JobDetail(row.view.id, self), self._leave_detail)
        else:
            self.action_instance()

    def _leave_detail(self, verb: str | None) -> None:
        """Do what was asked for in the detail: go to the log, or something with the result."""
        if verb is not None:
            getattr(self, f"action_{verb}")()

    def action_log(self) -> None:
        """Go to its log, that of a box that is gone too."""
        self._open(3)

    def action_instance(self) -> None:
        """Go to its instance."""
        self._open(2)

    def _open(self, number: int) -> None:
        row = self.row
        if row is None:
            return
        box = row.box.id if row.box is not None else row.view.job.instance_id if row.view is not None else None
        if box is None:
            self.shell.say(f"{row.name} has no instance yet.")
            return
        if row.box is None and number == 2:
            self.shell.say(f"The instance {box} of {row.name} is gone; l shows its log.")
            return
        self.post_message(BoxChosen(box))
        self.post_message(OpenPane(number))



def title_count(rows: Sequence[JobRow]) -> str:
    """What stands behind the title: how many work of how many there are."""
    return f"{sum(moved(row) is not None for row in rows)} of {len(rows)}" if rows else ""
