"""vasttui: a terminal dashboard for renting GPUs on Vast.ai.

For programs: `VastProvider` and what belongs to it, see `vasttui.provider`. They are loaded when they are used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vasttui.errors import VastError
    from vasttui.provider import ComputeProvider, Finished, Machine, Offer, VastProvider

__version__ = "0.1.0"

_PUBLIC = {
    "ComputeProvider": "vasttui.provider",
    "Finished": "vasttui.provider",
    "Machine": "vasttui.provider",
    "Offer": "vasttui.provider",
    "VastError": "vasttui.errors",
    "VastProvider": "vasttui.provider",
}

__all__ = ["ComputeProvider", "Finished", "Machine", "Offer", "VastError", "VastProvider", "__version__"]


def __getattr__(name: str) -> object:
    place = _PUBLIC.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(place), name)
