"""How fresh a part of the picture is, for the lower edge of a frame. Pure."""

from __future__ import annotations

from typing import Any

from vasttui.snapshot import Part
from vasttui.tui.format import age


def freshness(part: Part[Any], now: float) -> str:
    """`fresh 4s`, or `stale 34s, next try 6s` while something is wrong; "" before the first try."""
    old = part.age(now)
    if part.error is None:
        return "" if old is None else f"fresh {age(old)}"
    said = part.error.title.lower() if old is None else f"stale {age(old)}"
    if part.next_try is None:
        return f"{said}, trying"
    return f"{said}, next try {age(max(0.0, part.next_try - now))}"
