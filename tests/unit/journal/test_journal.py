"""The journal: what is committed is on the disk, and its faults name the file."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from vasttui.errors import StorageError
from vasttui.journal import Bill, Journal


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    ticks = iter(range(1000, 9000))
    with Journal(tmp_path / "state" / "journal.db", clock=lambda: float(next(ticks))) as opened:
        yield opened


def test_only_the_owner_may_read_it(journal: Journal) -> None:
    journal.remember("x", 1)
    assert journal.path.parent.stat().st_mode & 0o777 == 0o700
    for path in journal.path.parent.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path


def test_an_intent_survives_a_killed_process(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    code = (
        "import os, sys; from pathlib import Path; from vasttui.journal import Journal\n"
        "Journal(Path(sys.argv[1])).begin_rent('box#1', 7, '{}', 0.5); os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == 9
    with Journal(path) as journal:
        (intent,) = journal.unsettled()
        assert (intent.label, intent.offer_id, intent.dph, intent.state) == ("box#1", 7, 0.5, "open")


def test_settling_takes_an_intent_off_the_open_ones(journal: Journal) -> None:
    first = journal.begin_rent("a", 1, "{}", None)
    second = journal.begin_rent("b", 2, "{}", 0.2)
    journal.settle(first, "rented", 77)
    assert [intent.intent_id for intent in journal.unsettled()] == [second]
    journal.settle(second, "left", 78, "bid too low")
    assert journal.unsettled() == ()
    assert journal.owners() == {77: "", 78: ""}


def test_a_label_is_used_once_and_intents_are_real(journal: Journal) -> None:
    intent = journal.begin_rent("a", 1, "{}", None)
    with pytest.raises(StorageError, match="label 'a' was used"):
        journal.begin_rent("a", 2, "{}", None)
    with pytest.raises(StorageError, match="no intent 99"):
        journal.settle(99, "failed")
    with pytest.raises(StorageError):
        journal.settle(intent, "nonsense")
    assert len(journal.unsettled()) == 1


def test_a_destroy_is_pending_until_seen_gone(journal: Journal) -> None:
    journal.note_destroy(5, 1.0)
    journal.note_destroy(4, 2.0)
    journal.note_destroy(5, 3.0)
    assert journal.pending_destroys() == (5, 4)
    journal.seen_gone(5)
    assert journal.pending_destroys() == (4,)
    journal.note_destroy(5, 9.0)
    journal.drop_destroy(4)
    assert journal.pending_destroys() == (5,)


def test_the_host_book(journal: Journal) -> None:
    journal.set_host(9, "block", "slow disk")
    journal.set_host(3, "allow")
    journal.set_host(9, "allow")
    journal.set_host(9, None, "fine now")
    assert [(row.host_id, row.verdict, row.note) for row in journal.hosts()] == [
        (3, "allow", ""),
        (9, None, "fine now"),
    ]
    with pytest.raises(StorageError):
        journal.set_host(1, "maybe")
    journal.forget_host(3)
    assert [row.host_id for row in journal.hosts()] == [9]


def test_memory_keeps_json(journal: Journal) -> None:
    assert journal.recall("form") is None
    journal.remember("form", {"disk": 64, "env": ["A"]})
    journal.remember("form", {"disk": 65})
    assert journal.recall("form") == {"disk": 65}


def test_the_ledger_adds_up(journal: Journal) -> None:
    journal.record_instance(1, None, "RTX 4090", 0.4, 100.0)
    journal.record_instance(1, "box", None, None, 200.0, offer_id=8)
    journal.bill(1, 0.25, 0.0)
    journal.bill(1, 0.25, 10.0)
    journal.bill_many([Bill(1, 0.5, None, 86_400.0), Bill(2, 1.0, None, 86_400.0)])
    assert journal.spent_by_instance() == {1: 1.0, 2: 1.0}
    assert journal.spent_by_day() == {"1970-01-01": 0.5, "1970-01-02": 1.5}
    row, unknown = journal.ledger()
    assert (unknown.instance_id, unknown.label, unknown.spent) == (2, None, 1.0)
    assert (row.label, row.gpu, row.dph, row.first_seen, row.offer_id, row.spent) == (
        "box", "RTX 4090", 0.4, 100.0, 8, 1.0,
    )  # fmt: skip


def test_two_processes_may_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    code = (
        "import sys; from pathlib import Path; from vasttui.journal import Journal\n"
        "journal = Journal(Path(sys.argv[1]))\n"
        "for n in range(40): journal.bill(1, 1.0, 0.0)"
    )
    runs = [subprocess.Popen([sys.executable, "-c", code, str(path)]) for _ in range(3)]
    assert [run.wait(30) for run in runs] == [0, 0, 0]
    with Journal(path) as journal:
        assert journal.spent_by_instance() == {1: 120.0}


def test_faults_name_the_file(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is no database, but long enough to be looked at as one" * 50)
    with pytest.raises(StorageError, match=r"text\.db: is damaged or no journal"):
        Journal(tmp_path / "text.db")
    with pytest.raises(StorageError, match=r"text\.db/x\.db"):
        Journal(tmp_path / "text.db" / "x.db")
    with pytest.raises(StorageError, match=str(tmp_path)):
        Journal(tmp_path)


def test_a_newer_journal_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    Journal(path).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 999")
    db.close()
    with pytest.raises(StorageError, match="newer vasttui"):
        Journal(path)


def test_a_closed_journal_says_so(journal: Journal) -> None:
    journal.close()
    with pytest.raises(StorageError, match="journal"):
        journal.unsettled()


def test_every_commit_is_synced(journal: Journal) -> None:
    with sqlite3.connect(journal.path) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    other.close()
    assert journal._db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_several_programs_can_begin_one_journal_at_the_same_moment(tmp_path: Path) -> None:
    for number in range(20):
        barrier = Barrier(3)

        def begin(path: Path = tmp_path / f"{number}.sqlite", barrier: Barrier = barrier) -> None:
            barrier.wait()
            Journal(path).close()

        with ThreadPoolExecutor(3) as pool:
            for begun in [pool.submit(begin) for _ in range(3)]:
                begun.result()
