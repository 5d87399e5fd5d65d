"""What rented boxes print: scripts of (seconds since start, bytes), the same for the same seed.

A script is a pure generator; a `Tape` remembers what it has given, so that "everything printed by second t"
is a cheap question and what was printed by an earlier second is always a prefix of it. Shapes follow what
tqdm, the HF Trainer, ffmpeg, Real-ESRGAN and torch print.
"""

from __future__ import annotations

import random
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Chunk = tuple[float, bytes]

KINDS = ("upscale", "train", "finetune", "oom", "restart", "hang", "idle", "quiet")
# A word that names the kind, looked for in the label first, then the start command, then the image.
_WORDS = (
    ("oom", r"\boom\b|out.of.memory"),
    ("hang", r"\bhangs?\b|\bhung\b|\bstuck\b"),
    ("restart", r"\brestart(s|ing)?\b|crash.?loop"),
    ("upscale", r"upscal|esrgan|\brife\b|\bvideo\b|ffmpeg"),
    ("finetune", r"fine.?tun|\blora\b|unsloth|axolotl|\bsft\b"),
    ("train", r"\btrain|kohya|yolo"),
    ("idle", r"notebook|jupyter|\bidle\b|sleep infinity"),
)
_PROGRESSING = ("upscale", "train", "finetune")
_USUAL_SECONDS = {
    "upscale": 300.0,
    "train": 420.0,
    "finetune": 520.0,
    "oom": 180.0,
    "restart": 75.0,
    "idle": 0.0,
    "hang": 0.0,
    "quiet": 0.0,
}


def choose_kind(seed: str, *texts: str | None) -> str:
    """The workload that the first telling word in `texts` names; else a progressing one, by seed."""
    for text in texts:
        for kind, pattern in _WORDS:
            if text and re.search(pattern, text, re.IGNORECASE):
                return kind
    return random.Random(f"{seed}:kind").choice(_PROGRESSING)


@dataclass(frozen=True)
class Workload:
    """One job: its kind, the seed of its jitter, and how long its main part lasts (simulated seconds)."""

    kind: str
    seed: str
    seconds: float

    @classmethod
    def make(cls, kind: str, seed: str, seconds: float | None = None) -> Workload:
        """A workload of the usual length, or of `seconds`."""
        usual = _USUAL_SECONDS[kind] * random.Random(f"{seed}:length").uniform(0.85, 1.25)
        return cls(kind, seed, usual if seconds is None else seconds)

    def script(self) -> Iterator[Chunk]:
        """What it prints and when, in order. Endless for `restart` and `idle`."""
        return _SCRIPTS[self.kind](random.Random(f"{self.seed}:script"), self.seconds)

    def busy(self, second: float) -> bool:
        """Whether the GPU works at that second of its life."""
        if self.kind in ("idle", "hang", "quiet"):
            return False
        if self.kind == "restart":
            return second % self.seconds > 12.0
        share = 0.31 if self.kind == "oom" else 1.0
        return _WARM_UP < second < _WARM_UP + self.seconds * share


class Tape:
    """A script as it has been printed so far; grows by itself as later seconds are asked for."""

    def __init__(self, script: Iterator[Chunk]) -> None:
        self._script = script
        self._text = bytearray()
        self._times: list[float] = []
        self._ends: list[int] = []
        self._done = False

    def size(self, second: float) -> int:
        """Bytes printed by that second."""
        while not self._done and (not self._times or self._times[-1] <= second):
            chunk = next(self._script, None)
            if chunk is None:
                self._done = True
                break
            self._text += chunk[1]
            self._times.append(max(chunk[0], self._times[-1] if self._times else 0.0))
            self._ends.append(len(self._text))
        index = bisect_right(self._times, second)
        return self._ends[index - 1] if index else 0

    def read(self, second: float, start: int = 0) -> bytes:
        """What was printed by that second, from byte `start` on."""
        return bytes(self._text[start : max(start, self.size(second))])


_WARM_UP = 8.0


def _line(text: str) -> bytes:
    return f"{text}\n".encode()


