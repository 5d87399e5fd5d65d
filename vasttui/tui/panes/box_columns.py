"""The columns of the instances: what stands in each cell and how it sorts. Pure."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from vasttui.instances.phases import Phase
from vasttui.instances.verdicts import Kind, Verdict
from vasttui.jobs.rental import plain_label
from vasttui.snapshot import Box, Unconfirmed
from vasttui.tui.format import age, cells, clean, cut, duration, money, number, percent
from vasttui.tui.glyphs import GlyphSet
from vasttui.tui.palette import Piece
from vasttui.tui.panes.lease import lease_cell
from vasttui.tui.panes.offers.columns import gpu_text
from vasttui.tui.widgets.table_model import Column, Content

IDLE_UTIL: Final = 5.0
"""Percent below which a GPU counts as doing nothing."""

TIMER: Final = 7
WORD: Final = 12
MARK: Final = 2

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class BoxRow:
    """A row: an instance, or a rental that is on its way or whose answer was lost.

    Attributes:
        lost: the rental, None for an instance.
        expected: its request is on its way, so no answer is missing.
    """

    key: int
    box: Box | None = None
    lost: Unconfirmed | None = None
    expected: bool = False

    @property
    def rental_word(self) -> Piece:
        """The state of a rental, and its tone."""
        return ("renting", "busy") if self.expected else (Phase.UNCONFIRMED.word, "look")


def box_rows(
    boxes: Iterable[Box], lost: Iterable[Unconfirmed] = (), expected: Container[str] = frozenset()
) -> list[BoxRow]:
    """Rentals on top, those with an `expected` label on their way, then the instances in the order of the listing."""
    rows = [BoxRow(-rental.offer_id, lost=rental, expected=rental.label in expected) for rental in lost]
    return rows + [BoxRow(box.id, box=box) for box in boxes]


def name_of(box: Box) -> str:
    """How a person calls it: its label, else its number."""
    return box.label or str(box.id)


def row_text(row: BoxRow) -> str:
    """The row as the text in which a filter looks for words, in lower case."""
    if row.box is None:
        return f"{plain_label(row.lost.label) if row.lost else ''} {row.rental_word[0]}".lower()
    box = row.box
    host = box.instance.host_id
    parts = (box.label, str(box.id), gpu_count(box), box.phase.word, phase_word(box)[0], f"host {host}" if host else "")
    return " | ".join(parts).lower()


def filter_rows(rows: Iterable[BoxRow], text: str) -> list[BoxRow]:
    """The rows that have every word and none of the `!words`."""
    words = [word.lower() for word in text.split()]
    wanted = [word for word in words if not word.startswith("!")]
    unwanted = [word[1:] for word in words if word.startswith("!") and len(word) > 1]
    return [
        row
        for row in rows
        if all(word in row_text(row) for word in wanted) and not any(word in row_text(row) for word in unwanted)
    ]


MEANINGS: Final[Mapping[str, str]] = {
    "state": "The state as a glyph.",
    "id": "Number of the instance.",
    "label": "Your label, or else its number.",
    "gpu": "How many GPUs of which model.",
    "util": "How busy the GPU is.",
    "price": "What it costs now by the hour.",
    "spent": "What it has cost so far, $.",
    "disk": "How full its disk is.",
    "lease": "How long until it ends itself.",
    "phase": "The state in words, and since when.",
}


def box_columns(glyphs: GlyphSet, now: Clock, *, leases: bool = False) -> tuple[Column[BoxRow], ...]:
    """The columns; `now` gives epoch seconds for the timers, `leases` adds what is left of the leases."""
    return (
        Column(key="state", title="", width=1, cell=lambda r: state_glyph(r, glyphs)),
        _of_box("id", "ID", 8, lambda b: str(b.id), sort=lambda b: b.id, style="dim", align="right", priority=6),
        Column(
            key="label",
            title="LABEL",
            width=10,
            flex=3,
            max_width=28,
            cell=lambda r: name_of(r.box) if r.box else plain_label(r.lost.label if r.lost else ""),
            sort_key=lambda r: name_of(r.box).lower() if r.box else None,
        ),
        Column(
            key="gpu",
            title="GPU",
            width=10,
            flex=1,
            max_width=18,
            draw=lambda r, width: short_gpu(r.box, width) if r.box else "",
            sort_key=lambda r: gpu_count(r.box)[2:] if r.box else None,
        ),
        Column(
            key="util",
            title="UTIL",
            width=9,
            priority=4,
            draw=lambda r, width: util_content(r.box, width, glyphs) if r.box else "",
            sort_key=lambda r: live_util(r.box) if r.box else None,
            descending=True,
        ),
        *_money_columns(),
        *(_lease_columns(now) if leases else ()),
        Column(
            key="phase",
            title="PHASE",
            width=14,
            flex=5,
            max_width=24,
            draw=lambda r, width: phase_content(r, width, now(), glyphs),
            sort_key=lambda r: r.box.phase.word if r.box else None,
        ),
    )


def _money_columns() -> tuple[Column[BoxRow], ...]:
    return (
        _of_box("price", "$/h", 6, lambda b: money(b.hourly, 3), sort=lambda b: b.hourly, style="money", align="right"),
        _of_box(
            "spent",
            "SPENT",
            8,
            lambda b: money(b.spent),
            sort=lambda b: b.spent,
            style="money",
            align="right",
            priority=5,
        ),
        _of_box(
            "disk",
            "DISK",
            4,
            lambda b: percent(disk_part(b)),
            sort=disk_part,
            style=lambda b: "look" if (disk_part(b) or 0) >= 0.9 else "dim",
            align="right",
            priority=7,
        ),
    )


def _lease_columns(now: Clock) -> tuple[Column[BoxRow], ...]:
    return (
        Column(
            key="lease",
            title="LEASE",
            width=7,
            align="right",
            priority=3,
            cell=lambda r: (lease_cell(r.box.switch, now()),) if r.box else "",
            sort_key=lambda r: r.box.switch.until if r.box and r.box.switch else None,
        ),
    )


def _of_box(
    key: str,
    title: str,
    width: int,
    cell: Callable[[Box], Content],
    *,
    sort: Callable[[Box], float | None],
    style: str | Callable[[Box], str],
    align: str,
    priority: int = 0,
) -> Column[BoxRow]:
    return Column(
        key=key,
        title=title,
        width=width,
        align="right" if align == "right" else "left",
        priority=priority,
        style=style if isinstance(style, str) else (lambda r: style(r.box) if r.box else "dim"),
        cell=lambda r: cell(r.box) if r.box else "",
        sort_key=lambda r: sort(r.box) if r.box else None,
        descending=True,
    )


def state_glyph(row: BoxRow, glyphs: GlyphSet) -> Content:
    """The glyph of its state in the state's colour."""
    if row.box is None:
        phase = Phase.CREATING if row.expected else Phase.UNCONFIRMED
        return ((glyphs[phase.glyph], phase.tone),)
    return ((glyphs[row.box.phase.glyph], phase_word(row.box)[1]),)


