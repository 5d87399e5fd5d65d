"""How a log looks. The time zone is set, for times are local."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.log_rows import ListedRows
from tests.tui.still import still
from tests.tui.test_log_view import Demo, pattern
from vasttui.logs.rows import Kind
from vasttui.tui.widgets.log.view import Times

LINES = (
    "[batch_rife] pair 118/144 done (1 mids)",
    *["[batch_rife] RATE: processed=118/144 avg 3.1 it/s"] * 12,
    "WARNING NVENC session limit, falling back to libx264",
    "[Real-ESRGAN] Processing frame 2310/2880",
    "upload part 3/9 \x1b[32m→\x1b[0m b2://videos/out/clip_07.mp4 took 12.4s",
    '{"level": "info", "logger": "train", "message": "step done", "step": 4200, "loss": 1.93, "ok": true}',
    "saved /workspace/out/step_4200.safetensors, see https://example.com/run/7?tab=loss",
    "HF_TOKEN=hf_aB3dEfGhIjKlMnOpQrSt",
    "Traceback (most recent call last):",
    '  File "/app/train.py", line 91, in <module>',
    "    main()",
    "ERROR frame 2391: CUDA out of memory, retrying with half the batch at /app/train.py:91 (attempt 2 of 5)",
    "[Real-ESRGAN] Processing frame 2391/2880",
)


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def log(*, merged: bool = False) -> ListedRows:
    rows = ListedRows()
    for number in range(6):
        rows.add(*LINES[:14], origin=7 * merged)
        rows.add("gap: lines missed", kind=Kind.GAP)
        rows.add(*LINES[14:], origin=(8 + number % 2) * merged)
    rows.unfinished = "upscale  83%|█████████ | 2391/2880 [12:41<02:36, 3.1it/s]"
    return rows


def test_a_followed_log(snap_compare: Any) -> None:
    app = Demo(log(), times=Times.CLOCK)

    async def run(pilot: Pilot[None]) -> None:
        app.view.marks = {40, 100}
        app.view.set_search(pattern("frame"))
        await still(pilot)

    assert snap_compare(app, terminal_size=(100, 24), run_before=run)


def test_a_merged_log_standing_still(snap_compare: Any) -> None:
    app = Demo(log(merged=True), times=Times.UTC)

    async def run(pilot: Pilot[None]) -> None:
        app.theme = "vasttui-light"
        app.view.wrap = True
        await still(pilot)
        app.view.set_names({7: "upscale-07", 8: "lora", 9: "notebook"})
        app.view.go_to(55)
        app.view.toggle_fold()
        app.add("one", "two")
        await still(pilot)

    assert snap_compare(app, terminal_size=(90, 24), run_before=run)


def test_a_log_in_ascii(snap_compare: Any) -> None:
    app = Demo(log(), times=Times.RELATIVE, ascii_mode=True)

    async def run(pilot: Pilot[None]) -> None:
        app.theme = "terminal"
        app.now += 3700
        await still(pilot)
        app.view.go_to(20)
        app.view.toggle_mark()
        app.add("one", "two")
        await still(pilot)

    assert snap_compare(app, terminal_size=(80, 20), run_before=run)
