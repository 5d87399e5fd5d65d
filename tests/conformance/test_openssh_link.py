"""One connection to a real sshd, shared by all that use it."""

from __future__ import annotations

import asyncio
import os
import shutil
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conformance.sshd import Sshd, append, at_once, free_port, shows, start_sshd, witnessing
from tests.conftest import until
from vasttui.errors import SshError
from vasttui.ssh import Lost, SshConnection, SshLink, SshTarget, connect, follow, log_files
from vasttui.ssh.link import SHARES


class Phone:
    """Counts the calls."""

    def __init__(self) -> None:
        self.calls: list[SshConnection] = []

    async def __call__(self, target: SshTarget) -> SshConnection:
        self.calls.append(await connect(target))
        return self.calls[-1]


async def test_two_follows_and_a_probe_share_one_connection_and_make_it_again_once(
    sshd: Sshd, target: SshTarget
) -> None:
    one, two, phone = sshd.folder / "one.log", sshd.folder / "two.log", Phone()
    link = SshLink(dial=phone)
    append(one, "a\n")
    append(two, "b\n")
    async with (
        witnessing(follow(target, str(one), dial=link.join, sleep=at_once)) as first,
        witnessing(follow(target, str(two), dial=link.join, sleep=at_once)) as second,
    ):
        async with await link.join(target) as connection:
            assert 0 < await connection.round_trip() < 10_000
        await first.until(shows(first, "a\n"))
        await second.until(shows(second, "b\n"))
        assert len(phone.calls) == 1
        sshd.cut_connections()
        append(one, "c\n")
        append(two, "d\n")
        await first.until(shows(first, "c\n"))
        await second.until(shows(second, "d\n"))
        assert len(phone.calls) == 2
        assert (first.data, second.data) == (b"a\nc\n", b"b\nd\n")
    await link.close()
    assert not any(connection.usable for connection in phone.calls)
    with pytest.raises(SshError, match="closed"):
        await link.join(target)


async def test_a_connection_that_nobody_uses_is_closed_after_a_while(sshd: Sshd, target: SshTarget) -> None:
    phone = Phone()
    link = SshLink(dial=phone, linger=0.0)
    async with await link.join(target) as connection, await link.join(target) as same:
        assert connection is same
    await until(lambda: not connection.usable)
    async with await link.join(target) as other:
        assert other is not connection
    await link.close()


async def test_a_failed_dial_is_told_to_all_who_wait_for_it(target: SshTarget) -> None:
    calls = 0

    async def refuse(target: SshTarget) -> SshConnection:
        nonlocal calls
        calls += 1
        await asyncio.sleep(0)
        raise SshError("refused")

    link = SshLink(dial=refuse)
    answers = await asyncio.gather(*(link.join(target) for _ in range(3)), return_exceptions=True)
    assert [str(answer) for answer in answers] == ["refused"] * 3
    assert calls == 1


async def test_many_files_at_once_do_not_run_into_the_servers_limit(sshd: Sshd, target: SshTarget) -> None:
    phone = Phone()
    link = SshLink(dial=phone)
    logs = [sshd.folder / f"{number}.log" for number in range(SHARES + 2)]
    async with AsyncExitStack() as stack:
        for log in logs:
            append(log, f"{log.name}\n")
            seen = await stack.enter_async_context(witnessing(follow(target, str(log), dial=link.join)))
            await seen.until(shows(seen, log.name))
            assert not seen.has(Lost)
    assert len(phone.calls) == 2
    await link.close()


async def test_a_server_with_fewer_sessions_is_told_and_served(target: SshTarget, tmp_path: Path) -> None:
    server = start_sshd(tmp_path, free_port(), tmp_path / "hostkey", options="MaxSessions 2\n")
    link = SshLink()
    place = replace(target, addresses=(("127.0.0.1", server.port),))
    try:
        async with AsyncExitStack() as stack:
            for number in range(4):
                log = tmp_path / f"{number}.log"
                append(log, "here\n")
                source = follow(place, str(log), dial=link.join, sleep=at_once)
                seen = await stack.enter_async_context(witnessing(source))
                await seen.until(shows(seen, "here"))
                told = [event.error.message for event in seen.events if isinstance(event, Lost)]
                assert all("allows no more sessions" in text for text in told)
    finally:
        await link.close()
        server.stop()


async def test_log_files_are_found_newest_first_and_hostile_names_are_not(
    sshd: Sshd, target: SshTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = sshd.folder / "workspace"
    names = ["old.log", "deep/er/new.out", "sp ace 'q'.log", "a\n1 /b.log", ".hidden/x.log", "venv/y.log", "text.txt"]
    names += ["1/2/3/4/too_deep.log", "\x1b[31m.log", "ümlaut.log"]
    for age, name in enumerate(names):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
        os.utime(path, (1_700_000_000 - age, 1_700_000_000 - age))
    os.utime(root / "deep/er/new.out", (1_800_000_000, 1_800_000_000))
    monkeypatch.setattr("vasttui.ssh.listing._PLACES", ((f"'{root}/.'", 4),))
    async with await connect(target) as connection:
        found = await log_files(connection)
    assert found == [f"{root}/{name}" for name in ("deep/er/new.out", "old.log", "sp ace 'q'.log", "ümlaut.log")]


LOGIN = "cd /; echo welcome; tmux -L none attach-session -t none || tmux -L none new-session -s none"


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
@pytest.mark.parametrize("rest", ["", "; exit"])
async def test_tmux_at_login(sshd: Sshd, target: SshTarget, tmp_path: Path, rest: str) -> None:
    """Bash reads ~/.bashrc for commands over SSH too. Where that ends the login, it is explained."""
    home = tmp_path / "home"
    home.mkdir()
    (home / ".bashrc").write_text(LOGIN + rest + "\n")
    shell = f"env HOME={home} SHLVL=0 bash"
    server = start_sshd(tmp_path, free_port(), sshd.folder / "hostkey", shell=shell)
    try:
        async with await connect(replace(target, addresses=(("127.0.0.1", server.port),))) as connection:
            if not rest:
                assert (await connection.run("pwd"))[:2] == (0, f"{home}\n")
                return
            with pytest.raises(SshError, match="ended before it ran the command") as caught:
                await connection.run("pwd")
            assert "no_auto_tmux" in caught.value.hint
    finally:
        server.stop()
