"""Instances: list, one, state, label, destroy, bid, logs, keys of one box."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from vasttui.sim.boxes import Box
from vasttui.sim.context import Context, Endpoint, Row, body, box_of, number, query_json
from vasttui.sim.listing import BadQuery, compile_query, sort_rows
from vasttui.sim.logs import ACCESS_DENIED, DEFAULT_TAIL, container_log, cut, daemon_log
from vasttui.sim.replies import JUNK_ROWS, Refusal, no_such_instance, ok, reply

MOST_ON_A_PAGE = 25
# What the real list refuses to filter by, because it is computed and not stored.
COMPUTED = ("dph_total", "num_gpus", "duration", "search", "instance", "ports")


async def listing(context: Context, request: Request) -> Response:
    """`GET /api/v1/instances/`: at most 25 rows, and a token for the next page."""
    context.world.settle()
    rows = context.world.rows()
    filters = query_json(request, "select_filters", {})
    for name in filters:
        if name in COMPUTED or (rows and name not in rows[0]):
            raise _bad_parameter(f"{name} is not a valid search key")
    try:
        matches = compile_query(
            {key: value for key, value in filters.items() if key != "id"}, rows[0] if rows else filters
        )
    except BadQuery as error:
        raise _bad_parameter(str(error)) from None
    wanted = _ids(filters.get("id"))
    found = [row for row in rows if matches(row) and (wanted is None or row["id"] in wanted)]
    order = query_json(request, "order_by", [{"col": "id", "dir": "asc"}])
    sort_rows(found, [[item.get("col", "id"), item.get("dir", "asc")] for item in order])
    page = _page(request, found, rows)
    if context.faults.take("dirty"):
        page["instances"] = [*JUNK_ROWS, *page["instances"]]
    return reply(page)


def _ids(clause: Any) -> set[int] | None:
    if not isinstance(clause, dict):
        return None
    values = clause.get("in", [clause.get("eq")])
    return {int(value) for value in values if value is not None}


def _page(request: Request, found: list[Row], rows: list[Row]) -> Row:
    limit = int(query_json(request, "limit", MOST_ON_A_PAGE) or 0)
    limit = 5 if limit <= 0 else min(limit, MOST_ON_A_PAGE)
    begin = _offset(request.query_params.get("after_token"), found)
    page = found[begin : begin + limit]
    more = begin + limit < len(found)
    columns = query_json(request, "select_cols", None)
    if isinstance(columns, list) and "*" not in columns:
        shown = [{name: row.get(name) for name in columns} for row in page]
    else:
        shown = page
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["label"] or ""] = counts.get(row["label"] or "", 0) + 1
    token = base64.urlsafe_b64encode(msgspec.json.encode({"after": page[-1]["id"]})).decode() if more and page else None
    return {
        "success": True,
        "instances_found": len(found),
        "total_instances": len(rows),
        "label_counts": counts,
        "next_token": token,
        "instances": shown,
    }


def _offset(token: str | None, found: list[Row]) -> int:
    if not token:
        return 0
    try:
        last = msgspec.json.decode(base64.urlsafe_b64decode(token.encode()))["after"]
    except (binascii.Error, msgspec.DecodeError, KeyError, TypeError, ValueError):
        raise Refusal(400, "invalid_token", "after_token is not valid") from None
    # The box of the token may be gone by now; the order by id still tells where to go on.
    ids = [row["id"] for row in found]
    return ids.index(last) + 1 if last in ids else sum(1 for value in ids if value <= last)


def _bad_parameter(text: str) -> Refusal:
    return Refusal(400, "invalid_request", f"Error in query parameters: {text}")


async def old_listing(_context: Context, _request: Request) -> Response:
    """`GET /api/v0/instances/`: gone since 2026."""
    text = "/api/v0/instances/ is deprecated. Use /api/v1/instances/ instead."
    return reply({"success": False, "error": "deprecated_endpoint", "msg": text}, 410)


async def filters(context: Context, _request: Request) -> Response:
    """`GET /instances/filters/`."""
    context.world.settle()
    names = ("actual_status", "verification", "gpu_name")
    return reply({"filters": [{name: row.get(name) for name in names} for row in context.world.rows()]})


async def one(context: Context, request: Request) -> Response:
    """`GET /instances/{id}/`: the object under `instances`, or null with status 200."""
    context.world.settle()
    text = request.path_params["id"]
    box = context.world.boxes.get(int(text)) if text.isdigit() else None
    return reply({"instances": context.world.row(box) if box else None})


async def change(context: Context, request: Request) -> Response:
    """`PUT /instances/{id}/`: state and label."""
    box = box_of(context, request)
    data = await body(request)
    if "label" in data:
        label = data["label"]
        if len(str(label or "")) > 1024:
            raise Refusal(400, "label_too_long", "label must be at most 1024 characters")
        box.label = str(label) if label else None
    return _set_state(context, box, data["state"]) if "state" in data else ok()


async def change_many(context: Context, request: Request) -> Response:
    """`PUT /instances/`: one state for several."""
    data = await body(request)
    context.world.settle()
    for box_id in data.get("ids", []):
        box = context.world.boxes.get(int(box_id))
        if box is None:
            raise no_such_instance(box_id)
        _set_state(context, box, data.get("state"))
    return ok()


def _set_state(context: Context, box: Box, state: Any) -> Response:
    now = context.world.settle()
    if box.destroyed is not None:
        raise no_such_instance(box.id)
    if state == "stopped":
        context.world.life.stop(box, now)
        return ok()
    if state != "running":
        raise Refusal(400, "invalid_args", f"state must be running or stopped, not {state!r}")
    if context.world.account.credit <= 0:
        raise Refusal(400, "missing_billing", "Your account lacks credit; see the billing page.")
    if context.world.life.start(box, now):
        return ok()
    text = "Required resources are currently unavailable, state change queued."
    return reply({"success": False, "error": "resources_unavailable", "msg": text})


async def destroy(context: Context, request: Request) -> Response:
    """`DELETE /instances/{id}/`."""
    box = box_of(context, request)
    _destroy(context, box)
    return ok()


async def destroy_many(context: Context, request: Request) -> Response:
    """`DELETE /instances/` with `instance_ids`."""
    data = await body(request)
    context.world.settle()
    for box_id in data.get("instance_ids", []):
        box = context.world.boxes.get(int(box_id))
        if box is not None:
            _destroy(context, box)
    return ok()


def _destroy(context: Context, box: Box) -> None:
    if context.faults.take("destroy_repeat") is None:
        context.world.life.destroy(box, context.world.clock.now())


async def reboot(context: Context, request: Request) -> Response:
    """`PUT /instances/reboot/{id}/`."""
    box = _running_box(context, request)
    context.world.life.reboot(box, context.world.clock.now())
    return ok()


async def recycle(context: Context, request: Request) -> Response:
    """`PUT /instances/recycle/{id}/`: a fresh container in the same place."""
    box = _running_box(context, request)
    context.world.life.reboot(box, context.world.clock.now(), recycle=True)
    return ok()


def _running_box(context: Context, request: Request) -> Box:
    box = box_of(context, request)
    if box.actual != "running":
        raise Refusal(400, "invalid_state", f"Instance {box.id} is not running.")
    return box


async def bid(context: Context, request: Request) -> Response:
    """`PUT /instances/bid_price/{id}/`."""
    box = box_of(context, request)
    price = number(await body(request), "price")
    if price is None or price < 0.001:
        raise Refusal(400, "invalid_args", "Please set a bid price >= 0.001.")
    if box.order.bid is None:
        raise Refusal(400, "invalid_args", "Instance is not interruptible.")
    context.world.life.rebid(box, price, context.world.clock.now())
    return ok()


async def request_logs(context: Context, request: Request) -> Response:
    """`PUT /instances/request_logs/{id}/`: order an upload of the log's tail and say where it will be."""
    text = request.path_params["id"]
    now = context.world.settle()
    box = context.world.boxes.get(int(text)) if text.isdigit() else None
    if box is None:
        raise Refusal(404, "invalid_id", f"Instance {text} not found.")
    data = await body(request)
    daemon = str(data.get("daemon_logs", "")).lower() == "true"
    whole = daemon_log(box, now, context.world.clock) if daemon else container_log(box, now)
    tail = number(data, "tail", DEFAULT_TAIL) or 0
    name = context.world.logs.ask(box, cut(whole, int(tail), data.get("filter")), now)
    url = f"{context.base_url}/instance_logs/{name}"
    return ok(result_url=url, temp_download_url=url, msg="Logs requested.")


