"""The one place where things happen over time: commands in, snapshots and events out.

Its names are loaded when they are used: a command that only searches needs no controller.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vasttui.controller.core import Controller
    from vasttui.controller.link import Link
    from vasttui.controller.market import fetch_market, request_body

_PUBLIC = {
    "Controller": "vasttui.controller.core",
    "Link": "vasttui.controller.link",
    "fetch_market": "vasttui.controller.market",
    "request_body": "vasttui.controller.market",
}

__all__ = ["Controller", "Link", "fetch_market", "request_body"]


def __getattr__(name: str) -> object:
    place = _PUBLIC.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(place), name)
