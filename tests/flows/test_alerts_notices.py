"""What a user relies on: notices, commands and webhooks do what a rule says, with real programs and a real server."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import until
from vasttui.api import Timeouts, webhook
from vasttui.config import AlertRule
from vasttui.controller.events import EventLog
from vasttui.controller.notices import AT_ONCE, BACK_OFF, MOST_WAITING, Notices, notice_argv
from vasttui.errors import Rejected, Unreachable, VastError
from vasttui.snapshot import Alert, Level

ALERT = Alert(1, "oom", "train-a", line="CUDA out of memory $(touch pwned); `id` \"' -x", suppressed=2)
DOCUMENT = {
    "alert": "oom",
    "instance_id": 7,
    "label": "train-a",
    "line": ALERT.line,
    "at": 1000.5,
    "suppressed": 2,
}


class Desk:
    """Notices, what they told, and a clock for the back-off."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.now = 0.0
        self.folder = folder
        self.log = EventLog(lambda: 0.0, lambda: None)
        self.tasks: set[asyncio.Task[None]] = set()
        env = {"PATH": f"{folder}:/usr/bin:/bin", "VASTAI_API_KEY": "k3y", "VAST_API_KEY": "k3y", "LANG": "C"}
        known: dict[str, Any] = {"env": env, "clock": lambda: self.now, "time_limit": 20.0}
        self.notices = Notices(self.log, self._spawn, **(known | options))

    def _spawn(self, work: Any) -> None:
        self.tasks.add(asyncio.create_task(work))

    async def send(self, *, alert: Alert = ALERT, **rule: Any) -> None:
        """Send one alert and wait until all of it is done."""
        self.notices.send(AlertRule(name="oom", pattern="x", **rule), alert, 7, 1000.5)
        await self.done()

    async def done(self) -> None:
        async with asyncio.timeout(30):
            while self.tasks:
                await self.tasks.pop()

    @property
    def told(self) -> list[tuple[Level, str]]:
        return [(event.level, event.text) for event in self.log.all()]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    for task in desk.tasks:
        task.cancel()
    await asyncio.gather(*desk.tasks, return_exceptions=True)


def script(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


# Desktop notices


async def test_a_desktop_notice_gets_the_text_as_arguments_and_no_markup(desk: Desk) -> None:
    script(desk.folder, "notify-send", f'printf "%s\\n" "$@" > {desk.folder}/argv')
    await desk.send(alert=Alert(1, "oom", "train-a", "<b>--help</b> & $(id)"), do=frozenset({"desktop"}))
    assert (desk.folder / "argv").read_text().splitlines() == [
        "--app-name=vasttui",
        "--",
        "vasttui: oom: train-a",
        "&lt;b&gt;--help&lt;/b&gt; &amp; $(id)",
    ]
    assert desk.told == []


async def test_a_computer_without_notices_says_so_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path, env={"PATH": str(tmp_path)})
    for _ in range(3):
        await desk.send(do=frozenset({"desktop"}))
    assert desk.told == [(Level.BAD, "desktop notices: neither notify-send nor osascript was found")]
    script(tmp_path, "notify-send", "exit 0")
    await desk.send(do=frozenset({"desktop"}))
    assert desk.told[1:] == [(Level.GOOD, "desktop notices: working again")]


def test_on_a_mac_the_text_is_an_argument_of_a_fixed_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = script(tmp_path, "osascript", "exit 0")
    monkeypatch.setattr(sys, "platform", "darwin")
    argv = notice_argv("vasttui: a: b", 'x" & do shell script "id', str(tmp_path))
    assert argv[0] == str(program)
    assert argv[-2:] == ["vasttui: a: b", 'x" & do shell script "id']
    assert not any("id" in part for part in argv[1:-2])


# Commands


