"""The Vast.ai REST API; nothing else in the program knows an address. The first request imports httpx."""

from vasttui.api.charges import Charge
from vasttui.api.client import VastClient
from vasttui.api.models import (
    Account,
    Call,
    Instance,
    LogTicket,
    Offer,
    Rental,
    RentRequest,
    Rows,
    Secret,
    SshKey,
    Template,
)
from vasttui.api.pacing import Pacer
from vasttui.api.transport import DEFAULT_BASE, Timeouts

__all__ = [
    "DEFAULT_BASE",
    "Account",
    "Call",
    "Charge",
    "Instance",
    "LogTicket",
    "Offer",
    "Pacer",
    "RentRequest",
    "Rental",
    "Rows",
    "Secret",
    "SshKey",
    "Template",
    "Timeouts",
    "VastClient",
]
