"""What happened: commands, changes of phase, trouble and recovery, newest at the bottom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widget import Widget

from vasttui.snapshot import Event, Level, Snapshot
from vasttui.tui.actions import bindings
from vasttui.tui.format import clock
from vasttui.tui.glyphs import GlyphSet, glyphs_of
from vasttui.tui.panes.box_columns import name_of
from vasttui.tui.panes.pane import Pane
from vasttui.tui.widgets.table import Column, Table

GLYPHS: Final[Mapping[Level, str]] = {
    Level.INFO: "waiting",
    Level.GOOD: "done",
    Level.LOOK: "look",
    Level.BAD: "failed",
}
TONES: Final[Mapping[Level, str]] = {
    Level.INFO: "text",
    Level.GOOD: "good",
    Level.LOOK: "look",
    Level.BAD: "bad",
}


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event with a key that stays its own while older ones fall out."""

    key: str
    event: Event
    box: str = ""


def event_rows(events: Iterable[Event], names: Mapping[int, str] | None = None) -> list[EventRow]:
    """Rows for events; equal ones of one moment are told apart by counting them.

    Args:
        events: oldest first.
        names: labels of the instances that are there, by id; others are shown by id.
    """
    seen: Counter[str] = Counter()
    rows = []
    for event in events:
        name = f"{event.at!r} {event.instance_id} {event.text}"
        seen[name] += 1
        box = "" if event.instance_id is None else (names or {}).get(event.instance_id, str(event.instance_id))
        rows.append(EventRow(f"{name} {seen[name]}", event, box))
    return rows


def event_columns(glyphs: GlyphSet) -> tuple[Column[EventRow], ...]:
    """Time, how loud, and what."""
    return (
        Column(key="time", title="TIME", width=8, style="dim", cell=lambda r: clock(r.event.at)),
        Column(
            key="level",
            title="",
            width=1,
            style=lambda r: TONES[r.event.level] if r.event.level is not Level.INFO else "dim",
            cell=lambda r: glyphs[GLYPHS[r.event.level]],
        ),
        Column(
            key="text",
            title="WHAT HAPPENED",
            width=20,
            flex=1,
            style=lambda r: TONES[r.event.level],
            cell=lambda r: r.event.text,
        ),
        Column(
            key="box",
            title="INSTANCE",
            width=12,
            style="dim",
            priority=1,
            cell=lambda r: r.box,
        ),
    )


class EventsPane(Pane):
    """The list; the cursor stays at the bottom while it is there."""

    SCOPE: ClassVar[str] = "events"
    NUMBER: ClassVar[int | None] = 6
    NAME: ClassVar[str] = "Events"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("events")]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._shown: tuple[Event, ...] | None = None

    def compose(self) -> ComposeResult:
        """One table."""
        yield Table(
            event_columns(glyphs_of(self.app)),
            key=lambda row: row.key,
            empty="What happens is listed here: rentals, changes of phase, trouble and its end.",
        )

    @property
    def focus_target(self) -> Widget | None:
        """The table."""
        return self.query_one(Table)

    def show(self, snapshot: Snapshot) -> None:
        """Add what is new."""
        if snapshot.events is self._shown:
            return
        self._shown = snapshot.events
        table = self.query_one(Table)
        at_end = not table.rows or table.cursor == len(table.rows) - 1
        table.set_rows(event_rows(snapshot.events, {box.id: name_of(box) for box in snapshot.boxes.value or ()}))
        if at_end:
            table.action_bottom()
        self.title(str(len(snapshot.events)))
        self.state(loud_text(snapshot.events))


def loud_text(events: Iterable[Event]) -> str:
    """How many of the events want a look: `2 bad   1 to look at`, "" when none does."""
    counts = Counter(event.level for event in events)
    bad, look = counts[Level.BAD], counts[Level.LOOK]
    return "   ".join(filter(None, (f"{bad} bad" if bad else "", f"{look} to look at" if look else "")))
