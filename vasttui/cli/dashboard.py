"""`vasttui`: the dashboard, and what must be true when it ends."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from vasttui.cli.wiring import Wiring
from vasttui.errors import NoKey, UsageError

if TYPE_CHECKING:
    from vasttui.tui.app import VastApp

ENDING = (signal.SIGTERM, signal.SIGHUP)


def dashboard(wiring: Wiring) -> None:
    """Run the dashboard until it is left; without a key it opens on a page that explains how to get one."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the dashboard needs a terminal", hint="For scripts: vasttui instances --json, vasttui --help")
    if wiring.demo:
        from vasttui.cli.demo import check_installed

        check_installed()
    result = asyncio.run(_main(wiring))
    if result == "demo":
        dashboard(replace(wiring, demo=True))
    elif isinstance(result, int) and result:
        raise click.exceptions.Exit(result)


async def _main(wiring: Wiring) -> object:
    from vasttui.tui.app import VastApp

    try:
        wiring.need_key()
    except NoKey as problem:
        return await _run(VastApp(None, wiring.config, problem=problem))
    wiring.start_log()
    async with wiring.controller(headless=False) as controller:
        return await _run(VastApp(controller, wiring.config, demo=wiring.demo))


async def _run(app: VastApp) -> object:
    loop = asyncio.get_running_loop()
    for number in ENDING:
        loop.add_signal_handler(number, _leave, app, number)
    try:
        result = await app.run_async()
    finally:
        for number in ENDING:
            with suppress(ValueError):
                loop.remove_signal_handler(number)
    return result if result is not None else app.return_code


def _leave(app: VastApp, number: signal.Signals) -> None:
    app.exit(128 + number, return_code=128 + number)
