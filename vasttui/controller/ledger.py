"""What each instance has cost: accumulated while we look, estimated over the time that we did not, and settled by
what Vast.ai charges.

An estimate is price times time. It leaves out bandwidth (a charge per byte, which can outweigh the GPU) and knows
nothing of a price that changed while nobody looked. Vast.ai posts its charges late, and by the day; until one is
final the larger of charge and estimate counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from vasttui.api.client import VastClient
from vasttui.api.models import Instance
from vasttui.instances.verdicts import hourly, spent
from vasttui.journal import Bill, Charge, Journal, LedgerRow

WRITE_EVERY = 60.0
"""Seconds between two entries in the journal."""

DAY = 86_400.0

END_SLACK = 60.0
"""Seconds by which a charge may end before the last listing that showed the instance."""

POSTED_AFTER = 25 * 3600.0
"""Seconds after an instance's end after which its charges are taken to be complete: a day's are posted by then."""

UNLISTED = 600.0
"""Seconds after which an instance that no listing ever showed counts as gone."""

GIVE_UP = 14 * DAY
"""Seconds after an instance's end after which its charges are no longer asked for."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What Vast.ai says of the days since `since`.

    Attributes:
        since: beginning of the first day, epoch seconds.
        at: when it was asked for.
        charges: $ and how far they reach (None when not told), by instance.
        whole: no row was unreadable.
    """

    since: float
    at: float
    charges: Mapping[int, tuple[float, float | None]]
    whole: bool = True


async def fetch_charges(client: VastClient, since: float, now: float) -> Statement:
    """Ask what instances, there or gone, have cost from the day of `since` to now. Raises what a read raises."""
    begin = since - since % DAY
    rows = await client.charges(begin, now)
    usd: dict[int, float] = defaultdict(float)
    ends: dict[int, float | None] = {}
    for row in rows.items:
        usd[row.id] += row.amount or 0.0
        ends[row.id] = max((end for end in (ends.get(row.id), row.end) if end is not None), default=None)
    unreadable = {row.id for row in rows.items if row.amount is None}
    told = {instance_id: (usd[instance_id], ends[instance_id]) for instance_id in usd.keys() - unreadable}
    return Statement(begin, now, told, whole=not rows.skipped)


class Ledger:
    """Dollars by instance. Several programs on one journal do not bill the same time twice."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._estimate = journal.estimates()
        self._charges = journal.charges()
        self._billed = {row.instance_id: row.last_seen for row in journal.ledger() if row.last_seen is not None}
        self._unwritten: dict[int, Bill] = {}
        self._seen: dict[int, tuple[float, float | None]] = {}
        self._present: frozenset[int] | None = None
        self._gone: dict[int, float] = {}
        self._written_at = 0.0

    def spent(self, instance_id: int) -> float | None:
        """Dollars so far; None when its price or age is unknown."""
        estimate, charge = self._estimate.get(instance_id), self._charges.get(instance_id)
        if charge is None:
            return estimate
        return charge.usd if charge.final else max(charge.usd, estimate or 0.0)

    def listed(self, instances: Iterable[Instance], now: float, *, whole: bool = True) -> None:
        """Add what passed since the last listing, at the price that was in force.

        Args:
            whole: no row was unreadable, so that what is missing is gone.
        """
        rows = tuple(instances)
        for instance in rows:
            since, usd = self._since_last(instance, now)
            if usd is not None:
                self._add(Bill(instance.id, usd, since, now))
            self._seen[instance.id] = (now, hourly(instance))
        self._miss(frozenset(row.id for row in rows), now, whole=whole)
        if now - self._written_at >= WRITE_EVERY:
            self.write(now)

    def _miss(self, ids: frozenset[int], now: float, *, whole: bool) -> None:
        for back in self._gone.keys() & ids:
            del self._gone[back]
        if not whole:
            self._present = ids | (self._present or frozenset())
            return
        for instance_id in self._seen.keys() - ids:
            self._gone[instance_id] = now
            self._billed[instance_id] = self._seen.pop(instance_id)[0]
        self._present = ids

    def _since_last(self, instance: Instance, now: float) -> tuple[float | None, float | None]:
        """Since when it is not counted yet, and what that is; None for what is unknown."""
        since, rate = self._seen.get(instance.id, (None, None))
        if since is None:
            # Nobody looked: the price that is in force now is the best guess.
            since, rate = self._billed.get(instance.id), hourly(instance)
        if since is None:
            return instance.start_date, spent(instance, now)
        return since, None if rate is None else rate * max(0.0, now - since) / 3600

    def _add(self, bill: Bill) -> None:
        self._estimate[bill.instance_id] = self._estimate.get(bill.instance_id, 0.0) + bill.usd
        before = self._unwritten.get(bill.instance_id)
        if before is not None:
            bill = replace(bill, usd=before.usd + bill.usd, since=before.since)
        self._unwritten[bill.instance_id] = bill

    def write(self, now: float) -> None:
        """Enter what is not in the journal yet. Raises StorageError."""
        if self._unwritten:
            self._journal.bill_many(self._unwritten.values())
            self._unwritten = {}
        self._written_at = now

    # What Vast.ai says

    def unsettled_since(self, now: float) -> float | None:
        """Since when charges must be asked for, so that all that are open are told whole; None when none is open."""
        open_rows = [row for row in self._journal.unsettled_charges() if now - _last_alive(row) < GIVE_UP]
        return min((row.first_seen for row in open_rows), default=None)

    def settle(self, statement: Statement) -> None:
        """Take over what Vast.ai charged. What began before the statement does is told in part, and left out."""
        found = []
        for row in self._journal.unsettled_charges():
            told = statement.charges.get(row.instance_id)
            if told is None or row.first_seen < statement.since:
                continue
            usd, until = told
            final = statement.whole and self._is_over(row, statement.at) and _is_complete(row, until, statement.at)
            charge = Charge(row.instance_id, usd, until, statement.at, final)
            before = self._charges.get(row.instance_id)
            if before is None or replace(charge, at=before.at) != before:
                found.append(charge)
        if found:
            self._journal.settle_charges(found)
            self._charges |= {charge.instance_id: charge for charge in found}

    def _is_over(self, row: LedgerRow, asked_at: float) -> bool:
        """Whether the instance was seen to be gone before that moment."""
        if self._present is None or row.instance_id in self._present:
            return False
        gone_at = self._gone.get(row.instance_id)
        if gone_at is not None:
            return gone_at <= asked_at
        return row.last_seen is not None or asked_at - row.first_seen >= UNLISTED