def gpu_count(box: Box) -> str:
    """`2×RTX 4090`; "" when unknown."""
    name = gpu_text(box.instance.gpu_name)
    count = box.instance.num_gpus
    return f"{'?' if count is None else count}×{name}" if name else ""


def short_gpu(box: Box, width: int) -> str:
    """The GPU in that many cells: the maker's family goes before anything is cut."""
    text = gpu_count(box)
    if cells(text) > width:
        text = text.replace("×RTX ", "×").replace("×GeForce ", "×").replace("×Tesla ", "×")
    return cut(text, width)


def live_util(box: Box) -> float | None:
    """GPU utilisation in percent, None where the figure would be a stale one."""
    return box.instance.gpu_util if box.phase.up else None


def util_content(box: Box, width: int, glyphs: GlyphSet) -> Content:
    """A line as long as the GPU is busy, and the percent."""
    util = live_util(box)
    if util is None:
        return ""
    done, track = glyphs.progress(util / 100, width - 5)
    tone = "good" if util >= IDLE_UTIL else "look" if verdict_of(box, Kind.IDLE) else "dim"
    track_tone = "track" if util >= IDLE_UTIL else tone
    return ((done, tone), (track, track_tone), (number(util).rjust(4) + "%", tone))


def disk_part(box: Box) -> float | None:
    """How full its disk is, 0..1; None when unknown."""
    used, space = box.instance.disk_usage, box.instance.disk_space
    return used / space if used is not None and space else None


