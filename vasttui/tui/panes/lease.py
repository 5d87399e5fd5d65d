"""The dead man's switch of a box in words. Pure."""

from __future__ import annotations

from typing import Final

from vasttui.errors import UsageError
from vasttui.snapshot import SwitchState
from vasttui.tui.format import duration
from vasttui.tui.palette import Piece
from vasttui.tui.panes.sheet import Line, fact

SOON: Final = 1800.0
"""Seconds before the end of a lease from which it wants a look."""

LONGEST: Final = 24 * 365
"""Hours that a lease may be given."""


def lease_cell(switch: SwitchState | None, now: float) -> Piece:
    """For a column: what is left of it, `off` when it is not armed, `?` while that is not known."""
    if switch is None:
        return ("", "dim")
    if switch.armed is False:
        return ("off", "bad")
    if switch.until is None:
        return ("?" if switch.armed is None else "armed", "dim")
    left = switch.until - now
    tone = "look" if left < SOON and switch.fixed else "text" if switch.armed else "dim"
    return (duration(left) if left > 0 else "now", tone)


def lease_parts(switch: SwitchState, now: float, width: int) -> Line:
    """For a panel: until when it lives, whether the switch is armed, and who extends it."""
    if switch.armed is False:
        why = f": {switch.text}" if switch.text else ""
        return (fact("lease", (f"switch not armed{why}", "bad"), width=width), (("it bills until you end it", "look"),))
    verb = "stops" if switch.end == "stop" else "ends"
    span, tone = lease_cell(switch, now)
    when = span if span == "now" else f"in {span}"
    until = (f"{verb} itself {when}", tone) if switch.until is not None else ("its end is not known", "dim")
    state = ("switch armed", "good") if switch.armed else (switch.text or "not known yet whether armed", "look")
    keeper = "fixed: L extends it" if switch.fixed else "extended while vasttui runs"
    return (fact("lease", until, width=width), (state,), ((keeper, "dim"),))


def read_hours(text: str) -> float:
    """Hours as seconds. Raises UsageError for what is none."""
    try:
        hours = float(text.strip().removesuffix("h"))
    except ValueError:
        hours = 0.0
    if not 0 < hours <= LONGEST:
        raise UsageError(f"lease: a number of hours above 0 and up to {LONGEST} is expected, e.g. 6")
    return hours * 3600
