"""What the API answers, as frozen rows. Nothing but the id is ever required: None means "not told", never 0.

Units are Vast.ai's own: RAM of GPU and CPU in MB (1000 MB are shown as 1 GB), disk in GB, money in $ and $/h,
`storage_cost` in $/GB/month of 720 h, network in Mbps, times in epoch seconds unless a name says otherwise.
Texts have lost every control and direction character, but they are still a stranger's words: not markup.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, TypeVar

from msgspec import Meta, Struct
from msgspec.structs import asdict, force_setattr

Row = TypeVar("Row")
Id = Annotated[int, Meta(gt=0, le=2**63 - 1)]
Whole = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
"""What SQLite can hold; a number beyond it was made up."""

# Host names become an argument of ssh, so they are checked rather than trusted.
_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,252}\Z")


def printable(text: str, keep: str = "") -> str:
    """Without control, direction and unpaired surrogate characters; odd blanks become blanks."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char in keep else " " if char.isspace() else "" for char in text
    )


class Offer(Struct, frozen=True, kw_only=True, gc=False):  # thousands of scalars: the collector has no business here
    """One row of the market (vast-ai/docs, search_offers.yaml); `vasttui.offers.fields` says what each field means."""

    id: Id
    ask_contract_id: Whole | None = None
    bundle_id: Whole | None = None
    bundled_results: Whole | None = None
    gpu_name: str | None = None
    gpu_arch: str | None = None
    num_gpus: Whole | None = None
    gpu_frac: float | None = None
    gpu_ram: float | None = None
    gpu_total_ram: float | None = None
    gpu_mem_bw: float | None = None
    gpu_lanes: Whole | None = None
    gpu_max_power: float | None = None
    gpu_max_temp: float | None = None
    gpu_display_active: bool | None = None
    bw_nvlink: float | None = None
    compute_cap: Whole | None = None
    cuda_max_good: float | None = None
    driver_version: str | None = None
    dlperf: float | None = None
    total_flops: float | None = None
    pci_gen: float | None = None
    pcie_bw: float | None = None
    machine_id: Whole | None = None
    host_id: Whole | None = None
    hosting_type: Whole | None = None
    verification: str | None = None
    cpu_name: str | None = None
    cpu_arch: str | None = None
    cpu_cores: float | None = None
    cpu_cores_effective: float | None = None
    cpu_ghz: float | None = None
    cpu_ram: float | None = None
    has_avx: bool | Whole | None = None
    disk_name: str | None = None
    disk_space: float | None = None
    disk_bw: float | None = None
    inet_up: float | None = None
    inet_down: float | None = None
    inet_up_cost: float | None = None
    inet_down_cost: float | None = None
    internet_up_cost_per_tb: float | None = None
    internet_down_cost_per_tb: float | None = None
    direct_port_count: Whole | None = None
    static_ip: bool | None = None
    public_ipaddr: str | None = None
    geolocation: str | None = None
    geolocode: Whole | None = None
    mobo_name: str | None = None
    os_version: str | None = None
    reliability: float | None = None
    reliability2: float | None = None
    expected_reliability: float | None = None
    reliability_mult: float | None = None
    credit_discount_max: float | None = None
    external: bool | None = None
    vms_enabled: bool | None = None
    is_vm_deverified: bool | None = None
    resource_type: str | None = None
    cluster_id: Whole | None = None
    avail_vol_ask_id: Whole | None = None
    avail_vol_dph: float | None = None
    avail_vol_size: float | None = None
    nw_disk_min_bw: float | None = None
    nw_disk_max_bw: float | None = None
    nw_disk_avg_bw: float | None = None
    start_date: float | None = None
    end_date: float | None = None
    duration: float | None = None
    dph_base: float | None = None
    dph_total: float | None = None
    dph_total_adj: float | None = None
    min_bid: float | None = None
    is_bid: bool | None = None
    discount_rate: float | None = None
    discounted_hourly: float | None = None
    discounted_dph_total: float | None = None
    storage_cost: float | None = None
    storage_total_cost: float | None = None
    vram_costperhour: float | None = None
    dlperf_per_dphtotal: float | None = None
    flops_per_dphtotal: float | None = None
    score: float | None = None
    rentable: bool | None = None
    rented: bool | None = None

    def __post_init__(self) -> None:
        """Fill reliability from reliability2 and clean the texts; called by the decoder too."""
        if self.reliability is None and self.reliability2 is not None:
            force_setattr(self, "reliability", self.reliability2)
        # One test over all texts: 10,000 rows pass here, nearly all of them clean.
        if not (
            f"{self.gpu_name}{self.gpu_arch}{self.driver_version}{self.verification}{self.cpu_name}{self.cpu_arch}"
            f"{self.mobo_name}{self.os_version}{self.public_ipaddr}{self.geolocation}{self.disk_name}{self.resource_type}"
        ).isprintable():
            _clean_texts(self)


