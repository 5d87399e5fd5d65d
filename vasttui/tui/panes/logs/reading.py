"""Reading a log: following, searching, levels, folds, marks, times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, TypeVar

from textual.binding import Binding, BindingType

from vasttui.logs.rows import Severity
from vasttui.tui.dialogs.prompt_text import PromptText
from vasttui.tui.panes.logs.part import LogPart
from vasttui.tui.panes.logs.tail import LogTail
from vasttui.tui.panes.logs.when import FORMS, read_when
from vasttui.tui.widgets.log.view import Times

WRAP_KEY: Final = "logs.wrap"
TIMES_KEY: Final = "logs.times"
FOLD_KEY: Final = "logs.fold"

LEVELS: Final = (Severity.NONE, Severity.INFO, Severity.WARNING, Severity.ERROR)
TIMES: Final = (Times.CLOCK, Times.RELATIVE, Times.UTC, Times.OFF)
UNMASKED_SECONDS: Final = 10.0

T = TypeVar("T")


class Reading(LogPart):
    """The actions that move and change the view."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "widen", show=False)]

    def recall_looks(self, tail: LogTail) -> None:
        """Wrap, times and folds as the last time."""
        recall = self.control.recall
        tail.view.wrap = recall(WRAP_KEY) is True
        tail.view.fold = recall(FOLD_KEY) is not False
        tail.view.times = kept_times(recall(TIMES_KEY))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Escape is for search, filter and the like only while there is one."""
        if action == "widen":
            return bool(self.tails) and self.tail.narrowed
        return super().check_action(action, parameters)

    def action_widen(self) -> None:
        """Show all lines again: end the search, then the filter, then what was cleared or muted."""
        self.tail.widen()

    # Place

    def action_follow(self) -> None:
        """Follow the end, or stand still."""
        self.tail.view.toggle_following()

    def action_pause(self) -> None:
        """Stop drawing new lines, which are still fetched, or go on."""
        self.tail.freeze()

    def action_next_error(self) -> None:
        """The next line that is an error."""
        if not self.tail.view.next_error():
            self.shell.say("No error below.")

    def action_previous_error(self) -> None:
        """The error before."""
        if not self.tail.view.previous_error():
            self.shell.say("No error above.")

    def action_time(self) -> None:
        """Ask for a time and go there."""
        tail = self.tail

        def answered(text: str | None) -> None:
            if text and not tail.view.go_to_time(read_when(text, self.now)):
                self.shell.say("No line came at that time or later.")

        dialog = PromptText("Go to a time", FORMS, verb="Go", check=lambda text: read_when(text, self.now))
        self.app.push_screen(dialog, answered)

    # Search and filter

    def action_search(self) -> None:
        """Find text."""
        self.tail.search_prompt.open()

    def action_next(self) -> None:
        """The next hit."""
        self._step(self.tail.view.next_hit())

    def action_previous(self) -> None:
        """The hit before."""
        self._step(self.tail.view.previous_hit())

    def _step(self, found: bool) -> None:
        if not found:
            self.shell.say("Nothing found." if self.tail.search_text else "Nothing is searched; / searches.")

    def action_filter(self) -> None:
        """Show only some lines."""
        self.tail.filter_prompt.open()

    def action_level(self) -> None:
        """Hide quiet lines, or show them again."""
        view = self.tail.view
        view.threshold = _after(LEVELS, view.threshold)
        self.tail.changed()

    def action_clear(self) -> None:
        """Empty the view."""
        self.tail.clear()

    # Looks

    def action_wrap(self) -> None:
        """Wrap long lines or cut them."""
        wrap = not self.tail.view.wrap
        for tail in self.tails:
            tail.view.wrap = wrap
        self.shell.remember(WRAP_KEY, wrap)

    def action_times(self) -> None:
        """Tell times in the next way."""
        times = _after(TIMES, self.tail.view.times)
        for tail in self.tails:
            tail.view.times = times
        self.shell.remember(TIMES_KEY, times.value)

    def action_fold(self) -> None:
        """Fold repeated lines and stack traces, or not."""
        fold = not self.tail.view.fold
        for tail in self.tails:
            tail.view.fold = fold
            tail.label()
        self.shell.remember(FOLD_KEY, fold)

    def action_open_fold(self) -> None:
        """Open the fold at the cursor, or close it."""
        self.tail.view.toggle_fold()

    def action_raw(self) -> None:
        """JSON lines as they came, or readable."""
        view = self.tail.view
        view.raw_json = not view.raw_json
        self.tail.label()

    def action_unmask(self) -> None:
        """Show secrets for a moment."""
        self.tail.view.unmask(UNMASKED_SECONDS)
        self.tail.label()

    # Marks

    def action_mark(self) -> None:
        """Mark the cursor's line, or not."""
        if self.tail.view.toggle_mark():
            self.tail.changed()
        else:
            self.shell.say("There is no line to mark.")

    def action_next_mark(self) -> None:
        """Go to the next mark."""
        if not self.tail.view.next_mark():
            self.shell.say("No line is marked; m marks one.")


def kept_times(stored: object) -> Times:
    """How times are told, as it was kept; earlier versions kept whether they are."""
    if isinstance(stored, str) and stored in set(Times):
        return Times(stored)
    return Times.OFF if stored is False else Times.CLOCK


def _after(values: Sequence[T], value: T) -> T:
    """The value after this one, round the end."""
    return values[(values.index(value) + 1) % len(values)] if value in values else values[0]
