"""The computer slept for hours while jobs ran: what nobody saw is no reason to give a good box up."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.conftest import StartSim
from tests.flows.conftest import seen
from tests.flows.test_jobs_flow import SSH_JOB, begin, ended, quick, view
from vasttui.api import Pacer, Timeouts, VastClient
from vasttui.config import Config
from vasttui.controller import Controller, Link, poll
from vasttui.jobs.lifecycle import JobPhase
from vasttui.journal import Journal
from vasttui.sim.server import Simulator

__all__ = ["quick"]

ORDER: list[str] = list(JobPhase)


class Clock:
    """The time of day, which jumps when the computer wakes up."""

    slept = 0.0

    def __call__(self) -> float:
        return time.time() + self.slept


@asynccontextmanager
async def controlled(config: Config, world: Simulator, clock: Clock) -> AsyncIterator[Controller]:
    timeouts = Timeouts(connect=2, read=0.4, rent=3, total=6)
    client = VastClient(world.api_key, world.url, pacer=Pacer(scale=0), timeouts=timeouts, read_tries=1)

    async def connect() -> Link:
        return Link(client, world.ssh_private_key)

    with Journal(config.paths.state_dir / "journal.sqlite") as journal:
        async with client:
            controller = Controller(config, journal, connect, clock=clock)
            async with controller.running():
                controller.attend(frozenset({"instances"}), ())
                yield controller


@pytest.fixture
def job_file(tmp_path: Path) -> Path:
    path = tmp_path / "job.yaml"
    limits = "boot: 10m, quiet: 10m, work: 5h, collect: 10m"
    spec = SSH_JOB.replace("RESULTS", str(tmp_path / "results"))
    path.write_text(spec.replace("boot: 30s, quiet: 10s, total: 2m", limits))
    (tmp_path / "scene.blend").write_bytes(b"scene")
    return path


@pytest.mark.parametrize("phase", ["creating", "loading", "working", "collecting"])
async def test_a_job_goes_on_after_a_sleep(
    sim: StartSim, config: Config, job_file: Path, monkeypatch: pytest.MonkeyPatch, phase: str
) -> None:
    monkeypatch.setattr(poll, "BACKOFF", (0.05, 0.1))
    world, clock = await sim(speed=60, offers=60, credit=500), Clock()
    async with controlled(config, world, clock) as controller:
        batch_id = await begin(controller, job_file, "a.blend")
        # A phase may be over before anybody looks: a later one will do.
        await seen(controller, lambda p: ORDER.index(view(p, batch_id).jobs[0].job.phase) >= ORDER.index(phase))
        clock.slept = 2 * 3600.0
        batch = await ended(controller, batch_id)
        assert [(v.job.outcome, v.job.tries, v.job.reason) for v in batch.jobs] == [("succeeded", 1, "")]
        assert controller._journal.host_faults() == ()
