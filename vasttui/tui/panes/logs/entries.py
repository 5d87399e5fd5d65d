"""The lines of the dialogs that ask which log. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from vasttui.logs.rows import LogName
from vasttui.snapshot import Box, LogInfo, LogState, Snapshot
from vasttui.tui.dialogs.log_pick import Entry
from vasttui.tui.format import age, cells, clean, cut, size
from vasttui.tui.glyphs import GlyphSet
from vasttui.tui.panes.box_columns import name_of

UNDER_CURSOR: Final = LogName(-1)
"""Stands for the instance under the cursor, whichever that is."""

NAME_WIDTH: Final = 32


def entries(
    snapshot: Snapshot,
    logs: Sequence[LogInfo],
    shown: Collection[LogName],
    now: float,
    glyphs: GlyphSet,
    *,
    follow: bool,
) -> list[Entry[LogName]]:
    """Running instances first, then other logs that are kept, those of gone instances last.

    Args:
        snapshot: the instances that there are.
        logs: the logs that are kept.
        shown: the logs that are in sight; they come last among the running ones.
        now: epoch seconds.
        glyphs: the glyphs to draw with.
        follow: whether "the instance under the cursor" can be chosen.
    """
    known = {info.name: info for info in logs}
    boxes = snapshot.boxes.value or ()
    there = {box.id: box for box in boxes}
    running = [_of_box(box, known.get(LogName(box.id)), now, glyphs) for box in boxes]
    running.sort(key=lambda entry: entry.value in shown)
    others = [_of_log(info, there.get(info.name.instance_id), now, glyphs) for info in logs if _is_other(info, there)]
    others.sort(key=lambda entry: entry.dim)
    first = [Entry(UNDER_CURSOR, f"{glyphs['job']} the instance under the cursor")] if follow else []
    return [*first, *running, *others]


def _is_other(info: LogInfo, there: Collection[int]) -> bool:
    return info.last_at is not None and (bool(info.name.stream) or info.name.instance_id not in there)


def _of_box(box: Box, info: LogInfo | None, now: float, glyphs: GlyphSet) -> Entry[LogName]:
    glyph = glyphs["look" if box.log.state is LogState.TROUBLE else box.phase.glyph]
    text = _line(glyph, name_of(box), box.id, box.phase.word, None if info is None else info.bytes)
    return Entry(LogName(box.id), text)


def _of_log(info: LogInfo, box: Box | None, now: float, glyphs: GlyphSet) -> Entry[LogName]:
    called = name_of(box) if box is not None else info.label or str(info.name.instance_id)
    stream = {"": "", "daemon": " (daemon)"}.get(info.name.stream, f":{info.name.stream}")
    last = "" if info.last_at is None else f"{age(now - info.last_at)} ago"
    when = f"gone, {last}" if box is None else last
    glyph = glyphs["stopped" if box is None else "running"]
    return Entry(info.name, _line(glyph, called + stream, info.name.instance_id, when, info.bytes), dim=box is None)


def _line(glyph: str, name: str, instance_id: int, when: str, stored: int | None) -> str:
    shown = cut(clean(name), NAME_WIDTH)
    pad = " " * (NAME_WIDTH - cells(shown))
    return f"{glyph} {shown}{pad} {instance_id:>9}  {when:<14} {size(stored, missing=''):>7}"


def file_entries(files: Sequence[str]) -> list[Entry[str]]:
    """Files on an instance; the container's own output is the first."""
    return [Entry("", "the container's output"), *(Entry(path, path) for path in _once(files))]


def _once(files: Sequence[str]) -> Iterator[str]:
    return (path for path in dict.fromkeys(files) if is_path(path))


def is_path(text: str) -> bool:
    """Whether it is the path of a file on an instance: absolute, or from the home directory."""
    return text.startswith(("/", "~/")) and not text.endswith("/") and text.isprintable()
