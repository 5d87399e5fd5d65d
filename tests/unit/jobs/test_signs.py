"""Lines that look like the end of a job."""

from __future__ import annotations

import pytest

from vasttui.jobs.signs import SignReader, sign_of


@pytest.mark.parametrize(
    ("line", "kind", "reason"),
    [
        ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 750.00 MiB.", "failed", "out of GPU memory"),
        ("RuntimeError: CUDA error: out of memory", "failed", "out of GPU memory"),
        ("RuntimeError: CUDA error: uncorrectable ECC error encountered", "failed", "GPU fault"),
        ("OSError: No space left on device (os error 28)", "failed", "disk full"),
        ("Killed", "failed", "killed"),
        ("\x1b[31mKilled\x1b[0m", "failed", "killed"),
        ("process exited with code 137", "failed", "killed"),
        ("ERROR: Pipeline failed with exit code 2", "failed", "pipeline failed"),
        ("cat: x: Stale file handle", "failed", "file handle lost"),
        ("NVIDIA-SMI has failed because it couldn't communicate with the driver", "failed", "GPU fault"),
        ("ValueError: bad shape", "failed", "Python error"),
        ("`Trainer.fit` stopped: `max_epochs=10` reached.", "finished", "training done"),
        ("50 epochs completed in 1.2 hours.", "finished", "training done"),
        ("{'train_runtime': 100.5, 'train_loss': 0.1}", "finished", "training done"),
        ("JOB DONE.", "finished", "job done"),
        ("Prompt executed in 91.40 seconds", "finished", "prompt done"),
        ("✅ Completed 100 frames in 8.0s (12.5 fps)", "finished", "frames done"),
        ("Status...........: Exhausted", "finished", "hashcat done"),
        ("INFO:     Application startup complete.", "serving", "server is up"),
    ],
)
def test_signs(line: str, kind: str, reason: str) -> None:
    sign = sign_of(line)
    assert sign is not None
    assert (sign.kind, sign.reason) == (kind, reason)


@pytest.mark.parametrize(
    "line",
    [
        "exit code 0",
        "steps: 100%|██| 100/100 [00:10<00:00]",
        "0 errors, 3 warnings",
        "Traceback logging is on",
        "Error response from daemon: No such container: C.29306323",
        "Killed the old process, starting",
        "WARNING: nothing",
    ],
)
def test_ordinary_lines(line: str) -> None:
    assert sign_of(line) is None


def test_the_message_of_a_traceback_is_the_sign() -> None:
    reader = SignReader(clock=lambda: 5.0)
    for line in ("Traceback (most recent call last):", '  File "x.py", line 1', "my.Odd: hf_" + "a" * 30):
        reader.feed(line)
    assert reader.current is not None
    assert (reader.current.kind, reader.current.line, reader.current.seen_at) == ("failed", "my.Odd: hf_••••", 5.0)


def test_a_job_that_works_on_was_not_at_its_end() -> None:
    reader = SignReader()
    reader.feed("ValueError: retrying")
    reader.moved_on()
    assert reader.current is None
