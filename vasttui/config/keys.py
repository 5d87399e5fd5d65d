"""The keys that a config file may hold, with their kinds and the variables that set them."""

from __future__ import annotations

from dataclasses import dataclass

from vasttui.config.kinds import Choice, Command, Duration, Flag, Kind, Many, Number, Pairs, Place, Text, Url, Webhook


@dataclass(frozen=True, slots=True)
class Key:
    """One setting: its name is the field's name in `Config`, `Pace`, `LogLimits`, `Preset` or `AlertRule`."""

    kind: Kind
    env: tuple[str, ...] = ()
    secret: bool = False


_API_KEY = Text("an API key: letters, digits, - and _", r"\s*[\x21-\x7e]{1,512}\s*")
_WORD = r"[A-Za-z0-9_.-]{1,64}"
_IDS = Many(Number(1, 2**53, whole=True), as_set=True)
_IMAGE = Text("an image such as pytorch/pytorch:latest", r"\S+")
_MODEL = Text("a GPU name such as RTX_4090", r"[A-Za-z0-9][A-Za-z0-9_ .+-]*", 64)
_NAME = Text("a name of printable characters", r"[^\n\t]+", 64)
_PORT_NUMBER = r"0*([1-9]\d{0,3}|[1-5]\d{4}|6([0-4]\d{3}|5([0-4]\d\d|5([0-2]\d|3[0-5]))))"
PORT = Text("a port such as 8080 or 8080:8080/udp", rf"{_PORT_NUMBER}(:{_PORT_NUMBER})?(/(tcp|udp))?", 32)
"""A port to map, from 1 to 65535."""
_DOLLARS = Number(0.001, 1000, "$/h")
_DISK = Number(1, 100_000, "GB")
_VRAM = Number(0, 10_000, "GB per GPU")

CONFIG_KEYS: dict[str, Key] = {
    "api_key": Key(_API_KEY, ("VASTAI_API_KEY", "VAST_API_KEY"), secret=True),
    "api_url": Key(Url(), ("VASTAI_API_BASE_URL", "VAST_URL")),
    "ssh_key_path": Key(Place(), ("VASTAI_SSH_KEY_PATH",)),
    "theme": Key(Text("a theme's name", _WORD), ("VASTTUI_THEME",)),
    "ascii": Key(Flag()),
    "read_only": Key(Flag()),
    "preferred_gpus": Key(Many(_MODEL), ("VASTAI_PREFERRED_GPUS",)),
    "template_ids": Key(Many(Text("a template id or hash", r"[0-9A-Za-z]{1,64}")), ("VASTAI_TEMPLATE_IDS",)),
    "max_price": Key(_DOLLARS, ("VASTAI_MAX_BID_PER_HOUR",)),
    "min_vram_gb": Key(_VRAM, ("VASTAI_MIN_VRAM_GB",)),
    "disk_gb": Key(_DISK, ("VASTAI_DEFAULT_DISK_GB",)),
    "image": Key(_IMAGE, ("VASTAI_DEFAULT_IMAGE",)),
    "default_preset": Key(Text("a preset's name")),
    "max_instances": Key(Number(1, 10_000, whole=True)),
    "max_per_day": Key(Number(0.01, 1_000_000, "$ in 24 hours")),
    "host_whitelist": Key(_IDS),
    "host_blacklist": Key(_IDS),
    "machine_whitelist": Key(_IDS),
    "machine_blacklist": Key(_IDS),
    "searches": Key(Pairs(_NAME, Text("a query in the official CLI's grammar", longest=4096))),
    "keys": Key(Pairs(Text("an action's name", r"[a-z][a-z0-9_.-]*"), Text("a key", r"\S+", 64))),
    "state_dir": Key(Place(), ("VASTTUI_STATE_DIR",)),
}

# Sections have their own keys, and these no variables; `presets` is a table of tables, `alerts` a list of tables.
SECTIONS = ("pace", "logs", "presets", "alerts")

