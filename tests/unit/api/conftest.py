"""A real server on a loopback port that answers byte by byte what a test tells it to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio

from vasttui.api import Call, Timeouts, VastClient

KEY = "0123456789abcdef" * 4


@dataclass
class Seen:
    """One request as it arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Server:
    """Answers the n-th request with the n-th reply, the last for ever; b"" drops the line, None hangs."""

    replies: list[bytes | None] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    url: str = ""
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    release: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await self._read(reader)) is not None:
                self.seen.append(request)
                self.arrived.set()
                reply = self.replies[min(len(self.seen), len(self.replies)) - 1]
                if reply is None:
                    await self.release.wait()
                    return
                writer.write(reply)
                await writer.drain()
                if b"Connection: close" in reply or not reply:
                    return
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Seen | None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
        except asyncio.IncompleteReadError:
            return None
        lines = head.split("\r\n")
        method, target, _ = lines[0].split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        return Seen(method, target, headers, body)


@dataclass
class FakeTime:
    """A clock that moves only when somebody sleeps on it."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    stub = Server()
    listener = await asyncio.start_server(stub.handle, "127.0.0.1", 0)
    stub.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    yield stub
    stub.release.set()
    listener.close()


@pytest.fixture
def fake() -> FakeTime:
    return FakeTime()


@pytest_asyncio.fixture
async def connect(server: Server, fake: FakeTime) -> AsyncIterator[Callable[..., VastClient]]:
    clients: list[VastClient] = []

    def make(*, calls: list[Call] | None = None, **options: Any) -> VastClient:
        options.setdefault("timeouts", Timeouts(read=2.0, total=5.0))
        options.setdefault("read_tries", 1)
        options["on_call"] = calls.append if calls is not None else None
        client = VastClient(KEY, server.url, clock=fake.clock, sleep=fake.sleep, **options)
        clients.append(client)
        return client

    yield make
    for client in clients:
        await client.close()
