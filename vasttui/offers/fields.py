"""Every field of an offer, defined once: for the query, its completion, the columns, their help and the checks.

Names, aliases and factors are those of the official CLI (vast-ai/vast-cli, vastai/api/query.py); fields that it does
not know are keys of the rows (vast-ai/docs, search_offers.yaml). Help texts give the unit in which one asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from vasttui.offers.regions import region_of

if TYPE_CHECKING:
    from vasttui.api.models import Offer

Kind = Literal["number", "text", "flag", "place", "version", "time"]
Better = Literal["", "low", "high"]
Reader = Callable[["Offer"], Any]

MB_PER_GB = 1000
SECONDS_PER_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Field:
    """What is known of one field.

    Attributes:
        name: the API's.
        title: a short column heading.
        help: one sentence with the unit.
        kind: "time" is a moment in epoch seconds; "flag" true or false; "place" a country or "Region, CC".
        read: the value of a row in the API's unit, None when it does not tell.
        unit: in which one asks and in which it is shown, "" for none.
        factor: what is asked times this is what the API takes, as the official parser multiplies; None for as it is.
        scale: the API's value times this is what is shown.
        decimals: for showing.
        better: which end is wanted, "" for neither.
        asked: the official CLI's filter knows it.
        sortable: the API sorts by it.
        aliases: its other names.
        topic: under which it stands in a list of fields.
    """

    name: str
    title: str
    help: str
    kind: Kind
    read: Reader
    unit: str = ""
    factor: float | None = None
    scale: float = 1.0
    decimals: int = 0
    better: Better = ""
    asked: bool = True
    sortable: bool = True
    aliases: tuple[str, ...] = ()
    topic: str = ""

    def show(self, offer: Offer) -> str:
        """The row's value as a person reads it, without the unit; "" when it is unknown."""
        value = self.read(offer)
        if value is None:
            return ""
        if self.kind == "flag":
            return "yes" if value else "no"
        if self.kind == "time":
            return _day(value)
        if self.kind == "version":
            return offer.driver_version or ""
        if isinstance(value, (int, float)):
            return f"{value * self.scale:.{self.decimals}f}"
        return str(value).replace("_", " ") if self.name == "gpu_name" else str(value)


def _day(seconds: float) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
    except (OverflowError, ValueError, OSError):
        return ""


@lru_cache(4096)  # 10,000 rows share a few dozen versions
def version_number(text: str) -> int | None:
    """ "535.86.05" as the API compares it, 535086005: three parts of three digits; None for another form."""
    parts = text.split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    return int("".join(part.zfill(3) for part in parts))


def _driver(offer: Offer) -> int | None:
    return version_number(offer.driver_version) if offer.driver_version else None


def _verified(offer: Offer) -> bool | None:
    return None if offer.verification is None else offer.verification == "verified"


def _datacenter(offer: Offer) -> bool | None:
    return None if offer.hosting_type is None else offer.hosting_type == 1


def _region(offer: Offer) -> str | None:
    return region_of(offer.geolocation)


def _flops_per_dollar(offer: Offer) -> float | None:
    if offer.flops_per_dphtotal is not None:
        return offer.flops_per_dphtotal
    return offer.total_flops / offer.dph_total if offer.total_flops is not None and offer.dph_total else None


def _speed_per_dollar(offer: Offer) -> float | None:
    if offer.dlperf_per_dphtotal is not None:
        return offer.dlperf_per_dphtotal
    return offer.dlperf / offer.dph_total if offer.dlperf is not None and offer.dph_total else None


def _number(name: str, title: str, unit: str, decimals: int, help: str, better: Better = "", **more: Any) -> Field:  # noqa: A002
    read = more.pop("read", None) or attrgetter(name)
    return Field(name, title, help, "number", read, unit=unit, decimals=decimals, better=better, **more)


def _text(name: str, title: str, help: str, **more: Any) -> Field:  # noqa: A002
    read = more.pop("read", None) or attrgetter(name)
    return Field(name, title, help, more.pop("kind", "text"), read, **more)


def _flag(name: str, title: str, help: str, **more: Any) -> Field:  # noqa: A002
    read = more.pop("read", None) or attrgetter(name)
    return Field(name, title, help, "flag", read, **more)


_GB: Any = {"factor": MB_PER_GB, "scale": 1 / MB_PER_GB}
_ROW: Any = {"asked": False}  # a key of the rows that no filter knows; the API sorts by it
_SHOWN: Any = {"asked": False, "sortable": False}

