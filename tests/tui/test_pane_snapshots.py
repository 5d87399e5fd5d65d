"""The panes as pictures, at each size and in the states that matter."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.tui.pictures import NOW, fleet, snapshot
from tests.tui.standin import StandIn
from tests.tui.still import after
from vasttui.config import Config
from vasttui.errors import Unreachable
from vasttui.instances.verdicts import Kind, Verdict
from vasttui.jobs.progress import Progress
from vasttui.jobs.signs import Sign
from vasttui.logs.rows import LogName
from vasttui.snapshot import Box, Event, Level, LogInfo, LogState, LogStatus, Part, Snapshot, Unconfirmed
from vasttui.tui.app import VastApp

SMALL, MIDDLE, LARGE = (80, 24), (120, 40), (200, 60)


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Wall-clock times do not depend on where the test runs."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def working(*, done: float, total: float, rate: float, phase: str) -> Progress:
    return Progress(done / total, done, total, "it", rate, (total - done) / rate, phase, (("loss", "0.51"),), NOW - 3)


def busy_fleet() -> tuple[Box, ...]:
    """Five boxes with jobs, a failure, an idle one and a stopped one that bills."""
    first, second, third, fourth, fifth = fleet()
    following = LogStatus(LogState.FOLLOWING, "ssh", 4812, gaps=1, last_at=NOW - 2, checked_at=NOW - 1)
    return (
        replace(first, progress=working(done=2391, total=2880, rate=3.14, phase="upscale"), log=following),
        replace(
            second,
            progress=working(done=4200, total=10_000, rate=1.7, phase="epoch 3/10"),
            log=following,
            seen_start=False,
        ),
        third,
        replace(
            fourth,
            idle_since=NOW - 41 * 60,
            verdicts=(Verdict(Kind.IDLE, "GPU at 0 % for 41m"),),
            sign=Sign("failed", "out of GPU memory", "torch.OutOfMemoryError: CUDA out of memory", NOW - 200),
        ),
        replace(fifth, verdicts=(Verdict(Kind.ZOMBIE, "its disk costs $0.32 a day until it is destroyed"),)),
    )


class Shown(StandIn):
    """Has logs with colours, levels, a stack trace, a gap and a line that is being redrawn; one of a gone instance."""

    def __init__(self, config: Config, picture: Snapshot) -> None:
        super().__init__(config, picture)
        first, second = (LogName(box.id) for box in fleet()[:2])
        frames = [f"[Real-ESRGAN] Processing frame {n}/2880" for n in range(2300, 2380)]
        self.receive(first, *frames, "\x1b[31mERROR frame 2380: CUDA out of memory, retry tile=256\x1b[0m", at=NOW - 60)
        self.receive(first, *TRACE, gap=True, at=NOW - 50)
        self.receive(first, *["heartbeat"] * 12, "upload part 3/9 → b2://videos/out/clip_07.mp4", at=NOW - 30)
        self.receive(first, live="upscale  83%|████████▎ | 2391/2880 [12:41<02:36, 3.14it/s]", at=NOW - 1)
        for epoch in range(1, 30):
            self.receive(second, f"epoch {epoch}/30 loss {2 / epoch:.4f}", at=NOW - 90 + 3 * epoch)
        self.receive(second, '{"level": "warning", "msg": "lr is high", "lr": 0.01}', at=NOW - 2)
        self.receive(LogName(7), "done", at=NOW - 90_000)
        self.infos = (
            LogInfo(first, "upscale-07", NOW - 60, NOW - 1, 95, 4_800, gone=False),
            LogInfo(LogName(7), "upscale-03", NOW - 99_000, NOW - 90_000, 48_120, 3_100_000, gone=True),
        )


TRACE = (
    "Traceback (most recent call last):",
    '  File "/root/upscale.py", line 88, in <module>',
    "    run(tile=512)",
    '  File "/root/upscale.py", line 41, in run',
    "    out = model(frame)",
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.4 GiB",
)


def healthy() -> Snapshot:
    return snapshot(boxes=Part(busy_fleet(), at=NOW - 2))


def troubled() -> Snapshot:
    """Nothing answers for half a minute, and a rental's answer was lost."""
    error = Unreachable("console.vast.ai did not answer within 10 s")
    lost = Unconfirmed("upscale-09", 9_000_003, NOW - 12, "the answer was lost")
    part = Part(busy_fleet(), at=NOW - 34, error=error, failures=3, next_try=NOW + 6)
    offers = replace(snapshot().market, error=error, at=NOW - 50, failures=2, next_try=NOW + 9)
    return snapshot(boxes=part, market=offers, unconfirmed=(lost,), skipped_instances=1)


def empty() -> Snapshot:
    return Snapshot(now=NOW, account=snapshot().account, boxes=Part((), at=NOW), burn=0.0, market=Part())


def eventful() -> Snapshot:
    events = [Event(NOW - 90 + n, level, f"something {level.value}", 28_397_584) for n, level in enumerate(Level)]
    return snapshot(events=tuple(events))


@pytest.mark.parametrize(
    ("picture", "size", "keys"),
    [
        pytest.param(healthy, SMALL, "", id="offers-small"),
        pytest.param(healthy, MIDDLE, "", id="offers-middle"),
        pytest.param(healthy, LARGE, "2", id="all-large"),
        pytest.param(healthy, SMALL, "2", id="instances-small"),
        pytest.param(healthy, MIDDLE, "2", id="fleet-middle"),
        pytest.param(healthy, SMALL, "3", id="log-small"),
        pytest.param(healthy, SMALL, ["3", *"/frame", "enter"], id="log-search-small"),
        pytest.param(healthy, SMALL, ["3", *"&!frame", "enter", "v", "v"], id="log-filter-small"),
        pytest.param(healthy, MIDDLE, ["3", "plus", *"lora", "enter"], id="log-beside-middle"),
        pytest.param(healthy, MIDDLE, ["3", "f", "a"], id="log-all-middle"),
        pytest.param(healthy, SMALL, ["3", "b"], id="log-whose-small"),
        pytest.param(healthy, LARGE, ["3", "plus", *"lora", "enter", "plus", *"03", "enter"], id="log-three-large"),
        pytest.param(healthy, SMALL, "4", id="jobs-small"),
        pytest.param(healthy, MIDDLE, "5", id="cost-middle"),
        pytest.param(eventful, SMALL, "6", id="events-small"),
        pytest.param(troubled, MIDDLE, "2", id="fleet-stale"),
        pytest.param(troubled, SMALL, "1", id="offers-stale"),
        pytest.param(empty, MIDDLE, "2", id="fleet-empty"),
        pytest.param(empty, SMALL, "1", id="offers-empty"),
    ],
)
def test_pane(snap_compare: Any, config: Config, picture: Any, size: tuple[int, int], keys: Sequence[str]) -> None:
    app = VastApp(Shown(config, picture()), config)
    assert snap_compare(app, terminal_size=size, run_before=after(keys))


def test_logs_in_ascii(snap_compare: Any, configured: Callable[..., Config]) -> None:
    config = configured(ascii=True)
    assert snap_compare(VastApp(Shown(config, healthy()), config), terminal_size=SMALL, run_before=after("3"))
