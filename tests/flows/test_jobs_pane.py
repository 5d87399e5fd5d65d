"""The Jobs pane on a real controller: a batch from the form, its dry run, and how it is watched to its end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.widgets import Button, Input, Static, TextArea

from tests.conftest import StartSim, until
from tests.flows.conftest import Control
from tests.flows.test_jobs_flow import JOB, no_box_left
from tests.flows.test_jobs_flow import quick as quick
from vasttui.sim.server import Simulator
from vasttui.snapshot import BatchView
from vasttui.tui.app import VastApp
from vasttui.tui.dialogs.batch import BatchDialog
from vasttui.tui.panes.jobs import JobsPane


def drawn(app: VastApp) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def row_of(app: VastApp, name: str) -> str:
    """The line of a job as it stands on the screen."""
    return next((line for line in drawn(app).splitlines() if f" {name} " in line), "")


def told(app: VastApp) -> str:
    """What the form says, unwrapped."""
    return str(app.screen.query_one("#told > Static", Static).visual)


def rented(sim: Simulator) -> int:
    """Boxes that were ever rented."""
    return len(sim.world.boxes) + len(sim.world.past)


async def fill(app: VastApp, pilot: Pilot[Any], file: Path, *inputs: str) -> None:
    """Open the form and fill it."""
    await pilot.press("n")
    await until(lambda: isinstance(app.screen, BatchDialog) and bool(app.screen.query("#act")))
    app.screen.query_one("#file", Input).value = str(file)
    app.screen.query_one("#inputs", TextArea).text = "\n".join(inputs)
    await pilot.pause()
    app.screen.query_one("#dry").focus()
    await pilot.press("enter")


async def test_a_batch_from_the_form_is_watched_to_its_end(sim: StartSim, control: Control, tmp_path: Path) -> None:
    job_file = tmp_path / "job.yaml"
    job_file.write_text(JOB)
    world = await sim(speed=60, offers=60, credit=500)
    async with control(world) as controller:
        controller.drive_jobs()
        await controller.first_listing()
        app = VastApp(controller, controller.config)
        async with app.run_test(size=(120, 40)) as pilot:
            await app.furnished.wait()
            await pilot.press("4", "f")
            await fill(app, pilot, job_file, "a.mp4", "oom.mp4", "c.mp4")
            start = app.screen.query_one("#act", Button)
            await until(lambda: not start.disabled)
            assert "3 jobs" in drawn(app)
            assert "switch    armed" in drawn(app)
            assert (controller.picture().batches, rented(world)) == ((), 0)

            start.focus()
            await pilot.press("enter")
            await until(lambda: len(controller.picture().batches) == 1)
            assert isinstance(app.screen.query_one(JobsPane), JobsPane)
            await until(lambda: "━" in row_of(app, "a") and "%" in row_of(app, "a"), limit=60)

            def batch() -> BatchView:
                return controller.picture().batches[0]

            await until(lambda: batch().batch.closed, limit=60)
            await until(lambda: "2/3 done   1 failed" in drawn(app))
            assert " running" not in next(line for line in drawn(app).splitlines() if "2/3 done" in line)
            assert [view.job.outcome for view in batch().jobs] == ["succeeded", "failed", "succeeded"]
            for name, said in (("a", "100%  done"), ("oom", "out of memory"), ("c", "100%  done")):
                assert said in row_of(app, name)

            await pilot.press("g", "o")
            await until(lambda: "Timeline" in drawn(app) and "succeeded" in drawn(app))
            assert "earlier attempts" not in drawn(app)
            await no_box_left(controller, world)


async def test_a_file_with_mistakes_shows_them_all_and_starts_nothing(
    sim: StartSim, control: Control, tmp_path: Path
) -> None:
    job_file = tmp_path / "bad.yaml"
    job_file.write_text("nam: x\nrent: {disk: -4}\nlimits: {tries: 0}\n")
    world = await sim(speed=60, offers=20)
    async with control(world) as controller:
        await controller.first_listing()
        app = VastApp(controller, controller.config)
        async with app.run_test(size=(120, 40)) as pilot:
            await app.furnished.wait()
            await pilot.press("4")
            await fill(app, pilot, job_file, "a.mp4")
            # The path of the file is long: it wraps.
            await until(lambda: "limits.tries" in told(app))
            assert "nam: unknown key" in told(app)
            assert "rent.disk" in told(app)
            assert app.screen.query_one("#act", Button).disabled
            assert rented(world) == 0
