"""A poll that fails for hours holds on to its last good value and its last error, and to nothing else."""

from __future__ import annotations

import gc
import weakref

from vasttui.controller.poll import Poll
from vasttui.errors import Unreachable


class Reply:
    """Something large that a failed request had in hand."""


async def test_failures_in_a_row_do_not_pile_up() -> None:
    replies: list[weakref.ref[Reply]] = []

    async def fetch() -> None:
        reply = Reply()
        replies.append(weakref.ref(reply))
        raise Unreachable("no answer")

    poll = Poll(fetch, lambda: 0.0, lambda: None, lambda: 0.0)
    for _ in range(20):
        poll.soon()
        await poll._try()
    assert poll.part.failures == 20
    gc.collect()
    assert sum(reply() is not None for reply in replies) <= 1
