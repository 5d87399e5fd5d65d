"""The rent form with its plan, and the templates, as pictures."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.conftest import until
from tests.tui.bare import BareApp
from tests.tui.pictures import offer, snapshot
from tests.tui.standin import StandIn
from tests.tui.still import after
from vasttui.api.models import Offer, Template
from vasttui.config import Config
from vasttui.jobs.check import Check, Grade
from vasttui.jobs.rental import RentPlan
from vasttui.offers.hosts import HostFilter
from vasttui.offers.prices import Prices, Quartiles
from vasttui.snapshot import Part, Snapshot
from vasttui.tui.app import VastApp
from vasttui.tui.dialogs.check_list import CheckList
from vasttui.tui.dialogs.rent import RentDialog
from vasttui.tui.flows import rent

SMALL, MIDDLE = (80, 24), (120, 40)

PLAN = RentPlan(
    image="pytorch/pytorch:2.5-cuda12.4",
    label="upscale-09",
    env={"HF_TOKEN": "hunter2", "FRAMES": "2880"},
    ports=("8080",),
    onstart="pip install -r requirements.txt\npython train.py --epochs 30",
    lease=14_400.0,
    fallback=True,
)
DEARER = replace(PLAN, disk_gb=900.0, bid=0.21, race=2, lease=None, env={})

TEMPLATES = tuple(
    Template(
        id=number,
        hash_id=f"{number:032x}",
        name=name,
        image=image,
        tag="latest",
        env="-e MODEL_NAME=Qwen/Qwen3-8B -e HF_TOKEN=hunter2 -p 8000:8000 --ipc=host",
        onstart="entrypoint.sh\nvllm serve",
        runtype="ssh",
        recommended_disk_space=64.0,
        desc="Serves a model behind an API like OpenAI's.",
        extra_filters='{"cuda_max_good": {"gte": 12.4}}',
    )
    for number, (name, image) in enumerate(
        [("vLLM", "vllm/vllm-openai"), ("PyTorch", "vastai/pytorch"), ("ComfyUI", "vastai/comfy")], 1
    )
)


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Clock times are those of one place."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def checks(plan: RentPlan) -> tuple[Check, ...]:
    disk = Check("disk", Grade.GOOD, f"{plan.disk_gb:g} of 400 GB")
    if plan.disk_gb > 400:
        wanted = f"disk {plan.disk_gb:g} GB: this host has 400 GB"
        disk = Check("disk", Grade.BAD, wanted, "Set 400 GB or less.", "disk")
    return (
        Check("offer", Grade.GOOD, "offer 9000000 is still there"),
        Check("credit", Grade.GOOD, "$41.20 last 23.5 h with all that runs, $1.753/h"),
        Check("key", Grade.UNKNOWN, "whether the API key may rent is not known yet"),
        Check("ssh key", Grade.LOOK, "no SSH key of this computer is registered", "`vasttui doctor` says how."),
        Check("image", Grade.GOOD, "pytorch/pytorch:2.5-cuda12.4"),
        disk,
    )


def row() -> Offer:
    return offer(0, gpu_name="RTX 4090", machine_id=20_000, inet_down_cost=0.002, inet_up_cost=0.02)


def picture() -> Snapshot:
    base = snapshot()
    assert base.market.value is not None
    prices = Prices("bid", {"rtx 4090": Quartiles(0.1, 0.13, 0.16, 0.2, 31)}, {}, {20_000: [0.1] * 30 + [0.3] * 10})
    market = replace(base.market.value, hosts=HostFilter().cut([row()]), prices=prices)
    return replace(base, market=Part(market, at=base.now - 4))


def form(*keys: str) -> Callable[[Pilot[Any]], Awaitable[None]]:
    """Open the rent form and press keys."""

    async def run(pilot: Pilot[Any]) -> None:
        app = pilot.app
        assert isinstance(app, VastApp)
        await app.furnished.wait()
        rent(app, row())
        await until(lambda: isinstance(app.screen, RentDialog) and bool(app.screen.query(CheckList)))
        await after(keys)(pilot)

    return run


def app_of(config: Config, plan: RentPlan) -> VastApp:
    control = StandIn(config, picture(), plan)
    control.found_checks = checks
    control.known_templates = TEMPLATES
    control.kept["offers.job"] = [24, 10, 2]
    return BareApp(control, config)


@pytest.mark.parametrize(
    ("size", "keys"),
    [
        pytest.param(SMALL, [], id="small"),
        pytest.param(SMALL, ["pagedown"], id="small-plan"),
        pytest.param(MIDDLE, [], id="middle"),
    ],
)
def test_a_plan(snap_compare: Any, config: Config, size: tuple[int, int], keys: Sequence[str]) -> None:
    assert snap_compare(app_of(config, PLAN), terminal_size=size, run_before=form(*keys))


@pytest.mark.parametrize(
    ("size", "keys"),
    [
        pytest.param(SMALL, [], id="small"),
        pytest.param(MIDDLE, ["shift+tab", "shift+tab", "end"], id="middle"),
    ],
)
def test_a_plan_that_a_check_forbids(
    snap_compare: Any, config: Config, size: tuple[int, int], keys: Sequence[str]
) -> None:
    assert snap_compare(app_of(config, DEARER), terminal_size=size, run_before=form(*keys))


def test_a_plan_in_ascii(snap_compare: Any, configured: Callable[..., Config]) -> None:
    app = app_of(configured(ascii=True), PLAN)
    assert snap_compare(app, terminal_size=MIDDLE, run_before=form())


@pytest.mark.parametrize("size", [pytest.param(SMALL, id="small"), pytest.param(MIDDLE, id="middle")])
def test_templates(snap_compare: Any, config: Config, size: tuple[int, int]) -> None:
    assert snap_compare(app_of(config, PLAN), terminal_size=size, run_before=form("ctrl+t", "down"))
