"""Search, rent, templates: what one does before there is an instance."""

from __future__ import annotations

import dataclasses
import itertools
import shlex
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from vasttui.sim.boxes import Order
from vasttui.sim.context import Context, Endpoint, Row, body, number, query_json
from vasttui.sim.gpus import GPUS
from vasttui.sim.listing import KINDS, BadQuery, compile_query, sort_rows
from vasttui.sim.market import Offer
from vasttui.sim.replies import JUNK_ROWS, Refusal, no_such_ask, ok, reply
from vasttui.sim.world import resolve_image

# The limits of the fields of a create request, in characters (vast-ai/docs, create_instance.yaml).
LONGEST = {"image": 1024, "label": 256, "onstart": 16_384}
LEAST_DISK_GB = 8.0
# Fields of an offer that some rows lack.
SOMETIMES = ("inet_up", "inet_down", "static_ip", "gpu_mem_bw", "pcie_bw")


async def search(context: Context, request: Request) -> Response:
    """`POST /bundles/`, and the older `GET /bundles/?q=`.

    Real replies hold 64 rows at most, whatever `limit` says; here `rows_most` says how many.
    """
    query = query_json(request, "q", {}) if request.method == "GET" else await body(request)
    return _search(context, query)


async def search_asks(context: Context, request: Request) -> Response:
    """`PUT /search/asks/`: the same body under `q`."""
    data = await body(request)
    query = data.get("q", {})
    if not isinstance(query, dict):
        raise Refusal(400, "invalid_args", "q must be an object")
    return _search(context, query)


def _search(context: Context, query: Row) -> Response:
    found = _find(context, query)
    limit = number(query, "limit")
    if limit is not None and limit > 0:
        found = found[: int(limit)]
    found = found[: context.rows_most]
    rows = [bytes(raw) for _, _, raw in found]
    if context.faults.take("dirty"):
        rows[1:1] = [msgspec.json.encode(junk) for junk in JUNK_ROWS]
    return Response(b'{"offers":[' + b",".join(rows) + b"]}", media_type="application/json")


def _find(context: Context, query: Row) -> list[tuple[Offer, Row, msgspec.Raw]]:
    """Offers that match, in order. Raises Refusal for a query that the service refuses."""
    world = context.world
    world.settle()
    kind = KINDS.get(str(query.get("type", "on-demand")))
    if kind is None:
        raise Refusal(400, "invalid_request", f"Error in search query: type {query['type']} is not valid")
    storage = number(query, "allocated_storage", 8.0) or 0.0
    priced = {offer.id: (offer, *offer.row(storage, kind)) for offer in world.market.offers.values()}
    known = {*next(iter(priced.values()))[1], *SOMETIMES} if priced else set(SOMETIMES)
    try:
        matches = compile_query(_heard(context, query), known)
    except BadQuery as error:
        raise Refusal(400, error.code, str(error)) from None
    rows = [row for _, row, _ in priced.values() if matches(row)]
    sort_rows(rows, query.get("order", [["score", "desc"]]))
    return [priced[row["id"]] for row in rows]


def _heard(context: Context, query: Row) -> Row:
    """The query without the filters that a fault makes the service ignore."""
    ignored = context.faults.ignored_fields()
    return {name: clause for name, clause in query.items() if name not in ignored}


async def create(context: Context, request: Request) -> Response:
    """`PUT /asks/{id}/`: rent. The row is listed at once, the answer takes 5 to 10 seconds."""
    data = await body(request)
    ask = int(request.path_params["id"]) if request.path_params["id"].isdigit() else 0
    offer = _free_offer(context, ask, cancel_unavail=bool(data.get("cancel_unavail")))
    return await _rent(context, request, offer, make_order(context, data))


async def launch(context: Context, request: Request) -> Response:
    """`PUT /launch_instance/`: rent the best offer of a query."""
    data = await body(request)
    found = _find(context, {"rentable": {"eq": True}, **data.get("q", {})})
    if not found:
        raise Refusal(404, "no_such_ask", "No offers match the query.")
    return await _rent(context, request, found[0][0], make_order(context, data))


async def create_many(context: Context, request: Request) -> Response:
    """`POST /asks/bulk/`: rent several offers with one order."""
    data = await body(request)
    order = make_order(context, data)
    offers = [_free_offer(context, int(ask), cancel_unavail=True) for ask in data.get("ids", [])]
    boxes = [context.world.rent(offer, order) for offer in offers]
    if boxes:
        await context.wait(context.world.life.reply_delay(boxes[0]))
    return ok(results=[{"success": True, "new_contract": b.id, "instance_api_key": b.api_key} for b in boxes])


def _free_offer(context: Context, ask: int, *, cancel_unavail: bool) -> Offer:
    world = context.world
    world.settle()
    offer = world.market.offers.get(ask)
    if context.faults.take("offer_gone") is not None:
        if offer is not None:
            offer.taken = True
            offer.changed()
        raise no_such_ask(ask)
    if offer is None:
        raise no_such_ask(ask, status=404)
    if offer.taken:
        if cancel_unavail:
            raise Refusal(
                410,
                "no_such_ask",
                f"error 410/3907: instance type by id {ask} is no longer available.",
                ask_id=ask,
            )
        raise no_such_ask(ask)
    return offer


