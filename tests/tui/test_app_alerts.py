"""Alerts on the screen: each once, whatever is open, as plain text, and never so many that they cover everything."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.widgets._toast import Toast

from tests.conftest import until
from tests.tui.pictures import NOW, snapshot
from tests.tui.standin import StandIn
from vasttui.snapshot import Alert, Event, Level, Snapshot
from vasttui.tui.app import MOST_TOASTS, VastApp


def alert(number: int, *, toast: bool = True, bell: bool = False, line: str = "CUDA out of memory") -> Event:
    found = Alert(number, "oom", "train-a", line, toast=toast, bell=bell)
    return Event(NOW, Level.LOOK, f"alert oom: {line}", 7, found)


def showing(*events: Event) -> Snapshot:
    return replace(snapshot(), events=events)


def toasts(app: VastApp) -> list[tuple[str, str]]:
    return [(note.title, note.message) for note in app._notifications]


@pytest.fixture
def rung(app: VastApp, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    rings: list[int] = []
    monkeypatch.setattr(app, "bell", lambda: rings.append(1))
    return rings


@pytest.mark.parametrize("open_first", ["1", "6", "question_mark"])
async def test_an_alert_is_shown_once_whatever_is_open(
    app: VastApp, control: StandIn, rung: list[int], open_first: str
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press(open_first)
        event = alert(1, bell=True)
        for picture in (showing(event), showing(event, Event(NOW, Level.INFO, "something else"))):
            control.publish(picture)
            await pilot.pause()
        assert toasts(app) == [("oom · train-a", "CUDA out of memory")]
        assert rung == [1]
        control.publish(showing(event, alert(2, bell=True)))
        await pilot.pause()
        assert len(toasts(app)) == 2
        assert rung == [1, 1]


async def test_rules_without_toast_or_bell_leave_the_screen_alone(
    app: VastApp, control: StandIn, rung: list[int]
) -> None:
    async with app.run_test() as pilot:
        control.publish(showing(alert(1, toast=False)))
        await pilot.pause()
        assert (toasts(app), rung) == ([], [])


async def test_of_many_at_once_the_last_are_shown_and_the_bell_rings_once(
    app: VastApp, control: StandIn, rung: list[int]
) -> None:
    async with app.run_test() as pilot:
        control.publish(showing(*(alert(number, bell=True, line=f"line {number}") for number in range(1, 21))))
        await pilot.pause()
        shown = [text for _, text in toasts(app)]
        assert len(shown) == MOST_TOASTS + 1
        assert {"17 more alerts: see 6 Events", "line 20"} < set(shown)
        assert rung == [1]


async def test_what_a_machine_printed_stays_text(app: VastApp, control: StandIn) -> None:
    line = "[bold red]x[/] [@click=app.quit]y[/] [not closed"
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        event = alert(1, line=line)
        assert event.alert is not None
        control.publish(showing(replace(event, alert=replace(event.alert, label="[b]a[/b]", rule="[u]r"))))
        await until(lambda: bool(app.screen.query(Toast)))
        await pilot.pause()
        shown = str(app.screen.query_one(Toast).render())
        assert shown == f"[u]r · [b]a[/b]\n{line}"
