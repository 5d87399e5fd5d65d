"""One search of the market: requests, re-check, host lists; and why a search found nothing."""

from __future__ import annotations

import asyncio
import difflib
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from vasttui.api.client import VastClient
from vasttui.api.models import Offer, Rows
from vasttui.config import Config
from vasttui.errors import UsageError
from vasttui.offers.changes import changes, shown_price
from vasttui.offers.fields import is_one_of
from vasttui.offers.hosts import HostFilter
from vasttui.offers.market import Market, Search
from vasttui.offers.matching import test_of
from vasttui.offers.order import in_order, reach
from vasttui.offers.query import DEFAULT_ORDER, Query, parse, parse_type, preset_text
from vasttui.offers.relax import Relaxation, in_force, relaxation

T = TypeVar("T")

PAGE = 64
"""Rows that one answer holds at most, whatever limit was asked for (seen by several authors of clients)."""

MANY = 2_000
"""Rows that are worked through in a thread."""

KEPT_FIELDS = ("gpu_name", "num_gpus", "host_id", "machine_id")
"""What one wants to rent, which is no condition to relax while it alone finds something."""


def request_body(search: Search, *, defaults: bool = True) -> dict[str, Any]:
    """The body that a search sends. Raises UsageError when its text is not a query."""
    return parse(search.text).body(
        type=search.type,
        order=search.order,
        storage=search.storage_gb,
        limit=search.limit,
        defaults=defaults,
    )


def query_warnings(search: Search) -> tuple[str, ...]:
    """Remarks on the search's text, such as a field that nobody knows. Raises UsageError when it is no query."""
    return parse(search.text).warnings


async def fetch_market(
    client: VastClient,
    search: Search,
    hosts: HostFilter,
    *,
    preferred: tuple[str, ...] = (),
    defaults: bool = True,
    keep_raw: bool = False,
) -> Market:
    """Search with as many requests as its limit needs, drop rows that do not belong there, apply the host lists.

    Args:
        preferred: GPUs that stand first, unless the search asks for an order of its own.
        defaults: whether the official CLI's hidden filters hold where the query is silent.
        keep_raw: keep the API's own rows too.

    Raises:
        UsageError: the text is not a query.
        VastError: the API failed.
    """
    pages = market_pages(client, search, hosts, preferred=preferred, defaults=defaults, keep_raw=keep_raw)
    market = await anext(pages)
    async for page in pages:
        market = page
    return market


async def market_pages(
    client: VastClient,
    search: Search,
    hosts: HostFilter,
    *,
    preferred: tuple[str, ...] = (),
    defaults: bool = True,
    keep_raw: bool = False,
    rest: Callable[[], Awaitable[None]] | None = None,
) -> AsyncGenerator[Market]:
    """What is found so far, after each request; all but the last say that there is more.

    The first request is the search's own. Where it is cut off and more is wanted, the others go up the prices.
    Arguments and errors are those of `fetch_market`; `rest` is awaited before each further request.
    """
    found = _Found(search, parse(search.text), hosts, preferred, defaults)
    body = request_body(search, defaults=defaults)
    rows = await client.search_offers(body, keep_raw=keep_raw)
    found.add(rows)
    climb = _Climb(search, body, rows)
    while found.wants_more:
        yield await found.market()
        if rest is not None:
            await rest()
        rows = await client.search_offers(climb.body(), keep_raw=keep_raw)
        if not climb.step(rows, new=found.add(rows)):
            break
    yield await found.market()


@dataclass
class _Found:
    """What the answers of one search brought; each offer once."""

    search: Search
    query: Query
    hosts: HostFilter
    preferred: tuple[str, ...]
    defaults: bool
    rows: dict[int, Offer] = field(default_factory=dict)
    raw: dict[int, tuple[Sequence[Mapping[str, Any]], int]] = field(default_factory=dict)
    skipped: int = 0
    answers: int = 0
    cut_off: bool = False

    def add(self, rows: Rows[Offer]) -> int:
        """Take an answer; how many of its offers are new."""
        before = len(self.rows)
        for place, offer in enumerate(rows.items):
            if offer.id not in self.rows:
                self.rows[offer.id] = offer
                if rows.raw:
                    self.raw[offer.id] = rows.raw, place
        self.skipped += rows.skipped
        self.answers += 1
        self.cut_off = is_cut_off(len(rows.items) + rows.skipped, self.search.limit)
        return len(self.rows) - before

    @property
    def wants_more(self) -> bool:
        """Whether the last answer was cut off, and not all that is wanted has come."""
        return self.cut_off and self.search.limit is not None and len(self.rows) < self.search.limit

    async def market(self) -> Market:
        """All that came, in the order that was asked for."""
        return await heavy(len(self.rows), self._sorted_out)

    def _sorted_out(self) -> Market:
        ignored: Counter[str] = Counter()
        tests = [(clause, test_of(clause)) for clause in in_force(self.query, defaults=self.defaults)]
        matching = []
        for offer in self.rows.values():
            failed = next((clause for clause, test in tests if test(offer) is False), None)
            if failed is None:
                matching.append(offer)
            else:
                ignored[failed.token.text] += 1
        if self.answers > 1:
            matching = in_order(matching, self.search.order)
        wanted = matching[: self.search.limit or None]
        if self.search.order == DEFAULT_ORDER:
            wanted.sort(key=lambda offer: not is_one_of(offer.gpu_name, self.preferred))
        return Market(
            search=self.search,
            hosts=self.hosts.cut(wanted),
            unmatched=ignored.total(),
            ignored=dict(ignored),
            skipped=self.skipped,
            raw=RawOffers(self.raw),
            more=self.cut_off or len(wanted) < len(matching),
        )


