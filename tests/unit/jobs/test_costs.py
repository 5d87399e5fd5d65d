"""What was spent, put together; no cent is lost or told twice, whichever way."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.jobs.costs import CostLine, by_day, by_host, by_job, by_label, total
from vasttui.journal import JobSpan, LedgerRow

H = 3600.0


def row(number: int, spent: float, *, label: str | None = None, settled: bool = False, hours: float = 2.0) -> LedgerRow:
    return LedgerRow(number, label, None, 0.5, 0.0, None, spent, 7, hours * H, settled)


ROWS = (
    row(1, 1.0, label="up~aaaaaaaa", settled=True),
    row(2, 2.0, label="up~bbbbbbbb"),
    row(3, 5.0, settled=True),
    LedgerRow(4, "lost~aaaaaaaa", None, None, 50.0, None, 0.0),
)


def test_by_label_the_dearest_first() -> None:
    assert by_label(ROWS) == (
        CostLine("(no label)", 5.0, 2.0, 1, "settled"),
        CostLine("up", 3.0, 4.0, 2, "partly"),
        CostLine("lost", 0.0, 0.0, 1, "estimated"),
    )
    assert total(ROWS) == CostLine("total", 8.0, 6.0, 4, "partly")
    assert total(()) == CostLine("total", 0.0, 0.0, 0, "")


def test_by_host() -> None:
    assert by_host(ROWS) == (CostLine("7", 8.0, 6.0, 3, "partly"), CostLine("(unknown)", 0.0, 0.0, 1, "estimated"))


def test_jobs_that_took_turns_on_an_instance_share_it_by_time() -> None:
    spans = (
        JobSpan(1, "j1", 10.0, 10.0), JobSpan(1, "j1", 20.0, 0.5 * H), JobSpan(1, "j2", 0.5 * H, 2 * H),
        JobSpan(2, "j1", 0.0, 9.0), JobSpan(4, "j3", 50.0, 50.0), JobSpan(4, "j4", 50.0, 50.0),
    )  # fmt: skip
    assert by_job(ROWS, spans) == (
        CostLine("(no job)", 5.0, 2.0, 1, "settled"),
        CostLine("j1", 2.25, 2.5, 2, "partly"),
        CostLine("j2", 0.75, 1.5, 1, "settled"),
        CostLine("j3", 0.0, 0.0, 1, "estimated"),
        CostLine("j4", 0.0, 0.0, 1, "estimated"),
    )


def test_by_day_the_oldest_first_with_the_hours_of_that_day() -> None:
    begin = datetime(2026, 3, 1, 22, tzinfo=UTC).timestamp()
    box = LedgerRow(1, None, None, 1.0, begin, None, 4.0, None, begin + 5 * H, True)
    lines = by_day([box], [(1, "2026-03-02", 3.0), (1, "2026-03-01", 1.0), (9, "2026-03-02", 0.5)])
    assert lines == (
        CostLine("2026-03-01", 1.0, 2.0, 1, "settled"),
        CostLine("2026-03-02", 3.5, 3.0, 2, "partly"),
    )


@given(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from("abcd"), st.floats(0, 1e5)), max_size=20),
    st.lists(st.floats(0, 1e4), min_size=6, max_size=6),
)
def test_every_cent_is_some_jobs_or_nobodys(turns: list[tuple[int, str, float]], spent: list[float]) -> None:
    rows = [row(number, usd) for number, usd in enumerate(spent)]
    spans = [JobSpan(number, job, began, began) for number, job, began in turns]
    lines = by_job(rows, spans)
    assert math.isclose(math.fsum(line.usd for line in lines), math.fsum(spent), abs_tol=1e-6)
    assert math.fsum(line.hours for line in lines) == pytest.approx(12.0)