async def test_a_command_gets_what_was_found_in_variables_and_no_key_of_ours(desk: Desk) -> None:
    await desk.send(command=("/bin/sh", "-c", f"env > {desk.folder}/env"))
    env = dict(line.split("=", 1) for line in (desk.folder / "env").read_text().splitlines())
    assert {name: text for name, text in env.items() if name.startswith("VASTTUI_")} == {
        "VASTTUI_ALERT": "oom",
        "VASTTUI_INSTANCE_ID": "7",
        "VASTTUI_LABEL": "train-a",
        "VASTTUI_LINE": ALERT.line,
        "VASTTUI_SUPPRESSED": "2",
    }
    assert env["LANG"] == "C"
    assert "k3y" not in env.values()
    assert not (Path.cwd() / "pwned").exists()
    assert desk.told == []


async def test_a_command_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    desk = Desk(tmp_path, time_limit=0.5)
    hang = script(tmp_path, "hang", f"trap '' TERM INT HUP\nsleep 600 & echo $! > {tmp_path}/child\nwait")
    await desk.send(command=(str(hang),))
    assert desk.told == [(Level.BAD, "the command of alert oom: took longer than 0.5 s and was killed")]
    await until(lambda: not alive(int((tmp_path / "child").read_text())))


async def test_a_command_ends_with_the_program(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    hang = script(tmp_path, "hang", f"echo $$ > {tmp_path}/pid.new; mv {tmp_path}/pid.new {tmp_path}/pid; sleep 600")
    desk.notices.send(AlertRule(name="oom", pattern="x", command=(str(hang),)), ALERT, 7, 0.0)
    await until((tmp_path / "pid").exists)
    (task,) = desk.tasks
    task.cancel()
    await asyncio.wait([task])
    assert not alive(int((tmp_path / "pid").read_text()))


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("/nonexistent/program",), "cannot be run: No such file or directory"),
        (("/etc/passwd",), "cannot be run: Permission denied"),
        (("/bin/sh", "-c", "exit 3"), "ended with code 3"),
        (("/bin/sh", "-c", "kill -9 $$"), "ended with signal 9"),
    ],
)
async def test_a_command_that_fails_is_told_once(desk: Desk, command: tuple[str, ...], told: str) -> None:
    for _ in range(3):
        await desk.send(command=command)
    assert desk.told == [(Level.BAD, f"the command of alert oom: {told}")]


