"""All instances over time: phases and their timers, commands under way, alarms, cost."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from vasttui.api.models import Instance
from vasttui.controller.events import EventLog
from vasttui.controller.ledger import Ledger, enter
from vasttui.controller.pace import STEADY
from vasttui.controller.rentals import Rentals
from vasttui.errors import StorageError
from vasttui.instances.phases import Facts, Phase, explain, phase_of
from vasttui.instances.verdicts import Seen, Verdict, burn, hourly, idle_since, verdicts
from vasttui.jobs.promise import Promise, dearer, other_gpus
from vasttui.jobs.rental import LOG_PATH, plain_label
from vasttui.journal import Journal
from vasttui.snapshot import Box, Level

HISTORY = 60
"""GPU utilisations that are kept for the small chart."""

COMMAND_SHOWN = 90.0
"""Seconds after which a command that shows no effect is no longer said to be under way."""

LOUD = {
    Phase.READY: Level.GOOD,
    Phase.FAILED: Level.BAD,
    Phase.OFFLINE: Level.BAD,
    Phase.OUTBID: Level.LOOK,
    Phase.EXITED: Level.LOOK,
}


@dataclass
class _Track:
    """What we know of one instance beyond its last row."""

    instance: Instance
    first_seen: float
    phase: Phase
    phase_since: float
    seen_start: bool
    seen_boot: bool = False
    idle_since: float | None = None
    broken: str = ""
    told: set[str] = field(default_factory=set)
    status_changed: float = 0.0
    stopped_by_user: bool = False
    started_by_user: bool = False
    seen_down: bool = False
    command: str = ""
    command_at: float = 0.0
    command_state: tuple[object, ...] = ()
    history: deque[float] = field(default_factory=lambda: deque(maxlen=HISTORY))


class Fleet:
    """Tracks instances from listing to listing.

    Args:
        ssh_ready: whether SSH answers on an instance, None when it was not tried.
        rentals: knows what is ours and what is being destroyed.
        max_price: the user's ceiling, $/h.
    """

    def __init__(
        self,
        journal: Journal,
        events: EventLog,
        *,
        ssh_ready: Callable[[int], bool | None],
        rentals: Rentals,
        max_price: float,
    ) -> None:
        self._max_price = max_price
        self._journal = journal
        self._events = events
        self._ssh_ready = ssh_ready
        self._rentals = rentals
        self._ledger = Ledger(journal)
        self._tracks: dict[int, _Track] = {}
        self._known: set[int] = set()
        self._listings = 0
        self._storage_error = ""

    def listed(self, rows: tuple[Instance, ...], now: float, *, whole: bool = True) -> None:
        """Learn from a listing; in one with unreadable rows (not `whole`) a missing instance is not gone."""
        ids = {row.id for row in rows}
        missing = {i: t for i, t in self._tracks.items() if i not in ids and not self._rentals.is_gone(i)}
        for gone in missing if whole else ():
            if not self._rentals.is_doomed(gone):
                self._events.add(Level.LOOK, "no longer in the list", gone)
        # The API's order is kept.
        self._tracks = {row.id: self._track(row, now) for row in rows} | ({} if whole else missing)
        self._bill(rows, now, whole)
        self._listings += 1
        self.advance(now)

    def _track(self, row: Instance, now: float) -> _Track:
        track = self._tracks.get(row.id)
        if track is None:
            track = _Track(row, now, Phase.CREATING, now, self._listings > 0, status_changed=now)
            track.phase = self._phase(track)
            if row.uptime_mins is not None and track.phase.up:
                track.phase_since, track.seen_start = now - 60 * row.uptime_mins, True
            if self._listings:
                self._events.add(Level.INFO, f"{plain_label(row.label) or 'an instance'} is in the list", row.id)
        if row.status_msg != track.instance.status_msg:
            track.status_changed = now
        track.instance = row
        self._forget_wishes(track, now)
        track.seen_boot = track.seen_boot or self._listings > 0 or row.actual_status != "running"
        if row.gpu_util is not None and track.phase.up:
            track.history.append(row.gpu_util)
        self._verify(track)
        track.idle_since = idle_since(track.idle_since, row, track.phase, now)
        return track

    def _verify(self, track: _Track) -> None:
        """Hold what came against what was rented; the first time that they differ is told loudly."""
        promise = self._promise(track.instance.id)
        broken = other_gpus(promise, track.instance)
        said = "; ".join(text for text in (broken, dearer(promise, track.instance)) if text)
        if said and said not in track.told:
            self._events.add(Level.BAD, f"not as rented: {said}", track.instance.id)
            track.told.add(said)
        track.broken = broken

    def _promise(self, instance_id: int) -> Promise:
        try:
            return self._rentals.promise(instance_id)
        except StorageError as error:
            self._storage_error = error.message
            return Promise()

    def _forget_wishes(self, track: _Track, now: float) -> None:
        """A stop or start of ours explains the row until it has come true, or did not: then the row speaks."""
        row, late = track.instance, now - track.command_at > COMMAND_SHOWN
        if row.actual_status != "running":
            track.seen_down = track.seen_down or track.stopped_by_user
        elif track.seen_down or (late and row.intended_status == "running"):
            # It runs again, whoever started it, or the stop never took.
            track.stopped_by_user = track.seen_down = False
        if row.actual_status == "running":
            track.started_by_user = False

    def _bill(self, rows: tuple[Instance, ...], now: float, whole: bool) -> None:
        try:
            self._ledger.listed(rows, now, whole=whole)
            for row in rows:
                if row.id not in self._known:
                    enter(self._journal, row, now)
                    self._known.add(row.id)
            self._storage_error = ""
        except StorageError as error:
            self._storage_error = error.message

    @property
    def ledger(self) -> Ledger:
        """What each instance has cost."""
        return self._ledger

    def cannot_store(self, error: StorageError) -> None:
        """Something could not be written: an alarm until the next listing."""
        self._storage_error = error.message

    def write_ledger(self, now: float) -> None:
        """Enter what is not in the journal yet; a full disk is an alarm, not the end."""
        try:
            self._ledger.write(now)
        except StorageError as error:
            self._storage_error = error.message

    def _phase(self, track: _Track) -> Phase:
        ready = self._ssh_ready(track.instance.id)
        facts = Facts(
            ssh_ready=ready,
            ssh_tried=ready is not None,
            # A box that ran before we looked is not "starting" because its SSH was not tried yet.
            ssh_expected=track.seen_boot or ready is not None,
            user_stopped=track.stopped_by_user,
            user_started=track.started_by_user,
            destroying=self._rentals.is_doomed(track.instance.id),
        )
        return phase_of(track.instance, facts)

    def advance(self, now: float) -> None:
        """Recompute the phases: a listing, an SSH probe or a command may have changed them."""
        for track in self._tracks.values():
            phase = self._phase(track)
            if phase is not track.phase:
                self._enter(track, phase, now)
            if track.command and (
                _state(track.instance) != track.command_state or now - track.command_at > COMMAND_SHOWN
            ):
                track.command = ""

    def _enter(self, track: _Track, phase: Phase, now: float) -> None:
        why = explain(track.instance, phase)
        text = f"{track.phase.value} → {phase.value}" + (f": {why}" if why and phase in LOUD else "")
        self._events.add(LOUD.get(phase, Level.INFO), text, track.instance.id)
        if not (track.phase is Phase.RUNNING and phase is Phase.READY):
            # That one is our own probe: nothing has changed on the box.
            track.phase_since, track.seen_start = now, True
        track.phase = phase

    # Commands

    def begin(self, instance_id: int, word: str, now: float) -> None:
        """A command was sent: shown until the row changes."""
        track = self._tracks.get(instance_id)
        if track is not None:
            track.command, track.command_at = word, now
            track.command_state = _state(track.instance)

    def finish(self, instance_id: int) -> None:
        """The command failed."""
        track = self._tracks.get(instance_id)
        if track is not None:
            track.command = ""

    def user_stopped(self, instance_id: int, stopped: bool) -> None:
        """Remember that a stop was the user's own, so that it is not read as outbid."""
        track = self._tracks.get(instance_id)
        if track is not None:
            track.stopped_by_user, track.started_by_user, track.seen_down = stopped, not stopped, False

    # What it all means

    @property
    def moving(self) -> bool:
        """Whether some box is between two phases or a command is under way."""
        return any(track.command or track.phase not in STEADY for track in self._tracks.values())

    @property
    def burn(self) -> float | None:
        """What everything costs now, $/h; None when unknown."""
        return burn([track.instance for track in self._tracks.values()])

    def hourly(self) -> dict[int, float | None]:
        """What each instance costs now, $/h, None where unknown."""
        return {instance_id: hourly(track.instance) for instance_id, track in self._tracks.items()}

    def spent(self, instance_id: int) -> float | None:
        """What an instance has cost so far, $, also after it is gone; None when unknown."""
        return self._ledger.spent(instance_id)

    def alarms(self, boxes: Iterable[Box]) -> tuple[str, ...]:
        """What wants a look, counted by its word."""
        counts: dict[str, int] = {}
        for box in boxes:
            for verdict in box.verdicts:
                counts[verdict.kind.value] = counts.get(verdict.kind.value, 0) + 1
        words = tuple(f"{count} {word}" for word, count in counts.items())
        return (*words, self._storage_error) if self._storage_error else words

    def _verdicts(self, track: _Track, now: float) -> tuple[Verdict, ...]:
        seen = Seen(
            now,
            track.phase_since,
            changed=max(track.phase_since, track.status_changed),
            idle_since=track.idle_since,
            max_price=self._max_price,
            rented_at=self._promise(track.instance.id).price,
            broken=track.broken,
        )
        return verdicts(track.instance, track.phase, seen)

    def boxes(self, now: float) -> tuple[Box, ...]:
        """All of them, in the API's order."""
        return tuple(self._box(track, now) for track in self._tracks.values())

    def _box(self, track: _Track, now: float) -> Box:
        row = track.instance
        ours = row.id in self._rentals.owners
        return Box(
            instance=row,
            phase=track.phase,
            phase_since=track.phase_since,
            seen_start=track.seen_start,
            label=plain_label(row.label),
            ours=ours,
            first_seen=track.first_seen,
            spent=self._ledger.spent(row.id),
            hourly=hourly(row),
            verdicts=self._verdicts(track, now),
            log_path=LOG_PATH if ours else None,
            gpu_history=tuple(track.history),
            status=explain(row, track.phase),
            command="destroying" if self._rentals.is_doomed(row.id) else track.command,
            idle_since=track.idle_since,
        )


def _state(row: Instance) -> tuple[object, ...]:
    return (row.actual_status, row.intended_status, row.cur_state, row.label, row.min_bid, row.dph_total)
