"""Every address of Vast.ai that this program uses, with its documented pace.

Sources: vast-ai/docs, the x-rate-limit block of each file in api-reference/openapi/yaml; where there is none,
a careful guess. Limits are minimum intervals per endpoint and identity.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Endpoint:
    """One method at one address.

    Attributes:
        method: e.g. "PUT".
        path: the address with names in place of values.
        interval: seconds to keep between two calls.
        writes: it spends, destroys or changes: it is never sent again unless it was refused as too frequent.
        penalty: least seconds to wait after a 429.
        burst: at most (calls, seconds), or None.
    """

    method: str
    path: str
    interval: float
    writes: bool = False
    penalty: float = 0.0
    burst: tuple[int, float] | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


SEARCH = Endpoint("POST", "/api/v0/bundles/", 1.0, burst=(10, 60.0))
RENT = Endpoint("PUT", "/api/v0/asks/{id}/", 4.5, writes=True, penalty=12.0)
LIST = Endpoint("GET", "/api/v1/instances/", 1.0)
SHOW = Endpoint("GET", "/api/v0/instances/{id}/", 2.0)
MANAGE = Endpoint("PUT", "/api/v0/instances/{id}/", 1.0, writes=True)
DESTROY = Endpoint("DELETE", "/api/v0/instances/{id}/", 3.0, writes=True)
REBOOT = Endpoint("PUT", "/api/v0/instances/reboot/{id}/", 1.0, writes=True)
RECYCLE = Endpoint("PUT", "/api/v0/instances/recycle/{id}/", 1.0, writes=True)
BID = Endpoint("PUT", "/api/v0/instances/bid_price/{id}/", 5.5, writes=True)
REQUEST_LOGS = Endpoint("PUT", "/api/v0/instances/request_logs/{id}/", 1.0)
INSTANCE_KEYS = Endpoint("GET", "/api/v0/instances/{id}/ssh/", 1.0)
ATTACH_KEY = Endpoint("POST", "/api/v0/instances/{id}/ssh/", 1.0, writes=True)
ACCOUNT = Endpoint("GET", "/api/v0/users/current/", 1.0)
KEYS = Endpoint("GET", "/api/v0/ssh/", 1.0)
API_KEYS = Endpoint("GET", "/api/v0/auth/apikeys/", 1.0)
CREATE_KEY = Endpoint("POST", "/api/v0/ssh/", 1.0, writes=True)
TEMPLATES = Endpoint("GET", "/api/v0/template/", 3.0)
CHARGES = Endpoint("GET", "/api/v0/charges/", 1.0)

ENDPOINTS = (
    SEARCH, RENT, LIST, SHOW, MANAGE, DESTROY, REBOOT, RECYCLE, BID, REQUEST_LOGS, INSTANCE_KEYS, ATTACH_KEY,
    ACCOUNT, KEYS, API_KEYS, CREATE_KEY, TEMPLATES, CHARGES,
)  # fmt: skip
_WRITES = {(endpoint.method, endpoint.path): endpoint.writes for endpoint in ENDPOINTS}


def writes(method: str, path: str) -> bool:
    """True if the call changes something; an unknown one counts as changing unless it is a GET."""
    return _WRITES.get((method, path), method != "GET")
