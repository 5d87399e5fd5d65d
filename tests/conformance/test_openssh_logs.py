"""Log lines over a real OpenSSH sshd."""

from __future__ import annotations

import time

from tests.conformance.sshd import Sshd, append, at_once, witnessing
from vasttui.logs.events import Lines, Restored
from vasttui.logs.ssh_source import ssh_source
from vasttui.ssh import Place, SshTarget, follow


async def test_lines_of_a_file_that_appears_late(sshd: Sshd, target: SshTarget) -> None:
    log = sshd.folder / "late.log"
    source = ssh_source(
        lambda place: follow(target, str(log), resume=place, sleep=at_once),
        tail=100,
        clock=time.monotonic,
        path=str(log),
    )
    async with witnessing(source) as seen:
        await seen.until(lambda: bool(seen.events))
        append(log, "one\ntwo\nthr")
        await seen.until(lambda: any(isinstance(event, Lines) and event.live == "thr" for event in seen.events))
        sshd.cut_connections()
        append(log, "ee\r\nfour\n")
        await seen.until(lambda: seen.lines[-1:] == ["four"])
    assert seen.lines == ["one", "two", "three", "four"]
    assert Restored(1) in seen.events


async def test_the_backlog_is_cut_to_the_tail(sshd: Sshd, target: SshTarget) -> None:
    log = sshd.folder / "run.log"
    append(log, "".join(f"line {number}\n" for number in range(5000)))
    source = ssh_source(
        lambda place: follow(target, str(log), -2000, resume=place), tail=10, clock=time.monotonic, path=str(log)
    )
    async with witnessing(source) as seen:
        await seen.until(lambda: bool(seen.lines))
    assert seen.lines == [f"line {number}" for number in range(4990, 5000)]


async def test_a_restarted_program_goes_on_at_the_next_line(sshd: Sshd, target: SshTarget) -> None:
    log = sshd.folder / "run.log"
    append(log, "one\ntwo\nthr")
    known: list[str] = []
    place: Place | None = None
    for more, last in (("", "two"), ("ee\nfour\nfi", "four"), ("ve\nsix\n", "six")):
        append(log, more)
        source = ssh_source(
            lambda place: follow(target, str(log), -2000, resume=place, sleep=at_once),
            tail=100,
            clock=time.monotonic,
            known=tuple(known),
            resume=(place, 0) if place else None,
            path=str(log),
        )
        async with witnessing(source) as seen:
            await seen.until(lambda last=last: seen.lines[-1:] == [last])  # type: ignore[misc]
        known += seen.lines
        place = [event.place for event in seen.events if isinstance(event, Lines) and event.place][-1]
    assert known == ["one", "two", "three", "four", "five", "six"]
