"""A box's log through the API: ask for the tail, poll the address that comes back, merge, wait, again.

Protocol: vast-ai/docs, request_logs.yaml. The address answers 403 or 404 until the host has uploaded the
file.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Generic, Protocol, TypeVar

from vasttui.errors import LogsPending, RateLimited, VastError
from vasttui.logs.clean import decode
from vasttui.logs.events import Lines, LogEvent, Restored, Trouble, Waiting
from vasttui.logs.merge import TailMerge

Ticket = TypeVar("Ticket")
Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]

BACK_OFF = (5.0, 10.0, 20.0, 40.0, 60.0)
LARGEST_TAIL = 10_000
_FIRST_WAIT, _LONGEST_WAIT = 0.3, 2.0
_TICKET_SECONDS = 15.0
_TOLD = 3
_TELL_EVERY = 60.0
_CALM_POLLS = 20
_LONGEST_PACE_TO_LOOK_TWICE = 5.0
_ABSENT = re.compile(
    rb"\s*(?:Error response from daemon: No such container: \S+|"
    rb"cat: \S*instance_logs\S*: No such file or directory)\s*"
)


class LogClient(Protocol[Ticket]):
    """The part of the API client that logs need."""

    async def request_logs(self, instance_id: int, *, tail: int, daemon: bool = False) -> Ticket:
        """Ask for the last `tail` lines."""
        ...

    async def fetch_log(self, ticket: Ticket) -> bytes:
        """The log; LogsPending while it is not there."""
        ...


async def api_source(
    client: LogClient[Ticket],
    instance_id: int,
    *,
    tail: int,
    pace: Callable[[], float],
    clock: Clock,
    sleep: Sleep,
    daemon: bool = False,
) -> AsyncGenerator[LogEvent, None]:
    """The log of one instance, line by line, for ever.

    Args:
        client: the API.
        instance_id: whose log.
        tail: lines to ask for at first; more are asked for after a gap, up to 10,000.
        pace: seconds between the beginnings of two polls; read again every second, so that a box that is
            looked at becomes fast at once.
        clock: seconds, monotonic.
        sleep: waits that many seconds.
        daemon: the host's own log instead of the container's.
    """
    tailer = _Tailer(client, instance_id, tail, daemon, TailMerge(), clock, sleep)
    troubles = Troubles(clock)
    while True:
        began = clock()
        least = 0.0
        try:
            event = await tailer.poll(fast=pace() <= _LONGEST_PACE_TO_LOOK_TWICE)
        except VastError as error:
            told = troubles.failed(error)
            least = troubles.wait
            if told:
                yield told
        else:
            if not isinstance(event, Waiting) and (restored := troubles.worked()):
                yield restored
            if not (isinstance(event, Lines) and event.nothing):
                yield event
        while (left := began + max(pace(), least) - clock()) > 0:
            await sleep(min(left, 1.0))


class _Tailer(Generic[Ticket]):
    """Fetches windows and merges them."""

    def __init__(
        self,
        client: LogClient[Ticket],
        instance_id: int,
        tail: int,
        daemon: bool,
        merge: TailMerge,
        clock: Clock,
        sleep: Sleep,
    ) -> None:
        self._client = client
        self._id = instance_id
        self._least = self._tail = tail
        self._daemon = daemon
        self._merge = merge
        self._clock, self._sleep = clock, sleep
        self._last: bytes | None = None
        self._calm = 0

    async def poll(self, *, fast: bool) -> Lines | Waiting:
        """One window, merged. Raises VastError when the API fails."""
        asked = self._tail
        ticket = await self._client.request_logs(self._id, tail=asked, daemon=self._daemon)
        body = await self._fetch(ticket)
        if body is not None and fast and body == self._last:
            # The object's name may be the same for every request, so that this is the snapshot before.
            await self._sleep(1.0)
            body = await self._fetch(ticket)
        if body is None:
            return Waiting("waiting for logs: the host has not uploaded them yet")
        if _ABSENT.fullmatch(body[:1000]):
            return Waiting("waiting for logs: no container yet")
        self._last = body
        window, complete = split_window(body)
        lines = self._merge.feed(window, asked=asked, complete_last_line=complete)
        self._adapt(lines)
        return lines

    async def _fetch(self, ticket: Ticket) -> bytes | None:
        """The file behind the address, None when it did not appear in 15 s."""
        wait, deadline = _FIRST_WAIT, self._clock() + _TICKET_SECONDS
        while True:
            try:
                return await self._client.fetch_log(ticket)
            except LogsPending:
                if self._clock() + wait > deadline:
                    return None
            await self._sleep(wait)
            wait = min(wait * 1.5, _LONGEST_WAIT)

    def _adapt(self, lines: Lines) -> None:
        """A longer tail after lines were missed or may have been; the first length again after a calm
        while.
        """
        if lines.gap or lines.at_least:
            self._tail, self._calm = min(max(self._tail * 2, self._least), LARGEST_TAIL), 0
        elif self._tail > self._least:
            self._calm += 1
            if self._calm >= _CALM_POLLS:
                self._tail, self._calm = self._least, 0


class Troubles:
    """Counts failures in a row: which are told, and how long to wait after each."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._count = 0
        self._told = 0.0
        self.wait = 0.0
        """Seconds to wait before the next try."""

    def failed(self, error: VastError) -> Trouble | None:
        """Note a failure; gives what the user is to be told, if anything."""
        self._count += 1
        self.wait = BACK_OFF[min(self._count, len(BACK_OFF)) - 1]
        if isinstance(error, RateLimited) and error.retry_after:
            self.wait = max(self.wait, error.retry_after)
        if self._count > _TOLD and self._clock() - self._told < _TELL_EVERY:
            return None
        self._told = self._clock()
        return Trouble(error, self._count)

    def worked(self) -> Restored | None:
        """Note a success; tells when it ends a row of failures."""
        count, self._count, self.wait = self._count, 0, 0.0
        return Restored(count) if count else None


def split_window(body: bytes) -> tuple[list[str], bool]:
    r"""The lines of a reply, and whether its last line is finished. Lines end at `\n` only."""
    lines = [line.removesuffix("\r") for line in decode(body).split("\n")]
    complete = lines[-1] == ""
    if complete:
        lines.pop()
    return lines, complete
