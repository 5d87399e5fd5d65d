"""How each log was looked at, so that it is so again when it is opened again. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeGuard

from vasttui.logs.rows import LogName, Severity

LOGS: Final = 50
MARKS: Final = 200
TEXT: Final = 1000


@dataclass(frozen=True, slots=True)
class Kept:
    """How one log was looked at.

    Attributes:
        place: number of the first row in sight, None for following.
        search: the search as it was typed.
        filter: the filter as it was typed.
        threshold: quieter lines are hidden.
        marks: numbers of marked rows, oldest first.
    """

    place: int | None = None
    search: str = ""
    filter: str = ""
    threshold: Severity = Severity.NONE
    marks: tuple[int, ...] = ()

    @property
    def stored(self) -> dict[str, Any]:
        """As JSON: what is not as in a log that was never opened."""
        place = {} if self.place is None else {"place": self.place}
        values = {
            "search": self.search[:TEXT],
            "filter": self.filter[:TEXT],
            "threshold": int(self.threshold),
            "marks": list(self.marks[-MARKS:]),
        }
        return place | {name: value for name, value in values.items() if value}

    @classmethod
    def read(cls, stored: object) -> Kept:
        """From JSON that may be of another version: what cannot be read is as in a log that was never opened."""
        if not isinstance(stored, Mapping):
            return cls()
        place, threshold, marks = stored.get("place"), stored.get("threshold"), stored.get("marks")
        return cls(
            place if _is_number(place) else None,
            search if isinstance(search := stored.get("search"), str) else "",
            text if isinstance(text := stored.get("filter"), str) else "",
            Severity(threshold) if _is_number(threshold) and threshold <= Severity.ERROR else Severity.NONE,
            tuple(filter(_is_number, marks)) if isinstance(marks, list) else (),
        )


class KeptLogs:
    """How the last logs were looked at; those that were not opened for longest are forgotten."""

    def __init__(self, stored: object = None) -> None:
        self._logs: dict[str, dict[str, Any]] = {}
        if isinstance(stored, Mapping):
            self._logs = {str(key): Kept.read(value).stored for key, value in list(stored.items())[-LOGS:]}

    def of(self, name: LogName) -> Kept:
        """How a log was looked at last."""
        return Kept.read(self._logs.get(_key(name)))

    def keep(self, name: LogName, kept: Kept) -> None:
        """This is how it is looked at now."""
        self._logs.pop(_key(name), None)
        if kept.stored:
            self._logs[_key(name)] = kept.stored
        for oldest in list(self._logs)[:-LOGS]:
            del self._logs[oldest]

    @property
    def stored(self) -> dict[str, Any]:
        """As JSON, oldest first."""
        return dict(self._logs)


@dataclass(frozen=True, slots=True)
class Target:
    """What one of several logs side by side shows.

    Attributes:
        pinned: the log that was chosen for it, None: that of the instance under the cursor.
        everyone: all watched instances in one stream.
    """

    pinned: LogName | None = None
    everyone: bool = False

    @property
    def stored(self) -> dict[str, Any]:
        """As JSON."""
        return {"pinned": None if self.pinned is None else list(self.pinned), "everyone": self.everyone}

    @classmethod
    def read(cls, stored: object) -> Target | None:
        """From JSON, None for what is none."""
        match stored:
            case {"pinned": None, "everyone": bool(everyone)}:
                return cls(None, everyone)
            case {"pinned": [int(instance_id), str(stream)], "everyone": bool(everyone)}:
                return cls(LogName(instance_id, stream), everyone)
        return None


def _key(name: LogName) -> str:
    return f"{name.instance_id} {name.stream}"


def _is_number(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
