"""`/_sim/…`: what only the simulator knows, and what only it can do. No key is asked for, nothing is counted.

| call | what it does |
|---|---|
| GET /_sim/state | credit, spending, requests and writes, all boxes that are there and that ever were rented |
| PUT /_sim/faults | `{"faults": ["429=0.2", …]}`: these are in force instead of those before |
| POST /_sim/boxes/ID/ACTION | outbid, resume, vanish, offline, online: it happens to the box now |
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from vasttui.sim.boxes import Box
from vasttui.sim.context import Context, Handler, Row, body, box_of
from vasttui.sim.faults import FaultSyntaxError, parse_fault
from vasttui.sim.lifecycle import Lifecycle
from vasttui.sim.plays import Play
from vasttui.sim.replies import Refusal, ok, reply


async def set_faults(context: Context, request: Request) -> Response:
    """`PUT /_sim/faults`."""
    texts = (await body(request)).get("faults", [])
    try:
        context.faults.set(tuple(parse_fault(str(text)) for text in texts))
    except FaultSyntaxError as error:
        raise Refusal(400, "invalid_args", str(error)) from None
    context.on_faults()
    return ok()


ACTIONS: dict[str, Callable[[Lifecycle, Box, float], None]] = {
    "outbid": Lifecycle.lose_bid,
    "resume": Lifecycle.win_bid,
    "vanish": Lifecycle.vanish,
    "offline": Lifecycle.go_offline,
    "online": Lifecycle.come_back,
}


async def act(context: Context, request: Request) -> Response:
    """`POST /_sim/boxes/{id}/{action}`."""
    box = box_of(context, request)
    name = request.path_params["action"]
    action = ACTIONS.get(name)
    if action is None:
        raise Refusal(400, "invalid_args", f"no action is named {name!r}; there are {', '.join(ACTIONS)}")
    if name in ("outbid", "resume") and box.order.bid is None:
        raise Refusal(400, "invalid_args", f"box {box.id} is on demand: it cannot be outbid")
    if (name == "resume" and not box.outbid) or (name == "online" and box.actual != "offline"):
        raise Refusal(400, "invalid_args", f"box {box.id} is {box.actual}: {name} does not fit")
    action(context.world.life, box, context.world.settle())
    await context.settle()
    return ok()


async def state(context: Context, _request: Request) -> Response:
    """`GET /_sim/state`: for tests that check a client against the truth."""
    context.world.settle()
    world = context.world
    return reply(
        {
            "credit": world.account.credit,
            "burn": world.burn(),
            "spent": world.spent,
            "requests": context.requests,
            "endpoints": context.endpoints,
            "writes": sum(context.writes.values()),
            "writes_by_endpoint": context.writes,
            "refused_for_rate": context.refused_for_rate,
            "auth_headers_on_log_urls": world.logs.leaked_headers,
            "ended_themselves": world.life.ended_themselves,
            "instances": [_living(context, box) for box in world.boxes.values()],
            "rented": [_rented(context, box) for box in world.rented],
        }
    )


def _living(context: Context, box: Box) -> Row:
    return {
        "id": box.id,
        "label": box.label,
        "workload": box.workload.kind,
        "key_ok": box.key_ok,
        "port_open": box.port_open,
        "actual_status": box.actual,
        "log_bytes": box.log_size(context.world.clock.now()),
        "spent": box.spent,
    }


def _rented(context: Context, box: Box) -> Row:
    """A box that was rented since the start, there or gone: `codes` of the jobs that it played to their end."""
    return {
        "id": box.id,
        "label": box.label,
        "offer": box.offer_id,
        "machine_id": box.fixed["machine_id"],
        "run_id": box.workload.run_id if isinstance(box.workload, Play) else None,
        "codes": box.codes(context.world.clock.now()),
        "flaw": box.flaw,
        "gone": box.gone,
        "spent": box.spent,
    }


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/_sim/state", state),
    ("PUT", "/_sim/faults", set_faults),
    ("POST", "/_sim/boxes/{id}/{action}", act),
)
