"""What the parts of the log pane have in common."""

from __future__ import annotations

from typing import ClassVar

from vasttui.tui.panes.logs.tail import LogTail
from vasttui.tui.panes.pane import Pane


class LogPart(Pane):
    """A part of the log pane: some of its actions. Each works on the log that has the focus.

    Attributes:
        tails: the logs side by side, those that have no room included.
    """

    SCOPE: ClassVar[str] = "logs"

    tails: list[LogTail]

    @property
    def tail(self) -> LogTail:
        """The log that has the focus, or had it last."""
        raise NotImplementedError

    def go_to(self, tail: LogTail) -> None:
        """Give one of several logs the keys."""
        raise NotImplementedError
