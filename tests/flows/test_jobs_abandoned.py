"""vasttui is gone for good in the middle of a batch: each box ends by itself, by its lease or after its job."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import StartSim, until
from tests.flows.test_jobs_killed import start
from vasttui.sim.boxes import Box
from vasttui.sim.server import Simulator

JOB = """
name: abandoned
rent: {search: "num_gpus=1", order: dph_total, image: debian, disk: 16, env: {VASTTUI_TICK: "1", KEPT: "%s"}}
onstart: |
  echo "works at {input}"
  sleep {input}
  echo done > "$KEPT/{input}.txt"
  echo "::vasttui result=https://results.example/{input}.txt"
max_parallel: 6
"""


async def test_every_box_ends_itself(sim: StartSim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = await sim(speed=60, offers=60, credit=900, real_shell=True)
    job, kept = tmp_path / "job.yaml", tmp_path / "kept"
    kept.mkdir()
    job.write_text(JOB % kept)
    monkeypatch.setenv("DRIVE_LEASE", "12")
    monkeypatch.setenv("DRIVE_GRACE", "2")
    # Four have ended their work some seconds after vasttui is gone, two would never.
    process = await start(world, tmp_path, str(job), "3", "3.5", "4", "4.5", "3000", "3001")
    await until(lambda: sum(b"works at" in box.log_from(world.world.clock.now()) for box in _boxes(world)) == 6, 40)
    process.kill()
    await process.wait()
    boxes = len(_boxes(world))
    assert boxes == 6
    await until(lambda: not _boxes(world), 60)
    assert sorted(path.name for path in kept.iterdir()) == ["3.5.txt", "3.txt", "4.5.txt", "4.txt"]


def _boxes(sim: Simulator) -> list[Box]:
    return [box for box in sim.world.boxes.values() if box.destroyed is None]
