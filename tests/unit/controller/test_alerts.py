"""What a user relies on: an alert for each new line that counts, none for old ones, never more often than allowed."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.api.models import Instance
from vasttui.config import AlertRule
from vasttui.controller import alerts as module
from vasttui.controller.alerts import LINE, SEARCHES, Alerts
from vasttui.controller.events import EventLog
from vasttui.controller.notices import Notices
from vasttui.errors import ConfigError
from vasttui.instances.phases import Phase
from vasttui.logs.rows import LogName
from vasttui.snapshot import Alert, Box, Event, Level

BEGAN = 1000.0
OOM = AlertRule(name="oom", pattern="out of memory", do=frozenset({"toast"}))
LINE_OF_OOM = "RuntimeError: CUDA out of memory"


def box(instance_id: int = 7, label: str = "train-a", rented: float | None = BEGAN + 1) -> Box:
    row = Instance(id=instance_id, label=label, start_date=rented)
    return Box(row, Phase.READY, BEGAN, True, label, True, BEGAN, None, None)


class Paper(Notices):
    """Writes down what would be sent."""

    def __init__(self, events: EventLog) -> None:
        super().__init__(events, lambda work: work.close())
        self.sent: list[tuple[str, int, float, Alert]] = []

    def send(self, rule: AlertRule, alert: Alert, instance_id: int, at: float) -> None:
        self.sent.append((rule.name, instance_id, at, alert))


class Watchman:
    """Alerts with a clock of their own."""

    def __init__(self, *rules: AlertRule) -> None:
        self.now = BEGAN + 10
        self.log = EventLog(lambda: self.now, lambda: None)
        self.paper = Paper(self.log)
        self.tasks: list[Coroutine[Any, Any, None]] = []
        self.alerts = Alerts(rules, self.log, self.tasks.append, BEGAN, notices=self.paper, sleep=self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def feed(self, *lines: str, of: Box | None = None, stream: str = "", after: float = 0.0) -> None:
        self.now += after
        of = of or box()
        self.alerts.feed(of, LogName(of.id, stream), lines, self.now)

    async def settle(self) -> None:
        """Run what was put aside."""
        while self.tasks:
            await self.tasks.pop(0)

    @property
    def events(self) -> tuple[Event, ...]:
        return self.log.all()

    @property
    def texts(self) -> list[str]:
        return [event.text for event in self.events]


def test_a_line_that_matches_is_told_with_rule_box_and_line() -> None:
    watchman = Watchman(OOM)
    watchman.feed("step 1", f"\x1b[31m{LINE_OF_OOM}\x1b[0m", "step 2")
    (event,) = watchman.events
    assert (event.level, event.instance_id, event.text) == (Level.LOOK, 7, f"alert oom: {LINE_OF_OOM}")
    assert event.alert == Alert(number=1, rule="oom", label="train-a", line=LINE_OF_OOM, toast=True)
    assert watchman.paper.sent == [("oom", 7, BEGAN + 10, event.alert)]


@pytest.mark.parametrize(
    ("fields", "label", "instance_id", "stream", "line", "told"),
    [
        ({}, "anything", 1, "", "x", True),
        ({}, "", 1, "", "x", True),
        ({}, "anything", 1, "", "y", False),
        ({}, "anything", 1, "daemon", "x", False),
        ({}, "anything", 1, "/root/train.log", "x", False),
        ({"streams": {"daemon"}}, "anything", 1, "daemon", "x", True),
        ({"streams": {"daemon"}}, "anything", 1, "", "x", False),
        ({"streams": {"file"}}, "anything", 1, "~/out.log", "x", True),
        ({"labels": ("train-*",)}, "train-a", 1, "", "x", True),
        ({"labels": ("train-*",)}, "retrain-a", 1, "", "x", False),
        ({"labels": ("a", "train-?")}, "train-b", 1, "", "x", True),
        ({"labels": ("*",)}, "", 1, "", "x", True),
        ({"instances": {1, 2}}, "a", 2, "", "x", True),
        ({"instances": {1, 2}}, "a", 3, "", "x", False),
        ({"instances": {1}, "labels": ("b",)}, "b", 3, "", "x", True),
        ({"instances": {1}, "labels": ("b",)}, "a", 1, "", "x", True),
        ({"instances": {1}, "labels": ("b",)}, "a", 3, "", "x", False),
        ({"severity": "error"}, "a", 1, "", "ERROR x", True),
        ({"severity": "error"}, "a", 1, "", "WARNING x", False),
        ({"severity": "warning"}, "a", 1, "", "ERROR x", True),
        ({"severity": "debug"}, "a", 1, "", "x", False),
        ({"pattern": "/^step [0-9]+$/"}, "a", 1, "", "step 12", True),
        ({"pattern": "/^step [0-9]+$/"}, "a", 1, "", "a step 12", False),
        ({"pattern": "nan"}, "a", 1, "", "loss NaN", True),
        ({"pattern": "NaN"}, "a", 1, "", "loss nan", False),
        ({"pattern": "100"}, "a", 1, "", "10%\r50%\r100%", True),
        ({"pattern": "10%"}, "a", 1, "", "10%\r50%\r100%", False),
    ],
)
def test_scope(fields: dict[str, Any], label: str, instance_id: int, stream: str, line: str, told: bool) -> None:
    watchman = Watchman(AlertRule(**({"name": "r", "pattern": "x"} | fields)))
    watchman.feed(line, of=box(instance_id, label), stream=stream)
    assert bool(watchman.events) is told


def test_more_within_the_time_are_kept_back_and_counted_with_the_next() -> None:
    watchman = Watchman(OOM)
    watchman.feed(LINE_OF_OOM, LINE_OF_OOM)
    watchman.feed(LINE_OF_OOM, after=59.9)
    watchman.feed(LINE_OF_OOM, of=box(8, "other"))
    watchman.feed(LINE_OF_OOM, after=0.2)
    assert [(sent[1], sent[3].suppressed) for sent in watchman.paper.sent] == [(7, 0), (8, 0), (7, 2)]
    assert watchman.texts[-1] == f"alert oom: {LINE_OF_OOM} (and 2 more since the last alert)"
    watchman.feed(LINE_OF_OOM, after=61)
    assert watchman.paper.sent[-1][3].suppressed == 0


def test_a_clock_that_was_set_back_does_not_silence_a_rule() -> None:
    watchman = Watchman(OOM)
    watchman.feed(LINE_OF_OOM)
    watchman.feed(LINE_OF_OOM, after=-3600)
    assert len(watchman.paper.sent) == 2


@given(
    st.lists(st.tuples(st.floats(0, 40), st.integers(1, 3), st.sampled_from(["", "a", "b", "ab"])), max_size=60),
    st.integers(1, 90),
)
def test_never_more_than_one_for_rule_box_and_time_and_none_is_lost(
    feeds: list[tuple[float, int, str]], every: int
) -> None:
    rules = [AlertRule(name=name, pattern=name, every=every) for name in "ab"]
    watchman = Watchman(*rules)
    found: dict[tuple[str, int], int] = {}
    for after, instance_id, line in feeds:
        watchman.feed(line, of=box(instance_id), after=after)
        for name in line:
            found[name, instance_id] = found.get((name, instance_id), 0) + 1
    for (name, instance_id), count in found.items():
        watchman.feed(name, of=box(instance_id), after=100)
        sent = [(at, alert) for rule, of, at, alert in watchman.paper.sent if (rule, of) == (name, instance_id)]
        assert all(later - earlier >= every for (earlier, _), (later, _) in pairwise(sent))
        assert len(sent) + sum(alert.suppressed for _, alert in sent) == count + 1
    numbers = [alert.number for *_, alert in watchman.paper.sent]
    assert numbers == list(range(1, len(numbers) + 1))


async def test_lines_from_before_we_looked_are_counted_and_nothing_is_done() -> None:
    watchman = Watchman(OOM, AlertRule(name="nan", pattern="NaN"))
    old = box(rented=BEGAN - 86_400)
    watchman.feed(LINE_OF_OOM, "x", LINE_OF_OOM, of=old)
    watchman.feed("loss NaN", of=old, after=1)
    assert watchman.texts == []
    await watchman.settle()
    (event,) = watchman.events
    assert event.text == "earlier lines match alerts, nothing was done about them: nan (1×), oom (2×)"
    assert (event.alert, watchman.paper.sent) == (None, [])
    watchman.feed(LINE_OF_OOM, of=old)
    assert [name for name, *_ in watchman.paper.sent] == ["oom"]


@pytest.mark.parametrize("rented", [None, BEGAN - 1])
async def test_a_log_that_was_empty_at_first_has_no_old_lines(rented: float | None) -> None:
    watchman = Watchman(OOM)
    old = box(rented=rented)
    watchman.feed(of=old)
    await watchman.settle()
    watchman.feed(LINE_OF_OOM, of=old)
    assert len(watchman.paper.sent) == 1


@pytest.mark.parametrize(
    ("phases", "told"),
    [
        ([Phase.PULLING, Phase.READY], True),
        ([Phase.CREATING], True),
        ([Phase.READY], False),
        ([Phase.STOPPED, Phase.PULLING], False),
        ([], False),
    ],
)
def test_a_box_that_was_not_up_yet_when_first_seen_has_no_old_lines(phases: list[Phase], told: bool) -> None:
    watchman = Watchman(OOM)
    old = box(rented=BEGAN - 60)
    for phase in phases:
        watchman.alerts.listed([replace(old, phase=phase)])
    watchman.feed(LINE_OF_OOM, of=old)
    assert bool(watchman.paper.sent) is told
    for task in watchman.tasks:
        task.close()


async def test_each_log_of_a_box_settles_by_itself() -> None:
    watchman = Watchman(AlertRule(name="r", pattern="x", streams=frozenset({"container", "daemon"})))
    old = box(rented=BEGAN - 1)
    watchman.feed(of=old)
    await watchman.settle()
    watchman.feed("x", of=old, stream="daemon")
    assert watchman.paper.sent == []
    await watchman.settle()


async def test_a_large_batch_is_worked_off_in_pieces_and_nothing_is_missed() -> None:
    watchman = Watchman(OOM)
    watchman.feed(*["step"] * SEARCHES, LINE_OF_OOM)
    watchman.feed(LINE_OF_OOM, of=box(8))
    assert watchman.texts == []
    await watchman.settle()
    assert [sent[1] for sent in watchman.paper.sent] == [7, 8]


async def test_the_loop_is_not_held_up_by_a_large_batch() -> None:
    watchman = Watchman(OOM)
    watchman.feed(*["step"] * (5 * SEARCHES))
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    await watchman.settle()
    counting.cancel()
    assert turns >= 5


def test_an_expression_that_is_too_slow_is_switched_off_with_one_word() -> None:
    slow = AlertRule(name="slow", pattern="/(a|aa)+$/", place="config.yaml:12")
    watchman = Watchman(slow, OOM)
    for _ in range(3):
        watchman.feed("a" * 3000 + "b", LINE_OF_OOM, of=box(8))
    off, found = sorted(watchman.texts, reverse=True)
    assert off.startswith("alert slow is switched off until the next start: /(a|aa)+$/ takes too long")
    assert off.endswith("(config.yaml:12)")
    assert found == f"alert oom: {LINE_OF_OOM}"


def test_a_bad_expression_is_refused_with_the_rule_and_its_place() -> None:
    with pytest.raises(ConfigError, match=r"config.yaml:12: alert bad: bad regular expression"):
        Watchman(AlertRule(name="bad", pattern="/a(/", place="config.yaml:12"))


TOKEN = "AbCdEfGh1234567890IjKlMnOpQrStUvWx"


def test_what_is_told_is_harmless() -> None:
    watchman = Watchman(AlertRule(name="r", pattern="x"))
    line = f"x\x00\x07\x1b]0;title\x07 \u202e[bold]red[/] hf_{TOKEN} " + "long " * 5000
    watchman.feed(line, of=box(label="a\x1b[31m\nb"))
    (event,) = watchman.events
    assert event.alert is not None
    assert event.text.isprintable()
    assert event.alert.line.startswith("x [bold]red[/] hf_•••• long")
    assert event.alert.line.endswith("…")
    assert len(event.alert.line) <= LINE + 1
    assert event.alert.label.isprintable()


LONG = "-" * 100_000


@pytest.mark.parametrize("line", [f"x{LONG}", f"{LONG}x", f"{LONG}\rx", "\x1b[1m" * 9999 + "x"])
def test_both_ends_of_a_very_long_line_are_searched(line: str) -> None:
    watchman = Watchman(AlertRule(name="r", pattern="x"))
    watchman.feed(line)
    assert len(watchman.texts) == 1


def test_a_box_without_a_label_is_called_by_its_id() -> None:
    watchman = Watchman(OOM)
    watchman.feed(LINE_OF_OOM, of=box(label=""))
    assert watchman.paper.sent[0][3].label == "7"


def test_without_a_rule_for_a_log_its_lines_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "plain", None)
    watchman = Watchman(AlertRule(name="r", pattern="x", labels=("other",)))
    watchman.feed("x")
    Watchman().feed("x")
    assert watchman.tasks == []


def test_events_stay_the_same_tuple_until_there_is_a_new_one() -> None:
    watchman = Watchman(OOM)
    before = watchman.events
    assert watchman.events is before
    watchman.feed(LINE_OF_OOM)
    assert watchman.events is watchman.events is not before
