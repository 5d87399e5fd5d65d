"""Vast.ai's REST API: one short method for each thing a renter does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from vasttui import __version__
from vasttui.api import endpoints as ep
from vasttui.api import logfetch, readers
from vasttui.api.bodies import page_query, positive, query_string, rent_body
from vasttui.api.calls import Caller
from vasttui.api.charges import Charge, charge_query
from vasttui.api.endpoints import Endpoint
from vasttui.api.models import (
    Account,
    ApiKey,
    Call,
    Instance,
    LogTicket,
    Offer,
    Rental,
    RentRequest,
    Rows,
    SshKey,
    Template,
)
from vasttui.api.pacing import Pacer, Rank, first_come
from vasttui.api.readers import Reader, RowT
from vasttui.api.transport import DEFAULT_BASE, Answer, Timeouts, Transport, normal_base
from vasttui.errors import KeyRefused, NoKey, Nonsense, NotFound, Rejected

if TYPE_CHECKING:
    import httpx

_MAX_PAGES = 400


class VastClient:
    """An async client for one API key; use it with `async with`.

    Every method raises a VastError by meaning (see `vasttui.errors`): for all of them KeyRefused,
    RateLimited, Unreachable and Nonsense; for what changes something Ambiguous in place of the last two.

    Args:
        api_key: sent in the Authorization header, to the API's host only.
        base_url: with or without /api/v0.
        timeouts: seconds, see Timeouts.
        transport: another httpx transport.
        pacer: shared pacing, or None for an own one.
        read_tries: how often a read is tried in all; waits of 5, 10, 20, 40, 60 s lie between.
        write_tries: the same for what was refused as too frequent, and only that.
        sleep: waits so many seconds.
        on_call: told of each request, without secrets.
        user_agent: header text.
    """

    def __init__(
        self,
        api_key: str,
        base_url: str = DEFAULT_BASE,
        *,
        timeouts: Timeouts | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        pacer: Pacer | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        read_tries: int = 3,
        write_tries: int = 3,
        on_call: Callable[[Call], None] | None = None,
        user_agent: str = f"vasttui/{__version__}",
    ) -> None:
        key = _checked(api_key)
        self._base = normal_base(base_url)
        timeouts = timeouts or Timeouts()
        self._transport = Transport(self._base, timeouts, user_agent, transport)
        self._caller = Caller(
            key,
            self._base,
            self._transport,
            pacer or Pacer(clock, sleep),
            timeouts=timeouts,
            read_tries=read_tries,
            write_tries=write_tries,
            clock=clock,
            sleep=sleep,
            on_call=on_call,
        )

    def __repr__(self) -> str:
        return f"VastClient({self._base!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def base_url(self) -> str:
        """The API's address, with /api/v0."""
        return f"{self._base}/api/v0"

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.close()

    async def search_offers(self, body: Mapping[str, Any], *, keep_raw: bool = False) -> Rows[Offer]:
        """Offers that a query's body asks for; Vast.ai may send 64 at most, and rows with equal ids."""
        return await self._caller.call(ep.SEARCH, readers.offers(keep_raw), body=dict(body))

    async def rent(self, offer_id: int, request: RentRequest) -> Rental:
        """Rent an offer. Never repeated by itself.

        Raises:
            OfferGone, NoCredit: nothing was rented.
            Rejected: refused; with `new_contract` an instance was left behind and must be destroyed.
            Ambiguous: it may have worked; look for the request's label in the next listing.
            UsageError: the request itself is wrong; nothing was sent.
        """
        return await self._caller.call(ep.RENT, readers.rental, target=offer_id, body=rent_body(request))

    async def templates(self, filters: Mapping[str, Any] | None = None) -> Rows[Template]:
        """Templates that match filters such as {"name": {"eq": "…"}}."""
        query = query_string({"select_cols": ["*"], "select_filters": dict(filters or {})})
        return await self._caller.call(ep.TEMPLATES, readers.rows("templates", Template), query=query)

    async def instances(self, *, keep_raw: bool = False) -> Rows[Instance]:
        """All instances of all pages, each id once; a failed page fails the list, so it is never a part."""
        found: dict[int, Instance] = {}
        raw: dict[int, Mapping[str, Any]] = {}
        skipped = 0
        async for page in self._pages(ep.LIST, readers.instance_page(keep_raw), page_query):
            found.update((row.id, row) for row in page.items)
            raw.update(zip((row.id for row in page.items), page.raw, strict=False))
            skipped += page.skipped
        return Rows(tuple(found.values()), skipped, tuple(raw.values()))

    async def charges(self, since: float, until: float) -> Rows[Charge]:
        """What instances, there or gone, have cost on the days of a range (epoch seconds), all pages.

        An instance may have several rows. Vast.ai posts charges late, bandwidth too.
        """
        found: list[Charge] = []
        skipped = 0
        async for page in self._pages(ep.CHARGES, readers.charge_page, partial(charge_query, since, until)):
            found += page.items
            skipped += page.skipped
        return Rows(tuple(found), skipped)

    async def _pages(
        self, endpoint: Endpoint, read: Reader[tuple[Rows[RowT], str | None]], query: Callable[[str | None], str]
    ) -> AsyncIterator[Rows[RowT]]:
        """All pages of a list. Raises Nonsense when they do not end."""
        token: str | None = None
        seen: set[str] = set()
        for _ in range(_MAX_PAGES):
            page, token = await self._caller.call(endpoint, read, query=query(token))
            yield page
            if token is None:
                return
            if token in seen:
                break
            seen.add(token)
        raise Nonsense(f"{endpoint}: the pages of the list do not end")

    async def instance(self, instance_id: int) -> Instance | None:
        """One instance, or None if Vast.ai says in so many words that it does not exist."""
        try:
            return await self._caller.call(
                ep.SHOW, readers.one_instance, target=instance_id, query="?owner=me"
            )
        except NotFound as missing:
            if missing.code == "no_such_instance":
                return None
            raise

    async def destroy(self, instance_id: int) -> None:
        """Ask for an instance's end; done when a listing no longer shows it. NotFound: there is none."""
        await self._caller.call(ep.DESTROY, readers.nothing, target=instance_id, body={})

    async def start(self, instance_id: int) -> None:
        """Start a stopped instance. NoCapacity: the start is queued, and may happen and bill later."""
        await self._caller.call(ep.MANAGE, readers.nothing, target=instance_id, body={"state": "running"})

    async def stop(self, instance_id: int) -> None:
        """Stop an instance; its disk goes on billing."""
        await self._caller.call(ep.MANAGE, readers.nothing, target=instance_id, body={"state": "stopped"})

    async def reboot(self, instance_id: int) -> None:
        """Stop and start the container, keeping the GPU."""
        await self._caller.call(ep.REBOOT, readers.nothing, target=instance_id, body={})

    async def recycle(self, instance_id: int) -> None:
        """Destroy and create the container anew on the same GPU, pulling its image again."""
        await self._caller.call(ep.RECYCLE, readers.nothing, target=instance_id, body={})

    async def set_label(self, instance_id: int, text: str) -> None:
        """Set the label, at most 1024 characters."""
        await self._caller.call(ep.MANAGE, readers.nothing, target=instance_id, body={"label": text})

    async def change_bid(self, instance_id: int, price: float) -> None:
        """Set the bid of an interruptible instance in $/h."""
        body = {"client_id": "me", "price": positive(price, "bid in $/h")}
        await self._caller.call(ep.BID, readers.nothing, target=instance_id, body=body)

    async def request_logs(
        self,
        instance_id: int,
        *,
        tail: int,
        daemon: bool = False,
        filter: str | None = None,  # noqa: A002
        rank: Rank = first_come,
    ) -> LogTicket:
        """Ask for the last lines of a log (daemon: the host's own); the ticket is good for a few minutes.

        `rank` tells how urgent it is: all logs of all instances share one endpoint's pace.
        """
        body = {"tail": str(tail)} | ({"daemon_logs": "true"} if daemon else {})
        body |= {"filter": filter} if filter else {}

        async def read(answer: Answer) -> LogTicket:
            return logfetch.ticket(instance_id, await readers.log_address(answer), self._base)

        return await self._caller.call(ep.REQUEST_LOGS, read, target=instance_id, body=body, rank=rank)

    @property
    def log_turn(self) -> float:
        """Seconds that one request for a log keeps those for others waiting now."""
        return self._caller.turn(ep.REQUEST_LOGS)

    async def fetch_log(self, ticket: LogTicket) -> bytes:
        """The log's bytes, at most its first 64 MB; one try. LogsPending until the host has uploaded it."""
        return await logfetch.fetch(self._transport, ticket)

    async def account(self) -> Account:
        """The key's account with its credit in $."""
        return await self._caller.call(ep.ACCOUNT, readers.account)

    async def api_keys(self) -> Rows[ApiKey]:
        """The account's API keys; that of this client is the one with the account's `key_id`."""
        return await self._caller.call(ep.API_KEYS, readers.rows("apikeys", ApiKey))

    async def ssh_keys(self) -> Rows[SshKey]:
        """The account's SSH keys; instances get those that exist when they are created."""
        return await self._caller.call(ep.KEYS, readers.rows("ssh_keys", SshKey))

    async def instance_ssh_keys(self, instance_id: int) -> Rows[SshKey]:
        """The SSH keys of one instance."""
        return await self._caller.call(ep.INSTANCE_KEYS, readers.rows("ssh_keys", SshKey), target=instance_id)

    async def create_ssh_key(self, text: str) -> SshKey:
        """Add a public key to the account."""
        return await self._caller.call(ep.CREATE_KEY, readers.ssh_key, body={"ssh_key": text.strip()})

    async def attach_ssh_key(self, instance_id: int, text: str) -> None:
        """Put a public key on an existing instance; one that is there already is fine."""
        try:
            await self._caller.call(
                ep.ATTACH_KEY, readers.nothing, target=instance_id, body={"ssh_key": text.strip()}
            )
        except Rejected as refusal:
            if "already" not in refusal.message.lower():
                raise


def _checked(api_key: str) -> str:
    """The key, fit for a header."""
    key = api_key.strip()
    if not key:
        raise NoKey("The API key is empty")
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise KeyRefused(
            "The API key holds characters that no key has, such as blanks or quotes of a text editor"
        )
    return key
