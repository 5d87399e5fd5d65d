"""The renter's account: money, keys, secrets, templates; and the canned lists that the SDK reads."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from vasttui.sim.rights import permissions
from vasttui.sim.templates import templates

Row = dict[str, Any]

USER_ID = 88_412


@dataclass
class Account:
    """One renter. `credit` in dollars is the spendable money; `balance` reads 0 on prepaid accounts; `rights` are the
    permission groups of the key, None: all.
    """

    api_key: str
    credit: float
    now: float
    rights: frozenset[str] | None = None
    ssh_keys: dict[int, Row] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    templates: list[Row] = field(default_factory=list)
    api_keys: list[Row] = field(default_factory=list)
    audit: deque[Row] = field(default_factory=lambda: deque(maxlen=100))
    _next: int = 4_100

    def __post_init__(self) -> None:
        self.templates = self.templates or templates(USER_ID, self.now)
        self.api_keys = self.api_keys or [
            {
                "id": 1,
                "key": f"{self.api_key[:4]}…",
                "name": "main",
                "rights": "*" if self.rights is None else "api",
                "permissions": permissions(self.rights),
                "created_at": self.now - 9e6,
            }
        ]

    def new_id(self) -> int:
        """A fresh id for a key."""
        self._next += 1
        return self._next

    def add_ssh_key(self, text: str, when: float) -> Row:
        """Register a public key for boxes created from now on."""
        row: Row = {
            "id": self.new_id(),
            "user_id": USER_ID,
            "key": text.strip(),
            "public_key": text.strip(),
            "created_at": when,
            "deleted_at": None,
        }
        self.ssh_keys[row["id"]] = row
        return row

    def user(self) -> Row:
        """`GET /users/current`."""
        return {
            "id": USER_ID,
            "email": "renter@example.com",
            "username": "renter",
            "fullname": "A. Renter",
            "credit": round(self.credit, 6),
            "balance": 0.0,
            "balance_threshold": 0.0,
            "autobill_threshold": 5.0,
            "balance_threshold_enabled": False,
            "can_pay": True,
            "has_billing": True,
            "has_payout": False,
            "host_agreement_accepted": False,
            "email_verified": True,
            "got_signup_credit": 1,
            "last4": "4242",
            "paid_verified": 120.0,
            "paid_expected": 120.0,
            "billed_verified": 78.8,
            "billed_expected": 78.8,
            "billaddress_country": "CZ",
            "ssh_key": next((k["key"] for k in self.ssh_keys.values()), None),
            "api_key": self.api_key,
            "sid": "s" * 12,
            "key_id": 1,
            "tfa_enabled": False,
        }

    def template(self, hash_id: str | None, number: int | None = None) -> Row | None:
        """A template by hash or by number."""
        return next((t for t in self.templates if t["hash_id"] == hash_id or t["id"] == number), None)