async def heavy(rows: int, work: Callable[[], T]) -> T:
    """Work through so many rows: in a thread where it would take longer than a frame."""
    return work() if rows < MANY else await asyncio.to_thread(work)


class RawOffers(Mapping[int, Mapping[str, Any]]):
    """The API's own rows by offer id, each decoded when it is asked for."""

    def __init__(self, places: Mapping[int, tuple[Sequence[Mapping[str, Any]], int]]) -> None:
        self._places = dict(places)

    def __getitem__(self, offer_id: int) -> Mapping[str, Any]:
        rows, place = self._places[offer_id]
        return rows[place]

    def __iter__(self) -> Iterator[int]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def is_cut_off(sent: int, limit: int | None) -> bool:
    """Whether an answer of so many rows may have left some out: it is as long as an answer may be."""
    return sent == PAGE or (limit is not None and sent >= limit)


class _Climb:
    """Further requests of a search, each beginning at the highest price of the one before."""

    def __init__(self, search: Search, body: Mapping[str, Any], first: Rows[Offer]) -> None:
        self._type = parse_type(search.type)
        self._body = body
        self._column = "min_bid" if self._type == "bid" else "dph_total"
        # The first answer is a start when it came in this order; else the climb begins at the bottom.
        self._floor = self._top(first) if body["order"][:1] == [[self._column, "asc"]] else None
        self._left = 2 * (search.limit or 0) // PAGE + 4

    def body(self) -> dict[str, Any]:
        """The next request."""
        bounds = dict(self._body.get(self._column, {}))
        if self._floor is not None:
            # A hair lower: a price that was rounded on its way must not lose those that stand level with it.
            floor = self._floor * (1 - 1e-6)
            own = _number(bounds.get("gte"))
            bounds["gte"] = floor if own is None else max(own, floor)
        priced = {self._column: bounds} if bounds else {}
        return {**self._body, **priced, "order": [[self._column, "asc"]]}

    def step(self, rows: Rows[Offer], *, new: int) -> bool:
        """Go on to the price that was reached; False when that leads nowhere: all these offers have one price."""
        floor, self._left = self._floor, self._left - 1
        self._floor = self._top(rows)
        higher = floor is None or (self._floor is not None and self._floor > floor)
        return self._floor is not None and self._left > 0 and (new > 0 or higher)

    def _top(self, rows: Rows[Offer]) -> float | None:
        prices = (shown_price(offer, self._type) for offer in rows.items)
        return max((price for price in prices if price is not None), default=None)


def is_empty(market: Market) -> bool:
    """Whether nothing meets the search; what the host lists cut does."""
    return not market.hosts.kept and not market.hosts.cut


def compared(market: Market, before: Market) -> Market:
    """The answer with what is new, gone, cheaper or dearer than in the one before, of the same search."""
    type_ = parse_type(market.search.type)
    old, new = all_offers(before), all_offers(market)
    found, gone = changes(
        old, new, type_, reached_before=_reached(before, old), reached_now=_reached(market, new)
    )
    kept = market.hosts.kept
    return replace(market, changes=found, gone=tuple(offer for offer in gone if offer in kept))


def all_offers(market: Market) -> tuple[Offer, ...]:
    """What the search found, before the host lists."""
    return (*market.hosts.kept, *(cut.offer for cut in market.hosts.cut))


def _reached(market: Market, offers: Sequence[Offer]) -> Callable[[Offer], bool]:
    """Whether the answer would have held an offer; of several answers that were cut off, nobody knows."""
    if not market.more:
        return lambda offer: True
    if len(offers) > PAGE:
        return lambda offer: False
    return reach(in_order(offers, market.search.order), market.search.order)


def _number(value: object) -> float | None:
    try:
        return float(value) if isinstance(value, int | float | str) else None
    except ValueError:
        return None


async def explain_nothing(client: VastClient, search: Search, *, defaults: bool = True) -> Relaxation:
    """Why a search finds nothing, by one more request (two when not even its GPUs are there).

    Raises UsageError and what a request raises.
    """
    query = parse(search.text)
    body = query.body(type=search.type, order=search.order, storage=search.storage_gb, defaults=defaults)
    extra = {name: body[name] for name in ("type", "allocated_storage")}
    column = "min_bid" if body["type"] == "bid" else "dph_total"
    extra |= {"rentable": {"eq": True}, "order": [[column, "asc"]]}
    kept = {name: body[name] for name in KEPT_FIELDS if name in body}
    rows = await client.search_offers({**kept, **extra})
    if kept and not rows.items:
        rows = await client.search_offers(extra)
    return relaxation(query, rows.items, defaults=defaults)


def starting_search(config: Config, preset: str | None = None) -> Search:
    """The search of a preset, else of the default preset, else of the general settings.

    Raises:
        UsageError: there is no preset of that name.
    """
    name = preset or config.default_preset
    if name is not None and name not in config.presets:
        near = difflib.get_close_matches(name, config.presets, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"Presets: {', '.join(config.presets) or 'none'}"
        raise UsageError(f"there is no preset {name!r}", hint=hint)
    chosen = config.preset(name)
    return Search(
        text=preset_text(chosen, config),
        type=chosen.type,
        preset=name,
        order=chosen.order,
        storage_gb=chosen.disk or config.disk_gb,
        limit=chosen.limit,
    )
