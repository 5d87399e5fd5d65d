"""What the parts of the screen tell each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from vasttui.api.models import Offer
    from vasttui.logs.rows import LogName
    from vasttui.snapshot import Snapshot


class SnapshotChanged(Message, bubble=False):
    """The controller has a new picture; of several that wait, only the last counts."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self.snapshot = snapshot

    def can_replace(self, message: Message) -> bool:
        """A newer picture makes an older one that still waits superfluous."""
        return isinstance(message, SnapshotChanged)


class LogAdvanced(Message, bubble=False):
    """A log has new rows."""

    def __init__(self, name: LogName) -> None:
        super().__init__()
        self.name = name

    def can_replace(self, message: Message) -> bool:
        """Only the same log's message is replaced."""
        return isinstance(message, LogAdvanced) and message.name == self.name


class BoxChosen(Message):
    """The cursor is on another instance (None: on none); log and details follow."""

    def __init__(self, instance_id: int | None) -> None:
        super().__init__()
        self.instance_id = instance_id


class OfferChosen(Message):
    """The cursor is on another offer (None: on none); the offer's details follow."""

    def __init__(self, offer: Offer | None) -> None:
        super().__init__()
        self.offer = offer


class LogsChosen(Message):
    """Other logs are in sight than before."""


class OpenPane(Message):
    """Go to the pane of that number, 1 to 6."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
