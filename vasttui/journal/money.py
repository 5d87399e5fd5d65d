"""What instances cost: estimates by day while we look, and what Vast.ai says that they cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from vasttui.journal.database import Database
from vasttui.journal.records import Bill, Charge, JobSpan, LedgerRow

# What Vast.ai says counts once it is final. Before, it comes late, and the larger figure is the safer one.
_COSTS = """
    WITH estimated AS (SELECT instance_id, SUM(usd) AS usd FROM bills GROUP BY instance_id),
    known AS (SELECT instance_id FROM estimated UNION SELECT instance_id FROM charges),
    total AS (
        SELECT instance_id, COALESCE(e.usd, 0.0) AS estimate,
            CASE WHEN c.final THEN c.usd ELSE MAX(COALESCE(c.usd, 0.0), COALESCE(e.usd, 0.0)) END AS usd
        FROM known LEFT JOIN estimated e USING (instance_id) LEFT JOIN charges c USING (instance_id)),
    costs AS (
        SELECT b.instance_id, b.day, b.usd * t.usd / t.estimate AS usd
            FROM bills b JOIN total t USING (instance_id) WHERE t.estimate > 0
        UNION ALL
        SELECT t.instance_id, date(COALESCE(c.until, c.at), 'unixepoch'), t.usd
            FROM total t JOIN charges c USING (instance_id) WHERE t.estimate <= 0)
"""
_LEDGER = """
    SELECT l.instance_id, l.label, l.gpu, l.dph, l.first_seen, l.offer_id, COALESCE(t.usd, 0.0), l.host_id,
        l.last_seen, COALESCE(c.final, 0)
    FROM ledger l LEFT JOIN total t USING (instance_id) LEFT JOIN charges c USING (instance_id)
