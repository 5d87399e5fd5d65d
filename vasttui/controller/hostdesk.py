"""The host book of the controller: what the user says of hosts and machines."""

from __future__ import annotations

from vasttui.controller.hosts import HostBook
from vasttui.controller.marketdesk import MarketDesk
from vasttui.journal.records import Whose


class HostDesk(MarketDesk):
    """The part of the controller that writes the host book. Offers are sorted by it at once."""

    _hosts: HostBook

    def set_host(
        self,
        host_id: int,
        verdict: str | None,
        note: str = "",
        *,
        whose: Whose = "host",
        until: float | None = None,
    ) -> None:
        """Allow or block ("allow", "block") a host or a machine, or neither (None); `until` ends it.

        Raises UsageError for another verdict or an end that is past, and StorageError.
        """
        self._hosts.set(host_id, verdict, note, whose=whose, until=until)
        self._cut_again()

    def note_host(self, host_id: int, text: str, *, whose: Whose = "host") -> None:
        """Write a note on a host or a machine; its verdict stays. Raises StorageError."""
        self._hosts.note(host_id, text, whose=whose)
        self._cut_again()

    def favour_host(self, host_id: int, on: bool, *, whose: Whose = "host") -> None:
        """Make a host or a machine a favourite, or no longer. Raises StorageError."""
        self._hosts.favour(host_id, on, whose=whose)
        self._cut_again()

    def forget_host(self, host_id: int, *, whose: Whose = "host") -> None:
        """Remove what is written of a host or a machine. Raises StorageError."""
        self._hosts.forget(host_id, whose=whose)
        self._cut_again()
