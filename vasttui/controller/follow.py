"""Following logs: one task per box, lines into its buffer, progress out of its lines."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from vasttui.api.client import VastClient
from vasttui.api.models import LogTicket
from vasttui.config import Pace
from vasttui.controller.pace import log_interval
from vasttui.controller.reach import Reach
from vasttui.errors import VastError
from vasttui.instances.phases import Phase
from vasttui.jobs.progress import Progress, ProgressReader
from vasttui.jobs.signs import SignReader
from vasttui.logs.api_source import api_source
from vasttui.logs.auto import auto_source
from vasttui.logs.buffer import LogBuffer
from vasttui.logs.events import Lines, LogEvent, Restored, Switched, Trouble, Waiting
from vasttui.logs.seam import Seam
from vasttui.logs.sources import ssh_source
from vasttui.snapshot import Box, LogState, LogStatus

TAIL = 500
"""Lines that a follower asks for at first."""

TELL_EVERY = 0.1
"""Least seconds between two notices of new lines of one log."""

NO_LOG = frozenset({Phase.DESTROYING, Phase.GONE, Phase.REQUESTED, Phase.UNCONFIRMED})


@dataclass(frozen=True, slots=True)
class Choice:
    """How a log is followed.

    Attributes:
        source: "auto", "api" or "ssh".
        path: file on the box, None for the one that its start command tees to.
        daemon: the host's own log.
    """

    source: str = "auto"
    path: str | None = None
    tail: int = TAIL
    daemon: bool = False


@dataclass
class _Log:
    """One followed log."""

    progress: ProgressReader
    signs: SignReader
    buffer: LogBuffer = field(default_factory=LogBuffer)
    seam: Seam = field(default_factory=Seam)
    status: LogStatus = field(default_factory=LogStatus)
    task: asyncio.Task[None] | None = None
    choice: Choice = field(default_factory=Choice)
    kind: str = ""
    error: VastError | None = None
    told: asyncio.TimerHandle | None = None


class Followers:
    """Keeps a task for every box that can print, the one that is looked at fastest."""

    def __init__(
        self,
        reach: Reach,
        pace: Pace,
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
        changed: Callable[[], None],
        advanced: Callable[[int], None],
        clock: Callable[[], float],
    ) -> None:
        self.client: VastClient | None = None
        self.all_boxes = True
        """Follow every box that runs; otherwise only the one that is looked at."""
        self._reach = reach
        self._pace = pace
        self._spawn = spawn
        self._changed = changed
        self._advanced = advanced
        self._clock = clock
        self._logs: dict[int, _Log] = {}
        self._looked_at: int | None = None
        self._paused = False
        self._boxes: dict[int, Box] = {}

    # What is wanted

    def buffer(self, instance_id: int) -> LogBuffer:
        """The rows of a log; also of one that is not followed."""
        return self._log(instance_id).buffer

    def status(self, instance_id: int) -> LogStatus:
        """How the following goes."""
        return self._log(instance_id).status

    def error(self, instance_id: int) -> VastError | None:
        """What the source says is wrong now, or None."""
        return self._log(instance_id).error

    def choose(self, instance_id: int, choice: Choice) -> None:
        """Follow it another way from the next start on."""
        log = self._log(instance_id)
        if log.choice != choice:
            self._end(log)
            self._logs[instance_id] = self._new_log(choice)
            self._keep()

    def look_at(self, instance_id: int | None) -> None:
        """That log is in sight: fetch it fast."""
        self._looked_at = instance_id
        self._keep()

    def pause(self, on: bool) -> None:
        """End all tasks, or start them again."""
        self._paused = on
        self._keep()

    def keep_up(self, boxes: tuple[Box, ...]) -> None:
        """There is a new listing."""
        self._boxes = {box.id: box for box in boxes}
        self._keep()

    def dress(self, boxes: tuple[Box, ...]) -> tuple[Box, ...]:
        """The boxes with what their logs say."""
        return tuple(self._dressed(box) for box in boxes)

    def _dressed(self, box: Box) -> Box:
        log = self._logs.get(box.id)
        if log is None:
            return box
        return replace(box, log=log.status, progress=log.progress.current, sign=log.signs.current)

    # Tasks

    def _log(self, instance_id: int) -> _Log:
        if instance_id not in self._logs:
            self._logs[instance_id] = self._new_log(Choice())
        return self._logs[instance_id]

    def _new_log(self, choice: Choice) -> _Log:
        return _Log(ProgressReader(self._clock), SignReader(self._clock), choice=choice)

    def _wanted(self, box: Box) -> bool:
        if self._paused or self.client is None or box.phase in NO_LOG:
            return False
        return box.id == self._looked_at or (self.all_boxes and box.phase.up)

    def _kind(self, box: Box, choice: Choice) -> str:
        """Which source there is for it at the moment."""
        if choice.source != "auto":
            return choice.source
        path = choice.path or box.log_path
        over_ssh = path is not None and not choice.daemon and self._reach.ready(box.id)
        return "auto" if over_ssh else "api"

    def _keep(self) -> None:
        for box in self._boxes.values():
            log = self._log(box.id)
            kind = self._kind(box, log.choice) if self._wanted(box) else ""
            if kind != log.kind and not (log.kind == "auto" and kind == "api"):
                self._end(log)
                log.kind = kind
                if kind:
                    log.task = self._spawn(self._follow(box, log, kind))
        for gone in self._logs.keys() - self._boxes.keys():
            log = self._logs[gone]
            self._end(log)
            log.kind = ""

    def _end(self, log: _Log) -> None:
        if log.task is not None:
            log.task.cancel()
            log.task = None

    async def _follow(self, box: Box, log: _Log, kind: str) -> None:
        if not log.buffer.received_lines:
            log.status = replace(log.status, state=LogState.WAITING, text="waiting for logs")
        self._changed()
        # Another source, or the same one anew, begins with lines that are in the buffer already.
        log.seam.switch()
        async with aclosing(self._source(box, log, kind)) as events:
            async for event in events:
                self._take(box.id, log, log.seam.take(event) if isinstance(event, Lines) else event)

    def _source(self, box: Box, log: _Log, kind: str) -> AsyncGenerator[LogEvent, None]:
        path = log.choice.path or box.log_path or ""

        def api() -> AsyncGenerator[LogEvent, None]:
            assert self.client is not None
            return api_source(
                _Noting(self.client, lambda: self._checked(log)),
                box.id,
                tail=log.choice.tail,
                pace=lambda: self._interval(box.id),
                clock=time.monotonic,
                sleep=asyncio.sleep,
                daemon=log.choice.daemon,
            )

        def ssh() -> AsyncGenerator[LogEvent, None]:
            return ssh_source(
                lambda: self._reach.follow(box.instance, path, -200 * log.choice.tail),
                tail=log.choice.tail,
                clock=time.monotonic,
            )

        if kind == "auto":
            return auto_source(ssh, api)
        log.status = replace(log.status, source=kind)
        return api() if kind == "api" else ssh()

    def _interval(self, instance_id: int) -> float:
        running = sum(1 for log in self._logs.values() if log.task is not None)
        return log_interval(self._pace, looked_at=instance_id == self._looked_at, others=running)

    def _checked(self, log: _Log) -> None:
        log.status = replace(log.status, checked_at=self._clock())
        self._changed()

    # Events

    def _take(self, instance_id: int, log: _Log, event: LogEvent) -> None:
        now = self._clock()
        match event:
            case Lines():
                self._lines(instance_id, log, event, now)
            case Waiting(text=text):
                state = LogState.WAITING if not log.buffer.received_lines else LogState.FOLLOWING
                log.status = replace(log.status, state=state, text=text)
            case Trouble(error=error, count=count):
                log.error = error
                log.status = replace(log.status, state=LogState.TROUBLE, text=f"{error.message} ({count}×)")
            case Restored(after=after):
                log.error = None
                log.buffer.note(f"restored after {after} failures", now)
                log.status = replace(log.status, state=LogState.FOLLOWING, text="")
                self._tell(instance_id, log)
            case Switched(source=source):
                log.status = replace(log.status, source=source)
        self._changed()

    def _lines(self, instance_id: int, log: _Log, lines: Lines, now: float) -> None:
        log.error = None
        log.buffer.apply(lines, now)
        if lines.reset:
            # What the container before this one said is not this one's progress.
            log.progress, log.signs = ProgressReader(self._clock), SignReader(self._clock)
        for text in (*lines.new, *((lines.live,) if lines.live else ())):
            before = log.progress.current
            log.progress.feed(text)
            if before is not None and _advanced(before, log.progress.current):
                log.signs.moved_on()
            if text is not lines.live:
                log.signs.feed(text)
        log.status = replace(
            log.status,
            state=LogState.FOLLOWING,
            lines=log.buffer.received_lines,
            gaps=log.status.gaps + lines.gap,
            last_at=now if lines.new or lines.live is not None else log.status.last_at,
            checked_at=now,
            text="",
        )
        self._tell(instance_id, log)

    def _tell(self, instance_id: int, log: _Log) -> None:
        if log.told is None:
            loop = asyncio.get_running_loop()
            log.told = loop.call_later(TELL_EVERY, self._told, instance_id, log)

    def _told(self, instance_id: int, log: _Log) -> None:
        log.told = None
        self._advanced(instance_id)


def _advanced(before: Progress, after: Progress | None) -> bool:
    return after is not None and (after.done, after.phase) != (before.done, before.phase)


class _Noting:
    """The client as a log source sees it, noting each answer: silence of the log is not silence of the API."""

    def __init__(self, client: VastClient, checked: Callable[[], None]) -> None:
        self._client = client
        self._checked = checked

    async def request_logs(self, instance_id: int, *, tail: int, daemon: bool = False) -> LogTicket:
        """Ask for the last lines of a log."""
        return await self._client.request_logs(instance_id, tail=tail, daemon=daemon)

    async def fetch_log(self, ticket: LogTicket) -> bytes:
        """The log's bytes; raises LogsPending while they are not there."""
        body = await self._client.fetch_log(ticket)
        self._checked()
        return body
