"""What boxes have cost, those that are gone too, as `GET /charges/` shows it.

The real service posts its charges hours late and by the day, bandwidth among them; here they are there at once,
reach to the moment, and bandwidth is free.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from vasttui.sim.boxes import Past
from vasttui.sim.context import Context, Row, query_json
from vasttui.sim.replies import Refusal, ok

DAY = 86_400.0
MOST_ON_A_PAGE = 500
USUAL_PAGE = 20


@dataclass(frozen=True)
class _Range:
    """Days that are asked for, from the beginning of the first to the end of the last, epoch seconds."""

    begin: float
    end: float

    def share(self, start: float, end: float) -> float:
        """The part of a time that lies in the range."""
        inside = min(end, self.end) - max(start, self.begin)
        if inside < 0:
            return 0.0
        return min(1.0, inside / (end - start)) if end > start else 1.0


async def charges(context: Context, request: Request) -> Response:
    """`GET /charges/`. A day range is required."""
    filters = query_json(request, "select_filters", {})
    days = _days(filters)
    now = context.world.settle()
    wire = context.world.clock.wire
    present = [box.past(now) for box in context.world.boxes.values()]
    every = sorted((*context.world.past, *present), key=lambda past: (past.created, past.id))
    if query_json(request, "latest_first", False):
        every.reverse()
    if "instance" not in _kinds(filters):
        every = []
    rows = [_row(past, days.share(start, end), start, end) for past in every
            for start, end in [(wire(past.created), wire(past.ended))]]  # fmt: skip
    rows = [row for row in rows if row["amount"]]
    page, token = _page(request, rows)
    return ok(count=len(page), total=len(rows), next_token=token, results=page)


def _days(filters: Any) -> _Range:
    try:
        begin, end = float(filters["day"]["gte"]), float(filters["day"]["lte"])
    except (KeyError, TypeError, ValueError):
        raise Refusal(400, "invalid_request", "select_filters must contain a day range") from None
    return _Range(begin - begin % DAY, end - end % DAY + DAY)


def _kinds(filters: Row) -> tuple[str, ...]:
    wanted = filters.get("type")
    return tuple(wanted.get("in", ())) if isinstance(wanted, dict) else ("instance", "volume", "serverless")


def _row(past: Past, share: float, start: float, end: float) -> Row:
    disk = min(past.spent, past.disk_per_hour * (past.ended - past.created) / 3600.0)
    amounts = {"gpu": (past.spent - disk) * share, "disk": disk * share}
    span: Row = {"start": start, "end": end}
    return {
        **span,
        "type": "instance",
        "source": f"instance-{past.id}",
        "description": f"Instance {past.id} Charges",
        "amount": round(past.spent * share, 6),
        "metadata": {"label": past.label},
        "items": [
            {**span, "type": kind, "source": None, "description": kind.upper(), "amount": round(amount, 6),
             "metadata": {}, "items": []}
            for kind, amount in amounts.items()
        ],
    }  # fmt: skip


def _page(request: Request, rows: list[Row]) -> tuple[list[Row], str | None]:
    limit = min(MOST_ON_A_PAGE, int(query_json(request, "limit", USUAL_PAGE) or USUAL_PAGE))
    begin = _begin(request.query_params.get("after_token"), rows)
    page = rows[begin : begin + limit]
    if begin + limit >= len(rows):
        return page, None
    return page, base64.urlsafe_b64encode(msgspec.json.encode({"after": page[-1]["source"]})).decode()


def _begin(token: str | None, rows: list[Row]) -> int:
    if not token:
        return 0
    try:
        last = msgspec.json.decode(base64.urlsafe_b64decode(token.encode()))["after"]
        return [row["source"] for row in rows].index(last) + 1
    except (binascii.Error, msgspec.DecodeError, KeyError, TypeError, ValueError):
        raise Refusal(400, "invalid_token", "after_token is not valid") from None
