"""Whose log: the lines of the dialogs, the stream of all, and what is said after copying."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.tui.pictures import NOW, box, fleet, snapshot
from vasttui.errors import UsageError
from vasttui.logs.events import Lines
from vasttui.logs.rows import LogName
from vasttui.logs.since import RowsSince
from vasttui.logs.spool import Spool
from vasttui.snapshot import LogInfo, LogState, LogStatus, Part
from vasttui.tui.format import cells
from vasttui.tui.glyphs import UNICODE
from vasttui.tui.panes.logs.entries import UNDER_CURSOR, entries, file_entries, is_path
from vasttui.tui.panes.logs.mix import Mix
from vasttui.tui.panes.logs.taking import CLIPBOARD_LIMIT, COPIED_MOST, everything, pager, read_count, sent_text

FIRST, SECOND = fleet()[0].id, fleet()[1].id
GONE = LogInfo(LogName(7), "old\x1b[2J-run", NOW - 9000, NOW - 7200, 812, 1_200_000, gone=True)
DAEMON = LogInfo(LogName(FIRST, "daemon"), "upscale-07", NOW - 9000, NOW - 60, 12, 800, gone=False)


def lines(*logs: LogInfo, follow: bool = True, shown: tuple[LogName, ...] = ()) -> list[str]:
    return [entry.text for entry in entries(snapshot(), logs, shown, NOW, UNICODE, follow=follow)]


# The dialogs


def test_running_instances_come_first_then_their_other_logs_then_gone_ones() -> None:
    found = entries(snapshot(), (GONE, DAEMON), (), NOW, UNICODE, follow=True)
    running = [LogName(box.id) for box in fleet()]
    assert [entry.value for entry in found] == [UNDER_CURSOR, *running, DAEMON.name, GONE.name]
    assert [entry.dim for entry in found] == [False] * 7 + [True]


def test_a_log_tells_label_id_age_and_size() -> None:
    daemon, gone = lines(GONE, DAEMON)[-2:]
    assert daemon.split() == ["●", "upscale-07", "(daemon)", str(FIRST), "1m", "ago", "800", "B"]
    assert gone.split() == ["■", "old-run", "7", "gone,", "2h", "ago", "1.2", "MB"]


def test_the_columns_stand_below_one_another_and_fit_the_dialog() -> None:
    long = replace(GONE, label="very-long-label-" * 9)
    widths = {cells(line) for line in lines(GONE, DAEMON, long)[1:]}
    assert widths == {68}


def test_another_log_beside_is_first_one_that_is_not_in_sight() -> None:
    found = entries(snapshot(), (), [LogName(FIRST)], NOW, UNICODE, follow=False)
    assert found[0].value == LogName(SECOND)
    assert found[-1].value == LogName(FIRST)


def test_an_entry_is_found_by_its_words_in_any_order() -> None:
    entry = entries(snapshot(), (DAEMON,), (), NOW, UNICODE, follow=False)[-1]
    assert entry.has(["daemon", str(FIRST)[:5]])
    assert not entry.has(["daemon", "lora"])


def test_files_are_listed_once_and_only_as_paths() -> None:
    found = file_entries(["/root/a.log", "/root/a.log", "evil", "/root/b\x1b[2J.log", "~/c.log"])
    assert [entry.value for entry in found] == ["", "/root/a.log", "~/c.log"]


@pytest.mark.parametrize(("text", "fits"), [("/a", True), ("~/a", True), ("a", False), ("/a/", False), ("", False)])
def test_what_is_a_path_on_an_instance(text: str, fits: bool) -> None:
    assert is_path(text) is fits


# The stream of all


class Logs:
    """Logs in memory."""

    def __init__(self) -> None:
        self.spools: dict[LogName, Spool] = {}

    def __call__(self, name: LogName) -> Spool:
        return self.spools.setdefault(name, Spool(name))

    def add(self, instance_id: int, text: str, at: float) -> None:
        self(LogName(instance_id)).apply(Lines(new=(text,)), at)


def watched(*states: LogState) -> Part[tuple[object, ...]]:
    boxes = tuple(box(number, log=LogStatus(state)) for number, state in enumerate(states))
    return Part(boxes, at=NOW)


def stream(mix: Mix) -> list[str]:
    return [line.text for line in mix.rows.rows(mix.rows.first_seq, mix.rows.next_seq)]


@pytest.fixture
def mix() -> Mix:
    logs = Logs()
    for number, at in ((0, 1.0), (1, 2.0), (0, 3.0), (2, 4.0)):
        logs.add(box(number).id, f"{number} at {at:g}", at)
    made = Mix(logs)
    made.show(snapshot(boxes=watched(LogState.FOLLOWING, LogState.TROUBLE, LogState.OFF)))
    return made


def test_the_stream_has_all_that_are_watched_by_time(mix: Mix) -> None:
    assert stream(mix) == ["0 at 1", "1 at 2", "0 at 3"]
    assert mix.summary.troubled == ("upscale-01",)


def test_who_was_in_the_stream_stays_in_it(mix: Mix) -> None:
    mix.show(snapshot(boxes=watched(LogState.FOLLOWING, LogState.OFF, LogState.FOLLOWING)))
    assert stream(mix) == ["0 at 1", "1 at 2", "0 at 3", "2 at 4"]
    mix.show(snapshot(boxes=Part((), at=NOW)))
    assert len(mix.names) == 3


def test_the_same_instances_leave_the_stream_as_it_is(mix: Mix) -> None:
    before = mix.rows
    mix.show(snapshot(boxes=watched(LogState.FOLLOWING, LogState.FOLLOWING, LogState.OFF)))
    assert mix.rows is before


def test_mute_and_solo_and_back(mix: Mix) -> None:
    first, second = box(0).id, box(1).id
    mix.mute(first)
    assert stream(mix) == ["1 at 2"]
    mix.unmute()
    mix.solo(first)
    assert stream(mix) == ["0 at 1", "0 at 3"]
    assert mix.summary.solo == "upscale-00"
    mix.mute(first)
    assert stream(mix) == ["1 at 2"], "to mute the one that is heard alone ends that"
    mix.solo(None)
    mix.unmute()
    assert (len(stream(mix)), mix.muted) == (3, False)
    assert mix.origin_of(mix.rows.first_seq + 1) == second


# A cleared view


def test_a_cleared_view_has_only_what_came_since() -> None:
    spool = Spool(LogName(1))
    spool.apply(Lines(new=("a", "b")), 1.0)
    since = RowsSince(spool, spool.next_seq)
    assert (since.rows(0, 99), since.flags(0, 99), since.first_seq) == ([], b"", since.next_seq)
    spool.apply(Lines(new=("c",), live="50%"), 2.0)
    assert [line.text for line in since.rows(0, 99)] == ["c"]
    assert len(since.flags(0, 99)) == 1
    assert since.seq_at(0) == since.first_seq
    assert since.live is not None


# The clipboard


def test_nobody_is_told_that_copying_worked() -> None:
    assert sent_text("a\nb") == (
        "2 lines (3 B) sent to the terminal's clipboard; the terminal does not say whether it took this."
    )


def test_more_than_many_terminals_take_is_said_with_a_way_out() -> None:
    said = sent_text("x" * (CLIPBOARD_LIMIT + 1))
    assert "many terminals refuse" in said
    assert "^e saves" in said


@pytest.mark.parametrize(("text", "count"), [("100", 100), (" 1 ", 1), ("all", None), ("", None)])
def test_how_many_lines(text: str, count: int | None) -> None:
    assert read_count(text) == count


@pytest.mark.parametrize("text", ["0", "-1", "ten", "1e9", "٣", "999999999999"])
def test_what_is_no_number_of_lines(text: str) -> None:
    with pytest.raises(UsageError):
        read_count(text)


def test_all_is_read_no_further_than_a_clipboard_goes() -> None:
    pieces = iter(["x" * 1_000_000] * 100)
    assert len(everything(pieces)) > COPIED_MOST
    assert len(list(pieces)) > 90


def test_the_users_pager_with_its_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", "most -w 'a b'")
    assert pager() == ["most", "-w", "a b"]
    monkeypatch.setenv("PAGER", "broken 'quote")
    assert pager() == ["broken", "'quote"]
    monkeypatch.delenv("PAGER")
    assert pager() in (["less", "-R"], ["more"])
