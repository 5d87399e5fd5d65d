"""Jobs that boxes play: what a job that names itself prints, when it ends and how, and the files it leaves.

A job names itself by `VASTTUI_JOB_ID` in the environment of its box, or of a script that is started over SSH. It
prints the usual progress of its kind, for 60 to 200 simulated seconds, between its own start and end lines. A word
in its input, else in the box's label, else in its start command, makes it go wrong:

| word | what happens |
|---|---|
| oom | the GPU's memory is used up in the middle, exit code 1 |
| diskfull | the disk is full in the middle, exit code 1 |
| fails | it says why it cannot, exit code 3 |
| hang | it goes quiet in the middle, for ever |
| oldmarker | it first prints the end of an older run, and then works and ends well |
| nomark | it works and ends well, and prints none of the lines of its own |
"""

from __future__ import annotations

import hashlib
import math
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from vasttui.sim.workloads import CUDA_MEMORY_TRACE, Chunk, Workload, choose_kind

JOB_ID = "VASTTUI_JOB_ID"
OUT = "/workspace/out"
MISHAPS = ("oom", "oldmarker", "diskfull", "hang", "fails", "nomark")
SHORTEST, LONGEST = 60.0, 200.0
"""Simulated seconds of the main part of a job."""

_CUT_AT = 0.45
_BEGIN = 0.6
_CODES = {"oom": 1, "diskfull": 1, "fails": 3}
_WORD = re.compile(rf"(?<![a-z0-9])(?:{'|'.join(MISHAPS)})(?![a-z0-9])", re.IGNORECASE)


@dataclass(frozen=True)
class Play:
    """One job as a box plays it. `mishap` is one of MISHAPS or ""; `name` names its result."""

    run_id: str
    name: str
    mishap: str
    work: Workload

    @property
    def kind(self) -> str:
        """The kind of its work."""
        return self.work.kind

    @property
    def code(self) -> int:
        """Its exit code."""
        return _CODES.get(self.mishap, 0)

    @property
    def seconds(self) -> float:
        """How long its main part lasts, in simulated seconds."""
        return self.work.seconds

    @property
    def ends(self) -> float:
        """Its age at its end, in simulated seconds; infinite for one that hangs."""
        return math.inf if self.mishap == "hang" else self._chunks[-1][0]

    def script(self) -> Iterator[Chunk]:
        """What it prints and when."""
        return iter(self._chunks)

    def busy(self, second: float) -> bool:
        """Whether the GPU works at that second of its life."""
        return second < self.ends and self.work.busy(second)

    def files(self) -> dict[str, bytes]:
        """What it leaves on its box when it ended well."""
        if self.code:
            return {}
        log = f"{self.name}: done\n".encode()
        return {f"{OUT}/{self.name}.mp4": _made(self.work.seed), f"{OUT}/log.txt": log}

    @cached_property
    def _chunks(self) -> tuple[Chunk, ...]:
        return tuple(self._scene())

    def _scene(self) -> Iterator[Chunk]:
        if self.mishap == "oldmarker":
            yield 0.3, _old_run(self.work.seed)
        marked = self.mishap != "nomark"
        if marked:
            yield _BEGIN, _line(f"::vasttui start id={self.run_id}")
        last = _BEGIN
        for last, text in self._work():
            yield last, text
        if self.mishap == "hang":
            return
        if marked and not self.code:
            yield last + 1.0, _line(f"\n::vasttui result={result_url(self.name, self.work.seed)}")
        yield last + 1.5, _line(f"\n::vasttui done id={self.run_id} code={self.code}") if marked else b""

    def _work(self) -> Iterator[Chunk]:
        """Its work, cut in the middle when it goes wrong."""
        stop = self.work.seconds * _CUT_AT if self.mishap in (*_CODES, "hang") else math.inf
        last = _BEGIN
        for at, text in self.work.script():
            if at > stop:
                break
            last = _BEGIN + at
            yield last, text
        for number, words in enumerate(_LAST_WORDS.get(self.mishap, ())):
            yield last + 1.0 + number * 0.01, _line(words)


_LAST_WORDS: dict[str, tuple[str, ...]] = {
    "oom": CUDA_MEMORY_TRACE,
    "diskfull": (
        "",
        "Traceback (most recent call last):",
        '  File "/workspace/upscale.py", line 214, in write_frame',
        "    out.write(frame.tobytes())",
        "OSError: [Errno 28] No space left on device: '/workspace/out/frames/001310.png'",
    ),
    "fails": ("", "error: the input has no video stream"),
}


def _line(text: str) -> bytes:
    return f"{text}\n".encode()


def _old_run(seed: str) -> bytes:
    """The end of an earlier run, which a careless reader takes for the end of this one."""
    return (
        _line("=== Pipeline finished ===")
        + _line(f"::vasttui result={result_url('yesterday', f'{seed}:old')}")
        + _line("::vasttui done id=0000-yesterday.1 code=0")
    )


def result_url(name: str, seed: str) -> str:
    """The address of a result, signed as S3 signs."""
    signature = hashlib.sha256(f"{seed}:signature".encode()).hexdigest()
    return f"https://results.example/{name}.mp4?X-Amz-Expires=604800&X-Amz-Signature={signature}"


@lru_cache(maxsize=16)
def _made(seed: str) -> bytes:
    """A result of some hundred kB, the same for the same seed."""
    rng = random.Random(f"{seed}:result")
    return b"\x00\x00\x00\x18ftypmp42" + rng.randbytes(rng.randrange(150_000, 400_000))


def play_of(env: Mapping[str, str], seed: str, *texts: str | None) -> Play | None:
    """The job that an environment names, None when it names none. `texts` are looked through for telling words after
    the job's input: the label of its box, its start command, the image.
    """
    run_id = _word(env.get(JOB_ID, ""))
    if not run_id:
        return None
    told = (env.get("VASTTUI_INPUT"), env.get("VASTTUI_NAME"), *texts)
    own = f"{seed}:{run_id}"
    work = Workload.make(choose_kind(own, *told), own, random.Random(f"{own}:length").uniform(SHORTEST, LONGEST))
    if work.kind not in ("upscale", "train", "finetune"):
        work = Workload.make("upscale", own, work.seconds)
    return Play(run_id, _word(env.get("VASTTUI_NAME", "")) or "result", mishap_of(*told), work)


def mishap_of(*texts: str | None) -> str:
    """The first word in `texts` that makes a job go wrong, "" when there is none."""
    for text in texts:
        if match := _WORD.search(text or ""):
            return match[0].lower()
    return ""


def _word(text: str) -> str:
    """A text as one word of a file name."""
    return re.sub(r"[^\w.-]", "_", text.strip()).lstrip(".")[:120]
