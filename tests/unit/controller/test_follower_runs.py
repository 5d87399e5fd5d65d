"""One followed log that several runs write: whose progress and whose signs are shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from vasttui.controller.follower import Follower
from vasttui.errors import UsageError
from vasttui.logs.events import Lines
from vasttui.logs.rows import LogName
from vasttui.logs.spool import Spools

OLD = ("::vasttui start id=old.1", "::vasttui progress=90 loss=9", "Killed", "::vasttui done id=old.1 code=137")
NEW = ("::vasttui start id=new.1", "::vasttui progress=10 loss=1")


@pytest.fixture
def log(tmp_path: Path) -> Follower:
    spools = Spools(tmp_path, keep_bytes=1 << 20, keep_total_bytes=1 << 22)
    followed = Follower(lambda: spools.open(LogName(7), "train-a"), lambda: 1000.0)
    list(followed.begin("api"))
    return followed


def take(log: Follower, *lines: str, live: str | None = None) -> None:
    part = Lines(new=lines, live=live)
    log.keep(part)
    list(log.read(part))


def shown(log: Follower) -> tuple[float | None, str | None]:
    return log.progress.fraction if log.progress else None, log.sign.reason if log.sign else None


def test_a_run_that_begins_leaves_neither_progress_nor_signs_of_the_one_before(log: Follower) -> None:
    take(log, *OLD)
    assert shown(log) == (0.9, "killed")
    take(log, NEW[0])
    assert shown(log) == (None, None)
    take(log, NEW[1])
    assert shown(log) == (0.1, None)
    assert log.series == {"loss": (1.0,)}


def test_of_the_run_that_is_expected_alone_it_is_told_also_from_kept_lines(log: Follower) -> None:
    take(log, *NEW, *OLD)
    log.expect("new.1")
    assert shown(log) == (0.1, None)
    log.expect("old.1")
    assert shown(log) == (0.9, "killed")
    take(log, *NEW)
    assert shown(log) == (0.9, "killed")
    log.expect("later.1")
    assert shown(log) == (None, None)


def test_expecting_the_same_again_changes_nothing(log: Follower) -> None:
    log.expect("new.1", (r"tile (?P<done>\d+)-(?P<total>\d+)",))
    take(log, NEW[0], "tile 3-4")
    before = log.progress
    log.expect("new.1", [r"tile (?P<done>\d+)-(?P<total>\d+)"])
    assert log.progress is before
    assert before is not None
    assert before.fraction == 0.75


def test_patterns_are_read_in_lines_that_are_kept_already(log: Follower) -> None:
    take(log, "tile 3-4")
    assert log.progress is None
    log.expect("", (r"tile (?P<done>\d+)-(?P<total>\d+)",))
    assert shown(log) == (0.75, None)


def test_a_pattern_that_cannot_be_used_is_refused_and_leaves_all_as_it_was(log: Follower) -> None:
    take(log, *NEW)
    with pytest.raises(UsageError):
        log.expect("new.1", ("(",))
    take(log, "::vasttui progress=20")
    assert shown(log) == (0.2, None)


def test_half_a_number_of_an_unfinished_line_is_not_shown(log: Follower) -> None:
    take(log, "step 99/1000", live="step 100/100")
    assert shown(log) == (0.099, None)
    take(log, "step 100/1000")
    assert shown(log) == (0.1, None)
