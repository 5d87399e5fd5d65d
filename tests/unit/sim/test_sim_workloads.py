"""What boxes print: the same for the same seed, growing only at the end, shaped like the real programs."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.sim.pulls import plan
from vasttui.sim.workloads import KINDS, Tape, Workload, choose_kind, tqdm_bar

FINITE = ("upscale", "train", "finetune", "oom")


def text_at(kind: str, second: float, seed: str = "s") -> bytes:
    return Tape(Workload.make(kind, seed).script()).read(second)


@given(st.sampled_from(KINDS), st.text(max_size=4), st.lists(st.floats(0, 900), min_size=2, max_size=6))
def test_what_was_printed_stays_printed(kind: str, seed: str, seconds: list[float]) -> None:
    tape = Tape(Workload.make(kind, seed).script())
    asked_in_any_order = {second: tape.read(second) for second in seconds}
    for early, late in zip(sorted(seconds), sorted(seconds)[1:], strict=False):
        assert asked_in_any_order[late].startswith(asked_in_any_order[early])
        assert tape.read(late, tape.size(early)) == asked_in_any_order[late][len(asked_in_any_order[early]) :]


@pytest.mark.parametrize("kind", KINDS)
def test_one_seed_prints_one_text(kind: str) -> None:
    assert text_at(kind, 200) == text_at(kind, 200)
    if kind not in ("hang", "quiet"):
        assert text_at(kind, 200) != text_at(kind, 200, "other")


@pytest.mark.parametrize("kind", FINITE)
def test_a_job_ends(kind: str) -> None:
    job = Workload.make(kind, "s")
    tape = Tape(job.script())
    assert tape.size(job.seconds * 0.2) < tape.size(job.seconds + 60) == tape.size(1e9)


def test_training_redraws_one_bar_up_to_its_last_step() -> None:
    text = text_at("train", 2000).decode()
    bars = re.findall(r"steps: +(\d+)%\|.{20}\| (\d+)/(\d+) \[[\d:]+<[\d:?]+, .*?avr_loss=\d", text)
    assert len(bars) > 50
    assert text.count("\r") >= len(bars)
    steps = [int(step) for _, step, _ in bars]
    assert steps == sorted(steps)
    assert steps[-1] == int(bars[-1][2])
    assert "epoch 10/10" in text


def test_an_upscale_counts_frames_and_says_when_it_is_done() -> None:
    text = text_at("upscale", 2000).decode()
    frames = re.findall(r"\[Real-ESRGAN\] Processing frame (\d+)/(\d+)", text)
    assert frames[-1][0] == frames[-1][1]
    assert re.search(r"RATE: processed=\d+/\d+ avg_fps=[\d.]+ ETA=\d+:\d\d:\d\d", text)
    assert f"✅ Completed {frames[-1][1]} frames" in text


def test_a_fine_tune_prints_the_losses_of_the_trainer() -> None:
    losses = re.findall(
        r"\{'loss': [\d.]+, 'grad_norm': [\d.]+, 'learning_rate': \S+, 'epoch': [\d.]+\}",
        text_at("finetune", 2000).decode(),
    )
    assert len(losses) > 5


def test_running_out_of_memory_ends_in_a_traceback_at_a_third_of_the_way() -> None:
    text = text_at("oom", 2000).decode()
    assert text.rstrip().endswith("exit code 1")
    assert "torch.OutOfMemoryError: CUDA out of memory" in text
    assert int(re.findall(r"steps: +(\d+)%", text)[-1]) <= 31


def test_a_crashing_container_repeats_its_first_lines() -> None:
    text = text_at("restart", 400).decode()
    assert text.count("Server listening on 0.0.0.0 port 22.") > 2
    assert "already exists and is not an empty directory" in text


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (("upscale-07", None, "pytorch"), "upscale"),
        ((None, "python train.py", "x"), "train"),
        (("my-lora", "python train.py"), "finetune"),
        (("", "", "axolotlai/axolotl:main"), "finetune"),
        (("test oom",), "oom"),
        (("hang",), "hang"),
        (("restarts a lot",), "restart"),
        (("change room",), "upscale|train|finetune"),
    ],
)
def test_words_choose_the_workload(texts: tuple[str | None, ...], kind: str) -> None:
    assert re.fullmatch(kind, choose_kind("seed", *texts))


def test_the_gpu_is_busy_while_the_job_runs_and_idle_after() -> None:
    job = Workload.make("train", "s", 100.0)
    assert [job.busy(second) for second in (1.0, 50.0, 107.0, 109.0)] == [False, True, True, False]
    assert not Workload.make("idle", "s").busy(50.0)


@given(st.integers(0, 500), st.integers(1, 500), st.floats(0, 1e5))
def test_a_bar_keeps_its_width(done: int, total: int, elapsed: float) -> None:
    bar = tqdm_bar("", min(done, total), total, elapsed)
    assert len(bar.split("|")[1]) == 20


def test_a_pull_shows_layers_and_percents_in_order() -> None:
    pull = plan("s", "org/image:1")
    lines = pull.daemon(1.0, 1_700_000_000, 60)
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC: ", line) for line in lines)
    assert any(re.search(r"[0-9a-f]{12}: Downloading \[=+> *\] +[\d.]+MB/[\d.]+MB +\d+%", line) for line in lines)
    assert pull.daemon(0.5, 1_700_000_000, 60) == lines[: len(pull.daemon(0.5, 1_700_000_000, 60))]
    assert pull.status(0.0) is None
