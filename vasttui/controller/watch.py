"""Watching: the polls, the probes, the followed logs, and the one picture made of them."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vasttui.api.client import VastClient
from vasttui.api.models import Account, Instance, Rows
from vasttui.config import Config
from vasttui.controller import pace
from vasttui.controller.events import EventLog
from vasttui.controller.fleet import Fleet
from vasttui.controller.follow import Choice, Followers
from vasttui.controller.hosts import HostBook
from vasttui.controller.market import fetch_market, starting_search
from vasttui.controller.poll import Poll
from vasttui.controller.reach import Reach
from vasttui.controller.rentals import Rentals
from vasttui.errors import Unreachable, VastError
from vasttui.instances.verdicts import runway
from vasttui.journal import Journal
from vasttui.logs.buffer import LogBuffer
from vasttui.snapshot import Box, LogStatus, Market, Part, Search, Snapshot

PUBLISH_EVERY = 0.1
"""Least seconds between two pictures."""

OFFERS_FIRST = 0.3
"""Seconds that SSH waits for the first offers: loading it takes 0.1 s, which would hold up their picture."""


@dataclass(frozen=True, slots=True)
class Link:
    """A connected client, and the private SSH key for its boxes (None: the user's usual ones)."""

    client: VastClient
    ssh_key: Path | None = None


class Watch:
    """The half of the controller that changes nothing: it polls, probes, follows, and tells what it sees.

    Runs inside `running()`.

    Args:
        connect: makes the client; awaited first.
        starting: what `connect` waits for, to be shown.
        clock: epoch seconds.
    """

    def __init__(
        self,
        config: Config,
        journal: Journal,
        connect: Callable[[], Awaitable[Link]],
        *,
        demo: bool = False,
        starting: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.config = config
        self.clock = clock
        self._journal = journal
        self._connect = connect
        self.keep_raw = False
        """Keep the API's own rows too, for commands that print them."""
        self._demo = demo
        self._starting = starting
        self._read_only = config.read_only
        self._paused = False
        self._panes: frozenset[str] = frozenset()
        self._log_of: int | None = None
        self._listeners: list[tuple[Callable[[Snapshot], None], Callable[[int], None]]] = []
        self._publish_due: asyncio.TimerHandle | None = None
        self._published_at = -math.inf
        self._tick = asyncio.Event()
        self._link: Link | None = None
        self._ready = asyncio.Event()
        self._group: asyncio.TaskGroup | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._search: Search | None = None
        self._events = EventLog(clock, self._changed)
        self._hosts = HostBook(config, journal)
        self._reach = Reach(config, self._spawn, self._changed, clock)
        self._rentals = Rentals(
            lambda: self._client,
            journal,
            self._events,
            refresh=lambda: self._boxes.soon(),
            clock=clock,
            repeat_after=2 * config.pace.instances,
        )
        self._fleet = Fleet(
            journal, self._events, ssh_ready=self._reach.ready, rentals=self._rentals, max_price=config.max_price
        )
        self._followers = Followers(
            self._reach, config.pace, self._spawn, self._changed, self._log_advanced, clock
        )
        self._account: Poll[Account] = Poll(
            lambda: self._client.account(), self._account_interval, self._changed, clock
        )
        self._market: Poll[Market] = Poll(self._fetch_market, self._market_interval, self._changed, clock)
        self._boxes: Poll[Rows[Instance]] = Poll(
            self._fetch_boxes, self._boxes_interval, self._boxes_settled, clock
        )
        self.snapshot = Snapshot(now=clock(), demo=demo, read_only=self._read_only, starting=starting)

    # Life

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Poll and follow until left; a bug in any task ends the program loudly."""
        fault: Exception | None = None
        async with asyncio.TaskGroup() as group:
            self._group = group
            self._spawn(self._run())
            try:
                yield
            except Exception as error:  # noqa: BLE001  the caller's own error leaves as itself, not in a group
                fault = error
            finally:
                self._group = None
                for task in self._tasks:
                    task.cancel()
                if self._publish_due is not None:
                    self._publish_due.cancel()
                self._fleet.write_ledger(self.clock())
        if fault is not None:
            raise fault

    async def _run(self) -> None:
        delay = iter((1.0, 2.0, 5.0, 10.0))
        while self._link is None:
            try:
                self._link = await self._connect()
            except VastError as error:
                self._boxes.part = Part(error=error, failures=1)
                self._changed()
                await asyncio.sleep(next(delay, 20.0))
        self._starting = ""
        self._reach.key = self._link.ssh_key
        self._followers.client = self._client
        self._ready.set()
        self._changed()
        for poll in (self._account, self._market, self._boxes):
            self._spawn(poll.run())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run beside everything else, owned by the one TaskGroup."""
        assert self._group is not None, "the controller is not running"
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def connected(self) -> None:
        """Wait until there is a client."""
        await self._ready.wait()

    async def first_listing(self) -> tuple[Box, ...]:
        """Wait for the first whole listing. Raises the VastError that it failed with."""
        await self.connected()
        while self._boxes.part.at is None:
            if self._boxes.part.error is not None:
                raise self._boxes.part.error
            await self.next_change()
        return self._fleet.boxes(self.clock())

    @property
    def raw_instances(self) -> Mapping[int, Mapping[str, Any]]:
        """The API's own rows by id, without secrets; kept when `keep_raw` is set."""
        rows = self._boxes.part.value or Rows[Instance]()
        return {row.id: raw for row, raw in zip(rows.items, rows.raw, strict=False)}

    async def next_change(self) -> None:
        """Wait until something in the picture may have changed."""
        self._tick.clear()
        await self._tick.wait()

    # What is in sight

    def subscribe(
        self, on_snapshot: Callable[[Snapshot], None], on_log: Callable[[int], None]
    ) -> Callable[[], None]:
        """Be told of new pictures and of new log lines (by instance id); the answer ends it."""
        entry = (on_snapshot, on_log)
        self._listeners.append(entry)
        return lambda: self._listeners.remove(entry)

    def attend(self, panes: frozenset[str], log_of: int | None) -> None:
        """Say what is in sight: that is fetched most often."""
        if (panes, log_of) == (self._panes, self._log_of):
            return
        self._panes, self._log_of = panes, log_of
        self._followers.look_at(log_of if "logs" in panes else None)
        self._reconsider()

    def refresh(self) -> None:
        """Fetch everything as soon as the API allows."""
        polls = (self._boxes, self._account, self._market) if self._search else (self._boxes, self._account)
        for poll in polls:
            poll.soon()

    def pause(self, on: bool) -> None:
        """Stop asking, or go on."""
        self._paused = on
        self._followers.pause(on)
        self._reconsider()
        self._changed()

    def search(self, search: Search) -> None:
        """Look for other offers. Their first answer replaces the present one; until then that stays."""
        self._search = search
        self._market.soon()

    def default_search(self, preset: str | None = None) -> Search:
        """The search that a preset means, or the configured start. Raises UsageError for an unknown preset."""
        return starting_search(self.config, preset)

    def log(self, instance_id: int) -> LogBuffer:
        """The lines of an instance's log."""
        return self._followers.buffer(instance_id)

    def follow(self, instance_id: int, choice: Choice) -> None:
        """Follow one log alone, in a way of one's own: for a command that shows nothing else."""
        self._followers.all_boxes = False
        self._followers.choose(instance_id, choice)
        self.attend(frozenset({"logs"}), instance_id)

    def log_status(self, instance_id: int) -> LogStatus:
        """How the following of a log goes. Raises the VastError that the source ran into."""
        error = self._followers.error(instance_id)
        if error is not None:
            raise error
        return self._followers.status(instance_id)

    @property
    def _client(self) -> VastClient:
        if self._link is None:
            raise Unreachable(f"not connected yet: {self._starting or 'connecting'}")
        return self._link.client

    # Polls

    async def _fetch_market(self) -> Market:
        assert self._search is not None
        hosts = self._hosts.filter(self._search)
        return await fetch_market(self._client, self._search, hosts, preferred=self.config.preferred_gpus)

    async def _fetch_boxes(self) -> Rows[Instance]:
        asked_at = self.clock()
        rows = await self._client.instances(keep_raw=self.keep_raw)
        whole = not rows.skipped
        again = self._rentals.listed(rows.items, asked_at, whole=whole)
        self._fleet.listed(rows.items, self.clock(), whole=whole)
        for instance_id in () if whole else self._rentals.missing(rows.items):
            self._spawn(self._rentals.ask_after(instance_id))
        for instance_id in () if self._read_only else again:
            self._spawn(self._rentals.repeat_destroy(instance_id))
        return rows

    def _boxes_settled(self) -> None:
        if self._boxes.part.error is None:
            wait = self._search is not None and self._market.part == Part()
            asyncio.get_running_loop().call_later(OFFERS_FIRST if wait else 0, self._reach_out)
        self._changed()

    def _reach_out(self) -> None:
        if self._group is not None:
            boxes = self._fleet.boxes(self.clock())
            self._reach.probe(boxes)
            self._followers.keep_up(boxes)

    def _account_interval(self) -> float | None:
        return None if self._paused else self.config.pace.account

    def _market_interval(self) -> float | None:
        if self._paused:
            return None
        return pace.offers_interval(self.config.pace, self._panes, searched=self._search is not None)

    def _boxes_interval(self) -> float | None:
        moving = self._fleet.moving or self._rentals.busy
        if self._paused and not moving:
            return None
        return pace.instances_interval(self.config.pace, self._panes, moving=moving)

    def _reconsider(self) -> None:
        for poll in (self._account, self._market, self._boxes):
            poll.reconsider()

    # The picture

    def _changed(self) -> None:
        """Something may have changed: a new picture, at once if the last one is older than `PUBLISH_EVERY`."""
        self._tick.set()
        if self._publish_due is None and self._group is not None:
            loop = asyncio.get_running_loop()
            due = max(loop.time(), self._published_at + PUBLISH_EVERY)
            self._publish_due = loop.call_at(due, self._publish)

    def _publish(self) -> None:
        self._publish_due = None
        self._published_at = asyncio.get_running_loop().time()
        self.snapshot = self.picture()
        for on_snapshot, _ in tuple(self._listeners):
            on_snapshot(self.snapshot)

    def _log_advanced(self, instance_id: int) -> None:
        for _, on_log in tuple(self._listeners):
            on_log(instance_id)

    def picture(self) -> Snapshot:
        """The picture as of now; `snapshot` is the last one that was published."""
        now = self.clock()
        self._fleet.advance(now)
        listed = self._boxes.part
        account = self._account.part
        boxes: tuple[Box, ...] | None = None
        burn: float | None = None
        if listed.value is not None:
            boxes = self._followers.dress(self._reach.dress(self._fleet.boxes(now)))
            burn = self._fleet.burn
        credit = account.value.credit if account.value else None
        return Snapshot(
            now=now,
            demo=self._demo,
            read_only=self._read_only,
            paused=self._paused,
            starting=self._starting,
            account=account,
            market=self._market.part,
            boxes=Part(boxes, listed.at, listed.error, listed.failures, listed.next_try),
            skipped_instances=listed.value.skipped if listed.value else 0,
            unconfirmed=self._rentals.unconfirmed,
            burn=burn,
            runway=runway(credit, burn),
            alarms=(*self._reach.alarms(), *self._fleet.alarms(boxes or ())),
            allowed_hosts=self._hosts.allowed,
            blocked_hosts=self._hosts.blocked,
            host_notes=self._hosts.notes,
            events=self._events.all(),
        )
