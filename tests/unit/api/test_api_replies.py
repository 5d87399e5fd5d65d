"""What a user is told never depends on the status alone: the same meaning arrives under many statuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.api.replies import classify, scrub
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

RENT = ("PUT", "/api/v0/asks/{id}/")
LIST = ("GET", "/api/v1/instances/")
SEARCH = ("POST", "/api/v0/bundles/")
SHOW = ("GET", "/api/v0/instances/{id}/")
MANAGE = ("PUT", "/api/v0/instances/{id}/")
DESTROY = ("DELETE", "/api/v0/instances/{id}/")
LOGS = ("PUT", "/api/v0/instances/request_logs/{id}/")
PAGE = b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>"


def refusal(error: str | None = None, msg: str | None = None, **more: Any) -> bytes:
    fields = {"success": False, "error": error, "msg": msg} | more
    return json.dumps({name: value for name, value in fields.items() if value is not None}).encode()


GONE_MSG = "error 404/3603: no_such_ask Instance type by id 7 is not available."
QUEUED = "Required resources are currently unavailable, state change queued."
FREQUENT = "API requests too frequent endpoint threshold=4.5"

TABLE: list[tuple[tuple[str, str], int, bytes, type[VastError] | None]] = [
    (RENT, 404, refusal("invalid_args", GONE_MSG, ask_id=7), OfferGone),
    (RENT, 400, refusal("invalid_args", GONE_MSG), OfferGone),
    (RENT, 400, refusal(None, GONE_MSG), OfferGone),
    (RENT, 410, refusal("no_such_ask", "error 410/3907: no_such_ask … no longer available."), OfferGone),
    (RENT, 410, refusal(), OfferGone),
    (RENT, 500, refusal("no_such_ask"), OfferGone),
    (RENT, 403, refusal("invalid_args", "error 403/3586: Offer 1 is not your own."), Rejected),
    (RENT, 400, refusal("invalid_price", "too low"), Rejected),
    (RENT, 400, refusal("insufficient_credit", "Your credit is insufficient"), NoCredit),
    (RENT, 400, b'{"msg": "Insufficient credit"}', NoCredit),
    (RENT, 402, refusal("payment", "pay"), NoCredit),
    (RENT, 411, refusal("error", "no"), NoCredit),
    (RENT, 200, refusal("insufficient_credit"), NoCredit),
    (MANAGE, 400, refusal("missing_billing", "no card"), NoCredit),
    (LIST, 404, refusal("auth_error", "Invalid user key"), KeyRefused),
    (LIST, 401, refusal("auth_error", "Invalid user key"), KeyRefused),
    (LIST, 401, b'{"msg": "Invalid user key"}', KeyRefused),
    (LIST, 403, refusal("auth_error", "This action requires login."), KeyRefused),
    (LIST, 401, refusal(None, "API key lacks the user_read permission group"), KeyRefused),
    (LIST, 401, refusal(None, "Refused due to a constraint on id"), KeyRefused),
    (LIST, 404, b'{"message": "Session expired. Please log in again."}', KeyRefused),
    (LIST, 403, b"Invalid user key", KeyRefused),
    (LIST, 401, b"", KeyRefused),
    (LIST, 403, b"<html>Access denied by the firewall</html>", Unreachable),
    (LIST, 403, b"", Unreachable),
    (LIST, 401, b"<html>log in</html>", Nonsense),
    (RENT, 403, b"<html>Access denied by the firewall</html>", Ambiguous),
    (MANAGE, 200, refusal("resources_unavailable", QUEUED), NoCapacity),
    (MANAGE, 200, refusal(None, QUEUED), NoCapacity),
    (MANAGE, 404, refusal("no_such_instance", "no"), NotFound),
    (DESTROY, 404, refusal("not_found", "Instance not found"), NotFound),
    (LOGS, 404, refusal("invalid_id", "no"), NotFound),
    (LOGS, 403, refusal("not_authorized", "not yours"), Rejected),
    (SEARCH, 400, refusal("invalid_request", "bad"), Rejected),
    (LIST, 410, refusal("deprecated_endpoint", "Use /api/v1/instances/ instead."), Rejected),
    (LIST, 404, b'{"detail": "Not Found"}', Rejected),
    (SEARCH, 429, b"API requests too frequent", RateLimited),
    (DESTROY, 429, json.dumps({"detail": FREQUENT}).encode(), RateLimited),
    (DESTROY, 429, refusal("rate_limit_exceeded", FREQUENT), RateLimited),
    (LIST, 429, b"", RateLimited),
    (LIST, 429, PAGE, RateLimited),
    (LIST, 503, b"API requests too frequent", RateLimited),
    (LIST, 200, PAGE, Nonsense),
    (LIST, 200, b"", Nonsense),
    (LIST, 200, b'{"instances": [{"id": 1}, {"i', Nonsense),
    (LIST, 200, b"null", Nonsense),
    (LIST, 404, PAGE, Nonsense),
    (RENT, 200, PAGE, Ambiguous),
    (RENT, 200, b"", Ambiguous),
    (RENT, 200, b'{"success": true, "new_contr', Ambiguous),
    (RENT, 200, b'"ok"', Ambiguous),
    (DESTROY, 200, b"", Ambiguous),
    (DESTROY, 404, PAGE, Ambiguous),
    (LIST, 500, PAGE, Unreachable),
    (LIST, 502, b"", Unreachable),
    (SEARCH, 500, refusal("server_error", "boom"), Unreachable),
    (LOGS, 504, b"", Unreachable),
    (RENT, 500, refusal("server_error", "boom"), Ambiguous),
    (RENT, 502, PAGE, Ambiguous),
    (DESTROY, 504, b"", Ambiguous),
    (MANAGE, 500, b"Internal Server Error", Ambiguous),
    (LIST, 302, b"", Unreachable),
    (LIST, 200, b'{"success": true, "instances": []}', None),
    (SHOW, 200, b'{"instances": null}', None),
    (SEARCH, 200, b'{"offers": []}', None),
    (("GET", "/api/v0/ssh/"), 200, b"[]", None),
    (DESTROY, 200, b'{"success": true}', None),
    (DESTROY, 200, b"{}", None),
    (DESTROY, 204, b"", None),
    (RENT, 200, b'{"success": true, "new_contract": 5, "error": "a warning"}', None),
]


@pytest.mark.parametrize(("place", "status", "body", "expected"), TABLE)
def test_answers_are_judged_by_meaning(
    place: tuple[str, str], status: int, body: bytes, expected: type[VastError] | None
) -> None:
    found = classify(*place, status, {}, body)
    assert type(found) is (expected or type(None))
    if found is not None:
        assert " ".join(place) in found.message
        assert found.message.isprintable()


@pytest.mark.parametrize("status", [200, 400, 402, 404, 500])
def test_a_refused_rent_that_left_an_instance_says_which(status: int) -> None:
    body = refusal("insufficient_credit", "no_such_ask: bid too low", new_contract=77)
    found = classify(*RENT, status, {}, body)
    assert type(found) is Rejected
    assert found.new_contract == 77
    assert "77" in found.hint


def test_the_daily_search_quota_says_until_when() -> None:
    reset = 1_790_035_200  # 2026-09-22 00:00 UTC
    found = classify(
        *SEARCH,
        429,
        {"x-ratelimit-reset": str(reset)},
        refusal("search_quota_exceeded", "quota"),
        now=reset - 3600.0,
    )
    assert isinstance(found, RateLimited)
    assert found.retry_after == 3600
    assert "2026-09-22 00:00 UTC" in found.message


@pytest.mark.parametrize("reset", ["", "soon", "nan", "-5", "1e300"])
def test_a_quota_without_a_usable_time_ends_at_midnight(reset: str) -> None:
    found = classify(
        *SEARCH, 429, {"x-ratelimit-reset": reset}, refusal("search_quota_exceeded"), now=86400.0 * 20000 + 60
    )
    assert isinstance(found, RateLimited)
    assert found.retry_after == 86400 - 60


def test_the_interval_that_a_429_names_is_kept() -> None:
    found = classify(*RENT, 429, {}, FREQUENT.encode())
    assert isinstance(found, RateLimited)
    assert found.retry_after == 4.5
    found = classify(*RENT, 429, {"retry-after": "30"}, b"")
    assert isinstance(found, RateLimited)
    assert found.retry_after == 30


@pytest.mark.parametrize("code", ["no_such_instance", "not_found"])
def test_only_the_named_code_tells_that_an_instance_is_gone(code: str) -> None:
    found = classify(*SHOW, 404, {}, refusal(code, "?"))
    assert isinstance(found, NotFound)
    assert found.code == code


def test_messages_hold_no_key_no_query_and_no_escapes() -> None:
    key = "my-own-key"
    said = (
        f"bad {key} at https://s3.amazonaws.com/vast.ai/x.log?X-Amz-Signature=abc#f "
        f"Bearer hunter2 api_key=hunter3 {'ab' * 32} \x1b[31mred\u202e\nnext"
    )
    found = classify(*LIST, 400, {}, refusal("bad", said), secrets=(key,))
    assert found is not None
    for secret in (key, "X-Amz", "hunter2", "hunter3", "ab" * 32, "\x1b", "\u202e", "\n"):
        assert secret not in found.message
    assert "https://s3.amazonaws.com/vast.ai/x.log?…" in found.message
    assert len(scrub("word " * 1000)) == 200


def test_a_redirect_names_the_host_alone() -> None:
    found = classify(*LIST, 308, {"location": "https://other.example/path?api_key=s3cret"}, b"")
    assert isinstance(found, Unreachable)
    assert "https://other.example" in found.message
    assert "s3cret" not in found.message


@given(
    place=st.sampled_from([RENT, LIST, SEARCH, DESTROY, LOGS]),
    status=st.integers(200, 599),
    body=st.binary(max_size=60) | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["error", "msg", "detail", "success", "new_contract", "x"]), inner),
        max_leaves=6,
    ).map(lambda value: json.dumps(value).encode()),
)  # fmt: skip
def test_any_answer_gets_a_meaning(place: tuple[str, str], status: int, body: bytes) -> None:
    found = classify(*place, status, {"retry-after": "x"}, body)
    assert found is not None or status < 300
    if place in (RENT, DESTROY):
        # What may have changed something is never called a plain "unreachable" or "unreadable".
        assert type(found) not in (Unreachable, Nonsense) or 300 <= status < 400
    if body.lstrip().startswith(b"<"):
        assert not isinstance(found, KeyRefused | NotFound | OfferGone)
