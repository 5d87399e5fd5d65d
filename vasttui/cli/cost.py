"""`vasttui cost`: what was spent."""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from vasttui.cli.output import print_json, print_table, say
from vasttui.cli.wiring import Wiring, run

if TYPE_CHECKING:
    from vasttui.jobs.costs import CostLine
    from vasttui.journal import Journal, LedgerRow

RIGHT = frozenset({1, 2, 3})
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection)."""


@click.command()
@click.option("--by", type=click.Choice(("label", "job", "host", "day")), default="label", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated, without the line of the total.")
@click.option("--settle", is_flag=True, help="Ask Vast.ai first for what it has charged.")
@click.pass_obj
def cost(wiring: Wiring, by: str, as_json: bool, as_csv: bool, settle: bool) -> None:
    """Show what instances have cost, those that are gone too. It is in the journal; nobody is asked without --settle.

    Settled is what Vast.ai charged, which it posts late. Estimated is price times time, without bandwidth.

    \b
    Example:
      vasttui cost --by day
      vasttui cost --by job --csv > cost.csv
    """
    from vasttui.jobs.costs import total

    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other.")
    with wiring.state() as state:
        if settle:
            run(_settle(wiring, state.journal))
        rows = state.journal.ledger()
        lines = _lines(state.journal, rows, by)
    whole = total(rows)
    if as_json:
        print_json({"by": by, "rows": [asdict(line) for line in lines], "total": asdict(whole)})
    elif as_csv:
        _print_csv(by, lines)
    else:
        print_table((by.upper(), "$", "HOURS", "INSTANCES", "STATE"), map(_cells, (*lines, whole)), right=RIGHT)
        if whole.state not in ("", "settled"):
            say("estimated: price times time, without bandwidth, until Vast.ai has posted the charges")


async def _settle(wiring: Wiring, journal: Journal) -> None:
    from vasttui.controller.ledger import settle_now

    async with wiring.client() as client:
        await settle_now(client, journal, time.time)


def _lines(journal: Journal, rows: Sequence[LedgerRow], by: str) -> tuple[CostLine, ...]:
    from vasttui.jobs import costs

    if by == "job":
        return costs.by_job(rows, journal.job_spans())
    if by == "day":
        return costs.by_day(rows, journal.spent_by_instance_and_day())
    return costs.by_host(rows) if by == "host" else costs.by_label(rows)


def _cells(line: CostLine) -> tuple[str, ...]:
    return (line.what, f"{line.usd:.3f}", f"{line.hours:.2f}", str(line.instances), line.state)


def _print_csv(by: str, lines: Sequence[CostLine]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow((by, "usd", "hours", "instances", "state"))
    for line in lines:
        writer.writerow((_harmless(line.what), f"{line.usd:.6f}", f"{line.hours:.4f}", line.instances, line.state))


def _harmless(text: str) -> str:
    """A stranger's text as a cell that no spreadsheet runs and no terminal obeys."""
    plain = "".join(char if char.isprintable() else " " for char in text)
    return f"'{plain}" if plain.lstrip().startswith(FORMULA) else plain