async def test_what_a_command_prints_is_ignored(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    await desk.send(command=("/bin/sh", "-c", "echo loud; echo louder >&2; cat"))
    assert capfd.readouterr() == ("", "")
    assert desk.told == []


async def test_hundreds_at_once_are_bounded(tmp_path: Path) -> None:
    gate = asyncio.Event()
    posts = 0

    async def post(url: str, document: object) -> None:
        nonlocal posts
        posts += 1
        await gate.wait()

    desk = Desk(tmp_path, post=post)
    for number in range(3 * MOST_WAITING):
        rule = AlertRule(name="oom", pattern="x", webhook=f"https://{number}.example.com")
        desk.notices.send(rule, ALERT, 7, 0.0)
    gate.set()
    await desk.done()
    assert posts == MOST_WAITING
    assert desk.told == [(Level.BAD, "alerts: more notices than can be sent; some are dropped")]
    await desk.send(webhook="https://x.example.com")
    assert posts == MOST_WAITING + 1
    assert desk.told[1:] == [(Level.GOOD, "alerts: working again")]


# Webhooks


@dataclass
class Hook:
    """A server that takes posts and answers as told."""

    url: str = ""
    status: int = 200
    location: str = ""
    taken: list[tuple[dict[str, str], Any]] = field(default_factory=list)
    hang: threading.Event | None = None


@contextmanager
def hook_server() -> Iterator[Hook]:
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): text for name, text in self.headers.items()}
            hook.taken.append((headers, json.loads(body)))
            if hook.hang is not None:
                hook.hang.wait(20)
            self.send_response(hook.status)
            if hook.location:
                self.send_header("Location", hook.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    hook.url = f"http://127.0.0.1:{server.server_port}/s3cr3t?token=s3cr3t"
    try:
        yield hook
    finally:
        if hook.hang is not None:
            hook.hang.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def hook() -> Iterator[Hook]:
    with hook_server() as hook:
        yield hook


async def test_a_webhook_gets_the_document_and_no_key(desk: Desk, hook: Hook) -> None:
    await desk.send(webhook=hook.url)
    ((headers, document),) = hook.taken
    assert document == DOCUMENT
    assert headers["content-type"] == "application/json"
    assert "authorization" not in headers
    assert "k3y" not in str(headers)
    assert desk.told == []


async def test_a_redirect_is_not_followed(hook: Hook) -> None:
    with hook_server() as elsewhere:
        for hook.status in (301, 302, 307, 308):
            hook.location = elsewhere.url
            with pytest.raises(Rejected, match=r"^webhook 127\.0\.0\.1: answered with a redirect"):
                await webhook.post(hook.url, DOCUMENT)
        assert len(hook.taken) == 4
        assert elsewhere.taken == []


async def refusal(url: str, timeouts: Timeouts = webhook.TIMEOUTS) -> VastError:
    with pytest.raises(VastError) as caught:
        await webhook.post(url, DOCUMENT, timeouts=timeouts)
    return caught.value


async def test_what_goes_wrong_names_the_host_and_nothing_else_of_the_address(hook: Hook) -> None:
    hook.status = 500
    error = await refusal(hook.url)
    assert error.message == "webhook 127.0.0.1: answered with status 500"
    hook.hang = threading.Event()
    error = await refusal(hook.url, Timeouts(connect=1, read=0.2, total=5))
    assert isinstance(error, Unreachable)
    assert error.message == "webhook 127.0.0.1: no answer within 0.2 s"
    with hook_server() as closed:
        pass
    error = await refusal(closed.url)
    assert error.message.startswith("webhook 127.0.0.1: no connection")
    assert "s3cr3t" not in error.message


async def test_a_host_that_cannot_be_one_is_a_fault_and_no_crash() -> None:
    assert (await refusal("https://xn--/s3cr3t")).message == "webhook xn--: that is no name of a host"


async def test_a_webhook_that_fails_is_told_once_left_alone_for_a_while_and_told_when_it_works(
    desk: Desk, hook: Hook
) -> None:
    hook.status = 503
    await desk.send(webhook=hook.url)
    assert desk.told == [(Level.BAD, "webhook 127.0.0.1: answered with status 503; a later alert tries again")]
    desk.now += BACK_OFF[0] - 1
    await desk.send(webhook=hook.url)
    assert len(hook.taken) == 1
    desk.now += 2
    await desk.send(webhook=hook.url)
    assert len(hook.taken) == 2
    assert len(desk.told) == 1
    desk.now += BACK_OFF[1] + 1
    hook.status = 204
    await desk.send(webhook=hook.url)
    assert desk.told[1:] == [(Level.GOOD, "webhook 127.0.0.1 works again; alerts not delivered meanwhile: 3")]
    await desk.send(webhook=hook.url)
    assert len(hook.taken) == 4
    assert len(desk.told) == 2


async def test_one_webhook_that_hangs_holds_up_no_other(tmp_path: Path, hook: Hook) -> None:
    hook.hang = threading.Event()
    desk = Desk(tmp_path)
    with hook_server() as other:
        for number in range(2 * AT_ONCE):
            alert = Alert(number + 1, "oom", "a", "x")
            desk.notices.send(AlertRule(name="slow", pattern="x", webhook=hook.url), alert, 7, 0.0)
        desk.notices.send(AlertRule(name="quick", pattern="x", webhook=other.url), ALERT, 7, 0.0)
        await until(lambda: bool(other.taken))
        hook.hang.set()
        await desk.done()


