"""What the global options say, and how the parts are put together from it."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from vasttui.cli.output import say
from vasttui.errors import ConfigError, NoKey, UsageError

if TYPE_CHECKING:
    from vasttui.api.client import VastClient
    from vasttui.config import Config
    from vasttui.controller import Controller, Link

T = TypeVar("T")

QUICK = {"instances": 1.5, "instances_idle": 3.0, "offers": 8.0, "account": 5.0, "logs": 1.5, "logs_idle": 6.0, "ssh": 2.0}
"""Pace of the demo, whose clock runs ten times as fast."""


@dataclass(frozen=True)
class Wiring:
    """The global options."""

    config_file: Path | None = None
    env_file: Path | None = None
    read_only: bool = False
    demo: bool = False
    theme: str | None = None
    log_file: Path | None = None
    verbose: bool = False

    @cached_property
    def config(self) -> Config:
        """The settings in force. Raises ConfigError."""
        from vasttui.config import load

        given = {"read_only": self.read_only or None, "theme": self.theme}
        overrides = {key: value for key, value in given.items() if value is not None}
        return load(self.config_file, env_file=self.env_file, overrides=overrides)

    def start_log(self) -> None:
        """Write the program's own log to `--log-file`, if one is given. Raises ConfigError."""
        if self.log_file is None:
            return
        try:
            handler = logging.FileHandler(self.log_file, encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"--log-file {self.log_file}: {error.strerror or error}") from error
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        logger = logging.getLogger("vasttui")
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG if self.verbose else logging.INFO)

    def need_key(self) -> None:
        """Raise NoKey when a key is needed and none was found."""
        if not self.demo and not self.config.api_key:
            raise NoKey("no API key: VASTAI_API_KEY, the config file and the official CLI's key files have none")

    def begin(self) -> None:
        """What every command that talks to Vast.ai does first. Raises NoKey and ConfigError."""
        self.need_key()
        self.start_log()
        if self.demo:
            say("DEMO: a simulated Vast.ai, nothing is spent")
        for warning in self.config.warnings:
            say(f"warning: {warning}")

    def need_writable(self) -> None:
        """Raise UsageError in read-only mode."""
        if self.config.read_only:
            raise UsageError("read-only mode: nothing that spends, changes or destroys")

    @asynccontextmanager
    async def controller(self, *, headless: bool = True) -> AsyncIterator[Controller]:
        """A running controller; with `--demo` on a simulator and a state of its own that both end with it."""
        from vasttui.config import Pace
        from vasttui.controller import Controller
        from vasttui.journal import Journal

        if headless:
            self.begin()
        async with AsyncExitStack() as stack:
            config = self.config
            if self.demo:
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="vasttui-demo-"))
                config = replace(
                    config, paths=replace(config.paths, state_dir=Path(folder)), pace=Pace(**QUICK)
                )
            journal = stack.enter_context(Journal(config.paths.state_dir / "journal.sqlite"))
            starting = "starting the simulated Vast.ai" if self.demo else ""
            # The dashboard shows each failure and tries again by itself; a command tries within one request.
            connect = self._connector(config, stack, tries=3 if headless else 1)
            controller = Controller(config, journal, connect, demo=self.demo, starting=starting)
            await stack.enter_async_context(controller.running())
            if headless:
                await controller.connected()
            yield controller

    @asynccontextmanager
    async def client(self) -> AsyncIterator[VastClient]:
        """A client alone, for commands that only read."""
        self.begin()
        async with AsyncExitStack() as stack:
            link = await self._connector(self.config, stack, tries=3)()
            yield link.client

    def _connector(
        self, config: Config, stack: AsyncExitStack, *, tries: int
    ) -> Callable[[], Awaitable[Link]]:
        async def connect() -> Link:
            from vasttui.api.client import VastClient
            from vasttui.controller import Link

            url, key, ssh_key = config.api_url, config.api_key or "", config.ssh_key_path
            if self.demo:
                from vasttui.cli.demo import demo_server

                demo = await stack.enter_async_context(demo_server())
                url, key, ssh_key = demo.url, demo.api_key, demo.ssh_private_key
            client = await stack.enter_async_context(VastClient(key, url, on_call=_log_call, read_tries=tries))
            return Link(client, ssh_key)

        return connect


def _log_call(call: object) -> None:
    logging.getLogger("vasttui.api").info("%s", call)


def run(main: Coroutine[None, None, T]) -> T:
    """Run a command's coroutine."""
    return asyncio.run(main)
