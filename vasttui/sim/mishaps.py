"""What goes wrong with boxes by themselves, by the flaw of their host or by a fault of the same name.

| flaw | what happens |
|---|---|
| cdi, oci | the container cannot be created: an error of the container runtime, intended turns to stopped |
| bad_image | no registry has the image |
| stuck | the pull stands still for ever |
| offline | the host goes offline 5 to 20 minutes after the box runs (as a fault: 20 to 90 seconds) |
| vanish | the box is gone 20 to 90 seconds after it runs, from one moment to the next |
| outbid | a bid box loses its bid 20 to 90 seconds after it runs |
| wrong_gpu | the box has GPUs of another model than its offer named |
| full | a later start finds no capacity, most times |
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from vasttui.sim.boxes import Box
from vasttui.sim.plays import Play
from vasttui.sim.pulls import MANIFEST_UNKNOWN, is_missing_image

if TYPE_CHECKING:
    from vasttui.sim.lifecycle import Lifecycle

FAULTS = ("cdi", "oci", "bad_image", "stuck", "offline", "vanish", "outbid", "wrong_gpu")
"""Flaws that a fault gives to a box when it is rented."""

CDI_ERROR = (
    "Error response from daemon: failed to create task for container: failed to create shim task: "
    "OCI runtime create failed: could not apply required modification to OCI specification: "
    "failed to inject CDI devices: unresolvable CDI devices D.c0b4/gpu=0: unknown\n"
)
OCI_ERROR = (
    "Error response from daemon: failed to create task for container: failed to create shim task: "
    "OCI runtime create failed: runc create failed: unable to start container process: error during container init: "
    "nvidia-container-cli: initialization error: nvml error: driver not loaded: unknown\n"
)
GIVE_UP_SECONDS = 420.0
_SOON = (20.0, 90.0)


def at_birth(life: Lifecycle, box: Box, rng: random.Random) -> bool:
    """Plan why the container never comes up. False: nothing stands in its way."""
    if box.workload.kind == "hang" and not isinstance(box.workload, Play):
        box.pull_stops_at = rng.uniform(0.2, 0.8)
    elif is_missing_image(box.order.image) or box.flaw == "bad_image":
        life.at(box.pull_start + 8.0, box, lambda b, now: _no_image(life, b, now))
    elif box.flaw in ("cdi", "oci"):
        life.at(box.pull_end, box, _not_created)
    elif box.flaw == "stuck":
        box.pull_stops_at = rng.uniform(0.3, 0.7)
    else:
        return False
    return True


def _no_image(life: Lifecycle, box: Box, now: float) -> None:
    box.pull_stops_at = box.pull_share(now)
    box.status_msg = f"{MANIFEST_UNKNOWN}\n"
    life.at(now + GIVE_UP_SECONDS, box, _given_up)


def _given_up(box: Box, _now: float) -> None:
    # Stays `loading` for ever: the service only flips what it intends.
    box.intended = box.cur = box.next = "stopped"


def _not_created(box: Box, _now: float) -> None:
    box.actual, box.status_msg = "created", CDI_ERROR if box.flaw == "cdi" else OCI_ERROR
    box.intended = box.cur = box.next = "stopped"


def when_running(life: Lifecycle, box: Box, now: float, rng: random.Random) -> None:
    """Plan what will happen to a box whose container came up."""
    if box.workload.kind == "oom" and box.order.runtype == "args":
        life.at(now + box.workload.seconds * 0.31 + 15.0, box, life.died)
    if box.flaw == "offline":
        life.at(now + rng.uniform(*(_SOON if box.told else (300.0, 1200.0))), box, life.go_offline)
    elif box.flaw == "vanish":
        life.at(now + rng.uniform(*_SOON), box, life.vanish)
    elif box.flaw == "outbid" and box.order.bid is not None and box.boots == 0:
        life.at(now + rng.uniform(*_SOON), box, life.lose_bid)
