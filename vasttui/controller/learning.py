"""What each rental of ours teaches about its host: whether and when it got ready, and how it failed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from vasttui.controller.fleet import Fleet
from vasttui.controller.rentals import Rentals
from vasttui.errors import StorageError
from vasttui.instances.phases import Phase, has_ssh
from vasttui.instances.verdicts import Kind
from vasttui.journal import Journal
from vasttui.journal.records import HostFault, RentalRecord
from vasttui.offers.history import Histories, histories
from vasttui.snapshot import Box

STUCK = "stuck"
FAILED = "failed to start"
VANISHED = "vanished"

AGAIN_AFTER = 30.0
"""Seconds for which a journal that failed is left alone: it may take seconds to say no."""

ADD_UP_EVERY = 60.0
"""Seconds between two sums while a rental is there: what it costs goes on."""

FASTER = 1.1
"""How much faster than what is kept a download must be, to be worth a write."""

_BROKEN = frozenset({Phase.OUTBID, Phase.OFFLINE})


class Learning:
    """Follows our rentals from picture to picture; writes when something about one has changed.

    Args:
        fleet: knows what each has cost, and tells of a journal that cannot be written.
        received: the fastest that an instance was seen to receive, Mbit/s, None when not measured.
    """

    def __init__(
        self,
        journal: Journal,
        rentals: Rentals,
        fleet: Fleet,
        *,
        received: Callable[[int], float | None],
    ) -> None:
        self._journal = journal
        self._rentals = rentals
        self._fleet = fleet
        self._received = received
        self._records = {record.instance_id: record for record in journal.rental_records()}
        self._kept = dict(self._records)
        self._phases: dict[int, Phase] = {}
        self._open = {record.instance_id for record in self._records.values() if record.ended is None}
        self._unwritten: set[int] = set()
        self._not_before = 0.0
        self._added_up_at = 0.0
        self.histories: Histories = histories(self._records.values())
        """What is known by now; replaced when a record has changed."""

    def look(self, boxes: Collection[Box], now: float) -> None:
        """Learn from the instances as they are now; what is missing has ended.

        A journal that cannot be written is an alarm, and is left alone for `AGAIN_AFTER` seconds.
        """
        if now < self._not_before:
            return
        try:
            self._look(boxes, now)
        except StorageError as error:
            self._not_before = now + AGAIN_AFTER
            self._fleet.cannot_store(error)

    def _look(self, boxes: Collection[Box], now: float) -> None:
        changed = False
        for box in boxes:
            if box.ours:
                changed |= self._see(box, now)
        for gone in self._open - {box.id for box in boxes}:
            self._end(gone, now)
            changed = True
        if changed or (self._open and now - self._added_up_at >= ADD_UP_EVERY):
            self._add_up(now)
        for instance_id in tuple(self._unwritten):
            self._journal.save_rental(self._records[instance_id])
            self._kept[instance_id] = self._records[instance_id]
            self._unwritten.discard(instance_id)

    def _see(self, box: Box, now: float) -> bool:
        before = self._records.get(box.id) or begun(box, now)
        record = learned(before, box, self._phases.get(box.id), self._received(box.id))
        self._phases[box.id] = box.phase
        self._open.add(box.id)
        return self._take(record)

    def _end(self, instance_id: int, now: float) -> None:
        record = replace(self._records[instance_id], ended=now)
        if not record.failure:
            record = replace(record, failure=self._why(record, watched=instance_id in self._phases))
        self._phases.pop(instance_id, None)
        self._open.discard(instance_id)
        self._take(record)

    def _why(self, record: RentalRecord, *, watched: bool) -> str:
        """How a rental that has ended had failed, "" when it had not, or nobody knows."""
        if self._rentals.owners.get(record.instance_id):
            fault = blamed(record, self._journal.host_faults(record.rented))
            if fault:
                return fault
        destroyed = self._rentals.is_doomed(record.instance_id) or self._journal.was_destroyed(record.instance_id)
        return VANISHED if watched and record.ready is None and not destroyed else ""

    def _take(self, record: RentalRecord) -> bool:
        """Keep a record; whether it differs from the one before."""
        changed = record != self._records.get(record.instance_id)
        self._records[record.instance_id] = record
        if changed and worth_writing(record, self._kept.get(record.instance_id)):
            self._unwritten.add(record.instance_id)
        return changed

    def _add_up(self, now: float) -> None:
        for instance_id in self._open:
            spent = self._fleet.spent(instance_id)
            if spent is not None:
                self._records[instance_id] = replace(self._records[instance_id], spent=spent)
        self.histories = histories(self._records.values())
        self._added_up_at = now


def begun(box: Box, now: float) -> RentalRecord:
    """The record of a rental that is seen for the first time."""
    row = box.instance
    start = row.start_date if row.start_date is not None and 0 < row.start_date <= now else now
    return RentalRecord(box.id, row.host_id, row.machine_id, row.gpu_name or "", min(start, box.first_seen))


def learned(record: RentalRecord, box: Box, before: Phase | None, received: float | None) -> RentalRecord:
    """The record with what an instance shows now.

    It is ready when its SSH answers for the first time, without SSH when it runs; when that came about before anyone
    looked, it is not known whether and when it was. Stuck is what is over its limits and was never ready since.

    Args:
        before: the phase in which it was seen before, None when it was not.
        received: the fastest that it was seen to receive, Mbit/s.
    """
    row, phase = box.instance, box.phase
    up = phase is Phase.READY or (phase is Phase.RUNNING and not has_ssh(row))
    ready, failure = record.ready, record.failure
    if ready is None and up and box.seen_start:
        ready = max(record.rented, box.phase_since)
        failure = "" if failure == STUCK else failure
    elif phase is Phase.FAILED:
        failure = failure or FAILED
    elif ready is None and any(verdict.kind is Kind.LONG for verdict in box.verdicts):
        failure = failure or STUCK
    # What was so when it was first looked at may have been counted by an earlier program.
    broke = phase in _BROKEN and before not in _BROKEN and (before is not None or not record.interruptions)
    fastest = [rate for rate in (record.measured_down, received) if rate is not None]
    return replace(
        record,
        host_id=record.host_id if row.host_id is None else row.host_id,
        machine_id=record.machine_id if row.machine_id is None else row.machine_id,
        gpu=record.gpu or row.gpu_name or "",
        ready=ready,
        ended=None,
        failure="" if failure == VANISHED else failure,
        interruptions=record.interruptions + broke,
        promised_down=row.inet_down if record.promised_down is None else record.promised_down,
        measured_down=max(fastest, default=None),
    )


def blamed(record: RentalRecord, faults: Iterable[HostFault]) -> str:
    """The class of the fault that a job found with the rental's machine while it had it, "" for none."""
    ended = record.ended if record.ended is not None else float("inf")
    found = (f for f in faults if f.machine_id == record.machine_id and record.rented <= f.at <= ended)
    return next((fault.failure for fault in found if fault.machine_id is not None), "")


def worth_writing(record: RentalRecord, kept: RentalRecord | None) -> bool:
    """Whether the journal should have it: a download that is only a little faster can wait for the next change."""
    if kept is None or record.ended != kept.ended:
        return True
    if record.measured_down is not None and record.measured_down > FASTER * (kept.measured_down or 0.0):
        return True
    return replace(record, measured_down=None, spent=0.0) != replace(kept, measured_down=None, spent=0.0)
