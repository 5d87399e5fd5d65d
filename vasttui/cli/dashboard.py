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

from vasttui.cli.wiring import State, Wiring
from vasttui.errors import NoKey, UsageError

if TYPE_CHECKING:
    from subprocess import Popen

    from vasttui.tui.app import VastApp

ENDING = (signal.SIGTERM, signal.SIGHUP)


def dashboard(wiring: Wiring) -> None:
    """Run the dashboard until it is left; without a key it opens on a page that explains how to get one."""
    # The screen is drawn on stderr: that is how Textual does it.
    if not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()):
        hint = "For scripts: vasttui instances --json, vasttui --help"
        raise UsageError("the dashboard needs a terminal for stdin, stdout and stderr", hint=hint)
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
    gc.disable()  # until the panes are there: before that hardly anything is garbage
    from vasttui.tui.app import VastApp

    try:
        wiring.need_key()
    except NoKey as problem:
        gc.enable()
        return await _run(VastApp(None, wiring.config, problem=problem))
    wiring.start_log()
    with wiring.state() as state:
        app = VastApp(None, state.config, demo=wiring.demo, theme=_theme(state))
        running = asyncio.create_task(_run(app))
        try:
            # The controller's packages take as long to load as the first frame takes to be on the screen.
            await _either(app.painted.wait(), running)
            if not running.done():
                async with wiring.controller_on(state, tries=1, simulator=simulator) as controller:
                    app.connect(controller)
                    controller.drive_jobs()
                    controller.watch_searches()
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


def _theme(state: State) -> str | None:
    """The theme that was chosen last in the palette; one that is named for this start counts more."""
    named = state.config.origin.get("theme", "").startswith(("command line", "environment"))
    remembered = state.journal.recall("theme")
    return remembered if isinstance(remembered, str) and not named else None


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
