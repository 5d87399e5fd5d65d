"""Lines with a column of names: what is too long wraps beside the name and not below it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from vasttui.tui.format import clean
from vasttui.tui.palette import Palette, Piece
from vasttui.tui.panes.sheet import GAP, Line


def hanging(lines: Iterable[Line], palette: Palette) -> Table:
    """Lines whose first piece is a padded name, as a table of names and texts."""
    table = Table.grid(expand=True)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    for line in lines:
        name, *first = line[0] if line and line[0] else [("", "")]
        rest: list[Piece] = [*first]
        for part in line[1:]:
            if any(text for text, _ in part):
                rest += [(GAP, ""), *part]
        table.add_row(styled([name], palette), styled(rest, palette))
    return table


def styled(pieces: Sequence[Piece], palette: Palette) -> Text:
    """Pieces as text, made harmless."""
    text = Text()
    for words, tone in pieces:
        text.append(clean(words), palette.style(tone))
    return text
