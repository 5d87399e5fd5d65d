"""Fixtures for the screen: settings that are nobody's own, and a controller of paper."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tui.pictures import snapshot
from tests.tui.standin import StandIn
from vasttui.config import Config, Paths
from vasttui.tui.app import VastApp


@pytest.fixture
def config() -> Config:
    return make_config()


def make_config(**fields: Any) -> Config:
    place = Path("/nonexistent/vasttui")
    paths = Paths(
        config_file=place / "config.yaml",
        config_dir=place,
        state_dir=place,
        cache_dir=place,
        themes_dir=place / "themes",
    )
    return Config(paths=paths, **({"theme": "vasttui-dark"} | fields))


@pytest.fixture
def control(config: Config) -> StandIn:
    return StandIn(config, snapshot())


@pytest.fixture
def app(control: StandIn) -> VastApp:
    return VastApp(control, control.config)


@pytest.fixture
def configured() -> Callable[..., Config]:
    """Make settings with some fields of one's own."""
    return make_config
