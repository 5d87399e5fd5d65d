"""What a line of a log shows as text, how it wraps, and how times are told. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from time import gmtime, localtime, strftime, struct_time
from typing import Final

from rich.cells import get_character_cell_size

from vasttui.logs.clean import StyledLine, clean_line, plain
from vasttui.logs.jsonlines import readable
from vasttui.logs.rows import Kind, LogLine
from vasttui.tui.format import age, cells, clock


class Times(StrEnum):
    """How the time at which a line came is told."""

    OFF = "off"
    CLOCK = "clock"
    RELATIVE = "relative"
    UTC = "utc"


TIME_WIDTHS: Final = {Times.OFF: 0, Times.CLOCK: 8, Times.RELATIVE: 8, Times.UTC: 9}


def time_text(received: float, times: Times, now: float) -> str:
    """When a line came, in the width of `TIME_WIDTHS`."""
    match times:
        case Times.OFF:
            text = ""
        case Times.CLOCK:
            text = clock(received)
        case Times.RELATIVE:
            text = f"{age(now - received)} ago"
        case Times.UTC:
            text = _told("%H:%M:%SZ", received, gmtime)
    return text.rjust(TIME_WIDTHS[times])


def day_of(received: float, times: Times) -> str:
    """The day of a time where times are told by the clock, as `9 Nov`; else ""."""
    if times not in {Times.CLOCK, Times.UTC}:
        return ""
    return _told("%d %b", received, gmtime if times is Times.UTC else localtime).removeprefix("0")


def _told(form: str, when: float, parts: Callable[[float], struct_time]) -> str:
    try:
        return strftime(form, parts(when))
    except (OverflowError, ValueError, OSError):
        return ""


def shown(line: LogLine, *, raw_json: bool, unmasked: bool) -> StyledLine:
    """The line fit for a screen."""
    return clean_line(_as_read(line, raw_json=raw_json), mask=not unmasked)


def copied(line: LogLine, text: str, *, raw_json: bool, unmasked: bool) -> str:
    """The line as it is shown, but with its whole `text`."""
    read = _as_read(replace(line, text=text), raw_json=raw_json)
    return clean_line(read, limit=len(read) + 1, mask=not unmasked).text


def searched(line: LogLine, *, raw_json: bool) -> str:
    """The text in which searches and filters look: what is shown, but whole and without masks."""
    return plain(_as_read(line, raw_json=raw_json))


def _as_read(line: LogLine, *, raw_json: bool) -> str:
    if raw_json or line.kind not in {Kind.LINE, Kind.LIVE} or not line.text[:64].lstrip().startswith("{"):
        return line.text
    return readable(line.text) or line.text


def wrapped(text: str, width: int, hang: int = 0) -> list[tuple[int, int]]:
    """Where the rows of a word-wrapped text begin and end, in characters, without the blank at a break.

    Rows after the first are `hang` cells narrower.
    """
    if width <= 0 or cells(text) <= width:
        return [(0, len(text))]
    rows: list[tuple[int, int]] = []
    start = 0
    while start < len(text):
        end = _row_end(text, start, width - (hang if rows else 0))
        if end >= len(text):
            rows.append((start, len(text)))
            break
        blank = text.rfind(" ", start + 1, end + 1)
        if blank > start:
            rows.append((start, blank))
            start = blank + 1
        else:
            rows.append((start, end))
            start = end
    return rows


def _row_end(text: str, start: int, width: int) -> int:
    if text.isascii():
        return start + max(1, width)
    used = 0
    for i in range(start, len(text)):
        used += get_character_cell_size(text[i])
        if used > width:
            return max(i, start + 1)
    return len(text)
