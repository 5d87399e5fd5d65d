"""How far a job is, from its log: the one bar that stands for the job, out of all that it prints."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from vasttui.jobs.bars import Bars, Track
from vasttui.jobs.context import Context
from vasttui.jobs.epochs import Epochs
from vasttui.jobs.falls import Falls, Shown
from vasttui.jobs.forms import read
from vasttui.jobs.marks import SIGN, Mark, read_marks
from vasttui.jobs.reading import Metrics, Reading, ratio
from vasttui.jobs.scripted import Run, found, progress_pattern, told
from vasttui.jobs.series import Series
from vasttui.logs.clean import plain

_SCAN = 4096


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
        note: why the figure is lower than it was ("restarted", "counts all epochs now"), "" while it only grew.
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
    note: str = ""


class ProgressReader:
    """Feed it raw lines; `current` is how far the job is.

    Args:
        clock: seconds; `seen_at` is on it.
        patterns: regular expressions of the user's own, see `vasttui.jobs.scripted.progress_pattern`.
        run_id: the run that is looked for; the lines of others are not read. "" for any.

    Raises:
        UsageError: a pattern that cannot be used.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, patterns: Sequence[str] = (), run_id: str = ""
    ) -> None:
        self._clock = clock
        self._patterns = tuple(progress_pattern(text) for text in patterns)
        self._run = Run(run_id)
        self._falls = Falls()
        self._anew()

    def _anew(self) -> None:
        self._line = 0
        self._bars, self._epochs, self._context, self._series = Bars(), Epochs(), Context(), Series()
        self._outer: Track | None = None
        self._said: Reading | None = None
        self._current: Progress | None = None
        self._unfinished = ""

    def feed(self, line: str, *, live: bool = False) -> bool:
        """Read one raw line; whether `current` may have changed. Cost is bounded whatever its length.

        Args:
            line: the line.
            live: it is not finished, and may end within a number.
        """
        self._line += 1
        if SIGN in line:
            # A mark that is not finished may miss a digit.
            marks = read_marks(line)
            if marks:
                changes = [self._mark(mark) for mark in marks] if not live else []
                return any(changes)
        if self._run.over or self._run.foreign:
            return False
        text = plain(line[-4 * _SCAN :], _SCAN)
        before, self._unfinished = self._unfinished, text if live else ""
        changed = bool(before) and self._was_whole(before, text) and self._look(before)
        return self._look(text, live) or changed

    @property
    def current(self) -> Progress | None:
        """How far it is by the last lines; None when no line told."""
        return self._current

    @property
    def series(self) -> Mapping[str, tuple[float, ...]]:
        """Numeric metrics of the job over time by name, oldest first; at most 240 points each."""
        return self._series.values

    @property
    def starts(self) -> int:
        """How many times a run said that it began, whichever it was."""
        return self._run.starts

    @property
    def foreign(self) -> bool:
        """The lines that come now are of another run than the one that is looked for."""
        return self._run.foreign

    def _was_whole(self, before: str, text: str) -> bool:
        """Whether an unfinished line was no half of a number: it was redrawn, and still goes to the same total."""
        if text.startswith(before):
            return False
        was, now = self._reading(before, live=False), self._reading(text, live=False)
        return was is not None and now is not None and (was.kind, was.total) == (now.kind, now.total)

    def _look(self, text: str, live: bool = False) -> bool:
        reading = self._reading(text, live) if len(text) > 2 else None
        if reading is not None:
            self._take(reading)
        return reading is not None

    def _reading(self, text: str, live: bool) -> Reading | None:
        if live:
            return read(text.rstrip("0123456789."), bars_only=True)
        for pattern in self._patterns:
            if (reading := found(pattern, text)) is not None:
                return reading
        return read(text)

    def _mark(self, mark: Mark) -> bool:
        if mark.verb == "start":
            again = self._run.begin(mark)
            if self._run.foreign and self._run.known:
                return False
            falls, self._falls = self._falls, Falls()
            if again:
                self._falls = falls
                falls.begin_again("the run began again")
            self._anew()
        elif mark.verb == "done":
            if self._run.owns(mark):
                self._run.over = True
            elif not self._run.begun:
                # All before it was another run's.
                self._anew()
        elif mark.verb or self._run.over or self._run.foreign or not self._run.owns(mark):
            return False
        elif (reading := told(mark, self._said)) is not None:
            self._said = reading if reading.scope != "facts" else self._said
            self._take(reading)
        return True

    def _take(self, reading: Reading) -> None:
        self._epochs.take(reading)
        if reading.scope == "facts":
            self._learn(reading)
        elif reading.scope == "outer":
            self._series.add(reading.metrics)
        else:
            whole, epoch = self._context.complete(reading), self._epochs.last
            moved = self._bars.put(whole, self._line, self._clock(), epoch[0] if epoch else 0)
            if moved and whole.scope != "side":
                self._series.add(whole.metrics)
        if self._epochs.last is not None and reading.outer is not None:
            self._count(reading)
        self._current = self._shown()

    def _learn(self, facts: Reading) -> None:
        self._context.learn(facts)
        self._series.add(facts.metrics)
        main = self._bars.main
        if facts.metrics and main is not None and main.reading.scope != "side" and main.reading.kind != "mark":
            main.reading = replace(main.reading, metrics=facts.metrics)

    def _count(self, reading: Reading) -> None:
        """Follow the count of epochs as a bar of its own."""
        if self._bars.main is None or self._bars.main.rank == 1:
            self._context.phase = self._epochs.name
        done, total, now = float(self._epochs.before), float(self._epochs.count("counted")), self._clock()
        told = reading if reading.scope == "outer" else Reading("counted", "outer")
        bar = replace(told, kind="counted", done=done, total=total, fraction=ratio(done, total), unit="epoch")
        if self._outer is None:
            self._outer = Track(bar, self._line, now)
        self._outer.update(bar, self._line, now)

    def _shown(self) -> Progress | None:
        track = self._bars.main
        if track is None or (track.rank == 1 and self._outer is not None):
            return self._noted(_of_epochs(self._outer, self._epochs, self._context), self._outer)
        reading = track.reading
        if reading.phase and track.rank > 1:
            # What was set up before is no name for a bar of the work that has none.
            self._context.phase = ""
        shown = Progress(
            reading.fraction, reading.done, reading.total, reading.unit, track.rate, track.eta,
            reading.phase or self._context.phase, reading.metrics or self._context.metrics, track.seen_at,
            reading.kind, reading.scope,
        )  # fmt: skip
        nested = _begins_anew(track, self._epochs)
        if nested:
            shown = _of_all_epochs(shown, self._epochs) if self._epochs.last else replace(shown, scope="epoch")
        return self._noted(shown, track, self._epochs.last if nested else None)

    def _noted(
        self, shown: Progress | None, track: Track | None, epoch: tuple[int, int] | None = None
    ) -> Progress | None:
        """With the reason why the figure is lower than it was."""
        if shown is None or track is None or shown.fraction is None:
            return shown
        now = Shown(shown.fraction, track.number, track.begun, shown.total, shown.scope, shown.phase, epoch)
        return replace(shown, note=self._falls.take(now))


