"""What can be asked of a job and of its batch; what spends or loses something asks first."""

from __future__ import annotations

from typing import ClassVar

from vasttui.jobs.lifecycle import JobPhase
from vasttui.snapshot import BatchView
from vasttui.tui.dialogs.confirm import Confirm, Question
from vasttui.tui.dialogs.job_questions import cancel_question, elsewhere_question, resume_question, retry_question
from vasttui.tui.flows import new_batch
from vasttui.tui.panes.jobs.result import Result, read_result
from vasttui.tui.panes.jobs.rows import JobRow, job_name
from vasttui.tui.panes.tabled import TablePane

_ON_JOB = {"cancel": False, "elsewhere": False, "retry": True}
"""Wishes, and whether the job has to have ended for it."""


class JobActions(TablePane):
    """The actions of the pane that change something, or take the result along."""

    SCOPE: ClassVar[str] = "jobs"

    @property
    def row(self) -> JobRow | None:
        """The row under the cursor."""
        raise NotImplementedError

    @property
    def shown_batch(self) -> BatchView | None:
        """The batch that is shown."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What the row under the cursor cannot be asked is not offered."""
        if not super().check_action(action, parameters):
            return False
        view = self.row.view if self.is_mounted and self.row is not None else None
        if action in _ON_JOB:
            return view is not None and (view.job.phase == JobPhase.DONE) is _ON_JOB[action]
        if action in ("result", "copy"):
            return view is not None and bool(view.job.result)
        if action == "pause":
            return self.shown_batch is not None and not self.shown_batch.batch.closed
        if action in ("previous_batch", "next_batch"):
            return self.shown_batch is not None
        return True

    def action_new(self) -> None:
        """The form for a new batch."""
        new_batch(self.shell)

    def action_cancel(self) -> None:
        """Ask, then cancel the job."""
        self._ask_for("cancel")

    def action_retry(self) -> None:
        """Ask, then queue the job once more."""
        self._ask_for("retry")

    def action_elsewhere(self) -> None:
        """Ask, then give the box up and queue the job for another host."""
        self._ask_for("elsewhere")

    def _ask_for(self, wish: str) -> None:
        row = self.row
        if row is None or row.view is None:
            return
        view = row.view
        ask = {"cancel": cancel_question, "retry": retry_question, "elsewhere": elsewhere_question}[wish]

        def answered(yes: bool | None) -> None:
            if yes:
                self.run_command(self.control.command_job(view.id, wish), f"{wish} {job_name(view)}")

        self.app.push_screen(Confirm(ask(view, self.now)), answered)

    def action_pause(self) -> None:
        """Begin no further job; going on spends, so it asks first."""
        batch = self.shown_batch
        if batch is None:
            return
        if not batch.batch.paused:
            self.run_command(self.control.pause_batch(batch.id, True), f"pause {batch.batch.name}")
            self.shell.say(f"{batch.batch.name}: no further job begins. What runs goes on. p takes it up again.")
            return
        self._resume(batch, resume_question(batch))

    def _resume(self, batch: BatchView, question: Question) -> None:
        def answered(yes: bool | None) -> None:
            if yes:
                self.run_command(self.control.pause_batch(batch.id, False), f"go on with {batch.batch.name}")

        self.app.push_screen(Confirm(question), answered)

    # The result

    @property
    def _result(self) -> Result | None:
        row = self.row
        return read_result(row.view.job.result) if row is not None and row.view is not None else None

    def action_result(self) -> None:
        """Open an address in the browser; of a folder say where it is."""
        result = self._result
        if result is None:
            return
        if not result.link:
            self.shell.say(result.told)
        elif result.browser is None:
            self.shell.say("There is no browser here that opens beside the terminal; c copies the address.")
        else:
            self.app.open_url(result.text)
            self.shell.say(f"Opened {result.told}")

    def action_copy(self) -> None:
        """Copy the whole address or the folder."""
        result = self._result
        if result is not None:
            self.app.copy_to_clipboard(result.text)
            self.shell.say("The result was sent to the terminal's clipboard; whether it took it, it does not say.")
