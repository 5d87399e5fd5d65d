"""The host lists in force: the config's, the preset's and the host book's."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from vasttui.config import Config
from vasttui.errors import UsageError
from vasttui.journal import Journal
from vasttui.journal.records import HostNote, HostVerdict, Whose
from vasttui.offers.book_file import BookEntry
from vasttui.offers.hosts import Book, HostFilter, Key, Page
from vasttui.offers.market import Search

CONFIG = "config"

NOTE_LIMIT = 600
"""Characters that are kept of a note."""


class HostBook:
    """Allowed and blocked hosts and machines. What the user says here is kept in the journal, beside the config.

    Args:
        clock: epoch seconds, by which verdicts end.
    """

    def __init__(self, config: Config, journal: Journal, clock: Callable[[], float] = time.time) -> None:
        self._config = config
        self._journal = journal
        self._clock = clock
        self._ended = False
        self._notes: dict[Key, HostNote] = {}
        self._next_end: float | None = None
        self.book = Book()
        """What is written and configured, as it holds now; replaced when it changes."""
        self.reload()

    def reload(self) -> bool:
        """Read the host book again; whether it says something else than before. Raises StorageError."""
        self._notes = {(row.whose, row.host_id): row for row in self._journal.hosts()}
        return self._open()

    def _open(self) -> bool:
        """Make the book as it holds now; whether it is another one."""
        now = self._clock()
        said = {key: _page(note, now) for key, note in self._notes.items()}
        ends = (page.until for page in said.values() if page.until is not None and page.verdict is not None)
        self._next_end = min(ends, default=None)
        book = Book({**said, **self._configured(said)})
        changed = book != self.book
        if changed:
            self.book = book
        return changed

    def _configured(self, said: dict[Key, Page]) -> dict[Key, Page]:
        """Pages of what the config lists, where the book itself has no verdict."""
        lists: tuple[tuple[Whose, HostVerdict, frozenset[int]], ...] = (
            ("host", "allow", self._config.host_whitelist),
            ("host", "block", self._config.host_blacklist),
            ("machine", "allow", self._config.machine_whitelist),
            ("machine", "block", self._config.machine_blacklist),
        )
        pages: dict[Key, Page] = {}
        for whose, verdict, numbers in lists:
            for number in numbers:
                page = said.get((whose, number), Page(whose, number))
                if page.verdict is None:
                    pages[whose, number] = replace(page, verdict=verdict, until=None, origin=CONFIG)
        return pages

    def ended(self) -> bool:
        """Whether a verdict has ended since this was last asked; the book no longer has it then."""
        self._expire()
        ended, self._ended = self._ended, False
        return ended

    def _expire(self) -> None:
        if self._next_end is not None and self._clock() >= self._next_end:
            self._open()
            self._ended = True

    @property
    def blocked(self) -> frozenset[int]:
        """Hosts that are blocked."""
        return self.book.numbers("block")

    def filter(self, search: Search | None) -> HostFilter:
        """The filter for a search: its preset's lists join in, by the rule of `HostFilter`."""
        self._expire()
        config, book = self._config, self.book
        said = {key for key, page in book.pages.items() if page.verdict == "allow" and page.origin != CONFIG}
        lists = HostFilter(
            config.host_whitelist,
            book.numbers("block"),
            config.machine_whitelist,
            book.numbers("block", "machine"),
            allowed=frozenset(number for whose, number in said if whose == "host"),
            allowed_machines=frozenset(number for whose, number in said if whose == "machine"),
            pages={key: page for key, page in book.pages.items() if page.verdict == "block"},
            fences=(CONFIG,) if config.host_whitelist or config.machine_whitelist else (),
            now=self._clock(),
        )
        preset = config.presets.get(search.preset) if search is not None and search.preset else None
        if preset is None:
            return lists
        return lists.also(
            preset.host_whitelist,
            preset.host_blacklist,
            preset.machine_whitelist,
            preset.machine_blacklist,
            origin=f"preset {preset.name}",
        )

    # What the user says

    def merge(self, entries: Iterable[BookEntry]) -> list[tuple[HostNote | None, HostNote]]:
        """Take in what a file says; what changed, as before and after. Raises StorageError."""
        changes: list[tuple[HostNote | None, HostNote]] = []
        for entry in entries:
            before = self._notes.get((entry.whose, entry.id))
            after = entry.merged(before)
            if after != before:
                changes.append((before, replace(after, at=self._clock())))
        self._journal.write_hosts(after for _, after in changes)
        self.reload()
        return changes

    @property
    def notes(self) -> tuple[HostNote, ...]:
        """What the user said, also of verdicts that have ended."""
        return tuple(self._notes.values())

    def set(
        self,
        host_id: int,
        verdict: str | None,
        note: str = "",
        *,
        whose: Whose = "host",
        until: float | None = None,
    ) -> None:
        """Allow or block a host or a machine, or neither; an empty note keeps the present one.

        Raises:
            UsageError: another verdict, or an end that is past.
            StorageError: the journal cannot be written.
        """
        if verdict not in ("allow", "block", None):
            raise UsageError(f"{whose} {host_id}: {verdict!r} is neither 'allow' nor 'block'")
        if until is not None and until <= self._clock():
            raise UsageError(f"{whose} {host_id}: the end of the verdict is past", hint="Give a later time.")
        # Whole seconds, as a file of the book tells them.
        end = round(until) if until is not None and verdict is not None else None
        self._journal.set_host(host_id, verdict, one_plain_line(note) or None, whose=whose, until=end)
        self.reload()

    def note(self, host_id: int, text: str, *, whose: Whose = "host") -> None:
        """Write a note; the verdict stays. Raises StorageError."""
        self._journal.note_host(host_id, one_plain_line(text), whose=whose)
        self.reload()

    def favour(self, host_id: int, on: bool, *, whose: Whose = "host") -> None:
        """Make it a favourite, or no longer. Raises StorageError."""
        self._journal.favour_host(host_id, on, whose=whose)
        self.reload()

    def forget(self, host_id: int, *, whose: Whose = "host") -> bool:
        """Remove what is written of it; whether there was anything. Raises StorageError."""
        known = (whose, host_id) in self._notes
        self._journal.forget_host(host_id, whose=whose)
        self.reload()
        return known


def _page(note: HostNote, now: float) -> Page:
    """The note as it holds at that moment: of a verdict that has ended only the words stay."""
    over = note.until is not None and note.until <= now
    return Page(
        note.whose,
        note.host_id,
        None if over else note.verdict,
        note.note,
        note.fault,
        None if over else note.until,
        note.favourite,
        note.at,
    )


def one_plain_line(text: str) -> str:
    """A note as it is kept: one line that no terminal and no file minds."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:NOTE_LIMIT].strip()
