"""`vasttui run`: jobs, one for each input, to their end."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vasttui.cli.amounts import Amount
from vasttui.cli.output import confirm, print_json, print_table, say
from vasttui.cli.wiring import Wiring
from vasttui.cli.wiring import run as run_main
from vasttui.errors import UsageError, VastError

if TYPE_CHECKING:
    from vasttui.jobs.spec import BatchRequest
    from vasttui.snapshot import BatchPlan

MOST_BYTES = 16 * 1024 * 1024
"""Bytes of standard input that are taken for inputs."""

HEADS = ("OFFER", "GPU", "HOST", "$/h", "WHERE")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The command's options."""

    request: BatchRequest
    dry_run: bool
    yes: bool
    as_json: bool


@click.command()
@click.argument("jobfile", required=False, type=click.Path(path_type=Path))
@click.option("--preset", "-p", default="", help="Preset that says what to rent and what to start.")
@click.option("--input", "inputs", multiple=True, metavar="X", help="An input, instead of the file's.")
@click.option("--inputs-from", default="", metavar="FILE|-", help="File with an input on each line; - reads stdin.")
@click.option("--max-parallel", type=click.IntRange(1, 500), metavar="N", help="Jobs that run at once.")
@click.option("--budget", type=Amount(min=0.01), metavar="$", help="What all jobs may cost together.")
@click.option("--dry-run", is_flag=True, help="Print what would be done and spent; spend nothing.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="One event a line, a summary at the end.")
@click.pass_obj
def run(
    wiring: Wiring,
    jobfile: Path | None,
    preset: str,
    inputs: tuple[str, ...],
    inputs_from: str,
    max_parallel: int | None,
    budget: float | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Run a job for each input: rent, start, watch, fetch the results, stop paying.

    ^C begins no further job and leaves; `vasttui jobs resume` goes on. Exit code 0: all succeeded, 5: some, 1: none.

    \b
    Example:
      vasttui run upscale.yaml --input in/a.mp4 --input in/b.mp4 --budget 5 --dry-run
    """
    from vasttui.jobs.spec import BatchRequest

    if not dry_run:
        wiring.need_writable()
    request = BatchRequest(
        path=jobfile,
        preset=preset,
        inputs=inputs,
        inputs_from=inputs_from,
        stdin=_standard_input() if inputs_from == "-" else (),
        max_parallel=max_parallel,
        budget=budget,
    )
    code = run_main(_main(wiring, Wanted(request, dry_run, yes, as_json)))
    if code:
        raise click.exceptions.Exit(code)


def _standard_input() -> tuple[str, ...]:
    """Its lines. Raises UsageError when they are no text, or without end."""
    data = sys.stdin.buffer.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise UsageError(f"standard input: more than {MOST_BYTES // 1024**2} MB; that is no list of inputs")
    try:
        return tuple(data.decode("utf-8-sig").split("\n"))
    except UnicodeDecodeError as error:
        raise UsageError(f"standard input: line {error.object[: error.start].count(10) + 1} is not UTF-8") from error


async def _main(wiring: Wiring, wanted: Wanted) -> int:
    from vasttui.cli.following import Following, interrupt, say_left, say_rest, teller
    from vasttui.cli.job_lines import exit_code, outcomes, plan_json, summary_json

    async with wiring.driving() as (controller, journal):
        plan = await controller.plan_batch(wanted.request)
        if wanted.dry_run and wanted.as_json:
            print_json(plan_json(plan))
        elif not wanted.as_json or not wanted.yes:
            _print_plan(plan, talk=not wanted.dry_run)
        if plan.problems:
            raise VastError(f"{plan.spec.name} cannot be run: {'; '.join(plan.problems)}")
        if wanted.dry_run:
            return 0
        if all(item.skip for item in plan.inputs):
            say(f"{plan.spec.name}: nothing to do")
            if wanted.as_json:
                count = len(plan.inputs)
                print_json(summary_json([], controller.clock()) | {"jobs": count, "skipped": count})
            return 0
        confirm(_question(plan), yes=wanted.yes)
        batch_id = await controller.start_batch(plan)
        screen = teller(journal, as_json=wanted.as_json, ascii_only=controller.config.ascii)
        try:
            controller.drive_jobs()
            views = await Following(controller, journal, {batch_id}, screen, old=True).run()
        except (asyncio.CancelledError, OSError):
            interrupt(controller, journal, {batch_id})
            raise
        say_left(controller.picture(), views)
        say_rest(views)
        return exit_code(outcomes(views))


def _print_plan(plan: BatchPlan, *, talk: bool) -> None:
    """Print it on stderr when it is talk; on stdout when it is all that was asked for."""
    from vasttui.cli.job_lines import offer_cells, plan_lines

    for line in plan_lines(plan):
        click.echo(line, err=talk)
    if plan.offers:
        print_table(HEADS, offer_cells(plan), right=frozenset({3}), err=talk)


def _question(plan: BatchPlan) -> str:
    from vasttui.cli.job_lines import dollars

    todo = sum(not item.skip for item in plan.inputs)
    most = f" for about {dollars(plan.reserved * todo)} at most" if plan.reserved is not None else ""
    if plan.spec.budget is not None:
        most = f" within {dollars(plan.spec.budget)}"
    return f"Run {todo} job{'' if todo == 1 else 's'} of {plan.spec.name}{most}?"
