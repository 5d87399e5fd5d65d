"""Which searches are watched, and what is kept of that."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vasttui.config import Config, Paths, Preset
from vasttui.controller.market import starting_search
from vasttui.controller.watches import ASKED, RENTED, Watches
from vasttui.errors import UsageError
from vasttui.journal import Journal
from vasttui.snapshot import Search

CHEAP = Preset(name="cheap", num_gpus=1, watch_below=0.3, watch_rent=True, watch_most=3)
SEARCH = Search("gpu_name=RTX_4090", "bid", order="dph_total", storage_gb=20, limit=100)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    places = ("config_dir", "state_dir", "cache_dir", "themes_dir")
    paths = Paths(config_file=tmp_path / "config.yaml", **{name: tmp_path / name for name in places})
    return Config(paths=paths, presets={"cheap": CHEAP, "idle": Preset(name="idle")})


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.sqlite") as journal:
        yield journal


def test_presets_with_a_price_are_watched_and_rent_as_they_say(config: Config, journal: Journal) -> None:
    (view,) = Watches(config, journal).views
    assert (view.key, view.below, view.rents, view.rented) == ("preset cheap", 0.3, 3, 0)
    assert view.search == starting_search(config, "cheap")


def test_what_was_asked_for_comes_back_whole(config: Config, journal: Journal) -> None:
    Watches(config, journal).set(SEARCH, 0.2)
    view = Watches(config, journal).views[1]
    assert (view.key, view.search, view.below, view.rents) == ("gpu_name=RTX_4090 (bid)", SEARCH, 0.2, 0)


def test_rentals_are_counted_across_programs(config: Config, journal: Journal) -> None:
    first, second = Watches(config, journal), Watches(config, journal)
    first.count("preset cheap", 1)
    second.count("preset cheap", 1)
    assert first.left("preset cheap") == 1
    first.count("preset cheap", 1)
    assert second.left("preset cheap") == 0
    first.count("preset cheap", -1)
    assert Watches(config, journal).views[0].rented == 2
    assert first.left("nobody") == 0


def test_fewer_than_were_rented_already_means_none(config: Config, journal: Journal) -> None:
    journal.remember(RENTED, {"preset cheap": 7})
    watches = Watches(config, journal)
    assert (watches.views[0].rented, watches.left("preset cheap")) == (7, 0)


@pytest.mark.parametrize("change", [{"text": "num_gpus=1"}, {"type": "bid"}, {"storage_gb": 500.0}])
def test_another_search_than_the_presets_never_rents_in_its_name(
    config: Config, journal: Journal, change: dict[str, Any]
) -> None:
    watches = Watches(config, journal)
    watches.set(replace(starting_search(config, "cheap"), **change), 0.3)
    assert [(view.key == "preset cheap", view.rents) for view in watches.views] == [(True, 3), (False, 0)]


def test_a_preset_watched_at_another_price_only_tells_also_after_a_restart(config: Config, journal: Journal) -> None:
    Watches(config, journal).set(starting_search(config, "cheap"), 0.25)
    assert [(view.below, view.rents) for view in Watches(config, journal).views] == [(0.25, 0)]
    Watches(config, journal).set(starting_search(config, "cheap"), 0.3)
    assert [(view.below, view.rents) for view in Watches(config, journal).views] == [(0.3, 3)]


@pytest.mark.parametrize(
    ("text", "below"), [("gpu_ram>>", 0.2), ("", 0.0), ("", -1.0), ("", math.nan), ("", math.inf)]
)
def test_a_bad_query_or_price_is_refused_and_changes_nothing(
    config: Config, journal: Journal, text: str, below: float
) -> None:
    watches = Watches(config, journal)
    with pytest.raises(UsageError):
        watches.set(Search(text), below)
    assert len(watches.views) == 1


@pytest.mark.parametrize(
    "kept",
    [None, 7, "x", [7], [{"search": 3, "below": 1}], [{"search": {"text": "a>>b"}, "below": 1}],
     [{"search": {"text": 4}, "below": 1}], [{"search": {"type": "x"}, "below": 1}], [{"search": {}, "below": "1"}]],
)  # fmt: skip
def test_what_cannot_be_read_is_left_out(config: Config, journal: Journal, kept: object) -> None:
    journal.remember(ASKED, kept)
    journal.remember(RENTED, kept)
    assert [view.key for view in Watches(config, journal).views] == ["preset cheap"]
