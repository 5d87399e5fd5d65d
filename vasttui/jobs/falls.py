"""Why a percentage is lower than it was: it must never run backwards without a reason shown."""

from __future__ import annotations

from dataclasses import dataclass

_LEAST = 0.005
"""A fall of less is rounding, and is not told."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a figure was made of.

    Attributes:
        fraction: 0..1.
        bar: number of the bar.
        begun: how often that bar began anew.
        total: of that bar.
        scope: as in `Progress`.
        name: what the figure measures, for people.
        epoch: (epoch, epochs) around the bar, None when unknown.
    """

    fraction: float
    bar: int
    begun: int
    total: float | None
    scope: str
    name: str
    epoch: tuple[int, int] | None


def why_lower(before: Shown, now: Shown) -> str:
    """The reason for a figure that fell, in a few words."""
    if now.bar != before.bar:
        return _other_bar(before, now)
    if now.epoch != before.epoch:
        return _other_epoch(before, now)
    if now.begun != before.begun:
        return _next(now) if now.scope == "epoch" else "restarted"
    if (now.total or 0) > (before.total or 0):
        return "more to do than was known"
    return "counted anew"


def _other_bar(before: Shown, now: Shown) -> str:
    what = f": {now.name}" if now.name else ""
    if before.scope == "side" and now.scope != "side":
        return f"the work began{what}"
    if before.scope == "epoch" and now.scope == "epoch":
        return _next(now)
    return f"another bar took over{what}"


def _next(now: Shown) -> str:
    return f"{now.name} began" if now.name else "next epoch"


def _other_epoch(before: Shown, now: Shown) -> str:
    if before.epoch is None or before.scope == "epoch":
        return "counts all epochs now"
    if now.epoch is None or now.epoch[1] > before.epoch[1]:
        return "more epochs than were known"
    return "the epochs began anew" if now.epoch[0] < before.epoch[0] else "next epoch"


class Falls:
    """Remembers why the figure fell, for as long as it is below its former maximum."""

    def __init__(self) -> None:
        self._last: Shown | None = None
        self._top = 0.0
        self._again = ""
        self.note = ""

    def begin_again(self, why: str) -> None:
        """What follows begins at nothing, for this reason."""
        if self._last is not None:
            self._again = why

    def take(self, now: Shown) -> str:
        """The note for a new figure."""
        last, self._last = self._last, now
        if self._again:
            self.note, self._again = self._again, ""
        elif last is not None and self._fell(last.fraction, now.fraction):
            self.note = why_lower(last, now)
        self._top = max(self._top, now.fraction)
        if now.fraction >= self._top:
            self.note = ""
        return self.note

    def _fell(self, before: float, now: float) -> bool:
        if now < before - _LEAST:
            return True
        return not self.note and now < before and now < self._top - _LEAST