def _last_alive(row: LedgerRow) -> float:
    return row.first_seen if row.last_seen is None else row.last_seen


def _is_complete(row: LedgerRow, until: float | None, asked_at: float) -> bool:
    """Whether the charges of an instance that is gone reach its end.

    Vast.ai's reach to the beginning of a day (vast-ai/docs, show_charges.yaml), and that day's are posted late.
    """
    end = _last_alive(row)
    if until is None or until + DAY < end:
        return False
    return until >= end - END_SLACK or asked_at - end >= POSTED_AFTER


def enter(journal: Journal, row: Instance, now: float) -> None:
    """Enter an instance in the journal's ledger, from its beginning. Raises StorageError."""
    gpu = f"{row.num_gpus or '?'}×{row.gpu_name or '?'}"
    begun = row.start_date if row.start_date is not None and 0 < row.start_date < now else now
    journal.record_instance(row.id, row.label, gpu, row.dph_total, begun, None, row.host_id)


async def settle_now(client: VastClient, journal: Journal, clock: Callable[[], float]) -> None:
    """List the instances and take over what Vast.ai charged. Raises what a read raises, and StorageError."""
    ledger, rows = Ledger(journal), await client.instances()
    ledger.listed(rows.items, clock(), whole=not rows.skipped)
    for row in rows.items:
        enter(journal, row, clock())
    now = clock()
    since = ledger.unsettled_since(now)
    if since is not None:
        ledger.settle(await fetch_charges(client, since, now))
