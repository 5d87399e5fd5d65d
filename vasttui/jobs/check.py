"""What a check before money says, and what it looks at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vasttui.api.models import Offer
from vasttui.config import Config
from vasttui.jobs.day import Day
from vasttui.jobs.rental import RentPlan


class Grade(StrEnum):
    """How a check went. BAD forbids the rental, LOOK does not; UNKNOWN could not be found out (yet)."""

    GOOD = "good"
    LOOK = "look"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    Attributes:
        name: "credit", "key", "ssh key", "image", "cuda", "disk", "offer", "price", "bid", "ceiling", "instances",
            "per day", "host", "lease", "race", "start command": short, for the left column.
        text: what was found, with the figures, one line.
        mend: what to do about it, one line; "" for a good one.
        field: the field of the form that mends it ("image", "disk", "bid", "lease", ...), "" for none.
    """

    name: str
    grade: Grade
    text: str
    mend: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the checks go by; None is "not known (yet)".

    Attributes:
        credit: $.
        burn: what everything costs now, $/h.
        instances: how many exist, rentals under way included.
        day: the money of the last and the next 24 hours.
        may_rent: whether the API key may rent.
        ssh_keys: public keys that the account has registered (type and base64, without comment).
        own_keys: public keys that this computer can offer, in the same form.
        offer_now: the offer as a search found it just now; `offer_gone` when it found none.
        host_reason: why the host lists forbid it, "" when they do not.
    """

    credit: float | None = None
    burn: float | None = None
    instances: int | None = None
    day: Day | None = None
    may_rent: bool | None = None
    ssh_keys: frozenset[str] | None = None
    own_keys: frozenset[str] | None = None
    offer_now: Offer | None = None
    offer_gone: bool = False
    host_reason: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """What a check looks at: `price` is $/h of one box with its disk, the dearer of then and now."""

    offer: Offer
    plan: RentPlan
    facts: Facts
    config: Config
    price: float | None


def hours_text(hours: float) -> str:
    """E.g. "5.2 h", "12 days" or "for ever"."""
    if hours == float("inf"):
        return "for ever"
    return f"{hours / 24:.0f} days" if hours >= 72 else f"{hours:.1f} h"
