"""The host lists in force: the config's, the preset's and the host book's."""

from __future__ import annotations

from vasttui.config import Config
from vasttui.errors import UsageError
from vasttui.journal import Journal
from vasttui.journal.records import HostNote, HostVerdict
from vasttui.offers.hosts import Book, HostFilter, Page
from vasttui.snapshot import Search


class HostBook:
    """Allowed and blocked hosts. What the user says here is kept in the journal and outranks the config."""

    def __init__(self, config: Config, journal: Journal) -> None:
        self._config = config
        self._journal = journal
        self.reload()

    def reload(self) -> None:
        """Read the host book again."""
        rows = self._journal.hosts()
        self._said = {row.host_id: row.verdict for row in rows}
        notes = {row.host_id: row for row in rows}
        known = {*notes, *self.allowed, *self.blocked}
        pages = (self._page(host, notes.get(host)) for host in known)
        self.book = Book({(page.whose, page.id): page for page in pages})

    def _page(self, host_id: int, note: HostNote | None) -> Page:
        allowed: HostVerdict | None = "allow" if host_id in self.allowed else None
        verdict: HostVerdict | None = "block" if host_id in self.blocked else allowed
        if note is None:
            return Page("host", host_id, verdict, origin="config")
        return Page("host", host_id, verdict, note.note, note.fault, note.until, note.favourite, note.at)

    @property
    def allowed(self) -> frozenset[int]:
        """Hosts that are allowed by name."""
        return self._list(self._config.host_whitelist, "allow")

    @property
    def blocked(self) -> frozenset[int]:
        """Hosts that are blocked."""
        return self._list(self._config.host_blacklist, "block")

    def _list(self, configured: frozenset[int], verdict: str) -> frozenset[int]:
        said = frozenset(host for host, said in self._said.items() if said == verdict)
        other = frozenset(host for host, said in self._said.items() if said is not None) - said
        return (configured | said) - other

    def filter(self, search: Search | None) -> HostFilter:
        """The filter for a search: its preset's lists join in."""
        preset = self._config.presets.get(search.preset) if search and search.preset else None
        fence, blocked = self._config.host_whitelist, self.blocked
        if preset is not None:
            fence, blocked = fence | preset.host_whitelist, blocked | preset.host_blacklist
        # The host book's "allow" is a mark, not a fence: allowing one host must not hide all the others.
        fence = fence | self.allowed if fence else fence
        return HostFilter(fence, blocked - self.allowed)

    def set(self, host_id: int, verdict: str | None, note: str = "") -> None:
        """Allow or block a host, or neither.

        Raises:
            UsageError: another verdict.
            StorageError: the journal cannot be written.
        """
        if verdict == "allow" or verdict == "block" or verdict is None:
            self._journal.set_host(host_id, verdict, note or None)
        else:
            raise UsageError(f"host {host_id}: {verdict!r} is neither 'allow' nor 'block'")
        self.reload()
