"""The simulator put together: `running` for tests, `serve` for the command line."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import asyncssh

from vasttui.sim.clock import SimClock
from vasttui.sim.context import Context
from vasttui.sim.faults import Fault, FaultBoard, parse_fault
from vasttui.sim.http_server import bound_socket, make_app, serving
from vasttui.sim.real import RealContainers
from vasttui.sim.seeded import add_seeded
from vasttui.sim.ssh_server import BoxPorts
from vasttui.sim.world import World

# Wall seconds between looks at the boxes when nothing is due sooner.
LONGEST_NAP = 0.1


@dataclass(frozen=True)
class SimOptions:
    """How to run a simulator.

    `port` 0 takes a free one; `speed` divides all times; `instances` boxes are there from the start; `credit`
    in dollars; `api_key` None makes one from the seed; `start` is the simulated epoch second of the
    beginning, None for now. `real_shell` runs on this computer what is sent to a box, see `vasttui.sim.real`.
    `rows_most` offers are in one answer, None: all (the real service: 64). `hosts` are ids of hosts with machines on
    the market; `price_step` ($/h) makes many offers cost exactly the same. The account has its SSH key registered
    unless `ssh_key` is False; its API key has the permission groups `rights`, None: all.
    """

    port: int = 0
    seed: int = 1
    speed: float = 1.0
    offers: int = 400
    instances: int = 0
    faults: tuple[Fault, ...] = ()
    enforce_rates: bool = False
    api_key: str | None = None
    credit: float = 41.20
    start: float | None = None
    real_shell: bool = False
    rows_most: int | None = None
    hosts: tuple[int, ...] = ()
    price_step: float = 0.0
    ssh_key: bool = True
    rights: tuple[str, ...] | None = None


@dataclass
class Simulator:
    """A running simulator. `url` has no trailing slash; `ssh_private_key` is a file that its boxes accept."""

    url: str
    api_key: str
    ssh_private_key: Path
    world: World
    context: Context

    def set_faults(self, *faults: Fault | str) -> None:
        """Put these faults in force instead of those before; none ends them. Raises FaultSyntaxError."""
        self.context.faults.set(tuple(parse_fault(item) if isinstance(item, str) else item for item in faults))
        self.context.on_faults()

    async def settle(self) -> None:
        """Bring the world and its SSH ports up to now, instead of a moment later."""
        await self.context.settle()


@contextlib.asynccontextmanager
async def running(options: SimOptions | None = None) -> AsyncIterator[Simulator]:
    """A simulator in this event loop. Raises OSError when the port is taken."""
    options = options or SimOptions()
    listener = bound_socket(options.port)
    directory = Path(tempfile.mkdtemp(prefix="vasttui-sim-"))
    faults = FaultBoard(options.faults, options.seed)
    ports = BoxPorts(faults)
    containers = RealContainers(directory / "boxes")
    try:
        world = World(
            SimClock(options.speed, start=options.start),
            seed=options.seed,
            offers=options.offers,
            credit=options.credit,
            api_key=options.api_key,
            hosts=options.hosts,
            price_step=options.price_step,
            rights=None if options.rights is None else frozenset(options.rights),
            reserve_port=ports.reserve,
        )
        if options.real_shell:
            world.life.containers = containers
        key = _make_key(directory, world, register=options.ssh_key)
        add_seeded(world, options.instances)
        context = Context(world, faults, options.enforce_rates, options.rows_most)
        context.base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        world.life.deny_capacity = lambda: faults.take("no_capacity") is not None
        world.flaw_told = faults.flaw_of
        context.ports_agree = lambda: ports.settle(world)
        context.on_faults = lambda: ports.drop_connections() if faults.present("ssh_drop") else None
        await context.settle()
        sim = Simulator(context.base_url, world.account.api_key, key, world, context)
        async with serving(make_app(context), listener, context.closing):
            pulse = asyncio.create_task(_pulse(context))
            try:
                yield sim
            finally:
                pulse.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await pulse
    finally:
        await ports.close()
        if options.real_shell:
            await asyncio.to_thread(containers.close)
        listener.close()
        shutil.rmtree(directory, ignore_errors=True)


def _make_key(directory: Path, world: World, *, register: bool) -> Path:
    """A key pair, each half in a file, the private one for its owner only; the public half on the account too."""
    key = asyncssh.generate_private_key("ssh-ed25519", comment="vasttui-sim")
    path = directory / "id_ed25519"
    path.touch(0o600)
    path.write_bytes(key.export_private_key())
    path.with_suffix(".pub").write_bytes(key.export_public_key())
    if register:
        world.account.add_ssh_key(key.export_public_key().decode(), world.clock.now())
    return path


async def _pulse(context: Context) -> None:
    """Keep the world and its SSH ports up to date, also while nobody asks."""
    world = context.world
    while True:
        await context.settle()
        due = world.life.next_event()
        nap = LONGEST_NAP if due is None else world.clock.real(due - world.settled)
        await asyncio.sleep(min(LONGEST_NAP, max(0.005, nap)))


def serve(options: SimOptions, *, out: TextIO, until_stdin_closes: bool = False) -> None:
    """Run a simulator until a signal or the end of stdin; the first line of `out` says where it is.

    Raises OSError when the port is taken.
    """
    asyncio.run(_serve(options, out, until_stdin_closes))


async def _serve(options: SimOptions, out: TextIO, until_stdin_closes: bool) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, ended.set)
    async with running(options) as sim:
        first = {
            "url": sim.url,
            "api_key": sim.api_key,
            "ssh_private_key": str(sim.ssh_private_key),
            "pid": os.getpid(),
        }
        print(json.dumps(first), file=out, flush=True)
        if until_stdin_closes:
            threading.Thread(target=_watch_stdin, args=(loop, ended), daemon=True).start()
        await ended.wait()


def _watch_stdin(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    """Block on stdin, in a thread: no event loop watches pipe, terminal and file alike."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(ended.set)
