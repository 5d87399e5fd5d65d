"""What is told while batches are followed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import pytest

from vasttui.cli.following import Following
from vasttui.cli.job_screen import JsonLines, PlainLines, Teller
from vasttui.controller import Controller
from vasttui.journal import Journal
from vasttui.snapshot import BatchView, Event, JobView, Level, Snapshot

NOW = 1000.0
LOST = "its answer was lost: the next listings tell"
FULL = "kept-ab12-001: journal.sqlite: database or disk is full"


@dataclass
class Pictures:
    """A controller of which only the pictures are seen, the last one again and again."""

    left: list[Snapshot]

    def clock(self) -> float:
        return NOW

    def picture(self) -> Snapshot:
        return self.left.pop(0) if len(self.left) > 1 else self.left[0]

    async def next_change(self) -> None:
        pass

    async def settle_costs(self) -> None:
        pass


def kept(folder: Path) -> tuple[Journal, BatchView]:
    """A journal with a batch of five jobs, and how it is seen."""
    journal = Journal(folder / "journal.sqlite")
    ids = [f"kept-ab12-00{number}" for number in range(1, 6)]
    inputs = [(f"in/{number}", f"n{number}", "") for number in range(1, 6)]
    journal.add_batch("kept", "{}", inputs, budget=None, max_parallel=5, job_ids=ids)
    batch = journal.batch(1)
    assert batch is not None
    return journal, BatchView(batch, tuple(JobView(job) for job in journal.jobs(1)))


def seen(view: BatchView, waiting: Sequence[str], *, phase: str, events: tuple[Event, ...] = ()) -> Snapshot:
    jobs = [
        replace(each, job=replace(each.job, phase=phase), waiting=why)
        for each, why in zip(view.jobs, waiting, strict=True)
    ]
    return Snapshot(now=NOW, batches=(replace(view, jobs=tuple(jobs)),), events=events)


async def follow(journal: Journal, screen: Teller, *pictures: Snapshot) -> None:
    await Following(cast("Controller", Pictures(list(pictures))), journal, {1}, screen).run()


async def test_what_jobs_wait_for_is_told_once_and_with_their_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal, view = kept(tmp_path)
    with journal:
        await follow(
            journal,
            PlainLines(),
            seen(view, ["", LOST, "", "", ""], phase="unconfirmed"),
            seen(view, ["none of 92 offers is free", LOST, "", "", ""], phase="searching"),
            seen(view, ["none of 93 offers is free", *["no credit"] * 4], phase="searching"),
            seen(view, [""] * 5, phase="done"),
        )
    assert capsys.readouterr().err.splitlines() == [
        f"-- kept-ab12-002: {LOST} --",
        "-- kept-ab12-001: none of 92 offers is free --",
        "-- kept-ab12-002, kept-ab12-003, kept-ab12-004 and 1 more: no credit --",
    ]


async def test_trouble_with_a_box_and_a_full_disk_are_told_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal, view = kept(tmp_path)
    (first, *others) = view.jobs
    view = replace(view, jobs=(replace(first, job=replace(first.job, instance_id=7)), *others))
    events = (
        Event(NOW - 5, Level.BAD, "of an earlier run"),
        Event(NOW, Level.BAD, FULL),
        Event(NOW + 1, Level.BAD, FULL.replace("001", "002")),
        Event(NOW, Level.BAD, "destroy failed: \x1b[31mno", 7),
        Event(NOW, Level.BAD, "destroy failed: no", 8),
        Event(NOW, Level.LOOK, "goes slowly", 7),
    )
    with journal:
        await follow(journal, JsonLines(journal.job), seen(view, [LOST, *[""] * 4], phase="done", events=events))
    *notes, summary = map(json.loads, capsys.readouterr().out.splitlines())
    assert [(note["job"], note["event"]) for note in notes] == [(None, "note")] * 2
    assert [note["detail"] for note in notes] == [FULL, "instance 7: destroy failed: no"]
    assert summary["event"] == "summary"
