"""The host book as rows, columns and a few lines about one of them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vasttui.offers.history import Histories, History, everything
from vasttui.offers.hosts import Book, Page
from vasttui.offers.until import day_text
from vasttui.tui.format import Align, age, duration, money, number, percent, plural
from vasttui.tui.glyphs import GlyphSet
from vasttui.tui.palette import Piece
from vasttui.tui.panes.sheet import Line, fact
from vasttui.tui.widgets.table_model import Column, Content

VERDICTS = {"allow": ("done", "allowed", "good"), "block": ("blocked", "blocked", "bad")}
GOOD, POOR = 0.6, 0.4
"""Scores from which on a host was good to us, and below which it was not; see `History.score`."""


@dataclass(frozen=True, slots=True)
class HostRow:
    """A host or a machine: what is written of it, and our rentals there."""

    page: Page
    history: History

    @property
    def key(self) -> str:
        """Unique among all rows."""
        return f"{self.page.whose} {self.page.id}"

    def has(self, words: Sequence[str]) -> bool:
        """Whether all these words are in it."""
        page = self.page
        verdict = VERDICTS[page.verdict][1] if page.verdict else ""
        star = "favourite" if page.favourite else ""
        text = f"{self.key} {verdict} {page.origin if verdict else ''} {star} {page.text} {self.history.words}".lower()
        return all(word in text for word in words)


def host_rows(book: Book, histories: Histories) -> list[HostRow]:
    """All that is written of, or was rented; hosts by id, then machines."""
    return [HostRow(page, history) for page, history in everything(book, histories)]


def host_columns(glyphs: GlyphSet, now: Callable[[], float]) -> list[Column[HostRow]]:
    """The columns of the book."""
    return [
        Column(
            key="name",
            title="HOST, MACHINE",
            width=16,
            cell=lambda row: ((glyphs["star"] if row.page.favourite else " ", "mark"), (f" {row.key}", "text")),
            sort_key=lambda row: (row.page.whose, row.page.id),
        ),
        Column(
            key="verdict",
            title="VERDICT",
            width=10,
            cell=lambda row: verdict_cell(row.page, glyphs),
            sort_key=lambda row: row.page.verdict,
        ),
        Column(key="until", title="UNTIL", width=12, style="dim", cell=lambda row: _until(row.page, now()), priority=5),
        _figure(
            "score", "SCORE", 5, lambda row: row.history.score, lambda row: percent(row.history.score), tone=score_tone
        ),
        Column(key="yours", title="YOUR RENTALS", width=16, cell=lambda row: row.history.words, priority=1),
        _figure("boot", "BOOT", 7, lambda r: r.history.boot_median, lambda r: duration(r.history.boot_median), 3),
        _figure(
            "down",
            f"{glyphs['down']} Mb/s",
            9,
            lambda row: row.history.measured_down,
            lambda row: down_text(row.history),
            priority=7,
        ),
        _figure(
            "spent", "$", 7, lambda r: r.history.spent or None, lambda r: _spent(r.history), 4
        ),
        Column(
            key="note",
            title="NOTE",
            width=10,
            flex=1,
            style="dim",
            cell=lambda row: row.page.text,
            sort_key=lambda row: row.page.text.lower() or None,
            priority=2,
        ),
    ]


def _figure(
    key: str,
    title: str,
    width: int,
    value: Callable[[HostRow], float | None],
    cell: Callable[[HostRow], Content],
    priority: int = 0,
    *,
    tone: Callable[[HostRow], str] | str = "text",
) -> Column[HostRow]:
    align: Align = "right"
    return Column(
        key=key,
        title=title,
        width=width,
        align=align,
        cell=cell,
        style=tone,
        sort_key=value,
        descending=True,
        priority=priority,
    )


def verdict_cell(page: Page, glyphs: GlyphSet) -> tuple[Piece, ...]:
    """Glyph and word; dim when not the user but the config says so."""
    if page.verdict is None:
        return ()
    glyph, word, tone = VERDICTS[page.verdict]
    return ((f"{glyphs[glyph]} {word}", tone if page.origin == "book" else "dim"),)


def score_tone(row: HostRow) -> str:
    """The colour token of a score."""
    score = row.history.score
    return "text" if score is None or POOR <= score <= GOOD else "good" if score > GOOD else "look"


def _until(page: Page, now: float) -> str:
    return "" if page.until is None else day_text(page.until, now)


def _spent(history: History) -> str:
    return money(history.spent) if history.spent else ""


def down_text(history: History) -> str:
    """What was measured, a lower bound, e.g. `≥812`; "" when nothing was."""
    return "" if history.measured_down is None else f"≥{number(history.measured_down)}"


def host_lines(row: HostRow, now: float) -> list[Line]:
    """All about one row, for below the table."""
    page, past = row.page, row.history
    first: Line = ((("no verdict", "dim"),),)
    if page.verdict is not None:
        _, word, tone = VERDICTS[page.verdict]
        until = "" if page.until is None else f" until {day_text(page.until, now)}"
        first = (((f"{word}{until}", tone), (f" by the {page.origin}", "dim")),)
    star = ((("favourite", "mark"),),) if page.favourite else ()
    title, note = ((row.key, "text bold"),), ((page.text or "no note", "dim"),)
    return [(title, *first, *star), (note,), *_past_lines(past, now)]


def _past_lines(past: History, now: float) -> list[Line]:
    if not past.rentals:
        return [((("you rented nothing here yet", "dim"),),)]
    failures = ", ".join(f"{count} {failure}" for failure, count in sorted(past.failures.items()))
    last = age(now - past.last) if past.last is not None else ""
    down = ""
    if past.measured_down is not None:
        promised = "" if past.promised_down is None else f" of {number(past.promised_down)} promised"
        down = f"at least {number(past.measured_down)}{promised} Mb/s"
    return [
        (
            ((plural(past.rentals, "rental"), "text"),),
            ((f"{past.boots} booted", "text"),),
            fact("in", duration(past.boot_median)),
            fact("interrupted", plural(past.interruptions, "time") if past.interruptions else ""),
            fact("spent", (_spent(past) and f"${_spent(past)}", "money")),
            fact("last", f"{last} ago" if last else ""),
        ),
        (fact("failed", failures), fact("download", down)),
    ]
