"""What can be searched for: fields, their other names and units, and how a row answers for them.

Names, aliases and factors are those of the official CLI (vast-ai/vast-cli, vastai/api/query.py).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vasttui.api.models import Offer


def _names(text: str, separator: str | None = None) -> tuple[str, ...]:
    return tuple(" ".join(name.split()) for name in text.split(separator))


FIELDS = frozenset(
    _names("""
    bw_nvlink cluster_id compute_cap cpu_arch cpu_cores cpu_cores_effective cpu_ghz cpu_ram cuda_max_good
    datacenter direct_port_count disk_bw disk_space dlperf dlperf_per_dphtotal dph_total driver_version
    duration external flops_per_dphtotal geolocation gpu_arch gpu_display_active gpu_frac gpu_max_power
    gpu_max_temp
    gpu_mem_bw gpu_name gpu_ram gpu_total_ram has_avx host_id id inet_down inet_down_cost inet_up inet_up_cost
    machine_id min_bid mobo_name num_gpus pci_gen pcie_bw reliability rentable rented static_ip storage_cost
    total_flops ubuntu_version verification verified vms_enabled""")
)
ALIASES = {
    "cuda_vers": "cuda_max_good",
    "display_active": "gpu_display_active",
    "dlperf_usd": "dlperf_per_dphtotal",
    "dph": "dph_total",
    "flops_usd": "flops_per_dphtotal",
}
# One asks in GB and days, the API counts in MB and seconds.
FACTORS = {"cpu_ram": 1000, "gpu_ram": 1000, "gpu_total_ram": 1000, "duration": 86_400.0}

# Columns that rows have, and one may sort by, although no filter knows them.
SORTABLE = (
    FIELDS
    | frozenset(ALIASES)
    | frozenset(
        _names("""
        score dph_base discounted_dph_total discounted_hourly reliability2 storage_total_cost start_date
        end_date hosting_type bundle_id ask_contract_id cpu_name vram_costperhour os_version gpu_lanes
        search.totalHour""")
    )
)

# Models seen on the market; a short name in a preset stands for those that contain it as words.
GPU_MODELS = _names(
    """
    A10, A16, A30, A40, A100 PCIE, A100 SXM4, A100X, A800 PCIE, B200, B300, GH200 SXM, GTX 1060, GTX 1070,
    GTX 1070 Ti, GTX 1080, GTX 1080 Ti, GTX 1650, GTX 1660, GTX 1660 S, GTX 1660 Ti, GTX TITAN X, H100 NVL,
    H100 PCIE, H100 SXM, H200, H200 NVL, L4, L40, L40S, Q RTX 4000, Q RTX 6000, Q RTX 8000, RTX 2000Ada,
    RTX 2060, RTX 2060S, RTX 2070, RTX 2070S, RTX 2080, RTX 2080 Ti, RTX 2080S, RTX 3050, RTX 3060,
    RTX 3060 Ti, RTX 3060 laptop, RTX 3070, RTX 3070 Ti, RTX 3080, RTX 3080 Ti, RTX 3090, RTX 3090 Ti,
    RTX 4000Ada, RTX 4060, RTX 4060 Ti, RTX 4070, RTX 4070 Ti, RTX 4070S, RTX 4070S Ti, RTX 4080, RTX 4080S,
    RTX 4090, RTX 4090D, RTX 4500Ada, RTX 5000Ada, RTX 5060, RTX 5060 Ti, RTX 5070, RTX 5070 Ti, RTX 5080,
    RTX 5090, RTX 5880Ada, RTX 6000Ada, RTX A2000, RTX A4000, RTX A4500, RTX A5000, RTX A5500, RTX A6000,
    RTX PRO 4000, RTX PRO 4500, RTX PRO 5000, RTX PRO 6000 S, RTX PRO 6000 WS, Tesla P100, Tesla P4,
    Tesla P40,    Tesla T4, Tesla V100, Titan RTX, Titan V, Titan Xp""",
    ",",
)


def plain(name: str) -> str:
    """A GPU name for comparing: rows write blanks, queries underscores, and some rows underscores too."""
    return name.replace("_", " ").strip().lower()


def models_named(name: str) -> tuple[str, ...]:
    """Full model names that a name in a preset stands for: itself if it is one, else all that contain it."""
    wanted = plain(name)
    exact = tuple(model for model in GPU_MODELS if plain(model) == wanted)
    containing = tuple(model for model in GPU_MODELS if f" {wanted} " in f" {plain(model)} ")
    return exact or containing or (name.replace("_", " ").strip(),)


@lru_cache(1024)
def is_one_of(gpu: str | None, names: tuple[str, ...]) -> bool:
    """Whether a row's GPU is meant by one of the names: a part of its name that stands alone is enough."""
    return gpu is not None and any(f" {plain(name)} " in f" {plain(gpu)} " for name in names)


@lru_cache(4096)  # 10,000 rows share a few dozen versions
def version_number(text: str) -> int | None:
    """ "535.86.05" as the API compares it, 535086005: three parts of three digits; None for another form."""
    parts = text.split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    return int("".join(part.zfill(3) for part in parts))


def country_of(geolocation: str | None) -> str | None:
    """The country code at the end of a place such as "Texas, US", ", US" or "US"; None when there is none."""
    if not geolocation:
        return None
    code = geolocation.rpartition(",")[2].strip()
    return code.upper() if len(code) == 2 else None


def _driver(offer: Offer) -> int | None:
    return version_number(offer.driver_version) if offer.driver_version else None


def _per_dollar(offer: Offer) -> float | None:
    if offer.total_flops is None or not offer.dph_total:
        return None
    return offer.total_flops / offer.dph_total


# Fields that a row holds under another name or in another form; the others are attributes of the same name.
DERIVED: dict[str, Callable[[Offer], object]] = {
    "verified": lambda offer: None if offer.verification is None else offer.verification == "verified",
    "datacenter": lambda offer: None if offer.hosting_type is None else offer.hosting_type == 1,
    "driver_version": _driver,
    "flops_per_dphtotal": _per_dollar,
    # The filter means Ubuntu's number; rows may hold other systems under the same name.
    "ubuntu_version": lambda offer: offer.os_version,
}
