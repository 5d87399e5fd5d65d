"""Log sources: what comes from the API, over SSH, and from whichever works."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.errors import LogsPending, RateLimited, SshError, SshNotReady, Unreachable, VastError
from vasttui.logs.api_source import LARGEST_TAIL, api_source, split_window
from vasttui.logs.events import Current, Lines, LogEvent, Restored, Trouble, Waiting
from vasttui.logs.ssh_source import LONGEST_LINE, Reader, ssh_source
from vasttui.ssh import Chunk, FollowEvent, Lost, Missing, Opened, Place, Reconnected, Rotated


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
            if event != Current():
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
    assert sorted({time for time, _ in api.asked}) == [0.0, 10.0, 20.0, 30.0]


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


def numbered(start: int, end: int) -> tuple[str, ...]:
    return tuple(f"line {number}" for number in range(start, end))


class Growing:
    """A log of numbered lines; `printed` of them are there."""

    def __init__(self, printed: int) -> None:
        self.printed = printed
        self.asked: list[int] = []

    async def request_logs(self, instance_id: int, *, tail: int, daemon: bool = False) -> int:
        self.asked.append(tail)
        return tail

    async def fetch_log(self, ticket: int) -> bytes:
        return "".join(f"{line}\n" for line in numbered(max(0, self.printed - ticket), self.printed)).encode()


async def polled(api: Growing, printed: Iterable[int], known: Sequence[str] = ()) -> list[Lines]:
    """What comes when the log has so many lines at each poll."""
    clock, left, out = Clock(), list(printed), list[Lines]()

    def pace() -> float:
        return 10.0

    async def sleep(seconds: float) -> None:
        await clock.sleep(seconds)
        if clock.now % 10 == 0:
            if not left:
                raise EOFError
            api.printed = left.pop(0)

    api.printed = left.pop(0)
    with suppress(EOFError):
        async for event in api_source(api, 7, tail=100, pace=pace, clock=clock, sleep=sleep, known=known):
            if not isinstance(event, Current):
                assert isinstance(event, Lines)
                out.append(event)
    return out


async def test_lines_that_would_be_missed_are_fetched_with_a_longer_tail_at_once() -> None:
    api = Growing(0)
    events = await polled(api, [100, 900, 950])
    assert [line for event in events for line in event.new] == list(numbered(0, 950))
    assert not any(event.gap or event.at_least for event in events)
    assert api.asked == [100, 100, 400, 1600, 1600]


async def test_a_gap_is_told_when_the_longest_tail_does_not_reach() -> None:
    events = await polled(Growing(0), [100, 50_000])
    assert events[1] == Lines(new=numbered(40_000, 50_000), gap=True)


async def test_the_tail_is_short_again_when_the_log_prints_little() -> None:
    api = Growing(0)
    await polled(api, [100, 900, *range(901, 950)])
    assert api.asked[-1] < 250


async def test_what_an_earlier_run_kept_is_gone_on_after() -> None:
    events = await polled(Growing(0), [5000], known=numbered(1000, 2000))
    assert events == [Lines(new=numbered(2000, 5000))]


async def test_a_box_that_prints_the_same_for_ever_is_not_asked_for_long_tails_each_time() -> None:
    clock = Clock()
    api = Api(clock, [b"beat\n" * LARGEST_TAIL])
    await events_of(source(api, clock, tail=500), 12)
    assert max(tail for _, tail in api.asked) == LARGEST_TAIL
    assert [tail for _, tail in api.asked].count(500) > 8


async def test_a_box_that_is_looked_at_becomes_fast_at_once() -> None:
    clock, pace = Clock(), [60.0]
    api = Api(clock, [b"a\n", b"a\nb\n"])
    events = api_source(api, 7, tail=9, pace=lambda: pace[0], clock=clock, sleep=clock.sleep)
    async with aclosing(events):
        await anext(events)
        pace[0] = 3.0
        assert await anext(events) == Current()
        assert await anext(events) == Lines(new=("b",))
    assert clock.now < 6


@pytest.mark.parametrize(
    ("body", "lines", "complete"),
    [
        (b"", [], True),
        (b"a\nb", ["a", "b"], False),
        (b"a\r\n\n", ["a", ""], True),
        ("x\u2028y\x0bz\n".encode(), ["x\u2028y\x0bz"], True),
        (b" 5%|#\r90%|##\r\n100%|##\r\n", ["90%|##", "100%|##"], True),
    ],
)
def test_windows(body: bytes, lines: list[str], complete: bool) -> None:
    assert split_window(body) == (lines, complete)


def following(*events: FollowEvent) -> Callable[[Place | None], AsyncGenerator[FollowEvent, None]]:
    async def follow(resume: Place | None) -> AsyncGenerator[FollowEvent, None]:
        for event in events:
            yield event

    return follow


async def told(
    *events: FollowEvent,
    tail: int = 100,
    known: Sequence[str] = (),
    resume: tuple[Place, int] | None = None,
    places: bool = False,
) -> list[LogEvent]:
    source = ssh_source(
        following(*events), tail=tail, clock=lambda: 0.0, known=known, resume=resume, path="/run.log"
    )
    out: list[LogEvent] = [event async for event in source if not isinstance(event, Current)]
    return out if places else [replace(one, place=None) if isinstance(one, Lines) else one for one in out]


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
    assert ([event.live or "" for event in events if event.live is not None or event.new][-1:] or [""])[0] == live


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
        Lines(new=("b",)),
        Lines(gap=True),
    ]


async def test_reading_that_begins_inside_a_line_begins_with_the_next() -> None:
    assert await told(Opened(5, 12), Chunk(5, b"lf\nb\nc\n"), tail=2) == [Lines(new=("b", "c"), seam=True)]


async def test_a_bar_redrawn_for_hours_does_not_fill_the_memory() -> None:
    reader = Reader("/run.log")
    for number in range(200):
        lines = reader.take(Chunk(number * 4000, b"%3d%%\r" % (number % 100) * 800))
        assert lines == Lines(live=f"{number % 100:3d}%")
    assert reader.held < 200_000


async def test_a_line_without_an_end_is_handed_out_in_pieces_of_which_none_is_lost() -> None:
    text = ("ü" * 50_000).encode()
    chunks = [Chunk(at * len(text), text) for at in range(LONGEST_LINE // len(text) + 2)]
    events = await told(Opened(0, 0), *chunks, Chunk(len(chunks) * len(text), b"\n"), places=True)
    lines = [event for event in events if isinstance(event, Lines) and event.new]
    assert "".join(line for event in lines for line in event.new) == "ü" * 50_000 * len(chunks)
    assert lines[0].place is not None
    assert lines[0].place.offset == 2 * len(lines[0].new[0])


@given(st.lists(st.sampled_from([b"a", b"\n", b"b\n", "ü".encode()]), max_size=40), st.data())
async def test_any_place_is_gone_on_from(pieces: list[bytes], data: st.DataObject) -> None:
    text = b"".join(pieces)
    cut = data.draw(st.integers(0, len(text)))
    first = [event for event in await told(Opened(0, 0, 9), Chunk(0, text[:cut], 9), places=True) if cut]
    kept = [line for event in first if isinstance(event, Lines) for line in event.new]
    place = next((event.place for event in first[::-1] if isinstance(event, Lines) and event.place), None)
    place = place or Place("/run.log", 9, 0, b"")
    assert text[: place.offset].endswith(place.mark)
    assert len(place.mark) == min(64, place.offset)
    extra = data.draw(st.integers(0, text[place.offset :].count(b"\n")))
    since = [line.decode() for line in text[place.offset :].split(b"\n")[:extra]]
    more = await told(
        Opened(place.offset, len(text), 9),
        Chunk(place.offset, text[place.offset :], 9),
        known=[*kept, *since],
        resume=(place, extra),
    )
    out = [line for event in more if isinstance(event, Lines) for line in event.new]
    lines, complete = split_window(text)
    assert [*kept, *since, *out] == (lines if complete else lines[:-1])


async def test_a_file_kept_without_its_place_is_merged_with_what_it_holds() -> None:
    data = "".join(f"{line}\n" for line in numbered(0, 90)).encode()
    events = await told(Opened(0, len(data)), Chunk(0, data), known=["apt", *numbered(0, 50)], tail=10)
    assert events == [Lines(new=numbered(50, 90))]


async def test_a_file_that_was_rotated_meanwhile_goes_on_after_what_the_api_told() -> None:
    place = Place("/run.log", 9, 500, b"x")
    data = "".join(f"{line}\n" for line in numbered(40, 60)).encode()
    new = (Rotated("replaced", lost=True), Opened(0, len(data), 10), Chunk(0, data, 10))
    assert await told(*new, known=numbered(0, 50), resume=(place, 20)) == [Lines(new=numbered(50, 60))]
    assert await told(*new, known=numbered(0, 30), resume=(place, 0)) == [
        Lines(new=numbered(40, 60), gap=True, seam=True)
    ]


async def test_a_long_break_loses_nothing() -> None:
    data = "".join(f"{line}\n" for line in numbered(0, 500)).encode()
    cut = data.index(b"line 100\n")
    events = await told(
        Opened(0, cut), Chunk(0, data[:cut]), Lost(SshError("cut"), 1, 1.0), Reconnected(1),
        Opened(cut, len(data)), Chunk(cut, data[cut:]), tail=50,
    )  # fmt: skip
    lines = [line for event in events if isinstance(event, Lines) for line in event.new]
    assert lines == list(numbered(50, 500))


async def test_a_file_is_current_when_all_it_held_was_told_and_never_while_there_is_none() -> None:
    async def currents(*events: FollowEvent) -> int:
        source = ssh_source(following(*events), tail=9, clock=lambda: 0.0)
        return [type(event) async for event in source].count(Current)

    assert await currents(Opened(0, 0), Missing("/run.log")) == 0
    assert await currents(Opened(0, 0, 9)) == 1
    assert await currents(Opened(0, 4, 9), Chunk(0, b"a\n")) == 0
    assert await currents(Opened(0, 4, 9), Chunk(0, b"a\n"), Chunk(2, b"b\n"), Chunk(4, b"c\n")) == 1
