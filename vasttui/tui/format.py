"""Values as short text: money, time, sizes, counts; and text cut to cells of a terminal.

Pure. A value that is not known (None, NaN, infinity) becomes the `missing` text, never 0. Functions with a
`width` never answer with something wider: decimals go first, then thousands become k or M, and what cannot be
shown truly becomes an ellipsis instead of a wrong number.
"""

from __future__ import annotations

import math
import re
from typing import Final, Literal

from rich.cells import cell_len, set_cell_size

Align = Literal["left", "right"]

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]?|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~]?)")

ELLIPSIS: Final = "…"
MINUTE: Final = 60
HOUR: Final = 3600
DAY: Final = 86400


def clean(text: str) -> str:
    """Text that is safe to draw: no escapes, control or bidi characters; tabs and newlines as blanks.

    Everything that comes from the network or a container passes through here before it reaches a terminal.
    """
    if text.isprintable():
        return text
    if "\x1b" in text:
        text = _ESCAPES.sub("", text)
    return "".join(char if char.isprintable() else " " if char in "\t\n\r" else "" for char in text)


def cells(text: str) -> int:
    """How many terminal cells the text takes."""
    return len(text) if text.isascii() else cell_len(text)


def cut(text: str, width: int, ellipsis: str = ELLIPSIS) -> str:
    """The text in at most `width` cells; what is cut ends in the one-cell ellipsis."""
    if cells(text) <= width:
        return text
    if width <= 0:
        return ""
    return (set_cell_size(text, width - 1) if width > 1 else "").rstrip() + ellipsis


def fit(text: str, width: int, align: Align = "left", ellipsis: str = ELLIPSIS) -> str:
    """The text in exactly `width` cells, cut or padded."""
    text = cut(text, width, ellipsis)
    blanks = " " * (width - cells(text))
    return blanks + text if align == "right" else text + blanks


def known(value: float | None) -> bool:
    """Whether the value is a usable number."""
    return value is not None and math.isfinite(value)


def number(value: float | None, decimals: int = 0, *, width: int | None = None, missing: str = "") -> str:
    """A plain number with fixed decimals, e.g. `number(0.2914, 3)` is `0.291`.

    With a width too small for it, decimals are dropped, then thousands are shortened (`12k`, `3M`).
    """
    if value is None or not math.isfinite(value):
        return missing if width is None else cut(missing, width)
    text = _fixed(value, decimals)
    if width is None or len(text) <= width:
        return text
    for places in range(decimals - 1, -1, -1):
        text = _fixed(value, places)
        if len(text) <= width:
            return text
    return _shortened(value, width)


def _fixed(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    # A tiny negative rounds to "-0.00", which reads as a debt.
    return text[1:] if text.startswith("-") and not text.strip("-0.") else text


def _shortened(value: float, width: int) -> str:
    for step, suffix in ((1e3, "k"), (1e6, "M"), (1e9, "G"), (1e12, "T")):
        for places in (1, 0):
            text = _fixed(value / step, places) + suffix
            if len(text) <= width and abs(value) >= 0.95 * step:
                return text
    return ELLIPSIS if width > 0 else ""


def money(
    value: float | None, decimals: int = 2, *, sign: bool = False, width: int | None = None, missing: str = ""
) -> str:
    """An amount in US dollars: `money(0.2914, 3)` is `0.291`, with `sign` `$0.291`.

    In columns the unit stands in the heading, so the sign is off unless asked for.
    """
    if not known(value):
        return number(None, width=width, missing=missing)
    if not sign:
        return number(value, decimals, width=width)
    assert value is not None
    digits = number(abs(value), decimals, width=None if width is None else width - 1 - (value < 0))
    minus = "-" if value < 0 and digits.strip("0.") else ""
    return cut(f"{minus}${digits}", width) if width is not None else f"{minus}${digits}"


def percent(fraction: float | None, decimals: int = 0, *, missing: str = "") -> str:
    """A fraction 0..1 as percent, rounded down, so that 100% is only said of the whole."""
    scale = 10**decimals
    if fraction is None or not math.isfinite(scaled := fraction * 100 * scale):
        return missing
    return f"{math.floor(round(scaled, 6)) / scale:.{decimals}f}%"


def duration(seconds: float | None, *, missing: str = "") -> str:
    """How long: `12s`, `2m 11s`, `41m`, `3h 34m`, `1d 7h`, `5d`. At most 7 cells up to 9999 days."""
    if seconds is None or not math.isfinite(seconds):
        return missing
    total = int(max(0.0, seconds))
    if total < MINUTE:
        return f"{total}s"
    if total < 10 * MINUTE:
        return f"{total // MINUTE}m {total % MINUTE:02d}s"
    if total < HOUR:
        return f"{total // MINUTE}m"
    if total < DAY:
        return f"{total // HOUR}h {total % HOUR // MINUTE:02d}m"
    if total < 3 * DAY and total % DAY >= HOUR:
        return f"{total // DAY}d {total % DAY // HOUR}h"
    return f"{total // DAY}d"


def age(seconds: float | None, *, missing: str = "") -> str:
    """How old, in one unit: `4s`, `2m`, `3h`, `5d`."""
    if seconds is None or not math.isfinite(seconds):
        return missing
    total = int(max(0.0, seconds))
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "m")):
        if total >= unit:
            return f"{total // unit}{name}"
    return f"{total}s"


def hours(value: float | None, *, missing: str = "?") -> str:
    """A span given in hours, as the header shows the runway: `28 h`, `45 min`, `12 d`."""
    if value is None or not math.isfinite(value):
        return missing
    value = max(0.0, value)
    if value < 1:
        return f"{int(value * 60)} min"
    return f"{int(value)} h" if value < 72 else f"{int(value / 24)} d"


def gigabytes(value: float | None, *, width: int | None = None, missing: str = "") -> str:
    """A size given in GB, for a column headed GB: `812`, below 10 with one decimal: `1.5`, `4`."""
    if value is None or not math.isfinite(value):
        return number(None, width=width, missing=missing)
    decimals = 0 if abs(value) >= 10 or value == int(value) else 1
    return number(value, decimals, width=width)


def size(count_of_bytes: float | None, *, missing: str = "?") -> str:
    """A size given in bytes, for running text: `812 B`, `4.2 MB`, `12 GB` (powers of 1000)."""
    if count_of_bytes is None or not math.isfinite(count_of_bytes):
        return missing
    value = max(0.0, count_of_bytes)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if round(value, 1) < 1000 or unit == "TB":
            break
        value /= 1000
    return f"{value:.1f} {unit}" if unit != "B" and value < 10 else f"{value:.0f} {unit}"


def count(value: int | None, *, missing: str = "") -> str:
    """A count with its thousands apart: `4 812`."""
    return missing if value is None else f"{value:,}".replace(",", " ")


def plural(value: int, one: str, many: str | None = None) -> str:
    """A count with its noun: `1 line`, `4 812 lines`."""
    return f"{count(value)} {one if value == 1 else many or one + 's'}"


def clock(when: float | None, *, missing: str = "") -> str:
    """Local wall-clock time `14:03:05` of a Unix time in seconds."""
    if when is None or not math.isfinite(when):
        return missing
    from time import localtime, strftime

    try:
        return strftime("%H:%M:%S", localtime(when))
    except (OverflowError, ValueError, OSError):
        return missing
