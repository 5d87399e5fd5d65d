"""Webhooks of the user: one JSON document, posted. Nothing of Vast.ai goes there but what the caller gives.

The address is a secret (who has it can post): messages name its host and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from vasttui import __version__
from vasttui.api.transport import Timeouts, Transport
from vasttui.errors import Rejected, Unreachable

TIMEOUTS = Timeouts(connect=5.0, read=10.0, total=15.0)
_ENOUGH = 4096


def host_of(url: str) -> str:
    """The part of a webhook's address that may be shown."""
    return urlsplit(url).hostname or "?"


async def post(url: str, document: Mapping[str, Any], *, timeouts: Timeouts = TIMEOUTS) -> None:
    """Post once; no redirect is followed.

    Raises:
        Unreachable: no answer (it may have arrived all the same).
        Rejected: an answer that is not 2xx.
    """
    parts, place = urlsplit(url), f"webhook {host_of(url)}"
    # Alerts are rare: a connection of its own each time is cheaper than keeping one for days.
    base = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    transport = Transport(base, timeouts, f"vasttui/{__version__}", None)
    try:
        answer = await transport.send(
            "POST",
            url,
            place=place,
            writes=True,
            max_bytes=_ENOUGH,
            headers={"Content-Type": "application/json"},
            content=json.dumps(document).encode(),
        )
    except UnicodeError:
        raise Unreachable(f"{place}: that is no name of a host") from None
    finally:
        await transport.close()
    if 300 <= answer.status < 400:
        raise Rejected(f"{place}: answered with a redirect, which is not followed; configure the final address")
    if not 200 <= answer.status < 300:
        raise Rejected(f"{place}: answered with status {answer.status}")
