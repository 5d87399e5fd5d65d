"""The HTTP face, served by uvicorn: routes, who may call them, rate limits, faults that spoil replies."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from vasttui.sim import routes_account, routes_instances, routes_market, routes_sim
from vasttui.sim.context import Context, Endpoint
from vasttui.sim.faults import Fault
from vasttui.sim.replies import HTML_500, Refusal, reply, too_frequent

ENDPOINTS = (*routes_market.ENDPOINTS, *routes_instances.ENDPOINTS, *routes_account.ENDPOINTS)


READS = ("search", "search_asks", "volume_search", "request_logs")
"""Endpoints that change nothing, although their method is not GET."""


class AbortedError(Exception):
    """The connection was cut on purpose; no reply follows."""


def make_app(context: Context) -> ASGIApp:
    """The whole API as one ASGI application."""
    routes = [_route(context, endpoint) for endpoint in ENDPOINTS]
    routes.append(Route("/instance_logs/{name}", _bound(context, routes_instances.log_object), methods=["GET"]))
    routes.extend(Route(path, _bound(context, call), methods=[method]) for method, path, call in routes_sim.ROUTES)
    app = Starlette(routes=routes, exception_handlers={404: _not_found, 405: _not_found})
    app.router.redirect_slashes = False
    return _Gate(app, context)


def _bound(
    context: Context, handler: Callable[[Context, Request], Awaitable[Response]]
) -> Callable[[Request], Awaitable[Response]]:
    async def call(request: Request) -> Response:
        try:
            return await handler(context, request)
        except Refusal as refusal:
            return reply(refusal.body, refusal.status)

    return call


def _route(context: Context, endpoint: Endpoint) -> Route:
    async def guarded(context: Context, request: Request) -> Response:
        key = _authorise(context, endpoint, request)
        if context.enforce_rates and endpoint.interval:
            identity = f"{key}@{request.client.host if request.client else ''}"
            if context.limiter.refuse(endpoint.name, identity, endpoint.interval, context.world.clock.now()):
                context.refused_for_rate += 1
                return too_frequent(endpoint.interval, as_json=endpoint.name == "destroy")
        name = f"{endpoint.method} {endpoint.name}"
        context.endpoints[name] = context.endpoints.get(name, 0) + 1
        if endpoint.method != "GET" and endpoint.name not in READS:
            context.writes[name] = context.writes.get(name, 0) + 1
        if endpoint.method != "GET":
            _note(context, endpoint, request)
        return await endpoint.handler(context, request)

    return Route(endpoint.path, _bound(context, guarded), methods=[endpoint.method])


def _note(context: Context, endpoint: Endpoint, request: Request) -> None:
    context.world.account.audit.append(
        {
            "ip_address": "127.0.0.1",
            "api_key_id": 1,
            "created_at": context.world.clock.wire(context.world.clock.now()),
            "api_route": f"api.{endpoint.name}_{endpoint.method}",
            "args": dict(request.path_params),
        }
    )


def _authorise(context: Context, endpoint: Endpoint, request: Request) -> str:
    """The caller's key, or Refusal in the documented words."""
    header = request.headers.get("authorization", "")
    key = header.removeprefix("Bearer ").strip() if header else request.query_params.get("api_key", "")
    if not key:
        if endpoint.access == "open":
            return ""
        raise Refusal(403, "auth_error", "This action requires login.")
    if context.faults.take("key_refused", request.method, request.url.path) is not None:
        raise Refusal(404, "auth_error", "Invalid user key")
    if key == context.world.account.api_key:
        rights = context.world.account.rights
        if rights is not None and endpoint.group not in rights:
            raise Refusal(401, "auth_error", f"API key lacks the {endpoint.group} permission group")
        return key
    owner = next((box for box in context.world.boxes.values() if box.api_key == key), None)
    if owner is None:
        raise Refusal(404, "auth_error", "Invalid user key")
    if endpoint.access != "own":
        raise Refusal(401, "auth_error", "The API key lacks the permission group that this action needs.")
    if request.path_params.get("id") != str(owner.id):
        raise Refusal(401, "auth_error", "The API key may not do this due to a constraint on id.")
    return key


