"""The host book as a YAML file, to take along or to share. Pure.

    hosts:
      78246: {verdict: block, until: 2026-12-03T00:00:00+00:00, note: slow disk}
    machines:
      4711: {favourite: true}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from vasttui.config.checking import WrongItemError, clip, describe_item, is_nothing, nearest, read_item
from vasttui.config.document import Item, Table, parse_document
from vasttui.config.keys import Key as Setting
from vasttui.config.kinds import BadValueError, Choice, Flag, Number, Text
from vasttui.errors import ConfigError
from vasttui.journal.records import HostNote, Whose
from vasttui.offers.hosts import Key

SECTIONS: Mapping[str, Whose] = {"hosts": "host", "machines": "machine"}
HEAD = "# The host book of vasttui. `vasttui hosts import FILE` adds it to another one.\n"

_FIELDS = {
    "verdict": Setting(Choice(("allow", "block", "none"))),
    "until": Setting(Text("a time such as 2026-12-03T14:00:00+00:00", longest=64)),
    "note": Setting(Text("a note", longest=600)),
    "favourite": Setting(Flag()),
}
_ID = Number(1, 2**53, whole=True)


def write_book(notes: Iterable[HostNote]) -> str:
    """The file's text: what the user said of each, in the order of the ids. What rentals taught is not in it."""
    import yaml

    told: dict[str, dict[int, dict[str, object]]] = {name: {} for name in SECTIONS}
    for note in sorted(notes, key=lambda note: note.host_id):
        if fields := _told(note):
            told[f"{note.whose}s"][note.host_id] = fields
    filled = {name: pages for name, pages in told.items() if pages}
    return HEAD + (yaml.safe_dump(filled, sort_keys=False, allow_unicode=True, width=1000) if filled else "")


def _told(note: HostNote) -> dict[str, object]:
    fields: dict[str, object] = {}
    if note.verdict is not None:
        fields["verdict"] = note.verdict
        if note.until is not None:
            fields["until"] = datetime.fromtimestamp(note.until, UTC).isoformat()
    if note.note:
        fields["note"] = note.note
    if note.favourite:
        fields["favourite"] = True
    return fields


@dataclass(frozen=True, slots=True)
class BookEntry:
    """What a file says of one host or machine; `said` has only what is named there."""

    whose: Whose
    id: int
    said: Mapping[str, object]

    def merged(self, note: HostNote | None) -> HostNote:
        """The line with what the file says of it; an end belongs to its verdict."""
        before = note or HostNote(self.id, None, "", 0.0, whose=self.whose)
        changes = dict(self.said)
        if "verdict" in changes:
            changes.setdefault("until", None)
        return replace(before, **cast("dict[str, Any]", changes))


def read_book(text: str, path: Path) -> tuple[BookEntry, ...]:
    """What a file says; `path` is for messages only.

    Raises:
        ConfigError: every mistake, one line each with the file and the line in it.
    """
    reader = _Reader(path)
    for name, item in (table := parse_document(text, path)).entries.items():
        reader.section(name, item, table.lines[name])
    if reader.problems:
        raise ConfigError("\n".join(reader.problems), hint="Nothing was taken in.")
    return tuple(reader.entries.values())


class _Reader:
    """Collects entries and mistakes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.entries: dict[Key, BookEntry] = {}
        self.problems: list[str] = []

    def _report(self, line: int, text: str) -> None:
        self.problems.append(f"{self._path}:{line}: {text}")

    def section(self, name: str, item: Item, line: int) -> None:
        whose = SECTIONS.get(name)
        if whose is None:
            near = nearest(name, SECTIONS) or "; hosts and machines are known"
            self._report(line, f"{clip(name)}: unknown key{near}")
        elif isinstance(item, Table):
            for number, page in item.entries.items():
                self._page(whose, number, page, item.lines[number])
        elif not is_nothing(item):
            self._report(line, f"{name}: ids and what is said of each were expected, got {describe_item(item)}")

    def _page(self, whose: Whose, number: str, item: Item, line: int) -> None:
        where = f"{whose}s.{clip(number)}"
        try:
            key: Key = (whose, int(_ID.parse(number)))
        except BadValueError:
            self._report(line, f"{where}: the id of a {whose} was expected, e.g. 78246")
            return
        if key in self.entries:
            self._report(line, f"{where}: given twice")
        elif isinstance(item, Table):
            self.entries[key] = BookEntry(*key, self._fields(where, item))
        else:
            self._report(line, f"{where}: {', '.join(_FIELDS)} were expected, got {describe_item(item)}")

    def _fields(self, where: str, table: Table) -> dict[str, object]:
        said: dict[str, object] = {}
        for name, item in table.entries.items():
            line, setting = table.lines[name], _FIELDS.get(name)
            if setting is None:
                self._report(line, f"{where}.{clip(name)}: unknown key{nearest(name, _FIELDS)}")
            elif not is_nothing(item):
                try:
                    said[name] = _value(name, read_item(item, setting))
                except WrongItemError as wrong:
                    self._report(wrong.line, f"{where}.{name}: {wrong.text}")
                except (ValueError, OverflowError):
                    self._report(line, f"{where}.{name}: a time such as 2026-12-03T14:00:00+00:00 was expected")
        if "until" in said and said.get("verdict") is None:
            self._report(table.lines["until"], f"{where}.until: there is no verdict that could end")
        return said


def _value(name: str, value: object) -> object:
    """As the book keeps it. Raises ValueError and OverflowError for what is no time."""
    if name == "verdict":
        return None if value == "none" else value
    if name == "until":
        return datetime.fromisoformat(str(value).strip()).timestamp()
    return " ".join(str(value).split()) if name == "note" else value
