"""A journal of an earlier version opens, and keeps everything."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from vasttui.journal import HostNote, Journal

VERSION_1 = Path(__file__).with_name("version1.sql")
"""Dump of a file that version 1 wrote."""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "journal.sqlite"
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode = WAL")
    db.executescript(VERSION_1.read_text())
    db.close()
    return path


def test_it_keeps_what_was_there(old: Path) -> None:
    with Journal(old) as journal:
        assert [(i.label, i.offer_id, i.state, i.job_id) for i in journal.unsettled()] == [
            ("train~hgfedcba", 12, "open", "")
        ]
        assert journal.owners() == {501: "", 502: ""}
        assert journal.pending_destroys() == (502,)
        assert journal.hosts() == (
            HostNote(7, "block", "slow disk", 1767225606.0),
            HostNote(8, None, "nice", 1767225607.0),
        )
        assert journal.recall("form") == {"disk": 64}
        assert journal.spent_by_day() == {"2026-01-01": pytest.approx(3.25), "2026-01-02": pytest.approx(9.6)}
        rows = {row.instance_id: row for row in journal.ledger()}
    assert {i: (row.label, row.first_seen, row.spent, row.settled) for i, row in rows.items()} == {
        400: ("old", 1767000000.0, 3.0, False),
        501: ("upscale~abcdefgh", 1767225610.0, pytest.approx(9.85), False),
        502: ("bid~aaaaaaaa", 1767225602.0, 0.0, False),
    }
    assert {i: row.last_seen for i, row in rows.items()} == {400: 1767225605.0, 501: 1767312345.5, 502: None}


def test_it_takes_jobs_from_then_on(old: Path) -> None:
    with Journal(old) as journal:
        batch = journal.add_batch("up", "{}", [("a", "a", "")], budget=None, max_parallel=1, job_ids=["up-1"])
    with Journal(old) as journal:
        assert [job.job_id for job in journal.jobs(batch)] == ["up-1"]
        assert journal.owners() == {501: "", 502: ""}
