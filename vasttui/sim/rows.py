"""An instance as the API lists it: many fields, some of them null, stale or secret, as real rows are.

Source of names and shapes: vast-ai/docs, show_instance.yaml, and public captures for what the specification
gets wrong (`extra_env` is a list of pairs, `ports` a Docker port map).
"""

from __future__ import annotations

import random
from typing import Any

from vasttui.sim.boxes import Box
from vasttui.sim.clock import SimClock
from vasttui.sim.listing import price_split

Row = dict[str, Any]

LOOPBACK = "127.0.0.1"
_COPIED = (
    "machine_id",
    "host_id",
    "hosting_type",
    "verification",
    "gpu_name",
    "gpu_arch",
    "num_gpus",
    "gpu_frac",
    "gpu_ram",
    "gpu_mem_bw",
    "gpu_lanes",
    "bw_nvlink",
    "compute_cap",
    "cuda_max_good",
    "driver_version",
    "cpu_name",
    "cpu_arch",
    "cpu_cores",
    "cpu_cores_effective",
    "cpu_ram",
    "has_avx",
    "disk_name",
    "disk_bw",
    "pci_gen",
    "pcie_bw",
    "mobo_name",
    "os_version",
    "inet_up",
    "inet_down",
    "inet_up_cost",
    "inet_down_cost",
    "direct_port_count",
    "static_ip",
    "geolocation",
    "geolocode",
    "reliability2",
    "total_flops",
    "internet_up_cost_per_tb",
    "internet_down_cost_per_tb",
    "credit_discount_max",
    "external",
    "logo",
    "webpage",
    "end_date",
    "time_remaining",
    "time_remaining_isbid",
    "is_vm_deverified",
    "resource_type",
    "cluster_id",
)


def instance_row(box: Box, now: float, clock: SimClock) -> Row:
    """The whole row of a box at the simulated moment `now`."""
    alive = box.actual in ("running", "rebooting", "recycling")
    return {
        **{name: box.fixed[name] for name in _COPIED if name in box.fixed},
        **_identity(box),
        **_status(box, now),
        **_money(box, now),
        **_telemetry(box, now, alive=alive),
        **_network(box),
        "dlperf": box.fixed["dlperf"] if alive else None,
        "score": 420.0 if alive else None,
        "gpu_totalram": box.fixed["gpu_total_ram"],
        "start_date": clock.wire(box.created),
        "duration": max(0.0, box.fixed["end_date"] - now),
        "uptime_mins": None if box.began_running is None else _real_minutes(box, now, clock),
        "client_run_time": 2592000.0,
        "host_run_time": 2592000.0,
    }


def _real_minutes(box: Box, now: float, clock: SimClock) -> float:
    return round((clock.wire(now) - clock.wire(box.began_running or now)) / 60, 2)


def _identity(box: Box) -> Row:
    order = box.order
    return {
        "id": box.id,
        "label": box.label,
        "image_uuid": order.image,
        "image_args": [],
        "image_runtype": order.runtype,
        "extra_env": [[key, value] for key, value in order.env],
        "onstart": order.onstart,
        "template_hash_id": order.template["hash_id"] if order.template else None,
        "template_id": order.template["id"] if order.template else None,
        "template_name": order.template["name"] if order.template else None,
        "bundle_id": box.fixed["bundle_id"],
        "jupyter_token": f"{box.api_key[::-1]}",
        "instance_api_key": box.api_key,
        "image_login": order.image_login,
        "volume_info": [],
        "disk_space": order.disk,
        "is_bid": order.bid is not None,
        "rentable": False,
        "rented": True,
    }


def _status(box: Box, now: float) -> Row:
    message = box.status_msg
    if message is None and box.actual == "loading":
        message = box.pull.status(box.pull_share(now))
    return {
        "actual_status": box.actual,
        "intended_status": box.intended,
        "cur_state": box.cur,
        "next_state": box.next,
        "status_msg": message,
    }


def _money(box: Box, now: float) -> Row:
    running = box.actual in ("running", "rebooting")
    disk = box.disk_per_hour
    gpu = max(0.0, box.dph_total - disk)
    return {
        "dph_base": box.order.bid if box.order.bid is not None else box.gpu_price,
        "dph_total": box.dph_total,
        "min_bid": box.market_bid,
        "storage_cost": box.storage_cost,
        "storage_total_cost": disk,
        "vram_costperhour": box.dph_total / float(box.fixed["gpu_total_ram"]),
        "dlperf_per_dphtotal": box.fixed["dlperf"] / box.dph_total,
        "discount_rate": 0.0,
        "discounted_hourly": 0.0,
        "search": price_split(gpu, disk),
        "instance": price_split(gpu if running else 0.0, disk),
        "inet_up_billed": round(max(0.0, now - box.created) * 0.011, 3) if box.segments else None,
        "inet_down_billed": round(4200 + max(0.0, now - box.created) * 0.05, 3) if box.segments else None,
        "credit_balance": None,
        "credit_discount": None,
    }


def _telemetry(box: Box, now: float, *, alive: bool) -> Row:
    """Null until the box has run; a stopped box keeps what was last measured."""
    if not box.segments:
        names = ("gpu_util", "gpu_temp", "mem_usage", "mem_limit", "vmem_usage", "cpu_util")
        return {**dict.fromkeys(names), "disk_usage": -1, "disk_util": -1}
    life = box.segments[-1]
    age = max(0.0, life.second(now))
    rng = random.Random(f"{box.id}:{int(now / 3)}" if alive else f"{box.id}")
    busy = life.workload.busy(age)
    vram = float(box.fixed["gpu_ram"]) / 1000
    used = min(box.order.disk * 0.97, 6.5 + box.order.disk * 0.12 + age * 0.0004)
    fresh = alive and age < 20.0
    return {
        "gpu_util": float(rng.randint(94, 100)) if busy else 0.0,
        "gpu_temp": float(rng.randint(61, 72) if busy else rng.randint(31, 38)),
        "vmem_usage": round(vram * (0.86 if busy else 0.01), 3),
        "mem_usage": round(6.4 + rng.random(), 2),
        "mem_limit": round(float(box.fixed["cpu_ram"]) / 1000, 1),
        "cpu_util": round(rng.uniform(0.08, 0.6), 3),
        "disk_usage": -1 if fresh else round(used, 3),
        "disk_util": -1 if fresh else round(used / box.order.disk, 5),
    }


def _network(box: Box) -> Row:
    ports: Row = {}
    if box.port_open:
        bindings = [
            {"HostIp": "0.0.0.0", "HostPort": str(box.port)},
            {"HostIp": "::", "HostPort": str(box.port)},
        ]
        ports = {"22/tcp": bindings}
    return {
        "ssh_host": LOOPBACK,
        "ssh_port": box.port,
        "ssh_idx": str(box.id % 9 + 1),
        "ports": ports,
        "public_ipaddr": f"{LOOPBACK}\n" if box.id % 5 == 0 else LOOPBACK,
        "local_ipaddrs": "192.168.1.20 172.17.0.1 \n",
        "direct_port_start": box.port if box.port_open else -1,
        "direct_port_end": box.port if box.port_open else -1,
        "machine_dir_ssh_port": box.port,
    }
