"""What our own rentals add up to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.api.models import Offer
from vasttui.journal.records import RentalRecord
from vasttui.offers.history import History, everything, histories
from vasttui.offers.hosts import Book, Page

GOOD = RentalRecord(1, 5, 50, "RTX 4090", 1000.0, ready=1090.0, ended=5000.0, spent=1.5)
FAILED = replace(GOOD, instance_id=2, rented=2000.0, ready=None, failure="stuck", spent=0.1)
CUT_OFF = replace(GOOD, instance_id=3, rented=3000.0, ready=3200.0, interruptions=2, spent=2.0)
GIVEN_UP = replace(GOOD, instance_id=4, ready=None, spent=0.01)
BOOTING = replace(GOOD, instance_id=5, ready=None, ended=None, rented=9000.0, spent=0.0)

RECORDS = st.lists(
    st.builds(
        RentalRecord,
        instance_id=st.integers(1, 99),
        host_id=st.none() | st.integers(1, 3),
        machine_id=st.none() | st.integers(1, 3),
        gpu=st.just("RTX 4090"),
        rented=st.floats(0, 1e9),
        ready=st.none() | st.floats(1e9, 2e9),
        failure=st.sampled_from(["", "stuck", "vanished"]),
        interruptions=st.integers(0, 3),
        promised_down=st.none() | st.floats(0, 1e4),
        measured_down=st.none() | st.floats(0, 1e4),
        spent=st.floats(0, 1e3),
    ),
    max_size=12,
)


def of(*records: RentalRecord) -> History:
    return histories(records).hosts[5]


def test_rentals_of_a_host_add_up() -> None:
    past = of(GOOD, FAILED, CUT_OFF, GIVEN_UP, BOOTING)
    assert (past.rentals, past.boots, past.boot_median) == (5, 2, 145.0)
    assert (past.failures, past.interruptions) == ({"stuck": 1}, 2)
    assert (past.good, past.bad, past.last) == (1, 2, 9000.0)
    assert past.spent == pytest.approx(3.61)
    assert past.words == "1 ok, 1 failed, 1 cut off"


@pytest.mark.parametrize(
    ("records", "words", "score"),
    [
        ((GOOD,), "1 ok", 2 / 3),
        ((FAILED,), "1 failed", 1 / 3),
        ((CUT_OFF,), "1 cut off", 1 / 3),
        ((BOOTING,), "1 rented", 1 / 2),
        ((GOOD,) * 8, "8 ok", 9 / 10),
    ],
)
def test_words_and_score(records: tuple[RentalRecord, ...], words: str, score: float) -> None:
    past = of(*records)
    assert past.words == words
    assert past.score == pytest.approx(score)


def test_without_a_rental_there_is_nothing_to_say() -> None:
    assert (History().words, History().score) == ("", None)


def test_speeds_are_compared_where_both_are_known() -> None:
    def record(promised: float | None, measured: float | None) -> RentalRecord:
        return replace(GOOD, promised_down=promised, measured_down=measured)

    past = of(record(1000.0, 800.0), record(600.0, None), record(None, 50.0), record(2000.0, 900.0))
    assert (past.promised_down, past.measured_down) == (1500.0, 850.0)
    assert of(record(1000.0, None)).measured_down is None


def test_an_offer_s_machine_counts_before_its_host() -> None:
    known = histories([GOOD, replace(FAILED, machine_id=51)])
    assert known.of(Offer(id=1, host_id=5, machine_id=50)) is known.machines[50]
    assert known.of(Offer(id=1, host_id=5, machine_id=99)) is known.hosts[5]
    assert known.of(Offer(id=1, host_id=6)) is None
    assert known.of(Offer(id=1)) is None


def test_everything_has_what_is_written_and_what_was_rented() -> None:
    book = Book({("host", 9): Page("host", 9, "block"), ("host", 5): Page("host", 5, note="nice")})
    rows = [(page.whose, page.id, page.note, past.rentals) for page, past in everything(book, histories([GOOD]))]
    assert rows == [("host", 5, "nice", 1), ("host", 9, "", 0), ("machine", 50, "", 1)]


@given(RECORDS)
def test_no_rental_is_lost_and_a_score_is_a_share(records: list[RentalRecord]) -> None:
    known = histories(records)
    assert sum(past.rentals for past in known.hosts.values()) == sum(r.host_id is not None for r in records)
    for past in (*known.hosts.values(), *known.machines.values()):
        assert past.score is not None
        assert 0 < past.score < 1
        assert past.good + past.bad <= past.rentals
        assert past.good <= past.boots <= past.rentals
        assert past.words


@given(RECORDS, st.booleans())
def test_one_more_good_rental_raises_the_score_and_one_more_bad_one_lowers_it(
    records: list[RentalRecord], well: bool
) -> None:
    mine = [replace(record, host_id=5) for record in records]
    before = histories(mine).hosts.get(5, History(rentals=1)).score
    after = of(*mine, GOOD if well else FAILED)
    assert before is not None
    assert after.score is not None
    assert after.score > before if well else after.score < before


@given(st.integers(0, 50), st.integers(0, 50))
def test_few_rentals_say_little(good: int, bad: int) -> None:
    few, many = History(1, good=good, bad=bad).score, History(1, good=10 * good, bad=10 * bad).score
    assert few is not None
    assert many is not None
    assert abs(few - 0.5) <= abs(many - 0.5)
