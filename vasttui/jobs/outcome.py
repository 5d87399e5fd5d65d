"""How a job's work goes by what its box prints: begun, its result, how it ended.

A line is no proof: killed runs print "done", and a reused container still shows yesterday's marker. So a line counts
only between this run's own marks, success takes the exit code and the marker, and the result comes from this run.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Iterator

from vasttui.jobs.failures import KILLED, failure_of_exit, failure_of_line, failure_of_sign
from vasttui.jobs.marks import SIGN, Mark, read_marks
from vasttui.jobs.signs import Sign, SignReader
from vasttui.jobs.spec import JobSpec, Rules
from vasttui.jobs.states import Ended, Failure
from vasttui.logs.clean import mask_secrets, plain
from vasttui.logs.patterns import Pattern

LOG_LAG = 45.0
"""Seconds for which the log may still bring the end of a run whose exit code is known: a reply of Vast.ai's log is
older than what SSH tells."""

LAST_LINES = 200
"""Lines before the end in which the reason of a failure is looked for; the ranks of a run print theirs one by one."""

LONGEST_RESULT = 4096
"""Characters of a result; what is longer is no address."""

LONGEST_REASON = 300

_REACH = 4096
_DRAWINGS = 16
_NETWORK_LINES = 20
_CODE = re.compile(r"-?\d{1,5}")


class OutcomeReader:
    """Feed it the finished lines of a box's log, oldest first; lines of other runs do not count.

    Args:
        run_id: what `VASTTUI_JOB_ID` holds for this attempt.
        fresh: the box was rented for this attempt: where vasttui's own start mark cannot be printed (a template's
            own start command), all its lines are this run's.
        clock: seconds, for what the log brings later than SSH.

    Raises:
        UsageError: an expression of the specification cannot be read.
    """

    def __init__(
        self, spec: JobSpec, run_id: str, *, fresh: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._spec = spec
        self._run_id = run_id
        self._clock = clock
        self._by_template = spec.start.kind == "template"
        self._success, self._failure = _Watch(spec.success), _Watch(spec.failure)
        self._result_pattern = Pattern.parse(f"/{spec.result.pattern}/") if spec.result.pattern else None
        self._ours: bool | None = True if fresh and self._by_template else None
        self._last: deque[str] = deque(maxlen=LAST_LINES)
        self._result = ""
        self._result_marked = False
        self._exit: tuple[int, float] | None = None
        self._ended: Ended | None = None
        self.started = False
        """Its work has begun."""

    @property
    def ended(self) -> Ended | None:
        """How it ended, None while it goes on."""
        if self._ended is None and self._exit is not None and self._clock() - self._exit[1] >= LOG_LAG:
            self._ended = self._judged(self._exit[0])
        return self._ended

    @property
    def result(self) -> str:
        """The result's address, "" before."""
        return self._result if self.started else ""

    def feed(self, line: str) -> None:
        """Read one raw line."""
        marks = read_marks(line)
        self._read(line.partition(SIGN)[0] if marks else line)
        for mark in marks:
            self._obey(mark)

    @property
    def awaits_last_words(self) -> bool:
        """Whether the box says that it ended, and the log has still time to bring the rest."""
        return self._exit is not None and self.ended is None

    def exited(self, code: int) -> None:
        """The box's own record says that the run ended with this exit code (read over SSH).

        The log is given `LOG_LAG` seconds to bring the rest: the result, the marker, the reason.
        """
        self.started = True
        if self._exit is None:
            self._exit = code, self._clock()

    # Marks

    def _obey(self, mark: Mark) -> None:
        own = mark.values.get("id") == self._run_id
        if mark.verb == "start":
            self._begin(own)
        elif mark.verb == "done" and own:
            self.started = True
            if self._ended is None:
                self._ended = self._by_mark(mark)
        elif mark.verb == "done" and self._ours is not True:
            # What follows the end of another run is nobody's; it counts if our start mark turns out to be lost.
            self._forget(None)
        elif not mark.verb and self._ours is not False and mark.values.get("result"):
            self._found(mark.values["result"], marked=True)

    def _begin(self, own: bool) -> None:
        if not own:
            self._ours = False
            return
        self.started = True
        if self._ended is None:
            # The first time, or again in a container that was started anew: the work begins from nothing.
            self._forget(True)

    def _forget(self, ours: bool | None) -> None:
        self._ours, self._result, self._result_marked = ours, "", False
        self._last.clear()
        self._success.seen.clear()

    # Lines

    def _read(self, line: str) -> None:
        if self._ours is False or not line:
            return
        if self._by_template and self._ours:
            self.started = True
        self._last.append(line[-_REACH:])
        if not (self._success or self._failure or self._result_pattern):
            return
        for text in _drawings(line):
            self._look_at(text)

    def _look_at(self, text: str) -> None:
        if self._result_pattern and not self._result_marked and (found := self._result_pattern.last_value(text)):
            self._found(found, marked=False)
        if self._ended is not None:
            return
        if self._ours and self._failure.find(text):
            self._ended = self._by_failure_line(text)
        elif self._success.find(text) and self._by_template and self._ours:
            self._end_by_success()

    def _end_by_success(self) -> None:
        """A template's own start command tells no exit code: its marker is all there is."""
        if self._success.complete and not self._lacks_result:
            self._ended = Ended(True, None, "")

    def _found(self, value: str, *, marked: bool) -> None:
        value = "".join(sign for sign in value if sign.isprintable()).strip()
        if not value or len(value) > LONGEST_RESULT:
            return
        self._result, self._result_marked = value, marked
        if self._ended is None and self._by_template and self._ours and self._success:
            self._end_by_success()

    # The end

    def _by_mark(self, mark: Mark) -> Ended:
        code = mark.values.get("code", "")
        if _CODE.fullmatch(code):
            return self._judged(int(code))
        if self._spec.exit_code is not None:
            return Ended(False, Failure.JOB, "it said that it was done, but not with which exit code")
        return self._by_rules(None)

    def _judged(self, code: int) -> Ended:
        if self._spec.exit_code is None or code == self._spec.exit_code:
            return self._by_rules(code)
        if code == 0:
            return Ended(False, Failure.JOB, f"exit code 0 instead of {self._spec.exit_code}", 0)
        failure, line = self._cause(code)
        said = line or ("killed: its host or container was out of memory" if code == KILLED else "")
        return Ended(False, failure, _clip(f"exit code {code}" + (f": {said}" if said else "")), code)

    def _by_rules(self, code: int | None) -> Ended:
        """Its exit code was good; what else is asked for?"""
        before = "it ended" if code is None else f"exit code {code}"
        if not self._success.complete:
            return Ended(False, Failure.JOB, f"{before}, but its success {self._success.missing} was not printed", code)
        if self._lacks_result:
            return Ended(False, Failure.JOB, f"{before}, but it printed no result", code)
        return Ended(True, None, "", code)

    @property
    def _lacks_result(self) -> bool:
        """Files are looked for when they are fetched."""
        return self._spec.result.required and not self._result and not self._spec.result.files

    def _by_failure_line(self, text: str) -> Ended:
        failure, _ = self._cause(None)
        return Ended(False, failure, _clip(f"it printed that it failed: {mask_secrets(text.strip())}"))

    def _cause(self, code: int | None) -> tuple[Failure, str]:
        """The class of a failure and the line that tells it, "" without one."""
        known, last = _signs(self._last)
        if known is not None:
            return failure_of_exit(code, known.reason), known.line
        if code != KILLED:
            for line in reversed([plain(raw) for raw in list(self._last)[-_NETWORK_LINES:]]):
                failure = failure_of_line(line)
                if failure is not None:
                    return failure, mask_secrets(line.strip())
        return failure_of_exit(code, ""), last.line if last else ""


