"""Boot races: several rentals at once, of which the first that is ready stays and the others are destroyed."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from vasttui.controller import rentals
from vasttui.controller.events import EventLog
from vasttui.controller.rentals import Rentals
from vasttui.errors import VastError
from vasttui.jobs.race import Runner, State, decide, runner
from vasttui.jobs.rental import plain_label
from vasttui.journal import Journal
from vasttui.journal.races import WON, Race
from vasttui.snapshot import Box, Level

ASK_AGAIN = 30.0
"""Seconds after which a destroy that Vast.ai refused is asked for again."""


class Races:
    """Looks after the races of the journal, whichever program began them; touches nothing but their members.

    Args:
        spawn: starts a task.
    """

    def __init__(
        self,
        journal: Journal,
        rentals: Rentals,
        events: EventLog,
        spawn: Callable[[Coroutine[Any, Any, None]], object],
        clock: Callable[[], float],
    ) -> None:
        self._journal = journal
        self._rentals = rentals
        self._events = events
        self._spawn = spawn
        self._clock = clock
        self._asked: dict[int, float] = {}

    def look(self, boxes: Callable[[], Mapping[int, Box]]) -> None:
        """Decide what can be decided after a listing, and destroy what has lost. Raises StorageError."""
        for race in self._journal.open_races():
            self._judge(race, boxes())
        for instance_id in self._journal.lost_instances():
            self._give_up(instance_id)

    def _judge(self, race: Race, boxes: Mapping[int, Box]) -> None:
        runners = [self._runner(label, race.at, boxes) for label in race.labels]
        decision = decide(runners, self._clock() - race.at)
        if decision is None:
            return
        winner = decision.winner
        losers = [one.instance_id for one in runners if one is not winner and one.instance_id is not None]
        if not self._journal.decide_race(race.race_id, winner.label if winner else None, losers):
            return  # Another program has decided it.
        if winner is None:
            self._events.add(Level.LOOK, f"boot race over: {decision.reason}")
        else:
            said = f"{plain_label(winner.label)}: stays from a boot race of {len(runners)}: {decision.reason}"
            self._events.add(Level.GOOD, said, winner.instance_id)
        for instance_id in losers:
            self._give_up(instance_id)

    def _runner(self, label: str, began: float, boxes: Mapping[int, Box]) -> Runner:
        intent = self._journal.intent(label)
        if intent is None:  # Its program is about to begin it, or ended before that.
            young = abs(self._clock() - began) < rentals.SETTLE_AFTER
            return Runner(label, State.AWAITED if young else State.NONE)
        if intent.state == "open":
            return Runner(label, State.AWAITED)
        instance_id = intent.instance_id
        if intent.state != "rented" or instance_id is None or self._rentals.is_doomed(instance_id):
            return Runner(label, State.NONE)
        box = boxes.get(instance_id)
        if box is not None:
            needs_ssh = self._rentals.promise(instance_id).needs_ssh
            running = box.instance.actual_status == "running"
            return runner(label, instance_id, box.phase, running=running, needs_ssh=needs_ssh)
        return Runner(label, State.AWAITED if self._not_listed_yet(instance_id) else State.NONE)

    def _not_listed_yet(self, instance_id: int) -> bool:
        """Whether the last listing may be older than the instance, or could not tell of it."""
        if self._rentals.listed_at is None or not self._rentals.listed_whole:
            return True
        fresh = self._journal.fresh_intents(self._rentals.listed_at)
        return any(intent.instance_id == instance_id for intent in fresh)

    def _give_up(self, instance_id: int) -> None:
        now = self._clock()
        if now - self._asked.get(instance_id, -ASK_AGAIN) < ASK_AGAIN:
            return
        self._asked[instance_id] = now
        self._rentals.doom(instance_id)
        self._events.add(Level.INFO, "lost the boot race: destroying it", instance_id)
        self._spawn(self._destroy(instance_id))

    async def _destroy(self, instance_id: int) -> None:
        try:
            await self._rentals.destroy(instance_id)
        except VastError as error:
            self._events.add(Level.BAD, f"destroy failed: {error.message}", instance_id)

    def is_over(self, label: str) -> bool:
        """Whether the race of a rental is decided; True for a rental without one."""
        found = self._journal.race_of(label)
        return found is None or found[1] != 0

    def has_won(self, label: str) -> bool:
        """Whether a rental stays: it won its race, or had none."""
        found = self._journal.race_of(label)
        return found is None or found[1] == WON
