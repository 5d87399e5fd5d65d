"""Where each pane stands, as a pure function of the terminal's size and what the user looks at.

tiny    below 80x20: one pane, no tab row
narrow  below 110 columns or 30 rows: one pane, offers with their details, instances over their log
wide    below 180 columns or 45 rows: the market, or the fleet (instances, details, jobs, log)
huge    everything but cost and events at once
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from textual.geometry import Region

DETAIL_ROWS: Final = 6
"""Four lines and the frame."""

BOX_ROWS: Final = 9
"""Details of an instance: seven lines and the frame."""


class Room(StrEnum):
    """How much room the terminal gives."""

    TINY = "tiny"
    NARROW = "narrow"
    WIDE = "wide"
    HUGE = "huge"


def room(columns: int, rows: int) -> Room:
    """The class of a terminal of that size."""
    if columns < 80 or rows < 20:
        return Room.TINY
    if columns < 110 or rows < 30:
        return Room.NARROW
    if columns < 180 or rows < 45:
        return Room.WIDE
    return Room.HUGE


def arrange(room: Room, width: int, height: int, view: str, full: bool = False) -> Mapping[str, Region]:
    """The panes in sight and their places.

    Args:
        room: the class of the terminal.
        width: columns for the panes.
        height: rows for the panes.
        view: the scope of the pane that was chosen: "offers", "instances", ...
        full: the chosen pane has everything.
    """
    whole = Region(0, 0, width, height)
    if full or room is Room.TINY or view in {"cost", "events"}:
        return {view: whole}
    if room is Room.HUGE:
        return _overview(whole)
    if view == "offers":
        return _market(whole)
    if room is Room.WIDE:
        return _fleet(whole)
    return _over_its_log(whole) if view == "instances" else {view: whole}


def _market(area: Region) -> dict[str, Region]:
    if area.height < 3 * DETAIL_ROWS:
        return {"offers": area}
    offers, detail = area.split_horizontal(area.height - DETAIL_ROWS)
    return {"offers": offers, "offer-detail": detail}


def _over_its_log(area: Region) -> dict[str, Region]:
    instances, log = area.split_horizontal(max(8, area.height * 45 // 100))
    return {"instances": instances, "logs": log}


def _fleet(area: Region) -> dict[str, Region]:
    left, log = area.split_vertical(area.width * 55 // 100)
    instances, below = left.split_horizontal(max(8, left.height * 30 // 100))
    details, jobs = below.split_horizontal(BOX_ROWS)
    return {"instances": instances, "instance-detail": details, "jobs": jobs, "logs": log}


def _overview(area: Region) -> dict[str, Region]:
    left, right = area.split_vertical(area.width * 54 // 100)
    offers, below = left.split_horizontal(left.height - DETAIL_ROWS - left.height // 5)
    detail, jobs = below.split_horizontal(DETAIL_ROWS)
    instances, rest = right.split_horizontal(max(9, right.height // 5))
    details, log = rest.split_horizontal(BOX_ROWS)
    return {
        "offers": offers,
        "offer-detail": detail,
        "jobs": jobs,
        "instances": instances,
        "instance-detail": details,
        "logs": log,
    }
