"""`vasttui`: the dashboard, and what must be true when it ends."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from vasttui.cli.wiring import Wiring
from vasttui.errors import NoKey, UsageError

if TYPE_CHECKING:
    from subprocess import Popen

    from vasttui.tui.app import VastApp

ENDING = (signal.SIGTERM, signal.SIGHUP)


def dashboard(wiring: Wiring) -> None:
    """Run the dashboard until it is left; without a key it opens on a page that explains how to get one."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the dashboard needs a terminal", hint="For scripts: vasttui instances --json, vasttui --help")
    simulator = None
    if wiring.demo:
        from vasttui.cli.demo import check_installed, launch

        check_installed()
        simulator = launch()
    result = asyncio.run(_main(wiring, simulator))
    if result == "demo":
        dashboard(replace(wiring, demo=True))
    elif isinstance(result, int) and result:
        raise click.exceptions.Exit(result)


async def _main(wiring: Wiring, simulator: Popen[bytes] | None) -> object:
    from vasttui.tui.app import VastApp

    try:
        wiring.need_key()
    except NoKey as problem:
        return await _run(VastApp(None, wiring.config, problem=problem))
    wiring.start_log()
    gc.disable()  # until the panes are there: before that hardly anything is garbage
    with wiring.state() as state:
        app = VastApp(None, state.config, demo=wiring.demo, theme=state.journal.recall("theme"))
        running = asyncio.create_task(_run(app))
        try:
            # The controller's packages take as long to load as the first frame takes to be on the screen.
            await _either(app.painted.wait(), running)
            if not running.done():
                async with wiring.controller_on(state, tries=1, simulator=simulator) as controller:
                    app.connect(controller)
                    await _either(app.furnished.wait(), running)
                    gc.freeze()  # what is there now stays: no pause looks through it again
                    gc.enable()
                    await running
            return running.result()
        finally:
            gc.enable()
            # Whatever went wrong is told on a terminal that is as it was before.
            running.cancel()
            await asyncio.wait([running])


async def _either(first: Coroutine[Any, Any, object], second: asyncio.Task[object]) -> None:
    """Wait for one of two; the first is dropped if it is not the one."""
    waiting = asyncio.create_task(first)
    try:
        await asyncio.wait([waiting, second], return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()


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
