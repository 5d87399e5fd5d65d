"""The leases of boxes: extended while we live; what a box itself says outranks its log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from vasttui.api.models import Instance
from vasttui.controller.jobs.switches import BEAT_EVERY, NOTED_EVERY, OVERDUE, SOON, Switches
from vasttui.errors import SshError
from vasttui.instances.phases import Phase
from vasttui.jobs.marks import read_marks
from vasttui.journal import Journal
from vasttui.journal.records import Lease
from vasttui.snapshot import Box, SwitchState
from vasttui.ssh import SshConnection

NOW = 1_800_000_000.0
LEASE = Lease(7, "train-x9-001", 3600.0, NOW + 3600, "destroy", fixed=False)
ARMED = '::vasttui beat left=3600 why=""\n'


class Shell:
    """A box's shell: answers as it is told, and writes down what it was asked."""

    def __init__(self) -> None:
        self.answers: list[str | SshError] = []
        self.asked: list[str] = []

    async def run(self, command: str, *, timeout: float = 30.0) -> tuple[int, str, str]:  # noqa: ASYNC109
        self.asked.append(command)
        answer = self.answers.pop(0) if self.answers else ARMED
        if isinstance(answer, SshError):
            raise answer
        return 0, answer, ""


class Watch:
    """Switches over a journal and one box, with a clock that stands until it is moved."""

    def __init__(self, journal: Journal) -> None:
        self.now = NOW
        self.shell = Shell()
        self.journal = journal
        self.tasks: list[asyncio.Task[None]] = []
        self.restart()

    def restart(self) -> None:
        self.switches = Switches(
            self.journal, self._join, lambda: "https://example.org/api/v0", self._spawn, lambda: None, lambda: self.now
        )

    async def _join(self, _: Instance) -> AbstractAsyncContextManager[SshConnection]:
        @asynccontextmanager
        async def share() -> AsyncIterator[SshConnection]:
            yield cast(SshConnection, self.shell)

        return share()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self.tasks.append(asyncio.create_task(work))

    async def visit(self, *, urgent: bool = False, ssh_ms: float | None = 20.0, wait: bool = True) -> int:
        """A turn; how many visits it began."""
        before = len(self.tasks)
        box = Box(Instance(id=7), Phase.READY, 0.0, True, "train", True, 0.0, None, None, ssh_ms=ssh_ms)
        other = replace(box, instance=Instance(id=8))
        self.switches.visit({7: box, 8: other}, frozenset({7}) if urgent else frozenset())
        if wait:
            await asyncio.gather(*self.tasks)
        return len(self.tasks) - before

    @property
    def state(self) -> SwitchState:
        state = self.switches.state(7)
        assert state is not None
        return state

    def told(self, line: str) -> None:
        mark = next(iter(read_marks(line)), None)
        assert mark is not None
        self.switches.told(7, mark, self.now)


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    with Journal(tmp_path / "journal.sqlite") as journal:
        watch = Watch(journal)
        watch.switches.granted(LEASE)
        yield watch


async def test_a_box_is_visited_every_minute_and_sooner_when_that_is_urgent(watch: Watch) -> None:
    assert await watch.visit(ssh_ms=None) == 0
    assert await watch.visit() == 1
    watch.now += SOON
    assert await watch.visit() == 0
    assert await watch.visit(urgent=True) == 1
    watch.now += BEAT_EVERY
    assert await watch.visit() == 1
    assert all(" beat 3600 0" in command for command in watch.shell.asked)


async def test_a_box_that_does_not_answer_was_not_heard(watch: Watch) -> None:
    await watch.visit()
    watch.now += 8 * 3600  # this computer slept
    assert await watch.visit(wait=False) == 1
    assert watch.switches.beat_at(7) == NOW
    watch.shell.answers = [SshError("the connection is dead")]
    await asyncio.gather(*watch.tasks)
    assert watch.switches.beat_at(7) == NOW
    watch.now += BEAT_EVERY
    await watch.visit()
    assert watch.switches.beat_at(7) == watch.now


