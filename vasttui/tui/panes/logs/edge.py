"""What the frame around a log says: whose it is at the top, how it goes at the bottom. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from vasttui.logs.rows import Severity
from vasttui.snapshot import Box, LogState, LogStatus
from vasttui.tui.format import age, cells, clock, count, cut, plural
from vasttui.tui.glyphs import GlyphSet

NOTHING: Final = "2 chooses an instance, b any log."
QUIET_AFTER: Final = 60.0
GAP: Final = "   "
LEAST_REASON: Final = 20
_CALL: Final = re.compile(r"^[A-Z]+ /\S*: ")

LEVELS: Final = {
    Severity.NONE: "",
    Severity.DEBUG: "",
    Severity.INFO: "info and louder",
    Severity.WARNING: "warnings and errors",
    Severity.ERROR: "errors only",
}


@dataclass(frozen=True, slots=True)
class View:
    """How a log is looked at.

    Attributes:
        following: it keeps to the end.
        hits: number of the search's hit that is chosen (0: none), and how many there are.
        searching: there is more to search.
        filtering: which share of the lines the filter has looked at, None when it is done.
        threshold: quieter lines are hidden.
        folded: repeated lines and stack traces take one row.
        raw: JSON lines are shown as they came.
        unmasked: secrets are shown.
        cleared: since when lines are shown, None for all.
        marks: how many lines are marked.
    """

    following: bool = True
    hits: tuple[int, int] = (0, 0)
    searching: bool = False
    filtering: float | None = None
    threshold: Severity = Severity.NONE
    folded: bool = True
    raw: bool = False
    unmasked: bool = False
    cleared: float | None = None
    marks: int = 0


@dataclass(frozen=True, slots=True)
class Stream:
    """Several logs in one stream.

    Attributes:
        boxes: how many are in it.
        muted: how many of them are hidden.
        solo: name of the one that is shown alone, or "".
        troubled: names of those whose source fails.
    """

    boxes: int
    muted: int = 0
    solo: str = ""
    troubled: Sequence[str] = field(default=())


def title_text(name: str, stream: str, *, pinned: bool, gone: bool, frozen: bool) -> str:
    """Whose log: `upscale-07`, `upscale-07 (daemon, pinned)`, `upscale-07:/root/train.log`, `28397584 (gone)`."""
    file = "" if stream in {"", "daemon"} else f":{stream}"
    words = ["daemon"] if stream == "daemon" else []
    words += ["gone"] if gone else ["pinned"] if pinned else []
    words += ["frozen"] if frozen else []
    return f"{name}{file}" + (f" ({', '.join(words)})" if words else "")


def stream_title(stream: Stream, *, frozen: bool) -> str:
    """The title of the stream of all: `all 5 instances`, `all 5 instances (2 muted)`, `lora-flux (solo of 5)`."""
    words = [f"solo of {stream.boxes}"] if stream.solo else [f"{stream.muted} muted"] if stream.muted else []
    words += ["frozen"] if frozen else []
    return (stream.solo or f"all {plural(stream.boxes, 'instance')}") + (f" ({', '.join(words)})" if words else "")


def waiting_text(status: LogStatus, name: str, box: Box | None, *, gone: bool) -> str:
    """What the view says while there is no line."""
    if gone:
        return f"Of {name} no line is kept."
    if status.text:
        return status.text
    if status.state is LogState.OFF:
        # A box that runs is followed soon, or polling is paused: its phase is no reason.
        word = "" if box is None or box.phase.up else f": it is {box.phase.word}"
        return f"The log of {name} is not asked for now{word}."
    return "waiting for logs"


def edge_text(status: LogStatus, view: View, now: float, glyphs: GlyphSet, width: int, *, gone: bool = False) -> str:
    """The lower edge of one log.

    Args:
        status: health of the log.
        view: how it is looked at.
        now: epoch seconds.
        glyphs: the glyphs to draw with.
        width: cells that there are; what matters less is left out.
        gone: the instance is no longer there.
    """
    kept = f"{glyphs['look']} kept in memory only: {status.kept}" if status.kept else ""
    lines = plural(status.lines, "line") if status.lines else ""
    state = [
        *_looks(view),
        (9, f"{glyphs['stopped']} gone" if gone else _state(status, view, now, glyphs)),
        (2, _quiet(status, view, now)),
    ]
    figures = [
        (3, status.source),
        (4, f"at least {lines}" if status.at_least and lines else lines),
        (7, plural(status.gaps, "gap") if status.gaps else ""),
        (8, kept),
    ]
    room = width - cells(fitted([*state, *figures], width)) - len(GAP)
    reason = cut(_reason(status), room, glyphs["ellipsis"]) if room >= LEAST_REASON else ""
    return fitted([*state, (1, reason), *figures], width)


def stream_edge(stream: Stream, view: View, glyphs: GlyphSet, width: int) -> str:
    """The lower edge of the stream of all."""
    troubled = ", ".join(stream.troubled)
    state = f"{glyphs['live']} following" if view.following else f"{glyphs['stopped']} standing still"
    return fitted(
        [
            *_looks(view),
            (9, state),
            (8, f"{glyphs['look']} {plural(len(stream.troubled), 'log')} in trouble" if troubled else ""),
            (1, troubled),
        ],
        width,
    )


def fitted(parts: Sequence[tuple[int, str]], width: int) -> str:
    """The parts (weight, text) in their order; while they are too wide the lightest goes."""
    kept = [part for part in parts if part[1]]
    while len(kept) > 1 and cells(GAP.join(text for _, text in kept)) > width:
        kept.remove(min(kept, key=lambda part: part[0]))
    return GAP.join(text for _, text in kept)


def _looks(view: View) -> list[tuple[int, str]]:
    at, total = view.hits
    hits = f"hit {count(at)} of {count(total)}" if at else plural(total, "hit") if total else ""
    return [
        (8, "secrets shown" if view.unmasked else ""),
        (6, f"cleared at {clock(view.cleared)}" if view.cleared is not None else ""),
        (6, LEVELS[view.threshold]),
        (5, f"filtering {int(view.filtering * 100)}%" if view.filtering is not None else ""),
        (5, hits + (" so far" if hits and view.searching else "")),
        (1, "raw JSON" if view.raw else ""),
        (1, plural(view.marks, "mark") if view.marks else ""),
        (1, "" if view.folded else "unfolded"),
    ]


def _state(status: LogStatus, view: View, now: float, glyphs: GlyphSet) -> str:
    if status.state is LogState.TROUBLE:
        old = "" if status.checked_at is None else f", last answer {age(now - status.checked_at)} ago"
        return f"{glyphs['look']} trouble{old}"
    if status.state is LogState.OFF:
        return f"{glyphs['waiting']} off"
    if status.state is LogState.WAITING and not status.lines:
        return f"{glyphs['waiting']} waiting"
    if not view.following:
        return f"{glyphs['stopped']} standing still"
    return f"{glyphs['live']} following"


def _quiet(status: LogStatus, view: View, now: float) -> str:
    if status.state is not LogState.FOLLOWING or not view.following:
        return ""
    quiet = status.quiet(now)
    return f"quiet for {age(quiet)}" if quiet is not None and quiet >= QUIET_AFTER else ""


def _reason(status: LogStatus) -> str:
    """What is waited for or wrong, while lines hide the view's own word for it; without which call failed."""
    told = status.lines and status.state in {LogState.TROUBLE, LogState.WAITING}
    return _CALL.sub("", status.text) if told else ""
