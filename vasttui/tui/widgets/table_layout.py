"""Which columns of a table are shown, in which order and how wide, as the user chose. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from vasttui.tui.widgets.table_model import Column, Row, Sort

WIDEST: Final = 60
SORT_KEYS: Final = 8


@dataclass(frozen=True, slots=True)
class Layout:
    """What the user chose; columns that it does not name stand where they stand by default.

    Attributes:
        shown: keys of the columns that are shown, in their order.
        hidden: keys of columns that would be shown and are not.
        widths: cells of the columns whose width was set.
    """

    shown: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()
    widths: Mapping[str, int] = field(default_factory=dict)

    def saved(self) -> dict[str, Any]:
        """As a JSON value, which `read_layout` reads."""
        return {"shown": list(self.shown), "hidden": sorted(self.hidden), "widths": dict(self.widths)}


def read_layout(value: Any) -> Layout:
    """A layout that was kept. What cannot be understood is left out: a bad memory must not cost the table."""
    if not isinstance(value, dict):
        return Layout()
    widths = value.get("widths")
    return Layout(
        tuple(dict.fromkeys(_names(value.get("shown")))),
        frozenset(_names(value.get("hidden"))),
        {
            name: width
            for name, width in (widths.items() if isinstance(widths, dict) else ())
            if isinstance(name, str) and type(width) is int and 1 <= width <= WIDEST
        },
    )


def _names(value: Any) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []


def arranged(columns: Sequence[Column[Row]], layout: Layout) -> tuple[Column[Row], ...]:
    """The columns to show, in order. All of them hidden: the first one stays, so that there is a table.

    One that is there only because it was chosen is not the first to leave a narrow table.
    """
    if layout == Layout():
        return tuple(column for column in columns if not column.extra)
    by_key = {column.key: column for column in columns}
    chosen = [by_key[key] for key in layout.shown if key in by_key and key not in layout.hidden]
    for i, column in enumerate(columns):
        if not column.extra and column not in chosen and column.key not in layout.hidden:
            before = [chosen.index(other) for other in columns[:i] if other in chosen]
            chosen.insert(max(before) + 1 if before else 0, column)
    return tuple(_sized(column, layout.widths.get(column.key)) for column in chosen or columns[:1])


def _sized(column: Column[Row], width: int | None) -> Column[Row]:
    chosen = replace(column, priority=0) if column.extra else column
    return chosen if width is None else replace(chosen, width=width, flex=0, max_width=None)


def saved_sort(sort: Sort | None) -> list[Any] | None:
    """A sorting as a JSON value, which `read_sort` reads: column, downwards, next column, downwards..."""
    return None if sort is None else [part for key in sort.keys for part in (key.column, key.descending)]


def read_sort(value: Any) -> Sort | None:
    """A sorting that was kept, None for what is none."""
    if not isinstance(value, list) or not value or len(value) % 2 or len(value) > 2 * SORT_KEYS:
        return None
    pairs = list(zip(value[::2], value[1::2], strict=True))
    if not all(isinstance(column, str) and isinstance(descending, bool) for column, descending in pairs):
        return None
    first, *rest = (Sort(column, descending) for column, descending in pairs)
    return replace(first, then=tuple(rest))


@dataclass(frozen=True, slots=True)
class Choice:
    """The columns while the user arranges them.

    Attributes:
        order: keys of all columns, shown or not.
        shown: keys of those that are shown.
        widths: widths that the user set.
    """

    order: tuple[str, ...]
    shown: frozenset[str]
    widths: Mapping[str, int] = field(default_factory=dict)

    def toggled(self, key: str) -> Choice:
        """With that column shown or not; the last one stays."""
        shown = self.shown ^ {key}
        return replace(self, shown=shown) if shown else self

    def moved(self, key: str, step: int) -> Choice:
        """With that column so many places further down, at the ends no further."""
        rest = [name for name in self.order if name != key]
        place = max(0, min(len(rest), self.order.index(key) + step))
        return replace(self, order=(*rest[:place], key, *rest[place:]))

    def wider(self, column: Column[Any], step: int) -> Choice:
        """With that column so many cells wider."""
        width = self.widths.get(column.key, column.width) + step
        return replace(self, widths={**self.widths, column.key: max(1, min(WIDEST, width))})

    def layout(self, columns: Sequence[Column[Any]]) -> Layout:
        """What is chosen, for these columns; the empty layout when that is what one has without choosing."""
        usual = tuple(column.key for column in columns if not column.extra)
        shown = tuple(key for key in self.order if key in self.shown)
        if shown == usual and not self.widths:
            return Layout()
        return Layout(shown, frozenset(usual) - self.shown, self.widths)


def choice_of(columns: Sequence[Column[Any]], layout: Layout) -> Choice:
    """Where the user begins: what is shown now, then the others in their own order."""
    shown = tuple(column.key for column in arranged(columns, layout))
    rest = tuple(column.key for column in columns if column.key not in shown)
    return Choice((*shown, *rest), frozenset(shown), layout.widths)
