"""What a log view lets through: levels, folds, the filter; and the work of filter and search between other work."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic, time
from typing import Final

from textual.timer import Timer

from vasttui.logs.filters import Filter
from vasttui.logs.rows import Severity
from vasttui.tui.widgets.log.find import Finder
from vasttui.tui.widgets.log.state import LogState
from vasttui.tui.widgets.log.window import Frame

SLICE: Final = 0.008
"""Seconds of searching and filtering at a time; keys and drawing come between."""
PAUSE: Final = 0.002
TELL: Final = 0.1
"""Seconds between reports of progress."""


class LogSift(LogState):
    """A log of which only some lines are shown, and in which something is searched.

    Attributes:
        finder: the search and the filter.
    """

    def __init__(
        self,
        *,
        empty: str = "",
        clock: Callable[[], float] = time,
        id: str | None = None,  # noqa: A002 - Textual's name for it
        classes: str | None = None,
    ) -> None:
        """Make a view that says `empty` while it has no lines; `clock` is for relative times."""
        super().__init__(empty=empty, clock=clock, id=id, classes=classes)
        self.finder = Finder(self.sieve)
        self._timer: Timer | None = None
        self._told = 0.0

    def replaced(self) -> None:
        """Search and filter go on in the other log."""
        super().replaced()
        self.finder.begin(self.sieve, self.rows.next_seq)
        self.look()

    def advanced(self) -> None:
        """Look at the new rows."""
        super().advanced()
        self.finder.advance()
        self.look()

    def laid_out(self, frame: Frame) -> None:
        """The filter looks first where the screen waits for it."""
        super().laid_out(frame)
        if not frame.known_below:
            self.finder.look_from(frame.cells[-1].seq if frame.cells else self._focus, 1)
        elif not frame.known_above:
            self.finder.look_from(frame.cells[0].seq if frame.cells else self._focus, -1)

    # Which lines are shown

    def watch_fold(self, fold: bool) -> None:
        """Open or close all folds."""
        self.sieve.fold = fold
        self.sieve.turned.clear()
        self._search_anew()

    def watch_threshold(self, threshold: Severity) -> None:
        """Hide or show quiet lines."""
        self.sieve.threshold = threshold
        self._search_anew()

    def watch_raw_json(self, raw_json: bool) -> None:
        """Other text, in which other things are found."""
        self.finder.raw_json = raw_json
        self.sift(self.finder.filter)

    def sift(self, chosen: Filter | None) -> None:
        """Show only lines that match, and search those."""
        self.finder.set_filter(chosen, self._focus)
        self._shows_others()

    def _search_anew(self) -> None:
        self.finder.set_pattern(self.finder.pattern, self._focus)
        self._shows_others()

    def _shows_others(self) -> None:
        self.look()
        self.sifted()
        self.count_unseen()
        self.changed()
        self.post_message(self.StateChanged(self))

    def sifted(self) -> None:
        """Called when other lines are shown."""

    @property
    def _focus(self) -> int:
        return self.rows.next_seq if self._top is None else self._top.seq

    # Searching and filtering between other work

    def on_mount(self) -> None:
        """Search what was asked for before."""
        self.look()

    def look(self) -> None:
        """Search and filter for a moment, and go on between other work until all is done."""
        more = self.finder.work(SLICE)
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(PAUSE, self._look_on) if more and self.is_running else None

    def _look_on(self) -> None:
        before = self.finder.filtering
        self.look()
        done = self._timer is None
        now = monotonic()
        if done or now - self._told >= TELL:
            self._told = now
            self.count_unseen()
            self.post_message(self.StateChanged(self))
            self.changed()
        elif before is not None and not (self.frame.known_above and self.frame.known_below):
            self.changed()
        self.looked()

    def looked(self) -> None:
        """Called when more lines were searched."""
