"""`vasttui instances`: all of them, with what we make of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from vasttui.cli.output import print_json, print_table, say
from vasttui.cli.wiring import Wiring, run

if TYPE_CHECKING:
    from vasttui.snapshot import Box, Snapshot

HEADS = ("ID", "LABEL", "GPU", "STATUS", "PHASE", "UTIL %", "$/h", "SPENT $", "SSH")
RIGHT = frozenset({0, 5, 6, 7})


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document; with --watch one a line.")
@click.option("--watch", "-w", is_flag=True, help="Again whenever something changes, until ^C.")
@click.pass_obj
def instances(wiring: Wiring, as_json: bool, watch: bool) -> None:
    """List the instances of the account, all pages.

    \b
    Example:
      vasttui instances --json | jq '.[].vasttui.phase'
    """
    run(_main(wiring, as_json, watch))


async def _main(wiring: Wiring, as_json: bool, watch: bool) -> None:
    async with wiring.controller() as controller:
        controller.keep_raw = as_json
        await controller.first_listing()
        shown = _show(controller.picture(), controller.raw_instances, as_json)
        while watch:
            await controller.next_change()
            await asyncio.sleep(0.2)
            seen = _state(controller.picture())
            if seen != shown:
                shown = _show(controller.picture(), controller.raw_instances, as_json)


def _state(snapshot: Snapshot) -> object:
    return [(box.id, box.phase, box.label, box.hourly, box.verdicts) for box in snapshot.boxes.value or ()]


def _show(snapshot: Snapshot, raw: Mapping[int, Mapping[str, Any]], as_json: bool) -> object:
    boxes = snapshot.boxes.value or ()
    if as_json:
        print_json([{**raw.get(box.id, {}), "vasttui": _ours(box, snapshot)} for box in boxes])
    else:
        print_table(HEADS, map(_cells, boxes), right=RIGHT)
    if snapshot.skipped_instances:
        say(f"{snapshot.skipped_instances} rows could not be read")
    return _state(snapshot)


def _ours(box: Box, snapshot: Snapshot) -> dict[str, Any]:
    runway = snapshot.runway
    return {
        "phase": box.phase.value,
        "verdicts": [verdict.text for verdict in box.verdicts],
        "spent": box.spent,
        "runway": runway if runway is not None and runway < float("inf") else None,
        "ours": box.ours,
    }


def _cells(box: Box) -> tuple[str, ...]:
    instance = box.instance

    def number(value: float | None, decimals: int) -> str:
        return "" if value is None else f"{value:.{decimals}f}"

    address = instance.ssh_direct or instance.ssh_proxy
    count = f"{instance.num_gpus}×" if instance.num_gpus else ""
    return (
        str(box.id),
        box.label,
        f"{count}{instance.gpu_name or '?'}",
        instance.actual_status or "",
        box.phase.value,
        number(instance.gpu_util, 0),
        number(box.hourly, 3),
        number(box.spent, 2),
        f"{address[0]}:{address[1]}" if address else "",
    )
