"""The table of offers that `vasttui search` prints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vasttui.cli.output import print_table

if TYPE_CHECKING:
    from vasttui.api.models import Offer
    from vasttui.offers.market import Market

Read = Callable[["Offer"], str]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table; numbers stand on the right."""

    head: str
    read: Read
    right: bool = True


def print_offers(market: Market) -> None:
    """Print the offers, in their order."""
    columns = _columns(market)
    rows = ([column.read(offer) for column in columns] for offer in market.offers)
    right = frozenset(place for place, column in enumerate(columns) if column.right)
    print_table([column.head for column in columns], rows, right=right)


def _columns(market: Market) -> tuple[Column, ...]:
    return (
        Column("ID", lambda offer: str(offer.id)),
        Column("GPU", lambda offer: offer.gpu_name or "?", right=False),
        Column("N", lambda offer: _number(offer.num_gpus, 0)),
        Column("VRAM GB", lambda offer: _number(offer.gpu_ram, 0, 1 / 1024)),
        *_prices(market),
        Column("DLP/$", lambda offer: _number(offer.dlperf_per_dphtotal, 0)),
        Column("REL %", lambda offer: _number(offer.reliability, 1, 100)),
        Column("Mb/s down", lambda offer: _number(offer.inet_down, 0)),
        Column("DISK GB", lambda offer: _number(offer.disk_space, 0)),
        Column("CUDA", lambda offer: _number(offer.cuda_max_good, 1)),
        Column("DAYS", lambda offer: _number(offer.duration, 0, 1 / 86_400)),
        Column("WHERE", lambda offer: offer.geolocation or "", right=False),
        Column("HOST", lambda offer: _number(offer.host_id, 0)),
        Column("MACHINE", lambda offer: _number(offer.machine_id, 0)),
    )


def _prices(market: Market) -> tuple[Column, ...]:
    """What the type of rental costs, and whether that is cheap or dear where it is known."""
    if market.search.type in ("bid", "interruptible"):
        price = Column("MIN BID", lambda offer: _number(offer.min_bid, 4))
    else:
        price = Column("$/h", lambda offer: _number(offer.dph_total, 4))
    standing = {offer.id: market.prices.standing(offer) for offer in market.offers}
    if not any(standing.values()):
        return (price,)
    return price, Column("PRICE IS", lambda offer: standing[offer.id] or "", right=False)


def _number(value: float | None, decimals: int, scale: float = 1.0) -> str:
    return "" if value is None else f"{value * scale:.{decimals}f}"