class _Watch:
    """What is waited for in lines, and which of it has been seen."""

    def __init__(self, rules: Rules) -> None:
        self._marker = rules.marker
        self._pattern = Pattern.parse(f"/{rules.pattern}/") if rules.pattern else None
        self.seen: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._marker or self._pattern)

    def find(self, text: str) -> bool:
        """Whether any of it is in this text."""
        found = set()
        if self._marker and self._marker in text:
            found.add("marker")
        if self._pattern and self._pattern.search(text):
            found.add("pattern")
        self.seen |= found
        return bool(found)

    @property
    def missing(self) -> str:
        """What has not been seen: "marker", "pattern" or ""."""
        if self._marker and "marker" not in self.seen:
            return "marker"
        return "pattern" if self._pattern and "pattern" not in self.seen else ""

    @property
    def complete(self) -> bool:
        """Whether all of it was seen."""
        return not self.missing


def _signs(lines: deque[str]) -> tuple[Sign | None, Sign | None]:
    """The last sign that names a cause, and the last one that only tells that something failed."""
    reader = SignReader(lambda: 0.0)
    known = last = None
    for line in lines:
        reader.feed(line)
        sign = reader.current
        if sign is None or sign.kind != "failed":
            continue
        if failure_of_sign(sign.reason) is not None:
            known = sign
        else:
            last = sign
    return known, last


def _drawings(line: str) -> Iterator[str]:
    r"""What stood on the screen one after the other (`\r`), without escapes; of a very long line only both ends."""
    if len(line) > 2 * _REACH:
        line = line[:_REACH] + "\r" + line[-_REACH:]
    pieces = [piece for piece in line.split("\r") if piece]
    for piece in pieces[-_DRAWINGS:]:
        yield plain(piece, 2 * _REACH)


def _clip(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_REASON else text[: LONGEST_REASON - 1] + "…"
