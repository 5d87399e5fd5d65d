"""Batches on a simulated Vast.ai that fails in every way it knows: each input ends once, and no box is left."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import StartSim, until
from tests.flows import drive_jobs
from tests.flows.conftest import Control, seen
from vasttui.controller import Controller, rentals
from vasttui.controller.jobs import driving, offers, runner, switches, work
from vasttui.jobs import attempts
from vasttui.jobs.spec import BatchRequest
from vasttui.sim.boxes import Order
from vasttui.sim.server import Simulator
from vasttui.snapshot import BatchView, Snapshot

JOB = """
name: upscale
rent: {search: "num_gpus=1", order: dph_total, image: renter/upscale:2.1, disk: 16}
onstart: bash /workspace/upscale.sh {input}
limits: {boot: 30s, quiet: 10s, total: 2m, tries: 4}
max_parallel: 8
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is counted in minutes on the real service, at the speed of the simulator."""
    for module in (rentals, driving, offers, runner, switches, work):
        for name, value in drive_jobs.QUICKLY.get(module.__name__, {}).items():
            monkeypatch.setattr(module, name, value)


@pytest.fixture
def job_file(tmp_path: Path) -> Path:
    path = tmp_path / "job.yaml"
    path.write_text(JOB)
    return path


async def begin(controller: Controller, path: Path, *inputs: str) -> int:
    """Plan a batch and start it."""
    controller.drive_jobs()
    await controller.connected()
    plan = await controller.plan_batch(BatchRequest(path=path, inputs=inputs))
    assert not plan.problems, plan.problems
    return await controller.start_batch(plan)


def view(picture: Snapshot, batch_id: int) -> BatchView:
    return next(batch for batch in picture.batches if batch.id == batch_id)


async def ended(controller: Controller, batch_id: int, limit: float = 90.0) -> BatchView:
    """Wait until a batch is closed."""
    try:
        async with asyncio.timeout(limit):
            while not view(picture := controller.picture(), batch_id).batch.closed:
                await controller.next_change()
    except TimeoutError:
        jobs = [(v.job.job_id, v.job.phase, v.waiting, v.job.tries, v.job.reason) for v in view(picture, batch_id).jobs]
        raise AssertionError(f"not over: {jobs}; events: {[event.text for event in picture.events][-40:]}") from None
    return view(picture, batch_id)


async def no_box_left(controller: Controller, sim: Simulator) -> None:
    await seen(controller, lambda picture: picture.boxes.value == ())
    assert not sim.world.boxes


async def test_a_batch_runs_to_its_end(sim: StartSim, control: Control, job_file: Path) -> None:
    world = await sim(speed=150, offers=60, credit=500)
    async with control(world) as controller:
        batch_id = await begin(controller, job_file, "a.mp4", "b.mp4", "c.mp4")
        batch = await ended(controller, batch_id)
        assert [(v.job.outcome, v.job.reason) for v in batch.jobs] == [("succeeded", "")] * 3
        assert all(v.job.result.startswith("https://") for v in batch.jobs)
        await no_box_left(controller, world)


async def test_every_input_ends_once_whatever_goes_wrong(
    sim: StartSim, control: Control, job_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "DEAF", 2.0)
    bid_job = job_file.with_name("bids.yaml")
    bid_job.write_text(JOB.replace('"num_gpus=1",', '"num_gpus=1", type: bid,').replace("tries: 4", "tries: 12"))
    world = await sim(speed=150, offers=200, credit=500)
    world.set_faults(
        "429=0.05", "500=0.04", "truncated=0.02", "empty=0.02", "drop=0.02", "create_lost=0.15", "offer_gone=0.15",
        "destroy_repeat=0.1", "cdi=0.08", "oci=0.04", "offline=0.04", "vanish=0.04", "outbid=0.1",
    )  # fmt: skip
    odd = ["oom.mp4", "oldmarker-1.mp4", "oldmarker-2.mp4", "fails.mp4", "oom-2.mp4"]
    inputs = [f"clip-{n}.mp4" for n in range(35)] + odd
    async with control(world) as controller:
        batch_id = await begin(controller, bid_job, *inputs)
        batch = await ended(controller, batch_id)
        outcomes = Counter(v.job.outcome for v in batch.jobs)
        assert outcomes == {"succeeded": 37, "failed": 3}
        assert {v.job.input: v.job.failure for v in batch.jobs if v.job.outcome == "failed"} == {
            "oom.mp4": "out of memory", "oom-2.mp4": "out of memory", "fails.mp4": "job failed",
        }  # fmt: skip
        await no_box_left(controller, world)
        world.set_faults()
        # What prices and times add up to is settled by what Vast.ai charged.
        journal = controller._journal
        await until(lambda: not journal.unsettled_charges())
        spent = 500 - world.world.account.credit
        assert sum(journal.spent_by_instance().values()) == pytest.approx(spent, abs=0.005)
        view_of_it = view(controller.picture(), batch_id)
        assert view_of_it.spent == pytest.approx(spent, abs=0.005)
        assert any(fault.failure == "host fault" for fault in journal.host_faults())


# More of one batch


async def begin_with(controller: Controller, path: Path, *inputs: str, **changes: object) -> int:
    """Start a batch whose specification is changed."""
    controller.drive_jobs()
    await controller.connected()
    plan = await controller.plan_batch(BatchRequest(path=path, inputs=inputs))
    return await controller.start_batch(replace(plan, spec=replace(plan.spec, **changes)))  # type: ignore[arg-type]


async def test_the_next_inputs_go_to_a_box_that_is_there(sim: StartSim, control: Control, job_file: Path) -> None:
    world = await sim(speed=80, offers=60, credit=500)
    async with control(world) as controller:
        inputs = [f"{n}.mp4" for n in range(5)]
        batch_id = await begin_with(controller, job_file, *inputs, reuse=True, max_parallel=2)
        batch = await ended(controller, batch_id)
        assert Counter(v.job.outcome for v in batch.jobs) == {"succeeded": 5}
        rented = {v.job.label for v in batch.jobs if v.job.label}
        # On a slow computer an attempt may run into the short limits of these tests, and get another box.
        again = sum(v.job.runs - 1 for v in batch.jobs)
        assert len(rented) <= min(4, 2 + again)
        await no_box_left(controller, world)


async def test_money_is_reserved_before_it_is_spent(sim: StartSim, control: Control, job_file: Path) -> None:
    world = await sim(speed=150, offers=60, credit=500)
    async with control(world) as controller:
        controller.drive_jobs()
        await controller.connected()
        plan = await controller.plan_batch(BatchRequest(path=job_file, inputs=("a.mp4", "b.mp4", "c.mp4")))
        assert plan.reserved is not None
        budget = 1.5 * plan.reserved
        batch_id = await controller.start_batch(replace(plan, spec=replace(plan.spec, budget=budget)))
        picture = await seen(controller, lambda p: view(p, batch_id).waiting.startswith("budget: the next job may"))
        assert len(picture.boxes.value or ()) <= 1
        assert sum(v.job.phase != "queued" for v in view(picture, batch_id).jobs) == 1


async def test_what_is_asked_of_jobs(sim: StartSim, control: Control, job_file: Path) -> None:
    world = await sim(speed=40, offers=60, credit=500)
    async with control(world) as controller:
        batch_id = await begin_with(controller, job_file, "a.mp4", "b.mp4", "c.mp4", max_parallel=1)
        first, second, third = (v.id for v in view(controller.picture(), batch_id).jobs)
        await controller.pause_batch(batch_id, True)
        await controller.command_job(second, "cancel")
        await controller.command_job(third, "cancel")
        await seen(controller, lambda p: _job(p, second) == _job(p, third) == ("done", "cancelled"))
        await controller.pause_batch(batch_id, False)
        await seen(controller, lambda p: _job(p, first)[0] == "working")
        await controller.command_job(first, "elsewhere")
        machine = next(box.instance.machine_id for box in controller.picture().boxes.value or ())
        batch = await ended(controller, batch_id)
        assert [v.job.outcome for v in batch.jobs] == ["succeeded", "cancelled", "cancelled"]
        assert batch.jobs[0].job.machine_id != machine
        await controller.command_job(third, "retry")
        await seen(controller, lambda p: _job(p, third) == ("done", "succeeded"))
        await no_box_left(controller, world)


SSH_JOB = """
name: render
rent: {search: "num_gpus=1", order: dph_total, image: blender/blender, disk: 16}
ssh: {upload: [scene.blend], to: /workspace/in, command: "bash /workspace/upscale.sh {input}"}
result: {files: ["/workspace/out/{name}*"], to: "RESULTS/{name}", required: true}
limits: {boot: 30s, quiet: 10s, total: 2m, tries: 4}
reuse: true
"""


async def test_files_go_there_and_come_back(sim: StartSim, control: Control, tmp_path: Path) -> None:
    world = await sim(speed=150, offers=60, credit=500)
    job = tmp_path / "job.yaml"
    job.write_text(SSH_JOB.replace("RESULTS", str(tmp_path / "results")))
    (tmp_path / "scene.blend").write_bytes(b"scene" * 1000)
    async with control(world) as controller:
        batch_id = await begin(controller, job, "one.blend", "two.blend")
        batch = await ended(controller, batch_id)
        assert [(v.job.outcome, v.job.reason) for v in batch.jobs] == [("succeeded", "")] * 2
        for v, name in zip(batch.jobs, ("one", "two"), strict=True):
            files = list((tmp_path / "results" / name).iterdir())
            assert [file.name for file in files] == [f"{name}.mp4"]
            assert files[0].stat().st_size > 100_000
            assert v.job.result == str(tmp_path / "results" / name)
        assert len(world.world.past) == 1  # the second went to the box of the first
        await no_box_left(controller, world)


async def test_an_outbid_box_is_waited_for_or_left(sim: StartSim, control: Control, job_file: Path) -> None:
    world = await sim(speed=60, offers=60, credit=500)
    bid_job = job_file.with_name("bid.yaml")
    bid_job.write_text(JOB.replace('"num_gpus=1",', '"num_gpus=1", type: bid,'))
    async with control(world) as controller:
        batch_id = await begin(controller, bid_job, "a.mp4")
        (job,) = view(controller.picture(), batch_id).jobs
        await seen(controller, lambda p: _job(p, job.id)[0] == "working")
        box = next(iter(world.world.boxes.values()))
        world.world.life.lose_bid(box, world.world.clock.now())
        await seen(controller, lambda p: (v := p.job(job.id)) and "outbid" in v.waiting)
        world.world.life.win_bid(box, world.world.clock.now())
        batch = await ended(controller, batch_id)
        assert [(v.job.outcome, v.job.tries, v.job.reason) for v in batch.jobs] == [("succeeded", 1, "")], (
            [event.text for event in controller.picture().events]
        )


def _job(picture: Snapshot, job_id: str) -> tuple[str, str]:
    found = picture.job(job_id)
    return (found.job.phase, found.job.outcome) if found else ("", "")


# Several programs, and boxes that nobody claims


async def test_one_vasttui_drives_and_the_other_watches(sim: StartSim, control: Control, job_file: Path) -> None:
    world = await sim(speed=150, offers=60, credit=500)
    async with control(world) as watching:
        async with control(world) as driving:
            first = await begin(driving, job_file, "a.mp4")
            await seen(driving, lambda _: driving.drives)
            watching.drive_jobs()
            await seen(watching, lambda p: p.driver.startswith("vasttui "))
            assert driving.picture().driver == ""
            await seen(watching, lambda p: _jobs(p, first) not in ([], ["queued"], ["searching"]))
            second = await begin(watching, job_file, "b.mp4", "c.mp4")
            await seen(driving, lambda p: _jobs(p, second))
            await watching.command_job(view(watching.picture(), second).jobs[1].id, "cancel")
            await seen(driving, lambda p: _jobs(p, second)[1:] == ["done"])
        # The one that drove has ended: the other takes over.
        batch = await ended(watching, second)
        assert [v.job.outcome for v in batch.jobs] == ["succeeded", "cancelled"]
        assert watching.picture().driver == ""
        await no_box_left(watching, world)


def _jobs(picture: Snapshot, batch_id: int) -> list[str]:
    return [v.job.phase for batch in picture.batches if batch.id == batch_id for v in batch.jobs]


async def test_what_bears_our_label_and_nobody_claims_is_an_orphan(
    sim: StartSim, control: Control, job_file: Path
) -> None:
    world = await sim(speed=150, offers=60, credit=500)
    async with control(world) as controller:
        controller.drive_jobs()
        await controller.connected()
        offer = next(iter(world.world.market.offers.values()))
        left = world.world.rent(offer, Order(image="pytorch/pytorch", disk=16, label="train-x9-003~abcdefgh"))
        picture = await seen(controller, lambda p: (box := p.box(left.id)) and box.orphan)
        assert "1 orphan" in picture.alarms
        other = next(o for o in world.world.market.offers.values() if not o.taken)
        foreign = world.world.rent(other, Order(image="pytorch/pytorch", disk=16, label="somebody's"))
        picture = await seen(controller, lambda p: p.box(foreign.id))
        assert not picture.box(foreign.id).orphan  # type: ignore[union-attr]


async def test_a_box_that_is_rented_by_hand_with_a_lease(sim: StartSim, control: Control) -> None:
    world = await sim(speed=150, offers=60, credit=500)
    async with control(world) as controller:
        controller.drive_jobs()
        controller.search(controller.default_search())
        picture = await seen(controller, lambda p: p.market.value)
        offer = picture.market.value.offers[0]  # type: ignore[union-attr]
        plan = replace(controller.plan_for(offer), lease=1500.0, image="pytorch/pytorch", disk_gb=16.0)
        instance_id = await controller.rent(offer, plan)
        assert instance_id is not None
        picture = await seen(controller, lambda p: (box := p.box(instance_id)) and box.switch and box.switch.armed)
        box = picture.box(instance_id)
        assert box is not None
        assert box.switch is not None
        assert box.switch.fixed
        assert not box.orphan
        # Its seconds are simulated ones: 1,500 of them are ten of ours.
        await seen(controller, lambda p: p.box(instance_id) is None)
