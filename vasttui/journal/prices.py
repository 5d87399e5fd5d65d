"""What the market cost: a sample of each GPU model and of each machine now and then, the oldest forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from vasttui.journal.database import Database
from vasttui.journal.records import PriceSample

MODEL_EVERY = 600.0
"""Seconds between two samples of one model."""

MACHINE_EVERY = 1800.0
"""Seconds between two samples of one machine."""

MOST_MODELS = 50_000
MOST_MACHINES = 200_000
"""Samples that are kept in all."""

SLICE = 2_000
"""Old samples that are forgotten at one write, so that none takes long."""

_ADD_MODEL = """
    INSERT INTO model_prices (gpu, type, at, offers, low, q1, median, q3)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
    WHERE NOT EXISTS (
        SELECT 1 FROM model_prices WHERE gpu = ?1 AND type = ?2 AND at > ?3 - ?9 AND at < ?3 + ?9)
"""
_ADD_MACHINE = """
    INSERT INTO machine_prices (machine_id, type, at, price)
    SELECT ?1, ?2, ?3, ?4
    WHERE NOT EXISTS (
        SELECT 1 FROM machine_prices WHERE machine_id = ?1 AND type = ?2 AND at > ?3 - ?5 AND at < ?3 + ?5)
"""


class PriceSamples(Database):
    """Samples of searches. Two programs that sample at the same time keep one sample."""

    def add_prices(
        self,
        models: Iterable[PriceSample],
        machines: Mapping[int, float],
        type: str,  # noqa: A002 - the API's own name
        at: float,
    ) -> None:
        """Keep samples of models, and of machines ($ per GPU and hour), in one commit; too early ones are left out."""
        with self._writing() as db:
            db.executemany(
                _ADD_MODEL,
                [
                    (row.gpu, row.type, row.at, row.offers, row.low, row.q1, row.median, row.q3, MODEL_EVERY)
                    for row in models
                ],
            )
            db.executemany(
                _ADD_MACHINE, [(machine, type, at, price, MACHINE_EVERY) for machine, price in machines.items()]
            )
            # Row ids grow with time, so the oldest are found without a search.
            for table, most in (("model_prices", MOST_MODELS), ("machine_prices", MOST_MACHINES)):
                db.execute(
                    f"DELETE FROM {table} WHERE id <= (SELECT MAX(id) FROM {table}) - ?1"
                    f" AND id < (SELECT MIN(id) FROM {table}) + ?2",
                    (most, SLICE),
                )

    def model_prices(self, gpu: str, type: str, most: int) -> tuple[PriceSample, ...]:  # noqa: A002 - the API's name
        """The last samples of a model, oldest first."""
        rows = self._read(
            "SELECT gpu, type, at, offers, low, q1, median, q3 FROM model_prices WHERE gpu = ? AND type = ?"
            " ORDER BY at DESC LIMIT ?",
            (gpu, type, most),
        )
        return tuple(PriceSample(*row) for row in reversed(rows))

    def machine_prices(self, machine_id: int, type: str, most: int) -> tuple[tuple[float, float], ...]:  # noqa: A002
        """The last samples of a machine as (time, $ per GPU and hour), oldest first."""
        rows = self._read(
            "SELECT at, price FROM machine_prices WHERE machine_id = ? AND type = ? ORDER BY at DESC LIMIT ?",
            (machine_id, type, most),
        )
        return tuple((row[0], row[1]) for row in reversed(rows))
