"""The seeded market: machines, their offers, prices that drift, other renters that come and go.

An offer's price is `dph_base` $/h for its GPUs, plus storage at `storage_cost` $/GB/month of 720 hours
(vast-ai/docs, search_offers.yaml; the formula is checked there by its own examples).
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from vasttui.sim.gpus import BOARDS, CPUS, DISKS, DRIVERS, GPUS, PLACES, Gpu
from vasttui.sim.listing import offer_row

Row = dict[str, Any]

TICK_SECONDS = 20.0
# A market nobody looked at for hours need not live through each of its ticks.
MOST_TICKS_AT_ONCE = 60
HOURS_PER_MONTH = 720.0
# With named hosts, every third machine is one of theirs.
NAMED_EVERY = 3
EVEN_STORAGE = 0.15


@dataclass(slots=True)
class Offer:
    """One thing to rent. `fixed` holds the fields that never change; prices are $/h for all its GPUs."""

    id: int
    fixed: Row
    price: float
    min_bid: float
    storage_cost: float
    reliability: float
    flaw: str
    taken: bool = False
    mine: bool = False
    _rows: dict[tuple[float, str], tuple[Row, msgspec.Raw]] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Whether its machine never fails by itself (tests and demos need some that do not)."""
        return self.reliability >= 0.985

    def changed(self) -> None:
        """Forget rows made at the old price."""
        self._rows.clear()

    def row(self, storage: float, kind: str) -> tuple[Row, msgspec.Raw]:
        """The offer as the API shows it, priced with `storage` GB for a kind of rent; and its JSON."""
        key = (storage, kind)
        if key not in self._rows:
            row = offer_row(self, storage, kind)
            self._rows[key] = (row, msgspec.Raw(msgspec.json.encode(row)))
        return self._rows[key]


