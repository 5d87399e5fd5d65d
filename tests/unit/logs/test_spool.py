"""What the spool keeps: every row, its time, its number; over crashes, restarts, limits and a bad disk."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vasttui.logs.events import Lines
from vasttui.logs.rows import INNER, SAME, UNFINISHED, Kind, LogName, Severity
from vasttui.logs.spool import GAP_TEXT, RESET_TEXT, ROW_LIMIT, Spool, Spools, files, segments
from vasttui.ssh import Place

NAME = LogName(7)


def rows(spool: Spool) -> list[tuple[Kind, str]]:
    return [(row.kind, row.text) for row in spool.rows(0, spool.next_seq)]


def texts(spool: Spool) -> list[str]:
    return [row.text for row in spool.rows(0, spool.next_seq)]


def logs(folder: Path, suffix: str = "log") -> list[Path]:
    return sorted(folder.glob(f"7/container/*.{suffix}"))


def place(offset: int) -> Place:
    return Place("/var/log/x", 12, offset, b"\x00\xff mark")


def test_lines_marks_and_the_live_line(tmp_path: Path) -> None:
    spool = Spools(tmp_path).open(NAME)
    spool.apply(Lines(new=("a",), live="20%"), 1.0)
    assert spool.live is not None
    assert (spool.live.seq, spool.live.text, spool.live.kind) == (1, "20%", Kind.LIVE)
    spool.note("via SSH", 1.5)
    assert spool.live.seq == 2
    spool.apply(Lines(new=("100%", "b", "b")), 2.0)
    assert not spool.live
    spool.apply(Lines(new=("c",), gap=True, live="half"), 3.0)
    spool.apply(Lines(reset=True), 4.25)
    assert rows(spool) == [
        (Kind.LINE, "a"), (Kind.NOTE, "via SSH"), (Kind.LINE, "100%"), (Kind.LINE, "b"), (Kind.LINE, "b"),
        (Kind.GAP, GAP_TEXT), (Kind.LINE, "c"), (Kind.LINE, "half"), (Kind.NOTE, RESET_TEXT),
    ]  # fmt: skip
    assert [row.received for row in spool.rows(0, 9)] == [1.0, 1.5, 2.0, 2.0, 2.0, 3.0, 3.0, 3.0, 4.25]
    assert [row.seq for row in spool.rows(2, 5)] == [2, 3, 4]
    flags = spool.flags(0, 99)
    assert (flags[4] & SAME, flags[3] & SAME, flags[7] & UNFINISHED) == (SAME, 0, UNFINISHED)
    assert spool.received_lines == 5


def test_nothing_new_changes_nothing(tmp_path: Path) -> None:
    spool = Spools(tmp_path).open(NAME)
    spool.apply(Lines(new=("a",), live="x"), 1.0)
    generation = spool.generation
    spool.apply(Lines(), 2.0)
    assert spool.generation == generation
    assert spool.live is not None


def test_a_spool_without_a_folder_holds_rows_in_memory() -> None:
    spool = Spool(NAME)
    spool.apply(Lines(new=("a", "b")), 1.0)
    assert (texts(spool), spool.trouble) == (["a", "b"], "")


def test_the_text_file_is_plain_and_both_are_private(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        spool = Spools(tmp_path / "logs").open(LogName(7, "/a/../../b\n.log"), "my box")
        spool.apply(Lines(new=("a", "ü")), 1.0)
    finally:
        os.umask(old)
    (folder,) = (tmp_path / "logs/7").iterdir()
    assert folder.name.startswith("file-")
    assert (folder / "000000000000-s0.log").read_text() == "a\nü\n"
    for path in (tmp_path / "logs").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_times(tmp_path: Path) -> None:
    spool = Spools(tmp_path, keep_bytes=4000).open(NAME)
    for number in range(50):
        spool.apply(Lines(new=("x", "y"), reset=number == 25), 1000.1 + number)
    assert spool.seq_at(0.0) == spool.first_seq
    assert spool.rows(spool.seq_at(1020.1), 99)[0].received == pytest.approx(1020.1)
    assert spool.rows(spool.seq_at(1020.2), 99)[0].received == pytest.approx(1021.1)
    assert spool.seq_at(1e300) == spool.seq_at(float("inf")) == spool.next_seq
    spool.apply(Lines(new=("when?",)), float("nan"))
    assert texts(spool)[-1] == "when?"


def test_severity_and_traces_are_flagged_over_batches(tmp_path: Path) -> None:
    spool = Spools(tmp_path).open(NAME)
    spool.apply(Lines(new=("Traceback (most recent call last):", "  File x")), 1.0)
    spool.apply(Lines(new=("    f()", "ValueError: bad", "on")), 2.0)
    assert [row.severity for row in spool.rows(0, 5)] == [Severity.ERROR] * 4 + [Severity.NONE]
    assert [flag & INNER for flag in spool.flags(0, 5)] == [0, INNER, INNER, 0, 0]


def test_what_is_not_utf8_comes_back_exactly(tmp_path: Path) -> None:
    raw = b"\xff\x00 \xc3 \xed\xa0\x80 ok \x85\x1c".decode("utf-8", "surrogateescape")
    spool = Spools(tmp_path).open(NAME)
    spool.apply(Lines(new=(raw, "lone \ud800 one", "two\nlines", "cr\rlf")), 1.0)
    assert texts(spool) == [raw, "lone \ufffd one", "two lines", "cr\rlf"]


def test_a_huge_row_is_cut_for_the_screen_and_kept_whole(tmp_path: Path) -> None:
    spool = Spools(tmp_path).open(NAME)
    huge = "ü" * (3 << 20)
    spool.apply(Lines(new=("a", huge, "b", "é" * (ROW_LIMIT // 2), "x" + "é" * (ROW_LIMIT // 2))), 1.0)
    cut = spool.rows(0, 9)
    assert cut[1].text == "ü" * (ROW_LIMIT // 2)
    assert [len(row.text) for row in cut] == [1, ROW_LIMIT // 2, 1, ROW_LIMIT // 2, ROW_LIMIT // 2]
    assert spool.text(1) == huge
    assert [len(row.text) for row in spool.each(0, 9)] == [1, len(huge), 1, ROW_LIMIT // 2, ROW_LIMIT // 2 + 1]
    assert spool.known(5)[1] == huge
    assert spool.text(99) == ""


def test_known_lines_are_those_since_the_last_reset_or_gap(tmp_path: Path) -> None:
    spool = Spools(tmp_path).open(NAME)
    assert spool.known(5) == []
    spool.apply(Lines(new=tuple(str(n) for n in range(1000))), 1.0)
    spool.note("a word", 1.0)
    assert spool.known(3) == ["997", "998", "999"]
    assert spool.known(5000) == [str(n) for n in range(1000)]
    spool.apply(Lines(new=("after",), gap=True), 2.0)
    assert spool.known(5) == ["after"]
    spool.apply(Lines(reset=True), 3.0)
    assert spool.known(5) == []
    spool.apply(Lines(new=("new", "start"), live="half"), 4.0)
    spool.close()
    assert Spools(tmp_path).open(NAME).known(5) == ["new", "start"]


def test_an_unfinished_line_is_kept_at_close_and_taken_back_at_opening(tmp_path: Path) -> None:
    spool = Spools(tmp_path).open(NAME)
    spool.apply(Lines(new=("a",), live="50%"), 1.0)
    spool.close()
    reader = Spools(tmp_path).read(NAME)
    assert texts(reader) == ["a", "50%"]
    assert reader.flags(1, 2)[0] & UNFINISHED
    spool = Spools(tmp_path).open(NAME)
    assert spool.live is not None
    assert (texts(spool), spool.live.text, spool.live.received) == (["a"], "50%", 1.0)
    spool.apply(Lines(new=("100%",)), 2.0)
    assert texts(spool) == ["a", "100%"]


def test_the_place_counts_the_lines_since(tmp_path: Path) -> None:
    spool = Spools(tmp_path).open(NAME)
    spool.apply(Lines(new=("a", "b"), place=place(4), live="c"), 1.0)
    spool.note("hello", 1.0)
    assert spool.place == (place(4), 0)
    spool.close()
    spool = Spools(tmp_path).open(NAME)
    assert spool.place == (place(4), 0)
    spool.apply(Lines(new=("c",)), 2.0)
    spool.close()
    assert [known.place for known in (spool, Spools(tmp_path).read(NAME))] == [None, None]


def test_rows_written_after_the_place_are_to_be_skipped(tmp_path: Path) -> None:
    spool = Spools(tmp_path).open(NAME)
    spool.apply(Lines(new=("a",), place=place(2)), 1.0)
    state = tmp_path / "7/container/state"
    before = state.read_bytes()
    spool.apply(Lines(new=("b", "c"), place=place(6)), 2.0)
    spool.close()
    state.write_bytes(before)
    spool = Spools(tmp_path).open(NAME)
    assert (spool.place, spool.received_lines) == ((place(2), 2), 3)
    spool.close()
    assert Spools(tmp_path).open(LogName(7)).place == (place(2), 2)
    state.write_bytes(before[:-9] + b"x" * 9)
    assert Spools(tmp_path).read(NAME).place is None


def test_the_oldest_rows_go_when_there_is_too_much(tmp_path: Path) -> None:
    spool = Spools(tmp_path, keep_bytes=40_000).open(NAME)
    for number in range(1000):
        spool.apply(Lines(new=(f"{number:05} " + "x" * 80,)), float(number))
    assert 0 < spool.first_seq < spool.next_seq == spool.received_lines == 1000
    assert sum(path.stat().st_size for path in (tmp_path / "7/container").iterdir()) < 41_000
    kept = spool.rows(0, 1000)
    assert [row.text[:5] for row in kept] == [f"{number:05}" for number in range(spool.first_seq, 1000)]
    spool.close()
    again = Spools(tmp_path).open(NAME)
    assert (again.first_seq, again.next_seq, again.received_lines) == (spool.first_seq, 1000, 1000)


def test_a_batch_larger_than_the_limit_is_kept_and_numbers_go_on(tmp_path: Path) -> None:
    spool = Spools(tmp_path, keep_bytes=1000).open(NAME)
    for _ in range(5):
        spool.apply(Lines(new=("x" * 5000, "y")), 1.0)
    assert spool.next_seq == 10
    assert texts(spool)[-1] == "y"


def test_readers_see_what_is_written(tmp_path: Path) -> None:
    spool, reader = Spools(tmp_path).open(NAME), Spools(tmp_path).read(NAME)
    assert not reader.refresh()
    spool.apply(Lines(new=("a", "b")), 1.0)
    assert reader.refresh()
    assert (texts(reader), reader.received_lines, reader.generation) == (["a", "b"], 2, 1)
    spool.apply(Lines(new=("c",), reset=True), 1.0)
    assert reader.refresh()
    assert texts(reader) == ["a", "b", RESET_TEXT, "c"]
    assert not reader.refresh()


def test_a_second_writer_holds_its_rows_in_memory(tmp_path: Path) -> None:
    first = Spools(tmp_path).open(NAME)
    first.apply(Lines(new=("a",)), 1.0)
    second = Spools(tmp_path).open(NAME)
    assert "another" in second.trouble
    second.apply(Lines(new=("mine",)), 2.0)
    first.apply(Lines(new=("b",)), 3.0)
    assert (texts(first), texts(second)) == (["a", "b"], ["a", "mine"])
    second.close()
    first.close()
    assert texts(Spools(tmp_path).read(NAME)) == ["a", "b"]


def test_open_gives_the_same_until_it_is_closed(tmp_path: Path) -> None:
    spools = Spools(tmp_path)
    spool = spools.open(NAME)
    assert spools.open(NAME) is spool is spools.read(NAME)
    spools.close()
    assert spools.open(NAME) is not spool


def full_disk(monkeypatch: pytest.MonkeyPatch, code: int = errno.ENOSPC, after: int = 3) -> None:
    """Writing stops after a few bytes."""

    def write_all(file: int, data: bytes, at: int) -> None:
        os.pwrite(file, data[:after], at)
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(segments, "write_all", write_all)


def test_a_full_disk_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spools(tmp_path).open(NAME)
    spool.apply(Lines(new=("a",)), 1.0)
    with monkeypatch.context() as patch:
        full_disk(patch)
        spool.apply(Lines(new=("b", "c")), 2.0)
        spool.apply(Lines(new=("d",), reset=True), 20.0)
        assert spool.trouble == "disk full"
        assert texts(spool) == ["a", "b", "c", RESET_TEXT, "d"]
        assert logs(tmp_path)[0].read_text() == "a\n"
    spool.apply(Lines(new=("e",)), 21.0)
    assert spool.trouble == "disk full"
    spool.apply(Lines(new=("f",)), 40.0)
    assert spool.trouble == ""
    assert [row.text for row in spool.rows(0, 99) if row.kind is Kind.LINE] == ["a", "b", "c", "d", "e", "f"]
    note = spool.rows(6, 7)[0]
    assert (note.kind, "works again" in note.text) == (Kind.NOTE, True)
    spool.close()
    again = Spools(tmp_path).open(NAME)
    assert (texts(again), again.received_lines) == (texts(spool), 6)


def test_a_disk_that_stays_full_bounds_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spools(tmp_path).open(NAME)
    spool.apply(Lines(new=("a",), place=place(2)), 1.0)
    with monkeypatch.context() as patch:
        full_disk(patch, errno.EROFS)
        for number in range(12):
            spool.apply(Lines(new=("x" * (1 << 20), str(number)), place=place(number)), 2.0)
        assert spool.size < 10 << 20
        assert (spool.first_seq, spool.next_seq, spool.trouble) == (0, 25, "disk is read-only")
        shown = [row for row in spool.rows(0, 25) if len(row.text) < 100]
        assert [row.text for row in shown if row.kind is Kind.LINE][:1] == ["a"]
        assert len(spool.flags(0, 25)) == 25 == len(spool.rows(0, 25))
        lost = [row for row in shown if row.kind is Kind.GAP]
        assert {row.text for row in lost} == {GAP_TEXT}
        assert [bool(row.flags & SAME) for row in lost] == [False] + [True] * (len(lost) - 1)
    before = rows(spool)
    spool.close()
    again = Spools(tmp_path).open(NAME)
    assert rows(again)[: len(before)] == before
    assert again.place == (place(11), 0)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "7").write_text("in the way")
    spool = Spools(tmp_path).open(NAME)
    spool.apply(Lines(new=("a",)), 1.0)
    assert spool.trouble
    (tmp_path / "7").unlink()
    spool.apply(Lines(new=("b",)), 60.0)
    assert spool.trouble == ""
    spool.close()
    assert [text for text in texts(Spools(tmp_path).read(NAME)) if len(text) == 1] == ["a", "b"]


def test_a_folder_that_another_one_got_first(tmp_path: Path) -> None:
    (tmp_path / "7").write_text("in the way")
    spool = Spools(tmp_path).open(NAME)
    spool.apply(Lines(new=("a",)), 1.0)
    (tmp_path / "7").unlink()
    other = Spools(tmp_path).open(NAME)
    other.apply(Lines(new=("x", "y")), 2.0)
    other.close()
    spool.apply(Lines(new=("b",)), 60.0)
    spool.close()
    assert (texts(spool), "another" in spool.trouble) == (["a", "b"], True)
    assert texts(Spools(tmp_path).open(NAME)) == ["x", "y"]


def test_a_text_file_grown_by_someone_else(tmp_path: Path) -> None:
    spool = Spools(tmp_path).open(NAME)
    spool.apply(Lines(new=("a",)), 1.0)
    with logs(tmp_path)[0].open("a") as file:
        file.write("foreign\nhalf")
    spool.apply(Lines(new=("b",)), 2.0)
    assert texts(spool) == ["a", "b"]
    spool.close()
    assert texts(Spools(tmp_path).open(NAME)) == ["a", "b"]


def test_a_damaged_index_is_rebuilt_from_the_text(tmp_path: Path) -> None:
    spool = Spools(tmp_path).open(NAME)
    spool.apply(Lines(new=tuple(f"ERROR {n}" for n in range(100))), 1.0)
    spool.apply(Lines(reset=True, new=("z",)), 1.0)
    spool.close()
    for garbage in (b"", b"garbage of a strange length", b"\xff" * 1600, b"\x00" * 1600, os.urandom(1600)):
        for index in logs(tmp_path, "idx"):
            index.write_bytes(garbage)
        for again in (Spools(tmp_path).read(NAME), Spools(tmp_path).open(NAME)):
            assert [row.text for row in again.rows(0, 100)] == [f"ERROR {n}" for n in range(100)]
            assert texts(again)[100:] == [RESET_TEXT, "z"]
            again.close()


def test_foreign_files_and_links_are_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "7/container"
    folder.mkdir(parents=True)
    secret = tmp_path / "secret"
    secret.write_text("do not touch\n")
    for name in ("000000000000-s0.log", "000000000000-s0.idx", "state", "about"):
        (folder / name).symlink_to(secret)
    (folder / "notes.txt").write_text("mine")
    os.mkfifo(folder / "000000000009-s0.log")
    (tmp_path / "99").symlink_to(folder.parent)
    (tmp_path / "not a number").mkdir()
    spool = Spools(tmp_path).open(NAME)
    spool.apply(Lines(new=("a",), place=place(1)), 1.0)
    spool.close()
    assert (texts(spool), secret.read_text()) == (["a"], "do not touch\n")
    assert (folder / "notes.txt").read_text() == "mine"
    assert [info.name for info in Spools(tmp_path).list()] == [NAME]


def test_a_folder_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "7").mkdir()
    (tmp_path / "7/container").symlink_to(elsewhere)
    spool = Spools(tmp_path).open(NAME)
    spool.apply(Lines(new=("a",)), 1.0)
    assert spool.trouble
    assert list(elsewhere.iterdir()) == []


def test_the_label_is_remembered(tmp_path: Path) -> None:
    Spools(tmp_path).open(NAME, "my box").close()
    assert Spools(tmp_path).read(NAME).label == "my box"
    Spools(tmp_path).open(NAME).close()
    Spools(tmp_path).open(NAME, "renamed").close()
    assert [info.label for info in Spools(tmp_path).list()] == ["renamed"]


def test_list_and_prune(tmp_path: Path) -> None:
    spools = Spools(tmp_path, keep_total_bytes=2500)
    names = [LogName(1), LogName(2, "daemon"), LogName(3, "/workspace/train.log"), LogName(4)]
    for number, name in enumerate(names):
        spool = spools.open(name, f"box {number}")
        spool.apply(Lines(new=("x" * 1000,)), 10.0 + number)
        spool.note("end", 20.0 + number)
        spool.close()
    infos = spools.list()
    assert [info.name for info in infos] == names[::-1]
    assert (infos[0].label, infos[0].first_time, infos[0].last_time, infos[0].lines) == ("box 3", 13.0, 23.0, 2)
    assert 1000 < infos[0].size < 1200
    used = spools.open(names[1])
    Spools(tmp_path, keep_total_bytes=2500).prune(keep=[names[0]])
    assert {info.name for info in spools.list()} == {names[0], names[1]}
    used.close()
    Spools(tmp_path, keep_total_bytes=0).prune(keep=[])
    assert spools.list() == []
    assert [path.name for path in tmp_path.iterdir()] == []


@dataclass
class Model:
    """What should be kept, in the plainest words."""

    rows: list[tuple[Kind, str]] = field(default_factory=list)
    live: str = ""

    def apply(self, lines: Lines) -> None:
        if lines.nothing:
            return
        if (lines.reset or lines.gap) and self.live:
            self.rows.append((Kind.LINE, self.live))
        if lines.reset or lines.gap:
            self.rows.append((Kind.NOTE, RESET_TEXT) if lines.reset else (Kind.GAP, GAP_TEXT))
        self.rows += [(Kind.LINE, text) for text in lines.new]
        if lines.reset or lines.gap or lines.new:
            self.live = ""
        self.live = self.live if lines.live is None else lines.live


line_text = st.binary(max_size=12).map(lambda raw: raw.replace(b"\n", b"").decode("utf-8", "surrogateescape"))
batches = st.builds(
    Lines,
    new=st.lists(line_text, max_size=5).map(tuple),
    live=st.none() | st.just("") | line_text,
    gap=st.booleans(),
    reset=st.booleans(),
    place=st.none() | st.integers(0, 99).map(place),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(batches | st.sampled_from(["close", "note"]), max_size=25))
def test_what_comes_out_is_what_went_in(actions: list[Lines | str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        model, spool = Model(), Spools(Path(folder)).open(NAME)
        for number, action in enumerate(actions):
            if isinstance(action, Lines):
                spool.apply(action, float(number))
                model.apply(action)
            elif action == "note":
                spool.note("n", float(number))
                model.rows.append((Kind.NOTE, "n"))
            else:
                spool.close()
                spool = Spools(Path(folder)).open(NAME)
            assert (rows(spool), spool.live.text if spool.live else "") == (model.rows, model.live)
            assert len(spool.flags(0, 999)) == len(model.rows)
            reader = Spools(Path(folder)).read(NAME)
            assert (rows(reader), reader.received_lines) == (model.rows, spool.received_lines)
        assert spool.received_lines == sum(len(action.new) for action in actions if isinstance(action, Lines))
        spool.close()


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(batches, st.integers(0, 6)), max_size=25))
def test_a_disk_that_fails_at_times_loses_nothing(actions: list[tuple[Lines, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        real, left = files.write_all, [0]

        def write_all(file: int, data: bytes, at: int) -> None:
            left[0] -= 1
            if left[0] < 0:
                real(file, data[:1], at)
                raise OSError(errno.EIO, "bad disk")
            real(file, data, at)

        patch.setattr(segments, "write_all", write_all)
        model, spool = Model(), Spools(Path(folder)).open(NAME)
        for number, (lines, left[0]) in enumerate(actions):
            spool.apply(lines, number * 7.0)
            model.apply(lines)
            assert [row for row in rows(spool) if "works again" not in row[1]] == model.rows
        left[0] = 1000
        spool.close()
        again = Spools(Path(folder)).read(NAME)
        live = [(Kind.LINE, model.live)] if model.live else []
        assert [row for row in rows(again) if "works again" not in row[1]] == model.rows + live


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(line_text, min_size=1, max_size=5), min_size=1, max_size=8), st.data())
def test_after_a_crash_a_prefix_is_there(written: list[list[str]], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spool = Spools(folder).open(NAME)
        for batch in written:
            spool.apply(Lines(new=tuple(batch)), 1.0)
        spool.close()
        everything = [text for batch in written for text in batch]
        (log,), (index,) = logs(folder), logs(folder, "idx")
        cut = data.draw(st.integers(0, log.stat().st_size))
        os.truncate(log, cut)
        os.truncate(index, data.draw(st.integers(0, index.stat().st_size)))
        complete = log.read_bytes().count(b"\n")
        again = Spools(folder).open(NAME)
        assert texts(again) == everything[:complete]
        again.apply(Lines(new=("on",)), 2.0)
        again.close()
        assert texts(Spools(folder).read(NAME)) == [*everything[:complete], "on"]


WRITER = """
import sys
from pathlib import Path
from vasttui.logs.events import Lines
from vasttui.logs.rows import LogName
from vasttui.logs.spool import Spools
spool = Spools(Path(sys.argv[1]), keep_bytes=1 << 20).open(LogName(7))
for batch in range(10 ** 9):
    spool.apply(Lines(new=tuple(f"{batch * 100 + n}" for n in range(100)), live="half"), float(batch))
    print(batch, flush=True)
"""


def test_a_killed_writer_loses_nothing_that_it_took(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": "."}
    ) as writer:
        assert writer.stdout
        told = [writer.stdout.readline() for _ in range(50)]
        writer.send_signal(signal.SIGKILL)
        told += writer.stdout.readlines()
    whole = [int(line) for line in told if line.endswith(b"\n")]
    spool = Spools(tmp_path, keep_bytes=1 << 20).open(NAME)
    assert spool.trouble == ""
    assert spool.next_seq >= (whole[-1] + 1) * 100
    assert texts(spool) == [str(number) for number in range(spool.first_seq, spool.next_seq)]


def test_a_file_that_is_no_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert files.read_range(tmp_path / "pipe", 0, 10) == b""
    with pytest.raises(OSError, match="regular"), files.opened(tmp_path / "pipe", os.O_RDONLY):
        pass
