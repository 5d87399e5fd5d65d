"""What each instance has cost: accumulated while we look, estimated over the time that we did not."""

from __future__ import annotations

from collections.abc import Iterable

from vasttui.api.models import Instance
from vasttui.instances.verdicts import hourly, spent
from vasttui.journal import Journal

WRITE_EVERY = 60.0
"""Seconds between two entries in the journal."""

BILLED_AT = "ledger.billed_at"


class Ledger:
    """Dollars by instance. Vast.ai's invoice is the truth; this is what the prices add up to."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._total = journal.spent_by_instance()
        billed_at = journal.recall(BILLED_AT)
        self._billed_at = billed_at if isinstance(billed_at, int | float) else None
        self._unwritten: dict[int, float] = {}
        self._seen: dict[int, tuple[float, float | None]] = {}
        self._written_at = 0.0

    def spent(self, instance_id: int) -> float | None:
        """Dollars so far; None when its price or age is unknown."""
        return self._total.get(instance_id)

    def listed(self, instances: Iterable[Instance], now: float) -> None:
        """Add what passed since the last listing, at the price that was in force."""
        for instance in instances:
            usd = self._since_last(instance, now)
            if usd is not None:
                self._add(instance.id, usd)
            self._seen[instance.id] = (now, hourly(instance))
        if now - self._written_at >= WRITE_EVERY:
            self.write(now)

    def _since_last(self, instance: Instance, now: float) -> float | None:
        """What is not counted yet; None when unknown."""
        if instance.id in self._seen:
            since, rate = self._seen[instance.id]
        elif instance.id in self._total and self._billed_at is not None:
            # Nobody looked: the price that is in force now is the best guess.
            since, rate = self._billed_at, hourly(instance)
        else:
            return spent(instance, now)
        return None if rate is None else rate * max(0.0, now - since) / 3600

    def _add(self, instance_id: int, usd: float) -> None:
        self._total[instance_id] = self._total.get(instance_id, 0.0) + usd
        self._unwritten[instance_id] = self._unwritten.get(instance_id, 0.0) + usd

    def write(self, now: float) -> None:
        """Enter what is not in the journal yet. Raises StorageError."""
        if not self._unwritten and self._billed_at is not None:
            return
        self._journal.bill_many(self._unwritten, now)
        self._journal.remember(BILLED_AT, now)
        self._unwritten = {}
        self._billed_at = self._written_at = now
