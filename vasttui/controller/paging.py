"""One search in as many requests as it needs: answers are cut off, so the further ones go up the prices."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from vasttui.api.client import VastClient
from vasttui.api.models import Offer, Rows
from vasttui.errors import Rejected
from vasttui.offers.changes import shown_price
from vasttui.offers.gpus import is_one_of
from vasttui.offers.hosts import NOT_LISTED, HostFilter
from vasttui.offers.market import Market, Search
from vasttui.offers.matching import row_test
from vasttui.offers.order import in_order
from vasttui.offers.query import DEFAULT_ORDER, Query, parse, parse_type

T = TypeVar("T")

PAGE = 64
"""Rows that one answer holds at most, whatever limit was asked for (seen by several authors of clients)."""

ANSWERS_BEHIND_A_FENCE = 10
"""Requests at most that look for offers of whitelisted hosts on a server that cannot be asked for them."""

MANY = 2_000
"""Rows that are worked through in a thread."""


def request_body(search: Search, *, defaults: bool = True) -> dict[str, Any]:
    """The body that a search sends. Raises UsageError when its text is not a query."""
    return parse(search.text).body(
        type=search.type,
        order=search.order,
        storage=search.storage_gb,
        limit=search.limit,
        defaults=defaults,
    )


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

    The first request is the search's own. Where it is cut off and more is wanted, the others go up the prices; behind
    a whitelist its hosts and machines are asked for first, and the prices gone up only where the server ignores that.
    Arguments and errors are those of `fetch_market`; `rest` is awaited before each further request.
    """
    found = _Found(search, parse(search.text), hosts, preferred, defaults)
    body = request_body(search, defaults=defaults)
    rows = await client.search_offers(body, keep_raw=keep_raw)
    found.add(rows)
    climb = _Climb(search, body, rows, fenced=hosts.fenced)
    for narrowed in _narrowed(body, hosts) if found.wants_more else ():
        yield await found.market()
        if rest is not None:
            await rest()
        with suppress(Rejected):  # The server that does not know the filter: the climb finds them too.
            found.add_listed(await client.search_offers(narrowed, keep_raw=keep_raw))
    while found.wants_more:
        yield await found.market()
        if rest is not None:
            await rest()
        rows = await client.search_offers(climb.body(), keep_raw=keep_raw)
        if not climb.step(rows, new=found.add(rows)):
            break
    yield await found.market()


def _narrowed(body: Mapping[str, Any], hosts: HostFilter) -> Iterator[dict[str, Any]]:
    """The request for the hosts of the whitelists, and for their machines; none for what the query itself asks for."""
    whole = {name: value for name, value in body.items() if name != "limit"}
    lists = {
        "host_id": (hosts.whitelist | hosts.allowed) - hosts.blacklist,
        "machine_id": (hosts.machine_whitelist | hosts.allowed_machines) - hosts.machine_blacklist,
    }
    for name, numbers in lists.items():
        if numbers and name not in body:
            yield {**whole, name: {"in": [str(number) for number in sorted(numbers)]}}


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
    passed: int = 0
    listed: bool = False
    cut_off: bool = False

    def add(self, rows: Rows[Offer]) -> int:
        """Take an answer; how many of its offers are new."""
        before = len(self.rows)
        for place, offer in enumerate(rows.items):
            if offer.id not in self.rows:
                self.rows[offer.id] = offer
                self.passed += self.hosts.fenced and self.hosts.kind(offer) is None and self.query.matches(offer)
                if rows.raw:
                    self.raw[offer.id] = rows.raw, place
        self.skipped += rows.skipped
        self.answers += 1
        limit = None if self.hosts.fenced and self.answers > 1 else self.search.limit
        self.cut_off = is_cut_off(len(rows.items) + rows.skipped, limit)
        return len(self.rows) - before

    def add_listed(self, rows: Rows[Offer]) -> None:
        """Take an answer to a request for listed hosts or machines; when it has only such, none need be looked for."""
        heard = bool(rows.items) and not any(self.hosts.kind(offer) == NOT_LISTED for offer in rows.items)
        self.add(rows)
        self.listed = self.listed or heard

    @property
    def wants_more(self) -> bool:
        """Whether the last answer was cut off, and not all that is wanted has come.

        Behind a whitelist most rows are of other hosts; there it goes on until as many pass as one answer holds.
        """
        if self.hosts.fenced:
            lacking = self.passed < (self.search.limit or PAGE) and not self.listed
            return self.cut_off and lacking and self.answers < ANSWERS_BEHIND_A_FENCE
        return self.cut_off and self.search.limit is not None and len(self.rows) < self.search.limit

    async def market(self) -> Market:
        """All that came, in the order that was asked for."""
        return await heavy(len(self.rows), self._sorted_out)

    def _sorted_out(self) -> Market:
        ignored: Counter[str] = Counter()
        tests = [(clause, row_test(clause)) for clause in self.query.in_force(defaults=self.defaults)]
        matching = []
        for offer in self.rows.values():
            failed = next((clause for clause, test in tests if test(offer) is False), None)
            if failed is None:
                matching.append(offer)
            else:
                ignored[failed.token.text] += 1
        if self.answers > 1:
            matching = in_order(matching, self.search.order)
        limit = self.search.limit or None
        wanted = matching if self.hosts.fenced else matching[:limit]
        if self.search.order == DEFAULT_ORDER:
            wanted.sort(key=lambda offer: not is_one_of(offer.gpu_name, self.preferred))
        hosts = self.hosts.cut(wanted)
        return Market(
            search=self.search,
            hosts=replace(hosts, kept=hosts.kept[:limit]),
            unmatched=ignored.total(),
            ignored=dict(ignored),
            skipped=self.skipped,
            raw=RawOffers(self.raw),
            more=self.cut_off or len(wanted) < len(matching) or (limit is not None and len(hosts.kept) > limit),
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

    def __init__(self, search: Search, body: Mapping[str, Any], first: Rows[Offer], *, fenced: bool) -> None:
        self._type = parse_type(search.type)
        self._body = {name: value for name, value in body.items() if not (fenced and name == "limit")}
        self._column = "min_bid" if self._type == "bid" else "dph_total"
        # The first answer is a start when it came in this order; else the climb begins at the bottom.
        self._floor = self._top(first) if body["order"][:1] == [[self._column, "asc"]] else None
        self._left = ANSWERS_BEHIND_A_FENCE if fenced else 2 * (search.limit or 0) // PAGE + 4

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


def _number(value: object) -> float | None:
    try:
        return float(value) if isinstance(value, int | float | str) else None
    except ValueError:
        return None
