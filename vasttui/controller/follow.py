"""Following logs: one task for each, over SSH or the API, the ones in sight fastest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from vasttui.api.client import VastClient
from vasttui.api.models import Instance, LogTicket
from vasttui.config import Pace
from vasttui.controller.alerts import Alerts
from vasttui.controller.follower import Follower, slices
from vasttui.controller.pace import log_interval
from vasttui.controller.publish import Publisher
from vasttui.controller.reach import Reach
from vasttui.controller.shelf import Shelf
from vasttui.instances.phases import Phase
from vasttui.logs.events import Lines, LogEvent
from vasttui.logs.rows import LogName
from vasttui.logs.sources import api_source, follow_log, ssh_source
from vasttui.snapshot import Box

TAIL = 500
"""Lines that a follower asks for at first."""

KNOWN = 2000
"""Kept lines that the first window is merged with."""

ONSTART_LOG = "/var/log/onstart.log"
"""Where Vast.ai's own images keep what the start command prints; for SSH to a box that was rented elsewhere."""

TELL_EVERY = 0.1
"""Least seconds between two notices of new lines of one log."""

NO_LOG = frozenset({Phase.DESTROYING, Phase.GONE, Phase.REQUESTED, Phase.UNCONFIRMED})


@dataclass(frozen=True, slots=True)
class Choice:
    """How a container's output is followed.

    Attributes:
        source: "auto", "api" or "ssh".
        tail: lines that are asked for at first.
    """

    source: str = "auto"
    tail: int = TAIL


@dataclass(frozen=True, slots=True)
class _Way:
    """How a log can be followed at the moment: "api", "ssh" or "auto" (SSH while it works)."""

    kind: str
    path: str = ""


@dataclass
class _Task:
    """The task of one log."""

    way: _Way
    task: asyncio.Task[None]


