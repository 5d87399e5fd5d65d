"""What a key may do: permission groups, one for each endpoint.

Group names are the service's own (docs.vast.ai, roles and permissions); a scoped key lists its groups under
`permissions.api`, and a call outside them is refused with 401.
"""

from __future__ import annotations

from typing import Any

GROUPS = ("misc", "user_read", "user_write", "instance_read", "instance_write", "billing_read")
_INSTANCES = ("/api/v0/instances", "/api/v1/instances", "/api/v0/asks", "/api/v0/launch_instance")
_USERS = ("/api/v0/users/current", "/api/v0/ssh", "/api/v0/secrets", "/api/v0/auth", "/api/v0/audit_logs")
_BILLING = ("/api/v0/charges", "/api/v1/invoices", "/api/v0/invoices", "/api/v0/users/me/invoices")


def group_of(method: str, path: str, name: str) -> str:
    """The group of an endpoint. Asking for a log changes nothing, although it is a PUT."""
    if path.startswith(_BILLING):
        return "billing_read"
    change = "read" if method == "GET" or name == "request_logs" else "write"
    if path.startswith(_INSTANCES):
        return f"instance_{change}"
    return f"user_{change}" if path.startswith(_USERS) else "misc"


def permissions(rights: frozenset[str] | None) -> dict[str, Any] | None:
    """The `permissions` of a key's row: None for a key that may do everything."""
    return None if rights is None else {"api": {group: {} for group in GROUPS if group in rights}}