async def test_no_second_visit_while_one_is_under_way(watch: Watch) -> None:
    assert await watch.visit(wait=False) == 1
    watch.now += BEAT_EVERY
    assert await watch.visit() == 0


async def test_what_a_box_says_is_shown_and_outlives_this_program(watch: Watch) -> None:
    assert watch.state == SwitchState(None, NOW + 3600)
    watch.now = NOW + 2000
    await watch.visit()
    assert watch.state == SwitchState(True, NOW + 5600)
    watch.restart()
    assert watch.state == SwitchState(None, NOW + 5600)


async def test_the_journal_is_not_written_for_each_visit(watch: Watch) -> None:
    await watch.visit()
    (noted,) = watch.journal.leases()
    watch.now += BEAT_EVERY
    await watch.visit()
    assert watch.journal.leases() == (noted,)
    watch.now += NOTED_EVERY
    await watch.visit()
    assert watch.journal.leases()[0].until == watch.now + 3600


async def test_a_log_may_say_that_a_switch_is_armed_until_the_box_was_asked(watch: Watch) -> None:
    watch.told(f"::vasttui switch armed=1 until={NOW + 9000} end=destroy")
    assert watch.state == SwitchState(True, NOW + 9000)
    watch.shell.answers = ['::vasttui beat left=3600 why="no curl, wget or python3"\n']
    await watch.visit()
    expected = SwitchState(False, NOW + 3600, text="no curl, wget or python3")
    assert watch.state == expected
    watch.told(f"::vasttui switch armed=1 until={NOW + 99_000} end=destroy")
    assert watch.state == expected


@pytest.mark.parametrize("until", ["inf", "nan", "-5", "soon", "", "0", "1e300"])
async def test_a_log_cannot_say_nonsense(watch: Watch, until: str) -> None:
    watch.told(f'::vasttui switch armed=1 until="{until}"')
    assert watch.state == SwitchState(True, NOW + 3600)


def test_a_box_without_a_lease_has_no_switch_whatever_its_log_says(watch: Watch) -> None:
    mark = next(iter(read_marks("::vasttui switch armed=1 until=9999")), None)
    assert mark is not None
    watch.switches.told(8, mark, 0.0)
    assert watch.switches.state(8) is None


async def test_a_visit_that_failed_changes_nothing_and_comes_again(watch: Watch) -> None:
    await watch.visit()
    before = watch.state
    watch.now += BEAT_EVERY
    watch.shell.answers = [SshError("the connection broke")]
    assert await watch.visit() == 1
    assert watch.state == before
    watch.now += BEAT_EVERY
    assert await watch.visit() == 1
    assert watch.state == SwitchState(True, watch.now + 3600)


async def test_where_a_template_started_the_box_the_switch_is_put_there(watch: Watch) -> None:
    watch.shell.answers = ["", "", ARMED]
    await watch.visit()
    assert len(watch.shell.asked) == 3
    assert " arm https://example.org/api/v0 3600 " in watch.shell.asked[1]
    assert watch.state == SwitchState(True, NOW + 3600)


async def test_where_it_cannot_be_put_that_is_said(watch: Watch) -> None:
    watch.shell.answers = ["", "", "sh: not found"]
    await watch.visit()
    assert watch.state.armed is False
    assert watch.state.text == "vasttui's script cannot be put on the box"


async def test_the_exit_codes_of_its_runs_come_with_a_visit(watch: Watch) -> None:
    assert watch.switches.beat(7) is None
    watch.shell.answers = [ARMED + "::vasttui run id=train-x9-001.1 code=3\n::vasttui run id=train-x9-001.2\n"]
    await watch.visit()
    beat = watch.switches.beat(7)
    assert beat is not None
    assert (beat.codes, beat.running) == ({"train-x9-001.1": 3}, ("train-x9-001.2",))