class Market:
    """All offers by id. Every draw comes from `seed`, so two markets of one seed live the same life.

    `hosts` are ids of hosts that have machines here. With a `price_step` ($/h) prices are multiples of it and storage
    costs the same everywhere, so that many offers cost exactly the same.
    """

    def __init__(
        self, seed: int, count: int, now: float, *, hosts: tuple[int, ...] = (), price_step: float = 0.0
    ) -> None:
        self.seed = seed
        self._hosts = hosts
        self._price_step = price_step
        self.offers: dict[int, Offer] = {}
        self.ticks = 0
        self._begun = now
        self._next_id = 20_000_000 + random.Random(f"{seed}:ids").randrange(1_000_000)
        self._fill(count, now)

    def _new_id(self) -> int:
        self._next_id += 1 + self._next_id % 37
        return self._next_id

    def _fill(self, count: int, now: float) -> None:
        rng = random.Random(f"{self.seed}:market")
        named = itertools.cycle(self._hosts)
        for number in itertools.count():
            if len(self.offers) >= count:
                return
            machine = _machine(rng, now)
            if self._hosts and number % NAMED_EVERY == 0:
                machine["host_id"] = next(named)
            for gpus in _chunks(rng, machine["total"]):
                if len(self.offers) < count:
                    offer = _offer(rng, self._new_id(), machine, gpus)
                    self._make_even(offer)
                    self.offers[offer.id] = offer

    def _make_even(self, offer: Offer) -> None:
        if step := self._price_step:
            offer.price = round(max(step, round(offer.price / step) * step), 6)
            offer.min_bid = min(offer.price, round(max(step, round(offer.min_bid / step) * step), 6))
            offer.storage_cost = EVEN_STORAGE

    def settle(self, now: float) -> None:
        """Live up to `now`: prices drift, renters take and return offers."""
        due = int((now - self._begun) / TICK_SECONDS)
        self.ticks = max(self.ticks, due - MOST_TICKS_AT_ONCE)
        while self.ticks < due:
            self.ticks += 1
            self._tick(random.Random(f"{self.seed}:tick:{self.ticks}"))

    def _tick(self, rng: random.Random) -> None:
        ids = list(self.offers)
        for _ in range(max(1, len(ids) // 80)):
            self._touch(rng, self.offers.get(rng.choice(ids)) if ids else None)

    def _touch(self, rng: random.Random, offer: Offer | None) -> None:
        if offer is None or offer.mine:
            return
        draw = rng.random()
        if offer.taken:
            if draw < 0.85:
                self.relist(offer)
        elif draw < 0.22:
            offer.taken = True
        else:
            step = rng.uniform(0.95, 1.055)
            offer.price = round(min(max(offer.price * step, 0.03), 60.0), 6)
            offer.min_bid = round(min(offer.min_bid * rng.uniform(0.92, 1.09), offer.price), 6)
            self._make_even(offer)
        offer.changed()

    def relist(self, offer: Offer) -> None:
        """Put an offer back under a new id, as the real market does when a contract ends."""
        self.offers.pop(offer.id, None)
        offer.id, offer.taken, offer.mine = self._new_id(), False, False
        offer.fixed.update(id=offer.id, ask_contract_id=offer.id)
        offer.changed()
        self.offers[offer.id] = offer

    def find(self, wanted: Callable[[Offer], bool]) -> Offer:
        """The cheapest free offer that `wanted` accepts; any free one when none fits."""
        free = [offer for offer in self.offers.values() if not offer.taken]
        fitting = [offer for offer in free if wanted(offer)]
        return min(fitting or free, key=lambda offer: offer.price)


def _weighted(rng: random.Random) -> Gpu:
    return rng.choices(GPUS, weights=[gpu.weight for gpu in GPUS])[0]


def _machine(rng: random.Random, now: float) -> Row:
    gpu = _weighted(rng)
    datacenter = gpu.datacenter and rng.random() < 0.7
    total = rng.choices((1, 2, 4, 8), weights=(2, 3, 4, 4) if gpu.datacenter else (9, 5, 4, 2))[0]
    good = rng.random() < 0.8
    reliability = rng.uniform(0.985, 0.9995) if good or datacenter else rng.uniform(0.78, 0.985)
    return {
        "gpu": gpu,
        "total": total,
        "datacenter": datacenter,
        "reliability": round(reliability, 7),
        "verification": "verified" if good else rng.choices(("unverified", "deverified"), (9, 1))[0],
        "machine_id": rng.randrange(900, 62_000),
        "host_id": rng.randrange(40, 260) * 357 + 11,
        "place": rng.choices([p for p, _ in PLACES], [w for _, w in PLACES])[0],
        "cpu": rng.choice(CPUS),
        "driver": rng.choice(DRIVERS),
        "disk": rng.choice(DISKS),
        "board": rng.choice(BOARDS),
        "net": rng.uniform(80, 950) * rng.choice((1, 1, 1, 4)),
        "left": (left := rng.uniform(2, 180) * 86_400),
        "end": now + left,
        "start": now - rng.uniform(1, 300) * 86_400,
        "ports": rng.choice((0, 12, 50, 99, 249, 499)),
        "storage": round(rng.choice((0.1, 0.13, 0.15, 0.2, 0.3)), 4),
        "factor": rng.lognormvariate(0.0, 0.16),
        "ip": f"203.0.113.{rng.randrange(1, 255)}",
        "flaw": "" if good else rng.choices(("", "cdi", "stuck", "offline", "full"), (6, 1, 1, 1, 2))[0],
        "ram": rng.choice((32, 64, 128, 256, 512)) * 1000 + rng.randrange(0, 900),
        "room": rng.uniform(80, 3200),
    }


def _chunks(rng: random.Random, total: int) -> list[int]:
    """How a machine's GPUs are offered: whole, in halves, one by one."""
    sizes = [total] + [size for size in (1, 2, 4) if size < total and rng.random() < 0.6]
    return sorted(sizes)


def _offer(rng: random.Random, offer_id: int, machine: Row, gpus: int) -> Offer:
    gpu: Gpu = machine["gpu"]
    price = round(gpu.price * gpus * machine["factor"] * (1.12 if machine["datacenter"] else 1.0), 6)
    offer = Offer(
        id=offer_id,
        fixed=_fixed(rng, offer_id, machine, gpus),
        price=price,
        min_bid=round(price * rng.uniform(0.35, 0.7), 6),
        storage_cost=machine["storage"],
        reliability=machine["reliability"],
        flaw=machine["flaw"],
        taken=rng.random() < 0.06,
    )
    if rng.random() < 0.03:
        _soil(rng, offer.fixed)
    return offer


def _fixed(rng: random.Random, offer_id: int, machine: Row, gpus: int) -> Row:
    return {
        "id": offer_id,
        "ask_contract_id": offer_id,
        "bundle_id": offer_id + 7,
        "bundled_results": 1,
        **_gpu_fields(rng, machine, gpus),
        **_host_fields(rng, machine, gpus / machine["total"]),
    }


def _gpu_fields(rng: random.Random, machine: Row, gpus: int) -> Row:
    gpu: Gpu = machine["gpu"]
    driver, driver_number, cuda = machine["driver"]
    dlperf = gpu.dlperf * gpus * rng.uniform(0.93, 1.04)
    return {
        "gpu_name": gpu.name,
        "gpu_arch": "nvidia",
        "num_gpus": gpus,
        "gpu_frac": gpus / machine["total"],
        "gpu_ids": list(range(gpus)),
        "gpu_ram": gpu.ram,
        "gpu_total_ram": gpu.ram * gpus,
        "gpu_mem_bw": round(gpu.bandwidth * rng.uniform(0.82, 0.9), 1),
        "gpu_lanes": 16,
        "gpu_max_power": float(gpu.power),
        "gpu_max_temp": 90.0,
        "gpu_display_active": rng.random() < 0.05,
        "bw_nvlink": 600.0 if "SXM" in gpu.name else 0.0,
        "compute_cap": gpu.compute_cap,
        "cuda_max_good": cuda,
        "driver_version": driver,
        "driver_vers": driver_number,
        "dlperf": round(dlperf, 6),
        "total_flops": round(gpu.tflops * gpus, 4),
        "pci_gen": rng.choice((3.0, 4.0, 4.0, 5.0)),
        "pcie_bw": round(rng.uniform(6.0, 25.5), 1),
    }


def _host_fields(rng: random.Random, machine: Row, share: float) -> Row:
    cpu_name, cores, ghz = machine["cpu"]
    net = machine["net"]
    return {
        "machine_id": machine["machine_id"],
        "host_id": machine["host_id"],
        "hosting_type": 1 if machine["datacenter"] else 0,
        "verification": machine["verification"],
        "vericode": 1 if machine["verification"] == "verified" else 0,
        "cpu_name": cpu_name,
        "cpu_arch": "amd64",
        "cpu_cores": cores,
        "cpu_cores_effective": round(cores * share, 2),
        "cpu_ghz": ghz,
        "cpu_ram": int(machine["ram"] * share),
        "has_avx": 1,
        "disk_name": machine["disk"],
        "disk_space": round(machine["room"] * share + 16, 2),
        "disk_bw": round(rng.uniform(700, 7200), 1),
        "inet_up": round(net * rng.uniform(0.3, 1.0), 1),
        "inet_down": round(net, 1),
        "inet_up_cost": rng.choice((0.0, 0.003, 0.02)),
        "inet_down_cost": rng.choice((0.0, 0.003, 0.02)),
        "internet_up_cost_per_tb": 3.0,
        "internet_down_cost_per_tb": 3.0,
        "direct_port_count": machine["ports"],
        **_standing_fields(rng, machine),
    }


def _standing_fields(rng: random.Random, machine: Row) -> Row:
    """Where a machine stands, how reliable it is, and what does not depend on the share of it."""
    return {
        "static_ip": rng.random() < 0.3,
        "public_ipaddr": machine["ip"],
        "geolocation": machine["place"],
        "geolocode": rng.randrange(1, 10**9),
        "mobo_name": machine["board"],
        "os_version": "22.04",
        "reliability": machine["reliability"],
        "reliability2": machine["reliability"],
        "expected_reliability": machine["reliability"],
        "reliability_mult": round(machine["reliability"], 4),
        "credit_discount_max": 0.4,
        "external": False,
        "vms_enabled": rng.random() < 0.1,
        "is_vm_deverified": False,
        "resource_type": "gpu",
        "cluster_id": None,
        "avail_vol_ask_id": None,
        "avail_vol_dph": None,
        "avail_vol_size": None,
        "nw_disk_min_bw": None,
        "nw_disk_max_bw": None,
        "nw_disk_avg_bw": None,
        "start_date": machine["start"],
        "end_date": machine["end"],
        "duration": machine["left"],
        "time_remaining": "",
        "time_remaining_isbid": "",
        "logo": "/static/logos/vastai_small2.png",
        "webpage": None,
        "rn": 1,
    }


def _soil(rng: random.Random, fixed: Row) -> None:
    """Spoil a row as real ones are. What the official CLI formats as a number stays one: it would crash."""
    match rng.randrange(6):
        case 0:
            fixed["geolocation"] = rng.choice((None, ", US", "Norway", "US"))
        case 1:
            fixed["reliability2"] = str(fixed["reliability2"])
        case 2:
            fixed["public_ipaddr"] = f"{fixed['public_ipaddr']}\n"
        case 3:
            for name in ("mobo_name", "disk_name", "cpu_name", "os_version"):
                fixed[name] = None
        case 4:
            for name in ("inet_up", "inet_down", "static_ip", "gpu_mem_bw", "pcie_bw"):
                fixed.pop(name)
        case _:
            fixed["gpu_ram"] = float(fixed["gpu_ram"]) + 0.5
            fixed["disk_bw"] = str(fixed["disk_bw"])
