"""The search as chips: what is really asked, the hidden defaults included, and how many fit into the bar. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from vasttui.errors import UsageError
from vasttui.offers.editing import Term, terms, without_term
from vasttui.snapshot import Market, Search, Snapshot, WatchedSearch
from vasttui.tui.format import cells, clean, count, gigabytes, money
from vasttui.tui.glyphs import GlyphSet
from vasttui.tui.palette import Piece
from vasttui.tui.panes.offers.asking import TYPE_WORDS, watch_of
from vasttui.tui.panes.sheet import Part

USUAL_ORDER: Final = "score-"
GAP: Final = "  "
_HIDDEN_WORDS: Final = {"verified": "verified", "external": "not external", "rentable": "rentable"}


@dataclass(frozen=True, slots=True)
class Chip:
    """One condition of a search as it stands in the bar.

    Attributes:
        kind: "clause", "hidden", "type", "storage", "order", "limit", "preset" or "watch".
        text: what it says.
        tone: the style of its text.
        term: the clause of the query, for the first two kinds.
    """

    kind: str
    text: str
    tone: str = "dim"
    term: Term | None = None

    @property
    def removable(self) -> bool:
        """Whether the search can do without it."""
        return not (self.kind == "storage" or (self.kind == "type" and self.text == "on-demand"))

    def shortened(self, width: int) -> Chip:
        """The same, of a long list only as many values as fit into `width` cells, and how many more there are."""
        if cells(self.text) <= width or "[" not in self.text:
            return self
        start, _, values = self.text.rstrip("]").partition("[")
        items = values.split(",")
        for kept in range(len(items) - 1, 0, -1):
            text = f"{start}[{','.join(items[:kept])},+{len(items) - kept}]"
            if cells(text) <= width or kept == 1:
                return replace(self, text=text)
        return self

    def width(self, glyphs: GlyphSet) -> int:
        """Cells that it takes, mark included."""
        return sum(cells(text) for text, _ in self.pieces(glyphs))

    def pieces(self, glyphs: GlyphSet) -> tuple[Piece, ...]:
        """Its text; a hidden default has the mark of what can be lifted."""
        mark = ((f" {glyphs['times']}", "faint"),) if self.kind == "hidden" else ()
        return ((clean(self.text), self.tone), *mark)


def chips(search: Search, watched: Sequence[WatchedSearch] = ()) -> tuple[Chip, ...]:
    """What a search asks, the most important first."""
    found = _terms(search.text)
    written = [_clause(term) for term in found if not term.hidden]
    hidden = [Chip("hidden", _HIDDEN_WORDS.get(t.field, t.text), term=t) for t in found if t.hidden]
    return (*written, *_options(search, watched), *hidden)


def _terms(text: str) -> tuple[Term, ...]:
    try:
        return terms(text)
    except UsageError:
        return (Term(text, "", "", start=0, end=len(text)),)


def _clause(term: Term) -> Chip:
    return Chip("clause", term.text, "dim strike" if term.void else "text", term)


def _options(search: Search, watched: Sequence[WatchedSearch]) -> Iterator[Chip]:
    unusual = search.type != "on-demand"
    yield Chip("type", TYPE_WORDS.get(search.type, search.type), "text" if unusual else "dim")
    if (watch := watch_of(search, watched)) is not None:
        yield Chip("watch", f"watched below {_price(watch.below)}", "busy")
    if search.preset:
        yield Chip("preset", f"preset {search.preset}")
    yield Chip("storage", f"storage {gigabytes(search.storage_gb)} GB")
    if search.order != USUAL_ORDER:
        yield Chip("order", f"by {search.order}")
    if search.limit is not None:
        yield Chip("limit", f"up to {count(search.limit)}")


def _price(value: float) -> str:
    return f"{money(value, 3 if value < 1 else 2, sign=True)}/h"


def without_chip(search: Search, chip: Chip) -> Search:
    """The search without what a chip says; the same one when it cannot be without it."""
    if chip.term is not None:
        return replace(search, text=without_term(search.text, chip.term))
    usual = {"type": {"type": "on-demand"}, "order": {"order": USUAL_ORDER}, "limit": {"limit": None}}
    if chip.kind == "preset":
        return replace(search, preset=None)
    return replace(search, **usual.get(chip.kind, {}))  # type: ignore[arg-type]


# The bar


def laid_out(widths: Sequence[int], width: int, lines: int) -> list[list[int]]:
    """Which chips stand in which line; a chip is never cut, and those that do not fit are left for a count.

    Args:
        widths: cells of each chip.
        width: cells of a line.
        lines: lines at most; the last one keeps room for the count of the rest.
    """
    rows: list[list[int]] = [[]]
    used = 0
    for place, size in enumerate(widths):
        rest = len(widths) - place - 1
        more = len(f"{GAP}+{rest}") if rest else 0
        if rows[-1] and used + len(GAP) + size + (more if len(rows) == lines else 0) > width:
            if len(rows) == lines:
                break
            rows.append([])
        used = used + len(GAP) + size if rows[-1] else size
        rows[-1].append(place)
    return rows


def told(snapshot: Snapshot, asked: Search | None) -> tuple[tuple[Part, ...], ...]:
    """What stands at the right of the bar, in several lengths, the longest first.

    It is what was cut from the answer, or that the answer is awaited.
    """
    market = snapshot.market.value
    if market is None:
        return (((("asking Vast.ai", "busy"),),),)
    if asked is not None and market.search != asked:
        return (((("asking", "busy"),),),)
    cut, lists = _cut(market), _lists(snapshot)
    return ((cut, lists), (cut,), (_short(market),))


def _cut(market: Market) -> Part:
    reasons = [f"{count(number)} {_because(reason)}" for reason, number in sorted(market.hosts.reasons.items())]
    if market.unmatched:
        reasons.append(f"{count(market.unmatched)} not as asked")
    if market.skipped:
        reasons.append(f"{count(market.skipped)} unreadable")
    return ((f"cut: {', '.join(reasons)}", "look"),) if reasons else ()


def _because(reason: str) -> str:
    return reason.removeprefix("host is ").replace("not on the whitelist", "not allowed")


def _lists(snapshot: Snapshot) -> Part:
    allowed, blocked = len(snapshot.book.numbers("allow")), len(snapshot.book.numbers("block"))
    return ((f"hosts {allowed} allowed {blocked} blocked", "faint"),) if allowed or blocked else ()


def _short(market: Market) -> Part:
    """How many rows are not shown, where there is no room for why."""
    number = sum(market.hosts.reasons.values()) + market.unmatched + market.skipped
    return ((f"{count(number)} cut", "look"),) if number else ()
