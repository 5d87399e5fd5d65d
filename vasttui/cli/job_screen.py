"""Telling how jobs go: JSON lines, plain lines in a pipe, or bars on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

import click

from vasttui.cli.job_lines import (
    IDLE,
    ended_line,
    event_json,
    event_line,
    harmless,
    named,
    progress_json,
    running_row,
    short,
    summary_json,
    summary_line,
)
from vasttui.cli.output import print_json, say
from vasttui.jobs.lifecycle import JobPhase, Outcome
from vasttui.journal.records import Job, JobEvent
from vasttui.snapshot import BatchView, JobView
from vasttui.tui.format import clock, fit, percent
from vasttui.tui.glyphs import ASCII, UNICODE

if TYPE_CHECKING:
    from rich.text import Text

NAME, PHASE, BAR = 24, 11, 24
"""Cells of the columns of a bar's line."""


class Teller(Protocol):
    """Tells how batches go."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def tell(self, views: Sequence[BatchView], events: Sequence[JobEvent], now: float) -> None:
        """How it is now, and what has happened since the last time."""

    def remark(self, text: str, now: float, jobs: Sequence[JobView] = ()) -> None:
        """Something about these jobs, or about all of it, such as what is waited for."""

    def end(self, views: Sequence[BatchView], now: float) -> None:
        """How it ended."""


class _Still:
    """Needs no care on the way in or out."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


class Steps:
    """Says of which jobs the progress is worth a line: it moved by a step, either way.

    Args:
        step: the least that it must have moved, of 1.
        every: seconds between two lines of one job.
    """

    def __init__(self, step: float, every: float = 0.0) -> None:
        self._step = step
        self._every = every
        self._told: dict[str, tuple[int, float]] = {}

    def moved(self, views: Sequence[BatchView], now: float) -> list[JobView]:
        """The jobs whose progress is to be told now."""
        found = []
        for view in (view for batch in views for view in batch.jobs):
            if view.progress is None or view.progress.fraction is None or view.job.phase != JobPhase.WORKING:
                continue
            at = int(view.progress.fraction / self._step + 1e-9)
            last, when = self._told.get(view.job.run_id, (0, float("-inf")))
            if at != last and now - when >= self._every:
                self._told[view.job.run_id] = at, now
                found.append(view)
        return found


class JsonLines(_Still):
    """One JSON document a line, the last one a summary.

    Args:
        job_of: a job as it is in the journal, which may be newer than the picture.
    """

    def __init__(self, job_of: Callable[[str], Job | None]) -> None:
        self._job_of = job_of
        self._steps = Steps(0.01, every=2.0)

    def tell(self, views: Sequence[BatchView], events: Sequence[JobEvent], now: float) -> None:
        """How it is now, and what has happened."""
        for event in events:
            ended = event.event == Outcome.SUCCEEDED
            print_json(event_json(event, self._job_of(event.job_id) if ended else None))
        for view in self._steps.moved(views, now):
            print_json(progress_json(view, now))

    def remark(self, text: str, now: float, jobs: Sequence[JobView] = ()) -> None:
        """An event of each job, or of none."""
        for job_id in (view.id for view in jobs) if jobs else (None,):
            print_json({"t": now, "job": job_id, "event": "note", "detail": harmless(text)})

    def end(self, views: Sequence[BatchView], now: float) -> None:
        """The summary."""
        print_json(summary_json(views, now))


class PlainLines(_Still):
    """What happens, line by line."""

    def __init__(self) -> None:
        self._steps = Steps(0.1)

    def tell(self, views: Sequence[BatchView], events: Sequence[JobEvent], now: float) -> None:
        """How it is now, and what has happened."""
        for event in events:
            click.echo(event_line(event))
        for view in self._steps.moved(views, now):
            assert view.progress is not None
            click.echo(f"{clock(now)} {view.id} {percent(view.progress.fraction)}")

    def remark(self, text: str, now: float, jobs: Sequence[JobView] = ()) -> None:
        """Talk."""
        say(f"-- {named([view.id for view in jobs])}{harmless(text)} --")

    def end(self, views: Sequence[BatchView], now: float) -> None:
        """A line for each batch."""
        for view in views:
            click.echo(summary_line(view))


class Bars:
    """A line with a bar for each job at work, and below them how far all is; what has ended scrolls away above."""

    def __init__(self, *, ascii_only: bool = False) -> None:
        from rich.console import Console
        from rich.live import Live

        self._console = Console(highlight=False, markup=False, emoji=False)
        self._glyphs = ASCII if ascii_only or "utf" not in self._console.encoding else UNICODE
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._ended: set[str] = set()

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def tell(self, views: Sequence[BatchView], events: Sequence[JobEvent], now: float) -> None:
        """How it is now; of what has happened, the ends of attempts."""
        names = {view.id: view.job.name or view.id for batch in views for view in batch.jobs}
        for event in events:
            if event.event == "again":
                name = names.get(event.job_id, event.job_id)
                self._console.print(self._line(f"{name}: {short(event.detail)}", "yellow"))
        for view in (view for batch in views for view in batch.jobs):
            outcome = view.job.outcome
            if not outcome:
                self._ended.discard(view.id)
            elif view.id not in self._ended:
                self._ended.add(view.id)
                good = outcome in (Outcome.SUCCEEDED, Outcome.SKIPPED)
                glyph = self._glyphs["done" if good else "failed"]
                self._console.print(self._line(f"{glyph} {ended_line(view)}", "green" if good else "red"))
        from rich.console import Group

        self._live.update(Group(*self.rows(views)), refresh=True)

    def rows(self, views: Sequence[BatchView]) -> list[Text]:
        """The block: jobs at work as far as there is room, then a line for each batch."""
        room = max(1, self._console.height - len(views) - 2)
        at_work = [view for batch in views for view in batch.jobs if view.job.phase not in IDLE]
        rows = [self._row(view) for view in at_work[: room if len(at_work) <= room else room - 1]]
        if len(rows) < len(at_work):
            rows.append(self._line(f"and {len(at_work) - len(rows)} more at work", "dim"))
        return [*rows, *(self._line(summary_line(view), "bold") for view in views)]

    def _row(self, view: JobView) -> Text:
        from rich.text import Text

        phase, done, rest = running_row(view)
        fraction = view.progress.fraction if view.progress is not None else None
        full, track = self._glyphs.progress(fraction, BAR)
        name = fit(harmless(view.job.name or view.id), NAME)
        row = Text(f"{name} {fit(phase, PHASE)} ", no_wrap=True, overflow="ellipsis")
        row.append_text(Text(full, "cyan")).append_text(Text(track, "dim")).append(f" {done:>4} {rest}")
        return row

    def _line(self, text: str, style: str = "") -> Text:
        from rich.text import Text

        return Text(harmless(text), style, no_wrap=True, overflow="ellipsis")

    def remark(self, text: str, now: float, jobs: Sequence[JobView] = ()) -> None:
        """A line above the bars."""
        names = named([view.job.name or view.id for view in jobs])
        self._console.print(self._line(f"-- {names}{text} --", "yellow"))

    def end(self, views: Sequence[BatchView], now: float) -> None:
        """A line for each batch stays."""
        self._live.update("", refresh=True)
        for view in views:
            self._console.print(self._line(summary_line(view), "bold"))
