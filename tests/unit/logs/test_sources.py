"""Log sources: what comes from the API, over SSH, and from whichever works."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.errors import HostKeyChanged, LogsPending, RateLimited, SshError, SshNotReady, Unreachable, VastError
from vasttui.logs.api_source import LARGEST_TAIL, api_source, split_window
from vasttui.logs.auto import Choice, auto_source
from vasttui.logs.events import Lines, LogEvent, Restored, Switched, Trouble, Waiting
from vasttui.logs.sources import ssh_source
from vasttui.ssh import Chunk, FollowEvent, Lost, Missing, Opened, Reconnected, Rotated


class Clock:
    """A time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


class Api:
    """Answers in turn: bytes are a log, an error is raised; the last answer stays."""

    def __init__(self, clock: Clock, answers: Iterable[bytes | VastError], pending: int = 0) -> None:
        self._clock = clock
        self._answers = list(answers)
        self._pending = pending
        self._left = 0
        self.asked: list[tuple[float, int]] = []
        self.fetched = 0

    async def request_logs(self, instance_id: int, *, tail: int, daemon: bool = False) -> str:
        self.asked.append((self._clock.now, tail))
        self._left = self._pending
        if isinstance(error := self._answers[0], VastError):
            self._next()
            raise error
        return f"ticket of {instance_id}"

    async def fetch_log(self, ticket: str) -> bytes:
        assert ticket == "ticket of 7"
        self.fetched += 1
        if self._left:
            self._left -= 1
            raise LogsPending("not yet")
        answer = self._next()
        assert isinstance(answer, bytes)
        return answer

    def _next(self) -> bytes | VastError:
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


async def events_of(source: AsyncGenerator[LogEvent, None], count: int) -> list[LogEvent]:
    out: list[LogEvent] = []
    async with asyncio.timeout(5), aclosing(source) as events:
        async for event in events:
            out.append(event)
            if len(out) == count:
                break
    return out


def source(api: Api, clock: Clock, pace: float = 10.0, tail: int = 4) -> AsyncGenerator[LogEvent, None]:
    return api_source(api, 7, tail=tail, pace=lambda: pace, clock=clock, sleep=clock.sleep)


async def test_the_api_gives_each_line_once() -> None:
    clock = Clock()
    api = Api(clock, [b"a\nb\n", b"a\nb\nc", b"b\ncc\nd\ne\n", b"x\ny\nz\nw\n"])
    assert await events_of(source(api, clock), 4) == [
        Lines(new=("a", "b")),
        Lines(live="c"),
        Lines(new=("cc", "d", "e")),
        Lines(new=("x", "y", "z", "w"), gap=True),
    ]
    assert [time for time, _ in api.asked] == [0.0, 10.0, 20.0, 30.0]


async def test_a_late_file_is_polled_at_the_same_address() -> None:
    clock = Clock()
    api = Api(clock, [b"a\n"], pending=5)
    assert await events_of(source(api, clock), 1) == [Lines(new=("a",))]
    assert (len(api.asked), api.fetched) == (1, 6)


async def test_a_file_that_never_comes_is_waited_for_and_asked_for_anew() -> None:
    clock = Clock()
    api = Api(clock, [b"a\n"], pending=1000)
    events = await events_of(source(api, clock), 2)
    assert all(isinstance(event, Waiting) for event in events)
    assert len(api.asked) == 2
    assert 10 <= api.asked[1][0] <= 20


async def test_no_container_yet_is_waiting_not_log_text() -> None:
    clock = Clock()
    api = Api(clock, [b"Error response from daemon: No such container: C.29306323\n", b"start\n"])
    first, second = await events_of(source(api, clock), 2)
    assert isinstance(first, Waiting)
    assert second == Lines(new=("start",))


async def test_three_failures_are_told_then_one_a_minute_then_the_end() -> None:
    clock = Clock()
    api = Api(clock, [*[Unreachable("down")] * 8, b"a\n"])
    events = await events_of(source(api, clock, pace=1.0), 9)
    assert [event.count for event in events if isinstance(event, Trouble)] == [1, 2, 3, 5, 6, 7, 8]
    assert events[7:] == [Restored(8), Lines(new=("a",))]
    waits = [after - before for (before, _), (after, _) in zip(api.asked, api.asked[1:], strict=False)]
    assert waits == [5, 10, 20, 40, 60, 60, 60, 60]


async def test_the_server_s_wait_is_kept() -> None:
    clock = Clock()
    api = Api(clock, [RateLimited("429", retry_after=33.0), b"a\n"])
    await events_of(source(api, clock, pace=1.0), 3)
    assert api.asked[1][0] == 33.0


async def test_after_a_gap_a_longer_tail_is_asked_for_up_to_a_limit() -> None:
    clock = Clock()
    answers = [b"".join(b"%d.%d\n" % (poll, row) for row in range(LARGEST_TAIL)) for poll in range(20)]
    api = Api(clock, answers)
    await events_of(source(api, clock, tail=1000), 7)
    assert [tail for _, tail in api.asked] == [1000, 1000, 2000, 4000, 8000, LARGEST_TAIL, LARGEST_TAIL]


async def test_a_box_that_is_looked_at_becomes_fast_at_once() -> None:
    clock, pace = Clock(), [60.0]
    api = Api(clock, [b"a\n", b"a\nb\n"])
    events = api_source(api, 7, tail=9, pace=lambda: pace[0], clock=clock, sleep=clock.sleep)
    async with aclosing(events):
        await anext(events)
        pace[0] = 3.0
        assert await anext(events) == Lines(new=("b",))
    assert clock.now < 6


