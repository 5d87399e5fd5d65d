"""What Vast.ai charged: the question and its rows."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from vasttui.api.bodies import query_string
from vasttui.api.models import Id

PAGE_SIZE = 100


class Charge(Struct, frozen=True, kw_only=True):
    """What an instance has cost in a range of days (vast-ai/docs, show_charges.yaml).

    `id` is the instance's, `amount` $ with GPU, disk and bandwidth. `end` is the beginning of the last day
    that was charged, or the very moment.
    """

    id: Id
    amount: float | None = None
    start: float | None = None
    end: float | None = None


def charge_query(since: float, until: float, token: str | None) -> str:
    """Query string of one page of the charges of instances, for a range of days in epoch seconds."""
    params: dict[str, Any] = {
        "select_filters": {"day": {"gte": int(since), "lte": int(until)}, "type": {"in": ["instance"]}},
        "format": "table",
        "latest_first": False,
        "limit": PAGE_SIZE,
    }
    return query_string(params | ({"after_token": token} if token else {}))
