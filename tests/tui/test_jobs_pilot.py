"""The Jobs pane, the new-batch form and leases under keys: nothing is spent or lost by one key."""

from __future__ import annotations

import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input, Static, TextArea

from tests.tui.job_pictures import SIGNED, bar, batch, busy, ended, history, leased, plan, view
from tests.tui.pictures import NOW, snapshot
from tests.tui.standin import StandIn
from tests.tui.still import still
from vasttui.config import Config
from vasttui.errors import ConfigError
from vasttui.jobs.spec import BatchRequest
from vasttui.snapshot import Part, Snapshot
from vasttui.tui.app import VastApp
from vasttui.tui.dashboard import Dashboard
from vasttui.tui.dialogs.batch import BatchDialog
from vasttui.tui.dialogs.confirm import Confirm
from vasttui.tui.footer import Footer
from vasttui.tui.panes.jobs import JobsPane
from vasttui.tui.panes.jobs.detail import JobDetail

FIRST = "upscale-k3x9-001"


@asynccontextmanager
async def shown(
    config: Config, picture: Snapshot, *keys: str, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[VastApp, StandIn, Pilot[Any]]]:
    control = StandIn(config, picture)
    control.job_history = {FIRST: history()}
    control.series = {FIRST: {"loss": (3.0, 2.0, 1.0)}}
    control.batch_plan = plan()
    app = VastApp(control, config)
    async with app.run_test(size=size) as pilot:
        await app.furnished.wait()
        await press(pilot, "4", *keys)
        yield app, control, pilot


