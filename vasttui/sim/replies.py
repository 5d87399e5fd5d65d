"""Replies in the service's own words.

Source: vast-ai/docs, rate-limits-and-errors.mdx and the error examples of the YAML files.
"""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

HTML_500 = "<html><head><title>500</title></head><body><h1>Internal Server Error</h1></body></html>"


class Refusal(Exception):
    """An answer other than success, raised where it is found."""

    def __init__(self, status: int, code: str | None = None, message: str | None = None, **more: Any) -> None:
        super().__init__(message or code)
        self.status = status
        self.body: dict[str, Any] = {"success": False, **({"error": code} if code else {})}
        if message is not None:
            self.body["msg"] = message
        self.body.update(more)


def reply(data: Any, status: int = 200) -> Response:
    """JSON with the bare content type that the official CLI insists on."""
    return Response(msgspec.json.encode(data), status, media_type="application/json")


def ok(**more: Any) -> Response:
    """`{"success": true, ...}`."""
    return reply({"success": True, **more})


# What a list holds, now and then, instead of a row.
JUNK_ROWS: tuple[Any, ...] = (None, "row", {"id": None, "gpu_name": "RTX 4090"})


def too_frequent(interval: float, *, as_json: bool = False) -> Response:
    """The 429, as plain text at most endpoints; there is no Retry-After."""
    limit = f": endpoint threshold={interval:.1f}" if interval else ""
    text = f"API requests too frequent{limit}"
    if as_json:
        return reply({"success": False, "error": "rate_limit_exceeded", "msg": text}, 429)
    return Response(text, 429, media_type="text/plain")


def no_such_ask(ask: int, *, status: int = 400) -> Refusal:
    """The offer is not there. Live replies use 400 although the specification says 404."""
    text = f"error 404/3603: no_such_ask Instance type by id {ask} is not available."
    return Refusal(status, "invalid_args", text, ask_id=ask)


def no_such_instance(box_id: Any) -> Refusal:
    """The account has no such instance."""
    return Refusal(404, "no_such_instance", f"Instance {box_id} not found.")