async def log_object(context: Context, request: Request) -> Response:
    """`GET /instance_logs/<name>`: the bucket; no key, and nobody should send one."""
    if "authorization" in request.headers:
        context.world.logs.leaked_headers += 1
    text = context.world.logs.get(request.path_params["name"], context.world.clock.now())
    if text is None:
        return Response(ACCESS_DENIED, 403, media_type="application/xml")
    return Response(text, media_type="binary/octet-stream")


async def execute(context: Context, request: Request) -> Response:
    """`PUT /instances/command/{id}/`: ls, rm, du and nothing else."""
    box = box_of(context, request)
    command = str((await body(request)).get("command", ""))
    if command.split(" ")[0] not in ("ls", "rm", "du") or len(command) > 512:
        raise Refusal(400, "invalid_args", "Invalid command given.")
    now = context.world.settle()
    name = context.world.logs.ask(box, b"total 8\ndrwxr-xr-x 2 root root 4096 workspace\n", now)
    return ok(writeable_path="", result_url=f"{context.base_url}/instance_logs/{name}", msg="Executing")


async def box_keys(context: Context, request: Request) -> Response:
    """`GET /instances/{id}/ssh/`: a JSON string inside JSON."""
    box = box_of(context, request)
    keys = [{"id": key, "public_key": text} for key, text in box.ssh_keys.items()]
    return ok(ssh_keys=msgspec.json.encode(keys).decode())


