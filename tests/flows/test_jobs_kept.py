"""What must not be destroyed, and what must not go on billing: boxes with results, kept boxes, boxes nobody uses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import StartSim, until
from tests.flows.conftest import Control, seen
from tests.flows.test_jobs_flow import JOB, SSH_JOB, begin, begin_with, ended, no_box_left, quick, view
from vasttui.controller.jobs import boxes, runner
from vasttui.jobs.spec import BatchRequest
from vasttui.snapshot import Snapshot

__all__ = ["quick"]


@pytest.fixture
def job_file(tmp_path: Path) -> Path:
    path = tmp_path / "job.yaml"
    path.write_text(JOB)
    return path


@pytest.fixture
def files_job(tmp_path: Path) -> Path:
    """Its results are not where it looks for them."""
    path = tmp_path / "files.yaml"
    path.write_text(SSH_JOB.replace("RESULTS", str(tmp_path / "results")).replace("/out/", "/elsewhere/"))
    (tmp_path / "scene.blend").write_bytes(b"scene")
    return path


def phases(picture: Snapshot, batch_id: int) -> list[str]:
    return [v.job.phase for v in view(picture, batch_id).jobs]


async def test_a_box_with_results_that_could_not_be_fetched_is_stopped_and_stays(
    sim: StartSim, control: Control, files_job: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boxes, "ASK_AGAIN", 0.2)
    world = await sim(speed=150, offers=60, credit=500)
    async with control(world) as controller:
        batch_id = await begin(controller, files_job, "one.blend", "two.blend")
        batch = await ended(controller, batch_id)
        assert [(v.job.outcome, v.job.exit_code) for v in batch.jobs] == [("failed", 0)] * 2
        picture = await seen(controller, lambda p: p.boxes.value)
        stopped = {box.id: (box.phase, box.orphan) for box in picture.boxes.value or ()}
        assert stopped == {v.job.instance_id: ("stopped", False) for v in batch.jobs}


async def test_a_box_that_is_kept_stays_when_its_job_is_tried_again(
    sim: StartSim, control: Control, job_file: Path
) -> None:
    world = await sim(speed=40, offers=60, credit=500)
    async with control(world) as controller:
        batch_id = await begin_with(controller, job_file, "fails.mp4", end_failure="keep")
        batch = await ended(controller, batch_id)
        (box,) = world.world.boxes
        await controller.command_job(batch.jobs[0].id, "retry")
        await seen(controller, lambda p: phases(p, batch_id) == ["working"])
        assert box in world.world.boxes
        await ended(controller, batch_id)
        assert len(world.world.boxes) == 2


async def test_a_box_that_was_handed_on_is_kept_as_its_last_job_says(
    sim: StartSim, control: Control, job_file: Path
) -> None:
    world = await sim(speed=150, offers=60, credit=500)
    async with control(world) as controller:
        batch_id = await begin_with(
            controller, job_file, "a.mp4", "fails.mp4", end_failure="keep", reuse=True, max_parallel=1
        )
        batch = await ended(controller, batch_id)
        assert [v.job.outcome for v in batch.jobs] == ["succeeded", "failed"]
        picture = await seen(controller, lambda p: p.boxes.value)
        assert [(box.id, box.command) for box in picture.boxes.value or ()] == [(batch.jobs[1].job.instance_id, "")]


async def test_no_box_waits_for_inputs_that_may_not_begin(sim: StartSim, control: Control, job_file: Path) -> None:
    world = await sim(speed=40, offers=60, credit=500)
    async with control(world) as controller:
        batch_id = await begin_with(controller, job_file, "a.mp4", "b.mp4", reuse=True, max_parallel=1)
        await seen(controller, lambda p: phases(p, batch_id) == ["working", "queued"])
        await controller.pause_batch(batch_id, True)
        await seen(controller, lambda p: phases(p, batch_id) == ["done", "queued"])
        await no_box_left(controller, world)
        await controller.pause_batch(batch_id, False)
        batch = await ended(controller, batch_id)
        assert [v.job.outcome for v in batch.jobs] == ["succeeded"] * 2


async def test_rows_that_cannot_be_read_stop_no_job(
    sim: StartSim, control: Control, job_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "ASLEEP", 1.0)
    world = await sim(speed=40, offers=60, credit=500)
    async with control(world) as controller:
        batch_id = await begin(controller, job_file, "a.mp4")
        await seen(controller, lambda p: phases(p, batch_id) == ["working"])
        world.set_faults("dirty=1.0")
        await until(lambda: not world.world.boxes, 30.0)
        batch = view(controller.picture(), batch_id)
        assert [v.job.outcome for v in batch.jobs] == ["succeeded"]


async def test_a_job_whose_environment_is_not_set_here_waits_and_says_so(
    sim: StartSim, control: Control, job_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hush")
    path = tmp_path / "token.yaml"
    path.write_text(JOB.replace("disk: 16", 'disk: 16, env: {TOKEN: "${HF_TOKEN}"}'))
    world = await sim(speed=150, offers=60, credit=500)
    async with control(world) as controller:
        await controller.connected()
        plan = await controller.plan_batch(BatchRequest(path=path, inputs=("a.mp4", "b.mp4")))
        monkeypatch.delenv("HF_TOKEN")
        batch_id = await controller.start_batch(plan)
        controller.drive_jobs()
        picture = await seen(controller, lambda p: "HF_TOKEN" in view(p, batch_id).waiting)
        assert not any(v.job.outcome for v in view(picture, batch_id).jobs)
        monkeypatch.setenv("HF_TOKEN", "hush")
        batch = await ended(controller, batch_id)
        assert [v.job.outcome for v in batch.jobs] == ["succeeded"] * 2


async def test_a_kept_box_of_an_old_batch_is_nobodys_left_over(
    sim: StartSim, control: Control, job_file: Path
) -> None:
    world = await sim(speed=150, offers=60, credit=500)
    async with control(world) as controller:
        batch = await ended(controller, await begin_with(controller, job_file, "a.mp4", end_success="keep"))
        kept = batch.jobs[0].job.instance_id
        plan = await controller.plan_batch(BatchRequest(path=job_file, inputs=("b.mp4",)))
        for _ in range(21):
            batch_id = await controller.start_batch(plan)
            await controller.command_job(view(controller.picture(), batch_id).jobs[0].id, "cancel")
        await ended(controller, batch_id)
        picture = await seen(controller, lambda p: len(p.boxes.value or ()) == 1)
        assert [(box.id, box.orphan) for box in picture.boxes.value or ()] == [(kept, False)]
    async with control(world) as controller:
        picture = await seen(controller, lambda p: p.boxes.value)
        assert [(box.id, box.orphan) for box in picture.boxes.value or ()] == [(kept, False)]
