"""Following batches to their end, on this program's account or another's."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from vasttui.cli.job_lines import IDLE, running_out
from vasttui.cli.output import say
from vasttui.errors import KeyRefused, VastError
from vasttui.jobs.lifecycle import JobPhase
from vasttui.snapshot import Level
from vasttui.tui.format import plural

if TYPE_CHECKING:
    from vasttui.cli.job_screen import Teller
    from vasttui.controller import Controller
    from vasttui.journal import Journal
    from vasttui.journal.records import Job, JobEvent
    from vasttui.snapshot import BatchView, JobView, Snapshot

INTERRUPTED = "run.interrupted"
"""Where the journal keeps the numbers of the batches that a ^C paused: `vasttui jobs resume` takes them up again."""

LOOK = 0.25
"""Seconds between two looks at least; the journal is read with each."""

LATEST = 2.0
"""Seconds between two looks at most."""

STUCK = 5.0
"""Seconds for which a batch must have been at its budget's end before it is left alone."""

ASKING = frozenset({JobPhase.RENTING, JobPhase.UNCONFIRMED})
"""Phases in which a request to rent is on its way, or its answer was lost."""

SAY_AGAIN = 600.0
"""Seconds after which what jobs wait for is told again."""

FIGURES = re.compile(r"\d+")


def teller(journal: Journal, *, as_json: bool, ascii_only: bool) -> Teller:
    """JSON lines, bars on a terminal, else plain lines."""
    from vasttui.cli.job_screen import Bars, JsonLines, PlainLines

    if as_json:
        return JsonLines(journal.job)
    return Bars(ascii_only=ascii_only) if sys.stdout.isatty() else PlainLines()


class Following:
    """Tells how batches go until their jobs have ended, or nothing can go on without the user.

    Args:
        batches: their numbers.
        old: tell what happened before too.
        leave_paused: a paused batch whose jobs at work have ended is left alone; else it is waited for.
    """

    def __init__(
        self,
        controller: Controller,
        journal: Journal,
        batches: Collection[int],
        screen: Teller,
        *,
        old: bool = False,
        leave_paused: bool = False,
    ) -> None:
        self._controller = controller
        self._journal = journal
        self._batches = batches
        self._screen = screen
        self._leave_paused = leave_paused
        self._read_to = {batch_id: 0 if old else _last_event(journal, batch_id) for batch_id in batches}
        self._said: dict[tuple[str, str], float] = {}
        self._since = controller.clock()
        self._stuck_since: float | None = None

    async def run(self) -> Sequence[BatchView]:
        """How the batches are in the end. Raises KeyRefused."""
        with self._screen as screen:
            while True:
                picture = self._controller.picture()
                # The picture first: what happened is at least as new, so that no end is missed.
                views = [view for view in reversed(picture.batches) if view.id in self._batches]
                screen.tell(views, self._news(), picture.now)
                self._remark(picture, views)
                if self._over(views, picture.now):
                    views = await self._settled(views)
                    screen.end(views, picture.now)
                    return views
                await self._next_look()

    async def _settled(self, views: list[BatchView]) -> list[BatchView]:
        """The batches with what Vast.ai says that they cost, if it says so by now."""
        with suppress(VastError):
            await self._controller.settle_costs()
        return [view for view in reversed(self._controller.picture().batches) if view.id in self._batches] or views

    async def _next_look(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LATEST):
                await self._controller.next_change()
        await asyncio.sleep(LOOK)

    def _news(self) -> list[JobEvent]:
        events: list[JobEvent] = []
        for batch_id, read_to in self._read_to.items():
            new = self._journal.events_after(read_to, batch_id)
            if new:
                self._read_to[batch_id] = new[-1].event_id
            events += new
        return sorted(events, key=lambda event: event.event_id)

    def _over(self, views: Sequence[BatchView], now: float) -> bool:
        if not views:
            return False  # Not taken up from the journal yet.
        left = [view for view in views if not all(_ended(job.job) for job in view.jobs)]
        if not all(self._rests(view) for view in left):
            self._stuck_since = None
            return False
        if not left:
            return True
        if self._stuck_since is None:
            self._stuck_since = now
        return now - self._stuck_since >= STUCK

    def _rests(self, view: BatchView) -> bool:
        """Whether it can go on by the user's doing only."""
        halted = view.waiting.startswith("budget:") or (self._leave_paused and view.batch.paused)
        return halted and all(job.job.phase in IDLE for job in view.jobs)

    def _remark(self, picture: Snapshot, views: Sequence[BatchView]) -> None:
        """Tell what is wrong and what is waited for, each thing once in a while."""
        error = picture.boxes.error
        if isinstance(error, KeyRefused):
            raise error
        if picture.driver:
            self._tell(f"{picture.driver} drives the jobs: this one watches", picture.now)
        if error is not None:
            self._tell(f"{error.message}; trying again", picture.now)
        for view in views:
            if _worth_it(view.waiting):
                self._tell(f"batch {view.id}: {view.waiting}", picture.now, about=str(view.id))
        self._tell_trouble(picture, views)
        self._tell_waits(picture.now, views)

    def _tell(self, text: str, now: float, *, about: str = "") -> None:
        if self._is_new(about, text, now):
            self._screen.remark(text, now)

    def _tell_trouble(self, picture: Snapshot, views: Sequence[BatchView]) -> None:
        """What went wrong with these jobs and their boxes, and what cannot be written down."""
        boxes = {job.job.instance_id for view in views for job in view.jobs} | {None}
        new = (event for event in picture.events if event.at >= self._since and event.alert is None)
        for event in new:
            if event.level is Level.BAD and event.instance_id in boxes:
                place = f"instance {event.instance_id}: " if event.instance_id is not None else ""
                self._tell(f"{place}{event.text}", picture.now)

    def _tell_waits(self, now: float, views: Sequence[BatchView]) -> None:
        """What jobs wait for, those that wait for the same together."""
        waiting: dict[str, list[JobView]] = {}
        for job in (job for view in views for job in view.jobs):
            if job.waiting and job.job.phase not in IDLE and self._is_new(job.id, job.waiting, now):
                waiting.setdefault(job.waiting, []).append(job)
        for text, jobs in waiting.items():
            self._screen.remark(text, now, jobs)

    def _is_new(self, about: str, text: str, now: float) -> bool:
        """Whether that was not told for a while; what differs in its figures only is the same."""
        key = (about, FIGURES.sub("#", text))
        if now - self._said.get(key, float("-inf")) < SAY_AGAIN:
            return False
        self._said[key] = now
        return True


