"""A program that drives jobs is killed at any moment, again and again: the batch ends as if it had not been."""

from __future__ import annotations

import asyncio
import random
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import StartSim
from vasttui.journal import Journal
from vasttui.sim.boxes import Box
from vasttui.sim.server import Simulator

JOB = """
name: upscale
rent: {search: "num_gpus=1", order: dph_total, image: renter/upscale:2.1, disk: 16}
onstart: bash /workspace/upscale.sh {input}
limits: {boot: 40s, quiet: 20s, total: 3m, tries: 6}
max_parallel: 8
"""
KILLS = 20


class Watched:
    """What was ever rented on a simulator."""

    def __init__(self, sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
        self.labels: Counter[str] = Counter()
        self.most_at_once = 0
        self._sim = sim
        rent = sim.world.rent

        def counted(*args: object, **named: object) -> Box:
            box: Box = rent(*args, **named)  # type: ignore[arg-type]
            self.labels[box.label or ""] += 1
            jobs = Counter((b.label or "").partition("~")[0] for b in sim.world.boxes.values() if b.destroyed is None)
            self.most_at_once = max(self.most_at_once, *jobs.values())
            return box

        monkeypatch.setattr(sim.world, "rent", counted)


async def start(sim: Simulator, folder: Path, *rest: str) -> Process:
    words = (str(folder), sim.url, sim.api_key, str(sim.ssh_private_key), *rest)
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.flows.drive_jobs", *words, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE
    )


async def test_killed_at_twenty_moments(
    sim: StartSim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    world = await sim(speed=100, offers=200, credit=900)
    world.set_faults("429=0.03", "500=0.03", "drop=0.02", "create_lost=0.1", "offer_gone=0.1", "destroy_repeat=0.05")
    watched = Watched(world, monkeypatch)
    job = tmp_path / "job.yaml"
    job.write_text(JOB)
    inputs = [f"clip-{n}.mp4" for n in range(36)] + ["oom.mp4", "oldmarker.mp4", "fails.mp4", "diskfull.mp4"]
    moments = random.Random(4711)
    for _ in range(KILLS):
        process = await start(world, tmp_path, str(job), *inputs)
        try:
            async with asyncio.timeout(moments.uniform(0.9, 2.6)):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        else:
            break
    process = await start(world, tmp_path, str(job), *inputs)
    async with asyncio.timeout(60):
        _, complaints = await process.communicate()
    assert process.returncode == 0, complaints.decode()
    with Journal(tmp_path / "journal.sqlite") as journal:
        (batch,) = journal.batches()
        jobs = journal.jobs(batch.batch_id)
    assert Counter(job.outcome for job in jobs) == {"succeeded": 37, "failed": 3}
    assert max(watched.labels.values()) == 1
    assert watched.most_at_once == 1
    assert not [box for box in world.world.boxes.values() if box.destroyed is None]