_TOPICS: Mapping[str, tuple[Field, ...]] = {
    "GPU": (
        _text("gpu_name", "GPU", "Model of the GPU: RTX_4090, H100_SXM."),
        _number("num_gpus", "N", "", 0, "Number of GPUs in the offer."),
        _number("gpu_ram", "VRAM", "GB", 1, "Memory of one GPU in GB of 1000 MB.", "high", **_GB),
        _number("gpu_total_ram", "VRAM ALL", "GB", 1, "Memory of all its GPUs in GB of 1000 MB.", "high", **_GB),
        _number("gpu_frac", "SHARE", "%", 0, "Share of the machine's GPUs, 0 to 1: 0.5 or 50%.", scale=100.0),
        _text("gpu_arch", "GPU ARCH", "Maker's family of the GPU: nvidia or amd."),
        _number("compute_cap", "CC", "", 0, "CUDA compute capability times 100: 890 for 8.9."),
        _number(
            "cuda_max_good", "CUDA", "", 1, "Highest CUDA version of the driver: 12.4.", "high", aliases=("cuda_vers",)
        ),
        _text(
            "driver_version", "DRIVER", "Version of the driver in three parts: 535.86.05.", kind="version", read=_driver
        ),
        _number("gpu_mem_bw", "GPU MEM", "GB/s", 0, "Memory bandwidth of the GPU in GB/s.", "high"),
        _number("bw_nvlink", "NVLINK", "GB/s", 0, "Bandwidth of NVLink in GB/s, 0 without.", "high"),
        _number("gpu_lanes", "LANES", "", 0, "PCIe lanes of each GPU.", "high", **_ROW),
        _number("pci_gen", "PCIE GEN", "", 1, "Generation of PCIe.", "high"),
        _number("pcie_bw", "PCIE", "GB/s", 1, "Bandwidth between processor and GPU in GB/s.", "high"),
        _number("gpu_max_power", "WATT", "W", 0, "Power limit of the GPU in watts."),
        _number("gpu_max_temp", "MAX °C", "°C", 0, "Temperature limit of the GPU in Celsius."),
        _flag("gpu_display_active", "DISPLAY", "A display hangs on the GPU.", aliases=("display_active",)),
    ),
    "Speed": (
        _number("dlperf", "DLPERF", "", 1, "Vast.ai's score for deep learning, all GPUs.", "high"),
        _number("total_flops", "TFLOPS", "TFLOPS", 1, "TFLOPS of all its GPUs.", "high"),
        _number("score", "SCORE", "", 1, "Vast.ai's own rank, by which it sorts.", "high", **_ROW),
    ),
    "Price": (
        _number(
            "dph_total", "$/h", "$/h", 4,
            "Price in $/h with the disk of the search, without traffic.", "low", aliases=("dph",)
        ),
        _number("dph_base", "GPU $/h", "$/h", 4, "Price of the GPUs alone in $/h.", "low", **_ROW),
        _number("min_bid", "MIN BID", "$/h", 4, "Least bid for an interruptible instance in $/h.", "low"),
        _number(
            "dlperf_per_dphtotal", "DLP/$", "", 1,
            "Score for deep learning per $/h.", "high", aliases=("dlperf_usd",), read=_speed_per_dollar
        ),
        _number(
            "flops_per_dphtotal", "TFLOPS/$", "", 1,
            "TFLOPS per $/h.", "high", aliases=("flops_usd",), read=_flops_per_dollar
        ),
        _number(
            "vram_costperhour", "$/GB h", "$/h", 5,
            "Price of a MB of GPU memory in $/h, shown per GB.", "low", scale=1000.0, **_ROW
        ),
        _number("storage_cost", "STORAGE", "$/GB/month", 3, "Price of disk in $ per GB and month of 720 hours.", "low"),
        _number("storage_total_cost", "DISK $/h", "$/h", 4, "Price of the disk of the search in $/h.", "low", **_ROW),
        _number("inet_down_cost", "DOWN $/GB", "$/GB", 4, "Price of downloads in $/GB.", "low"),
        _number("inet_up_cost", "UP $/GB", "$/GB", 4, "Price of uploads in $/GB.", "low"),
        _number("internet_down_cost_per_tb", "DOWN $/TB", "$/TB", 2, "Price of downloads in $/TB.", "low", **_SHOWN),
        _number("internet_up_cost_per_tb", "UP $/TB", "$/TB", 2, "Price of uploads in $/TB.", "low", **_SHOWN),
        _number(
            "discounted_dph_total", "RESERVED", "$/h", 4, "Price in $/h with the reserved discount.", "low", **_ROW
        ),
        _number("discounted_hourly", "DISC GPU", "$/h", 4, "Discounted price of the GPUs in $/h.", "low", **_ROW),
        _number(
            "discount_rate", "DISCOUNT", "%", 0, "Discount of a reserved instance in %.", "high", scale=100.0, **_SHOWN
        ),
        _number(
            "credit_discount_max", "MAX DISC", "%", 0,
            "Most that paying ahead saves in %.", "high", scale=100.0, **_SHOWN
        ),
        _number(
            "dph_total_adj", "ADJ $/h", "$/h", 4, "Price in $/h as Vast.ai adjusts it for its rank.", "low", **_SHOWN
        ),
        _flag("is_bid", "BID", "The price is a bid's.", **_SHOWN),
    ),
    "Trust": (
        _number("reliability", "REL", "%", 1, "Reliability of the machine, 0 to 1: 0.98 or 98%.", "high", scale=100.0),
        _number(
            "reliability2", "REL 2", "%", 1, "Reliability by the newer measure, 0 to 1.", "high", scale=100.0, **_ROW
        ),
        _number(
            "expected_reliability", "REL EXP", "%", 1,
            "Reliability that Vast.ai expects, 0 to 1.", "high", scale=100.0, **_SHOWN
        ),
        _number("reliability_mult", "REL MULT", "", 3, "Factor of reliability in Vast.ai's rank.", "high", **_SHOWN),
        _flag(
            "verified", "VERIFIED",
            "Vast.ai has verified the machine; true unless the query says otherwise.", read=_verified
        ),
        _text("verification", "VERIFICATION", "State of verification: verified, unverified or deverified."),
        _flag("datacenter", "DC", "The machine stands in a data center.", read=_datacenter),
        _number("hosting_type", "HOSTING", "", 0, "1 for a data center, 0 for a person.", **_ROW),
        _flag("external", "EXTERNAL", "Offers of other markets too; false unless the query says otherwise."),
        _flag("rentable", "RENTABLE", "It can be rented now; true unless the query says otherwise."),
        _flag("rented", "RENTED", "Somebody rents it now."),
        _flag("vms_enabled", "VMS", "The machine runs virtual machines."),
        _flag("is_vm_deverified", "VM OUT", "Its virtual machines have lost their verification.", **_SHOWN),
    ),
    "Machine": (
        _text("cpu_name", "CPU", "Model of the processor.", **_ROW),
        _text("cpu_arch", "CPU ARCH", "Architecture of the processor: amd64 or arm64."),
        _number("cpu_cores", "CORES", "", 0, "Processor threads of the whole machine.", "high"),
        _number("cpu_cores_effective", "VCPUS", "", 1, "Processor threads that this offer gets.", "high"),
        _number("cpu_ghz", "GHZ", "GHz", 1, "Clock of the processor in GHz.", "high"),
        _number("cpu_ram", "RAM", "GB", 1, "Memory of the machine in GB of 1000 MB.", "high", **_GB),
        _flag("has_avx", "AVX", "The processor has AVX."),
        _number("disk_space", "DISK", "GB", 0, "Free disk in GB.", "high"),
        _number("disk_bw", "DISK MB/s", "MB/s", 0, "Reading speed of the disk in MB/s.", "high"),
        _text("disk_name", "DISK MODEL", "Model of the disk.", **_SHOWN),
        _text("mobo_name", "BOARD", "Model of the mainboard."),
        _text("os_version", "OS", "Version of the operating system.", **_ROW),
        # The filter means Ubuntu's number; rows may hold other systems under the same name.
        _text("ubuntu_version", "UBUNTU", "Version of Ubuntu: 22.04.", read=attrgetter("os_version")),
        _text("resource_type", "RESOURCE", "What is offered: gpu.", **_SHOWN),
    ),
    "Network": (
        _number("inet_down", "DOWN", "Mbps", 0, "Download speed in Mbps.", "high"),
        _number("inet_up", "UP", "Mbps", 0, "Upload speed in Mbps.", "high"),
        _number("direct_port_count", "PORTS", "", 0, "Open ports of the machine.", "high"),
        _flag("static_ip", "STATIC IP", "Its address stays."),
        _text("public_ipaddr", "ADDRESS", "Public address of the machine.", **_SHOWN),
        _text("geolocation", "WHERE", "Country by its two letters: SE; rows also tell the region.", kind="place"),
        _text(
            "region", "REGION", "Part of the world for its countries: EU, Asia.", **_SHOWN, kind="place", read=_region
        ),
        _number("geolocode", "GEOCODE", "", 0, "Vast.ai's number of the place.", **_SHOWN),
        _number("cluster_id", "CLUSTER", "", 0, "Cluster of machines with a fast network."),
        _number("nw_disk_min_bw", "NET DISK MIN", "MB/s", 0, "Least speed of network disks in MB/s.", "high", **_SHOWN),
        _number("nw_disk_avg_bw", "NET DISK", "MB/s", 0, "Mean speed of network disks in MB/s.", "high", **_SHOWN),
        _number(
            "nw_disk_max_bw", "NET DISK MAX", "MB/s", 0, "Highest speed of network disks in MB/s.", "high", **_SHOWN
        ),
    ),
    "Time": (
        _number(
            "duration", "LEFT", "days", 1,
            "Days that it can be rented for: 3 or 3d, 12h.", "high", factor=SECONDS_PER_DAY, scale=1 / SECONDS_PER_DAY
        ),
        _text("start_date", "SINCE", "When the offer began, UTC.", kind="time", **_ROW),
        _text("end_date", "UNTIL", "When the offer ends, UTC.", kind="time", **_ROW),
    ),
    "Number": (
        _number("id", "ID", "", 0, "Number of the offer; Vast.ai finds nothing by it, ask by ask_contract_id."),
        _number("ask_contract_id", "ASK", "", 0, "Number of the offer, by which Vast.ai finds it.", **_ROW),
        _number("machine_id", "MACHINE", "", 0, "Number of the machine."),
        _number("host_id", "HOST", "", 0, "Number of the host, who may own many machines."),
        _number("bundle_id", "BUNDLE", "", 0, "Number of the bundle of equal offers.", **_ROW),
        _number("bundled_results", "BUNDLED", "", 0, "How many equal offers stand behind this one.", **_SHOWN),
        _number("avail_vol_ask_id", "VOLUME", "", 0, "Number of the offer of a volume on this machine.", **_SHOWN),
        _number("avail_vol_dph", "VOL $/h", "$/h", 4, "Price of that volume in $/h.", "low", **_SHOWN),
        _number("avail_vol_size", "VOL GB", "GB", 0, "Size of that volume in GB.", "high", **_SHOWN),
    ),
}  # fmt: skip


