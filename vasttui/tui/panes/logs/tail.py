"""One log in its frame, of which the log pane has one to four."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.widget import Widget

from vasttui.snapshot import Box
from vasttui.tui.glyphs import glyphs_of
from vasttui.tui.panes.box_columns import name_of
from vasttui.tui.panes.logs.edge import NOTHING, View, edge_text, stream_edge, stream_title, title_text, waiting_text
from vasttui.tui.panes.logs.kept import KeptLogs, Target
from vasttui.tui.panes.logs.showing import Showing
from vasttui.tui.widgets.log.view import LogView

FRAME: Final = 6
"""Cells of an edge that are not for its text."""


class LogTail(Showing):
    """A log with its frame, which says whose it is and how it goes.

    Attributes:
        first: it bears the pane's number.
    """

    NUMBER: ClassVar[int | None] = 3
    NAME: ClassVar[str] = "Log"

    def __init__(self, target: Target, kept: KeptLogs) -> None:
        super().__init__(target, kept)
        self.first = True
        self._label: tuple[int, str] | None = None

    def compose(self) -> ComposeResult:
        """The filter above the lines, the search below them."""
        yield self.filter_prompt
        yield self.view
        yield self.search_prompt

    def on_resize(self) -> None:
        """The edge has room for more, or for less."""
        self.label()

    @property
    def heading(self) -> str:
        """The first one bears the pane's number."""
        return super().heading if self.first else self.NAME

    @property
    def focus_target(self) -> Widget | None:
        """The lines."""
        return self.view

    # How it is looked at

    @property
    def narrowed(self) -> bool:
        """Whether there is anything that `widen` ends."""
        muted = self.mix is not None and self.mix.muted
        return bool(self.search_text or self.filter_text or self.cleared is not None or muted)

    def widen(self) -> None:
        """End the search, else the filter, else show what was cleared or muted."""
        if self.search_text:
            self.find("")
        elif self.filter_text:
            self.narrow("")
        elif self.cleared is not None:
            self.unclear()
        elif self.mix is not None:
            self.mix.unmute()
            self.show(self.snapshot)
        self.changed()

    def changed(self) -> None:
        """It is looked at in another way: keep that, and say it."""
        self.keep()
        self.label()

    # Labels

    def tick(self, now: float) -> None:
        """Ages go on."""
        self.label()

    def label(self) -> None:
        """Bring title, edge and empty view up to date."""
        width, glyphs = max(0, self.outer_size.width - FRAME), glyphs_of(self.app)
        if self.mix is not None:
            summary = self.mix.summary
            self.view.set_empty("waiting for logs" if summary.boxes else "No instance is watched now.")
            self.title(stream_title(summary, frozen=self.frozen))
            self.state(stream_edge(summary, self._looks, glyphs, width))
            return
        name = self.log_name
        if name is None:
            self.view.set_empty(NOTHING)
            self.title()
            self.state("")
            return
        box, gone, called = self.box, self.gone, self.called
        status = self.control.log_status(name)
        self.view.set_empty("" if self.cleared is not None else waiting_text(status, called, box, gone=gone))
        self.title(title_text(called, name.stream, pinned=self.pinned is not None, gone=gone, frozen=self.frozen))
        if gone and not status.lines:
            # Nobody follows it any more, so nobody counted.
            status = replace(status, lines=self.view.rows.next_seq - self.view.rows.first_seq)
        self.state(edge_text(status, self._looks, self.now, glyphs, width, gone=gone))

    @property
    def box(self) -> Box | None:
        """The instance whose log it is, None when it is not in the list."""
        return None if self.log_name is None else self.snapshot.box(self.log_name.instance_id)

    @property
    def gone(self) -> bool:
        """Whether the instance is known to be no longer there."""
        return self.box is None and self.snapshot.boxes.value is not None

    @property
    def called(self) -> str:
        """How the instance is called, or was when it was last in the list."""
        name, box = self.log_name, self.box
        if name is None:
            return ""
        if box is not None:
            self._label = (box.id, name_of(box))
        elif self._label is None or self._label[0] != name.instance_id:
            self._label = (name.instance_id, self._known_label(name.instance_id))
        return self._label[1]

    def _known_label(self, instance_id: int) -> str:
        same = (info.label for info in self.control.logs() if info.name.instance_id == instance_id)
        return next(filter(None, same), str(instance_id))

    @property
    def file_name(self) -> str:
        """What a file with its lines is called, without date and ending."""
        if self.mix is not None:
            return "all"
        return f"{self.called} {self.log_name.stream}" if self.log_name is not None else ""

    @property
    def _looks(self) -> View:
        view, hits = self.view, self.view.hits
        # A prompt in sight tells the hits itself.
        told = (0, 0) if self.search_prompt.is_open else (hits.at, hits.total)
        return View(
            following=view.following,
            hits=told,
            searching=hits.scanning,
            filtering=view.filtering,
            threshold=view.threshold,
            folded=view.fold,
            raw=view.raw_json,
            unmasked=view.unmasked,
            cleared=self.cleared,
            marks=len(view.marks),
        )

    @on(LogView.StateChanged)
    def _view_changed(self, message: LogView.StateChanged) -> None:
        message.stop()
        self.note_hits()
        self.label()

