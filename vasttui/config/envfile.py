"""`--env-file`: NAME=value lines, as Docker and shells write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from vasttui.config.document import read_text
from vasttui.errors import ConfigError

_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Variable:
    """A value and where it was set."""

    value: str
    origin: str


def read_env_file(path: Path) -> dict[str, Variable]:
    """The variables of the file; the last line of a name wins. Raises ConfigError with file and line."""
    found: dict[str, Variable] = {}
    for number, raw in enumerate(read_text(path).split("\n"), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise ConfigError(f"{path}:{number}: NAME=value was expected")
        name, value = match.groups()
        found[name] = Variable(_unquote(value, f"{path}:{number}: {name}"), f"{path}:{number} {name}")
    return found


def _unquote(value: str, place: str) -> str:
    if value[:1] in ("'", '"'):
        end = value.find(value[0], 1)
        rest = value[end + 1 :].strip()
        if end < 0 or (rest and not rest.startswith("#")):
            raise ConfigError(f"{place}: the quote {value[0]} is not closed at the end of the line")
        return value[1:end]
    return re.split(r"\s+#", value, maxsplit=1)[0].strip()
