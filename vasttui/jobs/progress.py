"""How far a job is, from its log: the one bar that stands for the job, out of all that it prints."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from vasttui.jobs.forms import read
from vasttui.jobs.reading import Metrics, Reading
from vasttui.logs.clean import plain

_SCAN = 4096
_MAX_TRACKS = 32
_MAX_LAYERS = 256
_QUIET_LINES = 200
_SAME_TIME = 0.25
"""Seconds within which bars without a time of their own count as received together."""

_RATE_WINDOW = 120.0
_RANK = {"job": 3, "epoch": 2, "side": 1}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is.

    Attributes:
        fraction: 0..1 of the whole job where that is known, else of what `phase` names; None when unknown.
        done, total: of the innermost bar, in `unit`.
        rate: units per second, from the difference of bars where there are two, else as printed.
        eta: seconds left for what `fraction` measures.
        phase: what is being done, e.g. "epoch 3/10".
        metrics: names and values as printed, e.g. ("loss", "0.51").
        seen_at: when the bar last moved, on the reader's clock: a stale bar needs its age beside it.
        kind: the form, e.g. "tqdm".
        scope: "job"; "epoch" when only the current epoch is known; "side" for a download, a cache and the
            like, whose 100 % says nothing about the job.
    """

    fraction: float | None
    done: float | None
    total: float | None
    unit: str
    rate: float | None
    eta: float | None
    phase: str
    metrics: Metrics
    seen_at: float
    kind: str = ""
    scope: str = "job"


@dataclass
class _Track:
    """One bar over time."""

    reading: Reading
    line: int
    seen_at: float
    epoch: int = 0
    resets: int = 0
    samples: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=64))

    def update(self, reading: Reading, line: int, now: float) -> None:
        before = self.reading.done
        if before is not None and reading.done is not None and reading.done < before:
            self.resets += 1
            self.samples.clear()
        if reading.done is not None:
            at = reading.elapsed if reading.elapsed is not None else now
            if reading.elapsed is None and self.samples and at - self.samples[-1][1] < _SAME_TIME:
                # They came in one reply: only its last bar is as old as the reply says.
                self.samples[-1] = (reading.done, self.samples[-1][1])
            elif not self.samples or at > self.samples[-1][1]:
                self.samples.append((reading.done, at))
            while self.samples[-1][1] - self.samples[0][1] > _RATE_WINDOW:
                self.samples.popleft()
        if before != reading.done or self.reading.fraction != reading.fraction:
            self.seen_at = now
        metrics = reading.metrics or self.reading.metrics
        self.reading, self.line = replace(reading, metrics=metrics), line

    @property
    def rate(self) -> float | None:
        """Units per second by the difference of bars; a printed rate is a mean since the start."""
        if len(self.samples) > 1:
            (done, start), (last, end) = self.samples[0], self.samples[-1]
            if end - start >= 1.0 and last > done:
                return (last - done) / (end - start)
        return self.reading.rate


