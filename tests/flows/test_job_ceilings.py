"""The ceilings of all rentals hold for jobs too, and leases end boxes whose own switch did not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import StartSim
from tests.flows.conftest import Control, seen
from tests.flows.test_jobs_flow import JOB, begin, ended, no_box_left, quick, view
from tests.flows.test_rent_flow import PLAN, first_offer, running_boxes
from vasttui.controller import Controller
from vasttui.controller.jobs import switches
from vasttui.controller.rentals import Asked, Rentals
from vasttui.errors import UsageError
from vasttui.instances.phases import Phase
from vasttui.journal import Journal

__all__ = ["quick"]


@pytest.fixture
def job_file(tmp_path: Path) -> Path:
    path = tmp_path / "job.yaml"
    path.write_text(JOB)
    return path


async def test_jobs_wait_for_a_place_and_all_of_them_end(sim: StartSim, control: Control, job_file: Path) -> None:
    world = await sim(speed=150, offers=80, credit=500)
    most = 0
    async with control(world, max_instances=2) as controller:
        offer = await first_offer(controller)
        assert await controller.rent(offer, PLAN) is not None
        batch_id = await begin(controller, job_file, "a.mp4", "b.mp4", "c.mp4")
        picture = await seen(
            controller,
            lambda picture: any("max_instances: 2 of 2" in v.waiting for v in view(picture, batch_id).jobs),
        )
        assert len(picture.boxes.value or ()) <= 2
        with pytest.raises(UsageError, match="limit of 2"):
            await controller.rent(offer, PLAN)

        def counted(_: object) -> bool:
            nonlocal most
            most = max(most, len(running_boxes(world)))
            return all(v.job.outcome for v in view(controller.picture(), batch_id).jobs)

        await seen(controller, counted)
        assert most == 2
        batch = await ended(controller, batch_id)
        assert [v.job.outcome for v in batch.jobs] == ["succeeded"] * 3


async def test_what_another_program_begins_after_the_look_counts_for_jobs(
    sim: StartSim, control: Control, job_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await sim(speed=50, offers=80, credit=500)
    begin_one = Rentals.begin
    begun: list[int] = []
    async with control(world, max_instances=1) as controller:

        def another_comes_first(self: Rentals, *args: Any, **named: Any) -> Asked:
            if not begun:
                with Journal(controller._journal.path) as other:
                    begun.append(other.begin_rent("other~aaaaaaaa", 9, "{}", 0.4))
            return begin_one(self, *args, **named)

        monkeypatch.setattr(Rentals, "begin", another_comes_first)
        batch_id = await begin(controller, job_file, "a.mp4")
        await seen(
            controller,
            lambda picture: begun and "max_instances: 1 of 1" in view(picture, batch_id).jobs[0].waiting,
        )
        assert not world.world.boxes


async def test_jobs_wait_for_the_limit_of_a_day(sim: StartSim, control: Control, job_file: Path) -> None:
    world = await sim(speed=150, offers=80, credit=500)
    async with control(world, max_per_day=0.0001) as controller:
        batch_id = await begin(controller, job_file, "a.mp4")
        picture = await seen(
            controller, lambda picture: any("max_per_day" in v.waiting for v in view(picture, batch_id).jobs)
        )
        assert "over $0.0001 a day" in view(picture, batch_id).jobs[0].waiting
        assert not running_boxes(world)
    async with control(world, max_per_day=50.0) as controller:
        controller.drive_jobs()
        await ended(controller, batch_id)
        await no_box_left(controller, world)


@pytest.mark.parametrize("end", ["destroy", "stop"])
async def test_a_lease_that_the_box_did_not_keep_is_kept_from_here(
    sim: StartSim, control: Control, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setattr(switches, "OVERDUE", 0.3)
    world = await sim(speed=60, offers=60)
    world.set_faults("ssh_drop=1.0")
    async with control(world) as controller:
        controller.drive_jobs()
        offer = await first_offer(controller)
        instance_id = await controller.rent(offer, replace(PLAN, lease=0.5, lease_end=end))
        assert instance_id is not None
        if end == "destroy":
            await seen(controller, lambda _: instance_id not in running_boxes(world))
        else:
            picture = await seen(
                controller, lambda picture: (box := picture.box(instance_id)) and box.phase is Phase.STOPPED
            )
            assert picture.box(instance_id) is not None
        assert any("its own switch did not act" in event.text for event in controller.picture().events)


async def test_a_lease_is_known_to_the_next_program(
    sim: StartSim, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await sim(speed=20, offers=60)
    with monkeypatch.context() as killed:
        killed.setattr(Controller, "_grant_leases", lambda _: None)
        async with control(world) as controller:
            offer = await first_offer(controller)
            instance_id = await controller.rent(offer, replace(PLAN, lease=7200.0, lease_end="stop"))
    async with control(world) as controller:
        await seen(controller, lambda picture: (box := picture.box(instance_id)) and box.switch)
        (lease,) = controller._journal.leases()
        assert (lease.instance_id, lease.seconds, lease.end, lease.fixed) == (instance_id, 7200.0, "stop", True)
