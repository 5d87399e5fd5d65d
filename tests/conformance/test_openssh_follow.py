"""Files followed over a real OpenSSH sshd: what is written there comes out here, each byte once."""

from __future__ import annotations

import asyncio
import sys
from types import SimpleNamespace

import pytest

from tests.conformance.sshd import Sshd, append, at_once, shows, witnessing
from vasttui.errors import SshError
from vasttui.ssh import Lost, Place, Reconnected, Rotated, SshTarget, follow


async def test_a_growing_file_is_followed_and_the_greeting_is_no_log_text(sshd: Sshd, target: SshTarget) -> None:
    log = sshd.folder / "it's a log.txt"
    append(log, "one\n")
    async with witnessing(follow(target, str(log))) as seen:
        for number in range(200):
            append(log, f"line {number}\n")
            if number % 50 == 0:
                await seen.until(shows(seen, f"line {number}\n"))
        await seen.until(lambda: seen.data.endswith(b"line 199\n"))
    assert seen.data == log.read_bytes()


async def test_a_dropped_connection_loses_and_doubles_nothing(sshd: Sshd, target: SshTarget) -> None:
    log = sshd.folder / "run.log"
    append(log, "begin\n")
    async with witnessing(follow(target, str(log), sleep=at_once)) as seen:
        await seen.until(lambda: seen.data == b"begin\n")
        for round_ in range(3):
            append(log, f"before {round_} half a li")
            await seen.until(shows(seen, f"before {round_}"))
            sshd.cut_connections()
            append(log, f"ne\nwhile down {round_}\n")
            await seen.until(shows(seen, f"while down {round_}\n"))
    assert seen.data == log.read_bytes()
    assert seen.has(Lost)
    assert seen.has(Reconnected)
    assert not seen.has(Rotated)


async def test_rotation_while_watching(sshd: Sshd, target: SshTarget) -> None:
    log = sshd.folder / "run.log"
    append(log, "old 1\nold 2\n")
    async with witnessing(follow(target, str(log))) as seen:
        await seen.until(lambda: seen.data.endswith(b"old 2\n"))
        append(log, f"tail: '{log}' has been replaced;  following new file\n")
        await seen.until(lambda: seen.data.endswith(b"new file\n"))
        assert not seen.has(Rotated), "what the log says about itself is text"
        log.rename(sshd.folder / "run.log.1")
        append(log, "new 1\n")
        await seen.until(lambda: seen.data.endswith(b"new 1\n"))
    assert seen.data == (sshd.folder / "run.log.1").read_bytes() + log.read_bytes()
    rotated = [event for event in seen.events if isinstance(event, Rotated)]
    assert rotated == [Rotated("replaced", lost=False)]


async def test_rotation_while_disconnected_reads_the_rest_of_the_old_file(sshd: Sshd, target: SshTarget) -> None:
    log = sshd.folder / "run.log"
    append(log, "old 1\n")
    moved = asyncio.Event()

    async def rotate(_seconds: float) -> None:
        if not moved.is_set():
            append(log, "old 2\n")
            log.rename(sshd.folder / "run.log.1")
            append(log, "new 1 and more than before\n")
            moved.set()

    async with witnessing(follow(target, str(log), sleep=rotate)) as seen:
        await seen.until(lambda: seen.data == b"old 1\n")
        sshd.cut_connections()
        await seen.until(lambda: seen.data.endswith(b"before\n"))
    assert seen.data == b"old 1\nold 2\nnew 1 and more than before\n"
    assert Rotated("replaced", lost=False) in seen.events


async def test_truncation_while_watching(sshd: Sshd, target: SshTarget) -> None:
    log = sshd.folder / "run.log"
    append(log, "a long line before\n")
    async with witnessing(follow(target, str(log))) as seen:
        await seen.until(lambda: seen.data.endswith(b"before\n"))
        log.write_text("")
        await seen.until(lambda: seen.has(Rotated))
        append(log, "after\n")
        await seen.until(lambda: seen.data.endswith(b"after\n"))
    assert seen.data == b"a long line before\nafter\n"


async def test_truncated_and_grown_beyond_our_place_while_disconnected(sshd: Sshd, target: SshTarget) -> None:
    log = sshd.folder / "run.log"
    append(log, "first life\n")

    async def rewrite(_seconds: float) -> None:
        if not log.read_text().startswith("second"):
            log.write_text("second life, longer than the first\n")

    async with witnessing(follow(target, str(log), sleep=rewrite)) as seen:
        await seen.until(lambda: seen.data == b"first life\n")
        sshd.cut_connections()
        await seen.until(lambda: seen.data.endswith(b"the first\n"))
    assert seen.data == b"first life\nsecond life, longer than the first\n"
    assert Rotated("replaced", lost=True) in seen.events


async def test_a_file_that_was_rewritten_unseen_is_told_late_and_nothing_is_doubled(
    sshd: Sshd, target: SshTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(sys.modules["vasttui.ssh.follow"], "time", SimpleNamespace(monotonic=lambda: now[0]))
    log = sshd.folder / "run.log"
    append(log, "first\n")
    async with witnessing(follow(target, str(log))) as seen:
        await seen.until(shows(seen, "first\n"))
        now[0] = 20
        append(log, "second\n")
        await seen.until(shows(seen, "second\n"))
        with log.open("r+") as file:
            file.write("third, longer than it was\n")
        await seen.until(shows(seen, "it was\n"))
        assert not seen.has(Rotated)
        now[0] = 40
        append(log, "end\n")
        await seen.until(shows(seen, "end\n"))
    assert seen.data == b"first\nsecond\n than it was\nend\n"
    assert [event for event in seen.events if isinstance(event, Rotated)] == [Rotated("truncated", lost=True)]


async def test_a_reader_goes_on_another_day_even_if_the_file_was_rotated_meanwhile(
    sshd: Sshd, target: SshTarget
) -> None:
    log = sshd.folder / "run.log"
    append(log, "one\ntwo\n")
    place = Place(str(log), log.stat().st_ino, 4, b"one\n")
    async with witnessing(follow(target, str(log), resume=place)) as seen:
        await seen.until(lambda: seen.data == b"two\n")
    log.rename(sshd.folder / "run.log.1")
    append(log, "three\n")
    async with witnessing(follow(target, str(log), resume=place)) as seen:
        await seen.until(shows(seen, "three\n"))
    assert seen.data == b"two\nthree\n"
    assert Rotated("replaced", lost=False) in seen.events
    (sshd.folder / "run.log.1").unlink()
    async with witnessing(follow(target, str(log), resume=place)) as seen:
        await seen.until(shows(seen, "three\n"))
    assert seen.data == b"three\n"
    assert Rotated("replaced", lost=True) in seen.events


@pytest.mark.parametrize("path", ["", "/a\nb", "/a\x00b", "/\udcff"])
async def test_what_cannot_be_a_path_is_refused(target: SshTarget, path: str) -> None:
    with pytest.raises(SshError, match="not the path of a file"):
        await anext(follow(target, path))
