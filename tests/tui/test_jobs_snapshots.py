"""Jobs, their detail, the new-batch form and leases as pictures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.tui.job_pictures import busy, history, plan
from tests.tui.pictures import snapshot
from tests.tui.standin import StandIn
from tests.tui.still import after
from vasttui.config import Config, Preset
from vasttui.logs.rows import LogName
from vasttui.snapshot import Snapshot
from vasttui.tui.app import VastApp

SMALL, MIDDLE, LARGE = (80, 24), (120, 40), (200, 60)
DRY_RUN = ("4", "n", "right", "enter")


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Neither the place nor the folder where the test runs is in the picture."""
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.chdir(tmp_path)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def app_of(config: Config, picture: Snapshot) -> VastApp:
    control = StandIn(config, picture)
    control.job_history = {"upscale-k3x9-001": history()}
    control.series = {"upscale-k3x9-001": {"loss": [1 / (n + 1) for n in range(60)], "fps": [12.0, 13.0, 12.5]}}
    control.batch_plan = plan(remarks=("host 51003 is on the blocked list",))
    control.receive(LogName(28_397_584), "step 829/1000", "step 830/1000 loss 0.31")
    return VastApp(control, config)


@pytest.mark.parametrize(
    ("size", "keys"),
    [
        pytest.param(SMALL, "4", id="jobs-small"),
        pytest.param(MIDDLE, "4", id="jobs-middle"),
        pytest.param(LARGE, "4", id="jobs-large"),
        pytest.param(MIDDLE, "4f", id="jobs-full"),
        pytest.param(SMALL, "4go", id="detail-small"),
        pytest.param(LARGE, "4go", id="detail-large"),
        pytest.param(SMALL, "2", id="leases-small"),
        pytest.param(MIDDLE, "2Gk", id="orphan-middle"),
    ],
)
def test_jobs(snap_compare: Any, config: Config, size: tuple[int, int], keys: Sequence[str]) -> None:
    assert snap_compare(app_of(config, busy()), terminal_size=size, run_before=after(keys))


@pytest.mark.parametrize(
    ("size", "keys"),
    [
        pytest.param(SMALL, "4n", id="form-small"),
        pytest.param(SMALL, DRY_RUN, id="dry-run-small"),
        pytest.param(MIDDLE, DRY_RUN, id="dry-run-middle"),
    ],
)
def test_a_new_batch_in_the_demo(
    snap_compare: Any, configured: Callable[..., Config], size: tuple[int, int], keys: Sequence[str]
) -> None:
    config = configured(presets={"upscale-demo": Preset(name="upscale-demo")})
    app = app_of(config, replace(busy(), demo=True))
    assert snap_compare(app, terminal_size=size, run_before=after(keys))


def test_jobs_in_ascii(snap_compare: Any, configured: Callable[..., Config]) -> None:
    config = configured(ascii=True)
    assert snap_compare(app_of(config, busy()), terminal_size=MIDDLE, run_before=after("4go"))


def test_nothing_to_do_yet(snap_compare: Any, config: Config) -> None:
    assert snap_compare(app_of(config, Snapshot(now=snapshot().now)), terminal_size=SMALL, run_before=after("4"))
