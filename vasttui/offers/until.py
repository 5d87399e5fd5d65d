"""When a verdict of the host book ends: as it is typed, and as it is told. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from vasttui.config.kinds import BadValueError, Duration
from vasttui.errors import UsageError

FORMS = "7d, 12h, 2026-12-03, 2026-12-03 14:00 or never"

NEAR = 2 * 86_400.0
"""Seconds within which the time of day is told too."""

_SPAN = Duration(60, 10 * 365 * 86_400)
_SPELLED = re.compile(r"\s*(d|h|m)(?:ays?|ours?|in(?:ute)?s?)\b")
# strftime's names follow the locale.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def read_until(text: str, now: float) -> float | None:
    """Epoch seconds of the end that was typed; None for "never" and for nothing.

    A span counts from `now`. A date without a time of day is the moment in which that day begins, local time.

    Raises:
        UsageError: it is none of the forms, or past.
    """
    words = text.strip().lower()
    if words in ("", "never"):
        return None
    try:
        until = _moment(words, now)
    except (BadValueError, ValueError, OverflowError, OSError):
        raise UsageError(f"until: {text.strip()[:40]!r} is no time", hint=f"Write e.g. {FORMS}.") from None
    if until <= now:
        raise UsageError(f"until: {text.strip()[:40]} is past", hint="Give a later time.")
    return until


def _moment(words: str, now: float) -> float:
    span = _SPELLED.sub(r"\1", words).replace(" ", "")
    if span[-1:] in ("d", "h", "m"):
        return now + (_SPAN.parse(span) or 0.0)
    return datetime.fromisoformat(words.upper()).timestamp()


def day_text(when: float, now: float) -> str:
    """A moment as a day, local time: "3 Dec", in another year "3 Dec 2027"; when it is near, "3 Dec 14:05".

    A moment that no calendar has is "the end of time".
    """
    try:
        then, present = (datetime.fromtimestamp(moment, UTC).astimezone() for moment in (when, now))
    except (ValueError, OverflowError, OSError):
        return "the end of time"
    text = f"{then.day} {_MONTHS[then.month - 1]}"
    if then.year != present.year:
        text += f" {then.year}"
    exact = abs(when - now) < NEAR and (then.hour, then.minute) != (0, 0)
    return f"{text} {then:%H:%M}" if exact else text
