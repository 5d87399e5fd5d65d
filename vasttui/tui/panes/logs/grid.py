"""Where several logs stand: beside one another, on top of one another, or both. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MOST: Final = 4
LEAST_WIDTH: Final = 40
LEAST_HEIGHT: Final = 7


@dataclass(frozen=True, slots=True)
class Grid:
    """Columns and rows, and how many logs are shown in them."""

    columns: int
    rows: int
    shown: int


def grid(wanted: int, width: int, height: int) -> Grid:
    """The place for that many logs, or for as many as there is room for; one is always shown."""
    for count in range(wanted, 1, -1):
        # Beside one another the lines of the same time can be compared, so that comes first.
        for columns in range(count, 0, -1):
            rows = -(-count // columns)
            if width // columns >= LEAST_WIDTH and height // rows >= LEAST_HEIGHT and columns * rows - count < columns:
                return Grid(columns, rows, count)
    return Grid(1, 1, 1)
