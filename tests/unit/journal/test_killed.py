"""kill -9 in the middle of writing: what was said to be written is there, and nothing is half there."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from vasttui.journal import Journal

WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from vasttui.journal import Journal, Lease
journal = Journal(Path(sys.argv[1]))
job = journal.job("up-1")
journal.set_lease(Lease(1, "up-1", 60.0, 0.0, "destroy", False))
print("ready", flush=True)
number = job.tries
while True:
    number += 1
    job = replace(job, tries=number, phase="renting")
    journal.begin_rent(f"up~{number}", number, "{}", 0.5, job=job)
    journal.save_job(replace(job, phase="creating", label=f"up~{number}"), "creating", str(number))
    print(number, flush=True)
"""


@pytest.mark.parametrize("seed", range(4))
def test_what_was_committed_survives(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "journal.sqlite"
    with Journal(path) as journal:
        journal.add_batch("up", "{}", [("a", "a", "")], budget=None, max_parallel=1, job_ids=["up-1"])
    before, told = 0, 0
    for _ in range(2):
        said = _write_until_killed(path, random.Random(seed).randrange(2, 60))
        with Journal(path) as journal:
            job, intents, events = journal.job("up-1"), journal.intents_of("up-1"), journal.job_events("up-1")
        assert job is not None
        assert job.tries >= max(said, before)
        assert [intent.label for intent in intents] == [f"up~{n}" for n in range(1, job.tries + 1)]
        assert job.label == intents[-1].label
        phases = ["renting", "creating"] * (job.tries - before)
        new = [event.event for event in events[told:]]
        assert new == (phases if job.phase == "creating" else phases[:-1])
        before, told = job.tries, len(events)
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()


def _write_until_killed(path: Path, lines: int) -> int:
    """Kill a writer some time after it said so many lines; the last number that it said."""
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        said = [writer.stdout.readline() for _ in range(lines)]
        writer.kill()
        said += writer.stdout.read().splitlines(keepends=True)
    assert writer.returncode == -signal.SIGKILL
    return max(int(line) for line in said[1:] if line.endswith("\n"))
