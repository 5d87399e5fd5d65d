"""One job in full: its figures, metrics, timeline and last lines; follows the job while it is open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from vasttui.errors import VastError
from vasttui.jobs.lifecycle import JobPhase
from vasttui.journal.records import JobEvent
from vasttui.logs.clean import plain
from vasttui.logs.rows import LogName
from vasttui.tui.actions import bindings
from vasttui.tui.format import clean
from vasttui.tui.glyphs import glyphs_of
from vasttui.tui.panes.jobs.facts import heading, job_lines, series_lines, timeline
from vasttui.tui.panes.jobs.result import masked
from vasttui.tui.panes.jobs.rows import job_name
from vasttui.tui.panes.sheet import GAP, Line

if TYPE_CHECKING:
    from vasttui.snapshot import JobView
    from vasttui.tui.panes.pane import Pane

LAST_LINES = 6
LONGEST_LINE = 400
FOLLOWING = {
    "l": "log", "i": "instance", "w": "result", "c": "copy", "K": "cancel", "R": "retry", "E": "elsewhere",
}  # fmt: skip
"""Keys that close the page and do in the pane what they do there."""


class JobDetail(ModalScreen[str | None]):
    """The job's page. Its result is the action of the pane that is to follow, None for none."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("dialog"),
        Binding("o,q", "cancel", show=False),
        *(Binding(key, f"leave('{verb}')", show=False) for key, verb in FOLLOWING.items()),
        Binding("j", "scroll('down')", show=False),
        Binding("k", "scroll('up')", show=False),
        Binding("g", "scroll('home')", show=False),
        Binding("G", "scroll('end')", show=False),
    ]

    def __init__(self, job_id: str, pane: Pane) -> None:
        super().__init__()
        self._job_id = job_id
        self._pane = pane
        self._asked: tuple[str, int, str] | None = None
        self._events: Sequence[JobEvent] = ()
        self._series: Mapping[str, Sequence[float]] = {}

    def compose(self) -> ComposeResult:
        """A frame with the text."""
        with VerticalScroll(classes="dialog job"):
            yield Static()

    def on_mount(self) -> None:
        """Draw it, and go on drawing it."""
        self.draw()
        self.set_interval(1.0, self.draw)

    def draw(self) -> None:
        """Bring everything up to date; the journal is asked when the job has moved on."""
        view = self._pane.snapshot.job(self._job_id)
        if view is None:
            self.query_one(Static).update("This job is no longer in the picture.")
            return
        state = (view.job.phase, view.job.tries, view.job.wish)
        if state != self._asked or view.job.phase == JobPhase.WORKING:
            self._asked = state
            self.run_worker(self._read(), exclusive=True)
        frame = self.query_one(VerticalScroll)
        frame.border_title = Content(clean(job_name(view)))
        able = [f"{key} {verb}" for key, verb in FOLLOWING.items() if self._pane.check_action(verb, ())]
        frame.border_subtitle = "  ".join([*able, "esc closes"])
        lines = self._lines(view)
        self.query_one(Static).update(Content("\n").join(content_of(line) for line in lines))

    async def _read(self) -> None:
        control = self._pane.control
        try:
            events = await control.job_events(self._job_id)
            series = await control.job_series(self._job_id)
        except VastError as error:
            self._pane.shell.report(error, "history of the job")
            return
        if (events, series) != (self._events, self._series):
            self._events, self._series = events, series
            self.draw()

    def _lines(self, view: JobView) -> list[Line]:
        pane, now, glyphs = self._pane, self._pane.now, glyphs_of(self.app)
        box = pane.snapshot.box(view.job.instance_id)
        lines = list(job_lines(view, box, now, glyphs))
        if drawn := list(series_lines(self._series, glyphs)):
            lines += [*heading("Metrics"), *drawn]
        if self._events:
            ended = view.job.phase == JobPhase.DONE
            lines += [*heading("Timeline"), *timeline(self._events, now, ended=ended)]
        if view.job.instance_id is not None and (last := self._last(view.job.instance_id)):
            lines += [*heading("Log"), *last]
        return lines

    def _last(self, instance_id: int) -> list[Line]:
        log = self._pane.control.log(LogName(instance_id))
        rows = [*log.rows(max(log.first_seq, log.next_seq - LAST_LINES), log.next_seq)]
        rows += [log.live] if log.live is not None else []
        return [(((masked(plain(row.text, LONGEST_LINE)), "text"),),) for row in rows]

    def action_leave(self, verb: str) -> None:
        """Close it and do that in the pane, where the pane offers it."""
        if self._pane.check_action(verb, ()):
            self.dismiss(verb)

    def action_scroll(self, where: str) -> None:
        """Scroll by the table's keys too."""
        getattr(self.query_one(VerticalScroll), f"scroll_{where}")(animate=False)

    def action_cancel(self) -> None:
        """Close it."""
        self.dismiss(None)


def content_of(line: Line) -> Content:
    """A line of parts as text that wraps, made harmless."""
    pieces: list[tuple[str, str]] = []
    for part in line:
        if any(text for text, _ in part):
            pieces += [(GAP, "")] if pieces else []
            pieces += [(clean(text), style_of(tone)) for text, tone in part]
    return Content.assemble(*pieces)


def style_of(tone: str) -> str:
    """A tone of our own lines as a style of Textual's."""
    token, _, attributes = tone.partition(" ")
    return f"{attributes} ${'foreground' if token == 'text' else token}".strip() if token else ""
