"""The life of rented boxes as events in simulated time, with delays observed on the real service.

| step | seconds |
|---|---|
| create reply after the request | 5 to 10 (the row is listed at once) |
| running after the reply | 30 to 60; 8 to 20 when the image is there already |
| SSH port after running | 30 to 60 (warm: 5 to 15) |
| key accepted after the port | 10 to 20 (warm: 2 to 6) |
| stop, reboot, destroy seen | 4 to 9, 6 to 14, 3 to 7 |

Only boxes on hosts of low reliability fail by themselves: a test or a demo that rents a good host is left
alone.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import replace

from vasttui.sim import mishaps
from vasttui.sim.boxes import Box
from vasttui.sim.containers import Containers, PlayedContainers

Step = Callable[[Box, float], None]

OUTBID = "instance terminated: outbid"


class Lifecycle:
    """Boxes by id and the queue of what will happen to them. `seed` decides every delay."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.boxes: dict[int, Box] = {}
        self.deny_capacity: Callable[[], bool] = lambda: False
        self.on_gone: Callable[[Box], None] = lambda _box: None
        self.containers: Containers = PlayedContainers(lambda moment: moment)
        self.ended_themselves: list[int] = []
        self._queue: list[tuple[float, int, int, int, Step]] = []
        self._counter = 0

    def rng(self, box: Box, what: str) -> random.Random:
        """The box's own dice for one purpose and boot."""
        return random.Random(f"{self.seed}:{box.id}:{box.boots}:{what}")

    def at(self, moment: float, box: Box, step: Step) -> None:
        """Do `step` at `moment`, unless the box's course has changed by then."""
        self._counter += 1
        heapq.heappush(self._queue, (moment, self._counter, box.id, box.generation, step))

    def next_event(self) -> float | None:
        """When something happens next; None when nothing is due."""
        return self._queue[0][0] if self._queue else None

    def run_one(self) -> None:
        """Do the next event."""
        moment, _, box_id, generation, step = heapq.heappop(self._queue)
        box = self.boxes.get(box_id)
        if box is not None and not box.gone and box.generation == generation:
            step(box, moment)

    # Creating

    def reply_delay(self, box: Box) -> float:
        """Seconds until the create request is answered."""
        return self.rng(box, "reply").uniform(5.0, 10.0)

    def begin(self, box: Box, now: float) -> None:
        """Take a new box on its way from its first row to SSH."""
        rng = self.rng(box, "begin")
        reply = now + self.reply_delay(box)
        self.boxes[box.id] = box
        self.at(now + rng.uniform(1.0, 3.0), box, self._created)
        self.at(reply + rng.uniform(0.0, 2.0), box, self._loading)
        box.pull_start = reply + 2.0
        box.pull_end = reply + rng.uniform(30.0, 60.0)
        if not mishaps.at_birth(self, box, rng):
            self.at(box.pull_end, box, self.run_container)

    def _created(self, box: Box, _now: float) -> None:
        box.actual = "created"

    def _loading(self, box: Box, _now: float) -> None:
        # cur_state is the hardware: it is allotted before there is a container.
        box.actual, box.cur = "loading", "running"

    def run_container(self, box: Box, now: float) -> None:
        """The container is up: it prints from now on, SSH follows."""
        warm = box.boots > 0
        rng = self.rng(box, "running")
        box.actual, box.cur, box.queued = "running", "running", False
        box.status_msg = f"success, running {box.order.image.replace(':', '_')}/{box.order.runtype.split()[-1]}"
        self.containers.start(box, now)
        port = now + (rng.uniform(5.0, 15.0) if warm else rng.uniform(30.0, 60.0))
        self.at(port, box, self._port)
        self.at(port + (rng.uniform(2.0, 6.0) if warm else rng.uniform(10.0, 20.0)), box, self._key)
        mishaps.when_running(self, box, now, rng)
        if box.order.bid is not None:
            self.at(now + rng.uniform(90.0, 240.0), box, self._bidding)
        self.watch(box, now)

    def _port(self, box: Box, _now: float) -> None:
        box.port_open = True

    def _key(self, box: Box, _now: float) -> None:
        box.key_ok = True

    def died(self, box: Box, now: float) -> None:
        """Its only process has ended."""
        box.actual = "exited"
        self.containers.end(box, now)

    def go_offline(self, box: Box, now: float) -> None:
        """Its host is cut off: nothing is billed while it is."""
        self._change(box, now)
        box.actual = "offline"

    def come_back(self, box: Box, now: float) -> None:
        """Its host is there again; the container starts anew."""
        self._resume(box, now, self.rng(box, "online"))

    def vanish(self, box: Box, now: float) -> None:
        """It is gone from one moment to the next, as when a host withdraws its machine."""
        self._change(box, now)
        self._gone(box, now)

    # The dead man's switch

    def watch(self, box: Box, now: float) -> None:
        """Look after the box's switch when it is due, as things stand."""
        due = box.switch_due(now)
        if due is not None:
            self.at(max(now, due), box, self._switch)

    def _switch(self, box: Box, now: float) -> None:
        due = box.switch_due(now)
        if due is None or box.switch is None:
            return
        if due > now:
            self.at(due, box, self._switch)
            return
        self.ended_themselves.append(box.id)
        end = self.destroy if box.switch.end == "destroy" else self.stop
        end(box, now)

    # Outbid

    def _bidding(self, box: Box, now: float) -> None:
        """Others bid on the machine now and then; who bids less is paused until the price falls again."""
        rng = self.rng(box, f"bid:{now:.0f}")
        rival = box.market_bid * rng.uniform(0.8, 1.3)
        if rival > (box.order.bid or 0.0):
            self.lose_bid(box, now)
        else:
            self.at(now + rng.uniform(60.0, 180.0), box, self._bidding)

    def lose_bid(self, box: Box, now: float) -> None:
        """Pause a bid box: all three states stopped, nobody asked for it."""
        self._change(box, now)
        box.outbid = True
        box.actual, box.intended, box.cur, box.next = "exited", "stopped", "stopped", "stopped"
        box.status_msg = OUTBID if box.id % 2 else None
        self.at(now + self.rng(box, "rest").uniform(90.0, 300.0), box, self.win_bid)

    def win_bid(self, box: Box, now: float) -> None:
        """The price has fallen: a paused bid box comes back."""
        box.outbid = False
        self._resume(box, now, self.rng(box, "back"))

    def rebid(self, box: Box, price: float, now: float) -> None:
        """Change the bid ($/h); a paused box with a high enough bid comes back."""
        box.order = replace(box.order, bid=price)
        if box.outbid and price >= box.market_bid:
            self.win_bid(box, now)

    # Commands

    def _change(self, box: Box, now: float) -> None:
        """A new course: what was planned for the box no longer happens, its container ends."""
        box.generation += 1
        self.containers.end(box, now)

    def stop(self, box: Box, now: float) -> None:
        """Ask for a stop; seen some seconds later. Also cancels a queued start."""
        box.intended = box.next = "stopped"
        box.queued = box.outbid = False
        box.generation += 1
        self.at(now + self.rng(box, "stop").uniform(4.0, 9.0), box, self._stopped)

    def _stopped(self, box: Box, now: float) -> None:
        self._change(box, now)
        box.actual, box.cur = "exited", "stopped"

    def start(self, box: Box, now: float) -> bool:
        """Ask for a start. False: no capacity, so it is queued and may happen minutes later."""
        if box.actual == "running" and box.intended == "running":
            return True
        rng = self.rng(box, "start")
        box.intended = box.next = "running"
        box.generation += 1
        if self.deny_capacity() or (box.flaw == "full" and rng.random() < 0.6):
            box.queued = True
            self.at(now + rng.uniform(90.0, 400.0), box, lambda b, t: self._resume(b, t, rng))
            return False
        self._resume(box, now, rng)
        return True

    def _resume(self, box: Box, now: float, rng: random.Random) -> None:
        self._change(box, now)
        box.boots += 1
        box.intended = box.next = "running"
        box.status_msg = None
        if not box.segments:
            box.pull_start, box.pull_end = now, now + rng.uniform(30.0, 60.0)
        ready = now + rng.uniform(8.0, 20.0) if box.segments else box.pull_end
        self.at(now + rng.uniform(2.0, 5.0), box, self._loading)
        self.at(ready, box, self.run_container)

    def reboot(self, box: Box, now: float, *, recycle: bool = False) -> None:
        """Restart the container in place; `recycle` makes a fresh one, whose log and files are empty."""
        self._change(box, now)
        box.boots += 1
        box.actual = "recycling" if recycle else "rebooting"
        if recycle:
            self.containers.wipe(box)
        self.at(now + self.rng(box, "reboot").uniform(6.0, 14.0), box, self.run_container)

    def destroy(self, box: Box, now: float) -> None:
        """End the contract; the row leaves the list some seconds later."""
        if box.destroyed is None:
            box.destroyed = now
            self._change(box, now)
            box.intended = box.next = "stopped"
            box.cur = "unloaded"
            self.at(now + self.rng(box, "destroy").uniform(3.0, 7.0), box, self._gone)

    def _gone(self, box: Box, _now: float) -> None:
        box.gone = True
        del self.boxes[box.id]
        self.containers.remove(box)
        self.on_gone(box)

    def halt(self, box: Box, now: float) -> None:
        """Stop a box because the credit is used up."""
        if box.intended == "running":
            self.stop(box, now)
