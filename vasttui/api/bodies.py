"""What is sent: bodies and query strings, pure."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from vasttui.api.models import RentRequest
from vasttui.errors import UsageError

PAGE_SIZE = 25


def query_string(params: Mapping[str, Any]) -> str:
    """`?name=value…`: texts as they are, all else as JSON text, blanks as "+", as the official CLI does."""
    pairs = {name: value if isinstance(value, str) else json.dumps(value) for name, value in params.items()}
    return "?" + urlencode(pairs) if pairs else ""


def page_query(token: str | None) -> str:
    """Query string of one page of the instance list; only the token differs between pages."""
    params: dict[str, Any] = {
        "select_filters": {},
        "order_by": [{"col": "id", "dir": "asc"}],
        "limit": PAGE_SIZE,
    }
    return query_string(params | ({"after_token": token} if token else {}))


def rent_body(request: RentRequest) -> dict[str, Any]:
    """Body of a rent (vast-ai/docs, create_instance.yaml; ports ride in env as docker flags, as the CLI
    sends them).

    An on-demand offer that cannot start at once is refused rather than left as a stopped, disk-billing
    instance.

    Raises:
        UsageError: a price or disk size that is no positive number, or neither image nor template.
    """
    if not request.image and not request.template_hash:
        raise UsageError("Rent: neither an image nor a template is named")
    price = None if request.price is None else positive(request.price, "bid in $/h")
    body: dict[str, Any] = {
        "client_id": "me",
        "image": request.image,
        "env": dict(request.env) | {_port_flag(port): "1" for port in request.ports},
        "price": price,
        "disk": positive(request.disk, "disk size in GB"),
        "label": request.label,
        "onstart": request.onstart,
        "cancel_unavail": price is None,
        "template_hash_id": request.template_hash,
    }
    if request.template_hash is None:
        body["runtype"] = request.runtype
    return body


def _port_flag(port: str) -> str:
    port = port.strip()
    return port if port.startswith("-p ") else f"-p {port}"


def positive(value: float, what: str) -> float:
    """The value, checked: JSON turns NaN into null, and a null price would rent on demand.

    Raises:
        UsageError: it is not a finite number above 0.
    """
    if not math.isfinite(value) or value <= 0:
        raise UsageError(f"The {what} must be a number above 0, not {value}")
    return value