def _begins_anew(track: Track, epochs: Epochs) -> bool:
    """Whether a bar is of one epoch: it says so, or it began again when the next epoch did."""
    if track.reading.scope == "epoch":
        return True
    return track.begun > 0 and epochs.last is not None and epochs.last[0] > track.epoch


def _of_all_epochs(shown: Progress, epochs: Epochs) -> Progress:
    """An epoch's bar as a part of the whole job."""
    if shown.fraction is None:
        return replace(shown, scope="epoch")
    count, eta = epochs.count(shown.kind), shown.eta
    if shown.rate and shown.total and eta is not None:
        eta += max(count - epochs.before - 1, 0) * shown.total / shown.rate
    fraction = min((epochs.before + shown.fraction) / count, 1.0)
    return replace(shown, fraction=fraction, eta=eta, phase=epochs.name, scope="job")


def _of_epochs(outer: Track | None, epochs: Epochs, context: Context) -> Progress | None:
    """What is known when epochs are counted and nothing within them is."""
    if outer is None:
        return None
    bar = outer.reading
    return Progress(
        bar.fraction, bar.done, bar.total, "epoch", outer.rate, outer.eta, epochs.name,
        bar.metrics or context.metrics, outer.seen_at, "counted", "job",
    )  # fmt: skip
