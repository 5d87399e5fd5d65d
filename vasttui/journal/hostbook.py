"""The host book: what the user thinks of hosts and machines, and which of our rentals they failed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from vasttui.journal.database import Database, one_line
from vasttui.journal.records import HostFault, HostNote, Whose

_LAST_FAULTS = """
    SELECT host_id, MAX(at), COUNT(*), failure, reason FROM host_faults WHERE host_id IS NOT NULL GROUP BY host_id
"""
_TABLES: dict[Whose, tuple[str, str]] = {"host": ("hosts", "host_id"), "machine": ("machines", "machine_id")}


class HostPages(Database):
    """What is written of hosts and machines. A fault never touches the user's verdict or words."""

    def set_host(
        self,
        host_id: int,
        verdict: str | None,
        note: str | None = None,
        *,
        whose: Whose = "host",
        until: float | None = None,
    ) -> None:
        """Set a host or a machine to "allow", "block" or neither, until a moment or for ever.

        A note of None keeps the present one.
        """
        table, key = _TABLES[whose]
        self._write(
            f"INSERT INTO {table} ({key}, verdict, note, at, until) VALUES (?1, ?2, COALESCE(?3, ''), ?4, ?5)"
            " ON CONFLICT DO UPDATE SET verdict = ?2, note = COALESCE(?3, note), at = ?4, until = ?5",
            (host_id, verdict, note, self._clock(), until),
        )

    def note_host(self, host_id: int, note: str, *, whose: Whose = "host") -> None:
        """Write another note on a host or a machine; its verdict stays."""
        table, key = _TABLES[whose]
        self._write(
            f"INSERT INTO {table} ({key}, note, at) VALUES (?1, ?2, ?3)"
            " ON CONFLICT DO UPDATE SET note = ?2, at = ?3",
            (host_id, note, self._clock()),
        )

    def favour_host(self, host_id: int, on: bool, *, whose: Whose = "host") -> None:
        """Make a host or a machine a favourite, or no longer."""
        table, key = _TABLES[whose]
        self._write(
            f"INSERT INTO {table} ({key}, note, at, favourite) VALUES (?1, '', ?2, ?3)"
            " ON CONFLICT DO UPDATE SET favourite = ?3, at = ?2",
            (host_id, self._clock(), on),
        )

    def write_hosts(self, notes: Iterable[HostNote]) -> None:
        """Put these lines in the place of those of the same hosts and machines, in one commit; faults stay."""
        with self._writing() as db:
            for note in notes:
                table, key = _TABLES[note.whose]
                db.execute(
                    f"INSERT OR REPLACE INTO {table} ({key}, verdict, note, at, until, favourite)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (note.host_id, note.verdict, note.note, note.at, note.until, note.favourite),
                )

    def forget_host(self, host_id: int, *, whose: Whose = "host") -> None:
        """Remove the line of a host, with its faults, or of a machine; unknown ones are no error."""
        table, key = _TABLES[whose]
        with self._writing() as db:
            db.execute(f"DELETE FROM {table} WHERE {key} = ?", (host_id,))
            if whose == "host":
                db.execute("DELETE FROM host_faults WHERE host_id = ?", (host_id,))

    def hosts(self) -> tuple[HostNote, ...]:
        """All lines of the host book: hosts by id, those that only failed us too, then machines by id."""
        faults = {row[0]: row[1:] for row in self._read(_LAST_FAULTS)}
        said = {note.host_id: note for note in self._notes("host", {i: _fault(row) for i, row in faults.items()})}
        for host, fault in faults.items():
            said.setdefault(host, HostNote(host, None, "", fault[0], _fault(fault)))
        return (*(said[host] for host in sorted(said)), *self._notes("machine", {}))

    def _notes(self, whose: Whose, faults: dict[int, str]) -> list[HostNote]:
        table, key = _TABLES[whose]
        rows = self._read(f"SELECT {key}, verdict, note, at, until, favourite FROM {table} ORDER BY {key}")
        return [
            HostNote(number, verdict, note, at, faults.get(number, ""), until, bool(favourite), whose)
            for number, verdict, note, at, until, favourite in rows
        ]

    def note_host_fault(self, fault: HostFault) -> None:
        """Enter that a host failed one of our rentals; its line in the host book tells of the last one."""
        self._write(
            "INSERT INTO host_faults (host_id, machine_id, at, failure, reason, job_id) VALUES (?, ?, ?, ?, ?, ?)",
            (fault.host_id, fault.machine_id, fault.at, fault.failure, one_line(fault.reason), fault.job_id),
        )

    def host_faults(self, since: float = 0.0) -> tuple[HostFault, ...]:
        """Faults from that moment on, oldest first."""
        rows = self._read(
            "SELECT host_id, machine_id, at, failure, reason, job_id FROM host_faults WHERE at >= ? ORDER BY at, id",
            (since,),
        )
        return tuple(HostFault(*row) for row in rows)


def _fault(last: tuple[float, int, str, str]) -> str:
    """E.g. "2026-03-01 stalled: no line for 30 min (2 faults)"."""
    at, count, failure, reason = last
    text = f"{datetime.fromtimestamp(at, UTC).date()} {failure}"
    text += f": {reason}" if reason else ""
    return f"{text} ({count} faults)" if count > 1 else text
