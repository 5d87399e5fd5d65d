"""The columns of the offers: what stands in each cell and how it sorts. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from vasttui.api.models import Offer
from vasttui.tui.format import gigabytes, known, money, number, percent
from vasttui.tui.panes.places import short_place
from vasttui.tui.widgets.table_model import Column, Content

GOOD_RELIABILITY = 0.98
POOR_RELIABILITY = 0.90


@dataclass(frozen=True, slots=True)
class _Basis:
    title: str
    decimals: int
    divisor: Callable[[Offer], float | None]


class Basis(Enum):
    """What a price is divided by, so that machines of different size compare."""

    HOUR = _Basis("$/h", 3, lambda offer: 1.0)
    GPU = _Basis("$/GPU h", 3, lambda offer: offer.num_gpus)
    VRAM = _Basis("$/GB h", 4, lambda offer: _vram(offer))
    DLPERF = _Basis("$/100DLP", 3, lambda offer: None if offer.dlperf is None else offer.dlperf / 100)

    @property
    def title(self) -> str:
        """The column's heading."""
        return self.value.title

    def next(self) -> Basis:
        """The one that follows, round and round."""
        bases = list(Basis)
        return bases[(bases.index(self) + 1) % len(bases)]

    def of(self, offer: Offer, *, bid: bool) -> float | None:
        """The price of an offer on this basis, None when a part of it is unknown."""
        price, divisor = price_of(offer, bid=bid), self.value.divisor(offer)
        return price / divisor if price is not None and divisor else None


def price_of(offer: Offer, *, bid: bool) -> float | None:
    """What an hour costs, $: for an interruptible instance the least bid, else all that the search includes."""
    price = offer.min_bid if bid else offer.dph_total
    return price if known(price) else None


def gpu_text(name: str | None) -> str:
    """A GPU's name as people write it; Vast.ai has it with blanks or with underscores."""
    return (name or "").replace("_", " ").strip()


def offer_columns(
    basis: Basis = Basis.HOUR, *, bid: bool = False, last: Column[Offer] | None = None
) -> tuple[Column[Offer], ...]:
    """The columns, for a price basis; `last` stands at the right: what is yours, or why the row is cut."""
    columns = (*_machine_columns(basis, bid=bid), *_detail_columns())
    return columns if last is None else (*columns, last)


def _machine_columns(basis: Basis, *, bid: bool) -> tuple[Column[Offer], ...]:
    def price(offer: Offer) -> float | None:
        return basis.of(offer, bid=bid)

    return (
        Column(
            key="gpu",
            title="GPU",
            width=15,
            flex=1,
            max_width=17,
            cell=lambda o: gpu_text(o.gpu_name) or "?",
            sort_key=lambda o: gpu_text(o.gpu_name) or None,
        ),
        _number("n", "N", 2, lambda o: o.num_gpus, priority=1),
        _number("vram", "VRAM", 5, _vram, cell=lambda o: gigabytes(_vram(o)), style="dim", priority=3),
        Column(
            key="price",
            title=basis.title,
            width=8,
            align="right",
            style="money",
            cell=lambda o: money(price(o), basis.value.decimals),
            sort_key=price,
            glow=True,
        ),
        _number("dlp", "DLP/$", 5, lambda o: o.dlperf_per_dphtotal, priority=6),
    )


def _detail_columns() -> tuple[Column[Offer], ...]:
    return (
        _number(
            "rel",
            "REL",
            6,
            lambda o: o.reliability,
            cell=lambda o: percent(o.reliability, 1),
            style=lambda o: reliability_tone(o.reliability),
            priority=2,
        ),
        _number("down", "↓ Mb/s", 6, lambda o: o.inet_down, style="dim", priority=8),
        _number("disk", "DISK", 6, lambda o: o.disk_space, style="dim", priority=7),
        _number(
            "cuda",
            "CUDA",
            4,
            lambda o: o.cuda_max_good,
            cell=lambda o: number(o.cuda_max_good, 1),
            style="dim",
            priority=9,
        ),
        Column(
            key="where",
            title="WHERE",
            width=6,
            cell=lambda o: short_place(o.geolocation),
            sort_key=lambda o: short_place(o.geolocation) or None,
            priority=4,
        ),
        _number("host", "HOST", 6, lambda o: o.host_id, style="dim", priority=5, descending=False),
    )


def _number(
    key: str,
    title: str,
    width: int,
    value: Callable[[Offer], float | None],
    *,
    cell: Callable[[Offer], Content] | None = None,
    style: str | Callable[[Offer], str] = "text",
    priority: int = 0,
    descending: bool = True,
) -> Column[Offer]:
    return Column(
        key=key,
        title=title,
        width=width,
        align="right",
        style=style,
        priority=priority,
        cell=cell or (lambda offer: number(value(offer))),
        sort_key=value,
        descending=descending,
    )


def reliability_tone(reliability: float | None) -> str:
    """The colour token of a reliability 0..1."""
    if reliability is None:
        return "dim"
    if reliability >= GOOD_RELIABILITY:
        return "good"
    return "text" if reliability >= POOR_RELIABILITY else "look"


def _vram(offer: Offer) -> float | None:
    """Memory of all its GPUs in GB as people count it: a 4090 tells 24564 MB and is called 24 GB."""
    total = offer.gpu_total_ram
    if total is None and offer.gpu_ram is not None:
        total = offer.gpu_ram * (offer.num_gpus or 1)
    return None if total is None else total / 1024


def stand_column(stand: Callable[[Offer], str], allowed: str, blocked: str) -> Column[Offer]:
    """On which of the user's lists the host is; `stand` gives "allow", "block" or ""."""
    words = {"allow": (f"{allowed} allowed", "good"), "block": (f"{blocked} blocked", "bad")}
    return Column(
        key="yours",
        title="YOURS",
        width=9,
        flex=1,
        priority=5,
        cell=lambda o: (words[stand(o)],) if stand(o) in words else "",
        sort_key=lambda o: stand(o) or None,
    )


def reason_column(reason: Callable[[Offer], str]) -> Column[Offer]:
    """Why a row is cut."""
    return Column(
        key="yours",
        title="CUT BECAUSE",
        width=14,
        flex=2,
        style="look",
        cell=reason,
        sort_key=lambda o: reason(o) or None,
    )
