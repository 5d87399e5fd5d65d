"""Watching: the polls, the probes, the followed logs, and the one picture made of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from vasttui.api.client import VastClient
from vasttui.api.models import Account, Instance, Rows
from vasttui.config import Config
from vasttui.controller import pace
from vasttui.controller.alerts import Alerts
from vasttui.controller.events import EventLog
from vasttui.controller.fleet import Fleet
from vasttui.controller.follow import Choice, Followers
from vasttui.controller.hosts import HostBook
from vasttui.controller.learning import Learning
from vasttui.controller.link import Connection, Link
from vasttui.controller.logdesk import LogDesk
from vasttui.controller.marketdesk import MarketDesk
from vasttui.controller.poll import Poll
from vasttui.controller.publish import Publisher
from vasttui.controller.reach import Reach
from vasttui.controller.rentals import Rentals
from vasttui.controller.shelf import Shelf
from vasttui.controller.tasks import Tasks
from vasttui.errors import StorageError, VastError
from vasttui.instances.verdicts import runway
from vasttui.journal import Journal
from vasttui.logs.rows import LogName
from vasttui.snapshot import Box, Market, Part, Search, Snapshot

OFFERS_FIRST = 0.3
"""Seconds that SSH waits for the first offers: loading it takes 0.1 s, which would hold up their picture."""


class Watch(LogDesk, MarketDesk):
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
        self.keep_raw = False
        """Keep the API's own rows too, for commands that print them."""
        self._journal = journal
        self._demo = demo
        self._connection = Connection(connect, starting)
        self._read_only = config.read_only
        self._paused = False
        self._in_sight: tuple[frozenset[str], tuple[LogName, ...]] = (frozenset(), ())
        self._tasks = Tasks()
        self._spawn = self._tasks.spawn
        self._search: Search | None = None
        first = Snapshot(now=clock(), demo=demo, read_only=self._read_only, starting=starting)
        self._publisher = Publisher(first, self.picture)
        self._changed = self._publisher.changed
        self._events = EventLog(clock, self._changed)
        self._hosts = HostBook(config, journal, clock)
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
        self._learning = Learning(journal, self._rentals, self._fleet, received=self._reach.received)
        self._shelf = Shelf(config, self._events, clock)
        self._followers = Followers(
            self._shelf,
            self._reach,
            Alerts(config.alerts, self._events, self._spawn, clock()),
            config.pace,
            self._spawn,
            self._publisher,
        )
        self._account: Poll[Account] = Poll(
            lambda: self._client.account(), self._account_interval, self._changed, clock
        )
        self._market: Poll[Market] = Poll(self._fetch_market, self._market_interval, self._changed, clock)
        self._boxes: Poll[Rows[Instance]] = Poll(
            self._fetch_boxes, self._boxes_interval, self._boxes_settled, clock
        )

    @property
    def snapshot(self) -> Snapshot:
        """The last picture that was published."""
        return self._publisher.snapshot

    # Life

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Poll and follow until left; a bug in any task ends the program loudly."""
        try:
            async with self._tasks.owned():
                self._publisher.start()
                self._spawn(self._run())
                self._spawn(self._shelf.stay_small())
                try:
                    yield
                finally:
                    self._publisher.stop()
                    self._fleet.write_ledger(self.clock())
        finally:
            self._shelf.close()
            await self._reach.close()

    async def _run(self) -> None:
        link = await self._connection.make(self._not_connected)
        self._reach.key = link.ssh_key
        self._followers.client = link.client
        self._changed()
        for poll in (self._account, self._market, self._boxes):
            self._spawn(poll.run())

    def _not_connected(self, error: VastError) -> None:
        self._boxes.part = Part(error=error, failures=1)
        self._changed()

    async def connected(self) -> None:
        """Wait until there is a client."""
        await self._connection.made()

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
        await self._publisher.next_change()

    # What is in sight

    def subscribe(
        self, on_snapshot: Callable[[Snapshot], None], on_log: Callable[[LogName], None]
    ) -> Callable[[], None]:
        """Be told of new pictures and of new log rows; the answer ends it."""
        return self._publisher.subscribe(on_snapshot, on_log)

    def attend(self, panes: frozenset[str], logs: tuple[LogName, ...]) -> None:
        """Say what is in sight: that is fetched most often. `logs` may name any log of any box."""
        if (panes, logs) != self._in_sight:
            self._in_sight = (panes, logs)
            self._followers.look_at(logs)
            self._reconsider()

    def follow(self, name: LogName, choice: Choice, *, rows_only: bool = False) -> None:
        """Follow one log alone, in a way of one's own; with `rows_only` not for what its lines say of the job."""
        self._followers.all_boxes, self._followers.reads_jobs = False, not rows_only
        self._followers.choose(name, choice)
        self.attend(frozenset({"logs"}), (name,))

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

    @property
    def _client(self) -> VastClient:
        return self._connection.client

    # Polls

    async def _fetch_boxes(self) -> Rows[Instance]:
        asked_at = self.clock()
        rows = await self._client.instances(keep_raw=self.keep_raw)
        whole = not rows.skipped
        again, trouble = [], None
        try:
            again = self._rentals.listed(rows.items, asked_at, whole=whole)
        except StorageError as error:
            trouble = error  # What was listed is true all the same; the next listing settles what this one could not.
        self._fleet.listed(rows.items, self.clock(), whole=whole)
        if trouble is not None:
            self._fleet.cannot_store(trouble)
        for instance_id in () if whole else self._rentals.missing(rows.items):
            self._spawn(self._rentals.ask_after(instance_id))
        for instance_id in () if self._read_only else again:
            self._spawn(self._rentals.repeat_destroy(instance_id))
        return rows

    def _boxes_settled(self) -> None:
        if self._boxes.part.error is None:
            self._shelf.listed(self._fleet.boxes(self.clock()))
            wait = self._search is not None and self._market.part == Part()
            asyncio.get_running_loop().call_later(OFFERS_FIRST if wait else 0, self._reach_out)
        self._changed()

    def _reach_out(self) -> None:
        if self._tasks.running:
            boxes = self._fleet.boxes(self.clock())
            self._reach.probe(boxes)
            self._followers.keep_up(boxes)

    def _account_interval(self) -> float | None:
        return None if self._paused else self.config.pace.account

    def _boxes_interval(self) -> float | None:
        moving = self._fleet.moving or self._rentals.busy
        if self._paused and not moving:
            return None
        return pace.instances_interval(self.config.pace, self._in_sight[0], moving=moving)

    def _reconsider(self) -> None:
        for poll in (self._account, self._market, self._boxes):
            poll.reconsider()

    # The picture

    def picture(self) -> Snapshot:
        """The picture as of now; `snapshot` is the last one that was published."""
        now = self.clock()
        self._fleet.advance(now)
        if self._hosts.ended():
            self._cut_again()
        listed = self._boxes.part
        account = self._account.part
        boxes: tuple[Box, ...] | None = None
        burn: float | None = None
        if listed.value is not None:
            boxes = self._followers.dress(self._reach.dress(self._fleet.boxes(now)))
            burn = self._fleet.burn
            self._learning.look(boxes, now)
        credit = account.value.credit if account.value else None
        return Snapshot(
            now=now,
            demo=self._demo,
            read_only=self._read_only,
            paused=self._paused,
            starting=self._connection.starting,
            account=account,
            market=self._market.part,
            boxes=Part(boxes, listed.at, listed.error, listed.failures, listed.next_try),
            skipped_instances=listed.value.skipped if listed.value else 0,
            unconfirmed=self._rentals.unconfirmed,
            burn=burn,
            runway=runway(credit, burn),
            alarms=(*self._reach.alarms(), *self._fleet.alarms(boxes or ())),
            book=self._hosts.book,
            histories=self._learning.histories,
            events=self._events.all(),
        )
