"""Waiting for what only listings can tell, and giving up with the truth when none can be had."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from vasttui.controller.core import Controller
from vasttui.errors import Ambiguous, VastError
from vasttui.instances.phases import Phase
from vasttui.snapshot import Box

T = TypeVar("T")

GIVE_UP = 3
"""Failed listings in a row, each tried several times, after which nobody waits longer."""

LOOK = 0.5
"""Seconds between two looks at how the listings go."""

BROKEN = frozenset({Phase.FAILED, Phase.EXITED, Phase.OUTBID, Phase.OFFLINE})


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


async def until_ready(
    controller: Controller, instance_id: int, limit: float, told: Callable[[Box], None] = lambda _: None
) -> Box:
    """Wait until SSH answers on an instance; each new phase is told.

    Raises:
        VastError: it cannot be ready any more, or was not after `limit` seconds.
    """
    last: Phase | None = None
    to_end_it = f"It may go on billing; to end that: vasttui destroy {instance_id}"
    try:
        async with asyncio.timeout(limit):
            while True:
                box = controller.picture().box(instance_id)
                if box is not None and box.phase is not last:
                    last = box.phase
                    told(box)
                if box is not None and box.phase is Phase.READY:
                    return box
                if box is not None and box.phase in BROKEN:
                    reason = box.status or "no reason was given"
                    raise VastError(f"instance {instance_id} is {box.phase.value}: {reason}", hint=to_end_it)
                await controller.next_change()
    except TimeoutError:
        state = f"it is {last.value}" if last else "no listing shows it"
        after = f"{limit / 60:g} minutes"
        raise VastError(f"instance {instance_id}: no SSH after {after}; {state}", hint=to_end_it) from None
