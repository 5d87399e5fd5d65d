"""`vasttui jobs`: what the journal knows of jobs, and what can be asked of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from vasttui.cli.amounts import Amount
from vasttui.cli.output import confirm, print_json, print_table, say
from vasttui.cli.wiring import Wiring, run
from vasttui.errors import NotFound, UsageError

if TYPE_CHECKING:
    from vasttui.controller import Controller
    from vasttui.journal import Journal
    from vasttui.journal.records import Batch, Job

HEADS = ("JOB", "BATCH", "INPUT", "STATE", "TRIES", "INSTANCE", "$", "WHAT")
RIGHT = frozenset({1, 4, 5, 6})
LATEST = 20
"""Batches that are shown: all that are open, and the latest others."""

EVERY = 1_000_000
"""More batches than anybody has."""

IDS = click.argument("ids", nargs=-1, required=True, metavar="JOB|BATCH...")
BATCHES = click.argument("batches", nargs=-1, required=True, type=click.IntRange(min=1), metavar="BATCH...")
JSON = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")


@click.group(invoke_without_command=True)
@click.option("--batch", type=click.IntRange(min=1), metavar="N", help="Jobs of this batch.")
@click.option("--all", "everything", is_flag=True, help="Jobs of all batches ever.")
@JSON
@click.pass_context
def jobs(ctx: click.Context, batch: int | None, everything: bool, as_json: bool) -> None:
    """List jobs from the journal, also after a restart; without a key and without a network.

    \b
    Example:
      vasttui jobs --json | jq '.[].jobs[] | select(.outcome == "failed") | .reason'
    """
    if ctx.invoked_subcommand is not None:
        return
    from vasttui.cli.job_lines import batch_json, job_cells

    with ctx.obj.journal() as journal:
        batches = _batches(journal, batch, limit=EVERY if everything else LATEST)
        rows = [(one, journal.jobs(one.batch_id)) for one in batches]
        spent = _spent(journal)
        driver = _driver(ctx.obj)
    if as_json:
        print_json([batch_json(one, inside, spent) for one, inside in rows])
        return
    print_table(HEADS, (job_cells(job, spent.get(job.job_id)) for _, inside in rows for job in inside), right=RIGHT)
    paused = [str(one.batch_id) for one, _ in rows if one.paused and not one.closed]
    if paused:
        say(f"paused: batch {', '.join(paused)}")
    if driver:
        say(f"{driver} drives the jobs")
    elif any(not one.closed for one in batches):
        say("nobody drives the jobs now; to go on: vasttui jobs resume")


def _driver(wiring: Wiring) -> str:
    from vasttui.journal.driver import DriverLock

    return DriverLock(wiring.config.paths.state_dir / "driver.lock").holder()


def _batches(journal: Journal, number: int | None, *, limit: int) -> Sequence[Batch]:
    """The batch of that number, or the latest. Raises NotFound."""
    return journal.batches(limit=limit) if number is None else (_batch(journal, number),)


def _batch(journal: Journal, number: int) -> Batch:
    """The batch of that number. Raises NotFound."""
    # SQLite takes no greater number than 2^63 - 1.
    batch = journal.batch(number) if number < EVERY else None
    if batch is None:
        raise NotFound(f"there is no batch {number}", hint="vasttui jobs --all lists them.")
    return batch


def _spent(journal: Journal) -> dict[str, float]:
    """$ by job."""
    from vasttui.jobs.costs import by_job

    return {line.what: line.usd for line in by_job(journal.ledger(), journal.job_spans())}


def _find(journal: Journal, text: str) -> Job:
    """The job of that id, or of the only one that begins so. Raises NotFound and UsageError."""
    if not text:
        raise UsageError("a job's id was expected, got nothing")
    if (job := journal.job(text)) is not None:
        return job
    batches = journal.batches(limit=EVERY)
    near = [job for batch in batches for job in journal.jobs(batch.batch_id) if job.job_id.startswith(text)]
    if len(near) > 1:
        raise UsageError(f"{text!r} is the beginning of {len(near)} jobs, such as {near[0].job_id}")
    if not near:
        raise NotFound(f"there is no job {text!r}", hint="vasttui jobs --all lists them.")
    return near[0]


def _those(journal: Journal, ids: Sequence[str]) -> list[Job]:
    """The jobs that are named, and all of the batches that are. Raises NotFound and UsageError."""
    found: dict[str, Job] = {}
    for text in ids:
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
        named = [_find(journal, text)] if number is None else _of(journal, number)
        found |= {job.job_id: job for job in named}
    return list(found.values())


def _of(journal: Journal, number: int) -> Sequence[Job]:
    """The jobs of a batch. Raises NotFound."""
    return journal.jobs(_batch(journal, number).batch_id)


@jobs.command()
@click.argument("job_id", metavar="JOB")
@JSON
@click.pass_obj
def show(wiring: Wiring, job_id: str, as_json: bool) -> None:
    """Show a job with everything that happened to it.

    \b
    Example:
      vasttui jobs show upscale-k3x9-007
    """
    from dataclasses import asdict

    from vasttui.cli.job_lines import dollars, harmless, job_json, timeline

    with wiring.journal() as journal:
        job = _find(journal, job_id)
        events = journal.job_events(job.job_id)
        spent = _spent(journal).get(job.job_id)
    if as_json:
        print_json(job_json(job, spent) | {"events": [asdict(event) for event in events]})
        return
    said = {key: value for key, value in job_json(job, None).items() if isinstance(value, str | int) and value != ""}
    shown = ("batch", "input", "phase", "outcome", "failure", "reason", "tries", "instance_id", "exit_code", "result")
    for key in (key for key in shown if key in said):
        click.echo(f"{key.replace('_', ' '):12} {harmless(str(said[key]))}")
    if spent is not None:
        click.echo(f"{'spent':12} {dollars(spent)}")
    for line in timeline(events):
        click.echo(line)


@jobs.command()
@click.argument("batches", nargs=-1, type=click.IntRange(min=1), metavar="[BATCH]...")
@click.option("--budget", type=Amount(min=0.01), metavar="$", help="Their new budget, each.")
@click.option("--max-parallel", type=click.IntRange(1, 500), metavar="N", help="Jobs that run at once from now on.")
@JSON
@click.pass_obj
def resume(
    wiring: Wiring, batches: tuple[int, ...], budget: float | None, max_parallel: int | None, as_json: bool
) -> None:
    """Go on with the open batches, after a crash or a ^C, to their end; with BATCH also where they were paused.

    \b
    Example:
      vasttui jobs resume
    """
    if not batches and (budget is not None or max_parallel is not None):
        raise UsageError("--budget and --max-parallel need the number of a batch")
    wiring.need_writable()
    code = run(_resume(wiring, batches, budget, max_parallel, as_json))
    if code:
        raise click.exceptions.Exit(code)


async def _resume(
    wiring: Wiring, numbers: tuple[int, ...], budget: float | None, max_parallel: int | None, as_json: bool
) -> int:
    from vasttui.cli.following import Following, interrupt, say_left, say_rest, teller
    from vasttui.cli.job_lines import exit_code, outcomes, summary_json

    with wiring.journal() as journal:
        open_ones = {one.batch_id for one in _open(journal, numbers)}
        for batch_id in open_ones & set(numbers):
            journal.set_batch(batch_id, budget=budget, max_parallel=max_parallel)
        _take_up(journal, open_ones, numbers)
    if not open_ones:
        say("no batch is open")
        if as_json:
            print_json(summary_json((), time.time()))
        return 0
    async with wiring.driving() as (controller, journal):
        controller.drive_jobs()
        screen = teller(journal, as_json=as_json, ascii_only=controller.config.ascii)
        try:
            views = await Following(controller, journal, open_ones, screen, leave_paused=True).run()
        except (asyncio.CancelledError, OSError):
            interrupt(controller, journal, open_ones)
            raise
        say_left(controller.picture(), views)
    say_rest(views)
    return exit_code(outcomes(views))


def _open(journal: Journal, numbers: tuple[int, ...]) -> list[Batch]:
    """The open batches, or those of them that are named. Raises NotFound."""
    found = [_batch(journal, number) for number in numbers] if numbers else list(journal.batches(limit=LATEST))
    for batch in found if numbers else ():
        if batch.closed:
            say(f"batch {batch.batch_id} has ended")
    return [batch for batch in found if not batch.closed]


def _take_up(journal: Journal, open_ones: set[int], numbers: tuple[int, ...]) -> None:
    """Let the batches go on that were named, or that a ^C paused."""
    from vasttui.cli.following import INTERRUPTED

    kept = journal.recall(INTERRUPTED)
    interrupted = set(kept) if isinstance(kept, list) else set()
    for batch_id in open_ones:
        batch = journal.batch(batch_id)
        if batch is None or not batch.paused:
            continue
        if batch_id in interrupted or batch_id in numbers:
            journal.set_batch(batch_id, paused=False)
        else:
            say(f"batch {batch_id} is paused; to go on: vasttui jobs resume {batch_id}")
    journal.remember(INTERRUPTED, sorted(interrupted - open_ones))


@jobs.command()
@IDS
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.pass_obj
def cancel(wiring: Wiring, ids: tuple[str, ...], yes: bool) -> None:
    """Cancel jobs, or all jobs of a batch; returns when their boxes are given up.

    \b
    Example:
      vasttui jobs cancel upscale-k3x9-007 --yes
    """
    wiring.need_writable()
    with wiring.journal() as journal:
        chosen = [job for job in _those(journal, ids) if job.phase != "done"]
        if not chosen:
            say("they have all ended already")
            return
        confirm(f"Cancel {len(chosen)} job{'' if len(chosen) == 1 else 's'}? What they did is lost.", yes=yes)
        for job in chosen:
            journal.wish(job.job_id, "cancel")
        driver = _driver(wiring)
    if driver:
        say(f"{driver} was asked to cancel {len(chosen)} job{'' if len(chosen) == 1 else 's'}")
    else:
        run(_cancel(wiring, [job.job_id for job in chosen]))


async def _cancel(wiring: Wiring, job_ids: list[str]) -> None:
    """Nobody else does it: drive the jobs until these have ended, and begin none meanwhile."""
    from vasttui.controller.waiting import settled

    async with wiring.driving() as (controller, journal):
        controller.drive_jobs(begin=False)
        await settled(controller, _until_done(controller, journal, job_ids), "the jobs are not all cancelled yet")


async def _until_done(controller: Controller, journal: Journal, job_ids: list[str]) -> None:
    left = dict.fromkeys(job_ids)
    while left:
        for job_id in list(left):
            job = journal.job(job_id)
            if job is None or job.phase == "done":
                del left[job_id]
                say(f"{job_id} {job.outcome if job else 'is gone'}")
        if left:
            await controller.next_change()


@jobs.command()
@IDS
@click.pass_obj
def retry(wiring: Wiring, ids: tuple[str, ...]) -> None:
    """Queue jobs anew that have ended; of a batch those that did not succeed.

    \b
    Example:
      vasttui jobs retry 3 && vasttui jobs resume
    """
    wiring.need_writable()
    with wiring.journal() as journal:
        named = set(ids)
        chosen = [
            job
            for job in _those(journal, ids)
            if job.phase == "done" and (job.outcome not in ("succeeded", "skipped") or job.job_id in named)
        ]
        if not chosen:
            raise UsageError("none of them has ended without success: there is nothing to try again")
        for job in chosen:
            journal.wish(job.job_id, "retry")
            journal.set_batch(job.batch_id, closed=False)
        _say_asked(wiring, f"{len(chosen)} to be tried again")


@jobs.command()
@BATCHES
@click.pass_obj
def pause(wiring: Wiring, batches: tuple[int, ...]) -> None:
    """Begin no further job of a batch; those at work go on."""
    _pause(wiring, batches, True)


@jobs.command()
@BATCHES
@click.pass_obj
def unpause(wiring: Wiring, batches: tuple[int, ...]) -> None:
    """Let a paused batch go on."""
    _pause(wiring, batches, False)


def _pause(wiring: Wiring, batches: tuple[int, ...], on: bool) -> None:
    wiring.need_writable()
    with wiring.journal() as journal:
        for number in batches:
            journal.set_batch(_batch(journal, number).batch_id, paused=on)
    named = ", ".join(map(str, batches))
    _say_asked(wiring, f"batch {named} {'is paused' if on else 'may go on'}")


def _say_asked(wiring: Wiring, text: str) -> None:
    driver = _driver(wiring)
    say(f"{text}; {driver} drives the jobs" if driver else f"{text}; to go on: vasttui jobs resume")