"""


class Money(Database):
    """The ledger of instances. Bandwidth is only in what Vast.ai says, not in the estimates."""

    def record_instance(
        self,
        instance_id: int,
        label: str | None,
        gpu: str | None,
        dph: float | None,
        first_seen: float,
        offer_id: int | None = None,
        host_id: int | None = None,
    ) -> None:
        """Enter an instance; entering it again fills what was unknown and follows its label and price."""
        self._write(
            "INSERT INTO ledger (instance_id, label, gpu, dph, first_seen, offer_id, host_id)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " label = COALESCE(excluded.label, label), gpu = COALESCE(excluded.gpu, gpu),"
            " dph = COALESCE(excluded.dph, dph), first_seen = MIN(first_seen, excluded.first_seen),"
            " offer_id = COALESCE(offer_id, excluded.offer_id), host_id = COALESCE(host_id, excluded.host_id)",
            (instance_id, label, gpu, dph, first_seen, offer_id, host_id),
        )

    def bill(self, instance_id: int, usd: float, when: float) -> None:
        """Add to what the instance is estimated to have cost, on the day (UTC) of `when`."""
        self.bill_many([Bill(instance_id, usd, None, when)])

    def bill_many(self, bills: Iterable[Bill]) -> None:
        """Add to what several instances are estimated to have cost, in one commit.

        Of a time that was billed before, by another program that watches the same instances, nothing is added.
        """
        with self._writing() as db:
            for bill in bills:
                key = (bill.instance_id,)
                row = db.execute("SELECT last_seen FROM ledger WHERE instance_id = ?", key).fetchone()
                day = datetime.fromtimestamp(bill.until, UTC).date().isoformat()
                db.execute(
                    "INSERT INTO bills VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET usd = usd + excluded.usd",
                    (bill.instance_id, day, bill.usd * _unbilled(bill, row[0] if row else None)),
                )
                db.execute(
                    "INSERT INTO ledger (instance_id, first_seen, last_seen) VALUES (?1, COALESCE(?2, ?3), ?3)"
                    " ON CONFLICT DO UPDATE SET last_seen = MAX(COALESCE(last_seen, 0), ?3)",
                    (bill.instance_id, bill.since, bill.until),
                )

    def settle_charge(
        self, instance_id: int, usd: float, at: float, *, until: float | None = None, final: bool = True
    ) -> None:
        """Enter what Vast.ai says that an instance has cost in all.

        Args:
            usd: $ for the whole of its life so far, bandwidth included.
            at: when Vast.ai said so.
            until: how far the charge reaches, None when not told.
            final: nothing is added any more. Until then the larger of this and the estimate counts.
        """
        self.settle_charges([Charge(instance_id, usd, until, at, final)])

    def settle_charges(self, charges: Iterable[Charge]) -> None:
        """Enter what Vast.ai says of several instances, in one commit."""
        with self._writing() as db:
            db.executemany(
                "INSERT OR REPLACE INTO charges VALUES (?, ?, ?, ?, ?)",
                [(c.instance_id, c.usd, c.until, c.at, c.final) for c in charges],
            )

    def charges(self) -> dict[int, Charge]:
        """What Vast.ai said last, by instance."""
        rows = self._read("SELECT instance_id, usd, until, at, final FROM charges")
        return {row[0]: replace(Charge(*row), final=bool(row[4])) for row in rows}

    def unsettled_charges(self) -> tuple[LedgerRow, ...]:
        """Instances, there or gone, whose final cost Vast.ai has not told yet, oldest first."""
        rows = self._read(f"{_COSTS} {_LEDGER} WHERE NOT COALESCE(c.final, 0) ORDER BY first_seen")
        return tuple(map(_ledger_row, rows))

    def estimates(self) -> dict[int, float]:
        """What the prices add up to, $, by instance, whatever Vast.ai says."""
        return dict(self._read("SELECT instance_id, SUM(usd) FROM bills GROUP BY instance_id"))

    def spent_by_instance(self) -> dict[int, float]:
        """What was spent so far, $, by instance."""
        return dict(self._read(f"{_COSTS} SELECT instance_id, SUM(usd) FROM costs GROUP BY instance_id"))

    def spent_by_day(self) -> dict[str, float]:
        """What was spent so far, $, by UTC day "YYYY-MM-DD", oldest first.

        What Vast.ai says of an instance is spread over its days as the estimates are.
        """
        return dict(self._read(f"{_COSTS} SELECT day, SUM(usd) FROM costs GROUP BY day ORDER BY day"))

    def spent_by_instance_and_day(self) -> tuple[tuple[int, str, float], ...]:
        """Instance, UTC day and $, by day."""
        return tuple(self._read(f"{_COSTS} SELECT instance_id, day, usd FROM costs ORDER BY day, instance_id"))

    def ledger(self) -> tuple[LedgerRow, ...]:
        """All instances ever entered, oldest first."""
        return tuple(map(_ledger_row, self._read(f"{_COSTS} {_LEDGER} ORDER BY first_seen")))

    def job_spans(self) -> tuple[JobSpan, ...]:
        """Which job had which instance, from when to when, by instance and time."""
        rows = self._read(
            "SELECT e.instance_id, j.job_id, MIN(e.at), MAX(e.at) FROM job_events e JOIN jobs j ON j.id = e.job"
            " WHERE e.instance_id IS NOT NULL GROUP BY e.instance_id, j.id"
            " UNION ALL SELECT i.instance_id, i.job_id, i.at, i.at FROM intents i"
            " WHERE i.instance_id IS NOT NULL AND i.job_id != '' ORDER BY 1, 3"
        )
        return tuple(JobSpan(*row) for row in rows)


def _unbilled(bill: Bill, billed: float | None) -> float:
    """The share of a bill's time that lies after what was billed before."""
    if bill.since is None or billed is None or billed <= bill.since:
        return 1.0
    return max(0.0, bill.until - billed) / (bill.until - bill.since) if bill.until > bill.since else 0.0


def _ledger_row(row: tuple[Any, ...]) -> LedgerRow:
    return replace(LedgerRow(*row), settled=bool(row[9]))
