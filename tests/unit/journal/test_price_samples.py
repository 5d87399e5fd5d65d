"""Samples of prices in the journal: seldom, bounded, the same for two programs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from vasttui.journal import Journal, prices
from vasttui.journal.prices import MACHINE_EVERY, MODEL_EVERY
from vasttui.journal.records import PriceSample

GPU = "rtx 4090"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.sqlite") as journal:
        yield journal


def sample(at: float, median: float = 0.4, kind: str = "on-demand") -> PriceSample:
    return PriceSample(GPU, kind, at, 12, 0.3, 0.35, median, 0.5)


def test_samples_come_back_oldest_first(journal: Journal) -> None:
    for step in range(4):
        at = 1000.0 + step * MACHINE_EVERY
        journal.add_prices([sample(at, 0.4 + step)], {7: 0.3 + step}, "on-demand", at)
    assert [row.median for row in journal.model_prices(GPU, "on-demand", 3)] == [1.4, 2.4, 3.4]
    assert [price for _, price in journal.machine_prices(7, "on-demand", 2)] == [2.3, 3.3]
    assert journal.model_prices(GPU, "on-demand", 1)[0] == sample(1000.0 + 3 * MACHINE_EVERY, 3.4)


def test_types_are_kept_apart(journal: Journal) -> None:
    journal.add_prices([sample(1000.0)], {7: 0.3}, "on-demand", 1000.0)
    journal.add_prices([sample(1000.0, 0.1, "bid")], {7: 0.1}, "bid", 1000.0)
    assert [row.median for row in journal.model_prices(GPU, "bid", 9)] == [0.1]
    assert journal.machine_prices(7, "bid", 9) == ((1000.0, 0.1),)
    assert journal.machine_prices(7, "reserved", 9) == ()


def test_two_programs_keep_one_sample(journal: Journal, tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.sqlite") as other:
        for at, program in ((5000.0, journal), (5001.0, other), (4999.0, other), (5000.0 + MODEL_EVERY, other)):
            program.add_prices([sample(at)], {7: 0.3}, "on-demand", at)
    assert [row.at for row in journal.model_prices(GPU, "on-demand", 9)] == [5000.0, 5000.0 + MODEL_EVERY]
    assert [at for at, _ in journal.machine_prices(7, "on-demand", 9)] == [5000.0]


def test_the_oldest_are_forgotten_a_few_at_a_time(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prices, "MOST_MACHINES", 10)
    monkeypatch.setattr(prices, "SLICE", 4)
    journal.add_prices([], dict.fromkeys(range(30), 1.0), "on-demand", 0.0)

    def left() -> set[int]:
        return {machine for machine in range(40) if journal.machine_prices(machine, "on-demand", 1)}

    assert left() == set(range(4, 30))
    for step in range(1, 8):
        journal.add_prices([], {30 + step: 1.0}, "on-demand", step * MACHINE_EVERY)
    assert left() == set(range(28, 30)) | set(range(31, 38)) | {27}
