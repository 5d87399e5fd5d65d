"""The client against a real server that misbehaves: nothing is lost, sent twice or told to the wrong one."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

import pytest

from vasttui.api import Call, LogTicket, RentRequest, Timeouts, VastClient
from vasttui.api.transport import normal_base
from vasttui.errors import (
    Ambiguous,
    ConfigError,
    KeyRefused,
    LogsPending,
    NoKey,
    Nonsense,
    OfferGone,
    RateLimited,
    Rejected,
    Unreachable,
    UsageError,
    VastError,
)

KEY = "0123456789abcdef" * 4
REQUEST = RentRequest(image="img", disk=20, label="vasttui-1", env={"A": "b"}, ports=("80:80",))
PAGE = b"<html>maintenance</html>"
Connect = Callable[..., VastClient]


class Seen(Protocol):
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Server(Protocol):
    replies: list[bytes | None]
    seen: list[Seen]
    url: str
    arrived: asyncio.Event


class Time(Protocol):
    now: float
    slept: list[float]


def http(body: Any, status: int = 200, content_type: str = "application/json", extra: str = "") -> bytes:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = (
        f"HTTP/1.1 {status} X\r\nContent-Type: {content_type}\r\nContent-Length: {len(data)}\r\n{extra}\r\n"
    )
    return head.encode() + data


OK = http({"success": True})
BROKEN: list[tuple[str, bytes | None]] = [
    ("dropped", b""),
    ("half a head", b"HTTP/1.1 200 OK\r\nContent-Le\r\nConnection: close\r\n"),
    ("half a body", b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\nConnection: close\r\n\r\n{}"),
    ("no HTTP", b"SSH-2.0-OpenSSH_9.6\r\nConnection: close\r\n"),
    ("bad gzip", http(b"no gzip", extra="Content-Encoding: gzip\r\n")),
    ("hung", None),
    ("gateway", http(PAGE, 502, "text/html")),
    ("page", http(PAGE, 200, "text/html")),
    ("empty", http(b"")),
    ("truncated", http(b'{"success": true, "instances": [')),
    ("teapot page", http(PAGE, 418, "text/html")),
]
SPENDING: list[Callable[[VastClient], Any]] = [
    lambda client: client.rent(1, REQUEST),
    lambda client: client.destroy(1),
    lambda client: client.start(1),
    lambda client: client.change_bid(1, 0.5),
]


@pytest.mark.parametrize(("fault", "reply"), BROKEN, ids=[name for name, _ in BROKEN])
@pytest.mark.parametrize("spend", SPENDING, ids=["rent", "destroy", "start", "bid"])
async def test_what_spends_is_sent_once_and_called_unconfirmed(
    server: Server, connect: Connect, fault: str, reply: bytes | None, spend: Callable[[VastClient], Any]
) -> None:
    server.replies = [reply]
    client = connect(timeouts=Timeouts(read=0.1, rent=0.1, total=5), write_tries=5)
    with pytest.raises(Ambiguous):
        await spend(client)
    assert len(server.seen) == 1


@pytest.mark.parametrize(("fault", "reply"), BROKEN, ids=[name for name, _ in BROKEN])
async def test_reads_try_again_and_recover(
    server: Server, connect: Connect, fake: Time, fault: str, reply: bytes | None
) -> None:
    server.replies = [reply, reply, http({"instances": [{"id": 4}], "next_token": None})]
    client = connect(timeouts=Timeouts(read=0.1, total=5), read_tries=3)
    assert [row.id for row in (await client.instances()).items] == [4]
    assert [slept for slept in fake.slept if slept >= 5] == [5.0, 10.0]


@pytest.mark.parametrize(("fault", "reply"), BROKEN, ids=[name for name, _ in BROKEN])
async def test_a_read_that_stays_broken_never_means_gone(
    server: Server, connect: Connect, fault: str, reply: bytes | None
) -> None:
    server.replies = [reply]
    client = connect(timeouts=Timeouts(read=0.1, total=5))
    for read in (client.instances, lambda: client.instance(3), client.account, client.ssh_keys):
        with pytest.raises((Unreachable, Nonsense)) as caught:
            await read()
        assert KEY not in str(caught.value)
        assert "?" not in caught.value.message


async def test_no_server_means_that_nothing_was_sent() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with VastClient(KEY, f"http://127.0.0.1:{port}") as client:
        with pytest.raises(Unreachable) as caught:
            await client.rent(1, REQUEST)
    assert type(caught.value) is Unreachable


async def test_an_endless_drip_ends(server: Server, connect: Connect) -> None:
    server.replies = [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"]
    client = connect(timeouts=Timeouts(read=30, total=0.2))
    with pytest.raises(Unreachable, match=r"within 0.2 s"):
        await client.account()


async def test_a_429_was_refused_before_it_happened_so_even_a_rent_may_follow(
    server: Server, connect: Connect, fake: Time
) -> None:
    server.replies = [http(b"API requests too frequent", 429, "text/plain"), http({"new_contract": 9})]
    rental = await connect().rent(1, REQUEST)
    assert rental.instance_id == 9
    assert sum(fake.slept) >= 12


async def test_a_used_up_quota_is_told_at_once(server: Server, connect: Connect, fake: Time) -> None:
    server.replies = [http({"error": "search_quota_exceeded"}, 429)]
    with pytest.raises(RateLimited, match=r"until 20\d\d-"):
        await connect(read_tries=5).search_offers({})
    assert len(server.seen) == 1


async def test_the_list_is_all_pages_with_equal_filters(server: Server, connect: Connect, fake: Time) -> None:
    server.replies = [
        http({"instances": [{"id": n} for n in range(1, 26)], "next_token": "a+/="}),
        http({"instances": [{"id": 25}, {"id": "26"}, {"id": None}], "next_token": "b"}),
        http({"instances": [{"id": 27}], "next_token": None}),
    ]
    found = await connect().instances()
    assert ([row.id for row in found.items], found.skipped) == (list(range(1, 28)), 1)
    queries = [parse_qs(urlsplit(seen.target).query) for seen in server.seen]
    assert [query.pop("after_token", None) for query in queries] == [None, ["a+/="], ["b"]]
    assert queries[0] == queries[1] == queries[2]
    assert server.seen[0].target == (
        "/api/v1/instances/?select_filters=%7B%7D&order_by=%5B%7B%22col%22%3A+%22id%22%2C+%22dir%22%3A+%22asc%22"
        "%7D%5D&limit=25"
    )
    assert fake.now >= 1002


@pytest.mark.parametrize(
    "second", [http(PAGE, 502), http({"instances": None}), http({"success": False, "error": "x"})]
)
async def test_a_failed_page_fails_the_list(server: Server, connect: Connect, second: bytes) -> None:
    server.replies = [http({"instances": [{"id": 1}], "next_token": "t"}), second]
    with pytest.raises(VastError):
        await connect().instances()


async def test_pages_that_do_not_end_are_no_list(server: Server, connect: Connect) -> None:
    server.replies = [http({"instances": [{"id": 1}], "next_token": "again"})]
    with pytest.raises(Nonsense):
        await connect().instances()
    assert len(server.seen) == 2


async def test_gone_is_only_what_vast_says_is_gone(server: Server, connect: Connect) -> None:
    client = connect()
    for gone in (http({"instances": None}), http({"success": False, "error": "no_such_instance"}, 404)):
        server.replies = [gone]
        assert await client.instance(5) is None
    server.replies = [http({"instances": {"id": 5, "actual_status": None}})]
    found = await client.instance(5)
    assert found is not None
    assert found.id == 5
    for unclear in (
        http({}),
        http({"instances": []}),
        http({"instances": {"id": None}}),
        http({"detail": "?"}, 404),
    ):
        server.replies = [unclear]
        with pytest.raises(VastError):
            await client.instance(5)


async def test_rent_sends_what_was_asked_and_hides_the_new_key(server: Server, connect: Connect) -> None:
    server.replies = [http({"success": True, "new_contract": 31, "instance_api_key": "box-key"})]
    rental = await connect().rent(12, REQUEST)
    assert rental.instance_id == 31
    assert rental.instance_api_key is not None
    assert rental.instance_api_key.reveal() == "box-key"
    assert "box-key" not in repr(rental)
    (seen,) = server.seen
    assert (seen.method, seen.target) == ("PUT", "/api/v0/asks/12/")
    body = json.loads(seen.body)
    assert body["env"] == {"A": "b", "-p 80:80": "1"}
    assert (body["price"], body["disk"], body["label"], body["cancel_unavail"]) == (
        None,
        20,
        "vasttui-1",
        True,
    )
    assert body["runtype"] == "ssh_direc ssh_proxy"
    assert seen.headers["authorization"] == f"Bearer {KEY}"


async def test_a_refused_rent_names_what_it_left(server: Server, connect: Connect) -> None:
    server.replies = [http({"success": False, "error": "bid", "msg": "too low", "new_contract": 8}, 400)]
    with pytest.raises(Rejected) as caught:
        await connect().rent(1, REQUEST)
    assert caught.value.new_contract == 8
    server.replies = [http({"success": False, "msg": "no_such_ask"}, 400)]
    with pytest.raises(OfferGone):
        await connect().rent(1, REQUEST)


@pytest.mark.parametrize(
    "bad", [{"price": float("nan")}, {"price": 0}, {"disk": float("inf")}, {"image": None}]
)
async def test_a_price_that_json_would_turn_into_on_demand_is_not_sent(
    server: Server, connect: Connect, bad: dict[str, Any]
) -> None:
    with pytest.raises(UsageError):
        await connect().rent(1, replace(REQUEST, **bad))
    with pytest.raises(UsageError):
        await connect().change_bid(1, float("nan"))
    assert server.seen == []


async def test_the_key_follows_no_redirect_to_another_place(server: Server, connect: Connect) -> None:
    elsewhere = server.url.replace("127.0.0.1", "localhost")
    server.replies = [http(b"", 308, extra=f"Location: {elsewhere}/api/v0/users/current\r\n"), OK]
    with pytest.raises(Unreachable, match=r"redirected to http://localhost"):
        await connect().account()
    assert len(server.seen) == 1
    server.replies = [OK, http(b"", 308, extra="Location: /api/v0/x\r\n"), http({"id": 1, "credit": "2.5"})]
    assert (await connect().account()).credit == 2.5


async def test_what_spends_follows_no_redirect_at_all(server: Server, connect: Connect) -> None:
    server.replies = [http(b"", 308, extra="Location: /api/v0/asks/2/\r\n"), http({"new_contract": 9})]
    with pytest.raises(Unreachable):
        await connect().rent(1, REQUEST)
    assert len(server.seen) == 1


async def test_logs_are_fetched_without_the_key(server: Server, connect: Connect) -> None:
    client = connect()
    server.replies = [http({"success": True, "temp_download_url": f"{server.url}/logs/1.log?sig=abc"})]
    ticket = await client.request_logs(5, tail=300)
    assert json.loads(server.seen[0].body) == {"tail": "300"}
    assert "sig" not in repr(ticket)
    denied = b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'
    for pending in (http(denied, 403, "application/xml"), http(b"", 404), http(denied)):
        server.replies = [pending]
        with pytest.raises(LogsPending):
            await client.fetch_log(ticket)
    server.replies = [http(gzip.compress("añ\x00".encode()), 200, "text/plain", "Content-Encoding: gzip\r\n")]
    assert await client.fetch_log(ticket) == "añ\x00".encode()
    server.replies = [http(PAGE, 503)]
    with pytest.raises(Unreachable, match=r"log of instance 5") as caught:
        await client.fetch_log(ticket)
    assert "sig" not in caught.value.message
    assert all("authorization" not in seen.headers for seen in server.seen[1:])


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://x/y", "", None, 5, "http://", "http://a b/"])
async def test_a_log_address_must_be_one(server: Server, connect: Connect, url: Any) -> None:
    server.replies = [http({"success": True, "result_url": url})]
    with pytest.raises(Nonsense):
        await connect().request_logs(5, tail=10)


async def test_a_log_is_never_fetched_by_another_scheme(server: Server, connect: Connect) -> None:
    server.replies = [http(b"", 302, extra="Location: file:///etc/passwd\r\n")]
    with pytest.raises(Unreachable):
        await connect().fetch_log(LogTicket(1, f"{server.url}/x"))


async def test_keys_are_listed_made_and_attached(server: Server, connect: Connect) -> None:
    client = connect()
    server.replies = [http([{"id": 1, "key": "ssh-rsa A"}])]
    assert (await client.ssh_keys()).items[0].key == "ssh-rsa A"
    server.replies = [http({"success": True, "key": {"id": 2, "public_key": "ssh-rsa B"}})]
    assert (await client.create_ssh_key("ssh-rsa B\n")).key == "ssh-rsa B"
    server.replies = [http({"success": False, "msg": "SSH key already associated"}, 400)]
    await client.attach_ssh_key(1, "ssh-rsa B")
    server.replies = [http({"success": False, "error": "no_such_instance"}, 404)]
    with pytest.raises(Rejected):
        await client.attach_ssh_key(1, "ssh-rsa B")


async def test_each_call_is_told_without_secrets(server: Server, connect: Connect) -> None:
    calls: list[Call] = []
    server.replies = [http({"instances": []}), http({"success": False, "error": "auth_error"}, 404)]
    client = connect(calls=calls)
    await client.instances()
    with pytest.raises(KeyRefused):
        await client.account()
    assert [(call.method, call.endpoint, call.status, call.error) for call in calls] == [
        ("GET", "/api/v1/instances/", 200, None),
        ("GET", "/api/v0/users/current/", 404, "API key refused"),
    ]
    assert KEY not in repr((calls, client))


async def test_cancelling_a_hung_request_leaves_nothing_behind(server: Server, connect: Connect) -> None:
    server.replies = [None, http({"instances": []})]
    client = connect()
    hung = asyncio.create_task(client.instances())
    await server.arrived.wait()
    hung.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hung
    assert (await client.instances()).items == ()


async def test_a_big_search_is_read_whole(server: Server, connect: Connect) -> None:
    row = {"gpu_name": "RTX 4090"} | {f"other_{n}": "some text" for n in range(60)}
    server.replies = [http({"offers": [row | {"id": n} for n in range(1, 4001)]})]
    found = await connect(timeouts=Timeouts(read=10, total=20)).search_offers({})
    assert len(found.items) == 4000


@pytest.mark.parametrize(
    ("given", "base"),
    [
        ("https://console.vast.ai", "https://console.vast.ai"),
        ("https://console.vast.ai/", "https://console.vast.ai"),
        ("https://console.vast.ai/api/v0", "https://console.vast.ai"),
        (" https://Console.vast.ai/api/v0/ ", "https://console.vast.ai"),
        ("http://127.0.0.1:8080/api/v1/", "http://127.0.0.1:8080"),
        ("https://proxy.example/vast/api/v0", "https://proxy.example/vast"),
    ],
)
def test_the_base_is_one_however_it_is_written(given: str, base: str) -> None:
    assert normal_base(given) == base


@pytest.mark.parametrize(
    "given",
    [
        "",
        "console.vast.ai",
        "ftp://x",
        "https://",
        "https://u:s3cret@x",
        "https://x?api_key=s3cret",
        "http://x:y",
    ],
)
def test_an_unusable_base_says_so_without_its_secrets(given: str) -> None:
    with pytest.raises(ConfigError) as caught:
        normal_base(given)
    assert "s3cret" not in caught.value.message


@pytest.mark.parametrize(
    ("key", "error"), [("", NoKey), (" \n", NoKey), ("a b", KeyRefused), ("ключ", KeyRefused)]
)
def test_a_key_that_no_header_can_hold_is_refused_here(key: str, error: type[VastError]) -> None:
    with pytest.raises(error):
        VastClient(key)
