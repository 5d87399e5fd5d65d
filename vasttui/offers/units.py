"""Numbers with the units that people write beside them: `24GB`, `3d`, `$0.5`, `98%`, `1Gbps`. Pure.

As everywhere at Vast.ai, 1 GB is 1000 MB; a price per TB is 1024 of those per GB, as the official CLI shows them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

_SHAPE = re.compile(r"(\$?)([-+]?(?:\d+\.?\d*|\.\d+))\s*([A-Za-z$/%°].*)?", re.ASCII)

# Field's unit -> what may stand beside a number, in lower case -> how many of the field's units one of it is.
_UNITS: Mapping[str, Mapping[str, float]] = {
    "GB": {"mb": 0.001, "m": 0.001, "gb": 1, "g": 1, "tb": 1000, "t": 1000},
    "days": {
        "min": 1 / 1440, "h": 1 / 24, "hour": 1 / 24, "hours": 1 / 24, "d": 1, "day": 1, "days": 1, "w": 7, "week": 7,
        "weeks": 7, "month": 30, "months": 30,
    },
    "$/h": {"$": 1, "$/h": 1, "$/hr": 1, "$/hour": 1, "/h": 1, "/hr": 1, "$/day": 1 / 24, "$/d": 1 / 24},
    "$/GB": {"$": 1, "$/gb": 1, "/gb": 1, "$/tb": 1 / 1024, "/tb": 1 / 1024},
    "$/TB": {"$": 1, "$/tb": 1, "/tb": 1, "$/gb": 1024, "/gb": 1024},
    "$/GB/month": {"$": 1, "$/gb": 1, "$/gb/month": 1, "$/gb/mo": 1, "$/tb/month": 1 / 1024},
    "%": {"%": 0.01},
    "Mbps": {"kbps": 0.001, "mbps": 1, "gbps": 1000, "mbit": 1, "gbit": 1000, "mbit/s": 1, "gbit/s": 1000},
    "MB/s": {"mb/s": 1, "gb/s": 1000},
    "GB/s": {"mb/s": 0.001, "gb/s": 1, "tb/s": 1000},
    "GHz": {"mhz": 0.001, "ghz": 1},
    "W": {"w": 1, "kw": 1000},
    "°C": {"c": 1, "°c": 1},
    "TFLOPS": {"tflops": 1, "pflops": 1000},
}  # fmt: skip
# A capital B is a byte of eight bits, so here case tells.
_CASED: Mapping[str, Mapping[str, float]] = {
    "Mbps": {"Mb/s": 1, "Gb/s": 1000, "MB/s": 8, "GB/s": 8000, "MBps": 8, "GBps": 8000},
}
_SHOWN: Mapping[str, str] = {
    "GB": "MB, GB or TB",
    "days": "min, h, d, w or month",
    "$/h": "$, $/h or $/day",
    "$/GB": "$/GB or $/TB",
    "$/TB": "$/TB or $/GB",
    "$/GB/month": "$/GB/month",
    "Mbps": "kbps, Mbps, Gbps or MB/s",
    "MB/s": "MB/s or GB/s",
    "GB/s": "MB/s, GB/s or TB/s",
    "GHz": "MHz or GHz",
    "W": "W or kW",
    "TFLOPS": "TFLOPS or PFLOPS",
}


def bare(text: str) -> float | None:
    """A finite number that stands alone, else None."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def split(text: str) -> tuple[float, str] | None:
    """A number and the unit beside it, as they were written; None when the text is not both."""
    found = _SHAPE.fullmatch(text.strip())
    if found is None or not (found[1] or found[3]):
        return None
    number = bare(found[2])
    return None if number is None else (number, f"{found[1]}{found[3] or ''}".replace(" ", ""))


def amount(text: str, unit: str) -> float | None:
    """A number with a unit beside it, in the field's `unit` ("%": as the fraction that the API takes).

    None when there is no unit beside it, or one that does not fit.
    """
    parts = split(text)
    if parts is None:
        return None
    number, written = parts
    each = _CASED.get(unit, {}).get(written) or _UNITS.get(unit, {}).get(written.lower())
    return None if each is None else number * each


def fitting(unit: str) -> str:
    """The units that may stand beside a number of a field, as one would say them; "" when none may."""
    return _SHOWN.get(unit, unit)