async def attach_key(context: Context, request: Request) -> Response:
    """`POST /instances/{id}/ssh/`."""
    box = box_of(context, request)
    text = str((await body(request)).get("ssh_key") or "").strip()
    if not text.startswith(("ssh-", "ecdsa-", "sk-")):
        raise Refusal(400, "no_ssh_key", "No SSH key was given.")
    if text in box.ssh_keys.values():
        raise Refusal(400, "duplicate_ssh_key", "SSH key is already associated with the instance.")
    box.ssh_keys[context.world.account.new_id()] = text
    return ok(msg="SSH key added to instance.")


async def detach_key(context: Context, request: Request) -> Response:
    """`DELETE /instances/{id}/ssh/{key}/`."""
    box = box_of(context, request)
    key = request.path_params["key"]
    if not key.isdigit() or box.ssh_keys.pop(int(key), None) is None:
        raise Refusal(404, "no_such_ssh_key", f"SSH key {key} is not on the instance.")
    return ok(msg="SSH key removed from instance.")


async def balance(context: Context, request: Request) -> Response:
    """`GET /instances/balance/{id}/`."""
    box_of(context, request)
    return ok(refundable_deposit=0.0, total_discount=0.0, discount_months=0)


async def price_increases(_context: Context, _request: Request) -> Response:
    """`GET /instances/pending-price-increases/`: none."""
    return ok(count=0, truncated=False, pending_price_increases=[])


_V0 = "/api/v0/instances"
ENDPOINTS = (
    Endpoint("GET", "/api/v1/instances", "list", listing, 1.0),
    Endpoint("GET", _V0, "old_list", old_listing),
    Endpoint("GET", f"{_V0}/filters", "filters", filters),
    Endpoint("GET", f"{_V0}/pending-price-increases", "price_increases", price_increases, 1.0),
    Endpoint("PUT", _V0, "change_many", change_many, 1.0),
    Endpoint("DELETE", _V0, "destroy_many", destroy_many, 3.0),
    Endpoint("GET", f"{_V0}/{{id}}", "one", one, 2.0, "own"),
    Endpoint("PUT", f"{_V0}/{{id}}", "change", change, 1.0, "own"),
    Endpoint("DELETE", f"{_V0}/{{id}}", "destroy", destroy, 3.0, "own"),
    Endpoint("PUT", f"{_V0}/reboot/{{id}}", "reboot", reboot, 1.0),
    Endpoint("PUT", f"{_V0}/recycle/{{id}}", "recycle", recycle, 1.0),
    Endpoint("PUT", f"{_V0}/bid_price/{{id}}", "bid", bid, 5.5),
    Endpoint("GET", f"{_V0}/balance/{{id}}", "balance", balance, 3.0),
    Endpoint("PUT", f"{_V0}/request_logs/{{id}}", "request_logs", request_logs, 1.0),
    Endpoint("PUT", f"{_V0}/command/{{id}}", "execute", execute, 1.5),
    Endpoint("GET", f"{_V0}/{{id}}/ssh", "box_keys", box_keys),
    Endpoint("POST", f"{_V0}/{{id}}/ssh", "attach_key", attach_key),
    Endpoint("DELETE", f"{_V0}/{{id}}/ssh/{{key}}", "detach_key", detach_key, 2.0),
)
