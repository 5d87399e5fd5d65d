"""The log of the chosen instance."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widget import Widget

from vasttui.snapshot import Box, LogState, LogStatus, Snapshot
from vasttui.tui.actions import bindings
from vasttui.tui.format import age, plural
from vasttui.tui.glyphs import GlyphSet, glyphs_of
from vasttui.tui.panes.box_columns import name_of
from vasttui.tui.panes.pane import Pane
from vasttui.tui.widgets.log_view import LogView
from vasttui.tui.widgets.prompt import Prompt

NOTHING = "Choose an instance with `2`; its log appears here."
WRAP_KEY = "logs.wrap"
TIMES_KEY = "logs.times"


def waiting_text(box: Box | None) -> str:
    """What the view says while there is no line."""
    if box is None:
        return NOTHING.replace("`", "")
    if box.log.state is LogState.OFF:
        return f"The log of {name_of(box)} is not asked for now."
    return box.log.text or "waiting for logs"


def edge_text(status: LogStatus, following: bool, hits: tuple[int, int], now: float, glyphs: GlyphSet) -> str:
    """The lower edge: whether it follows, from where, how much, and what is wrong.

    Args:
        status: health of the log.
        following: the view keeps to the end.
        hits: number of the search's hit that is chosen, and how many there are.
        now: epoch seconds.
        glyphs: the glyphs to draw with.
    """
    parts = []
    if hits[1]:
        parts.append(f"hit {hits[0]} of {hits[1]}" if hits[0] else plural(hits[1], "hit"))
    parts.append(_state(status, following, now, glyphs))
    parts.append(status.source)
    if status.lines:
        parts.append(plural(status.lines, "line"))
    if status.gaps:
        parts.append(plural(status.gaps, "gap"))
    return "   ".join(filter(None, parts))


def _state(status: LogStatus, following: bool, now: float, glyphs: GlyphSet) -> str:
    if status.state is LogState.TROUBLE:
        old = "" if status.checked_at is None else f", last answer {age(now - status.checked_at)} ago"
        return f"{glyphs['look']} trouble{old}"
    if status.state is LogState.OFF:
        return f"{glyphs['waiting']} off"
    if status.state is LogState.WAITING:
        return f"{glyphs['waiting']} {status.text if status.lines else 'waiting'}"
    if not following:
        return f"{glyphs['stopped']} standing still"
    quiet = "" if status.last_at is None or now - status.last_at < 60 else f", quiet for {age(now - status.last_at)}"
    return f"{glyphs['live']} following{quiet}"


class LogsPane(Pane):
    """Follows one log; the cursor of the instances says whose."""

    SCOPE: ClassVar[str] = "logs"
    NUMBER: ClassVar[int | None] = 3
    NAME: ClassVar[str] = "Log"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("logs")]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._box: int | None = None
        self._frozen = False

    def compose(self) -> ComposeResult:
        """The lines, and the line to search them."""
        yield LogView(empty=waiting_text(None))
        yield Prompt(placeholder="text or regular expression")

    def on_mount(self) -> None:
        """Wrap and times as the last time."""
        if isinstance(wrap := self.control.recall(WRAP_KEY), bool):
            self.view.wrap = wrap
        if isinstance(times := self.control.recall(TIMES_KEY), bool):
            self.view.times = times

    @property
    def view(self) -> LogView:
        """The lines."""
        return self.query_one(LogView)

    @property
    def focus_target(self) -> Widget | None:
        """The lines."""
        return self.view

    # Pictures and lines

    def box_chosen(self, instance_id: int | None) -> None:
        """Show the log of this instance."""
        if instance_id == self._box:
            return
        self._box = instance_id
        self._frozen = False
        if self.display:
            self._read()
            self._label(self.snapshot)

    def show(self, snapshot: Snapshot) -> None:
        """Bring lines and health up to date."""
        self._read()
        self._label(snapshot)

    def tick(self, now: float) -> None:
        """Ages go on."""
        self._label(self.snapshot)

    def log_advanced(self, instance_id: int) -> None:
        """Show the new lines."""
        if instance_id == self._box:
            self._read()
            self._label(self.snapshot)

    def _read(self) -> None:
        if self._box is None:
            self.view.reset([])
        elif not self._frozen:
            self.view.sync(self.control.log(self._box))

    def _label(self, snapshot: Snapshot) -> None:
        box = snapshot.box(self._box)
        view, glyphs = self.view, glyphs_of(self.app)
        view.set_empty(waiting_text(box))
        if box is None:
            gone = self._box is not None and bool(view.lines)
            self.title(f"{self._box} (gone)" if gone else "")
            self.state("")
            return
        self.title(name_of(box))
        # An open prompt tells the hits itself.
        hits = (0, 0) if self.query_one(Prompt).is_open else view.hit_position
        edge = edge_text(box.log, view.following, hits, self.now, glyphs)
        self.state(f"display paused   {edge}" if self._frozen else edge)

    @on(LogView.StateChanged)
    def _view_changed(self, message: LogView.StateChanged) -> None:
        message.stop()
        prompt = self.query_one(Prompt)
        if prompt.is_open and prompt.text:
            at, total = self.view.hit_position
            prompt.note(f"{at} of {total}" if at else plural(total, "hit") if total else "nothing found")
        self._label(self.snapshot)

    # Actions

    def action_follow(self) -> None:
        """Follow the end, or stand still."""
        self.view.toggle_following()

    def action_pause(self) -> None:
        """Stop drawing new lines, which are still fetched, or go on."""
        self._frozen = not self._frozen
        self._read()
        self._label(self.snapshot)

    def action_wrap(self) -> None:
        """Wrap long lines or cut them."""
        self.view.wrap = not self.view.wrap
        self.shell.remember(WRAP_KEY, self.view.wrap)

    def action_times(self) -> None:
        """Show when lines came, or not."""
        self.view.times = not self.view.times
        self.shell.remember(TIMES_KEY, self.view.times)

    def action_copy(self) -> None:
        """Copy the line of the hit, else the lines in sight."""
        self._copy(self.view.hit_text() or self.view.text_in_sight())

    def action_copy_all(self) -> None:
        """Copy all lines that are held."""
        self._copy(self.view.last_text())

    def _copy(self, text: str) -> None:
        if not text:
            self.shell.say("There is nothing to copy.")
            return
        self.app.copy_to_clipboard(text)
        lines = plural(text.count("\n") + 1, "line")
        self.shell.say(f"{lines} sent to the terminal's clipboard; whether it took them, it does not say.")

    # Search

    def action_search(self) -> None:
        """Find text."""
        self.query_one(Prompt).open()

    def action_next(self) -> None:
        """The next hit."""
        self._step(self.view.next_hit())

    def action_previous(self) -> None:
        """The hit before."""
        self._step(self.view.previous_hit())

    def _step(self, found: bool) -> None:
        if not found:
            self.shell.say("Nothing found." if self.query_one(Prompt).text else "Nothing is searched; / searches.")

    @on(Prompt.Changed)
    def _search_changed(self, message: Prompt.Changed) -> None:
        message.stop()
        self.view.set_search(message.text)

    @on(Prompt.Closed)
    def _search_closed(self, message: Prompt.Closed) -> None:
        message.stop()
        self.view.set_search(message.text)
        self.view.focus()
        if message.text:
            self.view.previous_hit()
