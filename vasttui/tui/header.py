"""The one line at the top: who pays, what is left, what it costs, what needs a look, how fresh this is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.strip import Strip
from textual.widget import Widget

from vasttui.errors import KeyRefused
from vasttui.tui.format import age, cells, clean, clock, cut, hours, money
from vasttui.tui.glyphs import GlyphSet, glyphs_of
from vasttui.tui.palette import Piece, palette_of

if TYPE_CHECKING:
    from vasttui.snapshot import Snapshot

GAP = 3
TIGHT = 2
STALE_AFTER = 60.0
"""Seconds after which a picture that nothing is wrong with is called stale all the same."""
LOW_HOURS = 6.0


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the line: it is shown whole, short, or not at all.

    Attributes:
        rank: what leaves first has the highest.
        right: it stands at the right edge.
    """

    rank: int
    pieces: tuple[Piece, ...]
    short: tuple[Piece, ...] = ()
    right: bool = False

    def width(self, short: bool) -> int:
        """Cells it takes."""
        return sum(cells(text) for text, _ in (self.short or self.pieces if short else self.pieces))


def parts(snapshot: Snapshot, now: float, glyphs: GlyphSet) -> list[Part]:
    """All parts of the line, in their order."""
    found = who_we_are(glyphs, demo=snapshot.demo)
    if name := _name(snapshot):
        found.append(Part(8, ((name, "dim"),)))
    found += _money_parts(snapshot)
    found += _count_parts(snapshot, glyphs)
    if snapshot.read_only:
        found.append(Part(2, (("read-only", "look"),), (("RO", "look"),)))
    found.append(Part(3, _link(snapshot, now, glyphs), _link(snapshot, now, glyphs, short=True), right=True))
    found.append(Part(9, ((clock(now)[:5], "dim"),), right=True))
    return found


def who_we_are(glyphs: GlyphSet, *, demo: bool) -> list[Part]:
    """The parts that are there before any data."""
    found = [Part(0, ((f"{glyphs['logo']} vasttui", "mark bold"),))]
    return [*found, Part(1, ((" DEMO ", "busy bold reverse"),))] if demo else found


def _name(snapshot: Snapshot) -> str:
    account = snapshot.account.value
    if account is None or snapshot.demo:
        return ""
    return cut(clean(account.username or account.email or ""), 20)


def _money_parts(snapshot: Snapshot) -> Iterator[Part]:
    account = snapshot.account.value
    if account is not None and account.credit is not None:
        credit = money(account.credit, sign=True)
        style = "bad bold" if account.credit <= 0 else "money bold"
        yield Part(2, ((credit, style), (" credit", "dim")), ((credit, style),))
    if snapshot.burn is not None:
        burn = money(snapshot.burn, sign=True)
        yield Part(4, ((burn, "money bold"), ("/h burn", "dim")), ((burn, "money bold"), ("/h", "dim")))
    left = snapshot.runway
    if left is not None and not math.isinf(left):
        style = "bad bold" if left < LOW_HOURS else "good bold"
        yield Part(5, ((hours(left), style), (" runway", "dim")), ((hours(left), style), (" left", "dim")))


def _count_parts(snapshot: Snapshot, glyphs: GlyphSet) -> Iterator[Part]:
    boxes = snapshot.boxes.value
    if boxes is not None:
        running = (str(sum(box.instance.actual_status == "running" for box in boxes)), "text bold")
        yield Part(7, (running, (" running", "dim")), (running, (" run", "dim")))
    if snapshot.alarms:
        text = "  ".join(clean(alarm) for alarm in snapshot.alarms)
        short = f"{glyphs['look']} {len(snapshot.alarms)}"
        yield Part(6, ((f"{glyphs['look']} {text}", "look"),), ((short, "look"),))


def _link(snapshot: Snapshot, now: float, glyphs: GlyphSet, *, short: bool = False) -> tuple[Piece, ...]:
    boxes = snapshot.boxes
    if snapshot.starting and boxes.value is None:
        return (("connecting" if short else clean(snapshot.starting), "busy"),)
    error, old = snapshot.trouble, boxes.age(now)
    if snapshot.paused:
        return (("paused", "look"), (f" {age(old)}" if old is not None else "", "dim"))
    if isinstance(error, KeyRefused):
        return ((f"{glyphs['failed']} key refused", "bad"),)
    if error is None and old is not None and old <= STALE_AFTER:
        return ((f"{glyphs['live']} live {age(old)}", "good"),)
    if error is None and old is None:
        return (("connecting", "busy"),)
    stale = f"{glyphs['creating']} stale {age(old)}" if old is not None else f"{glyphs['creating']} no answer"
    wait = None if boxes.next_try is None else max(0.0, boxes.next_try - now)
    tail = "" if short or wait is None else f", next try {age(wait)}"
    return ((stale + tail, "look"),)


def line(found: list[Part], width: int) -> tuple[Piece, ...]:
    """The parts that fit into `width` cells: shortened one by one, then dropped whole, the highest rank first."""
    by_rank = sorted(found, key=lambda part: part.rank, reverse=True)
    shown, short = list(found), set[Part]()
    if _width(shown, short) > width:
        for part in by_rank:
            if _width(shown, short, TIGHT) > width and part.short:
                short.add(part)
        for part in by_rank[:-1]:
            if _width(shown, short, TIGHT) > width:
                shown.remove(part)
    return _spread(shown, width, short)


def _width(shown: list[Part], short: set[Part], gap: int = GAP) -> int:
    return sum(part.width(part in short) + gap for part in shown)


def _spread(shown: list[Part], width: int, short: set[Part]) -> tuple[Piece, ...]:
    gap = GAP if _width(shown, short) <= width else TIGHT
    left, right = (_side(shown, short, gap, right=side) for side in (False, True))
    room = width - 1 - sum(cells(text) for text, _ in (*left, *right))
    return ((" ", ""), *left, (" " * max(0, room), ""), *right)


def _side(shown: list[Part], short: set[Part], gap: int, *, right: bool) -> list[Piece]:
    pieces: list[Piece] = []
    for part in shown:
        if part.right is right:
            pieces += [(" " * gap, "")] if pieces else []
            pieces += part.short if part in short else part.pieces
    return [*pieces, (" ", "")] if right and pieces else pieces


class Header(Widget):
    """Draws the line; the same line again costs nothing."""

    def __init__(self, *, demo: bool = False) -> None:
        super().__init__(id="header")
        self._demo = demo
        self._pieces: tuple[Piece, ...] = ()

    def on_mount(self) -> None:
        """Say at once what this is."""
        self._pieces = line(who_we_are(glyphs_of(self.app), demo=self._demo), self.app.size.width)

    def show(self, snapshot: Snapshot, now: float) -> None:
        """Bring the line up to date."""
        width = self.size.width or self.app.size.width
        pieces = line(parts(snapshot, now, glyphs_of(self.app)), width)
        if pieces != self._pieces:
            self._pieces = pieces
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line on the bar's ground."""
        strip = Strip(palette_of(self.app).segments(self._pieces))
        return strip.adjust_cell_length(self.size.width).apply_style(self.rich_style)