def _catalogue() -> dict[str, Field]:
    from dataclasses import replace

    return {field.name: replace(field, topic=topic) for topic, fields in _TOPICS.items() for field in fields}


CATALOGUE: Mapping[str, Field] = MappingProxyType(_catalogue())
"""Name -> field, in the order in which people look for them."""

FIELDS = frozenset(field.name for field in CATALOGUE.values() if field.asked)
"""What the official CLI's filter knows."""

ALIASES: Mapping[str, str] = {alias: field.name for field in CATALOGUE.values() for alias in field.aliases}
FACTORS: Mapping[str, float] = {field.name: field.factor for field in CATALOGUE.values() if field.factor is not None}

SORTABLE = frozenset(
    {field.name for field in CATALOGUE.values() if field.sortable} | set(ALIASES) | {"search.totalHour"}
)
"""Columns that the API sorts by, and their other names."""

SYNONYMS: Mapping[str, str] = {
    "avx": "has_avx", "bid": "min_bid", "board": "mobo_name", "cores": "cpu_cores_effective", "country": "geolocation",
    "cpu": "cpu_name", "cpus": "cpu_cores_effective", "cuda": "cuda_max_good", "dc": "datacenter", "disk": "disk_space",
    "download": "inet_down", "driver": "driver_version", "gpu": "gpu_name", "gpus": "num_gpus", "host": "host_id",
    "location": "geolocation", "machine": "machine_id", "memory": "gpu_ram", "model": "gpu_name",
    "place": "geolocation", "ports": "direct_port_count", "price": "dph", "ram": "cpu_ram", "speed": "dlperf",
    "storage": "disk_space",
    "upload": "inet_up", "vcpus": "cpu_cores_effective", "vram": "gpu_ram",
}  # fmt: skip
"""What people write for a field that has another name."""


def field_named(name: str) -> Field | None:
    """The field of that name or alias, None for an unknown one."""
    return CATALOGUE.get(ALIASES.get(name, name))