@pytest.mark.parametrize(
    ("body", "lines", "complete"),
    [
        (b"", [], True),
        (b"a\nb", ["a", "b"], False),
        (b"a\r\n\n", ["a", ""], True),
        ("x\u2028y\x0bz\n".encode(), ["x\u2028y\x0bz"], True),
        (b"\xff\n", ["\ufffd"], True),
    ],
)
def test_windows(body: bytes, lines: list[str], complete: bool) -> None:
    assert split_window(body) == (lines, complete)


def following(*events: FollowEvent) -> Callable[[], AsyncGenerator[FollowEvent, None]]:
    async def follow() -> AsyncGenerator[FollowEvent, None]:
        for event in events:
            yield event

    return follow


async def told(*events: FollowEvent, tail: int = 100) -> list[LogEvent]:
    return [event async for event in ssh_source(following(*events), tail=tail, clock=lambda: 0.0)]


@given(st.lists(st.sampled_from([b"a", b"\n", b"\r\n", "ü".encode(), b"\n\n"]), max_size=40), st.data())
async def test_lines_do_not_depend_on_how_the_bytes_came(pieces: list[bytes], data: st.DataObject) -> None:
    text = b"".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    chunks, start = list[FollowEvent]([Opened(0, data.draw(st.integers(0, len(text))))]), 0
    for cut in [*cuts, len(text)]:
        if cut > start:
            chunks.append(Chunk(start, text[start:cut]))
            start = cut
    events = [event for event in await told(*chunks) if isinstance(event, Lines)]
    lines, complete = split_window(text)
    expected, live = (lines, "") if complete else (lines[:-1], lines[-1])
    assert [line for event in events for line in event.new] == expected
    assert ([event.live for event in events][-1:] or [""])[0] == live


async def test_states_of_the_connection() -> None:
    events = await told(
        Lost(SshNotReady("key not accepted yet"), 1, 1.0),
        Reconnected(1),
        Opened(0, 0),
        Missing("/run.log"),
        Chunk(0, b"a\nhalf"),
        Lost(SshError("cut"), 1, 1.0),
        Reconnected(1),
        Opened(6, 6),
        Rotated("replaced", lost=False),
        Chunk(0, b"b\n"),
        Rotated("truncated", lost=True),
    )
    assert isinstance(events[0], Waiting)
    assert isinstance(events[1], Waiting)
    assert events[2] == Lines(new=("a",), live="half")
    assert isinstance(events[3], Trouble)
    assert events[4:] == [
        Restored(1),
        Lines(new=("half",)),
        Lines(reset=True),
        Lines(new=("b",), live=""),
        Lines(gap=True),
    ]


async def test_reading_that_begins_inside_a_line_begins_with_the_next() -> None:
    assert await told(Opened(5, 12), Chunk(5, b"lf\nb\nc\n"), tail=2) == [Lines(new=("b", "c"), live="", seam=True)]


async def test_a_bar_redrawn_for_hours_does_not_fill_the_memory() -> None:
    bars = [Chunk(0, b"%d%%\r" % (number % 100) * 1000) for number in range(200)]
    events = await told(Opened(0, 0), *bars)
    last = events[-1]
    assert isinstance(last, Lines)
    assert last.live is not None
    assert len(last.live) < 100_000
    assert last.live.endswith("99%\r")


def shown(choice: Choice, *events: tuple[str, LogEvent]) -> list[str]:
    out: list[str] = []
    for name, event in events:
        for told_ in choice.take(name, event):
            out += told_.new if isinstance(told_, Lines) else [type(told_).__name__]
    return out


def numbered(start: int, end: int) -> tuple[str, ...]:
    return tuple(f"line {number}" for number in range(start, end))


def test_from_the_api_to_ssh_and_back_each_line_is_shown_once() -> None:
    choice = Choice()
    out = shown(
        choice,
        ("ssh", Waiting("key not accepted yet")),
        ("api", Lines(new=("apt", *numbered(0, 20)))),
        ("api", Lines(new=numbered(20, 25), live="li")),
        ("ssh", Lines(new=numbered(0, 30), live="", seam=True)),
        ("api", Lines(new=numbered(25, 31))),
        ("ssh", Lines(new=numbered(30, 35), live="")),
        ("ssh", Trouble(SshError("cut"), 1)),
        ("ssh", Trouble(SshError("cut"), 2)),
        ("api", Lines(new=numbered(10, 40))),
        ("ssh", Lines(new=numbered(35, 38), live="", seam=True)),
        ("ssh", Lines(new=numbered(38, 42), live="")),
    )
    lines = [text for text in out if text.startswith("line")]
    assert lines == list(numbered(0, 42))
    assert out[:3] == ["Waiting", "Switched", "apt"]
    assert out.count("Switched") == 4


def test_a_changed_host_key_is_told_and_the_api_goes_on() -> None:
    choice = Choice()
    alarm = Trouble(HostKeyChanged("other key"), 1)
    assert choice.take("ssh", alarm) == [alarm]
    assert choice.wants_api


def test_where_the_two_have_nothing_in_common_a_gap_is_told() -> None:
    choice = Choice()
    choice.take("api", Lines(new=("apt-get", "sshd")))
    assert choice.take("ssh", Lines(new=("a", "b"), seam=True)) == [
        Switched("ssh"),
        Lines(new=("a", "b"), live="", gap=True, seam=True),
    ]


async def test_auto_ends_what_it_began_and_raises_the_bugs_of_a_source() -> None:
    closed = asyncio.Event()

    async def silent() -> AsyncGenerator[LogEvent, None]:
        try:
            await asyncio.Event().wait()
            yield Waiting("never")
        finally:
            closed.set()

    async def broken() -> AsyncGenerator[LogEvent, None]:
        yield Waiting("first")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await events_of(auto_source(silent, broken), 2)
    assert closed.is_set()
    assert len(asyncio.all_tasks()) == 1
