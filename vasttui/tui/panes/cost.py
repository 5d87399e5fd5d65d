"""What is spent: credit, burn, runway, and each instance's part of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType

from vasttui.instances.money import disk_hourly, runway
from vasttui.snapshot import Box, Snapshot
from vasttui.tui.actions import bindings
from vasttui.tui.format import hours, money, percent, plural
from vasttui.tui.glyphs import GlyphSet, glyphs_of
from vasttui.tui.messages import BoxChosen
from vasttui.tui.panes.box_columns import fitting_word, gpu_count, name_of, phase_word
from vasttui.tui.panes.health import freshness
from vasttui.tui.panes.sheet import Line, Part, Sheet, fact
from vasttui.tui.panes.tabled import TablePane
from vasttui.tui.widgets.table import Column, Sort, Table
from vasttui.tui.widgets.table_messages import Highlighted

NAME = 18
LOW_HOURS = 6.0


def total(values: Sequence[float | None]) -> tuple[float | None, int]:
    """The sum of what is known, None when nothing is, and how many are not known."""
    known = [value for value in values if value is not None]
    return (math.fsum(known) if known or not values else None), len(values) - len(known)


def cost_lines(snapshot: Snapshot) -> tuple[Line, ...]:
    """The figures above the table."""
    boxes = snapshot.boxes.value or ()
    account = snapshot.account.value
    credit = account.credit if account is not None else None
    return (
        (fact("credit", _amount(credit), width=NAME), _runway(snapshot.runway)),
        (
            fact("burn", *_rate(snapshot.burn), width=NAME),
            _sum("spent by these", [box.spent for box in boxes]) if boxes else (),
        ),
        _if_stopped(boxes, credit) if boxes else (),
    )


def _amount(value: float | None) -> tuple[str, str]:
    return (money(value, sign=True), "money bold") if value is not None else ("unknown", "dim")


def _rate(value: float | None) -> tuple[tuple[str, str], ...]:
    if value is None:
        return (("unknown", "dim"),)
    per_day = money(value * 24, sign=True)
    return ((money(value, 3, sign=True), "money bold"), ("/h   ", "dim"), (per_day, "money"), ("/day", "dim"))


def _runway(left: float | None) -> Part:
    if left is None:
        return ()
    if math.isinf(left):
        return (("lasts as long as nothing runs", "dim"),)
    return (("lasts ", "dim"), (hours(left), "bad" if left < LOW_HOURS else "good"), (" at this burn", "dim"))


def _sum(name: str, values: Sequence[float | None]) -> Part:
    amount, unknown = total(values)
    text = (money(amount, sign=True), "money") if amount is not None else ("unknown", "dim")
    return ((f"{name} ", "dim"), text, (f" and {plural(unknown, 'unknown')}" if unknown else "", "look"))


def _if_stopped(boxes: Sequence[Box], credit: float | None) -> Line:
    disks, unknown = total([disk_hourly(box.instance) for box in boxes])
    left = runway(credit, disks)
    note = f" and {plural(unknown, 'unknown disk')}" if unknown else ""
    return (
        fact("if all were stopped", *_rate(disks), (note, "look"), width=NAME),
        (("for their disks alone", "dim"),),
        (("would last ", "dim"), (hours(left), "text")) if left is not None and math.isfinite(left) else (),
    )


MEANINGS: Final[Mapping[str, str]] = {
    "state": "The state as a glyph.",
    "label": "Your label, or else the instance's number.",
    "gpu": "How many GPUs of which model.",
    "phase": "The state in words.",
    "spent": "What it has cost so far, $.",
    "hour": "What it costs now by the hour.",
    "day": "What it costs in 24 hours at this rate.",
    "share": "Its part of all that bills now.",
    "disk": "What it would cost stopped: its disk alone.",
}


def cost_columns(glyphs: GlyphSet, burn: float | None) -> tuple[Column[Box], ...]:
    """The columns; `burn` is what all cost now, $/h."""

    def share(box: Box) -> float | None:
        return box.hourly / burn if burn and box.hourly is not None else None

    return (
        Column(key="state", title="", width=1, cell=lambda b: ((glyphs[b.phase.glyph], phase_word(b)[1]),)),
        Column(
            key="label",
            title="LABEL",
            width=12,
            flex=2,
            max_width=32,
            cell=name_of,
            sort_key=lambda b: name_of(b).lower(),
        ),
        Column(key="gpu", title="GPU", width=10, flex=1, max_width=18, priority=3, cell=gpu_count, sort_key=gpu_count),
        Column(
            key="phase",
            title="STATE",
            width=14,
            flex=1,
            max_width=20,
            priority=4,
            draw=lambda b, width: ((fitting_word(b, width), phase_word(b)[1]),),
            sort_key=lambda b: phase_word(b)[0],
        ),
        _money("spent", "SPENT $", 8, lambda b: b.spent, decimals=2),
        _money("hour", "$/h", 7, lambda b: b.hourly, decimals=3),
        _money("day", "$/DAY", 7, lambda b: None if b.hourly is None else b.hourly * 24, decimals=2, priority=2),
        Column(
            key="share",
            title="SHARE",
            width=5,
            align="right",
            priority=5,
            cell=lambda b: percent(share(b)),
            sort_key=share,
            descending=True,
        ),
        _money("disk", "STOPPED $/h", 11, lambda b: disk_hourly(b.instance), decimals=3, priority=1),
    )


def _money(key: str, title: str, width: int, value: object, *, decimals: int, priority: int = 0) -> Column[Box]:
    assert callable(value)
    return Column(
        key=key,
        title=title,
        width=width,
        align="right",
        style="money",
        priority=priority,
        cell=lambda b: money(value(b), decimals),
        sort_key=lambda b: value(b),
        descending=True,
    )


class CostPane(TablePane):
    """Figures above, instances by what they cost below."""

    SCOPE: ClassVar[str] = "cost"
    NUMBER: ClassVar[int | None] = 5
    NAME: ClassVar[str] = "Cost"
    MEANINGS: ClassVar[Mapping[str, str]] = MEANINGS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("cost")]

    DEFAULT_CSS = """
    CostPane > Sheet { height: 4; padding: 0 1; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._shown: tuple[Box, ...] | None = None
        self._burn: float | None = None

    def compose(self) -> ComposeResult:
        """Figures and rows."""
        yield Sheet()
        yield Table(
            cost_columns(glyphs_of(self.app), None),
            key=lambda box: box.id,
            sort=Sort("spent", descending=True),
            empty="Nothing bills now. What you rent appears here with what it costs by the hour and in sum.",
        )

    def show(self, snapshot: Snapshot) -> None:
        """Bring figures and rows up to date."""
        self.query_one(Sheet).set_lines(cost_lines(snapshot))
        if snapshot.burn != self._burn:
            self._burn = snapshot.burn
            self.table.set_columns(cost_columns(glyphs_of(self.app), snapshot.burn))
        if snapshot.boxes.value is not self._shown:
            self._shown = snapshot.boxes.value
            self.table.set_rows(snapshot.boxes.value or ())
        self.tick(self.now)

    def tick(self, now: float) -> None:
        """The age goes on."""
        boxes = self.snapshot.boxes
        self.title("" if boxes.value is None else plural(len(boxes.value), "instance"))
        self.state("   ".join(filter(None, (self.table.sort_label, freshness(boxes, now)))))

    def on_table_highlighted(self, message: Highlighted) -> None:
        """Log and details follow the cursor."""
        message.stop()
        if self.table.has_focus and isinstance(message.key, int):
            self.post_message(BoxChosen(message.key))
