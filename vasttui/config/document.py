"""A YAML file as plain tables that remember their lines. Bounded in size, depth and expansion.

Built from nodes and not from YAML's own values, so that text stays as it was written: the country `NO` is
Norway and not false, the tag `1.10` is not 1.1.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from vasttui.errors import ConfigError

if TYPE_CHECKING:
    import yaml

MAX_BYTES = 256 * 1024
MAX_DEPTH = 12
MAX_NODES = 20_000

ScalarKind = Literal["text", "number", "flag", "null"]
_KINDS: dict[str, ScalarKind] = {
    "tag:yaml.org,2002:str": "text",
    "tag:yaml.org,2002:int": "number",
    "tag:yaml.org,2002:float": "number",
    "tag:yaml.org,2002:bool": "flag",
    "tag:yaml.org,2002:null": "null",
    "tag:yaml.org,2002:timestamp": "text",
    "tag:yaml.org,2002:merge": "text",
    "tag:yaml.org,2002:value": "text",
}
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value as it was written; `kind` is what YAML takes it for."""

    text: str
    kind: ScalarKind
    line: int


@dataclass(frozen=True, slots=True)
class Listing:
    """A list."""

    items: tuple[Item, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Table:
    """Names and values; `lines` has the line of each name."""

    entries: dict[str, Item]
    lines: dict[str, int]
    line: int


Item = Scalar | Listing | Table


def read_document(path: Path) -> Table:
    """The file's top-level table; an empty file gives an empty one. Raises ConfigError with file and line."""
    return parse_document(read_text(path), path)


def read_text(path: Path, *, limit: int = MAX_BYTES) -> str:
    """The file as text. Raises ConfigError for what is no readable UTF-8 file of at most `limit` bytes."""
    data = _read_bytes(path, limit)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: not UTF-8 text; save the file as UTF-8") from None
    bad = _UNPRINTABLE.search(text)
    if bad:
        line = text.count("\n", 0, bad.start()) + 1
        raise ConfigError(f"{path}:{line}: control character {ord(bad[0]):#04x}; remove it")
    return text


def _read_bytes(path: Path, limit: int) -> bytes:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise ConfigError(f"{path}: is a directory; a file was expected")
        if not stat.S_ISREG(mode) and str(path) != os.devnull:
            raise ConfigError(f"{path}: is not a regular file")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"{path}: cannot be read: {reason}") from error
    if len(data) > limit:
        raise ConfigError(f"{path}: larger than {limit // 1024} KB; that is not a settings file")
    return data


def parse_document(text: str, path: Path) -> Table:
    """Parse YAML text; `path` is for messages only."""
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _check_shape(text, loader, path)
        node = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, text, path) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ConfigError(f"{path}: not YAML: {first}") from None
    if node is None:
        return Table({}, {}, 1)
    built = _Builder(path).build(node, 0)
    if isinstance(built, Scalar) and built.kind == "null":
        return Table({}, {}, 1)
    if not isinstance(built, Table):
        raise ConfigError(f"{path}:{built.line}: lines such as `theme: vasttui-dark` were expected here")
    return built


def _check_shape(text: str, loader: Any, path: Path) -> None:
    # libyaml's composer recurses in C and overflows the stack on deep nesting; its event stream does not.
    import yaml

    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=loader)):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH or count > 2 * MAX_NODES:
            raise ConfigError(f"{path}:{_line(event)}: nested too deeply or too many values")


def _line(part: Any) -> int:
    return int(part.start_mark.line) + 1


def _syntax_error(error: yaml.MarkedYAMLError, text: str, path: Path) -> ConfigError:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    lines = text.splitlines()
    written = lines[line - 1] if line <= len(lines) else ""
    if "\t" in written[: len(written) - len(written.lstrip())]:
        return ConfigError(f"{path}:{line}: a tab in the indentation; YAML wants blanks")
    problem = error.problem or "not YAML"
    if "mapping values" in problem:
        problem = "a second `: ` on one line, or wrong indentation; put the value in quotes"
    elif "another document" in problem:
        problem = "`---` starts a second document; one was expected"
    return ConfigError(f"{path}:{line}: {problem}")


class _Builder:
    """Turns nodes into tables; counts them, since an alias may repeat a whole tree."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._count = 0

    def build(self, node: Any, depth: int) -> Item:
        line = _line(node)
        self._count += 1
        if depth > MAX_DEPTH or self._count > MAX_NODES:
            raise ConfigError(f"{self._path}:{line}: aliases repeat too much, or contain themselves")
        if node.id == "mapping":
            return self._table(node, line, depth)
        if node.id == "sequence":
            return Listing(tuple(self.build(child, depth + 1) for child in node.value), line)
        kind = _KINDS.get(node.tag)
        if kind is None:
            raise ConfigError(f"{self._path}:{line}: the tag {node.tag[:60]} is not supported; remove it")
        return Scalar(str(node.value), kind, line)

    def _table(self, node: Any, line: int, depth: int) -> Table:
        table = Table({}, {}, line)
        merges: list[Item] = []
        for key_node, value_node in node.value:
            key_line = _line(key_node)
            if key_node.id != "scalar":
                raise ConfigError(f"{self._path}:{key_line}: a plain name was expected before the `:`")
            name = str(key_node.value)
            value = self.build(value_node, depth + 1)
            if key_node.tag == "tag:yaml.org,2002:merge":
                merges.append(value)
                continue
            if name in table.entries:
                first = table.lines[name]
                raise ConfigError(f"{self._path}:{key_line}: {name[:60]}: given twice, first in line {first}")
            table.entries[name], table.lines[name] = value, key_line
        for merge in merges:
            self._merge(table, merge)
        return table

    def _merge(self, table: Table, source: Item) -> None:
        for part in source.items if isinstance(source, Listing) else (source,):
            if not isinstance(part, Table):
                raise ConfigError(f"{self._path}:{part.line}: `<<` merges tables only")
            for name, value in part.entries.items():
                table.entries.setdefault(name, value)
                table.lines.setdefault(name, part.lines[name])
