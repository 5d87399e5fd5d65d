"""Hand-made pictures: one factory each for an offer, an instance, a box and a snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vasttui.api.models import Account, Instance, Offer
from vasttui.instances.phases import Phase
from vasttui.offers.hosts import Book, HostFilter, Page
from vasttui.snapshot import Box, Event, Level, Market, Part, Search, Snapshot

NOW = 1_763_820_180.0
"""A fixed present: 2025-11-22 14:03 UTC."""

GPUS = (("RTX 4090", 24576), ("RTX 5090", 32768), ("RTX A6000", 49152), ("A100 SXM4", 81920), ("H100 SXM", 81920))
PLACES = ("Czechia, CZ", "Taiwan, TW", "California, US", "Norway, NO", "Germany, DE", "Poland, PL")


def offer(number: int = 0, **fields: Any) -> Offer:
    """An offer; the number varies GPU, place and price."""
    name, ram = GPUS[number % len(GPUS)]
    base = 0.28 + 0.013 * number
    known: dict[str, Any] = {
        "id": 9_000_000 + number,
        "machine_id": 20_000 + number,
        "host_id": 51_000 + number % 40,
        "gpu_name": name,
        "num_gpus": 1 + number % 3,
        "gpu_ram": ram,
        "dph_base": base,
        "storage_cost": 0.15,
        "storage_total_cost": 0.15 * 64 / 720,
        "dph_total": base + 0.15 * 64 / 720,
        "min_bid": base / 2,
        "dlperf": 90.0 + number,
        "dlperf_per_dphtotal": 312.0 - number,
        "reliability": 0.996 - 0.0007 * (number % 20),
        "verification": "verified",
        "inet_down": 900.0 + 37 * number,
        "inet_up": 700.0,
        "disk_space": 400.0 + 10 * number,
        "cuda_max_good": 12.8,
        "cpu_name": "EPYC 7543",
        "cpu_cores_effective": 16.0,
        "cpu_ram": 64_000.0,
        "direct_port_count": 250,
        "geolocation": PLACES[number % len(PLACES)],
        "duration": 24 * 86_400.0,
    }
    return Offer(**(known | fields))


def instance(number: int = 0, **fields: Any) -> Instance:
    """A running instance."""
    known: dict[str, Any] = {
        "id": 28_397_367 + 31 * number,
        "label": f"upscale-{number:02d}",
        "actual_status": "running",
        "intended_status": "running",
        "cur_state": "running",
        "machine_id": 20_000 + number,
        "host_id": 51_345,
        "gpu_name": "RTX 4090",
        "num_gpus": 1,
        "gpu_ram": 24_576,
        "gpu_util": 97.0,
        "gpu_temp": 61.0,
        "disk_space": 64.0,
        "disk_usage": 12.0,
        "dph_total": 0.291,
        "dph_base": 0.278,
        "storage_total_cost": 0.0133,
        "start_date": NOW - 12_840,
        "geolocation": "Czechia, CZ",
        "reliability": 0.996,
        "ssh_host": "ssh4.vast.ai",
        "ssh_port": 41_022,
    }
    return Instance(**(known | fields))


def box(number: int = 0, *, phase: Phase = Phase.READY, row: Instance | None = None, **fields: Any) -> Box:
    """A box around an instance."""
    inner = row or instance(number)
    known: dict[str, Any] = {
        "instance": inner,
        "phase": phase,
        "phase_since": NOW - 12_840,
        "seen_start": True,
        "label": inner.label or "",
        "ours": True,
        "first_seen": NOW - 12_840,
        "spent": 1.04,
        "hourly": 0.291,
        "ssh_ms": 38.0,
        "gpu_history": (10.0, 40.0, 80.0, 97.0, 96.0, 97.0),
    }
    return Box(**(known | fields))


def stopped(number: int = 4) -> Box:
    """A stopped box, whose disk goes on billing."""
    row = instance(number, actual_status="exited", intended_status="stopped", cur_state="stopped", label="old-train")
    return box(number, phase=Phase.STOPPED, row=row, hourly=0.0133, spent=2.9, ssh_ms=None)


def market(count: int = 143, blocked: Sequence[int] = ()) -> Market:
    """The answer to a search."""
    hosts = HostFilter(blacklist=frozenset(blocked)).cut([offer(n) for n in range(count)])
    return Market(search=Search(text="gpu_ram>=24 dph<2", order="dph_total"), hosts=hosts)


def fleet() -> tuple[Box, ...]:
    """Five boxes in five states."""
    return (
        box(7),
        box(1, row=instance(1, label="lora-flux", gpu_name="RTX 5090", gpu_util=99.0), hourly=0.41, spent=0.37),
        box(
            8,
            phase=Phase.PULLING,
            row=instance(8, actual_status="loading", gpu_util=None, status_msg="Pulling layers"),
            hourly=0.30,
            spent=0.0,
            phase_since=NOW - 131,
        ),
        box(2, row=instance(2, label="notebook", gpu_name="RTX A6000", gpu_util=0.0), hourly=0.44, spent=5.21),
        stopped(),
    )


def snapshot(**fields: Any) -> Snapshot:
    """A whole, healthy picture."""
    known: dict[str, Any] = {
        "now": NOW,
        "account": Part(Account(id=1, username="prod", email="a@example.org", credit=41.2), at=NOW - 2),
        "market": Part(market(), at=NOW - 4),
        "boxes": Part(fleet(), at=NOW - 2),
        "burn": 1.46,
        "runway": 28.2,
        "alarms": ("1 idle", "1 zombie"),
        "book": Book(
            {
                ("host", 51_000): Page("host", 51_000, "allow"),
                ("host", 51_001): Page("host", 51_001, "allow"),
                ("host", 51_003): Page("host", 51_003, "block"),
            }
        ),
        "events": (Event(NOW - 60, Level.INFO, "upscale-07: ready after 1m 52s", 28_397_367),),
    }
    return Snapshot(**(known | fields))
