"""Alert rules: which new log lines are told at once, and how often."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from vasttui.config import AlertRule
from vasttui.controller.events import EventLog
from vasttui.controller.notices import Notices
from vasttui.errors import ConfigError, UsageError
from vasttui.instances.phases import Phase
from vasttui.logs.clean import clean_line, collapse_redraws, plain
from vasttui.logs.levels import severity
from vasttui.logs.patterns import Pattern
from vasttui.logs.rows import LogName, Severity
from vasttui.snapshot import Alert, Box, Level

UNBORN = frozenset({Phase.REQUESTED, Phase.UNCONFIRMED, Phase.CREATING, Phase.PULLING})
"""Phases in which there is no container yet that could have printed something."""

SETTLE = 3.0
"""Seconds after a log's first lines in which all that comes is taken for what was printed before we looked."""

LINE = 400
LABEL = 100
"""Characters of a line, and of a label, that an alert tells."""


REACH = 4096
"""Characters at each end of a line that are searched; only a very long line has others."""

SEARCHES = 2000
"""Searches that are made in one go, about 3 ms."""


@dataclass
class _Pace:
    """When a rule last told of an instance, and what it kept back since."""

    last: float
    suppressed: int = 0


@dataclass
class _Watch:
    """A rule at work."""

    rule: AlertRule
    pattern: Pattern
    least: Severity
    off: bool = False
    paces: dict[int, _Pace] = field(default_factory=dict)

    def covers(self, box: Box, name: LogName) -> bool:
        """Whether this log is the rule's business."""
        rule = self.rule
        if self.off or _stream(name) not in rule.streams:
            return False
        if not rule.labels and not rule.instances:
            return True
        return box.id in rule.instances or any(fnmatchcase(box.label, label) for label in rule.labels)

    def due(self, instance_id: int, now: float) -> int | None:
        """How many were kept back since the last alert about this instance; None when it is too early for another."""
        pace = self.paces.get(instance_id)
        # A clock that was set back must not silence the rule.
        if pace is not None and 0 <= now - pace.last < self.rule.every:
            pace.suppressed += 1
            return None
        self.paces[instance_id] = _Pace(now)
        return pace.suppressed if pace else 0


@dataclass(frozen=True, slots=True)
class _Batch:
    """Lines of one log to look at; `earlier` counts what is found in those that came before we looked."""

    watches: Sequence[_Watch]
    box: Box
    lines: Sequence[str]
    now: float
    earlier: Counter[str] | None


