"""The real command line as a process of its own, on a simulator that tests can switch faults on in."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest

from vasttui.cli import main
from vasttui.sim.server import SimOptions, Simulator, running

CONFIG = """\
min_vram_gb: 0
disk_gb: 16
pace: {instances: 1, instances_idle: 1, logs: 1, ssh: 1}
presets:
  cheap: {query: "num_gpus=1", order: dph_total, image: pytorch/pytorch, label: cheap}
  broken: {query: "num_gpu=1", image: pytorch/pytorch}
"""


class World:
    """A simulator in a thread of its own."""

    def __init__(self, options: SimOptions | None = None) -> None:
        self._options = options or SimOptions(speed=100, offers=120, instances=6)
        self._started, self._end = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        assert self._started.wait(20)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        async with running(self._options) as self.sim:
            self._started.set()
            await self._end.wait()

    sim: Simulator

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)

    def call(self, act: Callable[[], object]) -> None:
        """Do something in the simulator's own thread, and wait until it is done."""
        done = threading.Event()

        def run() -> None:
            act()
            done.set()

        self._loop.call_soon_threadsafe(run)
        assert done.wait(10)

    @contextmanager
    def faults(self, *faults: str) -> Iterator[None]:
        """These faults in force."""
        self._loop.call_soon_threadsafe(self.sim.set_faults, *faults)
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(self.sim.set_faults)

    @property
    def labels(self) -> dict[int, str]:
        """What is rented at the moment: id -> label, the token that makes it unique taken off."""
        return {i: (box.label or "").partition("~")[0] for i, box in dict(self.sim.world.boxes).items()}


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass
class Shell:
    """Runs vasttui as a user's shell would, in a home of its own."""

    home: Path
    env: dict[str, str] = field(default_factory=dict)

    def start(self, *words: str | bytes, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "vasttui", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.env | dict(env or {}),
            cwd=self.home,
        )

    def __call__(self, *words: str | bytes, env: Mapping[str, str] | None = None) -> Done:
        return self.end(self.start(*words, env=env))

    def end(self, process: subprocess.Popen[str], limit: float = 60) -> Done:
        with process:
            out, err = process.communicate(timeout=limit)
        assert "Traceback" not in err
        assert "Traceback" not in out
        return Done(process.returncode, out, err)


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    world = World()
    yield world
    world.stop()


@pytest.fixture
def bare(tmp_path: Path) -> Shell:
    """A home with nothing in it, and no key."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VAST", "XDG_", "SSH_AUTH"))}
    return Shell(tmp_path, kept | {"HOME": str(tmp_path), "NO_COLOR": "1", "PYTHONWARNINGS": "error::ResourceWarning"})


@pytest.fixture
def shell(bare: Shell, world: World) -> Shell:
    """A home with a key of the simulator and a config."""
    file = bare.home / ".config" / "vasttui" / "config.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(CONFIG)
    key = {"VASTAI_API_KEY": world.sim.api_key, "VASTAI_API_BASE_URL": world.sim.url}
    bare.env |= key | {"VASTAI_SSH_KEY_PATH": str(world.sim.ssh_private_key)}
    return bare


class Call(Protocol):
    """Runs vasttui in this process, which is quicker where nothing takes time."""

    def __call__(self, *words: str) -> Done: ...


@pytest.fixture
def call(shell: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    for name in {*os.environ} - {*shell.env}:
        monkeypatch.delenv(name)
    for name, value in shell.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(shell.home)

    def run(*words: str) -> Done:
        with pytest.raises(SystemExit) as left:
            main(list(words))
        code = left.value.code
        assert isinstance(code, int)
        return Done(code, *capsys.readouterr())

    return run