async def test_the_user_moves_even_a_fixed_lease(watch: Watch) -> None:
    watch.switches.granted(replace(LEASE, fixed=True))
    watch.shell.answers = ['::vasttui beat left=7200 why=""\n']
    await watch.switches.extend(Instance(id=7), 7200.0)
    assert " beat 7200 1" in watch.shell.asked[0]
    assert watch.state == SwitchState(True, NOW + 7200, fixed=True)
    (kept,) = watch.journal.leases()
    assert (kept.seconds, kept.until, kept.fixed) == (7200.0, NOW + 7200, True)
    with pytest.raises(SshError, match="instance 8 has no lease"):
        await watch.switches.extend(Instance(id=8), 7200.0)


def test_a_lease_that_another_program_gave_is_not_lost_to_an_older_listing(watch: Watch) -> None:
    watch.now += 10
    watch.journal.set_lease(replace(LEASE, instance_id=8, job_id="", fixed=True))
    watch.switches.reload()
    watch.switches.forget(frozenset({7}), asked_at=watch.now - 1)
    assert watch.switches.state(8) is not None


def test_a_lease_is_over_when_a_later_listing_lacks_its_box(watch: Watch) -> None:
    watch.switches.forget(frozenset(), asked_at=watch.now - 1)
    assert watch.switches.state(7) is not None
    watch.switches.forget(frozenset({7}), asked_at=watch.now + 1)
    assert watch.switches.state(7) is not None
    watch.switches.forget(frozenset({8}), asked_at=watch.now + 1)
    assert watch.switches.state(7) is None
    assert watch.journal.leases() == ()


HAND = replace(LEASE, instance_id=8, job_id="", fixed=True)


def late(watch: Watch, *, ssh_ms: float | None) -> list[int]:
    """Boxes whose leases have ended and that have to be ended from here."""
    row = Box(Instance(id=7), Phase.READY, 0.0, True, "train", True, 0.0, None, None, ssh_ms=ssh_ms)
    return [lease.instance_id for lease in watch.switches.overdue({7: row, 8: replace(row, instance=Instance(id=8))})]


async def keep_looking(watch: Watch, seconds: float, *, ssh_ms: float | None) -> None:
    until = watch.now + seconds
    while watch.now < until:
        watch.now = min(until, watch.now + 1)
        await watch.visit(ssh_ms=ssh_ms)


async def test_a_box_by_hand_that_never_answers_is_ended_some_time_after_its_lease(watch: Watch) -> None:
    watch.switches.granted(HAND)
    watch.now = HAND.until - 1
    await keep_looking(watch, OVERDUE, ssh_ms=None)
    assert late(watch, ssh_ms=None) == []
    await keep_looking(watch, 2, ssh_ms=None)
    assert late(watch, ssh_ms=None) == [8], "and a job's box is the job's affair"


async def test_a_program_that_begins_or_wakes_looks_for_some_time_first(watch: Watch) -> None:
    watch.switches.granted(HAND)
    watch.now = HAND.until + 9 * 3600
    await keep_looking(watch, OVERDUE, ssh_ms=None)
    assert late(watch, ssh_ms=None) == []
    await keep_looking(watch, 2, ssh_ms=None)
    assert late(watch, ssh_ms=None) == [8]


async def test_a_box_that_answers_says_itself_how_long_it_lives(watch: Watch) -> None:
    watch.switches.granted(HAND)
    watch.now = HAND.until + 2 * OVERDUE
    assert late(watch, ssh_ms=20.0) == [], "it was not asked yet"
    await watch.visit()
    assert late(watch, ssh_ms=20.0) == [], "it was extended from elsewhere"
    watch.now += BEAT_EVERY
    watch.shell.answers = ['::vasttui beat left=-900 why="killed"\n'] * 2
    await watch.visit()
    assert late(watch, ssh_ms=20.0) == [8]
