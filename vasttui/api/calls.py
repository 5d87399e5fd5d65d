"""One call: wait for its turn, send it, judge the answer, read it, and repeat what may be repeated."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import msgspec

from vasttui.api import endpoints as ep
from vasttui.api.endpoints import Endpoint
from vasttui.api.models import Call
from vasttui.api.pacing import WAITS, Pacer, Rank, first_come, wait_before
from vasttui.api.readers import Reader
from vasttui.api.replies import classify
from vasttui.api.transport import Answer, Timeouts, Transport
from vasttui.errors import Ambiguous, Nonsense, RateLimited, Unreachable, VastError

Found = TypeVar("Found")

# Real searches of the whole market answer with up to 70 MB.
_MAX_REPLY = 128_000_000


class Caller:
    """Sends the calls of one API key to one server; see VastClient for the arguments."""

    def __init__(
        self,
        key: str,
        base: str,
        transport: Transport,
        pacer: Pacer,
        *,
        timeouts: Timeouts,
        read_tries: int,
        write_tries: int,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        on_call: Callable[[Call], None] | None,
    ) -> None:
        self._key = key
        self._base = base
        self._transport = transport
        self._pacer = pacer
        self._timeouts = timeouts
        self._tries = {False: max(1, read_tries), True: max(1, write_tries)}
        self._clock = clock
        self._sleep = sleep
        self._on_call = on_call

    async def call(
        self,
        endpoint: Endpoint,
        read: Reader[Found],
        *,
        target: int = 0,
        query: str = "",
        body: Mapping[str, Any] | None = None,
        rank: Rank = first_come,
    ) -> Found:
        """Send, judge and read; repeat what may be repeated."""
        url = self._base + endpoint.path.replace("{id}", str(int(target))) + query
        content = None if body is None else msgspec.json.encode(body)
        for attempt in range(self._tries[endpoint.writes]):
            last = attempt + 1 == self._tries[endpoint.writes]
            try:
                return await self._once(endpoint, url, content, read, rank)
            except RateLimited as limit:
                wait = max(self._pacer.refused(endpoint, limit.retry_after), limit.retry_after or 0.0)
                if last or wait > WAITS[-1]:
                    raise
            except (Unreachable, Nonsense):
                if last or endpoint.writes:
                    raise
                wait = 0.0
            await self._sleep(max(wait, 0.0 if endpoint.writes else wait_before(attempt)))
        raise AssertionError("the last try returns or raises")

    async def _once(
        self, endpoint: Endpoint, url: str, content: bytes | None, read: Reader[Found], rank: Rank
    ) -> Found:
        async with self._pacer.slot(endpoint, rank):
            started, took = self._clock(), None
            status: int | None = None
            error: str | None = None
            try:
                answer = await self._send(endpoint, url, content)
                status, took = answer.status, self._clock() - started
                return await self._judged(endpoint, answer, read)
            except VastError as fault:
                error = fault.title
                raise
            finally:
                if self._on_call is not None:
                    ms = 1000 * (self._clock() - started if took is None else took)
                    self._on_call(Call(endpoint.method, endpoint.path, status, ms, error))

    def turn(self, endpoint: Endpoint) -> float:
        """Seconds that one call of an endpoint keeps the others waiting now."""
        return self._pacer.turn(endpoint)

    async def _send(self, endpoint: Endpoint, url: str, content: bytes | None) -> Answer:
        headers = {"Authorization": f"Bearer {self._key}", "Accept": "application/json"}
        if content is not None:
            headers["Content-Type"] = "application/json"
        return await self._transport.send(
            endpoint.method,
            url,
            place=str(endpoint),
            writes=endpoint.writes,
            max_bytes=_MAX_REPLY,
            headers=headers,
            content=content,
            read=self._timeouts.rent if endpoint is ep.RENT else None,
        )

    async def _judged(self, endpoint: Endpoint, answer: Answer, read: Reader[Found]) -> Found:
        problem = classify(
            endpoint.method,
            endpoint.path,
            answer.status,
            answer.headers,
            answer.body,
            secrets=(self._key,),
        )
        if problem is not None:
            raise problem
        kind = Ambiguous if endpoint.writes else Nonsense
        if answer.cut:
            raise kind(f"{endpoint}: the answer is longer than {_MAX_REPLY // 1_000_000} MB")
        try:
            return await read(answer)
        except ValueError as fault:
            raise kind(f"{endpoint}: an answer that makes no sense: {fault}") from None
