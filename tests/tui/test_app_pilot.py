"""The dashboard under keys: panes, sizes, read-only mode, themes, the ways out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.worker import WorkerFailed

from tests.conftest import until
from tests.tui.job_pictures import batch, view
from tests.tui.pictures import NOW, box, fleet, snapshot
from tests.tui.standin import StandIn
from vasttui.config import Config
from vasttui.errors import KeyRefused, UsageError
from vasttui.logs.rows import LogName
from vasttui.snapshot import Part, Snapshot, Unconfirmed
from vasttui.tui.app import VastApp, under_way
from vasttui.tui.banner import Banner, words
from vasttui.tui.dashboard import Dashboard
from vasttui.tui.dialogs.confirm import Confirm
from vasttui.tui.footer import Footer
from vasttui.tui.help import Help, HelpScroll

WIDE, NARROW, HUGE, TINY = (120, 40), (80, 24), (200, 60), (60, 15)


def board(app: VastApp) -> Dashboard:
    found = app.dashboard
    assert found is not None
    return found


def in_sight(app: VastApp) -> set[str]:
    return {pane.SCOPE for pane in board(app).desk.in_sight}


def here(app: VastApp) -> str:
    pane = board(app).here
    return pane.SCOPE if pane else ""


async def press(pilot: Pilot[Any], *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()


@pytest.mark.parametrize("size", [WIDE, NARROW, HUGE, TINY])
async def test_number_keys_lead_to_their_panes(app: VastApp, size: tuple[int, int]) -> None:
    async with app.run_test(size=size) as pilot:
        for key, scope in zip("123456", ("offers", "instances", "logs", "jobs", "cost", "events"), strict=True):
            await press(pilot, key)
            assert here(app) == scope
            assert scope in in_sight(app)


async def test_tab_walks_through_all_panes_and_back(app: VastApp) -> None:
    async with app.run_test(size=NARROW) as pilot:
        await press(pilot, "1")
        seen = []
        for _ in range(6):
            await press(pilot, "tab")
            seen.append(here(app))
        assert seen == ["instances", "logs", "jobs", "cost", "events", "offers"]
        await press(pilot, "shift+tab")
        assert here(app) == "events"


async def test_a_pane_in_sight_gets_the_focus_without_moving_anything(app: VastApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "2")
        before = in_sight(app)
        await press(pilot, "3")
        assert in_sight(app) == before == {"instances", "instance-detail", "jobs", "logs"}


async def test_keys_that_come_in_one_go_go_to_the_pane_that_the_first_one_chose(app: VastApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "2")
        for key in ("3", "f"):
            app.simulate_key(key)
        await pilot.pause()
        assert in_sight(app) == {"logs"}


async def test_full_screen_and_back(app: VastApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "2", "f")
        assert in_sight(app) == {"instances"}
        await press(pilot, "escape")
        assert len(in_sight(app)) == 4


async def test_a_resize_keeps_the_place(app: VastApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "4")
        await pilot.resize_terminal(*NARROW)
        await pilot.pause()
        assert here(app) == "jobs"
        assert in_sight(app) == {"jobs"}
        await pilot.resize_terminal(*HUGE)
        await pilot.pause()
        assert here(app) == "jobs"
        assert len(in_sight(app)) == 6


async def test_the_controller_hears_what_is_looked_at(app: VastApp, control: StandIn) -> None:
    async with app.run_test(size=NARROW) as pilot:
        await press(pilot, "2")
        panes, logs = control.attended
        assert panes == {"instances", "logs"}
        assert logs == (LogName(fleet()[0].id),)
        await press(pilot, "5")
        assert control.attended[0] == {"cost"}


async def test_the_last_pane_is_open_again_at_the_next_start(control: StandIn) -> None:
    async with VastApp(control, control.config).run_test(size=WIDE) as pilot:
        await press(pilot, "6")
    app = VastApp(control, control.config)
    async with app.run_test(size=WIDE):
        assert here(app) == "events"


async def test_f5_asks_again_and_p_pauses(app: VastApp, control: StandIn) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "f5", "P")
        assert ("refresh",) in control.asked
        assert ("pause", True) in control.asked


async def test_help_shows_the_focused_pane_and_scrolls_in_a_small_terminal(app: VastApp) -> None:
    async with app.run_test(size=NARROW) as pilot:
        await press(pilot, "2", "question_mark")
        assert isinstance(app.screen, Help)
        frame = app.screen.query_one(HelpScroll)
        assert frame.border_title == "Keys: Instances"
        assert frame.max_scroll_y > 0
        await press(pilot, "G")
        await press(pilot, "escape")
        assert isinstance(app.screen, Dashboard)


async def test_read_only_makes_what_destroys_disappear(app: VastApp, control: StandIn) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "2")
        assert "instances.destroy" in {hint.id for hint in app.screen.query_one(Footer).shown}
        await press(pilot, "exclamation_mark")
        assert ("read_only", True) in control.asked
        control.publish(replace(control.snapshot, read_only=True))
        await pilot.pause()
        await pilot.pause()
        assert "instances.destroy" not in {hint.id for hint in app.screen.query_one(Footer).shown}
        await press(pilot, "X")
        assert isinstance(app.screen, Dashboard)


async def test_leaving_read_only_asks(app: VastApp, control: StandIn) -> None:
    control.snapshot = snapshot(read_only=True)
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "exclamation_mark")
        assert isinstance(app.screen, Confirm)
        await press(pilot, "enter")
        assert ("read_only", False) not in control.asked
        await press(pilot, "exclamation_mark", "right", "enter")
        assert ("read_only", False) in control.asked


async def test_q_quits_when_nothing_is_under_way(app: VastApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "q")
    assert app.return_value is None
    assert app.return_code == 0


async def test_q_asks_while_a_rental_is_unconfirmed(app: VastApp, control: StandIn) -> None:
    control.snapshot = snapshot(unconfirmed=(Unconfirmed("upscale-09", 1, NOW, "the answer was lost"),))
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "q")
        assert isinstance(app.screen, Confirm)
        assert "1 unconfirmed rental" in app.screen.question.text
        await press(pilot, "escape")
        assert app.is_running
        await press(pilot, "ctrl+q")
    assert not app.is_running


async def test_ctrl_q_quits_out_of_a_dialog(app: VastApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "question_mark", "ctrl+q")
    assert app.return_code == 0


def test_what_is_under_way_is_named() -> None:
    assert under_way(snapshot()) == ""
    doomed = (box(7, command="destroying"), box(1))
    assert under_way(snapshot(boxes=Part(doomed, at=NOW))) == "destroying upscale-07"


async def test_the_palette_runs_an_action_of_another_pane(app: VastApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "1", "ctrl+p")
        await press(pilot, *"instances: destroy")
        await app.workers.wait_for_complete()
        await press(pilot, "enter")
        await pilot.pause()
        assert isinstance(app.screen, Confirm)
        assert app.screen.question.verb == "Destroy"


@pytest.mark.parametrize("size", [WIDE, (24, 4)])
async def test_a_page_key_before_the_palette_is_drawn_is_no_fault(app: VastApp, size: tuple[int, int]) -> None:
    async with app.run_test(size=size) as pilot:
        await press(pilot, "1")
        app.action_command_palette()
        await pilot.press("pageup", "pagedown", "ctrl+end")
        await app.workers.wait_for_complete()
        await pilot.press("pagedown", "pageup")
        await until(lambda: isinstance(app.screen, CommandPalette))


async def test_a_theme_is_previewed_kept_when_chosen_and_left_when_not(app: VastApp, control: StandIn) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        await press(pilot, "ctrl+p")
        await press(pilot, *"theme: frost")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert app.theme == "frost"
        await press(pilot, "escape")
        assert not isinstance(app.screen, CommandPalette)
        assert app.theme == "vasttui-dark"
        app.choose_theme("frost")
        assert control.kept["theme"] == "frost"


async def test_own_keys_work_and_unknown_names_are_told(configured: Callable[..., Config]) -> None:
    config = configured(keys={"app.cost": "ctrl+k", "app.nonsense": "x"})
    app = VastApp(StandIn(config, snapshot()), config)
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "ctrl+k")
        assert here(app) == "cost"
        assert any("app.nonsense" in toast.message for toast in app._notifications)


async def test_an_expected_fault_is_a_toast_and_a_bug_is_not(app: VastApp) -> None:
    async def refused() -> None:
        raise UsageError("no such thing [bold]as markup", hint="Try again.")

    async with app.run_test(size=WIDE) as pilot:
        app.run_command(refused(), "label upscale-07")
        await app.workers.wait_for_complete()
        await pilot.pause()
        toast = next(iter(app._notifications))
        assert toast.title == "Bad usage"
        assert toast.message == "label upscale-07: no such thing [bold]as markup\nTry again."
        assert not toast.markup


async def test_a_bug_in_a_command_ends_the_program(app: VastApp) -> None:
    async def broken() -> None:
        raise ZeroDivisionError

    async def run() -> None:
        async with app.run_test(size=WIDE) as pilot:
            app.run_command(broken(), "break")
            await pilot.pause()

    with pytest.raises(WorkerFailed):
        await run()


async def test_many_pictures_that_wait_are_drawn_once(
    app: VastApp, control: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Snapshot] = []
    show = Dashboard.show

    def noting(self: Dashboard, snapshot: Snapshot) -> None:
        drawn.append(snapshot)
        show(self, snapshot)

    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        monkeypatch.setattr(Dashboard, "show", noting)
        last = snapshot()
        for picture in (snapshot(), snapshot(), last):
            control.publish(picture)
        await pilot.pause()
        await pilot.pause()
        assert drawn[-1] is last
        assert len(drawn) < 3


def test_a_refused_key_is_told_with_its_place_and_never_itself(configured: Callable[..., Config]) -> None:
    config = configured(api_key="hunter2-secret", api_key_origin="VASTAI_API_KEY")
    refused = snapshot(account=Part(error=KeyRefused("401: bad key"), failures=1))
    text, tone = words(refused, config)
    assert "VASTAI_API_KEY" in text
    assert "hunter2" not in text
    assert tone == "bad"


def test_the_banner_is_silent_when_all_is_well(config: Config) -> None:
    assert words(snapshot(), config) == ("", "")


def test_a_rental_that_a_job_waits_for_is_no_trouble_and_one_in_doubt_is_named_without_its_token(
    config: Config,
) -> None:
    label = "upscale-k3x9-001~abcdefgh"
    lost = (Unconfirmed(label, 1, NOW, "its answer was lost"),)
    on_its_way = batch(view(1, "renting", of_job={"label": label}))
    assert words(snapshot(unconfirmed=lost, batches=(on_its_way,)), config) == ("", "")
    in_doubt = batch(view(1, "unconfirmed", of_job={"label": label}))
    said, tone = words(snapshot(unconfirmed=lost, batches=(in_doubt,)), config)
    assert (said, tone) == ("⚠ Renting upscale-k3x9-001 is not confirmed: its answer was lost", "look")


async def test_a_lost_answer_is_told_under_the_tabs(app: VastApp, control: StandIn) -> None:
    async with app.run_test(size=WIDE) as pilot:
        control.publish(snapshot(unconfirmed=(Unconfirmed("upscale-09", 1, NOW, "looking for it"),)))
        await pilot.pause()
        await pilot.pause()
        banner = board(app).query_one(Banner)
        assert banner.display
        assert "upscale-09 is not confirmed" in str(banner.visual)
