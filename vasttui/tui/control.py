"""What the dashboard uses of the controller."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from vasttui.api.models import Offer, Template
from vasttui.config import Config
from vasttui.jobs.preflight import Check
from vasttui.jobs.rental import RentPlan
from vasttui.jobs.spec import BatchRequest
from vasttui.journal.records import JobEvent, Whose
from vasttui.logs.rows import LogName, LogRows
from vasttui.snapshot import BatchPlan, LogInfo, LogStatus, Search, Snapshot

if TYPE_CHECKING:
    from vasttui.controller.rentals import Rented


class Control(Protocol):
    """The controller as the screen sees it.

    Commands raise `VastError` for what is expected to go wrong; anything else is a bug.
    """

    @property
    def config(self) -> Config:
        """The settings."""

    @property
    def snapshot(self) -> Snapshot:
        """The last picture: replaced, never changed."""

    @property
    def clock(self) -> Callable[[], float]:
        """Epoch seconds, as the snapshot counts them."""

    def subscribe(
        self, on_snapshot: Callable[[Snapshot], None], on_log: Callable[[LogName], None]
    ) -> Callable[[], None]:
        """Be told of new pictures and of logs that have new rows; the answer ends it."""

    def attend(self, panes: frozenset[str], logs: tuple[LogName, ...]) -> None:
        """Say what is in sight: that is fetched most often."""

    def refresh(self) -> None:
        """Fetch what is in sight now."""

    def pause(self, on: bool) -> None:
        """Stop asking, or go on."""

    def set_read_only(self, on: bool) -> None:
        """Refuse everything that spends or destroys, or allow it again."""

    def search(self, search: Search) -> None:
        """Look for other offers."""

    def raw_offer(self, offer_id: int) -> Mapping[str, Any] | None:
        """The API's own row of an offer in the picture, None when it is not there."""

    def watch_search(self, search: Search, below: float | None) -> None:
        """Repeat a search and tell when a match costs less than `below` $/h; None ends it."""

    def default_search(self, preset: str | None = None) -> Search:
        """The search that a preset means, None for the configured start."""

    def log(self, name: LogName) -> LogRows:
        """The rows of a log, those of instances that are gone too."""

    def log_status(self, name: LogName) -> LogStatus:
        """How the following of a log goes."""

    def logs(self) -> tuple[LogInfo, ...]:
        """All logs that are kept, those of instances that are gone too, the newest first."""

    async def log_files(self, instance_id: int) -> Sequence[str]:
        """Files on the box that are worth following. Raises SshError."""

    def plan_for(self, offer: Offer) -> RentPlan:
        """The plan that the rent form starts from."""

    def check_rent(self, offer: Offer, plan: RentPlan) -> None:
        """Raise the reason for which this could not be rented."""

    def checks(self, offer: Offer, plan: RentPlan) -> tuple[Check, ...]:
        """The checks of a plan by what is known now; nothing is asked for."""

    async def inspect(self, offer: Offer) -> None:
        """Find out what the checks need and is not known yet; what cannot be found out stays unknown."""

    def latest(self, offer: Offer) -> Offer:
        """The offer as it was last looked at: its price may have moved."""

    async def templates(self, text: str) -> Sequence[Template]:
        """Templates whose name or image contains the text."""

    async def rent(self, offer: Offer, plan: RentPlan) -> int | None:
        """Rent; the new instance's id, None when the answer was lost."""

    async def settled(self, offer_id: int) -> Rented | None:
        """Wait until what was rented for an offer is known, and its race decided; None when nothing is left."""

    async def stop(self, instance_id: int) -> None:
        """Stop an instance."""

    async def start(self, instance_id: int) -> None:
        """Start a stopped instance."""

    async def reboot(self, instance_id: int) -> None:
        """Restart the container."""

    async def recycle(self, instance_id: int) -> None:
        """Make the container anew from its image."""

    async def destroy(self, instance_id: int) -> None:
        """Destroy an instance and its disk."""

    async def set_label(self, instance_id: int, text: str) -> None:
        """Give an instance another label."""

    async def change_bid(self, instance_id: int, price: float) -> None:
        """Bid another price, $/h."""

    async def plan_batch(self, request: BatchRequest) -> BatchPlan:
        """What a batch would do: reads the file and the inputs, searches offers, spends nothing.

        Raises ConfigError (every mistake of the file), UsageError, and what a search raises.
        """

    async def start_batch(self, plan: BatchPlan) -> int:
        """Queue the jobs of a plan; the batch's number."""

    async def command_job(self, job_id: str, wish: str) -> None:
        """Ask for "cancel", "retry" or "elsewhere" (requeue on another host)."""

    async def pause_batch(self, batch_id: int, on: bool) -> None:
        """Begin no further job of it, or go on."""

    async def job_events(self, job_id: str) -> Sequence[JobEvent]:
        """What happened to a job, oldest first."""

    async def job_series(self, job_id: str) -> Mapping[str, Sequence[float]]:
        """Metrics of its work over time (loss, lr, fps), oldest first, for sparklines."""

    async def extend_lease(self, instance_id: int, seconds: float) -> None:
        """Let a box live for so many more seconds from now. Raises SshError when the box cannot be told."""

    def set_host(
        self,
        host_id: int,
        verdict: str | None,
        note: str = "",
        *,
        whose: Whose = "host",
        until: float | None = None,
    ) -> None:
        """Put a host or a machine on the "allow" or the "block" list, or (None) on neither; `until` ends it."""

    def note_host(self, host_id: int, text: str, *, whose: Whose = "host") -> None:
        """Write a note on a host or a machine."""

    def favour_host(self, host_id: int, on: bool, *, whose: Whose = "host") -> None:
        """Make a host or a machine a favourite, or no longer."""

    def forget_host(self, host_id: int, *, whose: Whose = "host") -> None:
        """Remove what is written of a host or a machine."""

    def ssh_argv(self, instance_id: int) -> list[str]:
        """The system ssh command that opens a shell on it."""

    def remember(self, key: str, value: Any) -> None:
        """Keep a JSON value beyond the end of the program."""

    def recall(self, key: str) -> Any:
        """A value that was kept, or None."""
