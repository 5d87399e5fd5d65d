"""How logs were looked at comes back, in a bounded room, whatever was stored."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from vasttui.logs.rows import LogName, Severity
from vasttui.tui.panes.logs.kept import LOGS, MARKS, Kept, KeptLogs, Target

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
names = st.builds(LogName, st.integers(0, 10**9), st.sampled_from(["", "daemon", "/root/a b.log"]))
kept = st.builds(
    Kept,
    st.none() | st.integers(0, 10**12),
    st.text(max_size=30),
    st.text(max_size=30),
    st.sampled_from(Severity),
    st.lists(st.integers(0, 10**6), max_size=20).map(lambda seqs: tuple(sorted(seqs))),
)


@given(name=names, looked=kept)
def test_what_is_kept_comes_back(name: LogName, looked: Kept) -> None:
    logs = KeptLogs()
    logs.keep(name, looked)
    assert KeptLogs(json.loads(json.dumps(logs.stored))).of(name) == looked
    assert logs.of(LogName(-5)) == Kept()


@given(stored=json_values)
def test_what_another_version_stored_does_no_harm(stored: Any) -> None:
    KeptLogs(stored).of(LogName(1))
    KeptLogs({"1 ": stored}).of(LogName(1))
    Target.read(stored)
    Target.read({"pinned": stored, "everyone": stored})


def test_only_the_last_logs_are_remembered() -> None:
    logs = KeptLogs()
    for number in range(LOGS + 10):
        logs.keep(LogName(number), Kept(search="loss"))
        logs.keep(LogName(0), Kept(search="loss"))
    assert len(logs.stored) == LOGS
    assert logs.of(LogName(0)).search == "loss", "it was looked at last"
    assert logs.of(LogName(1)) == Kept()


def test_a_log_that_is_looked_at_as_ever_takes_no_room() -> None:
    logs = KeptLogs()
    logs.keep(LogName(1), Kept(place=4))
    logs.keep(LogName(1), Kept())
    assert logs.stored == {}


def test_marks_are_bounded_the_latest_stay() -> None:
    logs = KeptLogs()
    logs.keep(LogName(1), Kept(marks=tuple(range(1000))))
    assert KeptLogs(logs.stored).of(LogName(1)).marks == tuple(range(1000 - MARKS, 1000))


@given(pinned=st.none() | names, everyone=st.booleans())
def test_the_logs_side_by_side_come_back(pinned: LogName | None, everyone: bool) -> None:
    target = Target(pinned, everyone)
    assert Target.read(json.loads(json.dumps(target.stored))) == target
