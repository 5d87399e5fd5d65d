"""What a log view shows and where it stands: the log, what is in sight, following.

It holds no lines; they are read when they are drawn (`lines.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from time import time

from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from vasttui.logs.rows import LogLine, LogRows, Severity
from vasttui.tui.widgets.log.rail import Rail
from vasttui.tui.widgets.log.sieve import Sieve
from vasttui.tui.widgets.log.text import Times
from vasttui.tui.widgets.log.window import Frame, Place, Window


class NoRows:
    """A log without a row."""

    first_seq = 0
    next_seq = 0
    live: LogLine | None = None

    def rows(self, first: int, last: int) -> Sequence[LogLine]:
        """None."""
        return ()

    def text(self, seq: int) -> str:
        """None."""
        return ""

    def flags(self, first: int, last: int) -> bytes:
        """None."""
        return b""

    def seq_at(self, time: float) -> int:
        """There is none."""
        return 0


class LogState(Widget):
    """Lines of a log, wrapped or not, at the end of it or standing still.

    Attributes:
        following: the end stays in sight when lines come.
        wrap: long lines continue in the next row, else they leave the view at the right.
        times: how the time of each line is told.
        fold: runs of the same line and stack traces take one row each.
        threshold: quieter lines are hidden. Lines without a level count as INFO; gaps and notes stay.
        raw_json: JSON lines as they came, else readable.
        unmasked: what looks like a secret is shown.
        unseen: lines that came while the view stood still.
        shift: cells by which unwrapped text is moved to the left.
    """

    following = reactive(True, repaint=False, init=False)
    wrap = reactive(False, repaint=False, init=False)
    times: reactive[Times] = reactive(Times.CLOCK, repaint=False, init=False)
    fold = reactive(True, repaint=False, init=False)
    threshold: reactive[Severity] = reactive(Severity.NONE, repaint=False, init=False)
    raw_json = reactive(False, repaint=False, init=False)
    unmasked = reactive(False, repaint=False, init=False)
    unseen = reactive(0, repaint=False, init=False)
    shift = reactive(0, repaint=False, init=False)

    class StateChanged(Message, namespace="log_view"):
        """Following, cursor, the count of unseen lines, the hits, the filter's progress or the marks changed."""

        def __init__(self, view: LogState) -> None:
            super().__init__()
            self.view = view

        @property
        def control(self) -> LogState:
            """The view."""
            return self.view

        def can_replace(self, message: Message) -> bool:
            """The last of several waiting ones tells all."""
            return isinstance(message, LogState.StateChanged) and message.view is self.view

    def __init__(
        self,
        *,
        empty: str = "",
        clock: Callable[[], float] = time,
        id: str | None = None,  # noqa: A002 - Textual's name for it
        classes: str | None = None,
    ) -> None:
        """Make a view that says `empty` while it has no lines; `clock` is for relative times."""
        super().__init__(id=id, classes=classes)
        self._empty = empty
        self._clock = clock
        self._log: tuple[LogRows, Hashable] | None = None
        self._names: Mapping[int, str] = {}
        self._frame: Frame | None = None
        self._take(NoRows())

    def _take(self, rows: LogRows) -> None:
        """Begin with another log."""
        self.sieve = Sieve(rows)
        self.sieve.fold, self.sieve.threshold = self.fold, self.threshold
        self._window = Window(self.sieve, self.heights)
        self.rail = Rail(rows)
        self._seen = self._state()
        self._top: Place | None = None
        """What is in the first row while standing still."""
        self._seen_until = rows.next_seq
        """Rows from here on came while standing still."""

    # What it shows

    def show(self, rows: LogRows | None, name: Hashable = None, names: Mapping[int, str] | None = None) -> None:
        """Show a log from its end, None for none; the same `rows` and `name` as before: only what is new.

        `names` are the names of the origins (`LogLine.origin`) where several logs stand in one stream. Search,
        filter and threshold stay; marks, cursor and opened folds go when the log is another one.
        """
        self.set_names(names or {})
        log = (rows, name) if rows is not None else None
        if log is not None and self._log is not None and log[0] is self._log[0] and name == self._log[1]:
            self.advance()
            return
        if log is None and self._log is None:
            return
        self._log = log
        self._take(rows if rows is not None else NoRows())
        self.set_reactive(LogState.unseen, 0)
        self.set_reactive(LogState.shift, 0)
        self.set_reactive(LogState.following, True)
        self.replaced()
        self.changed()
        self.post_message(self.StateChanged(self))

    def replaced(self) -> None:
        """Called when another log is shown."""

    def advanced(self) -> None:
        """Called when rows came or fell out."""

    def set_names(self, names: Mapping[int, str]) -> None:
        """Other names of the origins."""
        if names != self._names:
            self._names = dict(names)
            self.changed()

    def set_empty(self, text: str) -> None:
        """What it says while it has no lines."""
        if text != self._empty:
            self._empty = text
            self.changed()

    @property
    def rows(self) -> LogRows:
        """The log."""
        return self.sieve.rows

    def advance(self) -> None:
        """Rows came, or the live line changed. Cheap when nothing did."""
        state = self._state()
        if state == self._seen:
            return
        if state[:2] != self._seen[:2]:
            self.sieve.advance()
            self.advanced()
        self._seen = state
        self.count_unseen()
        self.changed()

    def _state(self) -> tuple[int, int, LogLine | None]:
        rows = self.sieve.rows
        return rows.first_seq, rows.next_seq, rows.live

    def count_unseen(self) -> None:
        """Count what came while standing still."""
        if not self.following:
            unseen = self.sieve.count(self._seen_until, self.rows.next_seq)
            if unseen != self.unseen:
                self.unseen = unseen
                self.post_message(self.StateChanged(self))

    # Where it stands

    @property
    def frame(self) -> Frame:
        """What is in sight."""
        if self._frame is None:
            top = None if self.following else self._top
            self._frame = self._window.frame(top, self.size.height)
            if self._frame.cells and not self.following:
                self._top = self._frame.cells[0]
            self.laid_out(self._frame)
        return self._frame

    def laid_out(self, frame: Frame) -> None:
        """Called when it is decided anew what is in sight."""

    @property
    def page(self) -> int:
        """How many rows a page key moves by."""
        return max(1, self.size.height - 1)

    def scroll_rows(self, rows: int) -> None:
        """Move what is in sight down by some rows, up when negative; stop or begin to follow."""
        frame = self.frame
        if not frame.cells or (frame.at_start and rows < 0) or (self.following and rows > 0):
            return
        self.stand(self._window.moved(frame.cells[0], rows))
        if rows > 0 and self.frame.at_end:
            self.following = True

    def stand(self, top: Place) -> None:
        """Stand still with that row first."""
        self._top = top
        self.following = False
        self.changed()

    def toggle_following(self) -> None:
        """Follow the end, or stand still."""
        if self.following and self.frame.cells:
            self.stand(self.frame.cells[0])
        else:
            self.following = True

    def watch_following(self, following: bool) -> None:
        """Go to the end, or begin to count."""
        if following:
            self._top = None
            self.unseen = 0
        else:
            self._seen_until = self.rows.next_seq
        self.changed()
        self.post_message(self.StateChanged(self))

    def watch_wrap(self) -> None:
        """Wrap or unwrap; the first line in sight stays first."""
        self.shift = 0
        self._top = self._top and Place(self._top.seq)
        self.changed()

    # To be drawn

    def changed(self) -> None:
        """Something looks different."""
        self._frame = None

    def heights(self, seqs: Sequence[int]) -> Sequence[int]:
        """How many rows these items take."""
        return [1] * len(seqs)
