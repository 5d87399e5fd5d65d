"""What can be foretold of a batch: its cost, and when its last job has ended."""

from __future__ import annotations

import pytest

from vasttui.controller.jobs.board import batch_view, expected_cost, time_left
from vasttui.jobs.progress import Progress
from vasttui.journal.records import Batch, Job
from vasttui.snapshot import JobView

BATCH = Batch(1, "train", "{}", 0.0, budget=None, max_parallel=2)


def progress(eta: float | None) -> Progress:
    return Progress(0.5, 50.0, 100.0, "it", 1.0, eta, "", (), 0.0, "tqdm")


def job(
    phase: str, *, outcome: str = "", spent: float | None = None, took: float | None = None, eta: float | None = None
) -> JobView:
    """A job as the picture has it; `took`: seconds from its rent to its end."""
    row = Job("train-001", 1, 1, "a", "a", phase, 0.0, 0.0, outcome=outcome)
    if took is not None:
        row = Job("train-001", 1, 1, "a", "a", phase, 0.0, 0.0, outcome=outcome, began=100.0, ended=100.0 + took)
    return JobView(row, spent=spent, progress=None if eta is None else progress(eta))


def good(spent: float = 1.0, took: float = 600.0) -> JobView:
    return job("done", outcome="succeeded", spent=spent, took=took)


@pytest.mark.parametrize(
    ("jobs", "spent", "expected"),
    [
        ([job("queued"), job("queued")], 0.0, None),
        ([good(1.0), job("queued", spent=0.0)], 1.0, 2.0),
        ([good(1.0), good(3.0), job("working", spent=0.5)], 4.5, 6.0),
        ([good(1.0), job("working", spent=7.0)], 8.0, 8.0),  # dearer than the mean already: no more is known
        ([good(1.0), job("done", outcome="failed", spent=9.0), job("queued", spent=0.0)], 10.0, 11.0),
        ([good(1.0), good(3.0)], 4.0, 4.0),
        ([job("done", outcome="failed", spent=2.0)], 2.0, 2.0),
        ([good(1.0), job("queued")], None, None),
    ],
)
def test_what_a_batch_will_cost(jobs: list[JobView], spent: float | None, expected: float | None) -> None:
    assert expected_cost(jobs, spent) == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("jobs", "parallel", "seconds"),
    [
        ([good(), good()], 2, 0.0),
        ([], 2, 0.0),
        ([job("queued")], 2, None),
        ([job("working", eta=30.0), job("working", eta=90.0)], 2, 90.0),
        ([job("working", eta=30.0), job("working")], 2, None),
        ([job("working", eta=30.0), job("queued")], 2, None),
        ([good(took=600.0), job("queued"), job("queued")], 1, 1200.0),
        ([good(took=600.0), job("queued"), job("queued")], 2, 600.0),
        ([good(took=600.0), job("queued"), job("queued")], 50, 600.0),
        ([good(took=600.0), job("working", eta=100.0), job("queued")], 1, 700.0),
        ([good(took=600.0), job("loading"), job("queued")], 1, 900.0),
    ],
)
def test_when_the_last_job_has_ended(jobs: list[JobView], parallel: int, seconds: float | None) -> None:
    assert time_left(jobs, parallel) == (None if seconds is None else pytest.approx(seconds))


def test_why_it_waits_is_shown_only_while_a_job_waits_to_begin() -> None:
    assert batch_view(BATCH, [job("queued"), job("working")], 0.0, "paused").waiting == "paused"
    assert batch_view(BATCH, [job("searching")], 0.0, "paused").waiting == "paused"
    assert batch_view(BATCH, [job("working"), good()], 0.0, "paused").waiting == ""
