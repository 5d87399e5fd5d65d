"""What the checks before a rental need to be asked for: the offer now, the account's SSH keys, the key's rights."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vasttui.api.client import VastClient
from vasttui.api.models import Account, Offer
from vasttui.controller.market import request_body
from vasttui.errors import VastError
from vasttui.snapshot import Search
from vasttui.ssh import own_keys, public_part

FRESH = 120.0
"""Seconds for which what was found out of an offer is believed."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What a search said of an offer: the row, None when it is gone."""

    offer: Offer | None
    at: float


class Inspection:
    """Asks, and keeps what was answered; what could not be found out stays unknown.

    Args:
        client: the connected client; raises Unreachable before there is one.
        account: whose key it is, None while not known.
        key_path: the private SSH key to use, None for the user's usual ones.
    """

    def __init__(
        self,
        client: Callable[[], VastClient],
        account: Callable[[], Account | None],
        key_path: Callable[[], Path | None],
        clock: Callable[[], float],
    ) -> None:
        self.ssh_keys: frozenset[str] | None = None
        """Public keys that the account has registered."""
        self.own_keys: frozenset[str] | None = None
        """Public keys that this computer can offer."""
        self.may_rent: bool | None = None
        """Whether the API key may rent."""
        self._client = client
        self._account = account
        self._key_path = key_path
        self._clock = clock
        self._looks: dict[int, _Look] = {}

    async def ask(self, offer: Offer, search_type: str) -> None:
        """Ask for all of it at once; raises nothing that is expected to go wrong."""
        asked = (self._see_offer(offer, search_type), self._see_ssh_keys(), self._see_rights(), self._see_own_keys())
        for fault in await asyncio.gather(*asked, return_exceptions=True):
            if isinstance(fault, BaseException) and not isinstance(fault, VastError):
                raise fault

    def offer_now(self, offer_id: int) -> tuple[Offer | None, bool]:
        """The offer as it was seen lately, and whether it is known to be gone."""
        look = self._looks.get(offer_id)
        if look is None or not self._is_fresh(look, self._clock()):
            return None, False
        return look.offer, look.offer is None

    async def _see_offer(self, offer: Offer, search_type: str) -> None:
        asked_at = self._clock()
        found = await find_offer(self._client(), offer.id, search_type)
        self._looks = {known: look for known, look in self._looks.items() if self._is_fresh(look, asked_at)}
        self._looks[offer.id] = _Look(found, asked_at)

    @staticmethod
    def _is_fresh(look: _Look, now: float) -> bool:
        # A clock that was set back makes nothing fresh.
        return 0 <= now - look.at <= FRESH

    async def _see_ssh_keys(self) -> None:
        rows = (await self._client().ssh_keys()).items
        self.ssh_keys = frozenset(public_part(row.key) for row in rows if row.key and not row.deleted_at)

    async def _see_rights(self) -> None:
        account = self._account() or await self._client().account()
        rows = (await self._client().api_keys()).items
        self.may_rent = next((row.may_rent for row in rows if row.id == account.key_id), None)

    async def _see_own_keys(self) -> None:
        self.own_keys = await own_keys(self._key_path())


async def find_offer(client: VastClient, offer_id: int, search_type: str) -> Offer | None:
    """The offer as it is on the market now, None when nobody can rent it. Raises what a search raises."""
    # Vast.ai finds nothing by `id`; `ask_contract_id` works.
    text = f"ask_contract_id={offer_id} verified=any rentable=any external=any"
    found = await client.search_offers(request_body(Search(text=text, type=search_type, order="dph_total")))
    rows = (row for row in found.items if offer_id in (row.id, row.ask_contract_id))
    return next((row for row in rows if row.rentable is not False), None)
