"""The log pane on a real controller: what is on the screen is what the machines printed, also after they are gone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.conftest import StartSim, until
from tests.flows.conftest import Control
from vasttui.controller import Controller
from vasttui.logs.rows import LogName
from vasttui.tui.app import VastApp
from vasttui.tui.panes.logs.pane import LogsPane


@asynccontextmanager
async def reading(controller: Controller) -> AsyncIterator[LogsPane]:
    """The dashboard with the log pane in front."""
    controller.remember("pane", 3)
    app = VastApp(controller, controller.config)
    async with app.run_test(size=(120, 40)):
        await app.furnished.wait()
        yield app.screen.query_one(LogsPane)


def shown(pane: LogsPane) -> list[str]:
    return "".join(pane.tail.view.iter_text()).splitlines()


async def test_lines_come_in_places_come_back_and_a_destroyed_box_can_still_be_read(
    sim: StartSim, control: Control
) -> None:
    world = await sim(speed=100, offers=20, instances=3)
    async with control(world) as controller:
        (first, *_) = await controller.first_listing()
        async with reading(controller) as pane:
            await until(lambda: len(shown(pane)) >= 60)
            before = len(shown(pane))
            await until(lambda: len(shown(pane)) > before)
            assert str(pane.tail.border_title) == f"3 Log  {first.label or first.id}"
            pane.tail.view.go_to(pane.tail.view.rows.first_seq + 5)
            pane.tail.view.toggle_mark()
            await until(lambda: not pane.tail.view.following)
            place = pane.tail.view.place
            pane.tail.pin(LogName(first.id))
            await controller.destroy(first.id)
            await until(lambda: "gone" in str(pane.tail.border_title))
            assert len(shown(pane)) > before
        assert place is not None
    async with control(world) as controller:
        await controller.first_listing()
        assert LogName(first.id) in {info.name for info in controller.logs() if info.gone}
        async with reading(controller) as pane:
            pane.tail.pin(LogName(first.id))
            # The picture with the listing comes a moment after the listing.
            await until(lambda: "gone" in str(pane.tail.border_title))
            assert (pane.tail.view.place, pane.tail.view.marks) == (place, frozenset({5}))
            assert len(shown(pane)) > before


async def test_the_stream_of_all_goes_on_with_each_boxs_lines(sim: StartSim, control: Control) -> None:
    world = await sim(speed=100, offers=20, instances=3)
    async with control(world) as controller:
        await controller.first_listing()
        async with reading(controller) as pane:
            pane.action_merge()
            await until(lambda: len(shown(pane)) > 50)
            before = len(shown(pane))
            await until(lambda: len(shown(pane)) > before)
