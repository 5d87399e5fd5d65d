"""Boxes that are there when the simulator starts, in the states that a renter's list usually shows."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from vasttui.sim.boxes import Box, Order
from vasttui.sim.lifecycle import OUTBID
from vasttui.sim.market import Offer
from vasttui.sim.workloads import Workload
from vasttui.sim.world import World

SECRET_ENV = (("HF_TOKEN", "hf_SIMULATEDxTOKENxDOxNOTxSHOW"), ("-p 8080:8080", "1"))


@dataclass(frozen=True)
class Sketch:
    """One box to begin with: GPU, workload, how old (seconds), how far its job is, and its state."""

    label: str
    gpu: str
    kind: str
    state: str
    age: float
    done: float = 0.5
    image: str = "vastai/pytorch:2.9.1-cuda-12.8.1-py312"
    disk: float = 32.0


# The first five are the demo's picture.
SKETCHES = (
    Sketch("upscale-07", "RTX 4090", "upscale", "running", 12_840, 0.83, "renter/upscale:2.1", 64.0),
    Sketch("lora-flux", "RTX 5090", "train", "running", 3_240, 0.42, disk=96.0),
    Sketch("upscale-08", "RTX 4090", "upscale", "loading", 40, image="renter/upscale:2.1", disk=64.0),
    Sketch("notebook", "RTX A6000", "idle", "running", 2_460),
    Sketch("old-train", "RTX 3090", "train", "stopped", 190_000, 0.6, disk=120.0),
    Sketch("llama-sft", "A100 SXM4", "finetune", "running", 7_900, 0.64, "axolotlai/axolotl:main-latest", 128.0),
    Sketch("spot-sdxl", "RTX 4090", "train", "outbid", 5_100, 0.3),
    Sketch("flux-oom", "RTX 3090", "oom", "exited", 1_900, 0.9),
    Sketch("crashy", "RTX 3060", "restart", "running", 2_000),
    Sketch("stuck-pull", "RTX 4080S", "hang", "loading", 1_500),
)


def add_seeded(world: World, count: int) -> None:
    """Put `count` boxes in the world: the sketches in order, then more like them."""
    for number in range(count):
        sketch = SKETCHES[number % len(SKETCHES)]
        lap = number // len(SKETCHES)
        _add(world, sketch, f"{sketch.label}-{lap + 1}" if lap else sketch.label)


def _add(world: World, sketch: Sketch, label: str) -> None:
    now = world.clock.now()
    offer = world.market.find(lambda offer: _suits(offer, sketch))
    order = Order(
        image=sketch.image,
        disk=sketch.disk,
        label=label,
        env=SECRET_ENV,
        runtype="ssh ssh_direc ssh_proxy",
        onstart=f"bash /workspace/{sketch.kind}.sh 2>&1 | tee -a /var/log/onstart.log",
        bid=round(offer.min_bid * 1.08, 4) if sketch.state == "outbid" else None,
    )
    seconds = None if sketch.kind in ("idle", "restart", "hang") else max(60.0, (sketch.age - 110.0) / sketch.done)
    box = world.new_box(offer, order, workload=Workload.make(sketch.kind, f"{world.seed}:{label}", seconds), clean=True)
    box.created = now - sketch.age
    world.boxes[box.id] = box
    box.spent = box.dph_total * sketch.age / 3600
    _STATES[sketch.state](world, box, now)


def _suits(offer: Offer, sketch: Sketch) -> bool:
    return offer.fixed["gpu_name"] == sketch.gpu and offer.fixed["num_gpus"] == 1 and offer.clean


def _running(world: World, box: Box, now: float) -> None:
    box.actual = "running"
    box.status_msg = f"success, running {box.order.image.replace(':', '_')}/ssh_proxy"
    box.start_container(min(now, box.created + 110.0))
    box.port_open = box.key_ok = True


def _loading(world: World, box: Box, now: float) -> None:
    box.actual = "loading"
    rng = random.Random(f"{world.seed}:{box.id}:loading")
    box.pull_start = box.created + 8.0
    if box.workload.kind == "hang":
        box.pull_end, box.pull_stops_at = box.pull_start + 60.0, 0.45
        return
    # A cold host: it comes up a good while after the start, so that a demo sees it pull first.
    box.pull_end = now + rng.uniform(60.0, 100.0)
    world.life.at(box.pull_end, box, world.life.run_container)


def _stopped(world: World, box: Box, now: float) -> None:
    _running(world, box, now)
    box.end_container(box.created + box.workload.seconds * 0.6 + 110.0)
    box.actual, box.intended, box.cur, box.next = "exited", "stopped", "stopped", "stopped"
    box.status_msg = None
    box.spent = box.dph_total * 1.7 + box.disk_per_hour * (now - box.created) / 3600


def _outbid(world: World, box: Box, now: float) -> None:
    _running(world, box, now)
    box.end_container(now - 300.0)
    box.outbid = True
    box.actual, box.intended, box.cur, box.next, box.status_msg = (
        "exited",
        "stopped",
        "stopped",
        "stopped",
        OUTBID,
    )


def _exited(world: World, box: Box, now: float) -> None:
    _running(world, box, now)
    box.end_container(now - 60.0)
    box.actual = "exited"
    box.status_msg = "Exited (1) 1 minute ago\n"


_STATES: dict[str, Callable[[World, Box, float], None]] = {
    "running": _running,
    "loading": _loading,
    "stopped": _stopped,
    "outbid": _outbid,
    "exited": _exited,
}
