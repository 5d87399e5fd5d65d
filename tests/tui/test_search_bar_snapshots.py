"""The search bar, its form and its list as pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.tui.pictures import NOW, market, snapshot
from tests.tui.standin import StandIn
from tests.tui.still import after
from vasttui.config import Config, Preset
from vasttui.offers.hosts import HostCut
from vasttui.offers.relax import Condition, Relaxation
from vasttui.snapshot import Market, Part, Search, Snapshot, WatchedSearch
from vasttui.tui.app import VastApp
from vasttui.tui.panes.offers.saved import HISTORY_KEY, SAVED_KEY, with_saved

SMALL, MIDDLE = (80, 24), (120, 40)
QUERY = Search(
    "gpu_name in [RTX_4090,RTX_5090,A100_SXM4,H100_SXM,L40S] gpu_ram>=24 dph<2 geolocation in [SE,NO]",
    "bid",
    "cheap",
    storage_gb=200,
)


def searched(search: Search, **fields: Any) -> Snapshot:
    shown = replace(market(80, blocked=[51_003]), search=search, unmatched=3)
    watched = (WatchedSearch("x", search, 0.25),)
    return snapshot(market=Part(shown, at=NOW - 4), watched=watched, **fields)


def empty() -> Snapshot:
    conditions = (
        Condition("dph<0.1", "dph_total", False, 290, 42, "0.113"),
        Condition("verified=true", "verified", True, 90, 7),
        Condition("gpu_ram>=24", "gpu_ram", False, 40, 0),
    )
    found = Market(Search("gpu_ram>=24 dph<0.1"), HostCut(), relaxation=Relaxation(300, conditions))
    return snapshot(market=Part(found, at=NOW - 4))


CASES: dict[str, tuple[Callable[[], Snapshot], list[str], tuple[int, int], bool]] = {
    "chips_small": (lambda: searched(QUERY), [], SMALL, False),
    "chips": (lambda: searched(QUERY), [], MIDDLE, False),
    "walking": (lambda: searched(QUERY), ["x", "right"], SMALL, False),
    "walking_ascii": (lambda: searched(QUERY), ["x", "end"], SMALL, True),
    "mistake": (lambda: searched(Search("num_gpus=1 gpu_rma>=24")), ["e"], SMALL, False),
    "words": (lambda: searched(Search("dph<2 geolocation in [SE,")), ["e", "backspace", "n"], MIDDLE, False),
    "nothing": (empty, [], SMALL, False),
    "form_small": (lambda: searched(QUERY), ["E"], SMALL, False),
    "form_wrong": (snapshot, ["E", "tab", "tab", "tab", "x"], MIDDLE, False),
    "list": (snapshot, ["F"], SMALL, False),
}


@pytest.mark.parametrize("name", CASES)
def test_search_bar(name: str, snap_compare: Any, configured: Callable[..., Config]) -> None:
    picture, keys, size, plain = CASES[name]
    config = configured(ascii=plain, searches={"big": "gpu_ram>=80"}, presets={"cheap": Preset(name="cheap")})
    control = StandIn(config, picture())
    control.kept = {
        SAVED_KEY: with_saved(None, "[red]mine", replace(QUERY, preset=None)),
        HISTORY_KEY: ["num_gpus=4 dph<2", "gpu_name=RTX_4090"],
    }
    assert snap_compare(VastApp(control, config), terminal_size=size, run_before=after(keys))
