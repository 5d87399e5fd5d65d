"""A controller of paper: shows what it is told to show and writes down what it is asked to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.tui.pictures import NOW
from vasttui.api.models import Offer, Template
from vasttui.config import Config
from vasttui.controller.rentals import Rented
from vasttui.errors import UsageError, VastError
from vasttui.jobs.preflight import Check
from vasttui.jobs.rental import RentPlan
from vasttui.jobs.spec import BatchRequest
from vasttui.journal.records import JobEvent, Whose
from vasttui.logs.events import Lines
from vasttui.logs.rows import LogName
from vasttui.logs.spool import Spool
from vasttui.snapshot import BatchPlan, LogInfo, LogStatus, Search, Snapshot


class StandIn:
    """Meets the `Control` protocol for tests of dialogs and layout; nothing happens over time."""

    def __init__(self, config: Config, snapshot: Snapshot, plan: RentPlan | None = None) -> None:
        self.config = config
        self.snapshot = snapshot
        self.now = NOW
        self.plan = plan or RentPlan(image="pytorch/pytorch:latest", label="upscale-09")
        self.asked: list[tuple[Any, ...]] = []
        self.kept: dict[str, Any] = {}
        self.answer: int | VastError | None = 28_400_001
        self.rented: Rented | None = None
        self.seen: dict[int, Offer] = {}
        self.listeners: list[Callable[[Snapshot], None]] = []
        self.log_listeners: list[Callable[[LogName], None]] = []
        self.attended: tuple[frozenset[str], tuple[LogName, ...]] = (frozenset(), ())
        self.spools: dict[LogName, Spool] = {}
        self.statuses: dict[LogName, LogStatus] = {}
        self.infos: tuple[LogInfo, ...] = ()
        self.files: list[str] | VastError = []
        self.batch_plan: BatchPlan | VastError = UsageError("a job file or a preset was expected, one of the two")
        self.job_history: dict[str, tuple[JobEvent, ...]] = {}
        self.found_checks: Callable[[RentPlan], tuple[Check, ...]] = lambda plan: ()
        self.known_templates: tuple[Template, ...] = ()
        self.raw: dict[int, Mapping[str, Any]] = {}
        self.series: dict[str, Mapping[str, Sequence[float]]] = {}

    @property
    def clock(self) -> Callable[[], float]:
        return lambda: self.now

    def publish(self, snapshot: Snapshot) -> None:
        """Replace the picture and tell the listeners."""
        self.snapshot = snapshot
        for listener in self.listeners:
            listener(snapshot)

    def subscribe(
        self, on_snapshot: Callable[[Snapshot], None], on_log: Callable[[LogName], None]
    ) -> Callable[[], None]:
        self.listeners.append(on_snapshot)
        self.log_listeners.append(on_log)

        def unsubscribe() -> None:
            self.listeners.remove(on_snapshot)
            self.log_listeners.remove(on_log)

        return unsubscribe

    def attend(self, panes: frozenset[str], logs: tuple[LogName, ...]) -> None:
        self.attended = (panes, logs)

    def refresh(self) -> None:
        self.asked.append(("refresh",))

    def pause(self, on: bool) -> None:
        self.asked.append(("pause", on))

    def set_read_only(self, on: bool) -> None:
        self.asked.append(("read_only", on))

    def search(self, search: Search) -> None:
        self.asked.append(("search", search))

    def default_search(self, preset: str | None = None) -> Search:
        return Search(preset=preset)

    def log(self, name: LogName) -> Spool:
        if name not in self.spools:
            self.spools[name] = Spool(name)
        return self.spools[name]

    def receive(
        self, name: LogName, *lines: str, live: str | None = None, gap: bool = False, at: float | None = None
    ) -> None:
        """Lines came: add them and tell the listeners."""
        self.log(name).apply(Lines(new=lines, live=live, gap=gap), self.now if at is None else at)
        for listener in self.log_listeners:
            listener(name)

    def log_status(self, name: LogName) -> LogStatus:
        box = self.snapshot.box(name.instance_id)
        own = box.log if box is not None and not name.stream else LogStatus()
        return self.statuses.get(name, own)

    def logs(self) -> tuple[LogInfo, ...]:
        return self.infos

    async def log_files(self, instance_id: int) -> Sequence[str]:
        if isinstance(self.files, VastError):
            raise self.files
        return self.files

    def plan_for(self, offer: Offer) -> RentPlan:
        return self.plan

    def check_rent(self, offer: Offer, plan: RentPlan) -> None:
        if plan.disk_gb < 8:
            raise UsageError(f"disk {plan.disk_gb:g} GB: Vast.ai rents 8 GB or more")

    def checks(self, offer: Offer, plan: RentPlan) -> tuple[Check, ...]:
        return self.found_checks(plan)

    async def inspect(self, offer: Offer) -> None:
        self.asked.append(("inspect", offer.id))

    def latest(self, offer: Offer) -> Offer:
        return self.seen.get(offer.id, offer)

    async def templates(self, text: str) -> Sequence[Template]:
        self.asked.append(("templates", text))
        return [template for template in self.known_templates if text.lower() in (template.name or "").lower()]

    async def rent(self, offer: Offer, plan: RentPlan) -> int | None:
        self.asked.append(("rent", offer.id, plan))
        if isinstance(self.answer, VastError):
            raise self.answer
        return self.answer

    async def settled(self, offer_id: int) -> Rented | None:
        self.asked.append(("settled", offer_id))
        return self.rented

    async def stop(self, instance_id: int) -> None:
        self.asked.append(("stop", instance_id))

    async def start(self, instance_id: int) -> None:
        self.asked.append(("start", instance_id))

    async def reboot(self, instance_id: int) -> None:
        self.asked.append(("reboot", instance_id))

    async def recycle(self, instance_id: int) -> None:
        self.asked.append(("recycle", instance_id))

    async def destroy(self, instance_id: int) -> None:
        self.asked.append(("destroy", instance_id))

    async def set_label(self, instance_id: int, text: str) -> None:
        self.asked.append(("label", instance_id, text))

    async def change_bid(self, instance_id: int, price: float) -> None:
        self.asked.append(("bid", instance_id, price))

    async def plan_batch(self, request: BatchRequest) -> BatchPlan:
        self.asked.append(("plan_batch", request))
        if isinstance(self.batch_plan, VastError):
            raise self.batch_plan
        return self.batch_plan

    async def start_batch(self, plan: BatchPlan) -> int:
        self.asked.append(("start_batch", plan))
        return 7

    async def command_job(self, job_id: str, wish: str) -> None:
        self.asked.append(("job", job_id, wish))

    async def pause_batch(self, batch_id: int, on: bool) -> None:
        self.asked.append(("pause_batch", batch_id, on))

    async def job_events(self, job_id: str) -> Sequence[JobEvent]:
        return self.job_history.get(job_id, ())

    async def job_series(self, job_id: str) -> Mapping[str, Sequence[float]]:
        return self.series.get(job_id, {})

    async def extend_lease(self, instance_id: int, seconds: float) -> None:
        self.asked.append(("extend_lease", instance_id, seconds))

    def set_host(
        self,
        host_id: int,
        verdict: str | None,
        note: str = "",
        *,
        whose: Whose = "host",
        until: float | None = None,
    ) -> None:
        more = () if (whose, until) == ("host", None) else (whose, until)
        self.asked.append(("host", host_id, verdict, note, *more) if note or more else ("host", host_id, verdict))

    def note_host(self, host_id: int, text: str, *, whose: Whose = "host") -> None:
        self.asked.append(("note", whose, host_id, text))

    def favour_host(self, host_id: int, on: bool, *, whose: Whose = "host") -> None:
        self.asked.append(("favour", whose, host_id, on))

    def forget_host(self, host_id: int, *, whose: Whose = "host") -> None:
        self.asked.append(("forget", whose, host_id))

    def raw_offer(self, offer_id: int) -> Mapping[str, Any] | None:
        return self.raw.get(offer_id)

    def watch_search(self, search: Search, below: float | None) -> None:
        self.asked.append(("watch", search, below))

    def ssh_argv(self, instance_id: int) -> list[str]:
        return ["ssh", "-p", "41022", "root@203.0.113.8"]

    def remember(self, key: str, value: Any) -> None:
        self.kept[key] = value

    def recall(self, key: str) -> Any:
        return self.kept.get(key)
