"""Reads job files and presets; every mistake of a file is told at once."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping
from pathlib import Path

from vasttui.config import Config
from vasttui.config.checking import WrongItemError, clip, describe_item, is_nothing, nearest, read_item
from vasttui.config.document import Item, Listing, Scalar, Table, read_document
from vasttui.config.keys import Key
from vasttui.errors import ConfigError, UsageError
from vasttui.jobs.placeholders import NAMES
from vasttui.jobs.spec import JobSpec
from vasttui.jobs.spec_build import Given, build
from vasttui.jobs.spec_checks import problems
from vasttui.jobs.spec_keys import ARGUMENTS, END, JOB_KEYS, SECTIONS

_ASKED_BY = {"script": "repo", "success": "rent.template"}


def read_job_file(path: Path, config: Config, *, own_inputs: bool = True) -> JobSpec:
    """The specification in a job file.

    Args:
        own_inputs: the file's inputs will be used, and not those of a command line.

    Raises:
        ConfigError: every mistake, one line each with file, line and key path.
    """
    path = path.expanduser()
    reader = _Reader(path)
    reader.document(read_document(path))
    given = reader.given
    spec = build(given, config, name=path.stem, folder=path.absolute().parent)
    for key, text in problems(spec, given, config, own_inputs=own_inputs):
        reader.report(_line_of(key, given), key, text)
    if reader.found:
        raise ConfigError("\n".join(text for _line, text in sorted(reader.found, key=lambda found: found[0])))
    return spec


def read_preset(name: str, config: Config) -> JobSpec:
    """The job that a preset with a start command is.

    Raises:
        UsageError: an unknown preset, one that says nothing to run, or one that jobs cannot use.
    """
    if name not in config.presets:
        known = ", ".join(clip(known) for known in config.presets) or "none"
        close = nearest(name, config.presets).removeprefix("; ").capitalize()
        raise UsageError(f"there is no preset {clip(name)!r}", hint=close or f"Presets: {known}")
    if not config.presets[name].onstart:
        raise UsageError(
            f"presets.{clip(name)}: says nothing to run: it has no onstart",
            hint=f"Add one, or write a job file with `rent: {{preset: {clip(name)}}}`.",
        )
    given = Given()
    given.sections["rent"]["preset"] = name
    spec = build(given, config, name=name, folder=Path.cwd())
    found = [f"presets.{clip(name)}.{key.removeprefix('rent.')}: {text}" for key, text in problems(spec, given, config)]
    if found:
        raise UsageError("\n".join(found))
    return spec


def _line_of(key: str, given: Given) -> int:
    """The key's line; for one that is missing, that of the key that asks for it."""
    key = key if key in given.lines else _ASKED_BY.get(key, key)
    while key not in given.lines and "." in key:
        key = key.rpartition(".")[0]
    return given.lines.get(key, 1)


class _Reader:
    """Reads the tables of a job file and collects what is wrong with single values."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.given = Given()
        self.found: list[tuple[int, str]] = []

    def report(self, line: int, key: str, text: str) -> None:
        self.found.append((line, f"{self._path}:{line}: {clip(key, 80)}: {text}"))

    def document(self, table: Table) -> None:
        self.given.top = self._values(table, "", JOB_KEYS, also=(*SECTIONS, "args"))
        for name, item in table.entries.items():
            if is_nothing(item):
                continue
            if name in SECTIONS or name == "args":
                self.given.lines[name] = table.lines[name]
            if name == "args":
                self._arguments(item)
            elif name in SECTIONS:
                self._section(name, item)

    def _section(self, name: str, item: Item) -> None:
        if isinstance(item, Table):
            self.given.sections[name] = self._values(item, f"{name}.", SECTIONS[name])
        elif name == "end" and isinstance(item, Scalar):
            word = self._value(item, END, name, item.line)
            self.given.sections[name] = {"success": word, "failure": word} if word else {}
        else:
            self._wrong(item.line, name, f"a table was expected, got {describe_item(item)}")

    def _arguments(self, item: Item) -> None:
        if not isinstance(item, Scalar):
            self.given.top["args"] = self._value(item, ARGUMENTS, "args", item.line) or ()
            return
        try:
            self.given.top["args"] = tuple(shlex.split(item.text))
        except ValueError:
            self._wrong(item.line, "args", "a list, or words as for a shell, was expected; a quote is not closed")

    def _values(
        self, table: Table, prefix: str, keys: Mapping[str, Key], *, also: Collection[str] = ()
    ) -> dict[str, object]:
        values: dict[str, object] = {}
        for name, item in table.entries.items():
            line, key = table.lines[name], keys.get(name)
            if key is None:
                if name not in also:
                    self.report(line, prefix + name, "unknown key" + _suggest(name, prefix, [*keys, *also]))
            elif not is_nothing(item):
                value = self._value(item, key, prefix + name, line)
                if prefix + name not in self.given.broken:
                    values[name] = value
        return values

    def _value(self, item: Item, key: Key, path: str, line: int) -> object:
        self.given.lines[path] = line
        try:
            return read_item(item, key)
        except WrongItemError as wrong:
            self._wrong(wrong.line, path, wrong.text + _quotes_missing(item))
            return None

    def _wrong(self, line: int, path: str, text: str) -> None:
        self.given.broken.add(path)
        self.report(line, path, text)


def _quotes_missing(item: Item) -> str:
    """What to say of a placeholder that YAML takes for a table: `to: {name}`."""
    for part in item.items if isinstance(item, Listing) else (item,):
        if isinstance(part, Table) and len(part.entries) == 1:
            [(word, value)] = part.entries.items()
            if word in NAMES and is_nothing(value):
                return f"; put the placeholder in quotes: '{{{word}}}'"
    return ""


def _suggest(name: str, prefix: str, known: Collection[str]) -> str:
    """What was probably meant by a key that is not known in its place."""
    elsewhere = [section for section, keys in SECTIONS.items() if name in keys and f"{section}." != prefix]
    if name in JOB_KEYS and prefix:
        return "; it belongs to the top level"
    if elsewhere:
        return f"; it belongs into {' or '.join(elsewhere)}"
    return nearest(name, known) or "; known here: " + ", ".join(sorted(known))
