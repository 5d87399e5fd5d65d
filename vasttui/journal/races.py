"""Boot races: rentals of which one stays. How each member stands is in its row: it runs, has lost, or has won."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from vasttui.journal.database import Database

RUNS, LOST, WON = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Race:
    """A race that is not decided.

    Attributes:
        at: when it began.
        labels: of its members, the first choice first.
    """

    race_id: int
    at: float
    labels: tuple[str, ...]


class Races(Database):
    """Begun before the first request of a member; decided once, by whichever program comes first."""

    def begin_race(self, labels: Sequence[str]) -> int:
        """Commit a race between rentals that will bear these labels. Returns its number."""
        now = self._clock()
        with self._writing() as db:
            number: int = db.execute("SELECT COALESCE(MAX(race_id), 0) + 1 FROM races").fetchone()[0]
            rows = [(number, label, now) for label in labels]
            db.executemany("INSERT INTO races (race_id, label, at) VALUES (?, ?, ?)", rows)
            return number

    def open_races(self) -> tuple[Race, ...]:
        """The races that are not decided, oldest first."""
        rows = self._read("SELECT race_id, at, label FROM races WHERE over = 0 ORDER BY race_id, rowid")
        found: dict[int, Race] = {}
        for number, at, label in rows:
            labels = (*found[number].labels, label) if number in found else (label,)
            found[number] = Race(number, at, labels)
        return tuple(found.values())

    def decide_race(self, race_id: int, winner: str | None, losers: Collection[int]) -> bool:
        """End a race: the winner's label stays, all others have lost.

        In the same commit the intents to destroy `losers`, the instances that are known by now, are written; those
        that turn up later are among `lost_instances`.

        Returns:
            False when it was decided already: nothing is written then.
        """
        now = self._clock()
        with self._writing() as db:
            done = db.execute(
                "UPDATE races SET over = CASE WHEN label = ? THEN ? ELSE ? END WHERE race_id = ? AND over = 0",
                (winner, WON, LOST, race_id),
            )
            if not done.rowcount:
                return False
            db.executemany(
                "INSERT INTO destroys VALUES (?, ?, NULL) ON CONFLICT DO NOTHING", [(i, now) for i in losers]
            )
            return True

    def lost_instances(self) -> tuple[int, ...]:
        """Instances of lost rentals that nobody has begun to destroy: their requests were settled after the race."""
        rows = self._read(
            "SELECT i.instance_id FROM races r JOIN intents i USING (label) WHERE r.over = 1"
            " AND i.instance_id IS NOT NULL"
            " AND NOT EXISTS (SELECT 1 FROM destroys d WHERE d.instance_id = i.instance_id)"
        )
        return tuple(row[0] for row in rows)

    def race_of(self, label: str) -> tuple[int, int] | None:
        """Number of the race that a rental takes part in, and how it stands (`RUNS`, `LOST`, `WON`); None for none."""
        rows = self._read("SELECT race_id, over FROM races WHERE label = ?", (label,))
        return (rows[0][0], rows[0][1]) if rows else None