class Alerts:
    """Looks at new lines and tells what a rule waits for.

    What was printed before we looked is counted and told in one event, and nothing is done about it: it is old news,
    and a start of the program must not set off a storm. A box that was rented since, or was not up yet when first
    seen, has no such lines.

    Args:
        rules: the configured rules.
        events: where alerts and their troubles are told.
        spawn: runs a task beside everything else.
        now: epoch seconds.
        notices: what is done beyond the screen.

    Raises:
        ConfigError: a rule's expression is bad.
    """

    def __init__(
        self,
        rules: Sequence[AlertRule],
        events: EventLog,
        spawn: Callable[[Coroutine[Any, Any, None]], object],
        now: float,
        *,
        notices: Notices | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._watches = [_Watch(rule, _pattern(rule), Severity[rule.severity.upper() or "NONE"]) for rule in rules]
        self._events = events
        self._spawn = spawn
        self._began = now
        self._notices = notices or Notices(events, spawn)
        self._sleep = sleep
        self._seen_unborn: dict[int, bool] = {}
        self._earlier: dict[LogName, Counter[str] | None] = {}
        self._late: deque[_Batch] = deque()

    def listed(self, boxes: Iterable[Box]) -> None:
        """There is a new listing: to be called before the logs of its boxes are followed."""
        for box in boxes:
            self._seen_unborn.setdefault(box.id, box.phase in UNBORN)

    def feed(self, box: Box, name: LogName, lines: Sequence[str], now: float) -> None:
        """Look at lines that came.

        To be called with every answer of a source, also with one that brought none: with the first, following began.
        """
        watches = [watch for watch in self._watches if watch.covers(box, name)]
        if not watches:
            return
        if name not in self._earlier:
            self._begin(box, name)
        piece = max(1, SEARCHES // len(watches))
        work = [
            _Batch(watches, box, lines[at : at + piece], now, self._earlier[name])
            for at in range(0, len(lines), piece)
        ]
        if self._late:
            self._late += work
        elif len(work) > 1:
            self._late += work
            self._spawn(self._catch_up())
        elif work:
            self._look(work[0])

    async def _catch_up(self) -> None:
        """Work off what is too much for one go, so that the screen never waits for it."""
        while self._late:
            self._look(self._late[0])
            self._late.popleft()
            await asyncio.sleep(0)

    def _look(self, batch: _Batch) -> None:
        for raw in batch.lines:
            text = _searched(raw)
            hits = [watch for watch in batch.watches if not watch.pattern.trouble and watch.pattern.search(text)]
            loud = severity(text.encode("utf-8", "replace")) if any(watch.least for watch in hits) else Severity.NONE
            for watch in hits:
                if loud < watch.least:
                    continue
                if batch.earlier is None:
                    self._found(watch, batch.box, raw, batch.now)
                else:
                    batch.earlier[watch.rule.name] += 1
        for watch in batch.watches:
            if watch.pattern.trouble and not watch.off:
                self._switch_off(watch)

    def _begin(self, box: Box, name: LogName) -> None:
        rented = box.instance.start_date
        if self._seen_unborn.get(box.id) or (rented is not None and rented >= self._began):
            self._earlier[name] = None
        else:
            self._earlier[name] = Counter()
            self._spawn(self._settle(box, name))

    async def _settle(self, box: Box, name: LogName) -> None:
        """From now on lines are new; what the ones before held is said in one sentence."""
        await self._sleep(SETTLE)
        earlier, self._earlier[name] = self._earlier[name], None
        if earlier:
            found = ", ".join(f"{rule} ({count}×)" for rule, count in sorted(earlier.items()))
            self._events.add(Level.INFO, f"earlier lines match alerts, nothing was done about them: {found}", box.id)

    def _found(self, watch: _Watch, box: Box, raw: str, now: float) -> None:
        suppressed = watch.due(box.id, now)
        if suppressed is None:
            return
        rule, line = watch.rule, clean_line(raw, limit=LINE).text
        alert = Alert(
            number=self._events.next_alert(),
            rule=rule.name,
            label=clean_line(box.label, limit=LABEL).text or str(box.id),
            line=line,
            suppressed=suppressed,
            toast="toast" in rule.do,
            bell="bell" in rule.do,
        )
        more = f" (and {suppressed} more since the last alert)" if suppressed else ""
        self._events.add(Level.LOOK, f"alert {rule.name}: {line}{more}", box.id, alert=alert)
        self._notices.send(rule, alert, box.id, now)

    def _switch_off(self, watch: _Watch) -> None:
        watch.off = True
        text = f"alert {watch.rule.name} is switched off until the next start: {watch.pattern.trouble}"
        self._events.add(Level.BAD, f"{text} ({watch.rule.place})" if watch.rule.place else text)


def _searched(raw: str) -> str:
    """What of a line is searched: all, or of a very long one its beginning and its end."""
    if len(raw) > 2 * REACH:
        line = collapse_redraws(raw)
        raw = line if len(line) <= 2 * REACH else f"{line[:REACH]}\n{line[-REACH:]}"
    return plain(raw, 2 * REACH + 1)


def _stream(name: LogName) -> str:
    return {"": "container", "daemon": "daemon"}.get(name.stream, "file")


def _pattern(rule: AlertRule) -> Pattern:
    try:
        pattern = Pattern.parse(rule.pattern)
    except UsageError as error:
        raise ConfigError(f"{rule.place}: alert {rule.name}: {error.message}") from None
    if pattern is None:
        raise ConfigError(f"{rule.place}: alert {rule.name}: a pattern was expected")
    return pattern
