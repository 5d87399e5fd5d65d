"""What the global options say, and how the parts are put together from it."""

from __future__ import annotations

import asyncio
import logging
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from vasttui.cli.output import say
from vasttui.errors import ConfigError, KeyRefused, NoKey, UsageError

if TYPE_CHECKING:
    from subprocess import Popen

    from vasttui.api.client import VastClient
    from vasttui.config import Config, Preset
    from vasttui.controller import Controller, Link
    from vasttui.journal import Journal

T = TypeVar("T")

QUICK = {
    "instances": 1.5,
    "instances_idle": 3.0,
    "offers": 8.0,
    "account": 5.0,
    "logs": 1.5,
    "logs_idle": 6.0,
    "ssh": 2.0,
}
"""Pace of the demo, whose clock runs ten times as fast."""


@dataclass(frozen=True)
class State:
    """What is there before anything runs."""

    config: Config
    journal: Journal


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
        from vasttui.config import load, own_state

        given = {"read_only": self.read_only or None, "theme": self.theme}
        overrides = {key: value for key, value in given.items() if value is not None}
        config = load(self.config_file, env_file=self.env_file, overrides=overrides, check_pattern=check_pattern)
        return own_state(config)

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

    def journal(self) -> Journal:
        """The journal alone, as it was left. Raises StorageError, and UsageError with `--demo`."""
        from vasttui.journal import Journal

        if self.demo:
            raise UsageError("--demo: what a demo does is kept nowhere, and your own journal is left alone")
        return Journal(self.config.paths.state_dir / "journal.sqlite")

    @contextmanager
    def state(self) -> Iterator[State]:
        """Settings and journal; with `--demo` in a folder of its own that ends with it. Raises StorageError."""
        from vasttui.journal import Journal

        with ExitStack() as stack:
            config = self.config
            if self.demo:
                from vasttui.config import Pace

                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="vasttui-demo-"))
                paths = replace(config.paths, state_dir=Path(folder))
                # What is simulated is told on the screen, and nobody else is told of it.
                alerts = tuple(replace(rule, command=(), webhook="") for rule in config.alerts)
                presets = {**demo_presets(), **config.presets}
                config = replace(config, paths=paths, pace=Pace(**QUICK), alerts=alerts, presets=presets)
            yield State(config, stack.enter_context(Journal(config.paths.state_dir / "journal.sqlite")))

    @asynccontextmanager
    async def controller(self, *, tries: int = 3) -> AsyncIterator[Controller]:
        """A running and connected controller, for a command; each read is tried `tries` times."""
        async with self.driving(tries=tries) as (controller, _):
            yield controller

    @asynccontextmanager
    async def driving(self, *, tries: int = 3) -> AsyncIterator[tuple[Controller, Journal]]:
        """`controller`, with the journal that it writes."""
        self.begin()
        with self._naming_the_key(), self.state() as state:
            async with self.controller_on(state, tries=tries) as controller:
                await controller.connected()
                yield controller, state.journal

    @asynccontextmanager
    async def controller_on(
        self, state: State, *, tries: int, simulator: Popen[bytes] | None = None
    ) -> AsyncIterator[Controller]:
        """A running controller, which may have to wait for its connection.

        Args:
            tries: how often each read is tried.
            simulator: that of the demo, if it was launched already.
        """
        from vasttui.controller import Controller

        async with AsyncExitStack() as stack:
            starting = "starting the simulated Vast.ai" if self.demo else ""
            connect = self._connector(state.config, stack, tries=tries, simulator=simulator)
            controller = Controller(state.config, state.journal, connect, demo=self.demo, starting=starting)
            await stack.enter_async_context(controller.running())
            yield controller

    @asynccontextmanager
    async def client(self) -> AsyncIterator[VastClient]:
        """A client alone, for commands that only read."""
        self.begin()
        with self._naming_the_key():
            async with AsyncExitStack() as stack:
                link = await self._connector(self.config, stack, tries=3)()
                yield link.client

    @contextmanager
    def _naming_the_key(self) -> Iterator[None]:
        """A refused key is told with the place where it was found."""
        try:
            yield
        except KeyRefused as error:
            if self.config.api_key_origin and not self.demo:
                error.hint = f"The key is from {self.config.api_key_origin}. {error.hint}"
            raise

    def _connector(
        self, config: Config, stack: AsyncExitStack, *, tries: int, simulator: Popen[bytes] | None = None
    ) -> Callable[[], Awaitable[Link]]:
        async def connect() -> Link:
            from vasttui.api.client import VastClient
            from vasttui.controller import Link

            url, key, ssh_key = config.api_url, config.api_key or "", config.ssh_key_path
            if self.demo:
                from vasttui.cli.demo import demo_server

                demo = await stack.enter_async_context(demo_server(simulator))
                url, key, ssh_key = demo.url, demo.api_key, demo.ssh_private_key
            client = await stack.enter_async_context(VastClient(key, url, on_call=_log_call, read_tries=tries))
            return Link(client, ssh_key)

        return connect


def demo_presets() -> dict[str, Preset]:
    """Presets whose jobs the simulated boxes know how to play."""
    from vasttui.config import Preset

    def job(name: str, image: str, onstart: str) -> Preset:
        query = "num_gpus=1 reliability>0.99"
        return Preset(name=name, query=query, order="dph_total", image=image, disk=32.0, onstart=onstart, label=name)

    return {
        "demo-upscale": job("demo-upscale", "renter/upscale:2.1", 'bash /workspace/upscale.sh "$VASTTUI_INPUT"'),
        "demo-train": job("demo-train", "pytorch/pytorch", 'python train_network.py --dataset "$VASTTUI_INPUT"'),
    }


def check_pattern(text: str) -> None:
    """Raise UsageError for an alert's pattern that cannot be used."""
    from vasttui.logs.patterns import Pattern

    Pattern.parse(text)


def _log_call(call: object) -> None:
    logging.getLogger("vasttui.api").info("%s", call)


def run(main: Coroutine[None, None, T]) -> T:
    """Run a command's coroutine; SIGTERM and SIGHUP end it in good order, as ^C does.

    Raises:
        click.exceptions.Exit: with the shell's code, 128 and the signal's number, after such a signal.
    """
    received: list[int] = []

    async def attended() -> T:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None

        def leave(number: int) -> None:
            received.append(number)
            loop.remove_signal_handler(number)  # The second one ends it at once.
            task.cancel()

        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) == signal.SIG_DFL:  # nohup ignores SIGHUP, and so do we then.
                loop.add_signal_handler(number, leave, number)
        return await main

    try:
        return asyncio.run(attended())
    except asyncio.CancelledError:
        if not received:
            raise
        raise click.exceptions.Exit(128 + received[0]) from None
