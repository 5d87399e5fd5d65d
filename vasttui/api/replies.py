"""What an answer means. Vast.ai uses one status for many things and many statuses for one thing, so the
words decide.

Sources: vast-ai/docs, rate-limits-and-errors.mdx and the responses of each openapi file; the official
client's code.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from vasttui.api.decode import integer, number, parse_json
from vasttui.api.endpoints import RENT, writes
from vasttui.api.models import printable
from vasttui.errors import (
    Ambiguous,
    KeyRefused,
    NoCapacity,
    NoCredit,
    Nonsense,
    NotFound,
    OfferGone,
    RateLimited,
    Rejected,
    Unreachable,
    VastError,
)

_KEY_CODES = frozenset({"auth_error", "unauthorized", "invalid_api_key"})
_KEY_WORDS = re.compile(
    r"invalid (user|api) key|requires login|please log in|session expired|two.factor"
    r"|lacks the .{0,80}permission|due to a constraint on",
    re.I,
)
_CREDIT_WORDS = re.compile(
    r"(insufficient|not enough|lacks?)[ _](credit|balance|funds)|missing_billing", re.I
)
_CAPACITY_WORDS = re.compile(
    r"resources_unavailable|resources are currently unavailable|state change queued", re.I
)
_FREQUENT_WORDS = re.compile(r"requests too frequent|rate_limit_exceeded", re.I)
_GONE_WORDS = re.compile(r"no_such_ask", re.I)
_MISSING_CODES = frozenset({
    "no_such_instance", "not_found", "invalid_id", "no_such_ssh_key", "no_such_template",
})  # fmt: skip
_MISSING_WORDS = re.compile(r"no_such_instance|no such instance|instance not found", re.I)
_THRESHOLD = re.compile(r"threshold=(\d{1,4}(?:\.\d{1,3})?)")
_URL = re.compile(r"(https?://[^\s\"'<>?#]*)[?#][^\s\"'<>]*")
_CREDENTIAL = re.compile(r"(?i)\b(bearer\s+|api_key\W{1,3}|token\W{1,3})[^\s\"'&,;]+|\b[0-9a-f]{32,}\b")
_MAX_SAID = 200
# A yes of this size is a list. Whether it is whole shows when it is decoded; decoding it here too would cost
# double.
_LARGE = 64_000


@dataclass(frozen=True)
class _Reply:
    """An answer taken apart.

    `value` is the JSON value or None; `code` is the error's code; `words` code and text to judge by, `said`
    the same text fit for a message; `page` is True for HTML.
    """

    method: str
    path: str
    status: int
    value: Any
    code: str
    words: str
    said: str
    page: bool
    empty: bool

    @property
    def place(self) -> str:
        return f"{self.method} {self.path}"


def classify(
    method: str,
    endpoint: str,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    secrets: tuple[str, ...] = (),
    now: float | None = None,
) -> VastError | None:
    """The error that an answer means, or None when it is a readable yes.

    Args:
        method: e.g. "PUT".
        endpoint: address with names in place of values, e.g. "/api/v0/asks/{id}/"; it is named in messages.
        status: HTTP status.
        headers: names in lower case.
        body: the answer's bytes.
        secrets: texts to mask wherever the server repeats them.
        now: epoch seconds, to turn a reset time into a wait; the system's clock if None.
    """
    if 200 <= status < 300 and len(body) > _LARGE and body[:1] in (b"{", b"["):
        return None
    reply = _take_apart(method, endpoint, status, body, secrets)
    left_behind = _left_behind(reply)
    if left_behind is not None:
        return left_behind
    limited = _rate_limit(reply, headers, time.time() if now is None else now)
    if limited is not None:
        return limited
    no_object = writes(method, endpoint) and not isinstance(reply.value, dict)
    if reply.page or reply.value is None or no_object:
        return _unreadable(reply, headers)
    if 200 <= status < 300 and not _refuses(reply):
        return None
    return _refusal(reply) or _by_status(reply, headers)


def _take_apart(method: str, path: str, status: int, body: bytes, secrets: tuple[str, ...]) -> _Reply:
    try:
        value = parse_json(body)
    except ValueError:
        value = None
    start = body[:300].lstrip(b"\xef\xbb\xbf \t\r\n")
    page = value is None and start.startswith(b"<")
    code, said = "", ""
    if isinstance(value, dict):
        code = _text(value.get("error"))
        said = next((found for name in ("msg", "message", "detail") if (found := _text(value.get(name)))), "")
    elif isinstance(value, str):
        said = value
    elif value is None and not page:
        said = body[:2000].decode("utf-8", "replace")
    code = code[:80]
    words = f"{code} {said[:4000]}"
    return _Reply(method, path, status, value, code, words, scrub(said, secrets), page, not start)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value in (None, True, False) else str(value)


def scrub(text: str, secrets: tuple[str, ...] = ()) -> str:
    """A server's words on one line of at most 200 characters, without keys, tokens and query strings."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "…")
    text = " ".join(printable(text[:4000], keep="\n").split())
    text = _CREDENTIAL.sub("…", _URL.sub(r"\1?…", text))
    return text if len(text) <= _MAX_SAID else text[: _MAX_SAID - 1] + "…"


