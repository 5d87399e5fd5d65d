"""The host book as a file, and the ends of its verdicts."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.controller.hosts import one_plain_line
from vasttui.errors import ConfigError, UsageError
from vasttui.journal.records import HostNote
from vasttui.offers.book_file import BookEntry, read_book, write_book
from vasttui.offers.until import day_text, read_until

FILE = Path("book.yaml")
NOW = datetime(2026, 11, 22, 13, 50).astimezone().timestamp()

NOTES = st.builds(
    HostNote,
    host_id=st.integers(1, 2**53),
    verdict=st.sampled_from(["allow", "block", None]),
    note=st.text(max_size=80).map(one_plain_line),
    at=st.just(0.0),
    until=st.none() | st.integers(0, 4_000_000_000).map(float),
    favourite=st.booleans(),
    whose=st.sampled_from(["host", "machine"]),
)


def says_something(note: HostNote) -> bool:
    return bool(note.verdict or note.note or note.favourite) and (note.until is None or note.verdict is not None)


@given(st.lists(NOTES.filter(says_something), unique_by=lambda note: (note.whose, note.host_id), max_size=6))
def test_what_is_written_is_read_again(notes: list[HostNote]) -> None:
    read = [entry.merged(None) for entry in read_book(write_book(notes), FILE)]
    assert sorted(read, key=repr) == sorted(notes, key=repr)


@given(st.text(max_size=700))
def test_any_note_is_one_plain_line(text: str) -> None:
    note = one_plain_line(text)
    assert note == " ".join(note.split())
    assert len(note) <= 600
    assert note.isprintable()
    assert one_plain_line(note) == note


def test_an_entry_changes_what_it_names_and_nothing_else() -> None:
    before = HostNote(5, "block", "slow", 1.0, "fault", until=99.0, favourite=True)
    assert BookEntry("host", 5, {"note": "new"}).merged(before) == HostNote(5, "block", "new", 1.0, "fault", 99.0, True)
    allowed = BookEntry("host", 5, {"verdict": "allow"}).merged(before)
    assert (allowed.verdict, allowed.until, allowed.note) == ("allow", None, "slow"), "the end was the block's"


def test_every_mistake_is_named_with_its_line() -> None:
    text = "\n".join(
        [
            "hosts:",
            "  5: {verdikt: block, note: [1]}",
            "  x: {verdict: block}",
            "  6: {verdict: maybe}",
            "  7: {verdict: block, until: soon}",
            "  8: {until: 2027-01-01}",
            "  9: block",
            "  0x5: {}",
            "machine: {}",
            "machines: 7",
        ]
    )
    with pytest.raises(ConfigError) as caught:
        read_book(text, FILE)
    lines = caught.value.message.splitlines()
    assert [line.split(": ")[0] for line in lines] == [f"book.yaml:{n}" for n in (2, 2, 3, 4, 5, 6, 7, 8, 9, 10)]
    assert lines[0].endswith("hosts.5.verdikt: unknown key; did you mean verdict?")
    assert "did you mean machines?" in lines[8]


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [*a]",
        "hosts: {5: !!python/object/apply:os.system ['true']}",
        "[" * 5000,
        "hosts:\n\t5: {}",
        "hosts: {5: {note: 'a'}, 5: {note: 'b'}}",
        "hosts: {5: {note: 'a'}, 05: {note: 'b'}}",
        "hosts: {5: {verdict: block, until: 99999999999-01-01}}",
        "just words",
    ],
)
def test_a_hostile_file_is_one_clear_error(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^book\.yaml"):
        read_book(text, FILE)


@pytest.mark.parametrize("text", ["", "# nothing\n", "hosts:\n", "hosts: {}\nmachines:\n"])
def test_an_empty_book_is_no_mistake(text: str) -> None:
    assert read_book(text, FILE) == ()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7d", 7 * 86400), ("7 days", 7 * 86400), ("1 day", 86400), ("12h", 43200), ("90m", 5400), ("1d12h", 129600)],
)
def test_an_end_as_a_span(text: str, seconds: float) -> None:
    assert read_until(text, NOW) == NOW + seconds


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("2026-12-03", datetime(2026, 12, 3).astimezone()),
        ("2026-12-03 14:00", datetime(2026, 12, 3, 14).astimezone()),
        ("2026-12-03T14:00", datetime(2026, 12, 3, 14).astimezone()),
    ],
)
def test_an_end_as_a_moment(text: str, end: datetime) -> None:
    assert read_until(text, NOW) == end.timestamp()


def test_never_has_no_end() -> None:
    assert read_until("never", NOW) is read_until(" ", NOW) is None


@pytest.mark.parametrize("text", ["soon", "7", "-7d", "d", "99999d", "2026-13-01", "2020-01-01", "0d", "9" * 400, "²d"])
def test_what_is_no_end_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="until"):
        read_until(text, NOW)


@given(st.text(max_size=30))
def test_any_text_is_an_end_or_a_usage_error(text: str) -> None:
    try:
        until = read_until(text, NOW)
    except UsageError:
        return
    assert until is None or until > NOW


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 12, 3).astimezone(), "3 Dec"),
        (datetime(2026, 12, 3, 14, 5).astimezone(), "3 Dec"),
        (datetime(2026, 11, 23, 14, 5).astimezone(), "23 Nov 14:05"),
        (datetime(2026, 11, 23).astimezone(), "23 Nov"),
        (datetime(2027, 12, 3).astimezone(), "3 Dec 2027"),
    ],
)
def test_a_day_in_words(moment: datetime, text: str) -> None:
    assert day_text(moment.timestamp(), NOW) == text


def test_a_moment_that_no_calendar_has() -> None:
    assert day_text(1e300, NOW) == day_text(float("inf"), NOW) == "the end of time"
