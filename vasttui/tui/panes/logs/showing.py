"""Whose log a tail shows, and where it takes the rows from."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from textual.timer import Timer

from vasttui.logs.merged import MergedRows
from vasttui.logs.rows import LogName, LogRows
from vasttui.logs.since import RowsSince
from vasttui.snapshot import Snapshot
from vasttui.tui.panes.logs.finding import Finding
from vasttui.tui.panes.logs.kept import Kept, KeptLogs, Target
from vasttui.tui.panes.logs.mix import Mix

KEPT_KEY: Final = "logs.kept"

EVERYONE: Final = LogName(0)
"""Under this name is kept how the stream of all is looked at; no instance has this id."""

MIX_EVERY: Final = 0.2
"""Seconds between two looks at all logs of a stream: with many instances hardly a moment passes without a new row."""


class Showing(Finding):
    """Shows one log, or the stream of all watched instances.

    A log is that of the instance under the cursor until another one is pinned. It is looked at as the last time
    (place, search, filter, threshold, marks).

    Args:
        target: what it shows.
        kept: how logs were looked at.

    Attributes:
        pinned: the log that was chosen, None for that of the cursor's instance.
        mix: the stream, None while one log is shown.
        frozen: new lines are not drawn.
        cleared: when the view was emptied, None when it was not.
    """

    def __init__(self, target: Target, kept: KeptLogs) -> None:
        super().__init__()
        self.pinned = target.pinned
        self.mix: Mix | None = None
        self.frozen = False
        self.cleared: float | None = None
        self._begins_mixed = target.everyone
        self._kept = kept
        self._box: int | None = None
        self._stream = ""
        self._shown: tuple[LogName | None, LogRows | None] = (None, None)
        self._catching_up: Timer | None = None

    def label(self) -> None:
        """Bring title, edge and empty view up to date."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Open the stream, if that was open the last time."""
        if self._begins_mixed:
            self.merge(True)

    def on_unmount(self) -> None:
        """Keep how the log was looked at."""
        self.keep()

    # Whose log

    @property
    def log_name(self) -> LogName | None:
        """The log that it shows, or would show without the stream."""
        if self.pinned is not None:
            return self.pinned
        return None if self._box is None else LogName(self._box, self._stream)

    @property
    def target(self) -> Target:
        """What it shows, to be kept."""
        return Target(self.pinned, self.mix is not None)

    def follow_cursor(self) -> None:
        """Show the log of the instance under the cursor from now on."""
        self.pinned = None
        self.merge(False)

    def pin(self, name: LogName) -> None:
        """Show this log from now on."""
        self.pinned = name
        self.merge(False)

    def turn_to(self, stream: str) -> None:
        """Show another log of the same instance."""
        if self.pinned is not None:
            self.pinned = LogName(self.pinned.instance_id, stream)
        self._stream = stream
        self.merge(False)

    def merge(self, on: bool) -> None:
        """Show the stream of all watched instances, or one log again."""
        if on != (self.mix is not None):
            self.mix = Mix(self.control.log) if on else None
        self.show(self.snapshot)

    def box_chosen(self, instance_id: int | None) -> None:
        """The cursor is on another instance."""
        if instance_id == self._box:
            return
        self._box, self._stream = instance_id, ""

    # Rows

    def show(self, snapshot: Snapshot) -> None:
        """Bring lines and health up to date."""
        if self.mix is not None:
            self.mix.show(snapshot)
        self._read()
        self.label()

    def log_advanced(self, name: LogName) -> None:
        """Show the new lines."""
        if self.mix is None:
            if name == self.log_name:
                self._read()
                self.label()
        elif self.mix.has(name) and self._catching_up is None:
            self._catching_up = self.set_timer(MIX_EVERY, self._catch_up)

    def _catch_up(self) -> None:
        self._catching_up = None
        if self.mix is None or self.frozen:
            return
        if self.mix.rows.catch_up():
            self._catching_up = self.set_timer(0, self._catch_up)
        self.view.advance()

    def _read(self) -> None:
        name = None if self.mix is not None else self.log_name
        rows = self.mix.rows if self.mix is not None else self.control.log(name) if name is not None else None
        if (name, rows) != self._shown:
            self._open(name, rows)
        elif self.mix is not None:
            self.view.set_names(self.mix.names)
            self._catch_up()
        elif not self.frozen:
            self.view.advance()

    def _open(self, name: LogName | None, rows: LogRows | None) -> None:
        before = self._shown[1]
        when = self._time_in_sight(before) if isinstance(before, MergedRows) else None
        self.keep()
        self._shown = (name, rows)
        self.frozen, self.cleared = False, None
        if self.mix is not None:
            self.view.show(rows, None, self.mix.names)
            if not isinstance(before, MergedRows):
                self._look_again(self._kept.of(EVERYONE))
            elif when is not None:
                self.view.go_to_time(when)
            return
        self.view.show(rows, name)
        if name is not None and rows is not None:
            kept = self._kept.of(name)
            self._look_again(kept)
            self._go_back(kept, rows)

    def _time_in_sight(self, rows: LogRows) -> float | None:
        """When the cursor's row came: the place in a stream from which somebody was taken out."""
        place = self.view.cursor
        return None if place is None else next((line.received for line in rows.rows(place, place + 1)), None)

    def clear(self) -> None:
        """Show only what comes from now on; the lines are kept."""
        name, rows = self._shown
        if rows is None:
            return
        self.cleared = self.now
        self.view.show(RowsSince(rows, rows.next_seq), (name, self.cleared))
        self.label()

    def unclear(self) -> None:
        """Show all lines again."""
        self.cleared = None
        name, rows = self._shown
        self.view.show(rows, name, self.mix.names if self.mix is not None else None)
        self.label()

    def freeze(self) -> None:
        """Stop drawing new lines, or go on."""
        self.frozen = not self.frozen
        self.show(self.snapshot)

    # How it is looked at

    def keep(self) -> None:
        """Keep how the log is looked at."""
        (name, rows), view = self._shown, self.view
        if rows is None:
            return
        looked = Kept(None, self.search_text, self.filter_text, view.threshold)
        if name is None:
            self._kept.keep(EVERYONE, looked)  # its rows have other numbers the next time
        elif self.cleared is None:
            self._kept.keep(name, replace(looked, place=view.place, marks=tuple(sorted(view.marks))))
        self.shell.remember(KEPT_KEY, self._kept.stored)

    def _look_again(self, kept: Kept) -> None:
        self.find(kept.search)
        self.narrow(kept.filter)
        self.view.threshold = kept.threshold

    def _go_back(self, kept: Kept, rows: LogRows) -> None:
        self.view.marks = frozenset(seq for seq in kept.marks if rows.first_seq <= seq < rows.next_seq)
        if kept.place is not None and kept.place < rows.next_seq:
            self.view.restore_place(max(kept.place, rows.first_seq))
