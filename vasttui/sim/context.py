"""What every HTTP route works with: the world, the faults, and waiting that ends with the server."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from vasttui.sim.boxes import Box
from vasttui.sim.faults import FaultBoard
from vasttui.sim.limits import RateLimiter
from vasttui.sim.replies import Refusal, no_such_instance
from vasttui.sim.rights import group_of
from vasttui.sim.world import World

Row = dict[str, Any]


@dataclass
class Context:
    """The simulator as its routes see it. `rows_most` offers are in one answer, None: all; `base_url` has no trailing
    slash; `requests` counts what came by method and
    path, `endpoints` and `writes` what was let in by method and endpoint.
    """

    world: World
    faults: FaultBoard
    enforce_rates: bool = False
    rows_most: int | None = None
    base_url: str = ""
    limiter: RateLimiter = field(default_factory=RateLimiter)
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    requests: dict[str, int] = field(default_factory=dict)
    endpoints: dict[str, int] = field(default_factory=dict)
    writes: dict[str, int] = field(default_factory=dict)
    refused_for_rate: int = 0
    on_faults: Callable[[], None] = lambda: None
    ports_agree: Callable[[], Awaitable[None]] | None = None

    async def settle(self) -> None:
        """Bring the world and its SSH ports up to now, so that no row shows a port that refuses."""
        self.world.settle()
        if self.ports_agree is not None:
            await self.ports_agree()

    async def wait(self, simulated: float = 0.0, *, real: float | None = None) -> None:
        """Wait simulated (or wall) seconds; less when the server ends."""
        seconds = self.world.clock.real(simulated) if real is None else real
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.closing.wait(), seconds)


Handler = Callable[[Context, Request], Awaitable[Response]]


@dataclass(frozen=True)
class Endpoint:
    """A route: method, path without trailing slash, name, documented interval in seconds, who may call it.

    `access` is "open" (a key is optional), "account" (the account's key) or "own" (also the instance's own
    key).
    """

    method: str
    path: str
    name: str
    handler: Handler
    interval: float = 0.0
    access: str = "account"

    @property
    def group(self) -> str:
        """The permission group that a key needs for it."""
        return group_of(self.method, self.path, self.name)


async def body(request: Request) -> Row:
    """The request's JSON object; an empty body is `{}`. Raises Refusal 400."""
    text = await request.body()
    if not text.strip():
        return {}
    try:
        data = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise Refusal(400, "invalid_args", f"Invalid JSON in request body: {error}") from None
    if not isinstance(data, dict):
        raise Refusal(400, "invalid_args", "The request body must be a JSON object.")
    return data


def query_json(request: Request, name: str, default: Any) -> Any:
    """A query parameter that is JSON text. Raises Refusal 400."""
    text = request.query_params.get(name)
    if text is None or text == "":
        return default
    try:
        return msgspec.json.decode(text.encode())
    except msgspec.DecodeError:
        raise Refusal(400, "invalid_request", f"Error in query parameters: {name} is not valid JSON") from None


def number(data: Row, name: str, default: float | None = None) -> float | None:
    """A numeric field, also when it came as text. Raises Refusal 400."""
    value = data.get(name, default)
    if value is None:
        return default
    try:
        return float(value)
    except (TypeError, ValueError):
        raise Refusal(400, "invalid_args", f"{name} must be a number, not {value!r}") from None


def box_of(context: Context, request: Request) -> Box:
    """The box that the path names. Raises Refusal 404."""
    context.world.settle()
    text = request.path_params["id"]
    box = context.world.boxes.get(int(text)) if text.isdigit() else None
    if box is None:
        raise no_such_instance(text)
    return box
