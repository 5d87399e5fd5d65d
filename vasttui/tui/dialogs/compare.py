"""Offers side by side: one row per field, what differs stands out, the best value is marked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Label

from vasttui.api.models import Offer
from vasttui.offers.fields import CATALOGUE, Field
from vasttui.tui.dialogs.dialog import Dialog
from vasttui.tui.format import cells
from vasttui.tui.glyphs import GlyphSet, glyphs_of
from vasttui.tui.widgets.table import Column, Table
from vasttui.tui.widgets.table_messages import Selected

FEWEST: Final = 2
MOST: Final = 6
WIDEST: Final = 22

KEYS = "The best value of a row is marked. d hides equal rows, or shows them; < and > turn the offers; esc leaves."


@dataclass(frozen=True, slots=True)
class Above:
    """A row that stands above the fields.

    Attributes:
        name: its heading.
        tell: what it is for an offer, "" for unknown.
        price: of an offer; the lowest one is marked.
    """

    name: str
    tell: Callable[[Offer], str]
    price: Callable[[Offer], float | None] | None = None


@dataclass(frozen=True, slots=True)
class CompareRow:
    """One field of all offers.

    Attributes:
        name: its heading, with the unit.
        values: one text for each offer, "" for unknown.
        best: places of the offers with the best value; empty when all are equal or none is better.
    """

    name: str
    values: tuple[str, ...]
    best: frozenset[int] = frozenset()

    @property
    def same(self) -> bool:
        """Whether all offers have the same."""
        return len(set(self.values)) == 1


def compare_rows(offers: Sequence[Offer], first: Sequence[Above] = ()) -> tuple[CompareRow, ...]:
    """The rows: what `first` tells, then every field that one of the offers knows."""
    told = [CompareRow(row.name, tuple(map(row.tell, offers)), _cheapest(row, offers)) for row in first]
    rows = [*told, *(_field_row(shown, offers) for shown in CATALOGUE.values())]
    return tuple(row for row in rows if any(row.values))


def _field_row(shown: Field, offers: Sequence[Offer]) -> CompareRow:
    told = shown.unit in shown.title or "$" in shown.title
    unit = f" {shown.unit}" if shown.unit and not told else ""
    values = tuple(shown.show(offer) for offer in offers)
    return CompareRow(shown.title + unit, values, _best(shown, offers))


def _cheapest(row: Above, offers: Sequence[Offer]) -> frozenset[int]:
    return frozenset() if row.price is None else _extreme(map(row.price, offers), min)


def _best(shown: Field, offers: Sequence[Offer]) -> frozenset[int]:
    if not shown.better or shown.kind != "number":
        return frozenset()
    return _extreme(map(shown.read, offers), min if shown.better == "low" else max)


def _extreme(values: Iterable[Any], pick: Callable[[Iterable[Any]], Any]) -> frozenset[int]:
    """Where the best one stands; nowhere while all are equal."""
    known = {i: value for i, value in enumerate(values) if value is not None}
    if len(set(known.values())) < 2:
        return frozenset()
    best = pick(known.values())
    return frozenset(i for i, value in known.items() if value == best)


class CompareTable(Table[CompareRow], inherit_bindings=True):
    """The fields as rows; keys that sort other tables turn the offers."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("less_than_sign,comma,left", "screen.turn(-1)", show=False),
        Binding("greater_than_sign,full_stop,right", "screen.turn(1)", show=False),
    ]


class CompareDialog(Dialog[None]):
    """Two to six offers beside each other.

    Args:
        offers: which.
        first: rows that stand above the fields.
    """

    AUTO_FOCUS = "CompareTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "differences", show=False),
        Binding("q", "cancel", show=False),
    ]

    def __init__(self, offers: Sequence[Offer], first: Sequence[Above] = ()) -> None:
        super().__init__()
        self._offers = tuple(offers)
        self._first = tuple(first)
        self._rows = compare_rows(offers, first)
        self._only_different = False

    def compose(self) -> ComposeResult:
        """The keys, the rows, the way out."""
        with Vertical(classes="dialog compare") as frame:
            frame.border_title = Content(f"{len(self._offers)} offers side by side")
            yield Label(KEYS, markup=False, classes="sentence")
            yield CompareTable(
                compare_columns(self._offers, self._rows, glyphs_of(self.app)),
                key=lambda row: row.name,
                empty="These offers are equal in all that is known of them. `d` shows it.",
            )
            with Horizontal(classes="buttons"):
                yield Button("Close", id="cancel", compact=True, variant="primary")

    @property
    def _table(self) -> CompareTable:
        return self.query_one(CompareTable)

    def on_mount(self) -> None:
        """Show all rows."""
        self._fill()
        self.call_after_refresh(self._tell_hidden)

    def on_resize(self) -> None:
        """Another width shows more or fewer offers."""
        self.call_after_refresh(self._tell_hidden)

    def _tell_hidden(self) -> None:
        hidden = len(self._table.hidden_columns)
        text = f"{len(self._offers) - hidden} of {len(self._offers)} offers fit side by side"
        self.query_one(".compare", Vertical).border_subtitle = Content(text if hidden else "")

    def _fill(self) -> None:
        rows = [row for row in self._rows if not (self._only_different and row.same)]
        self._table.set_rows(rows)

    def action_differences(self) -> None:
        """Hide the rows that are equal, or show them."""
        self._only_different = not self._only_different
        self._fill()

    def action_turn(self, places: int) -> None:
        """Move all offers so many places to the left, the first ones behind the last, to see what does not fit."""
        places %= len(self._offers)
        self._offers = (*self._offers[places:], *self._offers[:places])
        self._rows = compare_rows(self._offers, self._first)
        self._table.set_columns(compare_columns(self._offers, self._rows, glyphs_of(self.app)))
        self._fill()

    def on_table_selected(self, message: Selected) -> None:
        """Enter closes it."""
        message.stop()
        self.dismiss(None)


def compare_columns(
    offers: Sequence[Offer], rows: Sequence[CompareRow], glyphs: GlyphSet
) -> list[Column[CompareRow]]:
    """The field's name, then a column for each offer, as wide as its longest value; the last ones leave first."""
    names: Column[CompareRow] = Column(
        key="field",
        title="",
        width=min(WIDEST, max((cells(row.name) for row in rows), default=1)),
        cell=lambda row: row.name,
        style="dim",
    )
    return [names, *(_offer_column(i, offer, rows, glyphs) for i, offer in enumerate(offers))]


def _offer_column(i: int, offer: Offer, rows: Sequence[CompareRow], glyphs: GlyphSet) -> Column[CompareRow]:
    title = f"offer {offer.id}"
    widest = max((cells(row.values[i]) for row in rows), default=0)

    def cell(row: CompareRow) -> tuple[tuple[str, str], ...]:
        if i in row.best:
            return ((row.values[i], "good"), (f" {glyphs['done']}", "good"))
        return ((row.values[i], "dim" if row.same else "text"),)

    width = max(cells(title), min(WIDEST, widest + 2))
    return Column(key=f"offer-{i}", title=title, width=width, cell=cell, priority=i)
