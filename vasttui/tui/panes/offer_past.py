"""What time taught about an offer, as lines for its details: prices of its kind, our own rentals. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vasttui.api.models import Offer
from vasttui.offers.changes import Change, shown_price
from vasttui.offers.gpus import plain
from vasttui.offers.history import History
from vasttui.offers.prices import Prices, Quartiles, Standing
from vasttui.tui.format import age, duration, known, money, number, plural
from vasttui.tui.glyphs import GlyphSet
from vasttui.tui.panes.sheet import Line, Part, fact

SPARK: Final = 16
"""Cells of a price over time."""


def change_part(offer: Offer, change: Change | None, type: str, glyphs: GlyphSet) -> Part:  # noqa: A002
    """What became of it since the last answer."""
    if change is None:
        return ()
    if change.before is None:
        return (("new since the last answer", "mark"),)
    price = shown_price(offer, type)
    if price is None:
        return ()
    cheaper = price < change.before
    text = f"{money(abs(price - change.before), 3, sign=True)} {'cheaper' if cheaper else 'dearer'} than before"
    return ((f"{glyphs['cheap' if cheaper else 'dear']} {text}", "good" if cheaper else "look"),)


def market_line(offer: Offer, prices: Prices, glyphs: GlyphSet, width: int) -> Line:
    """Cheap or dear for its kind, and how the prices went; () when nothing is known of them."""
    among = prices.of(offer)
    model = plain(offer.gpu_name) if offer.gpu_name else ""
    machine = prices.machines.get(offer.machine_id, ()) if offer.machine_id is not None else ()
    parts = (
        *_standing(offer, prices, among, width),
        _trend("model", prices.models.get(model, ()), glyphs),
        _trend("machine", machine, glyphs),
    )
    return parts if any(parts) else ()


def _standing(offer: Offer, prices: Prices, among: Quartiles | None, width: int) -> Line:
    if among is None:
        return ()
    standing = prices.standing(offer)
    if standing is None:
        said = f"{plural(among.offers, 'offer')} of its kind: too few to tell"
        return (fact("kind", (said, "dim"), width=width),)
    model = (offer.gpu_name or "").replace("_", " ")
    words, tone = {
        Standing.CHEAP: (f"cheap: below 3 of 4 {model}", "good"),
        Standing.FAIR: (f"fair: like the middle half of {model}", "text"),
        Standing.DEAR: (f"dear: above 3 of 4 {model}", "look"),
    }[standing]
    figures = f"{money(among.q1, 3)}-{money(among.q3, 3)} $/GPU, of {among.offers}"
    return (
        fact("kind", (words, tone), width=width),
        fact("middle half" if prices.type != "bid" else "least bids", (figures, "dim")),
    )


def _trend(name: str, values: Sequence[float], glyphs: GlyphSet) -> Part:
    usable = [value for value in values if known(value)]
    if len(usable) < 2:
        return ()
    return fact(name, (glyphs.trend(usable, SPARK), "mark"), (f" {money(usable[-1], 3)}", "text"))


def history_line(past: History | None, whose: str, now: float, width: int) -> Line:
    """How our own rentals on this machine or host went; () without one."""
    if past is None or not past.rentals:
        return ()
    boots = f"{past.boots} of {past.rentals} booted"
    took = f", in {duration(past.boot_median)}" if past.boot_median is not None else ""
    failed = ", ".join(f"{count} {failure}" for failure, count in past.failures.items())
    last = f"{age(now - past.last)} ago" if past.last is not None else ""
    return (
        fact(f"your {whose}", (boots + took, "text" if past.boots else "look"), width=width),
        fact("failed", (failed, "bad")),
        fact("interrupted", (plural(past.interruptions, "time"), "look")) if past.interruptions else (),
        _network(past),
        fact("spent", (money(past.spent, 2, sign=True), "money")),
        fact("last", last),
    )


def _network(past: History) -> Part:
    if past.measured_down is None:
        return ()
    promised = past.promised_down
    poor = promised is not None and past.measured_down < promised / 2
    of = f" of {number(promised)} promised" if promised is not None else ""
    return fact("net", (f"{number(past.measured_down)}{of} Mb/s", "look" if poor else "text"))
