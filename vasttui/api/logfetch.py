"""The second half of a log request: the file that Vast.ai's host puts into public storage.

Its address is a secret and its server is not Vast.ai's: no key goes there, and no redirect is followed
elsewhere. Until the host has uploaded it, storage answers 403 or 404 with an XML error (the official client
polls for 9 s).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from vasttui.api.models import LogTicket
from vasttui.api.transport import Answer, Transport
from vasttui.errors import LogsPending, Nonsense, Unreachable

MAX_LOG = 64_000_000


def ticket(instance_id: int, url: str, base: str) -> LogTicket:
    """A ticket for a log address; plain http only where the API itself is plain http (a simulator).

    Raises:
        ValueError: the address cannot be one of a log.
    """
    parts = urlsplit(url)
    schemes = ("https", "http") if urlsplit(base).scheme == "http" else ("https",)
    if parts.scheme not in schemes or not parts.hostname or not url.isprintable() or " " in url:
        raise ValueError("no usable address of the log")
    return LogTicket(instance_id, url)


async def fetch(transport: Transport, wanted: LogTicket) -> bytes:
    """The file's bytes, its first 64 MB if it is longer.

    Raises:
        LogsPending: not there yet, or its time is over: ask for a new ticket after a minute of this.
        Unreachable, Nonsense: storage failed, or answered with a page.
    """
    place = f"log of instance {wanted.instance_id}"
    answer = await transport.send(
        "GET", wanted.url, place=place, writes=False, max_bytes=MAX_LOG, headers={"Accept": "*/*"}
    )
    return judge(answer, place)


def judge(answer: Answer, place: str) -> bytes:
    """The log in an answer of the storage, or the error that the answer means."""
    head = answer.body[:600].lstrip()
    error_page = head.startswith((b"<?xml", b"<Error>")) and b"<Error>" in head and b"<Code>" in head
    if b"expired" in head and error_page:
        raise LogsPending(f"{place}: its address has expired", hint="A new one is asked for.")
    if answer.status in (403, 404) or error_page:
        raise LogsPending(f"{place}: not uploaded yet")
    if answer.status != 200:
        raise Unreachable(f"{place}: the log storage answered with status {answer.status}")
    if "html" in answer.headers.get("content-type", "").lower() and head.startswith(b"<"):
        raise Nonsense(f"{place}: an HTML page instead of a log")
    return answer.body