def _left_behind(reply: _Reply) -> Rejected | None:
    """A refused rent that made an instance all the same, e.g. with a bid that is too low."""
    if (reply.method, reply.path) != (RENT.method, RENT.path) or not isinstance(reply.value, dict):
        return None
    instance_id = integer(reply.value.get("new_contract"))
    if instance_id is None or instance_id <= 0 or (200 <= reply.status < 300 and not _refuses(reply)):
        return None
    return Rejected(
        f"{reply.place}: refused ({_quoted(reply)}), yet instance {instance_id} was created",
        code=reply.code,
        new_contract=instance_id,
        hint=f"Destroy instance {instance_id}: its disk is billed.",
    )


def _rate_limit(reply: _Reply, headers: Mapping[str, str], now: float) -> RateLimited | None:
    if "search_quota_exceeded" in reply.words:
        return _quota_used_up(reply, headers, now)
    if reply.status != 429 and (reply.status < 400 or not _FREQUENT_WORDS.search(reply.words)):
        return None
    wait = number(headers.get("retry-after"))
    threshold = _THRESHOLD.search(reply.words)
    if wait is None and threshold:
        wait = float(threshold[1])
    at_least = f", at least {wait:g} s apart" if wait else ""
    return RateLimited(
        f"{reply.place}: too many requests{at_least}",
        retry_after=max(0.0, wait) if wait is not None else None,
    )


def _quota_used_up(reply: _Reply, headers: Mapping[str, str], now: float) -> RateLimited:
    reset = number(headers.get("x-ratelimit-reset"))
    # Without a usable time: the quota is documented to start anew at midnight UTC.
    if reset is None or not now - 60 < reset < now + 7 * 86400:
        reset = (now // 86400 + 1) * 86400
    until = datetime.fromtimestamp(reset, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return RateLimited(
        f"{reply.place}: the search quota of this account is used up until {until}",
        retry_after=max(0.0, reset - now),
        hint="Searches work again then; instances and logs are not touched.",
    )


def _refuses(reply: _Reply) -> bool:
    """True for a 200 that says no in its body."""
    if not isinstance(reply.value, dict):
        return False
    success = reply.value.get("success")
    return success is False or (bool(reply.code) and success is not True)


def _refusal(reply: _Reply) -> VastError | None:
    """The refusal that the words name, whatever the status."""
    said = f"{reply.place}: {_quoted(reply)}"
    if reply.code in _KEY_CODES or _KEY_WORDS.search(reply.words):
        return KeyRefused(said)
    if _CREDIT_WORDS.search(reply.words) or (reply.status in (402, 411) and reply.value is not None):
        return NoCredit(said, code=reply.code)
    if _GONE_WORDS.search(reply.words):
        return OfferGone(said, code="no_such_ask")
    if _CAPACITY_WORDS.search(reply.words):
        return NoCapacity(said, code=reply.code)
    if reply.code in _MISSING_CODES or _MISSING_WORDS.search(reply.words):
        named = _MISSING_WORDS.search(reply.words)
        return NotFound(said, code="no_such_instance" if named else reply.code)
    return None


def _by_status(reply: _Reply, headers: Mapping[str, str]) -> VastError:
    """The meaning of a status whose words say nothing known."""
    said = f"{reply.place}: status {reply.status}, {_quoted(reply)}"
    if reply.status >= 500 or reply.status == 408:
        return _no_answer(reply, said)
    if 300 <= reply.status < 400:
        return _moved(reply, headers)
    if reply.status == 401:
        return KeyRefused(said)
    if reply.status == 410 and (reply.method, reply.path) == (RENT.method, RENT.path):
        return OfferGone(said, code=reply.code)
    if reply.status == 404 and not reply.code:
        return Rejected(said, hint="The server does not know this address: check the API base URL.")
    return Rejected(said, code=reply.code)


def _unreadable(reply: _Reply, headers: Mapping[str, str]) -> VastError | None:
    """An answer that is no JSON: a gateway's page, plain text, half a body, or nothing."""
    if reply.status == 204:
        return None
    what = "an HTML page" if reply.page else "an empty answer" if reply.empty else "an answer that is no JSON"
    said = f"{reply.place}: {what} with status {reply.status}"
    if 300 <= reply.status < 400:
        return _moved(reply, headers)
    if not reply.page and reply.status >= 400:
        refusal = _refusal(reply)
        if refusal is not None:
            return refusal
        if reply.status == 401:
            return KeyRefused(f"{said}: the key is not accepted")
    # A page is a gateway's, never Vast.ai's word on the key or on what exists.
    if reply.status >= 500 or reply.status in (403, 408):
        return _no_answer(reply, said)
    if writes(reply.method, reply.path):
        return Ambiguous(said)
    return Nonsense(said)


def _no_answer(reply: _Reply, said: str) -> Unreachable:
    return Ambiguous(said) if writes(reply.method, reply.path) else Unreachable(said)


def _moved(reply: _Reply, headers: Mapping[str, str]) -> Unreachable:
    target = re.match(r"(https?://[A-Za-z0-9.:-]{1,253})", headers.get("location", ""))
    return Unreachable(
        f"{reply.place}: redirected to {target[1] if target else 'another address'}, which was not followed",
        hint="If that is right, set it as the API base URL.",
    )


def _quoted(reply: _Reply) -> str:
    """The server's words, or its code, for a message."""
    if reply.said:
        return f"Vast.ai says: {reply.said}"
    return f"Vast.ai says: {scrub(reply.code)}" if reply.code else "Vast.ai gives no reason"
