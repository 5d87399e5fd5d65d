"""A controller on a simulator, everything quick."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import pytest

from vasttui.api import Pacer, Timeouts, VastClient
from vasttui.config import Config, Pace, Paths
from vasttui.controller import Controller, Link, poll
from vasttui.journal import Journal
from vasttui.sim.server import Simulator
from vasttui.snapshot import Snapshot

QUICK = Pace(
    instances=0.1, instances_idle=0.1, offers=0.3, account=0.2, logs=0.1, logs_idle=0.2, ssh=0.1
)


class Control(Protocol):
    """Run a controller on a simulator; the state directory lasts through the test."""

    def __call__(
        self, sim: Simulator, *, pacer: Pacer | None = None, **changes: Any
    ) -> AbstractAsyncContextManager[Controller]: ...


@pytest.fixture
def config(tmp_path: Path) -> Config:
    places = ("config_dir", "state_dir", "cache_dir", "themes_dir")
    paths = Paths(config_file=tmp_path / "config.yaml", **{name: tmp_path / name for name in places})
    return Config(paths=paths, pace=QUICK, min_vram_gb=0)


@pytest.fixture
def control(config: Config, monkeypatch: pytest.MonkeyPatch) -> Control:
    monkeypatch.setattr(poll, "BACKOFF", (0.05, 0.1))

    @asynccontextmanager
    async def run(sim: Simulator, *, pacer: Pacer | None = None, **changes: Any) -> AsyncIterator[Controller]:
        timeouts = Timeouts(connect=2, read=0.4, rent=3, total=6)
        pacer = pacer or Pacer(scale=0)
        client = VastClient(sim.api_key, sim.url, pacer=pacer, timeouts=timeouts, read_tries=1)

        async def connect() -> Link:
            return Link(client, sim.ssh_private_key)

        with Journal(config.paths.state_dir / "journal.sqlite") as journal:
            async with client:
                controller = Controller(replace(config, **changes), journal, connect, clock=time.time)
                async with controller.running():
                    controller.attend(frozenset({"instances", "offers"}), ())
                    yield controller

    return run


async def seen(controller: Controller, true: Callable[[Snapshot], object]) -> Snapshot:
    """Wait until the picture shows it."""
    try:
        async with asyncio.timeout(30):
            while not true(picture := controller.picture()):
                await controller.next_change()
    except TimeoutError:
        shown = [(b.id, b.phase, b.status, b.ssh_text, b.log, b.progress) for b in picture.boxes.value or ()]
        said = [event.text for event in picture.events]
        raise AssertionError(f"never seen; boxes: {shown}; events: {said}") from None
    return picture
