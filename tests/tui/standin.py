"""A controller of paper: shows what it is told to show and writes down what it is asked to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.tui.pictures import NOW
from vasttui.api.models import Offer
from vasttui.config import Config
from vasttui.errors import UsageError, VastError
from vasttui.jobs.spec import RentPlan
from vasttui.logs.buffer import LogBuffer
from vasttui.snapshot import Search, Snapshot


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
        self.listeners: list[Callable[[Snapshot], None]] = []
        self.attended: tuple[frozenset[str], int | None] = (frozenset(), None)

    @property
    def clock(self) -> Callable[[], float]:
        return lambda: self.now

    def publish(self, snapshot: Snapshot) -> None:
        """Replace the picture and tell the listeners."""
        self.snapshot = snapshot
        for listener in self.listeners:
            listener(snapshot)

    def subscribe(self, on_snapshot: Callable[[Snapshot], None], on_log: Callable[[int], None]) -> Callable[[], None]:
        self.listeners.append(on_snapshot)
        return lambda: self.listeners.remove(on_snapshot)

    def attend(self, panes: frozenset[str], log_of: int | None) -> None:
        self.attended = (panes, log_of)

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

    def log(self, instance_id: int) -> LogBuffer:
        return LogBuffer()

    def plan_for(self, offer: Offer) -> RentPlan:
        return self.plan

    def check_rent(self, offer: Offer, plan: RentPlan) -> None:
        if plan.disk_gb < 8:
            raise UsageError(f"disk {plan.disk_gb:g} GB: Vast.ai rents 8 GB or more")

    async def rent(self, offer: Offer, plan: RentPlan) -> int | None:
        self.asked.append(("rent", offer.id, plan))
        if isinstance(self.answer, VastError):
            raise self.answer
        return self.answer

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

    def set_host(self, host_id: int, verdict: str | None, note: str = "") -> None:
        self.asked.append(("host", host_id, verdict))

    def ssh_argv(self, instance_id: int) -> list[str]:
        return ["ssh", "-p", "41022", "root@203.0.113.8"]

    def remember(self, key: str, value: Any) -> None:
        self.kept[key] = value

    def recall(self, key: str) -> Any:
        return self.kept.get(key)