class Followers:
    """Keeps a task for every box that can print, and for each other log that somebody looks at."""

    def __init__(
        self,
        shelf: Shelf,
        reach: Reach,
        alerts: Alerts,
        pace: Pace,
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
        publisher: Publisher,
    ) -> None:
        self.client: VastClient | None = None
        self.all_boxes = True
        """Follow every box that runs; otherwise only what is looked at."""
        self.reads_jobs = True
        """Look in the lines for what they say of the job, which takes most of the time."""
        self._shelf = shelf
        self._reach = reach
        self._alerts = alerts
        self._pace = pace
        self._spawn = spawn
        self._changed = publisher.changed
        self._advanced = publisher.log_advanced
        self._tasks: dict[LogName, _Task] = {}
        self._choices: dict[LogName, Choice] = {}
        self._in_sight: frozenset[LogName] = frozenset()
        self._asking: dict[object, LogName] = {}
        self._telling: dict[LogName, asyncio.TimerHandle] = {}
        self._taking = asyncio.Lock()
        self._paused = False
        self._boxes: dict[int, Box] = {}

    # What is wanted

    def choose(self, name: LogName, choice: Choice) -> None:
        """Follow it another way from now on."""
        if self._choices.get(name, Choice()) != choice:
            self._choices[name] = choice
            self._end(name)
            self._keep()

    def look_at(self, names: Sequence[LogName]) -> None:
        """These logs are in sight: fetch them fast."""
        self._in_sight = frozenset(names)
        self._keep()

    def pause(self, on: bool) -> None:
        """End all tasks, or start them again."""
        self._paused = on
        self._keep()

    def keep_up(self, boxes: tuple[Box, ...]) -> None:
        """There is a new listing."""
        self._boxes = {box.id: box for box in boxes}
        self._alerts.listed(boxes)
        self._keep()
        self._shelf.let_go()

    def dress(self, boxes: tuple[Box, ...]) -> tuple[Box, ...]:
        """The boxes with what their logs say."""
        return tuple(self._dressed(box) for box in boxes)

    def _dressed(self, box: Box) -> Box:
        log = self._shelf.known(LogName(box.id))
        return replace(box, log=log.status, progress=log.progress, sign=log.sign) if log else box

    # Tasks

    def _wanted(self) -> dict[LogName, _Way]:
        """What is to be followed now, and how."""
        if self._paused or self.client is None:
            return {}
        names = [LogName(box.id) for box in self._boxes.values() if self.all_boxes and box.phase.up]
        names += [name for name in self._in_sight if name.instance_id in self._boxes]
        boxes = ((name, self._boxes[name.instance_id]) for name in names)
        return {name: self._way(name, box) for name, box in boxes if box.phase not in NO_LOG}

    def _way(self, name: LogName, box: Box) -> _Way:
        if name.stream == "daemon":
            return _Way("api")
        if name.stream:
            return _Way("ssh", name.stream)
        source = self._choice(name).source
        if source == "ssh":
            return _Way("ssh", box.log_path or ONSTART_LOG)
        if source == "api" or not box.log_path:
            return _Way("api")
        both, before = _Way("auto", box.log_path), self._tasks.get(name)
        # One that began with both sources keeps them: SSH comes back by itself.
        begun = before is not None and before.way == both
        return both if begun or self._reach.ready(box.id) else _Way("api")

    def _choice(self, name: LogName) -> Choice:
        return self._choices.get(name, Choice())

    def _keep(self) -> None:
        wanted = self._wanted()
        for name in [name for name, at in self._tasks.items() if wanted.get(name) != at.way]:
            self._end(name)
        for name, way in wanted.items():
            if name not in self._tasks:
                self._tasks[name] = _Task(way, self._spawn(self._follow(name, way, self._boxes[name.instance_id])))

    def _end(self, name: LogName) -> None:
        if name in self._tasks:
            self._tasks.pop(name).task.cancel()

    async def _follow(self, name: LogName, way: _Way, box: Box) -> None:
        log = self._shelf.follower(name)
        # Opening and reading what was kept takes a while: one log at a time, and the screen in between.
        async with self._taking:
            kept = log.begin("" if way.kind == "auto" else way.kind)
            self._changed()
            for _ in kept if self.reads_jobs else ():
                await asyncio.sleep(0)
        api = (lambda known: self._api(name, known)) if way.kind != "ssh" else None
        ssh = (lambda known: self._ssh(name, way.path, box.instance, known)) if way.kind != "api" else None
        async with aclosing(follow_log(known=log.spool.known(KNOWN), api=api, ssh=ssh)) as events:
            async for event in events:
                await self._take(name, log, event)

    # Sources

    async def _api(self, name: LogName, known: Sequence[str]) -> AsyncGenerator[LogEvent, None]:
        assert self.client is not None
        client = _Client(self.client, lambda: name in self._in_sight)
        source = api_source(
            client,
            name.instance_id,
            tail=self._choice(name).tail,
            known=known,
            pace=lambda: self._interval(name),
            clock=asyncio.get_running_loop().time,
            sleep=asyncio.sleep,
            daemon=name.stream == "daemon",
        )
        asking = object()
        self._asking[asking] = name
        try:
            async with aclosing(source) as events:
                async for event in events:
                    yield event
        finally:
            del self._asking[asking]

    def _ssh(
        self, name: LogName, path: str, instance: Instance, known: Sequence[str]
    ) -> AsyncGenerator[LogEvent, None]:
        tail = self._choice(name).tail
        return ssh_source(
            lambda place: self._reach.follow(instance, path, -200 * tail, place),
            tail=tail,
            clock=asyncio.get_running_loop().time,
            known=known,
            resume=self._shelf.follower(name).spool.place,
            path=path,
        )

    def _interval(self, name: LogName) -> float:
        assert self.client is not None
        asking = set(self._asking.values())
        in_sight = len(asking & self._in_sight)
        return log_interval(
            self._pace,
            in_sight=in_sight,
            others=len(asking) - in_sight,
            turn=self.client.log_turn,
            looked_at=name in self._in_sight,
        )

    # Events

    async def _take(self, name: LogName, log: Follower, event: LogEvent) -> None:
        if isinstance(event, Lines):
            for part in slices(event, whole=log.spool.place is not None):
                await self._take_lines(name, log, part)
        elif log.take(event):
            self._tell(name)
        self._changed()

    async def _take_lines(self, name: LogName, log: Follower, lines: Lines) -> None:
        # One log at a time, and between the slices the screen is drawn.
        async with self._taking:
            if log.keep(lines):
                self._tell(name)
            self._shelf.note_trouble(name)
            for texts in log.read(lines) if self.reads_jobs else (lines.new,):
                self._alert(name, texts)
                await asyncio.sleep(0)
            if not lines.new:
                self._alert(name, ())

    def _alert(self, name: LogName, texts: Sequence[str]) -> None:
        if name.instance_id in self._boxes:
            self._alerts.feed(self._boxes[name.instance_id], name, texts, self._shelf.clock())

    def _tell(self, name: LogName) -> None:
        if name not in self._telling:
            loop = asyncio.get_running_loop()
            self._telling[name] = loop.call_later(TELL_EVERY, self._told, name)

    def _told(self, name: LogName) -> None:
        del self._telling[name]
        self._advanced(name)


class _Client:
    """The client as a log source sees it: its requests wait for their turn by who looks at the log."""

    def __init__(self, client: VastClient, in_sight: Callable[[], bool]) -> None:
        self._client = client
        self._in_sight = in_sight
        self._asked_at = 0.0

    async def request_logs(self, instance_id: int, *, tail: int, daemon: bool = False) -> LogTicket:
        """Ask for the last lines of a log."""
        try:
            return await self._client.request_logs(instance_id, tail=tail, daemon=daemon, rank=self._rank)
        finally:
            self._asked_at = asyncio.get_running_loop().time()

    def _rank(self) -> tuple[int, float]:
        """First what somebody looks at, and then what was asked for the longest time ago."""
        return int(not self._in_sight()), self._asked_at

    async def fetch_log(self, ticket: LogTicket) -> bytes:
        """The log's bytes; raises LogsPending while they are not there."""
        return await self._client.fetch_log(ticket)
