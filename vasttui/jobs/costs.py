"""What was spent, put together by label, job, host or day. Pure; $ and hours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from vasttui.jobs.rental import plain_label
from vasttui.journal import JobSpan, LedgerRow

STATES = {
    frozenset((True,)): "settled",
    frozenset((False,)): "estimated",
    frozenset((True, False)): "partly",
    frozenset[bool](): "",
}
"""What a sum is called whose instances are all settled, none of them, some of them; "" for a sum of nothing."""


@dataclass(frozen=True, slots=True)
class CostLine:
    """A sum.

    Attributes:
        what: the label, job, host or day.
        usd: $.
        hours: of all instances together, from when each was there to when it was last seen.
        instances: how many had a part in it.
        state: "settled" by what Vast.ai charged, "estimated" by price and time, "partly" settled, or "".
    """

    what: str
    usd: float
    hours: float
    instances: int
    state: str


@dataclass
class _Sum:
    usd: float = 0.0
    hours: float = 0.0
    settled: dict[int, bool] = field(default_factory=dict)

    def add(self, row: LedgerRow, usd: float, hours: float) -> None:
        self.usd += usd
        self.hours += hours
        self.settled[row.instance_id] = row.settled

    def line(self, what: str) -> CostLine:
        state = STATES[frozenset(self.settled.values())]
        return CostLine(what, self.usd, self.hours, len(self.settled), state)


def total(rows: Iterable[LedgerRow]) -> CostLine:
    """All together."""
    whole = _Sum()
    for row in rows:
        whole.add(row, row.spent, _hours(row))
    return whole.line("total")


def by_label(rows: Iterable[LedgerRow]) -> tuple[CostLine, ...]:
    """By label as the user gave it, the dearest first."""
    return _dearest_first((row, plain_label(row.label) or "(no label)", 1.0) for row in rows)


def by_host(rows: Iterable[LedgerRow]) -> tuple[CostLine, ...]:
    """By host id, the dearest first."""
    return _dearest_first((row, "(unknown)" if row.host_id is None else str(row.host_id), 1.0) for row in rows)


def by_job(rows: Iterable[LedgerRow], spans: Sequence[JobSpan]) -> tuple[CostLine, ...]:
    """By job, the dearest first. Where jobs took turns on an instance, each pays from its turn to the next."""
    turns: dict[int, dict[str, float]] = defaultdict(dict)
    for span in spans:
        began = turns[span.instance_id].get(span.job_id, span.began)
        turns[span.instance_id][span.job_id] = min(began, span.began)
    return _dearest_first(
        (row, job_id, share) for row in rows for job_id, share in _shares(row, turns[row.instance_id]).items()
    )


def by_day(rows: Iterable[LedgerRow], bills: Iterable[tuple[int, str, float]]) -> tuple[CostLine, ...]:
    """By UTC day, the oldest first.

    Args:
        bills: instance, day and $.
    """
    known = {row.instance_id: row for row in rows}
    sums: dict[str, _Sum] = defaultdict(_Sum)
    for instance_id, day, usd in bills:
        row = known.get(instance_id) or LedgerRow(instance_id, None, None, None, 0.0, None, usd)
        sums[day].add(row, usd, _hours_on(row, day))
    return tuple(sums[day].line(day) for day in sorted(sums))


def _dearest_first(parts: Iterable[tuple[LedgerRow, str, float]]) -> tuple[CostLine, ...]:
    sums: dict[str, _Sum] = defaultdict(_Sum)
    for row, what, share in parts:
        sums[what].add(row, row.spent * share, _hours(row) * share)
    return tuple(sorted((found.line(what) for what, found in sums.items()), key=lambda line: (-line.usd, line.what)))


def _shares(row: LedgerRow, turns: dict[str, float]) -> dict[str, float]:
    """The part of an instance that each job pays; what was before the first turn is the first one's."""
    if not turns:
        return {"(no job)": 1.0}
    order = sorted(turns, key=lambda job_id: turns[job_id])
    begins = [row.first_seen, *(turns[job_id] for job_id in order[1:])]
    ends = [*begins[1:], max(row.last_seen or 0.0, begins[-1])]
    spent = [max(0.0, end - begin) for begin, end in zip(begins, ends, strict=True)]
    whole = sum(spent)
    return {job_id: part / whole if whole else 1 / len(order) for job_id, part in zip(order, spent, strict=True)}


def _hours(row: LedgerRow) -> float:
    return 0.0 if row.last_seen is None else max(0.0, row.last_seen - row.first_seen) / 3600


def _hours_on(row: LedgerRow, day: str) -> float:
    if row.last_seen is None:
        return 0.0
    begin = datetime.combine(date.fromisoformat(day), time(), UTC)
    end = begin + timedelta(days=1)
    return max(0.0, min(row.last_seen, end.timestamp()) - max(row.first_seen, begin.timestamp())) / 3600