def _clean_texts(row: Struct, keep: str = "") -> None:
    """Clean every text field of a row in place, while it is being made."""
    for name, value in asdict(row).items():
        if isinstance(value, str):
            force_setattr(row, name, printable(value, keep).strip())


class Instance(Struct, frozen=True, kw_only=True):
    """One rented machine (vast-ai/docs, show_instances.yaml). Fields that carry secrets are not decoded.

    `ports` maps "22/tcp" to the host's ports. `search_total_hour` is the price while running,
    `instance_total_hour` and `instance_disk_hour` what is paid now, all $/h. `status_msg` may hold several
    lines. `disk_util` is a fraction; it and `disk_usage` are None where Vast.ai says -1. `gpu_util` is
    percent, `gpu_temp` Celsius.
    """

    id: Id
    label: str | None = None
    actual_status: str | None = None
    intended_status: str | None = None
    cur_state: str | None = None
    next_state: str | None = None
    status_msg: str | None = None
    machine_id: int | None = None
    host_id: int | None = None
    gpu_name: str | None = None
    num_gpus: int | None = None
    gpu_ram: float | None = None
    gpu_totalram: float | None = None
    gpu_util: float | None = None
    gpu_temp: float | None = None
    gpu_frac: float | None = None
    mem_usage: float | None = None
    mem_limit: float | None = None
    vmem_usage: float | None = None
    cpu_name: str | None = None
    cpu_util: float | None = None
    cpu_cores_effective: float | None = None
    cpu_ram: float | None = None
    disk_space: float | None = None
    disk_usage: float | None = None
    disk_util: float | None = None
    dph_total: float | None = None
    dph_base: float | None = None
    min_bid: float | None = None
    is_bid: bool | None = None
    storage_cost: float | None = None
    storage_total_cost: float | None = None
    search_total_hour: float | None = None
    instance_total_hour: float | None = None
    instance_disk_hour: float | None = None
    start_date: float | None = None
    end_date: float | None = None
    duration: float | None = None
    uptime_mins: float | None = None
    time_remaining: str | None = None
    ssh_host: str | None = None
    ssh_port: int | None = None
    public_ipaddr: str | None = None
    machine_dir_ssh_port: int | None = None
    ports: Mapping[str, tuple[int, ...]] = {}
    image_uuid: str | None = None
    image_runtype: str | None = None
    template_id: int | None = None
    template_hash_id: str | None = None
    template_name: str | None = None
    geolocation: str | None = None
    reliability: float | None = None
    verification: str | None = None
    inet_up: float | None = None
    inet_down: float | None = None
    inet_up_cost: float | None = None
    inet_down_cost: float | None = None

    def __post_init__(self) -> None:
        """Turn -1 into None where it means unknown, and clean the texts."""
        for name in ("disk_usage", "disk_util"):
            value = getattr(self, name)
            if value is not None and value < 0:
                force_setattr(self, name, None)
        _clean_texts(self, keep="\n")

    @property
    def ssh_direct(self) -> tuple[str, int] | None:
        """Host and port of SSH on the machine itself, or None when it is not mapped."""
        ports = self.ports.get("22/tcp", ())
        return _address(self.public_ipaddr, ports[0] if ports else None)

    @property
    def ssh_proxy(self) -> tuple[str, int] | None:
        """Host and port of SSH through Vast.ai's proxy; one higher beside Jupyter, as in the official CLI."""
        beside_jupyter = self.ssh_port is not None and "jupyter" in (self.image_runtype or "")
        port = self.ssh_port + 1 if self.ssh_port is not None and beside_jupyter else self.ssh_port
        return _address(self.ssh_host, port)


def _address(host: str | None, port: int | None) -> tuple[str, int] | None:
    if host is None or port is None or not _HOST.match(host) or not 0 < port < 65536:
        return None
    return host, port


