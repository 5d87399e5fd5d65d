"""What it looks like, as SVG, at the three sizes that matter. Made with the pinned Textual."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from tests.tui.pictures import snapshot
from tests.tui.standin import StandIn
from tests.tui.still import after
from vasttui.config import Config
from vasttui.errors import NoKey
from vasttui.tui.app import VastApp

Compare = Callable[..., bool]


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Clocks on the screen show local time."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("size", "keys"),
    [
        pytest.param((120, 40), ["1"], id="market"),
        pytest.param((120, 40), ["2"], id="fleet"),
        pytest.param((200, 56), ["2"], id="wide"),
        pytest.param((80, 24), ["2"], id="small"),
        pytest.param((60, 15), ["2"], id="tiny"),
        pytest.param((80, 24), ["1", "r"], id="rent-small"),
        pytest.param((120, 40), ["2", "X"], id="destroy"),
        pytest.param((80, 24), ["2", "question_mark"], id="help-small"),
    ],
)
def test_the_dashboard(snap_compare: Compare, app: VastApp, size: tuple[int, int], keys: list[str]) -> None:
    assert snap_compare(app, terminal_size=size, run_before=after(keys))


def test_the_light_theme(snap_compare: Compare, configured: Callable[..., Config]) -> None:
    config = configured(theme="vasttui-light")
    assert snap_compare(VastApp(StandIn(config, snapshot()), config), terminal_size=(80, 24), run_before=after(["2"]))


def test_the_welcome_page(snap_compare: Compare, config: Config) -> None:
    app = VastApp(None, config, problem=NoKey("no API key was found"))
    assert snap_compare(app, terminal_size=(80, 24), run_before=after([]))
