"""Everything that is true in the simulated Vast.ai: market, boxes, account, and time passing.

Nothing here reads a clock of its own or touches a socket: `settle` brings the world up to the injected
clock's now.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Callable
from typing import Any

from vasttui.sim import pulls
from vasttui.sim.account import Account
from vasttui.sim.boxes import JOBS_FOLDER, QUIET, Box, Order, Past
from vasttui.sim.clock import SimClock
from vasttui.sim.containers import PlayedContainers
from vasttui.sim.gpus import GPUS
from vasttui.sim.lifecycle import Lifecycle
from vasttui.sim.logs import LogStore
from vasttui.sim.market import Market, Offer
from vasttui.sim.plays import play_of
from vasttui.sim.rows import instance_row
from vasttui.sim.switch import switch_of
from vasttui.sim.templates import AUTOMATIC_TAG
from vasttui.sim.workloads import Workload, choose_kind

Row = dict[str, Any]

FIRST_INSTANCE = 28_397_360
_DOES_MORE = re.compile(r"\bonstart 2>&1|\| *tee -a /")
"""In a start command that brings vasttui's script: there is a command of the user's too."""


class World:
    """The state and the rules. `reserve_port` gives each box its loopback port and is told the box's id."""

    def __init__(
        self,
        clock: SimClock,
        *,
        seed: int = 1,
        offers: int = 400,
        credit: float = 41.20,
        api_key: str | None = None,
        hosts: tuple[int, ...] = (),
        price_step: float = 0.0,
        rights: frozenset[str] | None = None,
        reserve_port: Callable[[int], int] | None = None,
    ) -> None:
        self.clock = clock
        self.seed = seed
        self.settled = clock.now()
        self.market = Market(seed, offers, self.settled, hosts=hosts, price_step=price_step)
        self.life = Lifecycle(seed)
        self.life.containers = PlayedContainers(clock.wire)
        self.rented: list[Box] = []
        self.spent = 0.0
        self.flaw_told: Callable[[Offer], str] = lambda _offer: ""
        self.account = Account(api_key or secret(seed, "account"), credit, self.settled, rights)
        self.logs = LogStore(seed)
        self._ids = itertools.count(FIRST_INSTANCE + seed % 97, 7)
        self._reserve_port = reserve_port or (lambda box_id: 41_000 + box_id % 20_000)
        self.life.on_gone = self._give_back
        self.past: list[Past] = []
        """Boxes that are gone."""

    @property
    def played(self) -> bool:
        """Whether boxes only play; else they run real shells."""
        return isinstance(self.life.containers, PlayedContainers)

    @property
    def boxes(self) -> dict[int, Box]:
        """Instances that the account holds, by id."""
        return self.life.boxes

    def settle(self) -> float:
        """Let everything happen that is due by now; returns that moment (simulated epoch seconds)."""
        now = self.clock.now()
        self.market.settle(now)
        while (due := self.life.next_event()) is not None and due <= now:
            self._charge(due)
            self.life.run_one()
        self._charge(now)
        if self.account.credit <= 0:
            for box in list(self.boxes.values()):
                self.life.halt(box, now)
        return now

    def _charge(self, until: float) -> None:
        hours = max(0.0, until - self.settled) / 3600.0
        self.settled = max(self.settled, until)
        for box in self.boxes.values():
            cost = box.burn() * hours
            box.spent += cost
            self.spent += cost
            self.account.credit -= cost

    def new_box(
        self, offer: Offer, order: Order, *, workload: Workload | None = None, clean: bool | None = None
    ) -> Box:
        """Make a box of an offer, which leaves the market. It is not in anybody's list yet."""
        box_id = next(self._ids)
        seed = f"{self.seed}:{box_id}"
        kind = choose_kind(seed, order.label, order.onstart, order.image, order.args) if self.played else "idle"
        offer.mine = offer.taken = True
        offer.changed()
        is_clean = offer.clean if clean is None else clean
        box = Box(
            id=box_id,
            order=order,
            offer_id=offer.id,
            fixed=dict(offer.fixed),
            gpu_price=offer.price,
            storage_cost=offer.storage_cost,
            market_bid=offer.min_bid,
            clean=is_clean,
            flaw="" if is_clean else offer.flaw,
            created=self.clock.now(),
            api_key=secret(self.seed, f"box:{box_id}"),
            port=self._reserve_port(box_id),
            workload=workload or Workload.make(kind, seed),
            pull=pulls.plan(seed, order.image),
            label=order.label,
        )
        box.ssh_keys = {key: row["key"] for key, row in self.account.ssh_keys.items()}
        if self.played:
            self._assign(box, seed)
        return box

    def _assign(self, box: Box, seed: str) -> None:
        """Give the box the job and the switch that its environment names."""
        order, env, command = box.order, dict(box.order.env), box.order.onstart or ""
        box.switch = switch_of(env) if order.runtype != "args" else None
        play = play_of(env, seed, order.label, order.onstart, order.image)
        if play is not None and (JOBS_FOLDER not in command or play.run_id in command):
            box.workload = play
        elif JOBS_FOLDER in command and not _DOES_MORE.search(command):
            box.workload = QUIET

    def rent(self, offer: Offer, order: Order) -> Box:
        """Rent an offer: the box is listed at once and on its way. Too low a bid is outbid from birth."""
        now = self.settle()
        box = self.new_box(offer, order)
        self.rented.append(box)
        if flaw := self.flaw_told(offer):
            box.flaw, box.told = flaw, True
        if flaw == "wrong_gpu":
            box.fixed["gpu_name"] = next(gpu.name for gpu in GPUS if gpu.name != box.fixed["gpu_name"])
        if order.bid is not None and order.bid < offer.min_bid:
            self.boxes[box.id] = box
            box.actual, box.outbid = "exited", True
            box.intended = box.cur = box.next = "stopped"
        else:
            self.life.begin(box, now)
        return box

    def _give_back(self, box: Box) -> None:
        self.past.append(box.past(self.settled))
        offer = self.market.offers.get(box.offer_id)
        if offer is not None:
            self.market.relist(offer)

    def row(self, box: Box) -> Row:
        """The box as the API shows it now."""
        return instance_row(box, self.clock.now(), self.clock)

    def rows(self) -> list[Row]:
        """All instances of the account, by id."""
        return [self.row(box) for _, box in sorted(self.boxes.items())]

    def burn(self) -> float:
        """$/h that all boxes cost now."""
        return sum(box.burn() for box in self.boxes.values())


def secret(seed: int, what: str) -> str:
    """A key of 64 hex characters, the same for the same seed."""
    return hashlib.sha256(f"vasttui-sim:{seed}:{what}".encode()).hexdigest()


def resolve_image(image: str) -> str:
    """The tag that the platform picks for its own images."""
    return image.replace(AUTOMATIC_TAG, "cuda-12.8.1-cudnn-devel-ubuntu22.04-py312")