class Account(Struct, frozen=True, kw_only=True):
    """Whose key it is. `credit` is the money that can be spent; `balance` reads 0 on prepaid accounts."""

    id: Id
    email: str | None = None
    username: str | None = None
    credit: float | None = None
    balance: float | None = None
    balance_threshold: float | None = None
    can_pay: bool | None = None
    has_billing: bool | None = None
    key_id: int | None = None

    def __post_init__(self) -> None:
        """Clean the texts."""
        _clean_texts(self)


class SshKey(Struct, frozen=True, kw_only=True):
    """A public SSH key of the account."""

    id: Id
    key: str | None = None
    created_at: str | None = None
    deleted_at: str | None = None

    def __post_init__(self) -> None:
        """Clean the texts."""
        _clean_texts(self)


class ApiKey(Struct, frozen=True, kw_only=True):
    """An API key of the account, without the key itself.

    `permissions` holds the groups of a scoped key under "api" (docs.vast.ai, api-reference/permissions).
    """

    id: Id
    name: str | None = None
    rights: str | None = None
    permissions: Any = None

    def __post_init__(self) -> None:
        """Clean the texts."""
        _clean_texts(self)

    @property
    def may_rent(self) -> bool | None:
        """Whether it may create instances; None when the row does not tell."""
        groups = self.permissions.get("api") if isinstance(self.permissions, Mapping) else None
        if isinstance(groups, Mapping):
            return "instance_write" in groups
        return True if self.rights == "*" else None


class Template(Struct, frozen=True, kw_only=True):
    """What to start. `env` is a string of docker flags; like `onstart` it may hold secrets."""

    id: Id
    hash_id: str | None = None
    name: str | None = None
    image: str | None = None
    tag: str | None = None
    env: str | None = None
    onstart: str | None = None
    runtype: str | None = None
    recommended_disk_space: float | None = None
    desc: str | None = None
    creator_id: int | None = None
    count_created: int | None = None
    extra_filters: str | None = None

    def __post_init__(self) -> None:
        """Clean the texts."""
        _clean_texts(self, keep="\n\t")


@dataclass(frozen=True)
class Rows(Generic[Row]):
    """One whole list.

    Attributes:
        items: the rows that could be read.
        skipped: how many could not: no usable id, or no object at all.
        raw: the API's own rows, one for each item, without secrets; empty unless asked for.
    """

    items: tuple[Row, ...] = ()
    skipped: int = 0
    raw: Sequence[Mapping[str, Any]] = ()


class Secret:
    """A text that never shows itself; `reveal()` is the one way to it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "Secret(…)"

    def reveal(self) -> str:
        """The text itself."""
        return self._text


@dataclass(frozen=True)
class Rental:
    """A rent that worked. The instance's own key rules that one instance only."""

    instance_id: int
    instance_api_key: Secret | None = None


@dataclass(frozen=True, kw_only=True)
class RentRequest:
    """What to rent.

    Attributes:
        image: docker image, or None to take the template's.
        template_hash: template to start from, or None.
        disk: GB.
        env: environment of the container.
        ports: docker port mappings, e.g. "8080:8080" or "53:53/udp".
        onstart: shell commands that run at each start.
        label: text by which a lost answer is found again.
        price: bid in $/h, or None for on-demand.
        runtype: how the container is reached; not sent with a template, which has its own.
    """

    image: str | None = None
    template_hash: str | None = None
    disk: float
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    ports: tuple[str, ...] = ()
    onstart: str | None = field(default=None, repr=False)
    label: str = ""
    price: float | None = None
    runtype: str = "ssh_direc ssh_proxy"


@dataclass(frozen=True)
class LogTicket:
    """Where a log will be; the address is itself a secret, for whoever has it can read the log."""

    instance_id: int
    url: str = field(repr=False)


@dataclass(frozen=True)
class Call:
    """One request as an event log may show it: no address, key or body.

    Attributes:
        method: e.g. "GET".
        endpoint: the address with names in place of values, e.g. "/api/v0/instances/{id}/".
        status: HTTP status, or None when no answer came.
        ms: milliseconds from sending to the last byte.
        error: title of the error, or None.
    """

    method: str
    endpoint: str
    status: int | None
    ms: float
    error: str | None