async def press(pilot: Pilot[Any], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await pilot.pause()
    await still(pilot)


def pane(app: VastApp) -> JobsPane:
    assert app.dashboard is not None
    return app.dashboard.query_one(JobsPane)


def asked(control: StandIn, *kinds: str) -> list[tuple[Any, ...]]:
    return [entry for entry in control.asked if entry[0] in kinds]


def drawn(app: VastApp) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


# Commands


@pytest.mark.parametrize(
    ("row", "key", "wish"),
    [("g", "K", "cancel"), ("g", "E", "elsewhere"), ("7", "R", "retry")],
)
async def test_a_job_is_asked_only_after_a_yes(config: Config, row: str, key: str, wish: str) -> None:
    moves = ["j"] * 6 if row == "7" else [row]
    async with shown(config, busy(), *moves, key) as (app, control, pilot):
        assert isinstance(app.screen, Confirm)
        await press(pilot, "enter")
        assert not asked(control, "job"), "Cancel has the focus"
        await press(pilot, key, "right", "enter")
        number = "007" if row == "7" else "001"
        assert asked(control, "job") == [("job", f"upscale-k3x9-{number}", wish)]


@pytest.mark.parametrize(("moves", "key"), [([], "R"), (["j"] * 6, "K"), (["j"] * 6, "E"), (["G"], "K"), ([], "w")])
async def test_what_a_row_cannot_be_asked_does_nothing(config: Config, moves: list[str], key: str) -> None:
    async with shown(config, busy(), *moves, key) as (app, control, _):
        assert isinstance(app.screen, Dashboard)
        assert not asked(control, "job")


async def test_pausing_is_at_once_and_going_on_asks(config: Config) -> None:
    async with shown(config, busy(), "p") as (app, control, pilot):
        assert asked(control, "pause_batch") == [("pause_batch", 7, True)]
        paused = batch(*busy().batches[0].jobs, head={"paused": True}, waiting="paused")
        control.publish(replace(busy(), batches=(paused,)))
        await press(pilot, "p")
        assert isinstance(app.screen, Confirm)
        await press(pilot, "right", "enter")
        assert asked(control, "pause_batch")[-1] == ("pause_batch", 7, False)


async def test_a_closed_batch_cannot_be_paused(config: Config) -> None:
    closed = batch(ended(1, "succeeded"), head={"closed": True})
    async with shown(config, snapshot(batches=(closed,)), "p") as (_, control, __):
        assert not asked(control, "pause_batch")


async def test_the_keys_in_sight_follow_the_job_under_the_cursor(config: Config) -> None:
    def labels(app: VastApp) -> set[str]:
        assert app.dashboard is not None
        return {hint.label for hint in app.dashboard.query_one(Footer).shown}

    async with shown(config, snapshot(batches=(batch(view(1)),)), "g", size=(200, 40)) as (app, control, pilot):
        assert {"cancel", "elsewhere"} <= labels(app)
        control.publish(snapshot(batches=(batch(ended(1, "succeeded", result=SIGNED)),)))
        await still(pilot)
        assert {"retry", "result"} <= labels(app)
        assert not {"cancel", "elsewhere"} & labels(app)


async def test_the_detail_names_only_the_keys_that_do_something(config: Config) -> None:
    alive = view(1, of_job={"instance_id": 28_397_584})
    async with shown(config, snapshot(batches=(batch(alive),)), "o") as (app, control, pilot):
        frame = app.screen.query_one(".job")
        assert str(frame.border_subtitle) == "l log  i instance  K cancel  E elsewhere  esc closes"
        control.publish(snapshot(batches=(batch(ended(1, "succeeded", result=SIGNED)),)))
        await still(pilot)
        app.screen.draw()  # type: ignore[attr-defined]
        assert str(frame.border_subtitle) == "l log  i instance  w result  c copy  R retry  esc closes"


async def test_a_batch_that_another_program_begins_does_not_take_the_place_of_the_job_one_looks_at(
    config: Config,
) -> None:
    mine = batch(view(1))
    other = batch(view(2, of_job={"batch_id": 8}), batch_id=8)
    async with shown(config, snapshot(batches=(mine,)), "o") as (_, control, pilot):
        control.publish(snapshot(batches=(other, mine)))
        await still(pilot)
        await press(pilot, "K", "right", "enter")
        assert asked(control, "job") == [("job", FIRST, "cancel")]


async def test_a_new_batch_is_shown_from_its_first_job(config: Config) -> None:
    old = batch(*(view(n) for n in range(1, 6)))
    new = batch(*(view(n, "queued", of_job={"batch_id": 8}) for n in range(11, 16)), batch_id=8)
    async with shown(config, snapshot(boxes=Part(leased(), at=NOW), batches=(old,)), "G") as (app, control, pilot):
        app.show_batch(8)
        control.publish(snapshot(boxes=Part(leased(), at=NOW), batches=(new, old)))
        await still(pilot)
        assert pane(app).table.cursor_key == "upscale-k3x9-011"


async def test_in_read_only_mode_what_spends_or_loses_is_gone(config: Config) -> None:
    picture = replace(busy(), read_only=True)
    async with shown(config, picture, "n", "K", "E", "p", "G", "2", "L") as (app, control, _):
        assert isinstance(app.screen, Dashboard)
        assert not asked(control, "job", "pause_batch", "extend_lease")


# Where one looks


async def test_enter_opens_a_job_with_its_timeline_and_metrics(config: Config) -> None:
    async with shown(config, busy(), "enter", size=(120, 60)) as (app, control, pilot):
        assert isinstance(app.screen, JobDetail)
        said = drawn(app)
        for words in ("Timeline", "offer 9000001", "loss", "switch armed", "in/clip_01.mp4"):
            assert words in said
        control.publish(replace(busy(), batches=(batch(ended(1, "succeeded", result="results/clip_01")),)))
        app.screen.draw()
        await still(pilot)
        assert "results/clip_01" in drawn(app)
        await press(pilot, "escape")
        assert len(app.screen_stack) == 1


async def test_the_detail_leads_to_the_log_and_to_the_question(config: Config) -> None:
    async with shown(config, busy(), "o", "K") as (app, _, pilot):
        assert isinstance(app.screen, Confirm)
        await press(pilot, "escape", "o", "l")
        assert app.dashboard is not None
        assert app.dashboard.here is not None
        assert app.dashboard.here.SCOPE == "logs"


async def test_a_job_without_a_box_says_so(config: Config) -> None:
    async with shown(config, busy(), *["j"] * 9, "l") as (app, _, _pilot):
        assert any("has no instance yet" in toast.message for toast in app._notifications)


async def test_brackets_turn_to_the_other_batches(config: Config) -> None:
    async with shown(config, busy(), "right_square_bracket") as (app, control, pilot):
        assert "▶ lora #5" in drawn(app)
        assert pane(app).table.rows[0].view.job.outcome == "succeeded"
        control.publish(replace(busy()))
        await still(pilot)
        assert "▶ lora #5" in drawn(app), "a new picture does not turn back"
        await press(pilot, "left_square_bracket")
        assert "▶ upscale #7" in drawn(app)


async def test_the_cursor_stays_on_its_job_when_others_move(config: Config) -> None:
    async with shown(config, busy(), "j", "j") as (app, control, pilot):
        now = busy()
        views = now.batches[0].jobs
        control.publish(replace(now, batches=(batch(*views[1:], *views[:1]), *now.batches[1:])))
        await still(pilot)
        assert pane(app).table.cursor_key == "upscale-k3x9-003"


async def test_sorting_by_any_column_takes_jobs_and_boxes_together(config: Config) -> None:
    async with shown(config, busy()) as (app, _, pilot):
        table = pane(app).table
        keys = {row.key for row in table.rows}
        for _ in range(9):
            await pilot.press("full_stop")
            assert {row.key for row in table.rows} == keys


# Results


async def test_an_address_is_opened_in_a_browser_beside_the_terminal(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "get", lambda: webbrowser.BackgroundBrowser("firefox"))
    monkeypatch.setattr(VastApp, "open_url", lambda self, url: opened.append(url))
    async with shown(config, busy(), *["j"] * 5, "w") as (app, _, _pilot):
        assert opened == [SIGNED]
        assert not any("0123456789abcdef" in toast.message for toast in app._notifications)
        assert "0123456789abcdef" not in drawn(app)


@pytest.mark.parametrize("result", ["file:///etc/passwd", "results/clip_06", "javascript:alert(1)"])
async def test_what_is_no_address_is_only_named(config: Config, result: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(VastApp, "open_url", lambda self, url: pytest.fail(url))
    picture = snapshot(batches=(batch(ended(6, "succeeded", result=result)),))
    async with shown(config, picture, "w") as (app, _, _pilot):
        assert [toast.message for toast in app._notifications] == [result]


async def test_a_browser_that_draws_in_the_terminal_is_not_started(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webbrowser, "get", lambda: webbrowser.GenericBrowser("lynx"))
    monkeypatch.setattr(VastApp, "open_url", lambda self, url: pytest.fail(url))
    async with shown(config, busy(), *["j"] * 5, "w", "c") as (app, _, _pilot):
        assert any("no browser here" in toast.message for toast in app._notifications)
        assert app.clipboard == SIGNED


async def test_what_a_machine_says_of_a_job_stays_text(config: Config) -> None:
    evil = "\x1b]0;x\x07[bold]evil[/] 日本\x1b[2J\u202e"
    told = view(
        1, progress=bar(phase=evil, metrics=((evil, evil),)), waiting=evil,
        of_job={"name": evil, "input": evil, "reason": evil, "failure": "network", "result": evil},
    )  # fmt: skip
    picture = snapshot(batches=(batch(told, waiting=evil, head={"name": evil}),), driver=evil)
    async with shown(config, picture, "g", size=(200, 60)) as (app, control, pilot):
        control.series = {FIRST: {evil: (1.0, 2.0)}}
        control.job_history = {FIRST: (replace(history()[0], detail=evil, event=evil),)}
        assert "[bold]evil" in drawn(app)
        await press(pilot, "o")
        said = drawn(app)
        assert "[bold]evil" in said
        assert not {"\x1b", "\x07", "\u202e"} & set(said)
        await press(pilot, "escape", "K")
        assert isinstance(app.screen, Confirm)


async def test_five_hundred_jobs_are_there_and_those_in_sight_are_drawn(config: Config) -> None:
    many = batch(*(view(n, progress=bar(n / 500), spent=0.1) for n in range(1, 501)))
    async with shown(config, snapshot(batches=(many,)), size=(120, 40)) as (app, _, pilot):
        assert len(pane(app).table.rows) >= 500
        await press(pilot, "g")
        assert view(1).job.name in drawn(app)
        assert view(500).job.name not in drawn(app)
        await press(pilot, "G")
        assert view(500).job.name in drawn(app)


# The form


def form(app: VastApp) -> BatchDialog:
    assert isinstance(app.screen, BatchDialog)
    return app.screen


def told(app: VastApp) -> str:
    return str(form(app).query_one("#told > Static", Static).visual)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_form_begins_on_cancel_with_its_buttons_in_sight(config: Config, size: tuple[int, int]) -> None:
    async with shown(config, busy(), "n", size=size) as (app, control, pilot):
        assert app.focused is not None
        assert app.focused.id == "cancel"
        for name in ("#cancel", "#dry", "#act", "#told", "#file", "#budget"):
            assert app.screen.region.contains_region(form(app).query_one(name).region)
            assert form(app).query_one(name).region.area
        assert form(app).query_one("#act", Button).disabled
        await press(pilot, "enter")
        assert isinstance(app.screen, Dashboard)
        assert not asked(control, "plan_batch", "start_batch")


async def test_a_batch_starts_by_keys_alone_after_its_dry_run(config: Config) -> None:
    async with shown(config, busy(), "n") as (app, control, pilot):
        form(app).query_one("#file").focus()
        await press(pilot, *"jobs.yaml", "enter", "enter", *"in/a.mp4", "tab", "tab", *"8", "enter", *"5")
        form(app).query_one("#cancel").focus()
        await press(pilot, "right", "enter")
        assert "2 jobs" in told(app)
        assert "$0.59 set aside" in told(app)
        request = BatchRequest(path=Path("jobs.yaml"), inputs=("in/a.mp4",), max_parallel=8, budget=5.0)
        assert asked(control, "plan_batch") == [("plan_batch", request)]
        assert not asked(control, "start_batch")
        await press(pilot, "right", "enter")
        assert asked(control, "start_batch") == [("start_batch", plan())]
        assert isinstance(app.screen, Dashboard)
        assert app.screen.here is pane(app)


async def test_a_change_after_the_dry_run_takes_the_start_away(config: Config) -> None:
    async with shown(config, busy(), "n") as (app, control, pilot):
        form(app).query_one("#preset", Input).value = "demo"
        await press(pilot, "right", "enter")
        assert not form(app).query_one("#act", Button).disabled
        form(app).query_one("#inputs", TextArea).text = "another"
        await still(pilot)
        assert form(app).query_one("#act", Button).disabled
        assert "run it dry again" in told(app)
        form(app).act()
        assert isinstance(app.screen, BatchDialog)
        assert not asked(control, "start_batch")


async def test_every_mistake_of_a_file_is_shown_and_nothing_can_be_started(config: Config) -> None:
    async with shown(config, busy(), "n") as (app, control, pilot):
        mistakes = [f"jobs.yaml, line {n}: limits.x{n}: [red]unknown\x1b[2J" for n in range(40)]
        control.batch_plan = ConfigError("\n".join(mistakes))
        form(app).query_one("#file", Input).value = "jobs.yaml"
        await press(pilot, "right", "enter")
        assert told(app).count("[red]unknown") == 40
        assert "\x1b" not in told(app)
        assert form(app).query_one("#act", Button).disabled
        area = form(app).query_one("#told")
        assert area.can_focus
        assert area.max_scroll_y > 0


async def test_a_plan_with_problems_cannot_be_started(config: Config) -> None:
    async with shown(config, busy(), "n") as (app, control, pilot):
        control.batch_plan = plan(problems=("no offer is below $0.10/h",), remarks=("the switch cannot be armed",))
        form(app).query_one("#preset", Input).value = "demo"
        await press(pilot, "right", "enter")
        assert "✖ no offer is below $0.10/h" in told(app)
        assert "⚠ the switch cannot be armed" in told(app)
        assert form(app).query_one("#act", Button).disabled


async def test_enter_in_a_field_of_the_batch_starts_nothing(config: Config) -> None:
    async with shown(config, busy(), "n") as (app, control, pilot):
        form(app).query_one("#more").focus()
        await press(pilot, *["enter"] * 3)
        assert isinstance(app.screen, BatchDialog)
        assert not asked(control, "start_batch", "plan_batch")


# Leases


async def test_a_lease_is_extended_by_hours(config: Config) -> None:
    async with shown(config, snapshot(boxes=Part(leased(), at=NOW)), "2", "g", "L") as (app, control, pilot):
        await press(pilot, "ctrl+u", *"6", "enter")
        await app.workers.wait_for_complete()
        assert asked(control, "extend_lease") == [("extend_lease", leased()[0].id, 21_600.0)]


async def test_a_box_without_a_lease_says_so(config: Config) -> None:
    async with shown(config, snapshot(), "2", "g", "L") as (app, control, _):
        assert any("without a lease" in toast.message for toast in app._notifications)
        assert not asked(control, "extend_lease")
