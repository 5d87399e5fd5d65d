"""What a log line says about the end of a job: it looks finished, looks failed, or serves.

A sign is not a proof: killed runs print "done", and caught errors print tracebacks. It is shown with its line
and its age; what acts on it asks for more.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from vasttui.logs.clean import mask_secrets, plain

Kind = Literal["finished", "failed", "serving"]


@dataclass(frozen=True, slots=True)
class Sign:
    """A line that looks like the end.

    Attributes:
        kind: "finished", "failed" or "serving" (a server is up and waits for work).
        reason: two or three words, e.g. "out of GPU memory".
        line: the line itself, escapes and secrets removed, at most 300 characters.
        seen_at: when it came, on the reader's clock.
    """

    kind: Kind
    reason: str
    line: str
    seen_at: float


_FAILED = (
    (
        "out of GPU memory",
        r"(?:\bCUDA out of memory|OutOfMemoryError|CUDA error: out of memory|HIP out of memory)",
    ),
    ("disk full", r"No space left on device|Disk quota exceeded"),
    ("killed", r"^Killed$|\bexit(?:ed)?(?: with)?(?: code| status)? 137\b|\bOOM[- ]?[Kk]ill|signal 9\b"),
    (
        "GPU fault",
        r"CUDA error: (?!out of memory)|\bNVIDIA-SMI has failed|uncorrectable ECC|Unable to determine the device",
    ),
    ("crashed", r"Segmentation fault|core dumped|^terminate called after|^Fatal Python error"),
    (
        "container fault",
        r"^Error response from daemon: (?!No such container)|OCI runtime create failed|manifest unknown",
    ),
    ("pipeline failed", r"\bERROR: Pipeline failed|\b[Pp]ipeline failed with exit code [1-9]"),
    (
        "failed with an exit code",
        r"\b(?:failed|exited|exit(?:ing)?)(?: with)? (?:code|status|exit code) [1-9]\d*\b",
    ),
    ("file handle lost", r"Stale file handle"),
    ("access denied", r"\bAccessDenied\b"),
    ("an input failed", r"❌ Failed to process"),
    ("Python error", r"^(?:\w+\.)*[A-Z]\w*(?:Error|Exception|Interrupt): |^(?:\w+\.)*[A-Z]\w*Error$"),
)
_FINISHED = (
    ("job done", r"^(?:=+ *)?JOB DONE\b"),
    (
        "training done",
        r"\bTrainer\.fit` stopped: `max_(?:epochs|steps)=\d+` reached|^\d+ epochs completed in [\d.]+ hours",
    ),
    ("training done", r"'train_runtime': |\b[Tt]raining (?:is )?(?:complete|completed|finished|done)\b"),
    ("pipeline done", r"\bPipeline (?:finished|completed)\b(?! with exit code [1-9])"),
    ("frames done", r"✅ Completed \d+ frames in "),
    ("prompt done", r"^Prompt executed in [\d.]+ seconds"),
    ("hashcat done", r"^Status\.+: (?:Cracked|Exhausted)"),
    ("all done", r"^(?:=+ *)?(?:All done|Done!|Finished successfully|Success!)(?: *=+)?\W*$"),
)
_SERVING = (
    (
        "server is up",
        r"Application startup complete\.|\bUvicorn running on |\bServer is (?:ready|listening)\b",
    ),
)


def _compiled(kind: Kind, table: tuple[tuple[str, str], ...]) -> list[tuple[Kind, str, re.Pattern[str]]]:
    return [(kind, reason, re.compile(pattern)) for reason, pattern in table]


_ALL = _compiled("failed", _FAILED) + _compiled("finished", _FINISHED) + _compiled("serving", _SERVING)
_ANY = re.compile("|".join(f"(?:{pattern.pattern})" for _, _, pattern in _ALL))

_STEMS = (
    "emory", "No space", "quota", "Kill", "kill", "137", "signal 9", "CUDA error", "NVIDIA-SMI", "ECC", "Unable to",
    "Segmentation", "core dumped", "terminate", "Fatal", "Error", "OCI runtime", "manifest", "ipeline", "failed",
    "exit", "Stale", "AccessDenied", "❌", "Exception", "Interrupt", "JOB DONE", "Trainer.fit", "epochs completed",
    "runtime", "raining", "Completed", "Prompt", "Status", "All done", "Done!", "Finished", "Success!", "startup",
    "Uvicorn", "Server is",
)  # fmt: skip
"""Every sign has one of them; to look for these costs a tenth of looking for the signs."""


def _may_be(line: str) -> bool:
    for stem in _STEMS:  # noqa: SIM110 - a generator would cost as much again
        if stem in line:
            return True
    return False


def sign_of(raw: str, seen_at: float = 0.0) -> Sign | None:
    """What a raw line looks like; None for an ordinary line."""
    line = plain(raw).strip()
    if not _may_be(line) or not _ANY.search(line):
        return None
    for kind, reason, pattern in _ALL:
        if pattern.search(line):
            return Sign(kind, reason, mask_secrets(line)[:300], seen_at)
    return None


class SignReader:
    """Keeps the last sign of a log."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._traceback = False
        self.current: Sign | None = None
        """The last sign, until the log moves on."""

    def feed(self, raw: str) -> None:
        """Read one raw line."""
        sign = sign_of(raw, self._clock())
        if sign is not None:
            general = sign.reason == "Python error" and self.current is not None and self.current.kind == "failed"
            if not general or self._traceback:
                self.current = sign
        if raw.startswith("Traceback (most recent call last):"):
            self._traceback = True
        elif self._traceback and raw[:1] not in ("", " ", "\t"):
            # The first line that is not indented ends the block, and is the message.
            self.current = sign or Sign("failed", "Python error", mask_secrets(plain(raw))[:300], self._clock())
            self._traceback = False

    def moved_on(self) -> None:
        """The job works on: what looked like its end was none."""
        self.current, self._traceback = None, False
