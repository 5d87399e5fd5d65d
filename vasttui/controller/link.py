"""The connection to Vast.ai: a client, as soon as one can be made."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from vasttui.api.client import VastClient
from vasttui.errors import Unreachable, VastError

AGAIN = (1.0, 2.0, 5.0, 10.0, 20.0)
"""Seconds between two tries; the last one repeats."""


@dataclass(frozen=True, slots=True)
class Link:
    """A connected client, and the private SSH key for its boxes (None: the user's usual ones)."""

    client: VastClient
    ssh_key: Path | None = None


class Connection:
    """Makes the link, again and again until it works.

    Args:
        connect: makes it.
        starting: what that waits for, to be shown.
    """

    def __init__(self, connect: Callable[[], Awaitable[Link]], starting: str) -> None:
        self.starting = starting
        """What is waited for, "" when there is a link."""
        self._connect = connect
        self._link: Link | None = None
        self._there = asyncio.Event()

    @property
    def client(self) -> VastClient:
        """The client. Raises Unreachable while there is none."""
        if self._link is None:
            raise Unreachable(f"not connected yet: {self.starting or 'connecting'}")
        return self._link.client

    async def make(self, failed: Callable[[VastError], None]) -> Link:
        """Connect; each failure is told."""
        tries = 0
        while self._link is None:
            try:
                self._link = await self._connect()
            except VastError as error:
                failed(error)
                await asyncio.sleep(AGAIN[min(tries, len(AGAIN) - 1)])
                tries += 1
        self.starting = ""
        self._there.set()
        return self._link

    async def made(self) -> None:
        """Wait until there is a link."""
        await self._there.wait()
