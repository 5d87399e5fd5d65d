"""The end of spending: an instance is destroyed until a listing shows that it is gone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from vasttui.api.client import VastClient
from vasttui.api.models import Instance
from vasttui.controller.events import EventLog
from vasttui.errors import Ambiguous, NotFound, Rejected, VastError
from vasttui.journal import Journal
from vasttui.snapshot import Level


@dataclass
class _Doomed:
    """An instance that is to be destroyed."""

    tried_at: float
    tries: int = 1
    sending: bool = False


class Destroys:
    """Every request that ends spending; the intents are in the journal.

    Args:
        client: gives the connected client; raises Unreachable before there is one.
        refresh: asks for a listing soon.
        repeat_after: seconds after which a destroy is repeated for an instance that is still listed.
    """

    def __init__(
        self,
        client: Callable[[], VastClient],
        journal: Journal,
        events: EventLog,
        *,
        refresh: Callable[[], None],
        clock: Callable[[], float],
        repeat_after: float,
    ) -> None:
        self._client = client
        self._journal = journal
        self._events = events
        self._refresh = refresh
        self._clock = clock
        self._repeat_after = repeat_after
        self._doomed: dict[int, _Doomed] = {}
        self._gone: set[int] = set()

    def reload(self) -> None:
        """Take over what the journal has and this program does not know of."""
        for instance_id in self._journal.pending_destroys():
            # tried_at 0: repeated at the first listing that still shows it.
            self._doomed.setdefault(instance_id, _Doomed(tried_at=0.0, tries=0))

    def is_doomed(self, instance_id: int) -> bool:
        """Whether it is being destroyed."""
        return instance_id in self._doomed

    def is_gone(self, instance_id: int) -> bool:
        """Whether it was destroyed here and seen to be gone."""
        return instance_id in self._gone

    async def destroy(self, instance_id: int) -> None:
        """Send the destroy; it is repeated after later listings until the instance is seen to be gone.

        Raises:
            VastError: Vast.ai understood and said no, or the journal cannot be written.
        """
        self._client()
        await self._send_destroy(instance_id, self.doom(instance_id))

    def doom(self, instance_id: int) -> _Doomed:
        """Commit the intent to destroy; it is sent by `destroy`, or after the next listing. Raises StorageError."""
        self._journal.note_destroy(instance_id, self._clock())
        self._gone.discard(instance_id)
        return self._doomed.setdefault(instance_id, _Doomed(tried_at=self._clock()))

    async def _send_destroy(self, instance_id: int, doomed: _Doomed) -> None:
        if doomed.sending:
            return
        doomed.sending = True
        doomed.tried_at = self._clock()
        try:
            await self._client().destroy(instance_id)
        except NotFound:
            pass  # Whether it is really gone, the next whole listing tells.
        except Ambiguous as error:
            self._events.add(Level.LOOK, f"destroy not confirmed: {error.message}", instance_id)
        except Rejected:
            del self._doomed[instance_id]
            self._journal.drop_destroy(instance_id)
            raise
        finally:
            doomed.sending = False
            self._refresh()

    def listed(self, rows: tuple[Instance, ...], asked_at: float, *, whole: bool = True) -> list[int]:
        """Learn from a listing; see `vasttui.controller.rentals.Rentals.listed`."""
        ids = {row.id for row in rows}
        for instance_id in self.missing(rows) if whole else ():
            self._see_gone(instance_id, asked_at)
        for instance_id in self._gone & ids:
            self._gone.discard(instance_id)
            self._events.add(Level.BAD, "came back after it was destroyed: destroying it again", instance_id)
            self._journal.note_destroy(instance_id, self._clock())
            self._doomed[instance_id] = _Doomed(tried_at=0.0)
        now = self._clock()
        return [
            i
            for i, doomed in self._doomed.items()
            if i in ids and not doomed.sending and now - doomed.tried_at >= self._repeat_after
        ]

    def _see_gone(self, instance_id: int, asked_at: float) -> None:
        doomed = self._doomed[instance_id]
        if doomed.sending or asked_at < doomed.tried_at:
            return  # That listing is older than the request.
        del self._doomed[instance_id]
        self._gone.add(instance_id)
        self._journal.seen_gone(instance_id)
        self._events.add(Level.GOOD, "destroyed: it is gone from the list", instance_id)

    def missing(self, rows: tuple[Instance, ...]) -> list[int]:
        """Instances that are being destroyed and are not among the rows."""
        ids = {row.id for row in rows}
        return [instance_id for instance_id in self._doomed if instance_id not in ids]

    async def ask_after(self, instance_id: int) -> None:
        """Ask for one instance by its id: where a list has unreadable rows, its silence proves nothing."""
        asked_at = self._clock()
        with suppress(VastError):
            if await self._client().instance(instance_id) is None and instance_id in self._doomed:
                self._see_gone(instance_id, asked_at)
                self._refresh()

    async def repeat_destroy(self, instance_id: int) -> None:
        """Send a destroy again for an instance that is still listed."""
        doomed = self._doomed.get(instance_id)
        if doomed is None:
            return
        doomed.tries += 1
        self._events.add(Level.LOOK, f"still listed: destroying it again (try {doomed.tries})", instance_id)
        try:
            await self._send_destroy(instance_id, doomed)
        except VastError as error:
            self._events.add(Level.BAD, f"destroy failed: {error.message}", instance_id)
