"""The one HTTP client: sends a request, gives back status, headers and bytes, and turns what went wrong on
the way into errors by meaning. httpx is imported with the first request, off the event loop.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from vasttui.errors import Ambiguous, ConfigError, Unreachable

if TYPE_CHECKING:
    import httpx

DEFAULT_BASE = "https://console.vast.ai"
_MAX_REDIRECTS = 3


@dataclass(frozen=True)
class Timeouts:
    """Seconds: to connect, between two pieces of an answer, the same for a rent (it takes 5-10 s), in all."""

    connect: float = 10.0
    read: float = 30.0
    rent: float = 60.0
    total: float = 120.0


@dataclass(frozen=True)
class Answer:
    """What came back; header names in lower case. `cut` means the size limit was reached."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: bool = False


def normal_base(url: str) -> str:
    """The server's address without path: "https://host/api/v0/" and "https://host" are the same base.

    Raises:
        ConfigError: no http(s) address, or one with a user name, query or fragment.
    """
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = None
    if not usable or parts.username or parts.password or parts.query or parts.fragment:
        shown = re.sub(r"//[^/@]*@", "//…@", url.split("?")[0])
        raise ConfigError(
            f"API base URL {shown!r} is not usable",
            hint="Expected an address such as https://console.vast.ai/api/v0",
        )
    path = re.sub(r"/api(/v\d+)?$", "", parts.path.rstrip("/"))
    return f"{parts.scheme}://{parts.netloc.lower()}{path.rstrip('/')}"


def is_loopback(url: str) -> bool:
    """True for an address of this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Transport:
    """Owns the httpx client.

    Args:
        base: the API's address; for one on this machine proxy settings of the environment are ignored.
        timeouts: limits in seconds.
        user_agent: header text.
        transport: another httpx transport, or None.
    """

    def __init__(
        self, base: str, timeouts: Timeouts, user_agent: str, transport: httpx.AsyncBaseTransport | None
    ) -> None:
        self._base = base
        self._timeouts = timeouts
        self._user_agent = user_agent
        self._transport = transport
        self._client: httpx.AsyncClient | None = None
        self._making = asyncio.Lock()

    async def close(self) -> None:
        """Close all connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def send(
        self,
        method: str,
        url: str,
        *,
        place: str,
        writes: bool,
        max_bytes: int,
        headers: Mapping[str, str],
        content: bytes | None = None,
        read: float | None = None,
    ) -> Answer:
        """Send one request and read the answer, at most max_bytes of it.

        Redirects are followed within the same scheme, host and port only, and by reads only.

        Raises:
            Unreachable: no answer, and nothing was sent or the request only reads.
            Ambiguous: no answer to a request that writes and may have arrived.
        """
        client = await self._ready()
        import httpx  # free by now: the client's making imported it in a thread

        unsent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
        limit = httpx.Timeout(read or self._timeouts.read, connect=self._timeouts.connect)
        kind = Ambiguous if writes else Unreachable
        try:
            async with asyncio.timeout(self._timeouts.total):
                for _ in range(_MAX_REDIRECTS):
                    request = client.build_request(
                        method, url, headers=dict(headers), content=content, timeout=limit
                    )
                    answer = await _exchange(client, request, max_bytes)
                    target = None if writes else _next_url(str(request.url), answer)
                    if target is None:
                        break
                    url = target
                return answer
        except TimeoutError:
            raise kind(f"{place}: no whole answer within {self._timeouts.total:g} s") from None
        except unsent as fault:
            raise Unreachable(f"{place}: {_why_unsent(fault, self._base)}") from None
        except httpx.TimeoutException:
            raise kind(f"{place}: no answer within {limit.read:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as fault:
            raise kind(f"{place}: the connection broke ({type(fault).__name__})") from None

    async def _ready(self) -> httpx.AsyncClient:
        async with self._making:
            if self._client is None:
                # Loading certificates takes longer than a frame.
                self._client = await asyncio.to_thread(self._make)
            return self._client

    def _make(self) -> httpx.AsyncClient:
        _load_httpx()
        import httpx

        options: dict[str, Any] = {"transport": self._transport} if self._transport else {}
        return httpx.AsyncClient(
            headers={"User-Agent": self._user_agent},
            follow_redirects=False,
            trust_env=not is_loopback(self._base),
            **options,
        )


def _load_httpx() -> None:
    """Import httpx without its own command line, which loads rich where that is installed and doubles the time."""
    if "httpx" not in sys.modules:
        sys.modules["httpx._main"] = None  # type: ignore[assignment]
        try:
            import httpx  # noqa: F401
        finally:
            del sys.modules["httpx._main"]


async def _exchange(client: httpx.AsyncClient, request: httpx.Request, max_bytes: int) -> Answer:
    response = await client.send(request, stream=True)
    try:
        pieces: list[bytes] = []
        size = 0
        async for piece in response.aiter_bytes():
            pieces.append(piece)
            size += len(piece)
            if size > max_bytes:
                break
        headers = {name.lower(): value for name, value in response.headers.items()}
        body = b"".join(pieces)
        return Answer(response.status_code, headers, body[:max_bytes], cut=size > max_bytes)
    finally:
        await response.aclose()


def _next_url(url: str, answer: Answer) -> str | None:
    """Where a redirect leads, if it stays with the same server; the key goes nowhere else."""
    if answer.status not in (301, 302, 307, 308):
        return None
    from urllib.parse import urljoin

    target = urljoin(url, answer.headers.get("location", ""))
    here, there = urlsplit(url), urlsplit(target)
    same = (here.scheme, here.netloc) == (there.scheme, there.netloc)
    return target if same and target != url else None


def _why_unsent(fault: Exception, base: str) -> str:
    text = str(fault)
    if "CERTIFICATE" in text.upper():
        return f"the certificate of {base} cannot be verified"
    kind = "no connection in time" if "Timeout" in type(fault).__name__ else "no connection"
    return f"{kind} to {base}"
