"""What a line says about progress, and how figures and times are written in logs."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

Metrics = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one line says.

    Attributes:
        kind: name of the form, e.g. "tqdm".
        scope: "job" counts the whole job, "epoch" starts anew with each epoch, "side" is preparation or a
            detour (download, cache, validation), "outer" is the epoch count itself, "facts" adds to the next
            reading.
        done, total: in `unit`; None when not told.
        fraction: 0..1, None when unknown.
        rate: units per second as printed (often a mean since the start).
        eta: seconds left as printed.
        elapsed: seconds as printed.
        phase: what is being done, e.g. "steps", "epoch 3/10".
        outer: (epoch, epochs) when the line tells both counts.
        completed: `outer` counts the epochs that are over, not the one that runs.
        columns: cells of a table row, or of its header, which only together are metrics.
    """

    kind: str
    scope: str = "job"
    done: float | None = None
    total: float | None = None
    fraction: float | None = None
    unit: str = ""
    rate: float | None = None
    eta: float | None = None
    elapsed: float | None = None
    phase: str = ""
    metrics: Metrics = ()
    outer: tuple[int, int] | None = None
    completed: bool = False
    columns: tuple[str, ...] = ()


MAX_FIGURE = 40
"""Characters of a figure; a longer one is none."""

_SIZES = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12, "p": 1e15}
SIDE = re.compile(
    r"cach|download|upload|loading|load |fetch|pull|extract|tokeniz|map\b|"
    r"filter|generating|sampl|valid|sanity|"
    r"eval|preprocess|encod|convert|checkpoint|scanning|saving|warm|compil|"
    r"resolving|receiving|counting|compressing",
    re.IGNORECASE,
)
SIDE_UNIT = re.compile(r"key|example|[kmg]?i?b$|file|shard", re.IGNORECASE)
EPOCH_DESC = re.compile(r"\bepoch\s*(\d{1,9})(?:\s*/\s*(\d{1,9}))?", re.IGNORECASE)


_NUMBER = re.compile(r"([\d,]*\.?\d+|\d[\d,]*)\s*([kKmMgGtTpP]?)(i?)[bB]?")


def number(text: str) -> float | None:
    """A figure with thousands separators and an optional k/M/G suffix (also KiB, MB and the like) as a
    number.
    """
    match = _NUMBER.fullmatch(text.strip()) if len(text) <= MAX_FIGURE else None
    if not match:
        return None
    step = 1024.0 if match[3] else 0.0
    scale = step ** " kmgtp".index(match[2].lower() or " ") if step else _SIZES[match[2].lower()]
    return float(match[1].replace(",", "")) * scale


def figure(text: str) -> float | None:
    """A printed metric as a finite number, `1.00x` and `3%` included; None for anything else."""
    if len(text) > MAX_FIGURE:
        return None
    try:
        value = float(text.strip().rstrip("x%"))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def seconds(text: str) -> float | None:
    """`mm:ss`, `h:mm:ss.x`, `2 days, 1:02:03`, `1m24s`, `39 m, 57 s`, `45 secs` as seconds; None for `?` and
    `N/A`.
    """
    if len(text) > MAX_FIGURE:
        return None
    days = re.match(r"\s*(\d+) ?d(?:ays?)?,? ?(?=\d+:)", text)
    rest = text[days.end() :] if days else text
    if match := re.fullmatch(r"\s*-?(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)\s*", rest):
        total = int(match[1] or 0) * 3600 + int(match[2]) * 60 + float(match[3])
        return total + (int(days[1]) * 86400 if days else 0)
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*(d|h|m|s)[a-z]*", text)
    if not parts:
        return None
    return sum(float(value) * {"d": 86400, "h": 3600, "m": 60, "s": 1}[unit] for value, unit in parts)


_MAX_PAIRS = 12


def pairs(text: str) -> Metrics:
    """`a=1, b=2`, `a: 1 b: 2` and `'a': 1` as names and values, at most a dozen."""
    found = re.findall(
        r"(?<![\w.-])['\"]?([A-Za-z_][\w./-]{0,40})['\"]?\s*[=:]\s*"
        r"(?:'([^']{0,40})'|tensor\(([^,)]{0,40})[^)]{0,40}\)|([-+]?(?:nan|inf|[\d.]{1,40}(?:e[-+]?\d{1,4})?)\b))",
        text,
    )
    # Of redraws glued together the last value counts.
    last = {name: quoted or tensor or plain for name, quoted, tensor, plain in found}
    return tuple(last.items())[:_MAX_PAIRS]


def ratio(done: float | None, total: float | None) -> float | None:
    """`done / total`, at most 1; None when unknown."""
    return min(done / total, 1.0) if done is not None and total else None


def speed(value: str | None, unit: str) -> tuple[float | None, str]:
    """`(1.74, "it/s")` and `(2.6, "s/it")` as units per second and the unit's name."""
    rate = number(value) if value and value != "?" else None
    if unit.startswith("s/"):
        return (1 / rate if rate else None), unit[2:]
    return rate, unit.removesuffix("/s")


def tag(line: str) -> str:
    """The `[name]` that a line begins with, else ""."""
    match = re.match(r"\s*\[([\w .-]{1,40})\]", line)
    return match[1] if match else ""
