"""One followed log: whole windows in small parts, what the lines say of the job, and a restart in between."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.config import Config, Paths
from vasttui.controller.events import EventLog
from vasttui.controller.follower import KEPT_SLICE, SLICE, Follower, slices
from vasttui.controller.shelf import Shelf
from vasttui.errors import Unreachable
from vasttui.logs.events import Current, Lines, Restored, Trouble, Waiting
from vasttui.logs.rows import LogName
from vasttui.logs.spool import Spool, Spools
from vasttui.snapshot import Box, Level, LogState
from vasttui.ssh import Place

NAME = LogName(7)
BAR = "steps:  {done:3d}%|██        | {done}/100 [00:{done:02d}<01:00,  1.00it/s]"


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def follower(folder: Path, clock: Clock) -> tuple[Follower, Spools]:
    spools = Spools(folder, keep_bytes=1 << 20, keep_total_bytes=1 << 22)
    return Follower(lambda: spools.open(NAME, "train-a"), clock), spools


def texts(rows: Spool) -> list[str]:
    return [row.text for row in rows.rows(rows.first_seq, rows.next_seq)]


LINES = st.builds(
    Lines,
    new=st.integers(0, 3 * KEPT_SLICE + 1).map(lambda count: tuple(map(str, range(count)))),
    live=st.none() | st.just("half"),
    gap=st.booleans(),
    reset=st.booleans(),
    at_least=st.booleans(),
    place=st.none() | st.just(Place("/log", 1, 2, b"x")),
)


@given(LINES)
def test_the_parts_of_a_window_come_to_the_same_as_the_whole(lines: Lines) -> None:
    assert list(slices(lines, whole=True)) == [lines]
    parts = list(slices(lines))
    assert tuple(text for part in parts for text in part.new) == lines.new
    assert all(len(part.new) <= KEPT_SLICE for part in parts)
    first, last = parts[0], parts[-1]
    assert (first.gap, first.reset, first.at_least) == (lines.gap, lines.reset, lines.at_least)
    assert (last.live, last.place) == (lines.live, lines.place)
    assert not any(part.gap or part.reset or part.at_least for part in parts[1:])
    assert not any(part.place or part.live is not None for part in parts[:-1])


def take(log: Follower, lines: Lines) -> None:
    """As the task of a log does it, without a pause."""
    for part in slices(lines):
        log.keep(part)
        for texts in log.read(part):
            assert len(texts) <= SLICE


def test_what_the_lines_say_is_shown_and_a_new_container_begins_anew(tmp_path: Path, clock: Clock) -> None:
    log, _ = follower(tmp_path, clock)
    assert log.status.state is LogState.OFF
    list(log.begin("api"))
    assert (log.status.state, log.status.text) == (LogState.WAITING, "waiting for logs")
    take(log, Lines(new=(BAR.format(done=40), "Killed"), live="half"))
    assert log.progress is not None
    assert log.progress.done == 40
    assert (log.sign and log.sign.reason) == "killed"
    assert (log.status.state, log.status.lines, log.status.source) == (LogState.FOLLOWING, 2, "api")
    take(log, Lines(new=(BAR.format(done=41),)))
    assert log.sign is None  # it moves on: what looked like the end was none
    take(log, Lines(new=("Hit:1 http://archive",), reset=True))
    assert log.progress is None


def test_trouble_is_told_with_its_count_and_ends_with_the_next_answer(tmp_path: Path, clock: Clock) -> None:
    log, _ = follower(tmp_path, clock)
    list(log.begin("api"))
    error = Unreachable("no connection")
    log.take(Trouble(error, 2))
    assert (log.error, log.status.state, log.status.failures) == (error, LogState.TROUBLE, 2)
    assert "no connection (2×)" in log.status.text
    assert log.take(Restored(2))
    assert (log.error, log.status.state, log.status.failures) == (None, LogState.FOLLOWING, 0)
    assert texts(log.spool) == ["restored after 2 failures"]


def test_how_long_it_is_quiet_counts_from_the_last_line_or_the_beginning(tmp_path: Path, clock: Clock) -> None:
    log, _ = follower(tmp_path, clock)
    assert log.status.quiet(clock.now) is None
    list(log.begin("ssh"))
    clock.now += 5
    assert log.status.quiet(clock.now) == 5
    take(log, Lines(new=("a",)))
    clock.now += 131
    log.take(Waiting("waiting"))
    log.take(Current())
    assert log.status.quiet(clock.now) == 131
    assert log.status.checked_at == clock.now


def test_after_a_restart_the_progress_is_there_again_and_as_old_as_its_line(tmp_path: Path, clock: Clock) -> None:
    before, _ = follower(tmp_path, clock)
    list(before.begin("api"))
    take(before, Lines(new=("Killed",)))
    take(before, Lines(new=(*("boot",) * 250, BAR.format(done=60), "out of here: exited with code 3"), reset=True))
    before.spool.close()
    clock.now += 3600
    log, _ = follower(tmp_path, clock)
    for _ in log.begin("api"):
        pass
    assert log.progress is not None
    assert (log.progress.done, log.progress.seen_at) == (60, 1000.0)
    assert (log.sign and (log.sign.reason, log.sign.seen_at)) == ("failed with an exit code", 1000.0)
    assert log.status.last_at == 1000.0
    assert log.status.quiet(clock.now) == 0
    take(log, Lines(new=(BAR.format(done=61),)))
    assert log.progress.seen_at == clock.now


# The shelf


def shelf(folder: Path, clock: Clock) -> tuple[Shelf, EventLog]:
    places = ("config_file", "config_dir", "state_dir", "cache_dir", "themes_dir")
    events = EventLog(clock, lambda: None)
    return Shelf(Config(paths=Paths(**{name: folder / name for name in places})), events, clock), events


def listed(*ids: int) -> tuple[Box, ...]:
    from vasttui.api.models import Instance
    from vasttui.instances.phases import Phase

    return tuple(Box(Instance(id=i), Phase.RUNNING, 0.0, True, f"train-{i}", True, 0.0, None, None) for i in ids)


def test_a_log_outlives_its_instance_with_its_name(tmp_path: Path, clock: Clock) -> None:
    first, _ = shelf(tmp_path, clock)
    first.listed(listed(7, 8))
    take(first.follower(NAME), Lines(new=("a", "b")))
    first.close()
    later, _ = shelf(tmp_path, clock)
    assert [info.gone for info in later.infos()] == [False]  # no listing yet: not known
    later.listed(listed(8))
    (info,) = later.infos()
    assert (info.name, info.label, info.lines, info.gone) == (NAME, "train-7", 2, True)
    assert texts(later.rows(NAME)) == ["a", "b"]
    assert texts(later.rows(LogName(99))) == []


def test_a_log_whose_instance_is_gone_is_closed_and_stays_readable(tmp_path: Path, clock: Clock) -> None:
    kept, _ = shelf(tmp_path, clock)
    kept.listed(listed(7, 8))
    for name in (NAME, LogName(8)):
        take(kept.follower(name), Lines(new=("a",), live="half"))
    rows = kept.rows(NAME)
    kept.listed(listed(8))
    kept.let_go()
    assert kept.rows(NAME) is rows
    assert texts(rows) == ["a", "half"]
    assert not kept.rows(LogName(8)).closed
    other = Spools(tmp_path / "state_dir" / "logs").open(NAME)
    assert other.trouble == ""  # another program may write it now
    other.close()
    kept.listed(listed(7, 8))
    take(kept.follower(NAME), Lines(new=("b",)))
    assert texts(kept.rows(NAME))[-1] == "b"


def test_what_keeps_lines_from_the_disk_is_told_once_for_all_logs(tmp_path: Path, clock: Clock) -> None:
    kept, events = shelf(tmp_path, clock)
    names = [LogName(i) for i in range(5)]

    def trouble(text: str) -> None:
        for name in names:
            kept.follower(name).spool.trouble = text
            kept.note_trouble(name)

    trouble("disk full")
    trouble("disk full")
    assert [(event.level, event.text) for event in events.all()] == [
        (Level.LOOK, "new log lines are held in memory only: disk full")
    ]
    assert kept.follower(names[0]).status.kept == "disk full"
    trouble("")
    trouble("disk full")
    assert len(events.all()) == 2
