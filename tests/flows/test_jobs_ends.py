"""What becomes of jobs and boxes when hosts fail, the user takes part, and batches are begun again."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.conftest import StartSim
from tests.flows.conftest import Control, seen
from tests.flows.test_jobs_flow import JOB, begin, begin_with, ended, no_box_left, quick, view
from vasttui.config import Config
from vasttui.jobs.spec import BatchRequest
from vasttui.snapshot import Snapshot

__all__ = ["quick"]


@pytest.fixture
def job_file(tmp_path: Path) -> Path:
    path = tmp_path / "job.yaml"
    path.write_text(JOB)
    return path


@pytest.fixture
def skipping_file(tmp_path: Path) -> Path:
    path = tmp_path / "skipping.yaml"
    path.write_text(JOB + "skip_done: true\n")
    return path


def phases(picture: Snapshot, batch_id: int) -> list[str]:
    return [v.job.phase for v in view(picture, batch_id).jobs]


async def test_a_host_that_fails_is_noted_and_not_rented_again(
    sim: StartSim, control: Control, job_file: Path
) -> None:
    world = await sim(speed=150, offers=60, credit=500)
    world.set_faults("cdi=2")
    async with control(world) as controller:
        batch_id = await begin(controller, job_file, "a.mp4")
        batch = await ended(controller, batch_id)
        (job,) = (v.job for v in batch.jobs)
        assert (job.outcome, job.tries) == ("succeeded", 3)
        faults = controller._journal.host_faults()
        failed = {fault.machine_id for fault in faults}
        assert len(failed) == 2
        assert job.machine_id not in failed
        assert {(fault.failure, fault.job_id) for fault in faults} == {("host fault", job.job_id)}
        notes = {page.id: page.text for page in controller.picture().book.pages.values()}
        assert all("host fault" in notes[fault.host_id] for fault in faults if fault.host_id is not None)
        await no_box_left(controller, world)
    # After a restart they are remembered.
    async with control(world) as controller:
        second = await ended(controller, await begin(controller, job_file, "b.mp4"))
        assert second.jobs[0].job.machine_id not in failed
        assert second.jobs[0].job.tries == 1


async def test_a_box_that_the_user_destroys_is_replaced_once(sim: StartSim, control: Control, job_file: Path) -> None:
    world = await sim(speed=40, offers=60, credit=500)
    async with control(world) as controller:
        batch_id = await begin(controller, job_file, "a.mp4")
        await seen(controller, lambda p: phases(p, batch_id) == ["working"])
        (first,) = world.world.boxes
        await controller.destroy(first)
        batch = await ended(controller, batch_id)
        (job,) = (v.job for v in batch.jobs)
        assert (job.outcome, job.tries, job.runs) == ("succeeded", 2, 2)
        assert job.instance_id != first
        assert len(world.world.past) == 2
        assert controller._journal.host_faults() == ()  # the host did nothing wrong
        await no_box_left(controller, world)


@pytest.mark.parametrize(("end", "state"), [("keep", "running"), ("stop", "stopped")])
async def test_a_box_that_is_to_stay_stays(
    sim: StartSim, control: Control, job_file: Path, end: str, state: str
) -> None:
    world = await sim(speed=150, offers=60, credit=500)
    async with control(world) as controller:
        batch_id = await begin_with(controller, job_file, "a.mp4", "fails.mp4", end_success=end, max_parallel=1)
        batch = await ended(controller, batch_id)
        good, bad = (v.job for v in batch.jobs)
        assert (good.outcome, bad.outcome) == ("succeeded", "failed")
        picture = await seen(controller, lambda p: len(p.boxes.value or ()) == 1)
        (box,) = picture.boxes.value or ()
        assert (box.id, box.orphan, box.command) == (good.instance_id, False, "")
        assert box.instance.actual_status == ("exited" if state == "stopped" else "running")
    # Nor does the next program take it for a left-over.
    async with control(world) as controller:
        await ended(controller, await begin(controller, job_file, "b.mp4"))
        picture = await seen(controller, lambda p: len(p.boxes.value or ()) == 1)
        assert [(box.id, box.orphan) for box in picture.boxes.value or ()] == [(good.instance_id, False)]


async def test_inputs_that_are_done_are_skipped_the_next_time(
    sim: StartSim, control: Control, skipping_file: Path
) -> None:
    world = await sim(speed=150, offers=60, credit=500)
    async with control(world) as controller:
        await ended(controller, await begin(controller, skipping_file, "a.mp4", "fails.mp4"))
        plan = await controller.plan_batch(BatchRequest(path=skipping_file, inputs=("a.mp4", "fails.mp4", "c.mp4")))
        assert [bool(item.skip) for item in plan.inputs] == [True, False, False]
        batch = await ended(controller, await controller.start_batch(plan))
        assert [v.job.outcome for v in batch.jobs] == ["skipped", "failed", "succeeded"]
        assert batch.jobs[0].job.runs == 0
        await no_box_left(controller, world)


async def test_a_batch_goes_on_when_its_budget_is_raised(sim: StartSim, control: Control, job_file: Path) -> None:
    world = await sim(speed=150, offers=60, credit=500)
    async with control(world) as controller:
        await controller.connected()
        plan = await controller.plan_batch(BatchRequest(path=job_file, inputs=("a.mp4", "b.mp4")))
        assert plan.reserved is not None
        batch_id = await begin_with(controller, job_file, "a.mp4", "b.mp4", budget=0.9 * plan.reserved)
        await seen(controller, lambda p: view(p, batch_id).waiting.startswith("budget: the next job may cost"))
        assert phases(controller.picture(), batch_id) == ["queued", "queued"]
        assert not world.world.past
        # As another program does it: `vasttui jobs resume 1 --budget`.
        with sqlite3.connect(controller._journal.path) as other:
            other.execute("UPDATE batches SET budget = ?", (5 * plan.reserved,))
        batch = await ended(controller, batch_id)
        assert [v.job.outcome for v in batch.jobs] == ["succeeded", "succeeded"]
        await no_box_left(controller, world)


async def test_a_batch_that_cannot_be_read_stops_no_other(
    sim: StartSim, control: Control, job_file: Path, config: Config
) -> None:
    world = await sim(speed=150, offers=60, credit=500)
    async with control(world) as controller:
        await controller.connected()
        plan = await controller.plan_batch(BatchRequest(path=job_file, inputs=("a.mp4",)))
        broken = await controller.start_batch(plan)
    with sqlite3.connect(config.paths.state_dir / "journal.sqlite") as other:
        other.execute("UPDATE batches SET spec = '{}'")
    async with control(world) as controller:
        batch = await ended(controller, await begin(controller, job_file, "b.mp4"))
        assert [v.job.outcome for v in batch.jobs] == ["succeeded"]
        assert phases(controller.picture(), broken) == ["queued"]
        assert "cannot be read" in view(controller.picture(), broken).waiting
        await no_box_left(controller, world)