class ProgressReader:
    """Feed it raw lines; `current` is how far the job is."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tracks: dict[tuple[str, str, str, float | None], _Track] = {}
        self._main: _Track | None = None
        self._line = 0
        self._outer: tuple[int, int] | None = None
        self._outer_at = 0.0
        self._from_zero = False
        self._phase = ""
        self._facts = Reading("facts")
        self._duration: float | None = None
        self._layers: dict[str, float] = {}

    def feed(self, line: str) -> None:
        """Read one raw line, or a live line again after it was redrawn. Cost is bounded whatever its
        length.
        """
        self._line += 1
        text = plain(line[-4 * _SCAN :], _SCAN)
        if len(text) < 3 or (reading := read(text)) is None:
            return
        if reading.outer is not None:
            if reading.outer != self._outer:
                self._outer_at = self._clock()
            self._outer, self._from_zero = reading.outer, self._from_zero or reading.outer[0] == 0
        if reading.scope == "facts":
            self._note(reading)
        elif reading.scope != "outer":
            self._bar(self._completed(reading))
        elif self._main is None or self._main.reading.scope == "side":
            self._phase = reading.phase

    @property
    def current(self) -> Progress | None:
        """How far it is by the last lines; None when no line told."""
        track = self._main
        if track is None:
            return self._epochs_only()
        reading, rate = track.reading, track.rate
        eta = self._left(reading, rate, reading.eta if rate == reading.rate else None)
        fraction, phase = reading.fraction, reading.phase or self._phase
        nested = reading.scope == "epoch" or self._begins_anew(track)
        scope = "epoch" if nested else reading.scope
        if nested and self._outer and self._outer[1] and fraction is not None:
            fraction, eta, phase, scope = self._of_all_epochs(reading, fraction, rate, eta)
        return Progress(
            fraction, reading.done, reading.total, reading.unit, rate, eta, phase,
            reading.metrics or self._facts.metrics, track.seen_at, reading.kind, scope,
        )  # fmt: skip

    def _begins_anew(self, track: _Track) -> bool:
        """A bar that does not say so, but began again when the next epoch did."""
        return track.resets > 0 and self._outer is not None and self._outer[0] > track.epoch

    def _epochs_only(self) -> Progress | None:
        if self._outer is None or not self._outer[1]:
            return None
        epoch, epochs = self._outer
        done = epoch if self._from_zero else max(epoch - 1, 0)
        return Progress(
            min(done / epochs, 1.0), float(done), float(epochs), "epoch", None, None,
            f"epoch {epoch}/{epochs}", self._facts.metrics, self._outer_at, "counted", "job",
        )  # fmt: skip

    def _of_all_epochs(
        self, reading: Reading, fraction: float, rate: float | None, eta: float | None
    ) -> tuple[float, float | None, str, str]:
        epoch, epochs = self._outer or (0, 1)
        count = epochs + 1 if self._from_zero and reading.kind in ("tqdm", "yolo") else epochs
        before = epoch if self._from_zero else max(epoch - 1, 0)
        if rate and reading.total and eta is not None:
            eta += max(count - before - 1, 0) * reading.total / rate
        return min((before + fraction) / count, 1.0), eta, f"epoch {epoch}/{epochs}", "job"

    def _left(self, reading: Reading, rate: float | None, printed: float | None) -> float | None:
        if printed is not None:
            return printed
        if rate and reading.total is not None and reading.done is not None:
            return max(reading.total - reading.done, 0.0) / rate
        return reading.eta

    def _note(self, reading: Reading) -> None:
        if reading.kind == "ffmpeg":
            self._duration = reading.total
            return
        if reading.phase:
            self._phase = reading.phase
        self._facts = replace(
            self._facts, rate=reading.rate or self._facts.rate, eta=reading.eta or self._facts.eta,
            metrics=reading.metrics or self._facts.metrics,
        )  # fmt: skip
        if reading.metrics and self._main is not None and self._main.reading.scope != "side":
            self._main.reading = replace(self._main.reading, metrics=reading.metrics)

    def _completed(self, reading: Reading) -> Reading:
        """A reading with what earlier lines told about it."""
        if reading.kind == "ffmpeg" and self._duration and reading.unit == "s" and reading.done is not None:
            fraction = min(reading.done / self._duration, 1.0)
            return replace(reading, total=self._duration, fraction=fraction)
        if reading.kind == "hashcat":
            return replace(reading, rate=self._facts.rate, eta=self._facts.eta)
        if reading.kind == "docker" and reading.fraction is not None:
            if len(self._layers) < _MAX_LAYERS:
                layer = reading.metrics[0][1]
                self._layers[layer] = max(reading.fraction, self._layers.get(layer, 0.0))
            whole = sum(share == 1.0 for share in self._layers.values())
            fraction = sum(self._layers.values()) / len(self._layers)
            return replace(reading, done=float(whole), total=float(len(self._layers)), fraction=fraction, metrics=())
        return reading

    def _bar(self, reading: Reading) -> None:
        name = "epoch" if reading.scope == "epoch" else reading.phase
        total = None if reading.kind in ("docker", "nerfstudio", "wget", "rsync") else reading.total
        key = (reading.kind, reading.scope, name, total)
        track = self._tracks.pop(key, None)
        now = self._clock()
        if track is None:
            track = _Track(reading, self._line, now, self._outer[0] if self._outer else 0)
        track.update(reading, self._line, now)
        self._tracks[key] = track
        if len(self._tracks) > _MAX_TRACKS:
            del self._tracks[next(iter(self._tracks))]
        if self._replaces(track):
            self._main = track

    def _replaces(self, new: _Track) -> bool:
        """Whether a bar becomes the job's: it is of a better kind, or larger, or the old one is over or
        silent.
        """
        old = self._main
        if old is None or old is new:
            return True
        ranks = _RANK[new.reading.scope], _RANK[old.reading.scope]
        if min(ranks) == 1 and ranks[0] != ranks[1]:
            return ranks[0] > ranks[1]
        silent = self._line - old.line > _QUIET_LINES
        over = old.reading.fraction is not None and old.reading.fraction >= 1.0
        return silent or over or (new.reading.total or 0) >= (old.reading.total or 0)
