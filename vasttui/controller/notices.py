"""What an alert does beyond the screen: desktop notices, the user's own commands and webhooks.

Log text is data here: an argument, a variable, a JSON value, and never a part of a command line. Nothing waits for
these, they are bounded in number and time, and a fault is told once until it is over.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from vasttui.api import webhook
from vasttui.config import AlertRule
from vasttui.controller.events import EventLog
from vasttui.errors import VastError
from vasttui.snapshot import Alert, Level

TIME_LIMIT = 30.0
"""Seconds that a command may take."""

AT_ONCE = 4
"""Programs that run at a time."""

MOST_WAITING = 50
"""Notices under way or waiting for their turn; more are dropped, since hundreds at once help nobody."""

BACK_OFF = (30.0, 60.0, 120.0, 300.0, 600.0)
"""Seconds without a try after so many failures of a webhook in a row; the last one holds on."""

OUR_SECRETS = ("VASTAI_API_KEY", "VAST_API_KEY")

_APPLESCRIPT = (
    "on run argv",
    "display notification (item 2 of argv) with title (item 1 of argv)",
    "end run",
)


@dataclass
class _Hook:
    """How a webhook fares."""

    failures: int = 0
    lost: int = 0
    not_before: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Notices:
    """Runs what rules ask for.

    Args:
        events: where troubles are told.
        spawn: runs a task beside everything else.
        env: the environment of commands, instead of os.environ; our secrets are left out.
        post: posts a document to a webhook.
        time_limit: seconds that a command may take.
        clock: seconds, for the back-off.
    """

    def __init__(
        self,
        events: EventLog,
        spawn: Callable[[Coroutine[Any, Any, None]], object],
        *,
        env: Mapping[str, str] | None = None,
        post: Callable[[str, Mapping[str, Any]], Awaitable[None]] = webhook.post,
        time_limit: float = TIME_LIMIT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._events = events
        self._spawn = spawn
        given = os.environ if env is None else env
        self._env = {name: text for name, text in given.items() if name not in OUR_SECRETS}
        self._post = post
        self._time_limit = time_limit
        self._clock = clock
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._hooks: dict[str, _Hook] = {}
        self._troubled: set[str] = set()

    def send(self, rule: AlertRule, alert: Alert, instance_id: int, at: float) -> None:
        """Do what the rule asks for, beside everything else."""
        if "desktop" in rule.do:
            self._begin(self._show, alert)
        if rule.command:
            self._begin(self._run, rule, alert, instance_id)
        if rule.webhook:
            self._begin(self._report, rule.webhook, alert, instance_id, at)

    def _begin(self, work: Callable[..., Coroutine[Any, Any, None]], *args: object) -> None:
        full = self._waiting >= MOST_WAITING
        self._tell("full", "alerts", "more notices than can be sent; some are dropped" if full else "")
        if not full:
            self._waiting += 1
            self._spawn(self._counted(work, *args))

    async def _counted(self, work: Callable[..., Coroutine[Any, Any, None]], *args: object) -> None:
        try:
            await work(*args)
        finally:
            self._waiting -= 1

    async def _show(self, alert: Alert) -> None:
        argv = notice_argv(f"vasttui: {alert.rule}: {alert.label}", alert.line, self._env.get("PATH"))
        if argv:
            trouble = await self._run_in_turn(argv, self._env)
        else:
            trouble = "neither notify-send nor osascript was found"
        self._tell("desktop", "desktop notices", trouble)

    async def _run(self, rule: AlertRule, alert: Alert, instance_id: int) -> None:
        env = self._env | {
            "VASTTUI_ALERT": alert.rule,
            "VASTTUI_INSTANCE_ID": str(instance_id),
            "VASTTUI_LABEL": alert.label,
            "VASTTUI_LINE": alert.line,
            "VASTTUI_SUPPRESSED": str(alert.suppressed),
        }
        trouble = await self._run_in_turn(rule.command, env)
        self._tell(f"command {rule.name}", f"the command of alert {rule.name}", trouble)

    async def _run_in_turn(self, argv: Sequence[str], env: Mapping[str, str]) -> str:
        async with self._slots:
            return await run(argv, env, self._time_limit)

    async def _report(self, url: str, alert: Alert, instance_id: int, at: float) -> None:
        document = {
            "alert": alert.rule,
            "instance_id": instance_id,
            "label": alert.label,
            "line": alert.line,
            "at": at,
            "suppressed": alert.suppressed,
        }
        hook = self._hooks.setdefault(url, _Hook())
        async with hook.lock:
            if self._clock() >= hook.not_before:
                await self._deliver(hook, url, document)
            else:
                hook.lost += 1

    async def _deliver(self, hook: _Hook, url: str, document: Mapping[str, Any]) -> None:
        try:
            await self._post(url, document)
        except VastError as error:
            hook.failures += 1
            hook.lost += 1
            hook.not_before = self._clock() + BACK_OFF[min(hook.failures, len(BACK_OFF)) - 1]
            if hook.failures == 1:
                self._events.add(Level.BAD, f"{error.message}; a later alert tries again")
        else:
            if hook.failures:
                text = f"webhook {webhook.host_of(url)} works again; alerts not delivered meanwhile: {hook.lost}"
                self._events.add(Level.GOOD, text)
            hook.failures, hook.lost = 0, 0

    def _tell(self, key: str, what: str, trouble: str) -> None:
        """Tell a trouble once, and its end."""
        if trouble and key not in self._troubled:
            self._troubled.add(key)
            self._events.add(Level.BAD, f"{what}: {trouble}")
        elif not trouble and key in self._troubled:
            self._troubled.remove(key)
            self._events.add(Level.GOOD, f"{what}: working again")


def notice_argv(title: str, text: str, path: str | None) -> list[str]:
    """The command that shows a desktop notice, [] when this computer has none."""
    if program := shutil.which("notify-send", path=path):
        # Notification servers take the text for markup; after -- nothing is an option.
        return [program, "--app-name=vasttui", "--", title, _no_markup(text)]
    if sys.platform == "darwin" and (program := shutil.which("osascript", path=path)):
        script = [part for line in _APPLESCRIPT for part in ("-e", line)]
        return [program, *script, title, text]
    return []


def _no_markup(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


async def run(argv: Sequence[str], env: Mapping[str, str], time_limit: float) -> str:
    """Run a program, its output ignored; "" or why it failed. What takes too long is killed with its children."""
    nothing = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            *argv, stdin=nothing, stdout=nothing, stderr=nothing, env=env, start_new_session=True
        )
    except (OSError, ValueError) as error:
        return f"cannot be run: {getattr(error, 'strerror', None) or error}"
    try:
        async with asyncio.timeout(time_limit):
            code = await process.wait()
    except TimeoutError:
        return f"took longer than {time_limit:g} s and was killed"
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    return "" if code == 0 else f"ended with {f'code {code}' if code > 0 else f'signal {-code}'}"
