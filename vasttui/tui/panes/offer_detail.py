"""What is known of the offer under the cursor."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Final

from textual.app import ComposeResult

from vasttui.api.models import Offer
from vasttui.offers.changes import Change
from vasttui.offers.history import History
from vasttui.offers.price import cost
from vasttui.offers.prices import Prices
from vasttui.offers.until import day_text
from vasttui.snapshot import Search, Snapshot
from vasttui.tui.format import duration, gigabytes, known, money, number, percent
from vasttui.tui.glyphs import UNICODE, GlyphSet, glyphs_of
from vasttui.tui.palette import Piece
from vasttui.tui.panes.offer_past import change_part, history_line, market_line
from vasttui.tui.panes.offers.columns import gpu_text, reliability_tone
from vasttui.tui.panes.pane import Pane
from vasttui.tui.panes.places import long_place
from vasttui.tui.panes.sheet import Line, Part, Sheet, fact

NAME_WIDTH: Final = 12

ROWS: Final = 4
"""Lines that the panel has room for beside the market."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an offer beyond its row.

    Attributes:
        stand: "allow" or "block" when its host or machine is on one of the lists.
        note: what is written of them.
        prices: of offers of this type.
        change: since the last answer, None for none.
        past: our rentals there, on this `whose`: "machine" or "host".
        now: epoch seconds.
    """

    stand: str = ""
    note: str = ""
    prices: Prices = field(default_factory=Prices)
    change: Change | None = None
    past: History | None = None
    whose: str = "host"
    now: float = 0.0


def offer_lines(offer: Offer, search: Search, also: Known, glyphs: GlyphSet = UNICODE) -> tuple[Line, ...]:
    """The lines of the panel; what is not known is left out.

    Hardware makes room for what prices and our own rentals say; the panel shows the first lines.

    Args:
        search: the search that found it: its type and the disk that its prices include.
    """
    first = (_machine(offer, also.stand, also.note, glyphs), _price(offer, search, also.change, glyphs))
    learnt = (
        market_line(offer, also.prices, glyphs, NAME_WIDTH),
        history_line(also.past, also.whose, also.now, NAME_WIDTH),
    )
    told = (*first, *(line for line in learnt if line))
    hardware = _hardware(offer, also.now, glyphs)
    if len(told) + 2 > ROWS:
        around = _surroundings(offer, 0, glyphs)
        return (*told, (*hardware[:1], *around[:2], *hardware[1:], *around[2:]))
    return (*told, hardware, _surroundings(offer, NAME_WIDTH, glyphs))


def _machine(offer: Offer, stand: str, note: str, glyphs: GlyphSet) -> Line:
    count = "?" if offer.num_gpus is None else str(offer.num_gpus)
    name = f"{gpu_text(offer.gpu_name) or 'unknown GPU'} {glyphs['times']}{count}"
    where = [
        f"machine {offer.machine_id}" if offer.machine_id is not None else "",
        f"host {offer.host_id}" if offer.host_id is not None else "",
        long_place(offer.geolocation),
    ]
    allowed, blocked = glyphs["done"], glyphs["blocked"]
    standing = {"allow": (f"{allowed} allowed", "good"), "block": (f"{blocked} blocked", "bad")}.get(stand)
    return (
        ((name.ljust(NAME_WIDTH), "text bold"), ("  " + ", ".join(filter(None, where)), "dim")),
        _trust(offer),
        (standing,) if standing else (),
        ((note, "dim"),) if note else (),
    )


def _trust(offer: Offer) -> Part:
    pieces: list[Piece] = []
    if offer.reliability is not None:
        pieces.append((percent(offer.reliability, 1), reliability_tone(offer.reliability)))
    if offer.verification:
        tone = {"verified": "good", "deverified": "bad"}.get(offer.verification, "look")
        pieces.append((f"{' ' if pieces else ''}{offer.verification}", tone))
    if offer.hosting_type == 1:
        pieces.append((" datacenter", "good"))
    return tuple(pieces)


def _price(offer: Offer, search: Search, change: Change | None, glyphs: GlyphSet) -> Line:
    bid = offer.min_bid if search.type == "bid" else None
    changed = change_part(offer, change, search.type, glyphs)
    parts = cost(offer, search.storage_gb, bid)
    if parts is None or (search.type == "bid" and bid is None):
        return (fact("price", _bare_price(offer), width=NAME_WIDTH), changed, _traffic(offer))
    gpu = "at the least bid" if bid is not None else "GPU"
    sum_text = f" = {gpu} {money(parts.gpu, 3)} + {gigabytes(search.storage_gb)} GB disk {money(parts.disk, 3)}"
    return (
        fact(
            "price",
            (money(parts.total, 3, sign=True), "money bold"),
            ("/h", "dim"),
            (sum_text, "dim"),
            width=NAME_WIDTH,
        ),
        ((money(parts.daily, 2, sign=True), "money"), ("/day", "dim")),
        changed,
        _on_demand(offer) if bid is not None else (),
        _traffic(offer),
    )


def _bare_price(offer: Offer) -> Piece:
    """What is known of the price when its parts are not."""
    if offer.dph_total is None:
        return ("unknown", "dim")
    return (f"{money(offer.dph_total, 3, sign=True)}/h, its disk is not told", "money")


def _on_demand(offer: Offer) -> Part:
    return fact("on demand", (money(offer.dph_total, 3, sign=True), "money"))


def _traffic(offer: Offer) -> Part:
    into, out = offer.inet_down_cost, offer.inet_up_cost
    if not known(into) and not known(out):
        return ()
    return (
        ("traffic ", "dim"),
        (f"in {money(into, 3, missing='?')} out {money(out, 3, missing='?')}", "text"),
        (" $/GB", "dim"),
    )


def _hardware(offer: Offer, now: float, glyphs: GlyphSet) -> Line:
    cores = number(offer.cpu_cores_effective or offer.cpu_cores)
    cpu = f" {glyphs['times']} ".join(filter(None, (cores, offer.cpu_name or ("cores" if cores else ""))))
    ram = f"{gigabytes(offer.cpu_ram / 1000)} GB" if known(offer.cpu_ram) and offer.cpu_ram is not None else ""
    return (
        fact("cpu", ", ".join(filter(None, (cpu, ram))) or ("unknown", "dim"), width=NAME_WIDTH),
        fact("ports", number(offer.direct_port_count)),
        fact("ends in", *_end(offer, now)),
        fact("driver", offer.driver_version or ""),
        fact("CUDA", number(offer.cuda_max_good, 1)),
    )


def _end(offer: Offer, now: float) -> tuple[Piece, ...]:
    left = offer.end_date - now if known(offer.end_date) and offer.end_date is not None else offer.duration
    if left is None or not known(left):
        return ()
    return ((duration(left), "look" if left < 2 * 86400 else "text"),)


def _surroundings(offer: Offer, width: int, glyphs: GlyphSet) -> Line:
    down, up = number(offer.inet_down), number(offer.inet_up)
    speeds = f"{glyphs['down']} {down or '?'} {glyphs['up']} {up or '?'} Mb/s" if down or up else ("unknown", "dim")
    disk = f"{gigabytes(offer.disk_space)} GB" if known(offer.disk_space) else ""
    speed = f"{number(offer.disk_bw)} MB/s" if known(offer.disk_bw) else ""
    pcie = f"{number(offer.pci_gen, 1)} {number(offer.pcie_bw, 1)} GB/s" if known(offer.pcie_bw) else ""
    return (
        fact("net", speeds, width=width),
        fact("disk", ", ".join(filter(None, (disk, speed)))),
        fact("PCIe", pcie.strip()),
        fact("static IP", "yes" if offer.static_ip else ""),
        fact("board", offer.mobo_name or ""),
    )


class OfferDetailPane(Pane):
    """Follows the cursor of the offers."""

    SCOPE: ClassVar[str] = "offer-detail"
    NAME: ClassVar[str] = "Offer"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._offer: Offer | None = None

    def compose(self) -> ComposeResult:
        """One sheet."""
        yield Sheet()

    def offer_chosen(self, offer: Offer | None) -> None:
        """Show this offer."""
        self._offer = offer
        self._draw(self.snapshot)

    def show(self, snapshot: Snapshot) -> None:
        """The lists and the search may have changed."""
        self._draw(snapshot)

    def _draw(self, snapshot: Snapshot) -> None:
        sheet = self.query_one(Sheet)
        offer, market = self._offer, snapshot.market.value
        if offer is None or market is None:
            self.title("")
            sheet.set_lines([((("The offer under the cursor stands here.", "dim"),),)])
            return
        self.title(str(offer.id))
        sheet.set_lines(offer_lines(offer, market.search, known_of(snapshot, offer, self.now), glyphs_of(self.app)))


def known_of(snapshot: Snapshot, offer: Offer, now: float) -> Known:
    """What a picture knows of an offer beyond its row."""
    market, histories = snapshot.market.value, snapshot.histories
    return Known(
        stand=standing(snapshot, offer),
        note=notes(snapshot, offer, now),
        prices=market.prices if market is not None else Prices(),
        change=market.changes.get(offer.id) if market is not None else None,
        past=histories.of(offer),
        whose="machine" if offer.machine_id in histories.machines else "host",
        now=now,
    )


def standing(snapshot: Snapshot, offer: Offer) -> str:
    """On which of the user's lists an offer's host or machine is: "allow", "block" or ""."""
    return snapshot.book.verdict(offer) or ""


def notes(snapshot: Snapshot, offer: Offer, now: float) -> str:
    """What is written of its machine and its host, and when that ends."""
    pages = ((page.text, page.until) for page in snapshot.book.of(offer))
    said = (f"{text}{f' until {day_text(until, now)}' if until is not None else ''}" for text, until in pages)
    return "; ".join(text.strip() for text in said if text)