def verdict_of(box: Box, kind: Kind) -> Verdict | None:
    """The remark of that kind, if there is one."""
    return next((verdict for verdict in box.verdicts if verdict.kind is kind), None)


_TELLS_ITSELF: Final[Mapping[Phase, str]] = {
    Phase.STOPPED: "stopped, bills disk",
    Phase.EXITED: "exited, bills disk",
    Phase.OUTBID: "outbid, bills disk",
    Phase.FAILED: "failed, bills disk",
}


def phase_word(box: Box) -> tuple[str, str]:
    """The word for its state, and its tone: what is asked of it, a remark, or its phase."""
    if box.command:
        return box.command, "busy"
    if box.orphan:
        return "orphan", "look"
    if box.phase in (Phase.READY, Phase.RUNNING):
        if verdict_of(box, Kind.IDLE):
            return "idle", "look"
        working = (live_util(box) or 0) >= IDLE_UTIL
        return ("working" if working else box.phase.word), "good"
    if verdict_of(box, Kind.ZOMBIE) and box.phase in _TELLS_ITSELF:
        return _TELLS_ITSELF[box.phase], "bad" if box.phase is Phase.FAILED else "look"
    return box.phase.word, "look" if _wants_look(box) else box.phase.tone


def fitting_word(box: Box, width: int) -> str:
    """The word for its state in that many cells."""
    word = phase_word(box)[0]
    return word if cells(word) <= width else word.removesuffix(" disk")


def _wants_look(box: Box) -> bool:
    return box.orphan or any(verdict.kind is not Kind.DISK for verdict in box.verdicts)


def phase_content(row: BoxRow, width: int, now: float, glyphs: GlyphSet) -> Content:
    """The state in words with its timer, as much of it as fits without cutting a figure."""
    if row.box is None:
        since = now - row.lost.since if row.lost else None
        word, tone = row.rental_word
        return _fitting(word, duration(since), age(since), tone, "", width)
    box = row.box
    word, tone = phase_word(box)
    tone = "text" if tone == "good" else tone
    if word == "idle" and box.idle_since is not None:
        bound, since = "", box.idle_since
    else:
        bound, since = "" if box.seen_start else (">" if glyphs.ascii_only else "≥"), box.phase_since
    seconds = max(0.0, now - since)
    span, short = bound + duration(seconds), bound + age(seconds)
    mark = f" {glyphs['look']}" if _wants_look(box) else ""
    if ", bills" in word:
        return ((fitting_word(box, width), tone),)
    return _fitting(word, span, short, tone, mark, width)


def _fitting(word: str, span: str, short: str, tone: str, mark: str, width: int) -> tuple[Piece, ...]:
    """Word, span and mark; aligned when there is room, then shorter, and the span goes before the word."""
    if width >= WORD + 1 + TIMER + MARK and cells(word) <= WORD:
        return ((word.ljust(WORD) + " " + span.rjust(TIMER) + mark, tone),)
    for text in (f"{word} {span}{mark}", f"{word} {short}{mark}", f"{word} {short}", f"{word}{mark}"):
        if cells(clean(text)) <= width:
            return ((text, tone),)
    return ((word, tone),)
