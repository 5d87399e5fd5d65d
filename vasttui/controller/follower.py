"""One followed log: its rows go to the spool, and what they say of the job is read on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from vasttui.errors import UsageError, VastError
from vasttui.jobs.progress import Progress, ProgressReader
from vasttui.jobs.signs import Sign, SignReader
from vasttui.logs.events import Current, Lines, LogEvent, Restored, Switched, Trouble, Waiting
from vasttui.logs.rows import Kind
from vasttui.logs.spool import Spool
from vasttui.snapshot import LogState, LogStatus

SLICE = 100
"""Lines that are read at a time: looking for progress and signs costs some 20 µs a line."""

KEPT_SLICE = 1000
"""Lines that are kept at a time, which costs 1 µs a line."""

REPLAYED = 300
"""Kept lines that are read again at the start, for how far the job was."""


class Follower:
    """The state of one log.

    Args:
        open_spool: opens the spool; called when it is first needed.
        clock: epoch seconds.
    """

    def __init__(self, open_spool: Callable[[], Spool], clock: Callable[[], float]) -> None:
        self._open_spool = open_spool
        self._clock = clock
        self._spool: Spool | None = None
        self._now: float | None = None
        self._state = LogState.OFF
        self._text = ""
        self._source = ""
        self._gaps = 0
        self._since: float | None = None
        self._last_at: float | None = None
        self._checked_at: float | None = None
        self._failures = 0
        self._read_to: int | None = None
        self.error: VastError | None = None
        """What the source says is wrong now, None when it works."""
        self._run_id, self._patterns = "", tuple[str, ...]()
        self._anew()

    def _anew(self) -> None:
        self._progress = ProgressReader(self._time, self._patterns, self._run_id)
        self._signs = SignReader(self._time)
        self._at: tuple[float | None, str] | None = None

    def _time(self) -> float:
        return self._clock() if self._now is None else self._now

    # What is known

    @property
    def spool(self) -> Spool:
        """Its rows."""
        if self._spool is None:
            self._spool = self._open_spool()
            rows = self._spool.rows(self._spool.next_seq - 1, self._spool.next_seq)
            self._last_at = rows[0].received if rows else None
        return self._spool

    @property
    def status(self) -> LogStatus:
        """How the following goes."""
        spool = self._spool
        return LogStatus(
            state=self._state,
            source=self._source,
            lines=spool.received_lines if spool else 0,
            at_least=spool.at_least if spool else False,
            gaps=self._gaps,
            since=self._since,
            last_at=self._last_at,
            checked_at=self._checked_at,
            failures=self._failures,
            text=self._text,
            kept=spool.trouble if spool else "",
        )

    @property
    def progress(self) -> Progress | None:
        """How far the job is by its last lines."""
        return self._progress.current

    @property
    def sign(self) -> Sign | None:
        """What looks like the job's end."""
        return self._signs.current

    @property
    def series(self) -> Mapping[str, tuple[float, ...]]:
        """Metrics of the job over time by name, oldest first."""
        return self._progress.series

    # What happens

    def expect(self, run_id: str, patterns: Sequence[str] = ()) -> None:
        """Read the log for this run from now on, the kept lines again; the same once more does nothing.

        Args:
            run_id: what the run's marks bear; lines of other runs say nothing. "" for any.
            patterns: regular expressions of the user's own that find progress.

        Raises:
            UsageError: a pattern that cannot be used.
        """
        if (run_id, tuple(patterns)) == (self._run_id, self._patterns):
            return
        before = self._run_id, self._patterns
        self._run_id, self._patterns = run_id, tuple(patterns)
        try:
            self._anew()
        except UsageError:
            self._run_id, self._patterns = before
            raise
        if self._read_to is not None:
            for _ in self._replay():
                pass

    def begin(self, source: str) -> Iterator[None]:
        """It is followed from now on. Reads the last kept lines again, a slice with each step of the answer."""
        self._since = self._since or self._clock()
        self._source = source
        if not self.spool.received_lines:
            self._state, self._text = LogState.WAITING, "waiting for logs"
        return iter(()) if self._read_to == self.spool.next_seq else self._replay()

    def _replay(self) -> Iterator[None]:
        """What the kept lines of this container start say, each at the time at which it came."""
        self._anew()
        count, last = len(self.spool.known(REPLAYED)), self.spool.next_seq
        rows = [row for row in self.spool.rows(last - 2 * REPLAYED, last) if row.kind is Kind.LINE]
        rows = rows[len(rows) - count :] if count else []
        for start in range(0, len(rows), SLICE):
            for row in rows[start : start + SLICE]:
                self._now = row.received
                self._read_line(row.text)
            self._now = None
            yield
        self._read_to = last

    def keep(self, lines: Lines) -> bool:
        """Put lines, perhaps a part of what the source said, into the spool; whether there was anything new."""
        self.spool.apply(lines, self._clock())
        if lines.reset:
            # What the container before this one said is not this one's progress.
            self._anew()
        if lines.new or lines.live is not None:
            self._last_at = self._clock()
        self._gaps += lines.gap
        self._works()
        return not lines.nothing

    def read(self, lines: Lines) -> Iterator[Sequence[str]]:
        """Look what the lines say of the job, a slice with each step of the answer."""
        for start in range(0, len(lines.new), SLICE):
            texts = lines.new[start : start + SLICE]
            for text in texts:
                self._read_line(text)
            yield texts
        if lines.live:
            self._progress.feed(lines.live, live=True)
        self._read_to = self.spool.next_seq

    def _works(self) -> None:
        self.error, self._failures = None, 0
        self._state, self._text = LogState.FOLLOWING, ""

    def take(self, event: LogEvent) -> bool:
        """Take over what the source said of itself; whether there is a new row."""
        match event:
            case Waiting(text=text):
                self._state = LogState.FOLLOWING if self.spool.received_lines else LogState.WAITING
                self._text = text
            case Trouble(error=error, count=count):
                self.error, self._failures = error, count
                self._state, self._text = LogState.TROUBLE, f"{error.message} ({count}×)"
            case Restored(after=after):
                self.spool.note(f"restored after {after} failure{'s' if after > 1 else ''}", self._clock())
                self._works()
                return True
            case Switched(source=source):
                self._source = source
            case Current():
                self._works()
                self._checked_at = self._clock()
        return False

    def _read_line(self, text: str) -> None:
        starts = self._progress.starts
        if self._progress.feed(text):
            progress = self.progress
            at = (progress.done, progress.phase) if progress else None
            if self._at is not None and at is not None and at != self._at:
                self._signs.moved_on()
            self._at = at
        if self._progress.foreign:
            return
        if self._progress.starts != starts:
            # What looked like an end was that of the run before this one.
            self._signs = SignReader(self._time)
        self._signs.feed(text)


def slices(lines: Lines, *, whole: bool = False) -> Iterator[Lines]:
    """The same in parts that are kept quickly; applied one after the other they come to the same.

    With `whole` they stay together: were the program killed between two parts, the place known before them would be
    lost. Such lines come in chunks of some 64 kB anyway.
    """
    new = lines.new
    if whole or len(new) <= KEPT_SLICE:
        yield lines
        return
    last = (len(new) - 1) // KEPT_SLICE * KEPT_SLICE
    yield replace(lines, new=new[:KEPT_SLICE], live=None, place=None)
    for start in range(KEPT_SLICE, last, KEPT_SLICE):
        yield Lines(new=new[start : start + KEPT_SLICE])
    yield Lines(new=new[last:], live=lines.live, place=lines.place)
