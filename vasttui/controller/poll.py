"""Keeping one part of the picture fresh: pace, back-off, early wake."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Generic, TypeVar

from vasttui.errors import VastError
from vasttui.snapshot import Part

T = TypeVar("T")

BACKOFF = (5.0, 10.0, 20.0, 40.0, 60.0)
"""Seconds to the next try after the 1st, 2nd, ... failure in a row."""


def backoff(failures: int) -> float:
    """Seconds to wait after so many failures in a row."""
    return BACKOFF[min(failures, len(BACKOFF)) - 1]


class Poll(Generic[T]):
    """Fetches one part again and again; a failure keeps the last good value.

    Args:
        fetch: gets the value; may raise `VastError`.
        interval: seconds between two tries at the moment, None to rest until asked.
        settled: called after each try.
        clock: epoch seconds.
    """

    def __init__(
        self,
        fetch: Callable[[], Awaitable[T]],
        interval: Callable[[], float | None],
        settled: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self.part: Part[T] = Part()
        self._fetch = fetch
        self._interval = interval
        self._settled = settled
        self._clock = clock
        self._wake = asyncio.Event()
        self._asked = False
        self._tried_at: float | None = None

    def soon(self) -> None:
        """Try as soon as the pace of the API allows, also when a try is under way now."""
        self._asked = True
        self._wake.set()

    def reconsider(self) -> None:
        """The interval may have changed."""
        self._wake.set()

    def forget(self) -> None:
        """Drop the value: it answers a question that is no longer asked."""
        self.part = Part()

    async def run(self) -> None:
        """Poll until cancelled."""
        while True:
            await self._until_due()
            await self._try()

    def _due(self) -> float | None:
        """When the next try is due, None for not before it is asked for."""
        if self._asked:
            return self._clock()
        interval = self._interval()
        if interval is None:
            return None
        if self._tried_at is None:
            return self._clock()
        if self.part.failures:
            interval = backoff(self.part.failures)
        return self._tried_at + interval

    async def _until_due(self) -> None:
        while True:
            self._wake.clear()
            due = self._due()
            delay = None if due is None else due - self._clock()
            if delay is not None and delay <= 0:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await self._wake.wait()

    async def _try(self) -> None:
        self._asked = False
        try:
            value = await self._fetch()
        except VastError as error:
            failures = self.part.failures + 1
            self._tried_at = self._clock()
            self.part = Part(
                value=self.part.value,
                at=self.part.at,
                # Its frames would hold on to what they worked with, and through that to earlier errors.
                error=error.with_traceback(None),
                failures=failures,
                next_try=self._tried_at + backoff(failures),
            )
        else:
            self._tried_at = self._clock()
            self.part = Part(value=value, at=self._tried_at)
        self._settled()
