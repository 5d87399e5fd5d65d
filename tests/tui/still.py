"""Waiting until a screen no longer changes, so that a snapshot shows what a user would see."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from textual.pilot import Pilot

from vasttui.tui.app import VastApp

MOST = 50


async def still(pilot: Pilot[Any]) -> None:
    """Wait until two pictures in a row are the same."""
    before = ""
    for _ in range(MOST):
        await pilot.pause()
        now = pilot.app.export_screenshot()
        if now == before:
            return
        before = now
    raise AssertionError("the screen does not come to rest")


def after(keys: Iterable[str]) -> Callable[[Pilot[Any]], Awaitable[None]]:
    """What a snapshot runs before it is taken: the panes are there, the keys pressed, the screen at rest."""

    async def run(pilot: Pilot[Any]) -> None:
        app = pilot.app
        assert isinstance(app, VastApp)
        if app.problem is None:
            await app.furnished.wait()
        await still(pilot)
        for key in keys:
            await pilot.press(key)
            await still(pilot)

    return run
