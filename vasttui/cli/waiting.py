"""Waiting for what only a listing can settle, and giving up with the truth when no listing can be had."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from vasttui.errors import Ambiguous

if TYPE_CHECKING:
    from vasttui.controller import Controller

T = TypeVar("T")

GIVE_UP = 3
"""Failed listings in a row, each tried several times, after which a command waits no longer."""

LOOK = 0.5
"""Seconds between two looks at how the listings go."""


async def settled(controller: Controller, work: Coroutine[Any, Any, T], doubt: str) -> T:
    """The answer of `work`, which waits for listings.

    Raises:
        Ambiguous: listings fail again and again; its message begins with `doubt`.
    """
    waiting = asyncio.create_task(work)
    try:
        while not (await asyncio.wait({waiting}, timeout=LOOK))[0]:
            listing = controller.picture().boxes
            if listing.error is not None and listing.failures >= GIVE_UP:
                raise Ambiguous(
                    f"{doubt}: {listing.error.message}",
                    hint="It was not sent again; the next start of vasttui settles it. `vasttui instances` tells.",
                )
        return waiting.result()
    finally:
        waiting.cancel()
