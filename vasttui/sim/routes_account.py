"""The account: user, SSH keys, secrets, and the lists that clients read without changing them."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response

from vasttui.sim.charges import charges
from vasttui.sim.context import Context, Endpoint, Row, body
from vasttui.sim.replies import Refusal, ok, reply

_SECRET_VALUE = re.compile(r"[A-Za-z0-9_\-.]+")


async def user(context: Context, _request: Request) -> Response:
    """`GET /users/current`."""
    context.world.settle()
    return reply(context.world.account.user())


async def ssh_keys(context: Context, _request: Request) -> Response:
    """`GET /ssh/`: a bare list."""
    return reply(list(context.world.account.ssh_keys.values()))


def _key_text(data: Row) -> str:
    text = str(data.get("ssh_key") or "").strip()
    if not text.startswith(("ssh-", "ecdsa-", "sk-")):
        raise Refusal(400, "no_ssh_key", "No SSH key was given, or it is not a public key.")
    return text


async def add_ssh_key(context: Context, request: Request) -> Response:
    """`POST /ssh/`: for boxes created from now on."""
    text = _key_text(await body(request))
    if any(row["key"] == text for row in context.world.account.ssh_keys.values()):
        raise Refusal(400, "duplicate_ssh_key", "SSH key already exists on the account.")
    when = context.world.clock.wire(context.world.clock.now())
    return ok(key=context.world.account.add_ssh_key(text, when))


async def change_ssh_key(context: Context, request: Request) -> Response:
    """`PUT /ssh/{id}/`."""
    row = _ssh_row(context, request)
    text = _key_text(await body(request))
    row.update(key=text, public_key=text)
    return ok(key=row)


async def delete_ssh_key(context: Context, request: Request) -> Response:
    """`DELETE /ssh/{id}/`."""
    row = _ssh_row(context, request)
    del context.world.account.ssh_keys[row["id"]]
    return ok(msg="SSH key deleted.")


def _ssh_row(context: Context, request: Request) -> Row:
    text = request.path_params["id"]
    row = context.world.account.ssh_keys.get(int(text)) if text.isdigit() else None
    if row is None:
        raise Refusal(404, "no_such_ssh_key", f"SSH key {text} not found.")
    return row


async def secrets(context: Context, _request: Request) -> Response:
    """`GET /secrets/`: names, masked values."""
    return ok(secrets=dict.fromkeys(context.world.account.secrets, "********"))


async def add_secret(context: Context, request: Request) -> Response:
    """`POST /secrets/`."""
    name, value = _secret(await body(request))
    if name in context.world.account.secrets:
        raise Refusal(400, "existing_key", f"{name} exists already.")
    context.world.account.secrets[name] = value
    return ok(msg=f"{name} created.")


async def change_secret(context: Context, request: Request) -> Response:
    """`PUT /secrets/`."""
    name, value = _secret(await body(request))
    if name not in context.world.account.secrets:
        raise Refusal(400, "nonexistent_key", f"{name} does not exist.")
    context.world.account.secrets[name] = value
    return ok(msg=f"{name} updated.")


async def delete_secret(context: Context, request: Request) -> Response:
    """`DELETE /secrets/` with the name in the body."""
    name = str((await body(request)).get("key") or "").upper()
    if context.world.account.secrets.pop(name, None) is None:
        raise Refusal(400, "nonexistent_key", f"{name} does not exist.")
    return ok(msg=f"{name} deleted.")


def _secret(data: Row) -> tuple[str, str]:
    name, value = str(data.get("key") or "").upper(), str(data.get("value") or "")
    if not name or not value:
        raise Refusal(400, "missing_input", "key and value are required.")
    if not _SECRET_VALUE.fullmatch(value):
        raise Refusal(400, "invalid_characters", "The value has characters that are not allowed.")
    return name, value


async def invoices(_context: Context, _request: Request) -> Response:
    """`GET /api/v1/invoices/`: one payment by card."""
    row = {
        "start": 1767225600.0,
        "end": 1767225600.0,
        "type": "credit",
        "source": "card",
        "description": "Payment",
        "amount": -50.0,
        "metadata": {"invoice_id": 7001},
        "items": [],
    }
    return ok(count=1, total=1, next_token=None, results=[row])


async def old_invoices(context: Context, _request: Request) -> Response:
    """`GET /users/me/invoices`."""
    context.world.settle()
    return reply({"invoices": [], "current": {"charges": 0.0, "credit": context.world.account.credit, "total": 0.0}})


async def audit(context: Context, _request: Request) -> Response:
    """`GET /audit_logs/`: the account's last calls that changed something."""
    return reply(list(context.world.account.audit))


async def api_keys(context: Context, _request: Request) -> Response:
    """`GET /auth/apikeys/`."""
    return reply({"apikeys": context.world.account.api_keys})


async def tfa(_context: Context, _request: Request) -> Response:
    """`GET /tfa/status/`."""
    return ok(tfa_enabled=False, methods=[], backup_codes_remaining=0)


def _always(name: str, path: str, data: object, interval: float = 0.0) -> Endpoint:
    async def canned(_context: Context, _request: Request) -> Response:
        return reply(data)

    return Endpoint("GET", path, name, canned, interval)


ENDPOINTS = (
    Endpoint("GET", "/api/v0/users/current", "user", user),
    Endpoint("GET", "/api/v0/ssh", "ssh_keys", ssh_keys, 1.0),
    Endpoint("POST", "/api/v0/ssh", "add_ssh_key", add_ssh_key, 1.0),
    Endpoint("PUT", "/api/v0/ssh/{id}", "change_ssh_key", change_ssh_key, 1.0),
    Endpoint("DELETE", "/api/v0/ssh/{id}", "delete_ssh_key", delete_ssh_key, 1.0),
    Endpoint("GET", "/api/v0/secrets", "secrets", secrets, 5.0),
    Endpoint("POST", "/api/v0/secrets", "add_secret", add_secret, 3.0),
    Endpoint("PUT", "/api/v0/secrets", "change_secret", change_secret, 3.0),
    Endpoint("DELETE", "/api/v0/secrets", "delete_secret", delete_secret, 3.0),
    Endpoint("GET", "/api/v0/charges", "charges", charges, 1.0),
    Endpoint("GET", "/api/v1/invoices", "invoices", invoices, 3.0),
    Endpoint("GET", "/api/v0/users/me/invoices", "old_invoices", old_invoices),
    Endpoint("GET", "/api/v0/invoices", "old_invoices", old_invoices),
    Endpoint("GET", "/api/v0/audit_logs", "audit", audit),
    Endpoint("GET", "/api/v0/auth/apikeys", "api_keys", api_keys, 1.0),
    Endpoint("GET", "/api/v0/tfa/status", "tfa", tfa),
    _always("subaccounts", "/api/v0/subaccounts", {"users": []}),
    _always("ipaddrs", "/api/v0/users/me/ipaddrs", {"results": []}, 2.9),
    _always("schedule", "/api/v0/commands/schedule_job", []),
    _always("volumes", "/api/v0/volumes", {"volumes": []}, 5.5),
    _always("machines", "/api/v0/machines", {"machines": []}),
    _always("endpoints", "/api/v0/endptjobs", {"success": True, "results": []}),
    _always("autogroups", "/api/v0/autojobs", {"success": True, "results": []}),
    _always("connections", "/api/v0/users/cloud_integrations", [], 2.9),
    _always("gpu_types", "/api/v0/gpu_types", {"gpu_types": []}),
)