def interrupt(controller: Controller, journal: Journal, batches: Collection[int]) -> None:
    """Begin no further job of these batches, and say what becomes of those at work and how to go on.

    Where another program drives the jobs they go on there.
    """
    if controller.picture().demo:
        say("-- interrupted: the demo ends, and its boxes with it --")
        return
    if not controller.drives and (driver := controller.picture().driver):
        say(f"-- left: {driver} goes on with the jobs --")
        return
    open_ones = [batch_id for batch_id in batches if not all(map(_ended, journal.jobs(batch_id)))]
    for batch_id in open_ones:
        journal.set_batch(batch_id, paused=True)
    kept = journal.recall(INTERRUPTED)
    journal.remember(INTERRUPTED, sorted({*(kept if isinstance(kept, list) else ()), *open_ones}))
    left = [job for batch_id in open_ones for job in journal.jobs(batch_id) if job.phase not in IDLE]
    boxes = sum(job.instance_id is not None for job in left)
    asked = sum(job.instance_id is None and job.phase in ASKING for job in left)
    at_work = f"{plural(boxes, 'box', 'boxes')} at work" if boxes else "no box is at work"
    more = f", {plural(asked, 'rental')} without an answer yet" if asked else ""
    end = ": each ends by its dead man's switch" if boxes or asked else ""
    say(f"-- interrupted: {at_work}{more}{end} --")
    numbers = " ".join(map(str, open_ones))
    say(f"-- to go on: vasttui jobs resume {numbers}; to end it: vasttui jobs cancel {numbers} --")


def say_left(picture: Snapshot, views: Sequence[BatchView]) -> None:
    """The boxes that their jobs have left where they are, as the job file wants it: they cost money."""
    ended = {job.job.instance_id for view in views for job in view.jobs if _ended(job.job)}
    boxes = [box for box in picture.boxes.value or () if box.id in ended and box.command != "destroying"]
    if boxes:
        price = sum(box.hourly or 0.0 for box in boxes)
        ids = " ".join(str(box.id) for box in boxes)
        say(f"{plural(len(boxes), 'box', 'boxes')} left as wanted, ${price:.3f}/h; to end it: vasttui destroy {ids}")


def say_rest(views: Sequence[BatchView]) -> None:
    """What is left of batches that cannot go on by themselves, and what to do."""
    for view in views:
        left = sum(job.job.phase != JobPhase.DONE for job in view.jobs)
        if left and view.batch.paused:
            say(f"batch {view.id} is paused, {plural(left, 'job')} left; to go on: vasttui jobs resume {view.id}")
        elif left:
            more = f"vasttui jobs resume {view.id} --budget $"
            say(f"batch {view.id}: {plural(left, 'job')} left: {view.waiting}; to go on: {more}")


def _ended(job: Job) -> bool:
    """Whether a job has ended for good: one that is to be tried again has not."""
    return job.phase == JobPhase.DONE and job.wish != "retry"


def _worth_it(waiting: str) -> bool:
    return bool(waiting) and not running_out(waiting)


def _last_event(journal: Journal, batch_id: int) -> int:
    events = journal.events_after(0, batch_id)
    return events[-1].event_id if events else 0
