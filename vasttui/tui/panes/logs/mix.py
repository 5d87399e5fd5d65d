"""All watched instances in one stream: who is in it, who is muted, who is heard alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vasttui.logs.merged import MergedRows
from vasttui.logs.rows import LogName, LogRows
from vasttui.snapshot import LogState, Snapshot
from vasttui.tui.panes.box_columns import name_of
from vasttui.tui.panes.logs.edge import Stream


class Mix:
    """The stream of all watched instances. Who was in it once stays in it.

    Args:
        log: gives the rows of a log.

    Attributes:
        rows: the stream; another object when another set of instances is shown.
        names: the names of the instances by their ids.
    """

    def __init__(self, log: Callable[[LogName], LogRows]) -> None:
        self._log = log
        self._muted: set[int] = set()
        self._solo: int | None = None
        self._troubled: tuple[str, ...] = ()
        self.names: Mapping[int, str] = {}
        self.rows = MergedRows({})

    def show(self, snapshot: Snapshot) -> None:
        """Take in who is watched now."""
        boxes = snapshot.boxes.value or ()
        watched = {box.id: name_of(box) for box in boxes if box.log.state is not LogState.OFF or box.id in self.names}
        self._troubled = tuple(name_of(box) for box in boxes if box.log.state is LogState.TROUBLE)
        names = {**self.names, **watched}
        if names != self.names:
            self.names = names
            self._remix()

    def _remix(self) -> None:
        shown = [self._solo] if self._solo is not None else [name for name in self.names if name not in self._muted]
        if tuple(shown) != self.rows.origins:
            self.rows = MergedRows({origin: self._log(LogName(origin)) for origin in shown})

    def has(self, name: LogName) -> bool:
        """Whether that log is in the stream."""
        return not name.stream and name.instance_id in self.rows.origins

    def origin_of(self, seq: int) -> int | None:
        """Whose row that is."""
        return next((line.origin for line in self.rows.rows(seq, seq + 1)), None)

    def mute(self, origin: int) -> None:
        """Hide one of them."""
        self._muted.add(origin)
        if origin == self._solo:
            self._solo = None
        self._remix()

    def unmute(self) -> None:
        """Show all."""
        self._muted.clear()
        self._solo = None
        self._remix()

    def solo(self, origin: int | None) -> None:
        """Show only one of them; None ends that."""
        self._solo = origin
        self._remix()

    @property
    def alone(self) -> bool:
        """Whether one is shown alone."""
        return self._solo is not None

    @property
    def muted(self) -> bool:
        """Whether any is hidden."""
        return bool(self._muted) or self._solo is not None

    @property
    def summary(self) -> Stream:
        """For title and edge."""
        solo = "" if self._solo is None else self.names.get(self._solo, str(self._solo))
        return Stream(len(self.names), len(self._muted), solo, self._troubled)