_SECONDS = Number(1, 86_400, "seconds")
PACE_KEYS: dict[str, Key] = {
    name: Key(_SECONDS)
    for name in ("instances", "instances_idle", "offers", "account", "logs", "logs_idle", "ssh")
}

_ROOM = Number(1, 10_000_000, "MB")
LOG_KEYS: dict[str, Key] = {"keep_mb": Key(_ROOM), "keep_total_mb": Key(_ROOM)}

RULE_KEYS: dict[str, Key] = {
    "name": Key(_NAME),
    "pattern": Key(Text("a text, or a /regular expression/", "", 1024)),
    "every": Key(Number(1, 86_400, "seconds")),
}
SCOPE_KEYS: dict[str, Key] = {
    "labels": Key(Many(Text("a label such as train-*", "", 256))),
    "instances": Key(_IDS),
    "streams": Key(Many(Choice(("container", "daemon", "file")), as_set=True)),
    "severity": Key(Choice(("debug", "info", "warning", "error"))),
}
NOTICES = ("toast", "bell", "desktop")
DO_KEYS: dict[str, Key] = {
    "command": Key(Command(), secret=True),
    "webhook": Key(Webhook(), secret=True),
}
DEEDS = Key(Choice((*NOTICES, *DO_KEYS)))

PRESET_KEYS: dict[str, Key] = {
    "gpu_models": Key(Many(_MODEL)),
    "num_gpus": Key(Number(1, 64, whole=True)),
    "min_vram": Key(_VRAM),
    "max_price": Key(_DOLLARS),
    "min_reliability": Key(Number(0, 1, "98 % is 0.98")),
    "verified": Key(Flag(either=True)),
    "datacenter": Key(Flag(either=True)),
    "countries": Key(Many(Text("a country's two letters, such as SE", r"[A-Za-z]{2}"))),
    "min_disk": Key(_DISK),
    "min_inet_down": Key(Number(0, 1_000_000, "Mbps")),
    "min_cuda": Key(Number(1, 99, "CUDA version, such as 12.1")),
    "type": Key(
        Choice(("on-demand", "bid", "reserved"), (("interruptible", "bid"), ("ondemand", "on-demand")))
    ),
    "query": Key(Text("a query in the official CLI's grammar", longest=4096)),
    "order": Key(Text("columns such as dph_total,score-", r"[A-Za-z0-9_,+\- ]+", 256)),
    "limit": Key(Number(1, 100_000, whole=True)),
    "host_whitelist": Key(_IDS),
    "host_blacklist": Key(_IDS),
    "machine_whitelist": Key(_IDS),
    "machine_blacklist": Key(_IDS),
    "hours": Key(Number(0.01, 100_000, "hours")),
    "gb_in": Key(Number(0, 1_000_000, "GB")),
    "gb_out": Key(Number(0, 1_000_000, "GB")),
    "watch_below": Key(_DOLLARS),
    "watch_rent": Key(Flag()),
    "watch_most": Key(Number(1, 100, whole=True)),
    "image": Key(_IMAGE),
    "template": Key(Text("a template's hash or id", r"[0-9A-Za-z]{1,64}")),
    "disk": Key(_DISK),
    "env": Key(
        Pairs(
            Text("a variable's name", r"[A-Za-z_][A-Za-z0-9_]*", 256), Text("a variable's value", "", 32_768)
        ),
        secret=True,
    ),
    "ports": Key(Many(PORT)),
    "onstart": Key(Text("a start command", "", 4048), secret=True),
    "label": Key(Text("a label", "", 256)),
    "bid": Key(_DOLLARS),
    "lease": Key(Duration(300, 30 * 86_400)),
    "fallback": Key(Flag()),
    "runtype": Key(Text("a runtype such as ssh_direc ssh_proxy", r"[a-z_]+( [a-z_]+)*")),
}

# Variables that name no setting of the file but are ours all the same.
OTHER_VARIABLES = ("VASTTUI_CONFIG",)


def variables() -> tuple[str, ...]:
    """All variables that set something."""
    return tuple(name for key in CONFIG_KEYS.values() for name in key.env) + OTHER_VARIABLES
