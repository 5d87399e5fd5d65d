"""A point in time as one types it: `14:03`, `-10m`, `2h ago`, `2026-11-22 14:03`, with `Z` in UTC. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import Final

from vasttui.errors import UsageError

FORMS: Final = "14:03, 14:03:20, -10m, 2h ago, 2026-11-22 14:03; with Z in UTC."

_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SPAN: Final = re.compile(r"(?:\d+(?:\.\d+)?\s*[smhd]\s*)+")
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?(\s*z)?")


def read_when(text: str, now: float) -> float:
    """Epoch seconds of what was typed; a bare time of day is the last such time before `now`.

    Raises:
        UsageError: it is none of the forms.
    """
    words = text.strip().lower()
    before = _span(words)
    if before is not None:
        return now - before
    try:
        return _clock(words, now) or _date(words).timestamp()
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError("a time is expected, e.g. 14:03, -10m or 2h ago") from error


def _span(words: str) -> float | None:
    """Seconds back from now, None when it is no span."""
    bare = words.removeprefix("-").removesuffix("ago").strip()
    if bare == words or _SPAN.fullmatch(bare) is None:
        return None
    return sum(float(value) * _SECONDS[unit] for value, unit in _PART.findall(bare))


def _clock(words: str, now: float) -> float | None:
    """The last time of day before now, None when it is no time of day."""
    match = _CLOCK.fullmatch(words)
    if match is None:
        return None
    wanted = time(int(match[1]), int(match[2]), int(match[3] or 0))
    zone = UTC if match[4] else None
    present = datetime.fromtimestamp(now, zone)
    then = datetime.combine(present.date(), wanted, zone)
    # Yesterday's by the calendar and not by 86400 s: clocks are put forward and back.
    return (then if then <= present else then - timedelta(days=1)).timestamp()


def _date(words: str) -> datetime:
    """A date, with or without a time of day; without a zone it is local."""
    return datetime.fromisoformat(re.sub(r"\s+z$", "z", words).upper())