def clock_text(seconds: float) -> str:
    """tqdm's way to write a duration: 00:57, 2:37:06."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes:02d}:{rest:02d}"


def _hms(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest:02d}"


def tqdm_bar(prefix: str, done: int, total: int, elapsed: float, *, extra: str = "", width: int = 20) -> str:
    """One redraw of a tqdm bar, without its carriage return."""
    eighths = int(done / total * width * 8)
    full, part = divmod(eighths, 8)
    bar = ("█" * full + (" ▏▎▍▌▋▊▉"[part] if full < width else "")).ljust(width)
    if not done:
        rate = left = "?"
        rate += "it/s"
    else:
        speed = done / max(elapsed, 0.01)
        left = clock_text((total - done) / speed)
        rate = f"{speed:5.2f}it/s" if speed >= 1 else f"{1 / speed:5.2f}s/it"
    return f"{prefix}{done / total:4.0%}|{bar}| {done}/{total} [{clock_text(elapsed)}<{left}, {rate}{extra}]"


def _boot(rng: random.Random) -> Iterator[Chunk]:
    yield (
        0.2,
        _line("Hit:1 https://developer.download.nvidia.com/compute/cuda/repos/ubuntu2204/x86_64  InRelease"),
    )
    yield 0.9, _line("Reading package lists...")
    yield 1.6, _line("git is already the newest version (1:2.34.1-1ubuntu1.12).")
    yield 2.4, _line("Server listening on 0.0.0.0 port 22.")
    yield 3.0, _line(f"=== RUN START: job_id={rng.randrange(16**8):08x} ===")
    yield 4.0, _line("=== GPU DIAGNOSTICS (inside container) ===")
    yield 4.4, _line("CUDA available: True, device count: 1")


def _beats(rng: random.Random, seconds: float, steps: int, every: float) -> Iterator[tuple[float, int]]:
    """(second, step) of each redraw: even pace with jitter, the last exactly at the end."""
    at = 0.0
    while at < seconds - every:
        at += every * rng.uniform(0.7, 1.3)
        yield _WARM_UP + at, min(steps - 1, max(1, int(at / seconds * steps)))
    yield _WARM_UP + seconds, steps


def _pace(seconds: float) -> float:
    """Seconds between redraws: about one a second, less often in jobs of many hours."""
    return min(6.0, max(0.8, seconds / 3000))


def _train(rng: random.Random, seconds: float, stop_at: float = 1.0) -> Iterator[Chunk]:
    yield from _boot(rng)
    steps, epochs = max(40, int(seconds * 2.1) // 10 * 10), 10
    yield 5.0, _line("prepare optimizer, data loader etc.")
    for done in range(0, 687, 98):
        yield 5.1 + done / 400, tqdm_bar("caching latents: ", done, 686, done / 29).encode() + b"\r"
    yield 7.0, _line("\nrunning training / 学習開始") + _line(f"  num epochs / epoch数: {epochs}")
    epoch, loss = 0, 0.162
    for at, step in _beats(rng, seconds, steps, _pace(seconds)):
        if step > stop_at * steps:
            return
        if step * epochs // (steps + 1) + 1 > epoch:
            epoch += 1
            yield (
                at,
                _line("" if epoch == 1 else f"\nsaving checkpoint: /workspace/out/run-{epoch - 1:06d}.safetensors"),
            )
            yield at, _line(f"epoch {epoch}/{epochs}")
        loss = max(0.031, loss * rng.uniform(0.985, 1.012))
        bar = tqdm_bar("steps: ", step, steps, at - _WARM_UP, extra=f", avr_loss={loss:.4f}")
        yield at, b"\r" + bar.encode()
    end = _WARM_UP + seconds
    yield end + 1, _line("\nsaving checkpoint: /workspace/out/run.safetensors")
    yield end + 3, _line("model saved.")


def _upscale(rng: random.Random, seconds: float) -> Iterator[Chunk]:
    yield from _boot(rng)
    frames = max(60, int(seconds * 3.1))
    yield 5.0, _line("[entrypoint] Updating project from Git repository...")
    yield (
        5.6,
        _line(f"  Duration: {_hms(frames / 24)}.00, start: 0.000000, bitrate: 4096 kb/s"),
    )
    for n in range(1, 5):
        text = f"frame={frames * n // 4:5d} fps=412 q=-0.0 size=N/A time=00:00:{n * 9:02d}.00 speed=17.2x"
        yield 5.8 + n / 3, text.encode() + (b"\r" if n < 4 else b"\n")
    yield 7.2, _line("\x1b[32mINFO\x1b[0m Loading RealESRGAN_x4plus.pth on cuda:0")
    # A model that prints escapes and markup: nothing of it may reach the reader's terminal as such.
    yield 7.4, _line("\x1b]0;upscale\x07[bold red]RealESRGAN[/] \x1b[2K4x, tile=512")
    logged = 0
    for at, frame in _beats(rng, seconds, frames, _pace(seconds) * 1.5):
        yield at, _line(f"[Real-ESRGAN] Processing frame {frame}/{frames}")
        if frame - logged > frames / 40:
            logged = frame
            rate = frame / (at - _WARM_UP)
            eta = _hms((frames - frame) / rate)
            yield (
                at + 0.1,
                _line(f"[batch_rife] RATE: processed={frame}/{frames} avg_fps={rate:.2f} ETA={eta}"),
            )
            if rng.random() < 0.12:
                yield at + 0.2, _line("\x1b[33mWARN\x1b[0m NVENC session limit, falling back to libx264")
    end = _WARM_UP + seconds
    yield end + 1, _line(f"✅ Completed {frames} frames in {seconds:.1f}s ({frames / seconds:.2f} fps)")
    for part in range(1, 10):
        yield end + 1 + part * 0.8, _line(f"upload part {part}/9 → b2://videos/out/clip.mp4")
    yield end + 10, _line("Upload finished.")


def _finetune(rng: random.Random, seconds: float) -> Iterator[Chunk]:
    yield from _boot(rng)
    steps = max(20, int(seconds / 1.37) // 10 * 10)
    for n in range(5):
        bar = tqdm_bar("Loading checkpoint shards: ", n, 4, n * 0.6)
        yield 5 + n * 0.6, bar.encode() + (b"\r" if n < 4 else b"\n")
    yield 7.6, _line("***** Running training *****") + _line(f"  Total optimization steps = {steps:,}")
    loss, logged = 2.41, 0
    for at, step in _beats(rng, seconds, steps, _pace(seconds)):
        yield at, b"\r" + tqdm_bar("", step, steps, at - _WARM_UP, width=10).encode()
        if step // 10 > logged:
            logged = step // 10
            loss = max(0.42, loss * rng.uniform(0.955, 1.02))
            rate = 5e-05 * (1 - step / steps)
            norm = rng.uniform(0.6, 3.9)
            yield (
                at + 0.05,
                _line(
                    f"\n{{'loss': {loss:.4f}, 'grad_norm': {norm:.6f}, 'learning_rate': {rate:.6e}, "
                    f"'epoch': {3 * step / steps:.2f}}}"
                ),
            )
    end = _WARM_UP + seconds
    yield (
        end + 1,
        _line(
            f"\n{{'train_runtime': {seconds:.4f}, 'train_samples_per_second': {steps * 4 / seconds:.3f}, "
            f"'train_loss': {loss:.6f}, 'epoch': 3.0}}"
        ),
    )
    yield end + 2, _line("Saving model checkpoint to /workspace/outputs/final")


CUDA_MEMORY_TRACE = (
    "",
    "Traceback (most recent call last):",
    '  File "/workspace/train_network.py", line 1242, in <module>',
    "    trainer.train(args)",
    '  File "/workspace/library/train_util.py", line 818, in forward',
    "    hidden = self.attn(hidden)",
    (
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 750.00 MiB. GPU 0 has a total "
        "capacity of 23.64 GiB of which 412.25 MiB is free. Including non-PyTorch memory, this process has "
        "23.20 GiB memory in use."
    ),
)


def _oom(rng: random.Random, seconds: float) -> Iterator[Chunk]:
    last = 0.0
    for last, text in _train(rng, seconds, stop_at=0.31):
        yield last, text
    for number, line in enumerate(CUDA_MEMORY_TRACE):
        yield last + 1.5 + number * 0.01, _line(line)
    yield last + 3, _line("ERROR: Pipeline failed with exit code 1")


def _restart(rng: random.Random, seconds: float) -> Iterator[Chunk]:
    """A container that dies and is started again: the same first lines each time."""
    lap, dice = 0, rng.randrange(10**6)
    while True:
        base, again = lap * seconds, random.Random(dice)
        for at, text in _boot(again):
            yield base + at, text
        if lap:
            yield (
                base + 5,
                _line("fatal: destination path 'project' already exists and is not an empty directory."),
            )
        total = 120
        for at, step in _beats(again, seconds - 20, total, 1.5):
            if step > 70:
                break
            yield base + at, b"\r" + tqdm_bar("epoch 1: ", step, total, at - _WARM_UP).encode()
        yield base + seconds - 3, _line("\nKilled")
        lap += 1


def _idle(rng: random.Random, _seconds: float) -> Iterator[Chunk]:
    yield from _boot(rng)
    yield 5.0, _line("[I 2026-01-07 09:12:31.552 ServerApp] Jupyter Server 2.14.2 is running at:")
    yield 5.1, _line("[I 2026-01-07 09:12:31.552 ServerApp] http://127.0.0.1:8080/tree?token=…")
    at = 60.0
    while True:
        yield at, _line("[I ServerApp] Saving file at /workspace/notes.ipynb")
        at += rng.uniform(500, 2400)


def _silence(_rng: random.Random, _seconds: float) -> Iterator[Chunk]:
    return iter(())


_SCRIPTS: dict[str, Callable[[random.Random, float], Iterator[Chunk]]] = {
    "upscale": _upscale,
    "train": _train,
    "finetune": _finetune,
    "oom": _oom,
    "restart": _restart,
    "idle": _idle,
    "hang": _silence,
    "quiet": _silence,
}
