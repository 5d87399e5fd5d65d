"""All that is known of one job, as lines for its detail. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from vasttui.jobs.lifecycle import JobPhase
from vasttui.jobs.progress import Progress
from vasttui.journal.records import JobEvent
from vasttui.snapshot import Box, JobView
from vasttui.tui.format import age, clock, cut, duration, known, money, number, percent
from vasttui.tui.glyphs import GlyphSet
from vasttui.tui.palette import Piece
from vasttui.tui.panes.jobs.boxes import rate_text
from vasttui.tui.panes.jobs.result import masked
from vasttui.tui.panes.jobs.work import fraction, state_of, work_bar, work_glyph
from vasttui.tui.panes.lease import lease_parts
from vasttui.tui.panes.sheet import Line, Part, fact

NAME = 9
BAR = 20
SPARK = 24
LONGEST = 300
"""Cells of a text that a machine or a job file made."""

PHASES = frozenset(JobPhase)


def job_lines(view: JobView, box: Box | None, now: float, glyphs: GlyphSet) -> Iterator[Line]:
    """State, progress, place, money, result and reason."""
    job = view.job
    tone = state_of(view)[1]
    done = f"{job.outcome}, " if job.outcome and job.phase != JobPhase.DONE else ""
    word = job.outcome if job.phase == JobPhase.DONE else done + job.phase
    yield ((work_glyph(view, glyphs), (f" {word}", f"{tone} bold"), (f"  {age(now - job.since)}", "dim")), _wish(view))
    if view.waiting:
        yield (fact("waits", (view.waiting, "look"), width=NAME),)
    if job.input:
        yield (fact("input", _in_sight(job.input), width=NAME),)
    yield from _progress(view, now, glyphs)
    if job.failure or job.reason:
        why = ": ".join(filter(None, (job.failure, _in_sight(job.reason))))
        yield (fact("reason" if job.outcome else "last try", (why, "bad" if tone == "bad" else "look"), width=NAME),)
    if job.exit_code is not None:
        yield (fact("exit code", (str(job.exit_code), "text" if job.exit_code == 0 else "bad"), width=NAME),)
    if job.result:
        yield (fact("result", (_in_sight(job.result), "good"), width=NAME),)
    yield from _place(view, box, now)
    yield _money(view)


def _in_sight(text: str) -> str:
    """A machine's text, short enough that the other facts stay in sight; copying takes the whole of it."""
    return cut(masked(text), LONGEST)


def _wish(view: JobView) -> Part:
    return ((f"asked for: {view.job.wish}", "look"),) if view.job.wish else ()


def _progress(view: JobView, now: float, glyphs: GlyphSet) -> Iterator[Line]:
    bar = view.progress
    if view.job.phase == JobPhase.COLLECTING:
        yield (fact("fetched", (percent(view.collected) or "begins", "text"), width=NAME),)
    if bar is None:
        return
    drawn = tuple(piece for piece in work_bar(view, BAR, glyphs) if isinstance(piece, tuple))
    yield (
        fact("progress", *drawn, (f"  {percent(fraction(view)) or '?'}", "text"), width=NAME),
        ((bar.phase, "text"),),
        ((_amount(bar), "dim"),),
        ((rate_text(bar), "text"),),
        fact("ETA", duration(bar.eta)),
        fact("moved", f"{age(now - bar.seen_at)} ago"),
    )
    if bar.note:
        yield (fact("", (bar.note, "look"), width=NAME),)
    if bar.metrics:
        values = [((f"{name} ", "dim"), (value, "text")) for name, value in bar.metrics]
        yield ((("metrics".ljust(NAME) + "  ", "dim"), *values[0]), *values[1:])


def _amount(bar: Progress) -> str:
    return f"{number(bar.done)}/{number(bar.total)} {bar.unit}" if known(bar.done) and known(bar.total) else ""


def _place(view: JobView, box: Box | None, now: float) -> Iterator[Line]:
    job = view.job
    where: list[Part] = [fact("box", str(job.instance_id) if job.instance_id is not None else "", width=NAME)]
    if job.instance_id is not None and box is None:
        where.append((("gone" if job.phase == JobPhase.DONE else "gone, or not listed yet", "dim"),))
    where += [
        fact("host", str(job.host_id) if job.host_id is not None else ""),
        fact("machine", str(job.machine_id) if job.machine_id is not None else ""),
        fact("quiet for", age(view.quiet)),
    ]
    if any(where):
        yield tuple(where)
    if box is not None and box.switch is not None:
        yield lease_parts(box.switch, now, NAME)


def _money(view: JobView) -> Line:
    job = view.job
    # Once it has ended, what is counted holds the last attempt too.
    apart = job.spent > 0 and not job.outcome
    present = None if view.spent is None else max(0.0, view.spent - job.spent)
    price = f"{money(job.hourly, 3, sign=True)}/h" if job.hourly is not None else ""
    return (
        fact("spent", (money(view.spent, sign=True, missing="unknown"), "money"), width=NAME),
        fact("earlier attempts", (money(job.spent, sign=True), "money")) if apart else (),
        fact("this attempt", (money(present, sign=True, missing="unknown"), "money")) if apart else (),
        fact("price", (price, "money")),
        fact("tries", str(job.tries)),
    )


def series_lines(series: Mapping[str, Sequence[float]], glyphs: GlyphSet) -> Iterator[Line]:
    """A sparkline for each metric, with its least, its most and its last value."""
    for name, values in series.items():
        usable = [value for value in values if known(value)]
        if len(usable) < 2:
            continue
        low, high = min(usable), max(usable)
        row = glyphs.trend(usable, SPARK).rjust(SPARK)
        yield (
            fact(name[:NAME], (row, "mark"), (f"  {_figure(usable[-1])}", "text"), width=NAME),
            ((f"{_figure(low)} to {_figure(high)}", "dim"),),
        )


def _figure(value: float) -> str:
    return f"{value:.4g}"


def timeline(events: Sequence[JobEvent], now: float, *, ended: bool) -> Iterator[Line]:
    """What happened, oldest first: when, how long ago, how long the phase lasted."""
    for place, event in enumerate(events):
        follower = next((later for later in events[place + 1 :] if later.event in PHASES), None)
        until = follower.at if follower is not None else None if ended else now
        lasted = duration(until - event.at) if event.event in PHASES and until is not None else ""
        yield (
            (
                (clock(event.at), "dim"),
                (f"{age(now - event.at):>5} ago  ", "dim"),
                (f"{event.event:<12} ", _event_tone(event)),
                (f"{lasted:>7}", "text"),
                (f"  {_in_sight(event.detail)}" if event.detail else "", "text"),
            ),
        )


def _event_tone(event: JobEvent) -> str:
    return "text" if event.event in PHASES else "look" if event.event in ("retry", "wait") else "dim"


def heading(text: str) -> tuple[Line, ...]:
    """A blank line and a heading."""
    piece: Piece = (text, "text bold")
    return (), ((piece,),)