async def _not_found(request: Request, _error: Exception) -> Response:
    return reply({"success": False, "error": "not_found", "msg": f"{request.method} {request.url.path} not found"}, 404)


class _Gate:
    """Before and after the routes: slashes, counting, faults."""

    def __init__(self, app: ASGIApp, context: Context) -> None:
        self._app = app
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"].rstrip("/") or "/"
        scope = {**scope, "path": path, "raw_path": path.encode(), "sim.abort": lambda: _abort(scope)}
        try:
            await self._serve(scope, receive, send)
        except AbortedError:
            # Let the transport tell uvicorn that the client is gone, else it would answer 500 by itself.
            await asyncio.sleep(0)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        method, path = scope["method"], scope["path"]
        if path.startswith("/_sim"):
            await self._app(scope, receive, send)
            return
        key = f"{method} {path}"
        self._context.requests[key] = self._context.requests.get(key, 0) + 1
        await self._context.settle()
        spoiled = await self._before(method, path, scope)
        if spoiled is not None:
            await spoiled(scope, receive, send)
        elif self._struck("empty", method, path):
            await self._app(scope, receive, _cut(send, 0.0))
        elif self._struck("truncated", method, path):
            await self._app(scope, receive, _cut(send, 0.6))
        else:
            await self._app(scope, receive, send)

    def _struck(self, name: str, method: str, path: str) -> Fault | None:
        return self._context.faults.take(name, method, path)

    async def _before(self, method: str, path: str, scope: Scope) -> Response | None:
        slow = self._struck("slow", method, path)
        if slow is not None:
            await self._context.wait(real=slow.seconds)
        if self._struck("drop", method, path):
            _abort(scope)
        if self._struck("hung", method, path):
            await self._context.closing.wait()
            _abort(scope)
        if self._struck("429", method, path):
            return too_frequent(0.0)
        if self._struck("500", method, path):
            return Response(HTML_500, 500, media_type="text/html")
        return None


def _abort(scope: Scope) -> None:
    scope["sim.transport"].abort()
    raise AbortedError


def _cut(send: Send, share: float) -> Send:
    """A `send` that keeps only the first part of the body, with a length that fits."""
    start: Message = {}

    async def cutting(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            start = message
            return
        text = message.get("body", b"")
        text = text[: int(len(text) * share)]
        headers = [(k, v) for k, v in start["headers"] if k != b"content-length"]
        await send({**start, "headers": [*headers, (b"content-length", str(len(text)).encode())]})
        await send({**message, "body": text})

    return cutting


class _Protocol(H11Protocol):
    """uvicorn's HTTP/1.1, which lets the application cut its own connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        app: Any = self.app

        async def with_transport(scope: Any, receive: Any, send: Any) -> None:
            scope["sim.transport"] = self.transport
            await app(scope, receive, send)

        self.app = with_transport


class _Server(uvicorn.Server):
    """A uvicorn server that leaves the process's signal handlers alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def serving(app: ASGIApp, listener: socket.socket, closing: asyncio.Event) -> Any:
    """Serve `app` on a bound socket while the context lasts."""
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=2,
        log_level="critical",
        timeout_keep_alive=60,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started and not task.done():  # noqa: ASYNC110  (uvicorn has no event for it)
            await asyncio.sleep(0.002)
        yield
    finally:
        closing.set()
        server.should_exit = True
        await task


def bound_socket(port: int = 0) -> socket.socket:
    """A TCP socket on 127.0.0.1, bound but not listening: until somebody listens, it refuses."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(("127.0.0.1", port))
    except OSError:
        sock.close()
        raise
    return sock
