"""What our rentals taught: one record each, kept beyond their end."""

from __future__ import annotations

from dataclasses import replace

from vasttui.journal.money import Money
from vasttui.journal.records import RentalRecord

_SAVE = """
    INSERT INTO rentals (instance_id, host_id, machine_id, gpu, rented, ready, ended, failure, interruptions,
        promised_down, measured_down) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
    ON CONFLICT DO UPDATE SET host_id = COALESCE(?2, host_id), machine_id = COALESCE(?3, machine_id),
        gpu = CASE ?4 WHEN '' THEN gpu ELSE ?4 END, rented = MIN(rented, ?5),
        ready = COALESCE(MIN(ready, ?6), ready, ?6), ended = ?7, failure = ?8,
        interruptions = MAX(interruptions, ?9), promised_down = COALESCE(?10, promised_down),
        measured_down = COALESCE(MAX(measured_down, ?11), measured_down, ?11)
"""


class Lessons(Money):
    """The records of rentals; what each cost is in the ledger."""

    def save_rental(self, record: RentalRecord) -> None:
        """Enter a rental, or what is new of it; of what another program saw of it nothing is lost."""
        self._write(
            _SAVE,
            (
                record.instance_id, record.host_id, record.machine_id, record.gpu, record.rented, record.ready,
                record.ended, record.failure, record.interruptions, record.promised_down, record.measured_down,
            ),
        )  # fmt: skip

    def rental_records(self) -> tuple[RentalRecord, ...]:
        """All rentals, oldest first, with what they have cost so far."""
        spent = self.spent_by_instance()
        rows = self._read(
            "SELECT instance_id, host_id, machine_id, gpu, rented, ready, ended, failure, interruptions, promised_down,"
            " measured_down FROM rentals ORDER BY rented, instance_id"
        )
        return tuple(replace(RentalRecord(*row), spent=spent.get(row[0], 0.0)) for row in rows)

    def was_destroyed(self, instance_id: int) -> bool:
        """Whether a program of this journal asked for its end."""
        return bool(self._read("SELECT 1 FROM destroys WHERE instance_id = ?", (instance_id,)))
