"""The columns of the offers: what stands in each cell and how it sorts. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from vasttui.api.models import Offer
from vasttui.offers.fields import CATALOGUE, Field
from vasttui.snapshot import Snapshot
from vasttui.tui.format import cells, gigabytes, number, percent
from vasttui.tui.glyphs import UNICODE, GlyphSet
from vasttui.tui.panes.offers.pricing import Pricing, vram
from vasttui.tui.panes.offers.standing import Marks
from vasttui.tui.panes.places import short_place
from vasttui.tui.widgets.table_model import Column, Content

GOOD_RELIABILITY = 0.98
POOR_RELIABILITY = 0.90

COMPOSED: Final[Mapping[str, str]] = {
    "gpu": "gpu_name",
    "n": "num_gpus",
    "vram": "gpu_total_ram",
    "dlp": "dlperf_per_dphtotal",
    "rel": "reliability",
    "down": "inet_down",
    "disk": "disk_space",
    "cuda": "cuda_max_good",
    "where": "geolocation",
    "host": "host_id",
}
"""Columns of the first view, and the fields that they show; every other field has a column of its own."""


@dataclass(frozen=True)
class View:
    """What the columns are made of beside the offers.

    Attributes:
        pricing: how prices are made.
        snapshot: the present picture: host book, histories, changes, quartiles.
        glyphs: the marks.
        others: by offer id, how many slices of the same machine are folded under it; None while none are.
        reasons: by offer id, why it was cut; None while the kept offers are shown.
    """

    pricing: Pricing = field(default_factory=Pricing)
    snapshot: Callable[[], Snapshot] = field(default=lambda: Snapshot(now=0.0))
    glyphs: GlyphSet = UNICODE
    others: Mapping[int, int] | None = None
    reasons: Mapping[int, str] | None = None


@lru_cache(1024)  # thousands of rows share a few dozen names
def gpu_text(name: str | None) -> str:
    """A GPU's name as people write it; Vast.ai has it with blanks or with underscores."""
    return (name or "").replace("_", " ").strip()


def offer_columns(view: View = View()) -> tuple[Column[Offer], ...]:
    """All columns: those of the first view, then one for each other field, which is there when chosen."""
    return (*_name(view), *_priced(view), *_quality(view.glyphs), *_place(), *_ours(view), *_FIELDS)


def _name(view: View) -> tuple[Column[Offer], ...]:
    columns = (
        Column[Offer](
            key="gpu",
            title="GPU",
            width=15,
            flex=1,
            max_width=17,
            cell=lambda o: gpu_text(o.gpu_name) or "?",
            sort_key=lambda o: gpu_text(o.gpu_name) or None,
            help=CATALOGUE["gpu_name"].help,
        ),
        _number("n", "N", 2, lambda o: o.num_gpus, priority=1),
    )
    return columns if view.others is None else (*columns, _folded(view.others))


def _folded(others: Mapping[int, int]) -> Column[Offer]:
    return Column(
        key="others",
        title="MORE",
        width=4,
        align="right",
        style="dim",
        cell=lambda o: f"+{others[o.id]}" if o.id in others else "",
        sort_key=lambda o: others.get(o.id),
        descending=True,
        help="Other offers of the same machine, folded under this one.",
    )


def _priced(view: View) -> tuple[Column[Offer], ...]:
    marks = Marks(view.snapshot, view.pricing, view.glyphs)
    return (
        _number("vram", "VRAM", 5, vram, cell=lambda o: gigabytes(vram(o)), style="dim", priority=3),
        Column(
            key="price",
            title=view.pricing.title,
            width=8,
            align="right",
            style="money",
            cell=marks.price,
            sort_key=view.pricing.reader(),
            glow=True,
            help="Price with the disk of the search, a bid's without; cheap or dear is marked. `$` changes the basis.",
        ),
        Column(
            key="change",
            title="+/-",
            width=3,
            flex=1,
            max_width=7,
            draw=marks.change,
            sort_key=marks.change_rank,
            priority=6,
            help="Since the last answer: new, cheaper or dearer, with the old price where there is room.",
        ),
        _number("dlp", "DLP/$", 5, _read("dlperf_per_dphtotal"), priority=7),
    )


