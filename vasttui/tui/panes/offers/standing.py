"""How an offer stands: against the last answer, against others of its kind, and with us. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from vasttui.api.models import Offer
from vasttui.offers.changes import Change, shown_price
from vasttui.offers.prices import Standing
from vasttui.snapshot import Market, Snapshot
from vasttui.tui.format import money
from vasttui.tui.glyphs import GlyphSet
from vasttui.tui.palette import Piece
from vasttui.tui.panes.offers.pricing import Pricing
from vasttui.tui.widgets.table_model import Content

OLD_PRICE_WIDTH: Final = 6
GOOD_SCORE: Final = 0.6
BAD_SCORE: Final = 0.4

_STANDINGS: Final = {Standing.CHEAP: ("cheap", "good"), Standing.DEAR: ("dear", "look")}


@dataclass(frozen=True, slots=True)
class Marks:
    """Cells that tell how an offer stands, by the present picture."""

    snapshot: Callable[[], Snapshot]
    pricing: Pricing
    glyphs: GlyphSet

    def price(self, offer: Offer) -> Content:
        """The price, marked when it is cheap or dear for its kind."""
        market, text = self.snapshot().market.value, self.pricing.text(offer)
        standing = market.prices.standing(offer) if market is not None and text else None
        if standing not in _STANDINGS:
            return text
        glyph, tone = _STANDINGS[standing]
        return ((self.glyphs[glyph], tone), (text, "money"))

    def change(self, offer: Offer, width: int) -> Content:
        """What became of it since the answer before; with its old price where there is room."""
        market = self.snapshot().market.value
        change = market.changes.get(offer.id) if market is not None else None
        if market is None or change is None:
            return ""
        if change.before is None:
            return (("new", "mark"),)
        cheaper = _is_cheaper(offer, change, market)
        old = self.pricing.per(offer, change.before) if width >= OLD_PRICE_WIDTH else None
        glyph, tone = ("down", "good") if cheaper else ("up", "look")
        return ((self.glyphs[glyph], tone), (money(old, self.pricing.basis.decimals), "dim"))

    def change_rank(self, offer: Offer) -> float | None:
        """For sorting: new ones, then what became the most cheaper, then what became dearer."""
        market = self.snapshot().market.value
        change = market.changes.get(offer.id) if market is not None else None
        if market is None or change is None:
            return None
        now = shown_price(offer, market.search.type)
        return now / change.before if change.before and now is not None else 0.0

    def history(self, offer: Offer) -> Content:
        """How our rentals there went."""
        history = self.snapshot().histories.of(offer)
        if history is None or history.score is None:
            return ""
        tone = "good" if history.score >= GOOD_SCORE else "look" if history.score < BAD_SCORE else "text"
        return ((history.words, tone),)

    def score(self, offer: Offer) -> float | None:
        """How well they went, 0..1."""
        history = self.snapshot().histories.of(offer)
        return None if history is None else history.score

    def yours(self, offer: Offer) -> Content:
        """What the book says: favourite, verdict, note."""
        book = self.snapshot().book
        pieces: list[Piece] = [(self.glyphs["star"], "mark")] if book.favourite(offer) else []
        if any(page.text for page in book.of(offer)):
            pieces.append((self.glyphs["note"], "busy"))
        verdict = book.verdict(offer)
        if verdict is not None:
            glyph, word, tone = ("done", "allowed", "good") if verdict == "allow" else ("blocked", "blocked", "bad")
            pieces.append((f"{self.glyphs[glyph]} {word}", tone))
        return tuple(pieces)

    def yours_rank(self, offer: Offer) -> int | None:
        """For sorting: favourites, allowed, with a note, blocked."""
        book = self.snapshot().book
        if not book.pages:
            return None
        if book.favourite(offer):
            return 0
        verdict = book.verdict(offer)
        if verdict is not None:
            return 1 if verdict == "allow" else 3
        return 2 if book.of(offer) else None


def _is_cheaper(offer: Offer, change: Change, market: Market) -> bool:
    now = shown_price(offer, market.search.type)
    return now is not None and change.before is not None and now < change.before


def changes_text(market: Market) -> str:
    """What the last answer changed, for the lower edge: `2 new, 1 cheaper, 3 gone`, "" for nothing."""
    offers = {offer.id: offer for offer in market.offers if offer.id in market.changes}
    priced = [(offers[i], change) for i, change in market.changes.items() if i in offers and not change.is_new]
    cheaper = sum(_is_cheaper(offer, change, market) for offer, change in priced)
    counts = (
        (sum(change.is_new for i, change in market.changes.items() if i in offers), "new"),
        (cheaper, "cheaper"),
        (len(priced) - cheaper, "dearer"),
        (len(market.gone), "gone"),
    )
    return ", ".join(f"{count} {word}" for count, word in counts if count)
