"""One log from two sources: SSH while it works, else the API, and from one to the other."""


from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

import pytest

from tests.unit.logs.test_sources import events_of, numbered
from vasttui.errors import HostKeyChanged, SshError
from vasttui.logs.events import Lines, LogEvent, Switched, Trouble, Waiting
from vasttui.logs.sources import Choice, follow_log


def shown(choice: Choice, *events: tuple[str, LogEvent]) -> list[str]:
    out: list[str] = []
    for name, event in events:
        for told_ in choice.take(name, event):
            out += told_.new if isinstance(told_, Lines) else [type(told_).__name__]
    return out


def test_from_the_api_to_ssh_and_back_each_line_is_shown_once() -> None:
    choice = Choice()
    out = shown(
        choice,
        ("ssh", Waiting("key not accepted yet")),
        ("api", Lines(new=("apt", *numbered(0, 20)))),
        ("api", Lines(new=numbered(20, 25), live="li")),
        ("ssh", Lines(new=numbered(0, 30), live="", seam=True)),
        ("ssh", Lines(new=numbered(30, 35), live="")),
        ("ssh", Trouble(SshError("cut"), 1)),
        ("ssh", Trouble(SshError("cut"), 2)),
        ("api", Lines(new=numbered(35, 40))),
        ("ssh", Lines(new=numbered(35, 38), live="")),
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


def test_lines_that_only_the_container_printed_do_not_double_the_file_s() -> None:
    choice = Choice()
    api = [line for number, one in enumerate(numbered(0, 30)) for line in ([one, f"apt {number}"])]
    out = shown(choice, ("api", Lines(new=tuple(api))), ("ssh", Lines(new=numbered(5, 33), seam=True)))
    assert out[-3:] == list(numbered(30, 33))
    assert len(out) == len(set(out)) + 1


def test_heartbeats_after_a_break_are_counted_by_what_the_api_said_since() -> None:
    choice = Choice(["beat"] * 50)
    choice.take("ssh", Lines(new=("beat",) * 5))
    choice.take("ssh", Trouble(SshError("cut"), 2))
    choice.take("api", Lines(new=("beat",) * 3))
    assert choice.take("ssh", Lines(new=("beat",) * 8))[-1] == Lines(new=("beat",) * 5, live="")


def test_a_source_is_given_what_was_handed_out() -> None:
    choice = Choice(["kept"])
    choice.take("ssh", Lines(new=("a", "b")))
    assert choice.known == ("kept", "a", "b")
    choice.take("ssh", Lines(reset=True))
    choice.take("ssh", Lines(new=("c",)))
    assert list(choice.known) == ["c"]


async def test_follow_log_goes_from_ssh_to_the_api_and_back() -> None:
    """Each source is given what is known, and the lines come once, though they overlap."""
    given_: list[Sequence[str]] = []
    down = asyncio.Event()

    async def ssh(known: Sequence[str]) -> AsyncGenerator[LogEvent, None]:
        given_.append(known)
        yield Lines(new=numbered(3, 6))
        yield Trouble(SshError("cut"), 1)
        yield Trouble(SshError("cut"), 2)
        await down.wait()
        yield Lines(new=numbered(6, 11))
        await asyncio.Event().wait()

    async def api(known: Sequence[str]) -> AsyncGenerator[LogEvent, None]:
        given_.append(known)
        if len(known) > 3:
            yield Lines(new=numbered(6, 9))
            down.set()
        await asyncio.Event().wait()

    events = await events_of(follow_log(known=numbered(0, 3), api=api, ssh=ssh), 8)
    assert [line for event in events if isinstance(event, Lines) for line in event.new] == list(numbered(3, 11))
    assert [event.source for event in events if isinstance(event, Switched)] == ["ssh", "api", "ssh"]
    assert sorted(map(len, given_)) == [3, 3, 6]


async def test_one_source_alone_is_followed() -> None:
    async def api(known: Sequence[str]) -> AsyncGenerator[LogEvent, None]:
        yield Lines(new=(f"after {known[-1]}",))

    assert await events_of(follow_log(known=["x"], api=api, ssh=None), 1) == [Lines(new=("after x",))]


async def test_follow_log_ends_what_it_began_and_raises_the_bugs_of_a_source() -> None:
    closed = asyncio.Event()

    async def silent(known: Sequence[str]) -> AsyncGenerator[LogEvent, None]:
        try:
            await asyncio.Event().wait()
            yield Waiting("never")
        finally:
            closed.set()

    async def broken(known: Sequence[str]) -> AsyncGenerator[LogEvent, None]:
        yield Waiting("first")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await events_of(follow_log(known=(), ssh=silent, api=broken), 2)
    assert closed.is_set()
    assert len(asyncio.all_tasks()) == 1