def _quality(glyphs: GlyphSet) -> tuple[Column[Offer], ...]:
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
        _number("down", f"{glyphs['down']} Mb/s", 6, lambda o: o.inet_down, style="dim", priority=9),
        _number("disk", "DISK", 6, lambda o: o.disk_space, style="dim", priority=8),
        _number(
            "cuda",
            "CUDA",
            4,
            lambda o: o.cuda_max_good,
            cell=lambda o: number(o.cuda_max_good, 1),
            style="dim",
            priority=10,
        ),
    )


def _place() -> tuple[Column[Offer], ...]:
    return (
        Column(
            key="where",
            title="WHERE",
            width=6,
            cell=lambda o: short_place(o.geolocation),
            sort_key=lambda o: short_place(o.geolocation) or None,
            priority=4,
            help=CATALOGUE["geolocation"].help,
        ),
        _number("host", "HOST", 6, lambda o: o.host_id, style="dim", priority=5, descending=False),
    )


def _ours(view: View) -> tuple[Column[Offer], ...]:
    """What is ours: our rentals there, and what the book says of it, or why the row is cut."""
    marks, histories = Marks(view.snapshot, view.pricing, view.glyphs), view.snapshot().histories
    history: Column[Offer] = Column(
        key="history",
        title="HISTORY",
        width=14,
        priority=6,
        cell=marks.history,
        sort_key=marks.score,
        descending=True,
        help="How your own rentals on this machine, or else on this host, went; sorts by how well.",
        extra=not (histories.hosts or histories.machines),
    )
    return (history, _yours(marks) if view.reasons is None else _cut_because(view.reasons))


def _yours(marks: Marks) -> Column[Offer]:
    return Column(
        key="yours",
        title="YOURS",
        width=9,
        flex=1,
        priority=5,
        cell=marks.yours,
        sort_key=marks.yours_rank,
        help="What your host book says: allowed or blocked, a favourite, a note.",
    )


def _cut_because(reasons: Mapping[int, str]) -> Column[Offer]:
    return Column(
        key="reason",
        title="CUT BECAUSE",
        width=34,
        flex=2,
        style="look",
        cell=lambda o: reasons.get(o.id, ""),
        sort_key=lambda o: reasons.get(o.id),
        help="Why the offer was cut.",
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
        help=CATALOGUE[COMPOSED[key]].help,
    )


def _read(name: str) -> Callable[[Offer], float | None]:
    return CATALOGUE[name].read


def reliability_tone(reliability: float | None) -> str:
    """The colour token of a reliability 0..1."""
    if reliability is None:
        return "dim"
    if reliability >= GOOD_RELIABILITY:
        return "good"
    return "text" if reliability >= POOR_RELIABILITY else "look"


def _field_column(shown: Field) -> Column[Offer]:
    return Column(
        key=shown.name,
        title=shown.title,
        width=_width(shown),
        align="right" if shown.kind in ("number", "time") else "left",
        style="dim",
        priority=12,
        cell=shown.show,
        sort_key=shown.read,
        descending=shown.kind == "flag" or shown.better == "high",
        help=shown.help,
        extra=True,
    )


def _width(shown: Field) -> int:
    widths = {"flag": 3, "time": 10, "version": 11, "text": 14, "place": 14}
    figures = 9 if shown.topic == "Number" else 5 + (shown.decimals + 1 if shown.decimals else 0)
    return max(cells(shown.title), widths.get(shown.kind, figures))


_FIELDS: Final = tuple(
    _field_column(shown) for shown in CATALOGUE.values() if shown.name not in COMPOSED.values()
)