async def _rent(context: Context, request: Request, offer: Offer, order: Order) -> Response:
    world = context.world
    if world.account.credit <= 0:
        raise Refusal(400, "insufficient_credit", "Insufficient credit: add credit to rent instances.")
    box = world.rent(offer, order)
    lost = context.faults.take("create_lost") is not None
    await context.wait(world.life.reply_delay(box))
    if lost:
        request.scope["sim.abort"]()
    if box.outbid:
        raise Refusal(
            400,
            "invalid_price",
            f"Your bid is below the minimum bid of {box.market_bid:.4f}.",
            new_contract=box.id,
        )
    return ok(new_contract=box.id, instance_api_key=box.api_key)


def make_order(context: Context, data: Row) -> Order:
    """The order in a create body, completed from its template. Raises Refusal 400."""
    for name, longest in LONGEST.items():
        if len(str(data.get(name) or "")) > longest:
            raise Refusal(400, "invalid_args", f"{name} is longer than {longest} characters")
    template = None
    if data.get("template_hash_id") or data.get("template_id"):
        template = context.world.account.template(data.get("template_hash_id"), data.get("template_id"))
        if template is None:
            raise Refusal(400, "invalid_args", f"template {data.get('template_hash_id')} not found")
    image = data.get("image") or (f"{template['image']}:{template['tag']}" if template else None)
    if not image:
        raise Refusal(400, "invalid_args", "image is required when no template is given")
    price = number(data, "price")
    if price is not None and not 0.001 <= price <= 128:
        raise Refusal(400, "invalid_price", "price must be between 0.001 and 128")
    disk = number(data, "disk", float(template["recommended_disk_space"]) if template else 10.0) or 10.0
    order = Order(
        image=resolve_image(str(image)),
        disk=max(LEAST_DISK_GB, disk),
        label=data.get("label") or None,
        onstart=data.get("onstart") or (template["onstart"] if template else None),
        env=pairs(data.get("env")),
        runtype=str(data.get("runtype") or (template["runtype"] if template else "ssh")),
        bid=price,
        image_login=data.get("image_login"),
        template=template,
        args=str(data.get("args_str") or " ".join(map(str, data.get("args") or [])) or ""),
    )
    return dataclasses.replace(order, env=(*pairs(template["env"]), *order.env)) if template else order


def pairs(env: Any) -> tuple[tuple[str, str], ...]:
    """Environment and ports as pairs, from an object or from Docker flags. Raises Refusal 400."""
    if isinstance(env, dict):
        return tuple((str(key), str(value)) for key, value in env.items())
    if not env:
        return ()
    try:
        words = shlex.split(str(env))
    except ValueError as error:
        raise Refusal(400, "invalid_args", f"env: {error}") from None
    out: list[tuple[str, str]] = []
    for flag, value in itertools.pairwise(words):
        if flag == "-e":
            key, _, text = value.partition("=")
            out.append((key, text))
        elif flag in ("-p", "-h", "-v"):
            out.append((f"{flag} {value}", "1"))
    return tuple(out)


async def templates(context: Context, request: Request) -> Response:
    """`GET /template/`."""
    filters = query_json(request, "select_filters", {})
    rows = [row for row in context.world.account.templates if _template_fits(row, filters)]
    return ok(templates_found=len(rows), templates=rows)


def _template_fits(row: Row, filters: Row) -> bool:
    try:
        return compile_query(filters, row)(row)
    except BadQuery as error:
        raise Refusal(400, error.code, str(error)) from None


async def gpu_names(_context: Context, _request: Request) -> Response:
    """`GET /gpu_names/unique/`."""
    return reply({"gpu_names": sorted({gpu.name.replace("_", " ") for gpu in GPUS})})


async def metrics(_context: Context, _request: Request) -> Response:
    """`GET /metrics/gpu/current/`: for hosts only, a renter is told so."""
    return ok(gpus=[], needs_machine=True)


async def no_volumes_on_offer(_context: Context, _request: Request) -> Response:
    """`POST /volumes/search/`."""
    return reply({"offers": []})


ENDPOINTS = (
    Endpoint("POST", "/api/v0/bundles", "search", search, 1.0, "open"),
    Endpoint("GET", "/api/v0/bundles", "search", search, 1.0, "open"),
    Endpoint("PUT", "/api/v0/search/asks", "search_asks", search_asks, 1.0),
    Endpoint("PUT", "/api/v0/asks/{id}", "create", create, 4.5),
    Endpoint("POST", "/api/v0/asks/bulk", "create_many", create_many, 4.5),
    Endpoint("PUT", "/api/v0/launch_instance", "launch", launch, 5.0),
    Endpoint("GET", "/api/v0/template", "templates", templates, 3.0),
    Endpoint("GET", "/api/v0/gpu_names/unique", "gpu_names", gpu_names, 0.0, "open"),
    Endpoint("GET", "/api/v0/metrics/gpu/current", "metrics", metrics, 3.0),
    Endpoint("POST", "/api/v0/volumes/search", "volume_search", no_volumes_on_offer, 5.5),
)
