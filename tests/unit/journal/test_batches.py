"""Batches and jobs: written in one commit each, read back as they were, also by another program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vasttui.errors import StorageError
from vasttui.journal import Batch, HostFault, Job, Journal, Lease

INPUTS = [("s3://b/a.mp4", "a", ""), ("s3://b/b.mp4", "b", "done before"), ("c d.mp4", "c d", "")]
IDS = ["up-k3-001", "up-k3-002", "up-k3-003"]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    ticks = count(1000)
    with Journal(tmp_path / "journal.sqlite", clock=lambda: float(next(ticks))) as opened:
        yield opened


def add(journal: Journal, name: str = "up", ids: list[str] = IDS) -> int:
    return journal.add_batch(name, '{"name": "up"}', INPUTS, budget=4.0, max_parallel=2, job_ids=ids)


def test_a_batch_queues_a_job_for_each_input_and_skipped_ones_are_done(journal: Journal) -> None:
    batch = add(journal)
    assert journal.batch(batch) == Batch(batch, "up", '{"name": "up"}', 1000.0, 4.0, 2)
    jobs = journal.jobs(batch)
    assert [(j.job_id, j.number, j.input, j.name, j.phase, j.outcome, j.reason, j.ended) for j in jobs] == [
        ("up-k3-001", 1, "s3://b/a.mp4", "a", "queued", "", "", None),
        ("up-k3-002", 2, "s3://b/b.mp4", "b", "done", "skipped", "done before", 1000.0),
        ("up-k3-003", 3, "c d.mp4", "c d", "queued", "", "", None),
    ]
    assert journal.batch(batch + 1) is None
    assert journal.job("nobody") is None


def test_a_batch_is_added_whole_or_not_at_all(journal: Journal) -> None:
    add(journal)
    with pytest.raises(StorageError):
        add(journal, "again")
    with pytest.raises(StorageError, match="not UTF-8"):
        journal.add_batch("odd", "{}", [("\udcff", "x", "")], budget=None, max_parallel=1, job_ids=["odd-1"])
    assert [batch.name for batch in journal.batches()] == ["up"]
    assert len(journal.open_jobs()) == 3


def test_open_batches_are_always_listed_and_of_the_others_the_latest(journal: Journal) -> None:
    numbers = [add(journal, f"b{n}", [f"b{n}-{i}" for i in range(3)]) for n in range(6)]
    for number in numbers[1:]:
        journal.set_batch(number, closed=True)
    assert [batch.batch_id for batch in journal.batches(limit=2)] == [numbers[5], numbers[4], numbers[0]]
    assert {job.batch_id for job in journal.open_jobs()} == {numbers[0]}


def test_what_is_changed_of_a_batch_changes_alone(journal: Journal) -> None:
    batch = add(journal)
    journal.set_batch(batch, paused=True)
    journal.set_batch(batch, max_parallel=7, budget=0.0)
    journal.set_batch(batch, paused=False, closed=True)
    assert journal.batch(batch) == Batch(batch, "up", '{"name": "up"}', 1000.0, 0.0, 7, paused=False, closed=True)
    with pytest.raises(StorageError, match="no batch 99"):
        journal.set_batch(99, paused=True)


def test_a_saved_job_is_read_back_as_it_was(journal: Journal) -> None:
    job = journal.jobs(add(journal))[0]
    later = replace(
        job, phase="working", since=2000.5, tries=2, instance_id=77, label="up~abcdefgh", offer_id=5, host_id=6,
        machine_id=7, hourly=0.4, began=1990.0, worked=2000.5, failure="stalled", reason="no line", result="s3://r",
        exit_code=0, spent=0.25, not_before=1980.0,
    )  # fmt: skip
    journal.save_job(later, "working", "the start mark was seen")
    assert journal.job(job.job_id) == later
    (event,) = journal.job_events(job.job_id)
    assert (event.event, event.detail, event.instance_id) == ("working", "the start mark was seen", 77)
    with pytest.raises(StorageError, match="no job 'ghost'"):
        journal.save_job(replace(job, job_id="ghost"), "working")
    assert len(journal.events_after(0)) == 1


def test_a_strangers_words_are_kept_as_one_short_line(journal: Journal) -> None:
    job = journal.jobs(add(journal))[0]
    journal.save_job(replace(job, reason="a\r\nb\udcff" + "x" * 9000), "note", "c\n" * 9000)
    kept, (event,) = journal.job(job.job_id), journal.job_events(job.job_id)
    assert kept is not None
    for text in (kept.reason, event.detail):
        assert "\n" not in text
        assert len(text) <= 600
    assert kept.reason.startswith("a b?x")


def test_saving_a_job_leaves_the_wish_of_another_program_alone(journal: Journal) -> None:
    job = journal.jobs(add(journal))[0]
    with Journal(journal.path) as other:
        assert other.wish(job.job_id, "cancel")
        assert not other.wish("ghost", "cancel")
    journal.save_job(replace(job, phase="working"), "working")
    assert journal.wishes() == {job.job_id: "cancel"}
    with Journal(journal.path) as other:
        other.wish(job.job_id, "retry")
    journal.clear_wish(job.job_id, "cancel")
    assert journal.wishes() == {job.job_id: "retry"}
    journal.clear_wish(job.job_id)
    assert journal.wishes() == {}


def test_events_go_on_after_the_last_that_was_seen(journal: Journal) -> None:
    first, second = add(journal), add(journal, "other", ["o-1", "o-2", "o-3"])
    one, two = journal.jobs(first)[0], journal.jobs(second)[0]
    journal.save_job(one, "searching")
    journal.save_job(two, "searching")
    journal.save_job(one)
    journal.save_job(one, "renting", "offer 3")
    events = journal.events_after(0)
    assert [(event.job_id, event.event) for event in events] == [
        (one.job_id, "searching"), (two.job_id, "searching"), (one.job_id, "renting"),
    ]  # fmt: skip
    assert [event.event for event in journal.events_after(events[0].event_id, first)] == ["renting"]
    assert journal.events_after(events[-1].event_id) == ()


def test_an_input_is_done_when_a_batch_of_that_name_made_it(journal: Journal) -> None:
    for job in journal.jobs(add(journal)):
        journal.save_job(replace(job, outcome="succeeded" if job.number == 3 else "failed", phase="done"), "done")
    journal.save_job(replace(journal.jobs(add(journal, "other", ["x1", "x2", "x3"]))[0], outcome="succeeded"), "done")
    assert journal.done_inputs("up") == {"c d.mp4"}
    assert journal.done_inputs("nobody") == frozenset()


def test_a_jobs_rent_is_one_commit(journal: Journal) -> None:
    job = replace(journal.jobs(add(journal))[0], phase="renting", tries=1, offer_id=9)
    journal.begin_rent("up~aaaaaaaa", 9, "{}", 0.3, job=job)
    assert journal.job(job.job_id) == replace(job, label="up~aaaaaaaa")
    assert [(e.event, e.detail) for e in journal.job_events(job.job_id)] == [("renting", "offer 9")]
    with pytest.raises(StorageError, match="was used"):
        journal.begin_rent("up~aaaaaaaa", 10, "{}", 0.3, job=replace(job, tries=2))
    with pytest.raises(StorageError, match="no job 'ghost'"):
        journal.begin_rent("up~bbbbbbbb", 10, "{}", 0.3, job=replace(job, job_id="ghost"))
    assert journal.job(job.job_id) == replace(job, label="up~aaaaaaaa")
    assert journal.intent("up~bbbbbbbb") is None
    journal.begin_rent("by hand~aaaaaaaa", 11, "{}", 0.3)
    journal.begin_rent("up~cccccccc", 12, "{}", 0.3, job=replace(job, tries=2))
    assert [(i.label, i.job_id) for i in journal.intents_of(job.job_id)] == [
        ("up~aaaaaaaa", job.job_id), ("up~cccccccc", job.job_id),
    ]  # fmt: skip
    assert journal.intents_of("") == ()


def test_leases(journal: Journal) -> None:
    lease = Lease(5, "up-k3-001", 14400.0, 20000.0, "destroy", False)
    journal.set_lease(lease)
    journal.set_lease(Lease(4, "", 3600.0, 9000.0, "stop", True))
    journal.set_lease(replace(lease, until=30000.0))
    assert journal.leases() == (Lease(4, "", 3600.0, 9000.0, "stop", True), replace(lease, until=30000.0))
    journal.drop_lease(4)
    journal.drop_lease(99)
    assert [left.instance_id for left in journal.leases()] == [5]


def test_a_host_fault_is_told_beside_the_users_words(journal: Journal) -> None:
    journal.set_host(6, "allow", "fast uplink")
    journal.note_host_fault(HostFault(6, 60, 86_400.0, "stalled", "no line\nfor 30 min", "up-k3-001"))
    journal.note_host_fault(HostFault(6, 61, 172_800.0, "host fault", "CDI", "up-k3-002"))
    journal.note_host_fault(HostFault(8, 80, 3 * 86_400.0, "network", "", "up-k3-002"))
    journal.note_host_fault(HostFault(None, 90, 4 * 86_400.0, "network", "", ""))
    assert [(row.host_id, row.verdict, row.text) for row in journal.hosts()] == [
        (6, "allow", "fast uplink; 1970-01-03 host fault: CDI (2 faults)"),
        (8, None, "1970-01-04 network"),
    ]
    journal.set_host(6, None)
    assert journal.hosts()[0].note == "fast uplink"
    assert [fault.machine_id for fault in journal.host_faults(172_800.0)] == [61, 80, 90]
    journal.forget_host(6)
    assert [fault.machine_id for fault in journal.host_faults()] == [80, 90]


def test_what_another_program_writes_is_noticed_and_what_we_write_is_not(journal: Journal) -> None:
    assert not journal.changed_elsewhere()
    batch = add(journal)
    assert not journal.changed_elsewhere()
    with Journal(journal.path) as other:
        other.set_batch(batch, paused=True)
        assert journal.changed_elsewhere()
        assert not journal.changed_elsewhere()
        assert not other.changed_elsewhere()


def test_five_hundred_jobs_with_forty_events_each_take_little_room(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with Journal(path) as journal:
        inputs = [(f"s3://bucket/clips/{n:04}.mp4", f"{n:04}", "") for n in range(500)]
        ids = [f"upscale-k3x9-{n:03}" for n in range(500)]
        batch = journal.add_batch("upscale", "{}", inputs, budget=None, max_parallel=8, job_ids=ids)
        journal._db.execute("PRAGMA synchronous = OFF")
        for job in journal.jobs(batch):
            for step in range(40):
                journal.save_job(replace(job, phase="working", since=float(step)), "working", f"step {step} of 40")
        assert len(journal.events_after(0, batch)) == 20_000
        most = sum(file.stat().st_size for file in tmp_path.iterdir())
    assert path.stat().st_size < 2_000_000
    assert most < 8_000_000


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["save", "wish", "clear", "rent"]), st.integers(0, 2)), max_size=30))
def test_row_events_and_wish_stay_what_was_last_said(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, int]]
) -> None:
    with Journal(tmp_path_factory.mktemp("journal") / "j.sqlite") as journal:
        jobs = list(journal.jobs(add(journal)))
        wishes: dict[str, str] = {}
        said: dict[str, int] = dict.fromkeys(IDS, 0)
        for number, (act, which) in enumerate(acts):
            job = jobs[which]
            if act == "wish":
                journal.wish(job.job_id, f"wish {number}")
                wishes[job.job_id] = f"wish {number}"
            elif act == "clear":
                journal.clear_wish(job.job_id)
                wishes.pop(job.job_id, None)
            elif act == "save":
                jobs[which] = job = replace(job, tries=number)
                journal.save_job(job, "note")
                said[job.job_id] += 1
            else:
                jobs[which] = job = replace(job, phase="renting", tries=number, label=f"up~{number}")
                journal.begin_rent(f"up~{number}", 1, "{}", None, job=job)
                said[job.job_id] += 1
        found: list[Job] = [replace(job, wish=wishes.get(job.job_id, "")) for job in jobs]
        assert list(journal.open_jobs()) == found
        assert journal.wishes() == {i: wishes[i] for i in IDS if i in wishes}
        assert {i: len(journal.job_events(i)) for i in IDS} == said
