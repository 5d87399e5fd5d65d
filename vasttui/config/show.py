"""For `vasttui config show` and `config init`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from urllib.parse import urlsplit

from vasttui.config.keys import CONFIG_KEYS, PRESET_KEYS
from vasttui.config.model import AlertRule, Config, LogLimits, Pace, Preset
from vasttui.config.places import resource
from vasttui.errors import ConfigError

Row = tuple[str, str, str]


def describe(config: Config) -> list[Row]:
    """Key path, value with secrets masked, origin: one row for each setting, presets with what they set."""
    return list(_rows(config))


def _rows(config: Config) -> Iterator[Row]:
    for name in CONFIG_KEYS:
        value: object = config.paths.state_dir if name == "state_dir" else getattr(config, name)
        shown = mask(config.api_key) if name == "api_key" else _text(value)
        yield name, shown, config.origin.get(name, "default")
    for item in fields(Pace):
        path = f"pace.{item.name}"
        yield path, _text(getattr(config.pace, item.name)), config.origin.get(path, "default")
    for item in fields(LogLimits):
        path = f"logs.{item.name}"
        yield path, _text(getattr(config.logs, item.name)), config.origin.get(path, "default")
    for number, rule in enumerate(config.alerts):
        yield from _rule_rows(config, rule, f"alerts[{number}]")
    for preset in config.presets.values():
        yield from _preset_rows(config, preset)


def _preset_rows(config: Config, preset: Preset) -> Iterator[Row]:
    base = f"presets.{preset.name}"
    for name, key in PRESET_KEYS.items():
        path = f"{base}.{name}"
        if path not in config.origin:
            continue
        value = getattr(preset, name)
        if isinstance(value, Mapping):
            for variable in value:
                yield f"{path}.{variable}", "****", config.origin[path]
        else:
            yield path, "****" if key.secret else _text(value), config.origin[path]


def _rule_rows(config: Config, rule: AlertRule, base: str) -> Iterator[Row]:
    shown = {
        "name": rule.name,
        "pattern": rule.pattern,
        "scope.labels": rule.labels,
        "scope.instances": rule.instances,
        "scope.streams": rule.streams,
        "scope.severity": rule.severity,
        "do": rule.do,
        # Tokens are often written into a command; its program alone says which one it is.
        "do.command": f"{rule.command[0]} ****" if rule.command else "",
        "do.webhook": _place(rule.webhook),
        "every": rule.every,
    }
    for name, value in shown.items():
        path = f"{base}.{name}"
        if value:
            yield path, _text(value), config.origin.get(path) or config.origin.get(base, "default")


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}/****" if url else ""


def mask(secret: str | None) -> str:
    """`****` and the last four characters of a long secret; "" for none."""
    if not secret:
        return ""
    return "****" + (secret[-4:] if len(secret) >= 16 else "")


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={item}" for name, item in value.items())
    if isinstance(value, frozenset):
        return ", ".join(str(item) for item in sorted(value))
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)
    return str(value)


def init(path: Path) -> Path:
    """Write the explained example to `path`, mode 0600. Raises ConfigError when there is a file already."""
    text = resource("config.example.yaml").read_text(encoding="utf-8")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigError(f"{path}: exists already; it was left as it is") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return path
