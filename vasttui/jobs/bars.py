"""The bars of a log over time, and the one of them that stands for the job."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

from vasttui.jobs.reading import Reading

_MAX_TRACKS = 32
_QUIET_LINES = 200
_RATE_WINDOW = 120.0
_SAME_TIME = 0.25
"""Seconds within which bars without a time of their own count as received together."""

_LATE = 0.02
"""Share of a total by which a figure may lag behind another writer's without having begun anew."""

_RANK = {"job": 3, "epoch": 2, "outer": 2, "side": 1}
_TOLD = {"mark": 5, "own": 4}
"""What the job or its user tells outranks all that was guessed."""

_GROWING = frozenset({"docker", "nerfstudio", "wget", "rsync", "mark", "own", "hashcat", "ffmpeg"})
"""Forms whose total may change under way."""


@dataclass
class Track:
    """One bar over time.

    Attributes:
        reading: as it is now.
        line: number of its last line.
        seen_at: when it last moved.
        number: of the bar, in the order in which they began.
        epoch: the epoch in which it began, 0 when unknown.
        begun: how often it began anew.
    """

    reading: Reading
    line: int
    seen_at: float
    number: int = 0
    epoch: int = 0
    begun: int = 0
    _samples: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=64))

    @property
    def rank(self) -> int:
        """How well it stands for the job."""
        return _TOLD.get(self.reading.kind) or _RANK[self.reading.scope]

    @property
    def rate(self) -> float | None:
        """Units per second by the difference of bars; a printed rate is a mean since the start."""
        if len(self._samples) > 1:
            (done, start), (last, end) = self._samples[0], self._samples[-1]
            if end - start >= 1.0 and last > done:
                return (last - done) / (end - start)
        return self.reading.rate

    @property
    def eta(self) -> float | None:
        """Seconds until the bar is full, by the difference of bars, else as printed."""
        reading, rate = self.reading, self.rate
        if reading.eta is not None and (rate is None or rate == reading.rate):
            return reading.eta
        done, total = position(reading), reading.total if reading.done is not None else 100.0
        if not rate or done is None or total is None:
            return reading.eta
        return max(total - done, 0.0) / rate

    def update(self, reading: Reading, line: int, now: float) -> bool:
        """Take the bar's next redraw; whether it moved."""
        before, at = position(self.reading), position(reading)
        if before is not None and at is not None and at < before:
            if before - at <= _LATE * (reading.total or (100.0 if reading.done is None else 0.0)):
                reading = replace(reading, done=self.reading.done, fraction=self.reading.fraction)
            else:
                self.begun += 1
                self._samples.clear()
        self._sample(reading, now)
        moved = self.reading.done != reading.done or self.reading.fraction != reading.fraction
        if moved:
            self.seen_at = now
        self.reading, self.line = replace(reading, metrics=reading.metrics or self.reading.metrics), line
        return moved

    def _sample(self, reading: Reading, now: float) -> None:
        done = position(reading)
        if done is None:
            return
        samples, at = self._samples, reading.elapsed if reading.elapsed is not None else now
        if samples and at < samples[-1][1] and reading.elapsed is not None:
            # Its own clock began anew, and with it what the differences are of.
            samples.clear()
        if reading.elapsed is None and samples and at - samples[-1][1] < _SAME_TIME:
            # They came in one reply: only its last bar is as old as the reply says.
            samples[-1] = (done, samples[-1][1])
        elif not samples or at > samples[-1][1]:
            samples.append((done, at))
        while samples[-1][1] - samples[0][1] > _RATE_WINDOW:
            samples.popleft()


def position(reading: Reading) -> float | None:
    """How far a bar is in its own units, in percent when it counts nothing."""
    if reading.done is not None or reading.fraction is None:
        return reading.done
    return reading.fraction * 100


class Bars:
    """All bars of a run."""

    def __init__(self) -> None:
        self.main: Track | None = None
        """The bar that stands for the job."""
        self._tracks: dict[tuple[str, str, str, float | None], Track] = {}
        self._begun = 0

    def put(self, reading: Reading, line: int, now: float, epoch: int) -> bool:
        """Take a bar's redraw; whether it stands for the job and moved."""
        name = "epoch" if reading.scope == "epoch" else "" if reading.kind in _TOLD else reading.phase
        key = (reading.kind, reading.scope, name, None if reading.kind in _GROWING else reading.total)
        track = self._tracks.pop(key, None)
        if fresh := track is None:
            self._begun += 1
            track = Track(reading, line, now, self._begun, epoch)
        moved = track.update(reading, line, now) or fresh
        self._tracks[key] = track
        if len(self._tracks) > _MAX_TRACKS:
            del self._tracks[next(iter(self._tracks))]
        if self._replaces(track):
            self.main = track
        return moved and self.main is track

    def _replaces(self, new: Track) -> bool:
        """Whether a bar becomes the job's: it is of a better kind, or larger, or the old one is over or silent."""
        old = self.main
        if old is None or old is new:
            return True
        ranks = new.rank, old.rank
        if ranks[0] != ranks[1] and (min(ranks) == 1 or max(ranks) >= min(_TOLD.values())):
            return ranks[0] > ranks[1]
        silent = new.line - old.line > _QUIET_LINES
        over = old.reading.fraction is not None and old.reading.fraction >= 1.0
        return silent or over or (new.reading.total or 0) >= (old.reading.total or 0)
