"""What a log source says: lines, and how it fares while there are none."""

from __future__ import annotations

from dataclasses import dataclass

from vasttui.errors import VastError
from vasttui.ssh import Place


@dataclass(frozen=True, slots=True)
class Lines:
    r"""Something changed in the log. Lines are raw, without their newline, redraws (`\r`) and escapes
    included.

    Apply in this order: `reset` and `gap` are marks before what follows; if any of `new`, `gap` or `reset` is
    there the unfinished line shown so far goes; `new` is appended; `live`, if not None, is the unfinished
    line now.

    Attributes:
        new: finished lines, each of them once.
        live: text of the unfinished last line, None when it did not change.
        gap: lines before `new` were missed.
        reset: the log began anew: a fresh container, or the file was rotated or truncated.
        stale: the reply was an older snapshot; nothing was taken from it.
        at_least: the text repeats, so that there may have been more lines than `new`.
        seam: what a source read in one go at its beginning and could not lay exactly behind what was known
            before; `follow_log` merges it, so that nobody else sees it.
        place: over SSH, where the file stands after the last finished line.
    """

    new: tuple[str, ...] = ()
    live: str | None = None
    gap: bool = False
    reset: bool = False
    stale: bool = False
    at_least: bool = False
    seam: bool = False
    place: Place | None = None

    @property
    def nothing(self) -> bool:
        """Nothing to show."""
        return not (self.new or self.gap or self.reset or self.at_least) and self.live is None


@dataclass(frozen=True, slots=True)
class Waiting:
    """There is no log yet, and that is normal. `text` says what is waited for."""

    text: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """The `count`-th failure in a row. The first three are told, then one a minute."""

    error: VastError
    count: int


@dataclass(frozen=True, slots=True)
class Restored:
    """It works again, after `after` failures in a row."""

    after: int


@dataclass(frozen=True, slots=True)
class Switched:
    """The lines that follow come from `source`: "ssh" or "api"."""

    source: str


@dataclass(frozen=True, slots=True)
class Current:
    """All that there is at the moment was told. The API says so after each answer, SSH when it stands at the end of
    what the file held as it was opened.
    """


LogEvent = Lines | Waiting | Trouble | Restored | Switched | Current
