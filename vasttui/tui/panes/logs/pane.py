"""The log pane: one to four logs side by side."""

from __future__ import annotations

from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widget import Widget

from vasttui.logs.rows import LogName
from vasttui.snapshot import Snapshot
from vasttui.tui.actions import bindings
from vasttui.tui.messages import LogsChosen
from vasttui.tui.panes.logs.choosing import NO_ROOM, Choosing
from vasttui.tui.panes.logs.grid import MOST, grid
from vasttui.tui.panes.logs.kept import KeptLogs, Target
from vasttui.tui.panes.logs.reading import Reading
from vasttui.tui.panes.logs.showing import KEPT_KEY
from vasttui.tui.panes.logs.tail import LogTail
from vasttui.tui.panes.logs.taking import Taking

TAILS_KEY: Final = "logs.tails"


class LogsPane(Choosing, Reading, Taking):
    """Follows logs; the cursor of the instances says whose, where no log is pinned."""

    SCOPE: ClassVar[str] = "logs"
    NUMBER: ClassVar[int | None] = 3
    NAME: ClassVar[str] = "Log"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("logs")]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self.tails = []
        self._at: LogTail | None = None
        self._box: int | None = None
        self._kept = KeptLogs()

    def compose(self) -> ComposeResult:
        """The logs that were open the last time."""
        self._kept = KeptLogs(self.control.recall(KEPT_KEY))
        self.tails = [LogTail(target, self._kept) for target in self._recalled()]
        yield from self.tails

    def _recalled(self) -> list[Target]:
        stored = self.control.recall(TAILS_KEY)
        targets = [Target.read(item) for item in stored] if isinstance(stored, list) else []
        known = {info.name for info in self.control.logs()}
        # A log of which nothing is kept may be of an instance that is long gone.
        there = [target for target in targets if target and (target.pinned is None or target.pinned in known)]
        return there[:MOST] or [Target()]

    def on_mount(self) -> None:
        """Look as the last time."""
        for tail in self.tails:
            self.recall_looks(tail)
        self._fit()

    @property
    def tail(self) -> LogTail:
        """The log that has the focus, or had it last."""
        if self._at in self.tails and self._at.display:
            return self._at
        return self.tails[0]

    @property
    def focus_target(self) -> Widget | None:
        """The lines of that log."""
        return self.tail.view

    def go_to(self, tail: LogTail) -> None:
        """Give one of several logs the keys, at once: the next key may be here already."""
        self._at = tail
        self.screen.set_focus(tail.view)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Another one of several logs is meant by the keys."""
        self._at = next((tail for tail in self.tails if tail in event.widget.ancestors), self._at)

    # Pictures and lines

    @property
    def _in_sight(self) -> list[LogTail]:
        return [tail for tail in self.tails if tail.display]

    def show(self, snapshot: Snapshot) -> None:
        """Bring lines and health up to date."""
        if self._box is None and snapshot.boxes.value:
            # Who comes here first has no cursor yet: it will be on the first instance.
            self.box_chosen(snapshot.boxes.value[0].id)
            self.post_message(LogsChosen())
        for tail in self._in_sight:
            tail.show(snapshot)

    def tick(self, now: float) -> None:
        """Ages go on."""
        for tail in self._in_sight:
            tail.tick(now)

    def log_advanced(self, name: LogName) -> None:
        """Show the new lines."""
        for tail in self._in_sight:
            tail.log_advanced(name)

    def box_chosen(self, instance_id: int | None) -> None:
        """The cursor is on another instance."""
        self._box = instance_id
        for tail in self.tails:
            tail.box_chosen(instance_id)
            if self.display and tail.display and tail.pinned is None:
                tail.show(self.snapshot)

    @property
    def logs_wanted(self) -> tuple[LogName, ...]:
        """The logs in sight; while the pane is not, that of the cursor's instance."""
        if not self.display:
            return () if self._box is None else (LogName(self._box),)
        return tuple(name for tail in self._in_sight if (name := tail.log_name) is not None)

    # Several side by side

    def split(self, target: Target) -> None:
        """Open one more beside."""
        if not self.room_for_more:
            self.shell.say(NO_ROOM)
            return
        tail = LogTail(target, self._kept)
        tail.box_chosen(self._box)
        self.tails.append(tail)
        self.call_next(self._mount_tail, tail)

    async def _mount_tail(self, tail: LogTail) -> None:
        await self.mount(tail)
        self.recall_looks(tail)
        self._fit()
        tail.show(self.snapshot)
        self.go_to(tail)
        self.chosen()

    def unsplit(self, tail: LogTail) -> None:
        """Close one of several."""
        index = self.tails.index(tail)
        self.tails.remove(tail)
        self.go_to(self.tails[max(0, index - 1)])
        tail.remove()
        self._fit()
        self.chosen()

    def chosen(self) -> None:
        """Other logs are in sight: keep that, and tell those who fetch them."""
        self.shell.remember(TAILS_KEY, [tail.target.stored for tail in self.tails])
        self.post_message(LogsChosen())

    @property
    def room_for_more(self) -> bool:
        """Whether one more can stand beside the others."""
        wanted = len(self.tails) + 1
        return wanted <= MOST and grid(wanted, *self.size).shown == wanted

    def on_resize(self) -> None:
        """Another size has room for more, or for fewer."""
        self._fit()

    def _fit(self) -> None:
        place = grid(len(self.tails), *self.size)
        self.styles.layout = "grid"
        self.styles.grid_size_columns = place.columns
        self.styles.grid_size_rows = place.rows
        for index, tail in enumerate(self.tails):
            tail.first = index == 0
            shown = index < place.shown
            # The last one takes the places that are left.
            tail.styles.column_span = 1 + (place.columns * place.rows - place.shown) * (index == place.shown - 1)
            if shown and not tail.display:
                tail.display = True
                tail.show(self.snapshot)
            if not shown and tail.has_focus_within:
                self.go_to(self.tails[0])
            tail.display = shown
            tail.label()
