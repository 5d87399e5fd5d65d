"""The host book: what the user thinks of hosts, and which of our rentals they failed."""

from __future__ import annotations

from datetime import UTC, datetime

from vasttui.journal.database import Database, one_line
from vasttui.journal.records import HostFault, HostNote

_LAST_FAULTS = """
    SELECT host_id, MAX(at), COUNT(*), failure, reason FROM host_faults WHERE host_id IS NOT NULL GROUP BY host_id
"""


class HostPages(Database):
    """What is written of hosts. A fault never touches the user's verdict or words."""

    def set_host(self, host_id: int, verdict: str | None, note: str | None = None) -> None:
        """Set a host to "allow", "block" or neither; a note of None keeps the present one."""
        self._write(
            "INSERT INTO hosts (host_id, verdict, note, at) VALUES (?1, ?2, COALESCE(?3, ''), ?4) ON CONFLICT DO UPDATE"
            " SET verdict = ?2, note = COALESCE(?3, note), at = ?4",
            (host_id, verdict, note, self._clock()),
        )

    def forget_host(self, host_id: int) -> None:
        """Remove the host's line and its faults; unknown hosts are no error."""
        with self._writing() as db:
            db.execute("DELETE FROM hosts WHERE host_id = ?", (host_id,))
            db.execute("DELETE FROM host_faults WHERE host_id = ?", (host_id,))

    def hosts(self) -> tuple[HostNote, ...]:
        """All lines of the host book by host id, those of hosts that only failed us too."""
        faults = {row[0]: row[1:] for row in self._read(_LAST_FAULTS)}
        rows = self._read("SELECT host_id, verdict, note, at FROM hosts")
        said = {row[0]: HostNote(row[0], row[1], row[2], row[3], _fault(faults.pop(row[0], None))) for row in rows}
        said |= {host: HostNote(host, None, "", fault[0], _fault(fault)) for host, fault in faults.items()}
        return tuple(said[host] for host in sorted(said))

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


def _fault(last: tuple[float, int, str, str] | None) -> str:
    """E.g. "2026-03-01 stalled: no line for 30 min (2 faults)"."""
    if last is None:
        return ""
    at, count, failure, reason = last
    text = f"{datetime.fromtimestamp(at, UTC).date()} {failure}"
    text += f": {reason}" if reason else ""
    return f"{text} ({count} faults)" if count > 1 else text
