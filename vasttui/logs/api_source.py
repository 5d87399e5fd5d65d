"""A box's log through the API: ask for the tail, poll the address that comes back, merge, wait, again.

Protocol: vast-ai/docs, request_logs.yaml. The address answers 403 or 404 until the host has uploaded the
file.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Generic, Protocol, TypeVar

from vasttui.errors import LogsPending, RateLimited, VastError
from vasttui.logs.clean import collapse_redraws, decode
from vasttui.logs.events import Current, Lines, LogEvent, Restored, Trouble, Waiting
from vasttui.logs.merge import TailMerge

Ticket = TypeVar("Ticket")
Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]

BACK_OFF = (5.0, 10.0, 20.0, 40.0, 60.0)
LARGEST_TAIL = 10_000
SERVER_TAIL = 1000
"""Lines of a reply when none were asked for, by the console for instance."""

_DOCKER_LINE = 16 << 10
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
    known: Sequence[str] = (),
) -> AsyncGenerator[LogEvent, None]:
    """The log of one instance, line by line, for ever.

    Args:
        client: the API.
        instance_id: whose log.
        tail: lines to ask for at least; more, up to 10,000, are asked for at once when lines would be missed, and as
            long as the log prints that many.
        pace: seconds between the beginnings of two polls; read again every second, so that a box that is
            looked at becomes fast at once.
        clock: seconds, monotonic.
        sleep: waits that many seconds.
        daemon: the host's own log instead of the container's.
        known: the last lines of the log that are known already, the newest last.
    """
    tailer = _Tailer(client, instance_id, _Length(tail), daemon, TailMerge(known), clock, sleep)
    # Thousands of lines, not needed for as long as the log is followed.
    del known
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
            if isinstance(event, Lines):
                yield Current()
        while (left := began + max(pace(), least) - clock()) > 0:
            await sleep(min(left, 1.0))


class _Tailer(Generic[Ticket]):
    """Fetches windows and merges them."""

    def __init__(
        self,
        client: LogClient[Ticket],
        instance_id: int,
        length: _Length,
        daemon: bool,
        merge: TailMerge,
        clock: Clock,
        sleep: Sleep,
    ) -> None:
        self._client = client
        self._id = instance_id
        self._length = length
        self._daemon = daemon
        self._merge = merge
        self._clock, self._sleep = clock, sleep
        self._last = 0

    async def poll(self, *, fast: bool) -> Lines | Waiting:
        """What is new. Raises VastError when the API fails."""
        asked = self._length.now
        body = await self._body(asked, fast=fast)
        if isinstance(body, Waiting):
            return body
        sure = self._length.longer(asked) > asked
        lines = self._feed(body, asked, sure=sure)
        while sure and (lines.gap or lines.at_least):
            # A longer tail, at once, may show what this one did not.
            longer = self._length.longer(asked)
            try:
                more = await self._body(longer, fast=False)
            except VastError:
                more = Waiting("")
            if isinstance(more, Waiting):
                sure = False
            else:
                asked, body, sure = longer, more, self._length.longer(longer) > longer
            lines = self._feed(body, asked, sure=sure)
        self._length.adapt(asked, lines)
        return lines

    def _feed(self, body: bytes, asked: int, *, sure: bool) -> Lines:
        window, complete = split_window(body)
        whole = self._length.whole(len(window), len(body), asked)
        return self._merge.feed(window, asked=asked, complete_last_line=complete, whole=whole, sure=sure)

    async def _body(self, asked: int, *, fast: bool) -> bytes | Waiting:
        ticket = await self._client.request_logs(self._id, tail=asked, daemon=self._daemon)
        body = await self._fetch(ticket)
        if body is not None and fast and hash(body) == self._last:
            # The object's name may be the same for every request, so that this is the snapshot before.
            await self._sleep(1.0)
            body = await self._fetch(ticket) or body
        if body is None:
            return Waiting("waiting for logs: the host has not uploaded them yet")
        if _ABSENT.fullmatch(body[:1000]):
            return Waiting("waiting for logs: no container yet")
        self._last = hash(body)
        return body

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


class _Length:
    """How many lines to ask for: as many as the log printed lately and some more. Pure state."""

    def __init__(self, least: int) -> None:
        self.now = self._least = least
        """Lines to ask for next."""
        self._asked = {SERVER_TAIL}
        self._most = self._calm = self._in_vain = 0
        self._fed = False

    def longer(self, asked: int) -> int:
        """What to ask for when `asked` lines were too few; the same when longer ones did not help lately."""
        return asked if self._in_vain else max(asked, min(asked * 4, LARGEST_TAIL))

    def whole(self, lines: int, size: int, asked: int) -> bool:
        """Whether a reply of so many lines and bytes is the whole log.

        Docker counts a line of more than 16 KB as several. A reply of just as many lines as were asked for before may
        be the answer to that request.
        """
        self._asked.add(asked)
        return lines + size // _DOCKER_LINE < asked and lines not in self._asked

    def adapt(self, asked: int, lines: Lines) -> None:
        """Learn from what came."""
        new, self._fed = len(lines.new) if self._fed else 0, True
        self._most = max(self._most, new)
        self._in_vain = max(0, self._in_vain - 1)
        if lines.at_least and not lines.gap and asked >= LARGEST_TAIL:
            # Text that repeats without end: no tail is long enough.
            self.now, self._in_vain = self._least, _CALM_POLLS
        elif lines.gap or lines.at_least or new * 2 > asked:
            self.now, self._calm = self.longer(asked) if new * 2 > asked else asked, 0
        else:
            self.now = max(self.now, asked)
            self._calm += 1
        if self._calm >= _CALM_POLLS:
            self.now = max(self._least, min(self.now, self._most * 4))
            self._most = self._calm = 0


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
    r"""The lines of a reply, redraws collapsed, and whether its last line is finished. Lines end at `\n` only."""
    lines = decode(body).split("\n")
    if b"\r" in body or b"\x08" in body:
        lines = [collapse_redraws(line.removesuffix("\r")) for line in lines]
    complete = lines[-1] == ""
    if complete:
        lines.pop()
    return lines, complete
