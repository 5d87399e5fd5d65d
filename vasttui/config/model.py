"""The settings as typed, frozen values. Defaults live here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

OfferType = Literal["on-demand", "bid", "reserved"]
Stream = Literal["container", "daemon", "file"]
Notice = Literal["toast", "bell", "desktop"]

DEFAULT_API_URL = "https://console.vast.ai/api/v0"
DEFAULT_IMAGE = "vastai/base-image:@vastai-automatic-tag"
DEFAULT_RUNTYPE = "ssh_direc ssh_proxy"  # Vast's own spelling, as the official CLI sends for --ssh --direct


@dataclass(frozen=True, kw_only=True)
class Paths:
    """Where things are. None of them needs to exist yet."""

    config_file: Path
    config_dir: Path
    state_dir: Path
    cache_dir: Path
    themes_dir: Path


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Seconds between two looks at the same thing. The client's own minimum intervals still hold."""

    instances: float = 5.0
    instances_idle: float = 20.0
    offers: float = 30.0
    account: float = 60.0
    logs: float = 4.0
    logs_idle: float = 30.0
    ssh: float = 10.0


@dataclass(frozen=True, kw_only=True)
class LogLimits:
    """How much of the logs is kept on disk, MB: of each one, and of all together."""

    keep_mb: float = 64.0
    keep_total_mb: float = 2048.0


@dataclass(frozen=True, kw_only=True)
class AlertRule:
    """What to look for in new log lines, where, and what to do then.

    Attributes:
        pattern: plain text, or a regular expression between slashes.
        labels: patterns such as `train-*`, one of which the label must match; () for any label.
        instances: ids; with `labels` an instance needs to meet one of the two. Empty for any.
        streams: kinds of log; "file" is a file on the box that is followed by its path.
        severity: the line must be at least as loud; "" for any line.
        do: what this computer shows.
        command: argv of a program to run, () for none.
        webhook: address to post to, "" for none. A secret: who has it can post there.
        every: least seconds between two alerts about one instance.
        place: file and line of the rule, for messages.
    """

    name: str
    pattern: str
    labels: tuple[str, ...] = ()
    instances: frozenset[int] = frozenset()
    streams: frozenset[Stream] = frozenset({"container"})
    severity: Literal["", "debug", "info", "warning", "error"] = ""
    do: frozenset[Notice] = frozenset()
    command: tuple[str, ...] = field(default=(), repr=False)
    webhook: str = field(default="", repr=False)
    every: float = 60.0
    place: str = ""


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A named search and what to rent with it.

    Units: memory and disk GB, prices $/h for the whole machine, network Mbps, reliability 0..1. None means
    "not restricted" in the search half and "the general setting" in the rental half.

    Attributes:
        hours, gb_in, gb_out: the job by which offers are compared: how long it runs, what it down- and uploads.
        watch_below: tell when an offer of this search costs less, $/h.
        watch_rent: then rent it too, `watch_most` times at most.
        lease: seconds after which what is rented ends itself, None for never.
        fallback: when the offer is gone, rent the next equal one below `max_price`.
    """

    name: str = "default"
    gpu_models: tuple[str, ...] = ()
    num_gpus: int | None = None
    min_vram: float | None = None
    max_price: float | None = None
    min_reliability: float | None = None
    verified: bool | None = True
    datacenter: bool | None = None
    countries: tuple[str, ...] = ()
    min_disk: float | None = None
    min_inet_down: float | None = None
    min_cuda: float | None = None
    type: OfferType = "on-demand"
    query: str = ""
    order: str = "score-"
    limit: int | None = None
    host_whitelist: frozenset[int] = frozenset()
    host_blacklist: frozenset[int] = frozenset()
    machine_whitelist: frozenset[int] = frozenset()
    machine_blacklist: frozenset[int] = frozenset()
    hours: float | None = None
    gb_in: float | None = None
    gb_out: float | None = None
    watch_below: float | None = None
    watch_rent: bool = False
    watch_most: int = 1
    image: str | None = None
    template: str | None = None
    disk: float | None = None
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    ports: tuple[str, ...] = ()
    onstart: str | None = field(default=None, repr=False)
    label: str | None = None
    bid: float | None = None
    lease: float | None = None
    fallback: bool = False
    runtype: str = DEFAULT_RUNTYPE


@dataclass(frozen=True, kw_only=True)
class Config:
    """All settings in force.

    Attributes:
        api_key_origin: where the key was found, for messages; "" without a key.
        max_price: ceiling in $/h for every rent, bid or not.
        min_vram_gb: minimum memory per GPU in searches, GB.
        disk_gb: disk of new rentals, GB.
        max_instances: instances that may exist at once, None without a limit; vasttui rents no more.
        max_per_day: $ that all instances may cost in 24 hours, None without a limit; vasttui rents no more.
        searches: named queries.
        origin: key path -> where its value comes from; see `describe`.
        warnings: one-line remarks that do not stop the program.
    """

    api_key: str | None = field(default=None, repr=False)
    api_key_origin: str = ""
    api_url: str = DEFAULT_API_URL
    ssh_key_path: Path | None = None
    theme: str = "vasttui-dark"
    ascii: bool = False
    read_only: bool = False
    preferred_gpus: tuple[str, ...] = ("4090", "A100")
    template_ids: tuple[str, ...] = ()
    max_price: float = 4.50
    min_vram_gb: float = 24.0
    disk_gb: float = 64.0
    image: str = DEFAULT_IMAGE
    default_preset: str | None = None
    presets: Mapping[str, Preset] = field(default_factory=dict)
    host_whitelist: frozenset[int] = frozenset()
    host_blacklist: frozenset[int] = frozenset()
    machine_whitelist: frozenset[int] = frozenset()
    machine_blacklist: frozenset[int] = frozenset()
    max_instances: int | None = None
    max_per_day: float | None = None
    searches: Mapping[str, str] = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)
    logs: LogLimits = field(default_factory=LogLimits)
    alerts: tuple[AlertRule, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)
    paths: Paths
    origin: Mapping[str, str] = field(default_factory=dict, repr=False)
    warnings: tuple[str, ...] = ()

    def preset(self, name: str | None = None) -> Preset:
        """The preset of that name, else `default_preset`, else an unrestricted one. Raises KeyError."""
        chosen = name or self.default_preset
        return self.presets[chosen] if chosen else Preset()
